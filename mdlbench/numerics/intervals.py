"""Intervals that hold the truth as often as they say: of a ratio over units in a row, and of a mean over replicates.

Units of one text are alike and correlate with their neighbours, so n of them are worth fewer independent ones. What is done:

* `units_interval`: the variance of the mean is estimated from the lowest cosine frequencies of the series, whose number follows
  its length, and Student's t with as many degrees of freedom does the rest: E. Lazarus, D. Lewis, J. Stock & M. Watson, "HAR
  Inference: Recommendations for Practice", J. Business & Economic Statistics 36 (2018), equations 3 and 10. Unlike percentile
  intervals of a block bootstrap it keeps its level where few blocks would fit. An interval is given only where the units are
  worth at least 50 independent ones (`effective_size`). Short series pass that gate when they happen to look independent, so
  the variance is not taken below the mean of this estimate and the one that the gate saw. `tests/numerics/test_intervals.py`
  simulates how often the truth is held.
* `seeds_interval`: of replicates that are independent, such as seeds; Student's t.

What this does not do: speak of other data. A text that changes its character along the way is one sample of itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

LEVEL = 0.95
FEWEST_EFFECTIVE = 50.0
UNITS_METHOD = "t-interval from the lowest cosine frequencies (Lazarus et al. 2018)"
SEEDS_METHOD = "Student's t over replicates"


@dataclass(frozen=True)
class Interval:
    """Where a figure lies, or why that cannot be said.

    Attributes:
        low, high: bounds; None where there is no interval, and then `reason` says why.
        level: how often such intervals hold the truth, nominally.
        count: units or replicates; effective_size: how many independent ones they are worth, a careful figure.
        method: of the bounds, with its source.
    """

    low: float | None
    high: float | None
    level: float
    count: int
    effective_size: float
    method: str
    reason: str | None = None


def units_interval(values: np.ndarray, weights: np.ndarray | None = None, *, level: float = LEVEL) -> Interval:
    """The interval of sum(values) / sum(weights) over units in the order of a text.

    Args:
        values: of each unit, float64 (n,), such as differences in bits.
        weights: of each unit, float64 (n,), such as its bytes; all 1 by default.

    Example:
        >>> found = units_interval(np.random.default_rng(0).standard_normal(400))
        >>> found.low < 0 < found.high
        True
        >>> units_interval(np.arange(12.0)).reason
        '12 units are worth 1 independent; an interval needs 50'
    """
    n = len(values)
    weights = np.ones(n) if weights is None else weights
    mean = float(values.sum() / weights.sum())
    residuals = values - mean * weights  # of the ratio, linearised
    if not np.isfinite(residuals).all():
        return Interval(None, None, level, n, 0.0, UNITS_METHOD, "a unit's figure is not finite")
    effective = effective_size(residuals)
    if effective < FEWEST_EFFECTIVE:
        worth = f"{n:,} units are worth {effective:,.0f} independent; an interval needs {FEWEST_EFFECTIVE:.0f}"
        return Interval(None, None, level, n, effective, UNITS_METHOD, worth)
    degrees = max(8, math.floor(0.4 * n ** (2 / 3)))
    place = (np.arange(n) + 0.5) / n
    waves = np.cos(np.pi * np.outer(np.arange(1, degrees + 1), place))
    slow = float(((waves @ residuals) ** 2).mean()) * 2 / n  # variance of one unit in the long run, two ways
    summed = float(residuals.var(ddof=1)) * _correlation_time(residuals)[0]
    variance = max(slow, (slow + summed) / 2)
    half = student_t(level, degrees) * math.sqrt(variance * n) / float(weights.sum())
    return Interval(mean - half, mean + half, level, n, effective, UNITS_METHOD)


def seeds_interval(values: Sequence[float] | np.ndarray, *, level: float = LEVEL) -> Interval:
    """The interval of the mean of independent replicates.

    Example:
        >>> found = seeds_interval([1.0, 2.0, 3.0])
        >>> round(found.low, 3), round(found.high, 3)
        (-0.484, 4.484)
        >>> seeds_interval([1.0]).reason
        'one replicate has no spread; an interval needs 2'
    """
    found = np.asarray(values, np.float64)
    n = len(found)
    if n < 2:
        return Interval(None, None, level, n, float(n), SEEDS_METHOD, "one replicate has no spread; an interval needs 2")
    if not np.isfinite(found).all():
        return Interval(None, None, level, n, 0.0, SEEDS_METHOD, "a replicate's figure is not finite")
    half = student_t(level, n - 1) * float(found.std(ddof=1)) / math.sqrt(n)
    mean = float(found.mean())
    return Interval(mean - half, mean + half, level, n, float(n), SEEDS_METHOD)


def effective_size(values: np.ndarray) -> float:
    """How many independent values a series is worth for its mean: n over the integrated autocorrelation time, at most n.

    A careful figure: the time is taken one standard error above its estimate (A. Sokal, "Monte Carlo Methods in Statistical
    Mechanics", 1997, equation 3.19).

    Args:
        values: float64 (n,), in order.

    Example:
        >>> effective_size(np.repeat([1.0, -1.0, -1.0, 1.0], 25)) < 10
        True
    """
    time, window = _correlation_time(values)
    return len(values) / (time * (1 + math.sqrt(2 * (2 * window + 1) / len(values)))) if window else float(len(values))


def _correlation_time(values: np.ndarray) -> tuple[float, int]:
    """The integrated autocorrelation time, at least 1, and how many lags were summed; 1 and 0 for a series that is constant.

    Autocorrelations are summed in pairs of neighbouring lags, made to fall, until a pair is negative: C. Geyer, "Practical
    Markov Chain Monte Carlo", Statistical Science 7 (1992), section 3.3.
    """
    n = len(values)
    centred = values - values.mean()
    variance = float(centred @ centred)
    if n < 4 or variance <= 1e-24 * n * float(np.abs(values).max()) ** 2:
        return 1.0, 0
    correlation = np.fft.irfft(np.abs(np.fft.rfft(centred, 2 * n)) ** 2)[:n] / variance
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    positive = int(np.argmin(pairs > 0)) if (pairs <= 0).any() else len(pairs)
    return max(1.0, 2 * float(np.minimum.accumulate(pairs[:positive]).sum()) - 1), max(1, 2 * positive)


@cache
def student_t(level: float, degrees: int) -> float:
    """The two-sided quantile of Student's t.

    By bisection of its distribution function, a finite sum for whole degrees of freedom (Abramowitz & Stegun 1964, 26.7.3-4).

    Example:
        >>> round(student_t(0.95, 1), 3), round(student_t(0.95, 8), 3), round(student_t(0.95, 1000), 3)
        (12.706, 2.306, 1.962)
    """
    low, high = 0.0, 1.0
    while _within(high, degrees) < level:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < level else (low, middle)
    return high


def _within(t: float, degrees: int) -> float:
    """The probability that |T| <= t."""
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    total = term = cosine if degrees % 2 else 1.0
    for k in range(3 if degrees % 2 else 2, degrees, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    if degrees % 2:
        return 2 / math.pi * (angle + (sine * total if degrees > 1 else 0.0))
    return sine * total
