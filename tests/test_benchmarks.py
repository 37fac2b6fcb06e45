"""Benchmarks: what they draw and write of figures that were measured before."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cm_levels() -> ModuleType:
    location = importlib.util.spec_from_file_location("cm_levels", ROOT / "benchmarks" / "cm_levels.py")
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    sys.modules["cm_levels"] = module  # where typing looks names up
    location.loader.exec_module(module)
    return module


def test_the_levels_of_cm_are_drawn_by_family_with_their_front(cm_levels: ModuleType) -> None:
    document = json.loads((ROOT / "results" / "cm_levels-enwik8-1M.json").read_text())
    rows = [cm_levels.Row(*(row[field] for field in cm_levels.Row._fields)) for row in document["rows"]]
    assert [cm_levels.dominators(rows, row) for row in rows] == [row["dominated_by"] for row in document["rows"]]
    chart = cm_levels.chart(rows, document["input"], document["input_bytes"])
    assert f"{document['input_bytes']:,} bytes" in chart.title
    *families, front = chart.series
    assert [series.name for series in families] == list(dict.fromkeys(row.family for row in rows))
    cm = families[0]
    assert (cm.name, list(cm.labels)) == ("cm", [str(level) for level in range(1, 10)])
    assert cm.y[0] == 8 * rows[0].size / document["input_bytes"]
    assert cm.x[0] == pytest.approx(1e6 * (rows[0].compress_speed * rows[0].decompress_speed) ** 0.5)
    places = [place for series in families for place in zip(series.x, series.y, strict=True)]
    on_front = list(zip(front.x, front.y, strict=True))
    assert on_front == sorted(on_front, reverse=True), "from the fastest to the smallest, each smaller than those before"
    for x, y in places:
        better = [(a, b) for a, b in places if a >= x and b <= y and (a, b) != (x, y)]
        assert ((x, y) in on_front) == (not better)
