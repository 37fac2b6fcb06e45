"""Horizontal bars of parts as layers of a Vega-Lite specification, with the nulls and intervals they are held against."""

from collections.abc import Iterator, Sequence

from mdlbench.report.axes import Ink, Spec, channel, colour_by_name, domain, picked, tooltip_name
from mdlbench.report.palette import SERIES
from mdlbench.result.exhibits import Bar, Bars, Measure

_ALONE, _WITH_WORDS = 22, 40  # pixels of a bar with the room around it
_BELOW_BAR = 14  # pixels from its middle to that of the words
_SHAPES = (("s1", "diamond"), ("muted", "circle"), ("s2", "triangle-up"), ("s4", "cross"))


def bar_layers(bars: Bars, ink: Ink) -> Iterator[Spec]:
    """Bars, the line at zero, intervals, and a layer for each sort of mark."""
    measure, floor = bars.axis.measure, bars.floor
    names = list(dict.fromkeys(map(_name, bars.bars)))
    rows = {
        "field": "b",
        "type": "nominal",
        "sort": names,
        "title": None,
        "axis": {"grid": False, "ticks": False, "domain": False, "labelPadding": 9},
    }
    along = {
        **channel("v", bars.axis, domain(bars.axis, (_raised(end, floor) for end in _ends(bars.bars)), room=True)),
        "stack": None,
    }
    parts = [{**row, "a": _raised(row["a"], floor), "z": _raised(row["z"], floor)} for row in _all_parts(bars)]
    value = {"field": "value", "title": tooltip_name(measure)}
    yield {
        "data": {"values": parts},
        "mark": {"type": "bar", "height": 13, "tooltip": True},
        "encoding": {
            "y": rows,
            "x": {**along, "field": "a"},
            "x2": {"field": "z"},
            "opacity": picked(1),
            "color": colour_by_name(part_colours(bars).items(), ink),
            "tooltip": [{"field": "b", "title": "bar"}, {"field": "s", "title": "part"}, value],
        },
    }
    yield {"data": {"values": [{"v": 0}]}, "mark": {"type": "rule", "color": ink("grey")}, "encoding": {"x": along}}
    ends = [
        {"b": _name(bar), "low": _raised(bar.low, floor), "high": _raised(bar.high, floor)}
        for bar in bars.bars
        if None not in (bar.low, bar.high)
    ]
    if ends:
        encode = {"y": rows, "x": {**along, "field": "low"}, "x2": {"field": "high"}}
        yield {"data": {"values": ends}, "mark": {"type": "rule", "color": ink("ink"), "strokeWidth": 1.2}, "encoding": encode}
    for mark, (colour, shape) in mark_looks(bars.bars).items():
        look = {"type": "point", "filled": True, "shape": shape, "size": 45, "color": ink(colour), "stroke": ink("page")}
        yield {
            "data": {"values": [row for row in _marks(bars.bars, mark, measure) if floor is None or row["v"] >= floor]},
            "mark": {**look, "strokeWidth": 0.8, "tooltip": True},
            "encoding": {
                "y": rows,
                "x": along,
                "tooltip": [{"field": "b", "title": "bar"}, {"field": "s", "title": "mark"}, value],
            },
        }
    cut = [{"b": _name(bar), "v": floor, "l": text} for bar in bars.bars if (text := _below(bar, measure, floor))]
    if cut:
        encode = {"y": rows, "x": along, "text": {"field": "l"}}
        for paint in (
            {"fill": ink("page"), "stroke": ink("page"), "strokeWidth": 2},
            {"color": ink("muted")},
        ):  # clear of the lines behind
            look = {"type": "text", "align": "left", "dy": _BELOW_BAR, "fontSize": 10, **paint}
            yield {"data": {"values": cut}, "mark": look, "encoding": encode}


def height(bars: Bars) -> int:
    """Pixels for all bars; more where a line of words stands below some of them."""
    words = any(_below(bar, bars.axis.measure, bars.floor) for bar in bars.bars)
    return (_WITH_WORDS if words else _ALONE) * len(set(map(_name, bars.bars)))


def _below(bar: Bar, measure: Measure, floor: float | None) -> str:
    """What of a bar lies below the floor, in words."""
    if floor is None:
        return ""
    end = sum(value for _, value in bar.parts if value < 0)
    marks = [f"{name} {measure.text(value)}" for name, value in bar.marks if value < floor]
    return ", ".join([*([f"to {measure.text(end)}"] if end < floor else []), *marks])


def _raised(value: float | None, floor: float | None) -> float | None:
    """A value, or the floor where that is higher."""
    return value if value is None or floor is None else max(value, floor)


def _all_parts(bars: Bars) -> Iterator[Spec]:
    for bar in bars.bars:
        yield from _parts(bar, bars.axis.measure)


def part_colours(bars: Bars) -> dict[str, str]:
    """The colour in the palette of each part that is there: the first a quiet one, since it is most of a bar."""
    there = dict.fromkeys(name for bar in bars.bars for name, _ in bar.parts)
    colours = ["body", *(f"s{n}" for n in range(len(SERIES["light"]))), "grey", "muted"]
    ordered = dict.fromkeys([*bars.order, *there])
    return {name: colours[min(n, len(colours) - 1)] for n, name in enumerate(ordered) if name in there}


def mark_looks(bars: Sequence[Bar]) -> dict[str, tuple[str, str]]:
    """Colour and shape of each sort of mark."""
    names = dict.fromkeys(name for bar in bars for name, _ in bar.marks)
    return {name: _SHAPES[n % len(_SHAPES)] for n, name in enumerate(names)}


def _name(bar: Bar) -> str:
    return f"{bar.group}: {bar.name}" if bar.group else bar.name


def _parts(bar: Bar, measure: Measure) -> Iterator[Spec]:
    """Parts laid end to end, negative ones to the left."""
    ends = [0.0, 0.0]
    for name, value in bar.parts:
        side = int(value >= 0)
        known = {"b": _name(bar), "s": name, "value": measure.text(value)}
        yield {**known, "a": ends[side], "z": ends[side] + value}
        ends[side] += value


def _marks(bars: Sequence[Bar], wanted: str, measure: Measure) -> Iterator[Spec]:
    for bar in bars:
        for name, value in bar.marks:
            if name == wanted:
                yield {"b": _name(bar), "s": name, "v": value, "value": measure.text(value)}


def _ends(bars: Sequence[Bar]) -> Iterator[float | None]:
    yield 0.0
    for bar in bars:
        yield sum(value for _, value in bar.parts if value > 0)
        yield sum(value for _, value in bar.parts if value < 0)
        yield from (value for _, value in bar.marks)
        yield from (bar.low, bar.high)
