"""Labels beside points, placed before anything is drawn: clear of points, of lines and of each other, or left out."""

import math
from collections.abc import Iterator
from itertools import pairwise

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
_Box = tuple[float, float, float, float]


def label_layers(chart: Chart, domains: tuple[Domain, Domain], size: tuple[int, int], encode: Spec, ink: Ink) -> Iterator[Spec]:
    """Layers of text for a plot of so many pixels; pointing at a point names it all the same."""
    labels = [
        (*place, series.labels[n], series.x[n], series.y[n], series.role != "aside")
        for series in chart.series
        if series.labels
        for n, place in _pixels(chart, series, domains, size)
    ]
    labels.sort(key=lambda label: not label[-1])
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y, *_ in labels] + list(_lines(chart, domains, size))
    placed: dict[tuple[str, str, int, int, bool], list[Spec]] = {}
    for px, py, text, x, y, bold in labels[:_MOST]:
        short = text if len(text) <= 28 else f"{text[:20]}…{text[-7:]}"
        for align, baseline, dx, dy in _PLACES:
            box = _box(px + dx, py + dy, len(short) * _SIGN, align, baseline)
            inside = box[0] >= -2 and box[1] >= 0 and box[2] <= size[0] + 4 and box[3] <= size[1]
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                placed.setdefault((align, baseline, dx, dy, bold), []).append({"x": x, "y": y, "l": short})
                break
    for (align, baseline, dx, dy, bold), rows in placed.items():
        look = {"color": ink("ink" if bold else "muted"), "fontWeight": 600 if bold else 400, "fontSize": 10.5}
        yield {
            "data": {"values": rows},
            "mark": {"type": "text", "align": align, "baseline": baseline, "dx": dx, "dy": dy, **look},
            "encoding": {"x": encode["x"], "y": encode["y"], "text": {"field": "l"}},
        }


def _lines(chart: Chart, domains: tuple[Domain, Domain], size: tuple[int, int]) -> Iterator[_Box]:
    """Small boxes along every line drawn."""
    for series in chart.series:
        places = [place for _, place in _pixels(chart, series, domains, size)] if series.mark != "points" else []
        if series.mark == "step":
            places = [corner for a, b in pairwise(places) for corner in (a, (b[0], a[1]), b)]
        for (x0, y0), (x1, y1) in pairwise(places):
            count = int(math.hypot(x1 - x0, y1 - y0) / _STEP) + 1
            for n in range(count):
                x, y = x0 + (x1 - x0) * n / count, y0 + (y1 - y0) * n / count
                yield x - 2, y - 2, x + 2, y + 2


def _pixels(
    chart: Chart, series: Series, domains: tuple[Domain, Domain], size: tuple[int, int]
) -> Iterator[tuple[int, tuple[float, float]]]:
    """Number and place of each point that can be drawn."""
    for n, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
        if y is not None and drawable(chart.x, x) and drawable(chart.y, y):
            yield n, (_share(chart.x, domains[0], x) * size[0], (1 - _share(chart.y, domains[1], y)) * size[1])


def _share(axis: Axis, shown: Domain, value: float) -> float:
    low, high, at = (math.log(part) if axis.scale == "log" else part for part in (*shown, value))
    return (at - low) / (high - low)


def _box(x: float, y: float, width: float, align: str, baseline: str) -> _Box:
    left = {"left": x, "right": x - width, "center": x - width / 2}[align]
    top = {"top": y, "bottom": y - _LINE, "middle": y - _LINE / 2}[baseline]
    return left, top, left + width, top + _LINE


def _overlap(a: _Box, b: _Box) -> bool:
    return b[0] < a[2] and b[2] > a[0] and b[1] < a[3] and b[3] > a[1]
