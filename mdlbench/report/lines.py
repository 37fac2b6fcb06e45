"""Line charts of the page as plain data, which `assets/lines.js` draws where a panel names them, and figures of such panels."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from mdlbench.report.page import escaped


class Axis(NamedTuple):
    """An axis: its name with the unit, its scale, whether it begins at zero, decimals in the tooltip."""

    name: str
    kind: Literal["linear", "log"] = "linear"
    zero: bool = False
    digits: int = 5


class Series(NamedTuple):
    """A line: places where `y` is None, or not positive on a logarithmic axis, are left out; `points` draws no line."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    dashed: bool = False
    points: bool = False


def chart(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> dict[str, Any]:
    """One panel's data."""
    drawn = [one._asdict() for one in series if any(value is not None for value in one.y)]
    return {"title": title, "x": x._asdict(), "y": y._asdict(), "series": drawn}


def figure(heading: str, text: str, panels: Sequence[str]) -> str:
    """A figure of panels side by side, hidden until a script draws it; a panel is its element's attributes."""
    boxes = "".join(f'<div class="panel" {panel}></div>' for panel in panels)
    return (
        f'<figure class="chart" hidden><figcaption><h3>{escaped(heading)}</h3><p>{escaped(text)}</p></figcaption>'
        f'<div class="panels{" three" if len(panels) == 3 else ""}">{boxes}</div></figure>'
    )


def lines_panel(*path: object) -> str:
    """The attribute of a panel that draws the chart at this path of the page's data: section, then keys."""
    return f'data-lines="{escaped("/".join(map(str, path)))}"'
