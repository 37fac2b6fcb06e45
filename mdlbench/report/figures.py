"""Exhibits as pictures for papers: SVG, PNG and PDF, drawn by vl-convert without a browser.

exhibit -> drawings (charts, svg) -> laid out side by side under a heading -> one SVG -> PNG, PDF
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

from mdlbench.atomic import check_folder, write_whole
from mdlbench.errors import MissingExtraError, UsageError
from mdlbench.report import charts, svg
from mdlbench.report.axes import Ink
from mdlbench.report.front import for_others
from mdlbench.report.palette import SERIES, TONES
from mdlbench.result.exhibits import Bars, Chart, Exhibit, Folder, Graph, Panels, Section, Simplex, Stages
from mdlbench.text import escaped

FORMATS = ("png", "svg")
WIDTH = 400  # of a chart's plot, in pixels
_SCALE = 2.0  # pixels of a PNG for one of the drawing's
_GAP, _HEAD, _MARGIN = 24, 30, 12
_SIGN, _LINE = 6.1, 17  # pixels of a character, and of a line of a legend
Picture = Chart | Bars | Simplex | Graph | Panels | Stages
_LONGEST = 120  # characters of a name
_COLUMNS = 4  # of stages side by side


@dataclass(frozen=True)
class Drawing:
    """A picture: SVG text of so many pixels."""

    svg: str
    width: float
    height: float

    def bytes(self, kind: str) -> bytes:
        """The picture as a file: kind "svg", "png" or "pdf".

        Raises:
            UsageError: another kind.
        """
        converters: dict[str, Any] = {
            "svg": lambda converter: self.svg.encode(),
            "png": lambda converter: converter.svg_to_png(self.svg, scale=_SCALE),
            "pdf": lambda converter: converter.svg_to_pdf(self.svg),
        }
        if kind not in converters:
            raise UsageError(f"pictures are {', '.join(converters)}, not {kind!r}; name the file so")
        return converters[kind](load_converter())


def load_converter() -> Any:
    """The module vl_convert.

    Raises:
        MissingExtraError: vl-convert-python is not installed.
    """
    try:
        import vl_convert
    except ImportError:
        raise MissingExtraError("vl-convert-python", "report") from None
    return vl_convert


def paper(name: str) -> str:
    """A colour of the palette on light ground, as a number."""
    return SERIES["light"][int(name[1:])] if re.fullmatch("s[0-9]", name) else TONES["light"][name]


def draw(exhibit: Picture) -> Drawing:
    """An exhibit as one picture, with its title."""
    return _entitled(exhibit.title, exhibit)


def is_picture(exhibit: Exhibit) -> TypeGuard[Picture]:
    """Whether there is something to draw."""
    if isinstance(exhibit, Panels | Stages):
        parts = exhibit.parts if isinstance(exhibit, Panels) else [part for _, part in exhibit.stages]
        return any(map(is_picture, parts))
    return isinstance(exhibit, Chart | Bars | Simplex | Graph)


def drawings(sections: Sequence[Section]) -> Iterator[tuple[str, Callable[[], Drawing]]]:
    """What draws each picture of some sections, under a name that is good for a file and carries the part's title."""
    used: Counter[str] = Counter()
    for section in for_others(tuple(sections)):
        for part in section.parts:
            for exhibit in _pictures(part.exhibits):
                name = slug(exhibit.title)
                name = f"{slug(f'{section.title} {part.title}')[: _LONGEST - 1 - len(name)]}-{name}"
                used[name] += 1
                title = f"{part.title}: {exhibit.title}" if part.title else exhibit.title
                yield name + (f"-{used[name]}" if used[name] > 1 else ""), partial(_entitled, title, exhibit)


def planned(
    folder: str | os.PathLike[str], sections: Sequence[Section], *, replace: bool = False
) -> dict[tuple[Path, ...], Callable[[], Drawing]]:
    """What draws each picture of some sections, by the files that it will be in; nothing is drawn or written yet.

    Raises:
        UsageError: a file exists and may not be replaced, or the folder is none.
    """
    check_folder(folder, "--plots")
    plan = {tuple(Path(folder, f"{name}.{kind}") for kind in FORMATS): draw for name, draw in drawings(sections)}
    for path in (path for paths in plan for path in paths):
        if path.exists() and not replace:
            raise UsageError(f"{path} exists; overwrite it with -f, or name another folder")
    return plan


def write(plan: Mapping[tuple[Path, ...], Callable[[], Drawing]], *, replace: bool = False) -> list[str]:
    """Draw and write what `planned` gave; the paths."""
    for paths, draw_it in plan.items():
        drawing = draw_it()
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, drawing.bytes(path.suffix[1:]), replace=replace)
    return [str(path) for paths in plan for path in paths]


def slug(text: str) -> str:
    """Text as a file's name.

    Example:
        >>> slug("enwik8, first 4,000,000 bytes: Size against speed")
        'enwik8-first-4000000-bytes-size-against-speed'
    """
    return re.sub("[^a-z0-9.=_-]+", "-", text.lower().replace(",", "")).strip("-")[:_LONGEST]


def _pictures(exhibits: Iterable[Exhibit]) -> Iterator[Picture]:
    for exhibit in exhibits:
        if isinstance(exhibit, Folder):
            yield from _pictures(exhibit.parts)
        elif is_picture(exhibit):
            yield exhibit


def _draw(exhibit: Picture) -> Drawing:
    if isinstance(exhibit, Chart | Bars):
        text = load_converter().vegalite_to_svg(
            {**charts.specification(exhibit, paper, WIDTH), "config": charts.configuration(paper)}
        )
        return _under_legend(Drawing(text, *_size(text)), charts.legend(exhibit, WIDTH))
    if isinstance(exhibit, Simplex):
        return Drawing(svg.simplex(exhibit, paper), svg.WIDTH, svg.HEIGHT)
    if isinstance(exhibit, Graph):
        return Drawing(svg.graph(exhibit, paper), svg.WIDTH, svg.HEIGHT)
    if isinstance(exhibit, Stages):
        return _beside([_titled(name, _draw(part)) for name, part in exhibit.stages if is_picture(part)], _COLUMNS)
    assert isinstance(exhibit, Panels)
    parts = [part for part in exhibit.parts if is_picture(part)]
    return _beside([_titled(part.title, _draw(part)) for part in parts], 3)


def _beside(parts: Sequence[Drawing], columns: int) -> Drawing:
    """Drawings in rows of so many, aligned at their tops."""
    rows = [parts[at : at + columns] for at in range(0, len(parts), columns)]
    inner, y, width = [], 0.0, 0.0
    for row in rows:
        x = 0.0
        for part in row:
            inner.append(_placed(part, x, y))
            x += part.width + _GAP
        y, width = y + max(part.height for part in row) + _GAP, max(width, x - _GAP)
    return _whole("".join(inner), width, y - _GAP)


def _entitled(title: str, exhibit: Picture) -> Drawing:
    """A picture by itself: with its title, on paper that is white whatever is behind it."""
    drawing = _titled(title, _draw(exhibit))
    width, height = drawing.width + 2 * _MARGIN, drawing.height + 2 * _MARGIN
    ground = f'<rect width="{width:.1f}" height="{height:.1f}" fill="{paper("panel")}"/>'
    return _whole(ground + _placed(drawing, _MARGIN, _MARGIN), width, height)


def _titled(title: str, drawing: Drawing) -> Drawing:
    wide, look = max(drawing.width, 6.6 * len(title)), 'font-family="sans-serif" font-size="13" font-weight="600"'
    heading = f'<text x="0" y="16" {look} fill="{paper("ink")}">{escaped(title)}</text>'
    return _whole(heading + _placed(drawing, 0, _HEAD), wide, drawing.height + _HEAD)


def _under_legend(drawing: Drawing, entries: Sequence[charts.Named]) -> Drawing:
    """A drawing below what its colours stand for, in as many lines as that takes."""
    if not entries:
        return drawing
    parts, x, y = [], 0.0, 10.0
    for entry in entries:
        if x and x + 24 + _SIGN * len(entry.text) > drawing.width:
            x, y = 0.0, y + _LINE
        parts.append(f'<g transform="translate({x:.0f},{y:.0f})">{swatch(entry, paper)}')
        parts.append(f'<text x="18" y="3.5" font-family="sans-serif" font-size="11">{escaped(entry.text)}</text></g>')
        x += 34 + _SIGN * len(entry.text)
    return _whole("".join(parts) + _placed(drawing, 0, y + _LINE), drawing.width, drawing.height + y + _LINE)


def swatch(entry: charts.Named, ink: Ink) -> str:
    """What a legend shows of a series, as SVG around (7, 0)."""
    colour = ink(entry.colour)
    if entry.shape == "line":
        dash = ' stroke-dasharray="4 2"' if entry.dashed else ""
        return f'<path d="M0 0h14" stroke="{colour}" stroke-width="2"{dash}/>'
    shapes = {
        "circle": '<circle cx="7" r="4.2"',
        "diamond": '<path d="M7-5l4 5-4 5-4-5z"',
        "triangle": '<path d="M7-5l5 9H2z"',
        "triangle-up": '<path d="M7-5l5 9H2z"',
        "cross": '<path d="M6-5h2v4h4v2H8v4H6V1H2v-2h4z"',
    }
    return shapes.get(entry.shape, '<path d="M2.5-4.5h9v9h-9z"') + f' fill="{colour}"/>'


def _placed(drawing: Drawing, x: float, y: float) -> str:
    return re.sub("<svg ", f'<svg x="{x:.1f}" y="{y:.1f}" ', drawing.svg, count=1)


def _whole(inner: str, width: float, height: float) -> Drawing:
    box = f'width="{width:.1f}" height="{height:.1f}" viewBox="0 0 {width:.1f} {height:.1f}"'
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return Drawing(f"<svg {space} {box}>{inner}</svg>", width, height)


def _size(text: str) -> tuple[float, float]:
    head = text[: text.index(">")]
    width, height = (re.search(f'{name}="([0-9.]+)"', head) for name in (" width", " height"))
    assert width is not None, head
    assert height is not None, head
    return float(width[1]), float(height[1])
