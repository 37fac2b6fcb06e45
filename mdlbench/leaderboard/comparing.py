"""Is one row better than another? Differences of ideal code length, unit by unit, and how sure their mean is.

The two rows tell how many bits each unit of 4,096 original bytes costs; the difference of a pair does not depend on how hard
the text of that unit is. Neighbouring units are alike, so the interval comes from a circular block bootstrap (Politis & Romano,
"A circular block-resampling procedure for stationary data", 1992, after Kuensch, "The jackknife and the bootstrap for general
stationary observations", Ann. Statist. 17, 1989): whole runs of units are drawn, with replacement, from the units joined
to a ring. The length of the runs is chosen from the differences' autocorrelation (Politis & White, Econometric Reviews 23,
2004, corrected by Patton, Politis & White, ibid. 28, 2009).

What it does not do: generalise to another corpus. A corpus that changes its character along the way is one sample of itself.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.leaderboard.ranking import place
from mdlbench.leaderboard.result import Row, Units
from mdlbench.result.reading import Found

RESAMPLES = 10_000
CONFIDENCE = 0.95
FEWEST_UNITS = 10
SEED = 4096
_AT_ONCE = 1 << 22  # indices drawn at a time
METHOD = "circular block bootstrap (Politis & Romano 1992), block length by Politis & White (2004, corrected 2009)"


@dataclass(frozen=True)
class Comparison:
    """What sets A apart from B; negative differences mean that A is smaller.

    Attributes:
        a, b: specs of the models.
        container_bytes_a, container_bytes_b: sizes of the containers.
        units: pairs of units; smaller_a, smaller_b, equal: how many of them each model makes smaller.
        difference: of the ideal code lengths, A - B, in bits per byte.
        low, high: the interval of the difference, in bits per byte; None with too few units for one.
        block_units: units in a run that is drawn.
        verdict: one sentence.
    """

    a: str
    b: str
    corpus: str
    input_bytes: int
    container_bytes_a: int
    container_bytes_b: int
    units: int
    smaller_a: int
    smaller_b: int
    equal: int
    difference: float
    low: float | None
    high: float | None
    confidence: float
    block_units: int
    resamples: int
    seed: int
    method: str
    verdict: str


def compare(a: Found[Row], b: Found[Row], *, resamples: int = RESAMPLES, seed: int = SEED) -> Comparison:
    """Compare two rows over the same bytes.

    Raises:
        UsageError: the rows are of different bytes.
        MdlbenchError: a row has no units, as those of external programs, which give no probabilities.
    """
    one, two = a.payload, b.payload
    if one.corpus.sha256 != two.corpus.sha256:
        raise UsageError(f"{place(one)} and {place(two)} are not the same bytes; compare rows of one corpus and slice")
    units = [_units(row) for row in (one, two)]
    bits = [np.array(found.ideal_bits) for found in units]
    size, unit = one.input_bytes, units[0].unit_bytes
    if len(bits[0]) != len(bits[1]) or unit != units[1].unit_bytes or not size:
        raise UsageError(f"{a.path} and {b.path} have no units in common; `mdlbench leaderboard check` says what is wrong")
    differences = bits[0] - bits[1]
    lengths = np.full(len(differences), float(unit))
    lengths[-1] = size - unit * (len(differences) - 1)
    block = block_length(differences)
    low, high = interval(differences, lengths, block, resamples=resamples, seed=seed)
    found = Comparison(
        a=one.model.spec,
        b=two.model.spec,
        corpus=place(one),
        input_bytes=size,
        container_bytes_a=one.container_bytes,
        container_bytes_b=two.container_bytes,
        units=len(differences),
        smaller_a=int((differences < 0).sum()),
        smaller_b=int((differences > 0).sum()),
        equal=int((differences == 0).sum()),
        difference=float(differences.sum() / size),
        low=low,
        high=high,
        confidence=CONFIDENCE,
        block_units=block,
        resamples=resamples,
        seed=seed,
        method=METHOD,
        verdict="",
    )
    return replace(found, verdict=_verdict(found))


def _units(row: Row) -> Units:
    if row.units is None:
        raise MdlbenchError(
            f"not available: {row.model.spec} gives no probabilities, so no bits of single units; "
            "compare container sizes with `mdlbench leaderboard show`"
        )
    return row.units


def interval(
    differences: np.ndarray, lengths: np.ndarray, block: int, *, resamples: int, seed: int
) -> tuple[float | None, float | None]:
    """The percentile interval of sum(differences) / sum(lengths) under resampled runs of `block` units.

    Args:
        differences: bits of each unit, float64 (n,); lengths: its bytes, float64 (n,).

    Returns:
        Bounds in bits per byte; None and None for fewer than 10 units.
    """
    n = len(differences)
    if n < FEWEST_UNITS:
        return None, None
    random = np.random.default_rng(seed)
    n_blocks = -(-n // block)
    sums = [_run_sums(values, length) for length in (block, n - (n_blocks - 1) * block) for values in (differences, lengths)]
    rates = []
    for begin in range(0, resamples, max(1, _AT_ONCE // n_blocks)):
        starts = random.integers(0, n, (min(resamples - begin, max(1, _AT_ONCE // n_blocks)), n_blocks))
        whole, last = starts[:, :-1], starts[:, -1]
        bits = sums[0][whole].sum(axis=1) + sums[2][last]
        rates.append(bits / (sums[1][whole].sum(axis=1) + sums[3][last]))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.concatenate(rates), [tail, 1 - tail])
    return float(low), float(high)


def _run_sums(values: np.ndarray, length: int) -> np.ndarray:
    """Sums of the `length` values from each place on, around the ring; float64 (n,)."""
    totals = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[:length]]))])
    return totals[length : length + len(values)] - totals[: len(values)]


def block_length(values: np.ndarray) -> int:
    """Units in a run, from the autocorrelation of `values`, float64 (n,): Politis & White's rule for the circular bootstrap.

    Autocovariances R(k) are weighted by the flat-top window up to M = 2m, m being the first lag after which K correlations in
    a row are below 2 sqrt(log10 n / n); the length is (2 G^2 / D)^(1/3) n^(1/3), G = sum |k| R(k), D = (4/3) (sum R(k))^2.
    """
    n = len(values)
    centred = values - values.mean()
    variance = float(centred @ centred) / n
    if n < FEWEST_UNITS or variance <= 1e-18 * max(1.0, float(values.max() - values.min())):
        return 1
    most = math.ceil(min(3 * math.sqrt(n), n / 3))
    insignificant = max(5, math.ceil(math.sqrt(math.log10(n))))
    lags = min(n - 1, math.ceil(math.sqrt(n)) + insignificant)
    covariance = np.array([float(centred[lag:] @ centred[: n - lag]) / n for lag in range(lags + 1)])
    small = np.abs(covariance[1:] / variance) < 2 * math.sqrt(math.log10(n) / n)
    runs = [lag for lag in range(lags - insignificant + 1) if small[lag : lag + insignificant].all()]
    window = min(2 * max(runs[0] if runs else lags, 1), lags)
    lag = np.arange(1, window + 1)
    weight = np.minimum(1.0, 2 * (1 - lag / window))
    spread = 2 * float((weight * lag * covariance[1 : window + 1]).sum())
    level = variance + 2 * float((weight * covariance[1 : window + 1]).sum())
    if level <= 0:
        return most
    return max(1, min(most, math.ceil((2 * spread**2 / (4 / 3 * level**2)) ** (1 / 3) * n ** (1 / 3))))


def _verdict(found: Comparison) -> str:
    size = abs(found.difference)
    better, worse = (found.a, found.b) if found.difference < 0 else (found.b, found.a)
    wins = found.smaller_a if found.difference < 0 else found.smaller_b
    if found.low is None or found.high is None:
        return f"{found.units} units of 4,096 bytes are too few for an interval; give at least {FEWEST_UNITS}"
    bounds = f"95 % interval of the difference {found.low:+.4f} to {found.high:+.4f}"
    if found.low <= 0 <= found.high:
        return f"no difference can be told: {size:.4f} bits per byte in favour of {better}, {bounds}"
    return f"{better} is better than {worse} by {size:.4f} bits per byte ({bounds}), in {wins:,} of {found.units:,} units"
