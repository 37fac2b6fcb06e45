"""Intervals hold the truth as often as they say, where the truth is known; and none is given where they would not."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from mdlbench.numerics.intervals import Interval, effective_size, seeds_interval, student_t, units_interval

SERIES = 600
Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
NOISE: dict[str, Draw] = {
    "normal": lambda random, shape: random.standard_normal(shape),
    "skewed": lambda random, shape: random.lognormal(0, 1, shape) - math.exp(0.5),
}


def autoregressive(n: int, strength: float, noise: Draw = NOISE["normal"], count: int = SERIES, seed: int = 11) -> np.ndarray:
    """Series of mean 0 in which neighbours correlate, float64 (count, n)."""
    values = noise(np.random.default_rng(seed), (count, n + 100))
    for at in range(1, n + 100):
        values[:, at] += strength * values[:, at - 1]
    return values[:, 100:]


def coverage(found: list[Interval]) -> float:
    given = [each for each in found if each.low is not None and each.high is not None]
    assert len(given) > SERIES / 5
    return sum(each.low <= 0 <= each.high for each in given) / len(given)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize(
    ("n", "strength"), [(80, 0.0), (150, 0.0), (600, 0.0), (150, 0.3), (600, 0.3), (500, 0.7), (2000, 0.7)]
)
def test_units_hold_the_truth_as_often_as_they_say(noise: str, n: int, strength: float) -> None:
    """Nominal 95 %. Percentiles of a block bootstrap hold it in 83 % of cases with 100 units of strength 0.7."""
    found = [units_interval(values) for values in autoregressive(n, strength, NOISE[noise])]
    assert 0.90 <= coverage(found) <= 0.98


@pytest.mark.parametrize(("n", "strength"), [(12, 0.0), (40, 0.0), (50, 0.3), (100, 0.7), (400, 0.95)])
def test_too_few_units_have_no_interval_and_say_why(n: int, strength: float) -> None:
    found = [units_interval(values) for values in autoregressive(n, strength)]
    none = [each for each in found if each.low is None]
    assert len(none) > 0.95 * SERIES
    assert all(each.high is None and each.effective_size < 50 for each in none)
    assert none[0].reason == f"{n} units are worth {none[0].effective_size:.0f} independent; an interval needs 50"


def test_units_of_different_weight_give_the_interval_of_a_ratio() -> None:
    """As many bits a byte in short units as in long ones: bits per byte, not bits per unit."""
    random, held = np.random.default_rng(2), 0
    for _ in range(300):
        weights = random.uniform(1, 4096, 300)
        found = units_interval(2.0 * weights + 30 * np.sqrt(weights) * random.standard_normal(300), weights)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 2.0 <= found.high
    assert 0.90 <= held / 300 <= 0.98


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_seeds_hold_the_truth_as_often_as_they_say(n: int) -> None:
    found = [seeds_interval(values) for values in autoregressive(n, 0.0)]
    assert 0.92 <= coverage(found) <= 0.98


def test_the_size_that_counts_follows_the_correlation() -> None:
    """For a first-order autoregression of coefficient r it is n (1 - r) / (1 + r)."""
    for r in (0.0, 0.5, 0.9):
        found = np.mean([effective_size(values) for values in autoregressive(20_000, r, count=20)])
        assert 0.75 * 20_000 * (1 - r) / (1 + r) <= found <= 20_000 * (1 - r) / (1 + r)


def test_what_never_changes_is_certain() -> None:
    found = units_interval(np.full(60, 3.0))
    assert (found.low, found.high, found.effective_size) == (3.0, 3.0, 60)


@pytest.mark.parametrize(
    "make", [lambda: units_interval(np.array([1.0, np.nan] * 60)), lambda: seeds_interval([1.0, math.inf])]
)
def test_what_is_not_finite_has_none(make: Callable[[], Interval]) -> None:
    found = make()
    assert found.low is None
    assert "not finite" in (found.reason or "")


@pytest.mark.parametrize(
    ("level", "degrees", "expected"),
    [(0.95, 1, 12.7062), (0.95, 2, 4.3027), (0.95, 5, 2.5706), (0.95, 30, 2.0423), (0.99, 10, 3.1693), (0.90, 120, 1.6577)],
)
def test_quantiles_are_those_of_the_tables(level: float, degrees: int, expected: float) -> None:
    """Abramowitz & Stegun 1964, table 26.10."""
    assert student_t(level, degrees) == pytest.approx(expected, abs=6e-5)
