"""What charts and bars share: axes with their domains and ticks, colour by name, and how the page picks one series."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from mdlbench.result.exhibits import Axis, Measure

Spec = dict[str, Any]
Ink = Callable[[str], str]  # a colour's name in the palette, "s0" to "s6" for series -> how it is written
Domain = tuple[float, float]
_EXPRESSIONS = {
    "bytes": "datum.value == 0 ? '0' : format(datum.value, '~s') + 'B'",
    "rate": "datum.value == 0 ? '0' : format(datum.value, '~s') + 'B/s'",
    "count": "format(datum.value, abs(datum.value) < 1000 ? '~g' : '~s')",
}
_MOST_TICKS = 7
_APART = 0.18  # of an axis across: on a phone a label such as 500kB/s, so that no tick is without its own
_GREATEST = 1e100  # figure that is drawn


def drawable(axis: Axis, value: float | None) -> bool:
    """Whether a value has a place on an axis; sums and differences of those that have stay finite."""
    return value is not None and abs(value) <= _GREATEST and (axis.scale == "linear" or value >= 1 / _GREATEST)


def domain(axis: Axis, values: Iterable[float | None], *, room: bool) -> Domain:
    """What an axis shows: all values and, with `room`, a little more, for marks and their labels."""
    kept = [value for value in values if value is not None and drawable(axis, value)] or [1.0]
    low, high = min(kept), max(kept)
    if axis.scale == "log":
        more = max((high / low) ** 0.06, 1.15) if room or high == low else 1.0
        return low / more, high * more
    low, high = (min(low, 0.0), max(high, 0.0)) if axis.zero else (low, high)
    more = max(0.5, 1e-9 * abs(low)) if high == low else 0.06 * (high - low) if room else 0.0
    return low - (0 if axis.zero and low == 0 else more), high + (0 if axis.zero and high == 0 > low else more)


def channel(field: str, axis: Axis, shown: Domain) -> Spec:
    """The encoding of a field on an axis."""
    measure = axis.measure
    tick: Spec = {"labelExpr": _EXPRESSIONS.get(measure.form, "format(datum.value, '~g')")}  # as "format", 10 would be 1e+1
    ticks: Spec = (
        {"tickCount": 6} if axis.scale == "linear" else {"values": _decades(*shown, apart=0.0 if field == "y" else _APART)}
    )
    ticks |= {"tickMinStep": 1} if measure.form == "count" else {}
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"type": axis.scale, "domain": list(shown), "nice": False, **({} if axis.scale == "log" else {"zero": False})},
        "axis": {"title": measure.heading, "labelOverlap": "greedy", "labelSeparation": 8, **ticks, **tick},
    }


def _decades(low: float, high: float, apart: float = 0.0) -> list[float]:
    """Ticks of a logarithmic axis: 1, 2 and 5 of each decade where that is few, else powers of ten.

    Args:
        apart: the least distance of two ticks, as a part of the axis.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{step}e{power}") for power in powers for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        least = min((math.log(b / a) for a, b in pairwise(ticks)), default=math.inf)
        if len(ticks) <= _MOST_TICKS and least >= apart * math.log(high / low):
            return ticks or [low, high]
    return ticks[:: -(-len(ticks) // _MOST_TICKS)]


def tooltip_name(measure: Measure) -> str:
    """A measure's heading as the name of a field: dots and brackets would be a path into a row."""
    return measure.heading.replace(".", " ").replace("[", "(").replace("]", ")")


def colour_by_name(entries: Iterable[tuple[str, str]], ink: Ink) -> Spec:
    """Colour by series: a literal for each name, so that layers need not agree on a scale."""
    names = dict(entries)
    if len(names) == 1:
        return {"value": ink(next(iter(names.values())))}
    tests = [{"test": f"datum.s == {quoted(name)}", "value": ink(colour)} for name, colour in names.items()]
    return {"condition": tests, "value": ink("grey")}


def quoted(text: str) -> str:
    """Text as a literal of Vega's expressions."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def picked(opacity: float) -> Spec:
    """Full for the series that the reader picked in the legend, faint for the others."""
    return {"condition": {"test": "pick == null || datum.s == pick", "value": opacity}, "value": 0.12}
