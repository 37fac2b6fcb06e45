"""Charts and bars as Vega-Lite specifications: for the page and for paper alike, but for the width and how colours are named.

    exhibit -> layers of marks with their data -> specification -> (vl-convert) Vega, SVG

Which figures there are is for the exhibit to say. Vega-Lite has no labels that keep clear of each other: see `labels`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from mdlbench.report.axes import Domain, Ink, Spec, channel, colour_by_name, domain, drawable, picked, tooltip_name
from mdlbench.report.bars import bar_layers, height, mark_looks, part_colours
from mdlbench.report.labels import label_layers, placed_labels
from mdlbench.report.palette import SERIES
from mdlbench.result.exhibits import Bars, Chart, Series, Span

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "system-ui, Helvetica Neue, Liberation Sans, Arial, sans-serif"
HEIGHT = 240
WIDTHS = (280, 420, 560, 1100)  # of a plot for which labels are placed, where its width is that of the window
_FILLED = 0.3  # opacity of what is filled
_INTERNAL = {"x", "y", "n", "low", "high"}  # fields of a row that are not told to whoever points at it


class Named(NamedTuple):
    """An entry of a legend: a name, its colour in the palette, how its marks look, and where it lies if only that tells."""

    name: str
    colour: str
    dashed: bool = False
    shape: str = "square"
    place: str = ""

    @property
    def text(self) -> str:
        """The name, and the place in brackets."""
        return f"{self.name} ({self.place})" if self.place else self.name


def legend(exhibit: Chart | Bars, width: int | str = "container") -> list[Named]:
    """What a chart's colours stand for, in order, and the points without a colour and without room for a label; empty where
    there is only one thing to see. `width` as for `specification`.
    """
    if isinstance(exhibit, Chart):
        colours = zip(exhibit.series, series_colours(exhibit.series), strict=True)
        entries = [
            Named(one.name, colour, _dashed(one), {"points": one.shape, "area": "square"}.get(one.mark, "line"))
            for one, colour in colours
            if one.role != "aside"
        ]
        entries += _unlabelled(exhibit, width)
    else:
        entries = [Named(name, colour) for name, colour in part_colours(exhibit).items()]
        entries += [Named(name, colour, shape=shape) for name, (colour, shape) in mark_looks(exhibit.bars).items()]
    return entries if len(entries) > 1 else []


def _unlabelled(chart: Chart, width: int | str) -> Iterator[Named]:
    """Points that have a label, no colour of their own, and no room for the label: told by where they lie."""
    lost = {(label.x, label.y) for label in placed_labels(chart, _domains(chart), _sizes(width)).left_out}
    for one in chart.series:
        if one.role == "aside" and one.labels and (at := (one.x[0], one.y[0] or 0.0)) in lost:
            place = f"{chart.x.measure.text(at[0])}, {chart.y.measure.text(at[1])}"
            yield Named(one.name, "aside", shape=one.shape, place=place)


def is_empty(exhibit: Chart | Bars) -> bool:
    """Whether nothing of it can be drawn."""
    return not any(_rows(exhibit, one) for one in exhibit.series) if isinstance(exhibit, Chart) else not exhibit.bars


def emptiness(exhibit: Chart | Bars) -> str:
    """What stands in the place of an empty chart: the names of what it has no place for."""
    names = "; ".join(one.name for one in exhibit.series) if isinstance(exhibit, Chart) else ""
    return f"Nothing to draw: {names}." if names else "Nothing to draw."


def specification(exhibit: Chart | Bars, ink: Ink, width: int | str = "container") -> Spec:
    """The Vega-Lite specification of a chart, without its legend and `configuration`.

    Args:
        ink: how colours are written: as CSS variables on a page, as numbers on paper.
        width: of the plot in pixels, or "container".
    """
    if isinstance(exhibit, Chart):
        drawn: Spec = {"height": HEIGHT, "layer": list(_chart_layers(exhibit, ink, width))}
    else:
        drawn = {"height": height(exhibit), "layer": list(bar_layers(exhibit, ink))}
    fit = {"autosize": {"type": "fit-x", "contains": "padding"}} if width == "container" else {}
    return {"$schema": SCHEMA, "width": width, **fit, "params": [{"name": "pick", "value": None}], **drawn}


def series_colours(series: Sequence[Series]) -> list[str]:
    """A colour of the palette for each: what measures something gets one of its own, as long as there are some."""
    slots = range(len(SERIES["light"]))
    free = iter([slot for slot in slots if slot not in {one.slot for one in series}])
    kept = []
    for one in series:
        plain = {"null": "muted", "aside": "aside"}.get(one.role)
        slot = None if plain else next(free, None) if one.slot is None else one.slot
        kept.append(plain or (f"s{slot}" if slot in slots else "grey"))
    return kept


def configuration(ink: Ink) -> Spec:
    """What all charts share: fonts, and the colours of their axes."""
    axis = {"labelColor": "muted", "titleColor": "muted", "gridColor": "grid", "domainColor": "grey", "tickColor": "grey"}
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **{name: ink(colour) for name, colour in axis.items()},
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "labelLimit": 220,
            "tickSize": 4,
            "titlePadding": 8,
        },
    }


def _chart_layers(chart: Chart, ink: Ink, width: int | str) -> Iterator[Spec]:
    rows = {one.name: _rows(chart, one) for one in chart.series}
    x, y = _domains(chart)
    encode = {"x": channel("x", chart.x, x), "y": channel("y", chart.y, y)}
    colours = dict(zip((one.name for one in chart.series), series_colours(chart.series), strict=True))
    yield from _marked(chart, ink)
    yield from _strip(chart.strip, colours, ink)
    for _, group in groupby(sorted(chart.series, key=_look), key=_look):
        alike = list(group)
        colour = colour_by_name([(one.name, colours[one.name]) for one in alike], ink)
        yield from _series_layers(alike[0], [row for one in alike for row in rows[one.name]], {**encode, "color": colour}, ink)
    yield from label_layers(placed_labels(chart, (x, y), _sizes(width)), encode, ink)


def _domains(chart: Chart) -> tuple[Domain, Domain]:
    """What its axes show."""
    every = [row for one in chart.series for row in _rows(chart, one)]
    edges = [end for span in chart.strip for end in (span.start, span.end)] + [x for x, _ in chart.marks]
    room = any(one.labels or one.mark in ("points", "line+points") for one in chart.series)
    x = domain(chart.x, [*(row["x"] for row in every), *edges], room=room)
    filled = any(one.mark == "area" and not one.low for one in chart.series)
    ends = [row[end] for row in every for end in ("low", "y", "high") if end in row]
    return x, domain(replace(chart.y, zero=chart.y.zero or filled), ends, room=True)


def _sizes(width: int | str) -> list[tuple[int, int]]:
    """The plots in which labels keep clear of everything."""
    return [(wide, HEIGHT) for wide in ((width,) if isinstance(width, int) else WIDTHS)]


def _look(series: Series) -> tuple[str, bool, str, str]:
    return series.mark, _dashed(series), series.role, series.shape


def _dashed(series: Series) -> bool:
    return series.dashed or series.role == "null"


def _series_layers(like: Series, rows: list[Spec], encode: Spec, ink: Ink) -> Iterator[Spec]:
    """Series that look alike: their intervals, lines, and points, which are seen or only pointed at."""
    if like.mark == "area":
        yield from _filling(rows, encode, ink)
    encode = {**encode, "opacity": picked(0.5 if like.role == "aside" else 1)}
    intervals = [row for row in rows if "high" in row]
    if intervals:
        ends = {**encode, "y": {**encode["y"], "field": "low"}, "y2": {"field": "high"}}
        yield {"data": {"values": intervals}, "mark": {"type": "rule", "strokeWidth": 1.2}, "encoding": ends}
    marks: list[Spec] = []
    if like.mark != "points":
        line = {"type": "line", "strokeWidth": 1.8, "interpolate": "step-after" if like.mark == "step" else "linear"}
        order = {"order": {"field": "n", "type": "quantitative"}, "detail": {"field": "s"}}
        dash = {"strokeDash": [4, 3]} if _dashed(like) else {}
        marks.append({"mark": {**line, **dash}, "encoding": {**encode, **order}})
    seen = like.mark in ("points", "line+points")
    look = {"size": 42, "stroke": ink("page"), "strokeWidth": 0.8} if seen else {"size": 90}
    told = dict.fromkeys(name for row in rows for name in row if name not in _INTERNAL)
    shape = like.shape.replace("triangle", "triangle-up")
    encode |= {} if seen else {"opacity": {"value": 0}}
    encode |= {"tooltip": [{"field": name, "title": "series" if name == "s" else name} for name in told]}
    marks.append({"mark": {"type": "point", "filled": True, "shape": shape, "tooltip": True, **look}, "encoding": encode})
    yield {"data": {"values": rows}, "layer": marks}


def _filling(rows: list[Spec], encode: Spec, ink: Ink) -> Iterator[Spec]:
    """What lies between lines and their lower ends, or zero, or on a logarithmic axis the foot of the plot.

    One series after the other on plain ground, so that colours never mix: of two that overlap, the later one is seen.
    """
    low, high = encode["y"]["scale"]["domain"]
    foot = low if encode["y"]["scale"]["type"] == "log" else min(max(0.0, low), high)
    shape = {**encode, "y": {**encode["y"], "stack": None}, "y2": {"field": "low"}}
    for _, group in groupby(rows, key=lambda row: row["s"]):
        data = {"values": [{"low": foot, **row} for row in group]}
        yield {"data": data, "mark": {"type": "area"}, "encoding": {**shape, "color": {"value": ink("panel")}}}
        yield {"data": data, "mark": {"type": "area"}, "encoding": {**shape, "opacity": picked(_FILLED)}}


def _rows(chart: Chart, series: Series) -> list[Spec]:
    """A row of data for each place that can be drawn; figures also as text, for whoever points at one."""
    rows: list[Spec] = []
    x_measure, y_measure = chart.x.measure, chart.y.measure
    for n, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
        if not drawable(chart.x, x) or not drawable(chart.y, y):
            continue
        row: Spec = {"s": series.name, "x": _placed(x), "y": _placed(y), "n": n}
        if series.labels:
            row["name"] = series.labels[n]
        row |= {tooltip_name(x_measure): x_measure.text(x), tooltip_name(y_measure): y_measure.text(y)}
        if series.mark == "area" and series.low and drawable(chart.y, series.low[n]):
            row["low"] = _placed(series.low[n])
        elif series.low and drawable(chart.y, series.low[n]) and drawable(chart.y, series.high[n]):
            ends = f"{y_measure.text(series.low[n])} to {y_measure.text(series.high[n])}"
            row |= {"low": _placed(series.low[n]), "high": _placed(series.high[n]), "interval": ends}
        rows.append(row)
    return rows


def _placed(value: float | None) -> float | None:
    """A figure as exactly as a place on paper needs it; readers see the text beside it."""
    return value if value is None or isinstance(value, int) else float(f"{value:.7g}")


def _marked(chart: Chart, ink: Ink) -> Iterator[Spec]:
    """Vertical lines with what they say."""
    if chart.marks:
        data = {"values": [{"x": x, "l": text} for x, text in chart.marks]}
        x = {"x": {"field": "x", "type": "quantitative"}}
        yield {"data": data, "mark": {"type": "rule", "strokeDash": [2, 3], "color": ink("muted")}, "encoding": x}
        text = {"type": "text", "align": "left", "dx": 4, "baseline": "top", "color": ink("muted"), "fontSize": 10, "y": 2}
        yield {"data": data, "mark": text, "encoding": {**x, "text": {"field": "l"}}}


def _strip(spans: Sequence[Span], colours: dict[str, str], ink: Ink) -> Iterator[Spec]:
    """At the foot of the plot, which series each stretch belongs to."""
    if spans:
        used = dict.fromkeys(span.series for span in spans)
        values = [{"a": span.start, "b": span.end, "s": span.series} for span in spans]
        yield {
            "data": {"values": values},
            "mark": {"type": "rect", "tooltip": True},
            "encoding": {
                "x": {"field": "a", "type": "quantitative"},
                "x2": {"field": "b"},
                "y": {"value": HEIGHT - 7},
                "y2": {"value": HEIGHT},
                "color": colour_by_name([(name, colours.get(name, "grey")) for name in used], ink),
                "tooltip": [{"field": "s", "title": "least"}],
            },
        }
