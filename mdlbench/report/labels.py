"""Labels beside points, placed before anything is drawn: clear of points, of lines and of each other, the crowded ones further
off at the end of a thin line. What finds no place is said to be left out, for the legend to name.

A chart as wide as its window keeps them clear at each of several widths.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from mdlbench.report.axes import Domain, Ink, Spec, drawable
from mdlbench.result.exhibits import Axis, Chart, Series

_SIGN, _LINE = 6.0, 12  # pixels of a character and of a line
_MOST = 60
_STEP = 7  # pixels between the places of a line that labels keep clear of
_PLACES = (  # of a label from its point: its text's align and baseline, and how far; the best first
    ("left", "middle", 7, 0),
    ("right", "middle", -7, 0),
    ("center", "bottom", 0, -6),
    ("center", "top", 0, 6),
    ("left", "bottom", 5, -4),
    ("left", "top", 5, 4),
    ("right", "bottom", -5, -4),
    ("right", "top", -5, 4),
)
_FURTHER = tuple(  # the same for labels at the end of a line
    (align, "middle", sign * across, up)
    for across, rise in ((16, 18), (10, 30), (22, 42), (12, 56))
    for sign, align in ((1, "left"), (-1, "right"))
    for up in (rise, -rise)
)
_Where = tuple[str, str, int, int]
_Box = tuple[float, float, float, float]


class _Label(NamedTuple):
    """A text beside a point of the chart, of a series that is bold or not."""

    text: str
    x: float
    y: float
    bold: bool


@dataclass(frozen=True)
class _Plot:
    """A chart at one size: from figures to pixels, and what of it is taken."""

    chart: Chart
    domains: tuple[Domain, Domain]
    size: tuple[int, int]
    taken: list[_Box] = field(default_factory=list)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies."""
        width, height = self.size
        across, up = _share(self.chart.x, self.domains[0], x), _share(self.chart.y, self.domains[1], y)
        return across * width, (1 - up) * height

    def box(self, label: _Label, align: str, baseline: str, dx: float, dy: float) -> _Box:
        """What a label would take up."""
        x, y = self.place(label.x, label.y)
        return _box(x + dx, y + dy, len(label.text) * _SIGN, align, baseline)

    def is_free(self, box: _Box) -> bool:
        """Whether a label may stand there."""
        inside = box[0] >= -2 and box[1] >= 0 and box[2] <= self.size[0] + 4 and box[3] <= self.size[1]
        return inside and not any(_overlap(box, other) for other in self.taken)


class Placed(NamedTuple):
    """Labels by where they stand from their points and whether they are bold; and those for which there is no place."""

    labels: dict[tuple[_Where, bool], list[_Label]]
    left_out: list[_Label]


def placed_labels(chart: Chart, domains: tuple[Domain, Domain], sizes: Sequence[tuple[int, int]]) -> Placed:
    """Where labels stand, clear of everything in plots of all these sizes, in pixels."""
    points = [(series, n) for series in chart.series for n in _drawn(chart, series)]
    labels = [
        _Label(_shortened(series.labels[n]), series.x[n], series.y[n] or 0.0, series.role != "aside")
        for series, n in points
        if series.labels
    ]
    plots = [_Plot(chart, domains, size) for size in sizes]
    for plot in plots:
        places = [
            plot.place(series.x[n], series.y[n] or 0.0) for series, n in points if series.mark in ("points", "line+points")
        ]
        plot.taken.extend([(x - 4, y - 4, x + 4, y + 4) for x, y in places])
        plot.taken.extend([*_lines(plot), *_notes(plot)])
    ordered = sorted(labels, key=lambda label: not label.bold)
    found = Placed({}, ordered[_MOST:])
    for label in ordered[:_MOST]:
        where = next((where for where in (*_PLACES, *_FURTHER) if _is_free(plots, label, where)), None)
        if where is None:
            found.left_out.append(label)
            continue
        for plot in plots:
            plot.taken.append(plot.box(label, *where))
        found.labels.setdefault((where, label.bold), []).append(label)
    return found


def _is_free(plots: Sequence[_Plot], label: _Label, where: _Where) -> bool:
    return all(plot.is_free(plot.box(label, *where)) for plot in plots)


def label_layers(placed: Placed, encode: Spec, ink: Ink) -> Iterator[Spec]:
    """Layers of text, and of the thin lines to those further off; pointing at a point names it all the same."""
    for (where, bold), labels in placed.labels.items():
        align, baseline, dx, dy = where
        data = {"values": [{"x": label.x, "y": label.y, "l": label.text} for label in labels]}
        look = {"color": ink("ink" if bold else "muted"), "fontWeight": 600 if bold else 400, "fontSize": 10.5}
        at = {"x": encode["x"], "y": encode["y"]}
        if where in _FURTHER:
            line = {"type": "rule", "color": ink("grey"), "strokeWidth": 0.7, "x2Offset": dx, "y2Offset": dy}
            yield {"data": data, "mark": line, "encoding": {**at, "x2": {"field": "x"}, "y2": {"field": "y"}}}
        yield {
            "data": data,
            "mark": {"type": "text", "align": align, "baseline": baseline, "dx": dx, "dy": dy, **look},
            "encoding": {**at, "text": {"field": "l"}},
        }


def _shortened(text: str) -> str:
    return text if len(text) <= 28 else f"{text[:20]}…{text[-7:]}"


def _drawn(chart: Chart, series: Series) -> Iterator[int]:
    """Numbers of the points that have a place."""
    for n, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
        if drawable(chart.x, x) and drawable(chart.y, y):
            yield n


def _notes(plot: _Plot) -> Iterator[_Box]:
    """What the words at vertical lines take up."""
    for x, text in plot.chart.marks:
        left = _share(plot.chart.x, plot.domains[0], x) * plot.size[0]
        yield left + 2, 0, left + 6 + len(text) * _SIGN, _LINE + 2


def _lines(plot: _Plot) -> Iterator[_Box]:
    """Small boxes along every line drawn."""
    for series in plot.chart.series:
        drawn = _drawn(plot.chart, series) if series.mark != "points" else ()
        places = [plot.place(series.x[n], series.y[n] or 0.0) for n in drawn]
        if series.mark == "step":
            places = [corner for a, b in pairwise(places) for corner in (a, (b[0], a[1]), b)]
        for (x0, y0), (x1, y1) in pairwise(places):
            count = int(math.hypot(x1 - x0, y1 - y0) / _STEP) + 1
            for n in range(count):
                x, y = x0 + (x1 - x0) * n / count, y0 + (y1 - y0) * n / count
                yield x - 2, y - 2, x + 2, y + 2


def _share(axis: Axis, shown: Domain, value: float) -> float:
    low, high, at = (math.log(part) if axis.scale == "log" else part for part in (*shown, value))
    return (at - low) / (high - low)


def _box(x: float, y: float, width: float, align: str, baseline: str) -> _Box:
    left = {"left": x, "right": x - width, "center": x - width / 2}[align]
    top = {"top": y, "bottom": y - _LINE, "middle": y - _LINE / 2}[baseline]
    return left, top, left + width, top + _LINE


def _overlap(a: _Box, b: _Box) -> bool:
    return b[0] < a[2] and b[2] > a[0] and b[1] < a[3] and b[3] > a[1]
