"""Results on disk: provenance, names that never collide, figures only."""

import json
from pathlib import Path

import pytest

from mdlbench.result import Figures, Result


def test_a_result_keeps_its_provenance(tmp_path: Path) -> None:
    one = Result(Figures("benchmark-of-a-test", {"bits": 3.5, "rows": [{"name": "a"}]}))
    paths = [one.write(tmp_path / "new"), one.write(tmp_path / "new")]
    assert len(set(paths)) == 2
    assert paths[1].name.startswith("benchmark-of-a-test-")
    document = json.loads(paths[1].read_text())
    assert document == one.document()
    assert document["schema"] == "mdlbench.benchmark-of-a-test/1"
    assert document["rows"] == [{"name": "a"}]
    assert {"time", "command", "python", "packages"} <= set(document["provenance"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_figure_is_not_written(value: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Result(Figures("benchmark-of-a-test", {"bits": value})).write(tmp_path)
    assert list(tmp_path.iterdir()) == []
