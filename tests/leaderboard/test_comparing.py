"""The interval holds the truth as often as it says, where the truth is known; and what cannot be compared is refused."""

import math
from pathlib import Path

import numpy as np
import pytest

from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.leaderboard import Row, compare, find_row
from mdlbench.leaderboard.comparing import block_length, interval
from mdlbench.result import Found
from tests.leaderboard.made import changed, document_of, row_of, written

Measured = tuple[Path, dict[str, Found[Row]]]


def autoregressive(n: int, strength: float, seed: int) -> np.ndarray:
    """A Gaussian process of mean 0 and variance 1 in which neighbours correlate."""
    noise = np.random.default_rng(seed).standard_normal(n)
    values = np.empty(n)
    values[0] = noise[0]
    for at in range(1, n):
        values[at] = strength * values[at - 1] + math.sqrt(1 - strength**2) * noise[at]
    return values


def test_independent_units_give_the_textbook_interval() -> None:
    values = np.random.default_rng(3).standard_normal(900) * 7 + 2
    low, high = interval(values, np.ones(900), 1, resamples=40_000, seed=1)
    error = values.std() / 30
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.06 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.06 * error)


def test_the_interval_of_dependent_units_holds_the_truth_as_often_as_it_says() -> None:
    """An interval from single units would hold it in about 65 of 100 cases; the true mean is 0."""
    held = single = 0
    for seed in range(150):
        values = autoregressive(800, 0.6, seed)
        low, high = interval(values, np.ones(800), block_length(values), resamples=600, seed=1)
        held += low <= 0 <= high
        low, high = interval(values, np.ones(800), 1, resamples=600, seed=1)
        single += low <= 0 <= high
    assert 0.87 <= held / 150 <= 0.99
    assert single / 150 < 0.80


def test_runs_are_longer_where_neighbours_are_alike() -> None:
    lengths = [np.median([block_length(autoregressive(1000, s, seed)) for seed in range(15)]) for s in (0.0, 0.4, 0.9)]
    assert lengths[0] <= 5 < lengths[1] < lengths[2] <= 95
    assert block_length(np.zeros(100)) == 1


def test_the_length_of_runs_follows_the_formula() -> None:
    """For a first-order autoregression of coefficient r, G and D are known: the length is (6 r^2 n)^(1/3) / (1 - r^2)^(2/3)."""
    r, n = 0.5, 200_000
    expected = (6 * r**2 * n) ** (1 / 3) / (1 - r**2) ** (2 / 3)
    assert block_length(autoregressive(n, r, 5)) == pytest.approx(expected, rel=0.1)


def test_a_model_and_one_that_is_worse(measured: Measured) -> None:
    rows = measured[1]
    found = compare(rows["cm,level=1"], rows["uniform"])
    one, two = (document_of(rows[spec]) for spec in ("cm,level=1", "uniform"))
    assert found.difference == pytest.approx(one["ideal_bits_per_byte"] - two["ideal_bits_per_byte"], abs=1e-6)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.difference <= found.high < 0
    assert (found.smaller_a, found.smaller_b, found.equal, found.units) == (13, 0, 0, 13)
    assert found.verdict.startswith("cm,level=1 is better than uniform by ")
    assert compare(rows["uniform"], rows["cm,level=1"]).difference == -found.difference
    assert compare(rows["cm,level=1"], rows["uniform"]) == found, "the seed is fixed"


def test_a_row_is_no_better_than_itself(measured: Measured) -> None:
    row = measured[1]["cm,level=1"]
    found = compare(row, row)
    assert (found.difference, found.low, found.high, found.equal) == (0, 0, 0, 13)
    assert found.verdict.startswith("no difference can be told")


def test_few_units_have_no_interval(measured: Measured) -> None:
    document = document_of(measured[1]["cm,level=1"])
    short = document["units"]["ideal_bits"][:9]
    archives = [{**document["archives"][0], "bytes": 9 * 4096}]
    row = row_of(changed(document, units__ideal_bits=short, archives=archives))
    found = compare(row, row)
    assert (found.low, found.high) == (None, None)
    assert found.verdict.startswith("9 units of 4,096 bytes are too few")


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
