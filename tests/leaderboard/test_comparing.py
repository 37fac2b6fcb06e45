"""What a comparison of two rows says, and what cannot be compared. (Intervals: tests/numerics/test_intervals.py.)"""

from pathlib import Path

import pytest

from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.leaderboard import Row, compare, find_row
from mdlbench.result import Found
from tests.leaderboard.made import changed, document_of, row_of, written

Measured = tuple[Path, dict[str, Found[Row]]]


def test_a_model_and_one_that_is_worse(measured: Measured) -> None:
    rows = measured[1]
    found = compare(rows["cm,level=1"], rows["uniform"])
    one, two = (document_of(rows[spec]) for spec in ("cm,level=1", "uniform"))
    assert found.difference == pytest.approx(one["ideal_bits_per_byte"] - two["ideal_bits_per_byte"], abs=1e-6)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.difference <= found.high < 0
    assert (found.smaller_a, found.smaller_b, found.equal, found.units, found.unit_bytes) == (408, 0, 0, 408, 128)
    assert 50 <= found.effective_units <= 408
    assert found.verdict.startswith("cm,level=1 is better than uniform by ")
    assert compare(rows["uniform"], rows["cm,level=1"]).difference == -found.difference


def test_a_row_is_no_better_than_itself(measured: Measured) -> None:
    row = measured[1]["cm,level=1"]
    found = compare(row, row)
    assert (found.difference, found.low, found.high, found.equal) == (0, 0, 0, 408)
    assert found.verdict.startswith("no difference can be told")


def test_few_units_have_no_interval_and_no_winner(measured: Measured) -> None:
    rows = measured[1]
    short = [_cut(rows[spec], 20) for spec in ("cm,level=1", "uniform")]
    found = compare(*short)
    assert (found.low, found.high) == (None, None)
    assert found.reason is not None
    assert found.reason.startswith("20 units are worth ")
    assert found.verdict.startswith("no difference can be told: ")
    assert found.verdict.endswith(found.reason)


def test_units_of_other_sizes_are_joined_before_they_are_compared(measured: Measured) -> None:
    """As a row has them that was made with other units."""
    row = measured[1]["cm,level=1"]
    fine = document_of(row)["units"]["ideal_bits"]
    coarse = [round(sum(fine[at : at + 4]), 3) for at in range(0, len(fine), 4)]
    other = row_of(changed(document_of(row), units={"unit_bytes": 512, "ideal_bits": coarse}))
    found = compare(row, other)
    assert (found.units, found.unit_bytes, found.difference) == (102, 512, pytest.approx(0, abs=1e-9))


def _cut(row: Found[Row], units: int) -> Found[Row]:
    document = document_of(row)
    archives = [{**document["archives"][0], "bytes": units * 128}]
    return row_of(changed(document, units__ideal_bits=document["units"]["ideal_bits"][:units], archives=archives))


def test_what_cannot_be_compared(measured: Measured) -> None:
    rows = measured[1]
    with pytest.raises(MdlbenchError, match="not available: external:gzip gives no probabilities") as error:
        compare(rows["cm,level=1"], rows["external:gzip"])
    assert error.value.exit_code == 1
    other = row_of(changed(document_of(rows["uniform"]), corpus__sha256="0" * 64, corpus__name="else"))
    with pytest.raises(UsageError, match=r"words.txt:0:\d+ and else:0:\d+ are not the same bytes"):
        compare(rows["cm,level=1"], other)


def test_rows_are_found_by_path_or_spec(measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))
    document, folder = document_of(measured[1]["uniform"]), tmp_path / "results"
    old = written(folder, changed(document, provenance__time="2020-01-01T00:00:00Z"), "old")
    new = written(folder, changed(document, provenance__time="2021-01-01T00:00:00Z"), "new")
    assert find_row(str(old), folder).path == str(old)
    assert find_row("uniform", folder).path == str(new)
    with pytest.raises(UsageError, match=r"no row of that spec in .*; it has uniform"):
        find_row("cm", folder)
    with pytest.raises(UsageError, match=r"gone.json: no such file"):
        find_row("gone.json", folder)
    written(folder, changed(document, corpus__sha256="0" * 64, corpus__name="else", corpus__source="else"))
    with pytest.raises(UsageError, match="several corpora; choose one with -C"):
        find_row("uniform", folder)
    assert find_row("uniform", folder, "words.txt").path == str(new)
