"""Clouds and graphs as SVG: what the chart library has no means for (10^5 coloured points in their triangle; curved arrows).

The same markup stands in a page, where colours are CSS variables, and on paper. Dots of one colour are one path; from
`MOST_DOTS` on, the cloud is an image.
"""

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import hypot
from typing import Any

from mdlbench.errors import MissingExtraError
from mdlbench.report.axes import Ink
from mdlbench.result.exhibits import Cloud, Edge, Graph, Node, Simplex
from mdlbench.text import escaped

WIDTH, HEIGHT = 360, 300
MOST_DOTS = 6000
_MARGIN = 26
_MIDDLE = 'text-anchor="middle"'
_SHARP = 3  # pixels of an image for one of the drawing's
_FINE = 4
_KIND = 13  # pixels of a line of the legend
_COARSE = 17  # steps of each colour channel that a path of dots is of


def simplex(exhibit: Simplex, ink: Ink) -> str:
    """A cloud in its frame: a polygon with named corners, or two axes."""
    place = _placer(exhibit.low, exhibit.high, square=bool(exhibit.corners))
    dots = _image(exhibit, place) if len(exhibit.cloud.places) > MOST_DOTS else "".join(_dots(exhibit.cloud, place))
    frame, names = _polygon(exhibit, place, ink) if exhibit.corners else (_axes(exhibit, ink), "")
    return _svg(frame + dots + names, f"{exhibit.title}: {len(exhibit.cloud.places):,} points")


def graph(exhibit: Graph, ink: Ink) -> str:
    """Nodes, and arrows coloured by their kind, bent so that those there and back are apart."""
    xs, ys = [node.x for node in exhibit.nodes], [node.y for node in exhibit.nodes]
    kinds = list(dict.fromkeys(edge.kind for edge in exhibit.edges))
    legend = _kinds(kinds, ink)
    size = 6.5 if len(xs) < 20 else 4.0
    loops = [size + 0.75 * _reach(kinds.index(edge.kind)) for edge in exhibit.edges if edge.start == edge.end]
    low, high = (min(xs) - 0.25, min(ys) - 0.35), (max(xs) + 0.25, max(ys) + 0.35)
    place = _placer(low, high, square=False, foot=_KIND * len(legend), head=max(0.0, *loops, _MARGIN) - _MARGIN)
    points = [place((node.x, node.y)) for node in exhibit.nodes]
    parts = [_arrow(edge, points, kinds.index(edge.kind), size, ink) for edge in exhibit.edges]
    parts += [_node(node, point, size, ink) for node, point in zip(exhibit.nodes, points, strict=True)]
    return _svg("".join([*parts, *legend]), f"{exhibit.title}: {len(points)} nodes")


def _svg(inner: str, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="10" aria-label="{escaped(label)}">{inner}</svg>'
    )


def _placer(
    low: Sequence[float], high: Sequence[float], *, square: bool, foot: float = 0.0, head: float = 0.0
) -> Callable[[Sequence[float]], tuple[float, float]]:
    """From the plane to pixels between foot and head, y upwards; with `square` at the same scale both ways, in the middle."""
    width, height = WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN - foot - head
    scales = [width / ((high[0] - low[0]) or 1), height / ((high[1] - low[1]) or 1)]
    if square:
        scales = [min(scales)] * 2
    left = _MARGIN + (width - scales[0] * (high[0] - low[0])) / 2
    bottom = HEIGHT - _MARGIN - foot - (height - scales[1] * (high[1] - low[1])) / 2
    return lambda point: (left + (point[0] - low[0]) * scales[0], bottom - (point[1] - low[1]) * scales[1])


def _radius(count: int) -> float:
    return max(0.35, min(2.6, 60 / max(count, 1) ** 0.5))


def _dots(cloud: Cloud, place: Callable[[Sequence[float]], tuple[float, float]]) -> Iterator[str]:
    """A path of round dots for each colour, colours told apart as far as the eye does, places to a quarter of a pixel."""
    paths: dict[str, list[tuple[int, int]]] = {}
    for point, colour in zip(cloud.places, cloud.colours, strict=True):
        x, y = place(point)
        coarse = "".join(f"{round(int(colour[at : at + 2], 16) / _COARSE) * _COARSE:02x}" for at in (0, 2, 4))
        paths.setdefault(coarse, []).append((round(x * _FINE), round(y * _FINE)))
    width = 2 * _FINE * _radius(len(cloud.places))
    yield f'<g fill="none" stroke-linecap="round" stroke-width="{width:.2f}" transform="scale({1 / _FINE})">'
    for colour, places in paths.items():
        steps = [(x - x0, y - y0) for (x0, y0), (x, y) in pairwise([(0, 0), *sorted(places)])]
        yield f'<path stroke="#{colour}" d="{"".join(f"m{dx} {dy}h0" for dx, dy in steps)}"/>'
    yield "</g>"


def _image(exhibit: Simplex, place: Callable[[Sequence[float]], tuple[float, float]]) -> str:
    """The dots as a PNG; later points do not hide earlier ones of another colour more than by chance."""
    import numpy as np

    image_module, draw_module = load_pillow()
    picture = image_module.new("RGBA", (WIDTH * _SHARP, HEIGHT * _SHARP), (255, 255, 255, 0))
    pen, radius = draw_module.Draw(picture), _radius(len(exhibit.cloud.places)) * _SHARP
    for at in np.random.default_rng(0).permutation(len(exhibit.cloud.places)):
        x, y = (part * _SHARP for part in place(exhibit.cloud.places[at]))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=f"#{exhibit.cloud.colours[at]}")
    file = io.BytesIO()
    picture.quantize(255, method=2).save(file, format="PNG", optimize=True)
    return (
        f'<image width="{WIDTH}" height="{HEIGHT}" href="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"/>'
    )


def load_pillow() -> tuple[Any, Any]:
    """Pillow's modules Image and ImageDraw.

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise MissingExtraError("Pillow", "report") from None
    return Image, ImageDraw


def _halo(ink: Ink) -> str:
    """Text with this keeps clear of what is drawn below it."""
    return f'stroke="{ink("page")}" stroke-width="3" paint-order="stroke"'


def _polygon(exhibit: Simplex, place: Callable[[Sequence[float]], tuple[float, float]], ink: Ink) -> tuple[str, str]:
    """The frame, and the names of its corners, which go above the dots."""
    corners = [place(corner[:2]) for corner in exhibit.corners]
    centre = sum(y for _, y in corners) / len(corners)
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"
    look = f'{_MIDDLE} fill="{ink("muted")}" {_halo(ink)}'
    names = "".join(
        f'<text x="{x:.1f}" y="{y + (14 if y > centre else -7):.1f}" {look}>{escaped(name)}</text>'
        for (x, y), (*_, name) in zip(corners, exhibit.corners, strict=True)
    )
    return f'<path d="{path}" fill="none" stroke="{ink("grey")}" stroke-width="0.8"/>', names


def _axes(exhibit: Simplex, ink: Ink) -> str:
    left, bottom, right, top = _MARGIN, HEIGHT - _MARGIN, WIDTH - _MARGIN, _MARGIN
    muted, ends = ink("muted"), [[f"{end:.3g}".replace("-", "−") for end in pair] for pair in (exhibit.low, exhibit.high)]

    def upright(y: float, anchor: str, text: str) -> str:
        way = f"translate({left - 8},{y}) rotate(-90)"
        return f'<text transform="{way}" text-anchor="{anchor}" fill="{muted}">{escaped(text)}</text>'

    def level(x: float, anchor: str, text: str) -> str:
        return f'<text x="{x}" y="{bottom + 12}" text-anchor="{anchor}" fill="{muted}">{escaped(text)}</text>'

    middle = (left + right) / 2, (top + bottom) / 2
    return (
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="{ink("grey")}" stroke-width="0.8"/>'
        f"{level(left, 'start', ends[0][0])}{level(middle[0], 'middle', exhibit.x)}{level(right, 'end', ends[1][0])}"
        f"{upright(bottom, 'start', ends[0][1])}{upright(middle[1], 'middle', exhibit.y)}{upright(top, 'end', ends[1][1])}"
    )


def _arrow(edge: Edge, points: Sequence[tuple[float, float]], kind: int, size: float, ink: Ink) -> str:
    """A bent line with a head; to itself, a loop above the node."""
    (x0, y0), (x1, y1) = points[edge.start], points[edge.end]
    colour, width = ink(f"s{1 + kind % 6}"), 0.6 + 0.9 * edge.weight
    if edge.start == edge.end:
        reach = _reach(kind)
        up, left, right = y0 - size - reach, x0 - reach, x0 + reach
        path = f"M{x0 - 2:.1f} {y0 - size:.1f}C{left:.1f} {up:.1f} {right:.1f} {up:.1f} {x0 + 3:.1f} {y0 - size - 2:.1f}"
        head = _head(x0 + 2, y0 - size, -0.35, 1.0, colour)
    else:
        length = hypot(x1 - x0, y1 - y0) or 1.0
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        bend = (0.12 + 0.07 * kind) * length
        cx, cy = (x0 + x1) / 2 - dy * bend, (y0 + y1) / 2 + dx * bend
        far = hypot(x1 - cx, y1 - cy) or 1.0
        ux, uy = (x1 - cx) / far, (y1 - cy) / far
        ex, ey = x1 - ux * (size + 2), y1 - uy * (size + 2)
        path, head = f"M{x0:.1f} {y0:.1f}Q{cx:.1f} {cy:.1f} {ex - 4 * ux:.1f} {ey - 4 * uy:.1f}", _head(ex, ey, ux, uy, colour)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"/>{head}'


def _reach(kind: int) -> float:
    """How far a loop of a kind goes."""
    return 16 + 7 * kind


def _head(x: float, y: float, ux: float, uy: float, colour: str) -> str:
    back, side = 6.0, 2.6
    return (
        f'<path d="M{x:.1f} {y:.1f}L{x - back * ux - side * uy:.1f} {y - back * uy + side * ux:.1f}'
        f'L{x - back * ux + side * uy:.1f} {y - back * uy - side * ux:.1f}Z" fill="{colour}"/>'
    )


def _node(node: Node, point: tuple[float, float], size: float, ink: Ink) -> str:
    x, y = point
    fill = ink("s0") if node.filled else ink("panel")
    note = f"<title>{escaped(node.note)}</title>" if node.note else ""
    name = f'<text x="{x:.1f}" y="{y + size + 11:.1f}" {_MIDDLE} fill="{ink("muted")}" {_halo(ink)}>{escaped(node.name)}</text>'
    look = f'r="{size}" fill="{fill}" stroke="{ink("ink")}" stroke-width="0.9"'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" {look}>{note}</circle>{name}'


def _kinds(kinds: Sequence[str], ink: Ink) -> list[str]:
    """What the arrows' colours stand for: lines at the foot, flush right."""
    lines, x, y = [""], 0.0, HEIGHT - 6
    for number, kind in reversed(list(enumerate(kinds))):
        wide = 30 + 5.6 * len(kind)
        if x + wide > WIDTH:
            x, y = 0.0, y - _KIND
            lines.append("")
        x += wide
        lines[-1] += f'<path d="M{WIDTH - x:.0f} {y}h14" stroke="{ink(f"s{1 + number % 6}")}" stroke-width="2"/>'
        lines[-1] += f'<text x="{WIDTH - x + 18:.0f}" y="{y + 3}" fill="{ink("muted")}">{escaped(kind)}</text>'
    return lines if kinds else []
