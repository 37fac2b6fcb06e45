"""Is one row better than another? Differences of ideal code length, unit by unit, and how sure their mean is.

The two rows tell how many bits each unit of original bytes costs; the difference of a pair does not depend on how hard the text
of that unit is. Neighbouring units are alike, so the interval is one for correlated units (`numerics.intervals`), and there is
none where they are worth too few independent ones. It speaks of this corpus, not of others.
"""

from dataclasses import dataclass, replace

import numpy as np

from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.leaderboard.ranking import place
from mdlbench.leaderboard.result import Row, Units
from mdlbench.numerics.intervals import units_interval
from mdlbench.result.reading import Found


@dataclass(frozen=True)
class Comparison:
    """What sets A apart from B; negative differences mean that A is smaller.

    Attributes:
        a, b: specs of the models.
        container_bytes_a, container_bytes_b: sizes of the containers.
        units: pairs of units of `unit_bytes`; smaller_a, smaller_b, equal: how many of them each model makes smaller.
        difference: of the ideal code lengths, A - B, in bits per byte.
        low, high: the interval of the difference, in bits per byte; None where there is none, and `reason` says why.
        effective_units: how many independent units they are worth, a careful figure.
        verdict: one sentence.
    """

    a: str
    b: str
    corpus: str
    input_bytes: int
    container_bytes_a: int
    container_bytes_b: int
    units: int
    unit_bytes: int
    smaller_a: int
    smaller_b: int
    equal: int
    difference: float
    low: float | None
    high: float | None
    confidence: float
    effective_units: float
    method: str
    reason: str | None
    verdict: str


def compare(a: Found[Row], b: Found[Row]) -> Comparison:
    """Compare two rows over the same bytes.

    Raises:
        UsageError: the rows are of different bytes.
        MdlbenchError: a row has no units, as those of external programs, which give no probabilities.
    """
    one, two = a.payload, b.payload
    if one.corpus.sha256 != two.corpus.sha256:
        raise UsageError(f"{place(one)} and {place(two)} are not the same bytes; compare rows of one corpus and slice")
    units = [_units(row) for row in (one, two)]
    size, unit = one.input_bytes, max(found.unit_bytes for found in units)
    bits = [_merged(found, unit) for found in units]
    if len(bits[0]) != len(bits[1]) or not size or len(bits[0]) != -(-size // unit):
        raise UsageError(f"{a.path} and {b.path} have no units in common; `mdlbench leaderboard check` says what is wrong")
    differences = bits[0] - bits[1]
    lengths = np.full(len(differences), float(unit))
    lengths[-1] = size - unit * (len(differences) - 1)
    interval = units_interval(differences, lengths)
    found = Comparison(
        a=one.model.spec,
        b=two.model.spec,
        corpus=place(one),
        input_bytes=size,
        container_bytes_a=one.container_bytes,
        container_bytes_b=two.container_bytes,
        units=len(differences),
        unit_bytes=unit,
        smaller_a=int((differences < 0).sum()),
        smaller_b=int((differences > 0).sum()),
        equal=int((differences == 0).sum()),
        difference=float(differences.sum() / size),
        low=interval.low,
        high=interval.high,
        confidence=interval.level,
        effective_units=interval.effective_size,
        method=interval.method,
        reason=interval.reason,
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


def _merged(units: Units, unit: int) -> np.ndarray:
    """Bits of units of `unit` bytes, float64 (n,), from smaller ones that they are whole numbers of."""
    bits = np.array(units.ideal_bits)
    return np.add.reduceat(bits, np.arange(0, len(bits), unit // units.unit_bytes)) if unit % units.unit_bytes == 0 else bits


def _verdict(found: Comparison) -> str:
    size = abs(found.difference)
    better, worse = (found.a, found.b) if found.difference < 0 else (found.b, found.a)
    wins = found.smaller_a if found.difference < 0 else found.smaller_b
    if found.low is None or found.high is None:
        return f"no difference can be told: {size:.4f} bits per byte in favour of {better}, without an interval: {found.reason}"
    bounds = f"95 % interval of the difference {found.low:+.4f} to {found.high:+.4f}"
    if found.low <= 0 <= found.high:
        return f"no difference can be told: {size:.4f} bits per byte in favour of {better}, {bounds}"
    return f"{better} is better than {worse} by {size:.4f} bits per byte ({bounds}), in {wins:,} of {found.units:,} units"
