"""The page's four plots for papers, through matplotlib: same rows, same colours, light ground.

Each function draws one slice on axes of its own and returns the figure; `plots` names and draws them all.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

from mdlbench.errors import MissingExtraError
from mdlbench.report import belief_charts
from mdlbench.report.collect import Found
from mdlbench.report.leaderboard import chosen, slice_data
from mdlbench.report.palette import SERIES, TONES
from mdlbench.report.rows import slices
from mdlbench.report.section import module_of

_TONES = TONES["light"]
_BODY = {"ideal": _TONES["body"], "payloads": "none", "raw_blocks": _TONES["grey"]}
_MOST_BARS = 16
_STYLE: Any = {
    "font.family": "sans-serif", "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 9, "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": _TONES["grey"], "axes.labelcolor": _TONES["ink"], "text.color": _TONES["ink"],
    "xtick.color": _TONES["muted"], "ytick.color": _TONES["muted"], "axes.grid": True, "grid.color": _TONES["grid"],
    "axes.axisbelow": True, "legend.frameon": False, "legend.fontsize": 7, "svg.fonttype": "none", "svg.hashsalt": "mdlbench",
    "savefig.dpi": 200, "savefig.bbox": "tight", "text.usetex": False, "text.parse_math": False,
}  # fmt: skip
FORMATS = ("png", "svg")
Drawer = Callable[[], dict[str, bytes]]


def plots(results: Sequence[Found]) -> Iterator[tuple[str, Drawer]]:
    """Names such as `pareto-enwik8-bytes-0-to-4000000`, each with a function that draws the plot: the bytes of a file for each
    of FORMATS.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError("matplotlib", "plot") from None
    matplotlib.use("agg")
    named: Counter[str] = Counter()
    rows = [found for found in results if module_of(found.result.kind) == "mdlbench.report.leaderboard"]
    for part in slices(rows):
        if not part.measured:
            continue
        data = slice_data(part)
        colours = {i: SERIES["light"][n] for n, i in enumerate(chosen(part))}
        name = re.sub("[^a-z0-9.=_-]+", "-", part.title.lower().replace(",", "")).strip("-")[:80]
        named[name] += 1
        name += f"-{named[name]}" if named[name] > 1 else ""
        for kind, draw in _KINDS.items():
            if kind != "curves" or data["edges"]:
                yield f"{kind}-{name}", _drawer(draw, data, colours)
    yield from belief_charts.plots(results)


def _drawer(draw: Callable[[dict[str, Any], dict[int, str]], Any], data: dict[str, Any], colours: dict[int, str]) -> Drawer:
    def drawn() -> dict[str, bytes]:
        import matplotlib
        from matplotlib import pyplot

        with matplotlib.rc_context(_STYLE):
            figure = draw(data, colours)
            files = {kind: BytesIO() for kind in FORMATS}
            for kind, file in files.items():
                figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
            pyplot.close(figure)
        return {kind: file.getvalue() for kind, file in files.items()}

    return drawn


def pareto(data: dict[str, Any], colours: dict[int, str]) -> Any:
    """Bits per byte against encoding and decoding speed, with the Pareto front."""
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(7, 3), sharey=True, layout="constrained")
    labelled = []
    for axes, speed in zip(panels, ("encode", "decode"), strict=True):
        rows = [(i, row) for i, row in enumerate(data["rows"]) if row[speed] and row["rate"] and not row["published"]]
        rates = sorted(row["rate"] for _, row in rows)
        shown = [(i, row) for i, row in rows if row["rate"] <= 1.9 * rates[len(rates) // 2]]
        front = _front([row for _, row in shown], speed)
        axes.plot([row[speed] for row in front], [row["rate"] for row in front], "--", color=_TONES["muted"], lw=0.8,
                  drawstyle="steps-post")  # fmt: skip
        for i, row in shown:
            axes.plot(
                row[speed], row["rate"], _marker(row), color=colours.get(i, _TONES["grey"]), ms=5 if i in colours else 3.5
            )
        axes.set(xscale="log", xlabel=f"{speed[:-1]}ing speed, bytes per second", title=speed.capitalize())
        left_out = len(rows) - len(shown)
        axes.margins(0.14, 0.1)
        axes.xaxis.set_major_formatter(_in_units())
        labelled.append([*((i, row) for i, row in shown if i in colours), *((i, row) for i, row in shown if i not in colours)])
        if left_out:
            axes.text(
                0.99, 0.99, f"{left_out} beyond the upper edge", transform=axes.transAxes, ha="right", va="top", fontsize=6
            )
    panels[0].set_ylabel("bits per byte")
    figure.draw_without_rendering()  # settles where the points lie
    figure.set_layout_engine("none")
    for axes, speed, points in zip(panels, ("encode", "decode"), labelled, strict=True):
        _annotate(axes, points, speed)
    return figure


def _front(rows: list[dict[str, Any]], speed: str) -> list[dict[str, Any]]:
    """Rows that no other beats on both, fastest first."""
    front: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (-row[speed], row["rate"])):
        if not front or row["rate"] < front[-1]["rate"]:
            front.append(row)
    return front


def _marker(row: dict[str, Any]) -> str:
    return "s" if row["spec"].startswith("external:") else "^" if row["portability"] == "environment" else "o"


def _annotate(axes: Any, rows: Sequence[tuple[int, dict[str, Any]]], speed: str) -> None:
    """Label the points, the first ones first, leaving out a label that would cover a point or another label."""
    from matplotlib.patheffects import withStroke

    figure = axes.figure
    renderer = figure.canvas.get_renderer()
    points = [axes.transData.transform((row[speed], row["rate"])) for _, row in rows]
    unit = figure.dpi / 72
    taken = [(x - 3 * unit, y - 3 * unit, x + 3 * unit, y + 3 * unit) for x, y in points]
    inside = axes.get_window_extent(renderer)
    for (_, row), (x, y) in zip(rows, points, strict=True):
        text = axes.annotate(_short(row["label"]), (row[speed], row["rate"]), (0, 0), textcoords="offset points", fontsize=6)
        text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])  # readable where the front passes
        size = text.get_window_extent(renderer)
        w, h = size.width / unit, size.height / unit
        for dx, dy in _places(w, h):
            box = (x + dx * unit, y + dy * unit, x + (dx + w) * unit, y + (dy + h) * unit)
            within = inside.x0 <= box[0] and box[2] <= inside.x1 and inside.y0 <= box[1] and box[3] <= inside.y1
            if within and not any(b[0] < box[2] and b[2] > box[0] and b[1] < box[3] and b[3] > box[1] for b in taken):
                text.set_position((dx, dy))
                taken.append(box)
                break
        else:
            text.remove()


def _places(w: float, h: float) -> list[tuple[float, float]]:
    """Where a label of this size may stand from its point, the best place first."""
    sides = [(6, 1 - h / 2), (-6 - w, 1 - h / 2), (-w / 2, 6), (-w / 2, -5 - h)]
    return [*sides, (4, 5), (4, -4 - h), (-4 - w, 5), (-4 - w, -4 - h)]


def _short(label: str) -> str:
    return label if len(label) <= 28 else f"{label[:20]}…{label[-7:]}"


def ledger(data: dict[str, Any], colours: dict[int, str]) -> Any:
    """Containers as stacked bars: whole, and enlarged without code lengths and payloads."""
    from matplotlib import pyplot

    rows = sorted((r for r in data["rows"] if r["parts"] and r["bytes"] is not None), key=lambda row: row["bytes"])[:_MOST_BARS]
    names = dict(data["parts"])
    extra = [name for name in names if name not in _BODY]
    fills = _BODY | dict(zip(extra, SERIES["light"], strict=False))
    figure, panels = pyplot.subplots(1, 2, figsize=(7, 0.8 + 0.22 * len(rows)), sharey=True, layout="constrained")
    for axes, shown, title in zip(panels, (names, extra), ("container, bytes", "overhead, bytes"), strict=True):
        for place, row in enumerate(rows):
            ends = [0.0, 0.0]
            for name, value in zip(names, row["parts"], strict=True):
                if name in shown and value:
                    side = int(value > 0)
                    axes.barh(place, value, left=ends[side], height=0.6, color=fills[name],
                              edgecolor=_TONES["grey"] if fills[name] == "none" else "none", lw=0.6)  # fmt: skip
                    ends[side] += value
        axes.set(xlabel=title)
        axes.xaxis.set_major_formatter(_in_units())
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="y", visible=False)
    panels[0].set_yticks(range(len(rows)), [_short(row["label"]) for row in rows])
    panels[0].invert_yaxis()
    used = [name for i, name in enumerate(names) if any(row["parts"][i] for row in rows)]
    handles = [
        pyplot.Rectangle((0, 0), 1, 1, fc=fills[name], ec=_TONES["grey"] if fills[name] == "none" else "none") for name in used
    ]
    figure.legend(handles, [names[name] for name in used], loc="outside lower center", ncols=5)
    return figure


def curves(data: dict[str, Any], colours: dict[int, str]) -> Any:
    """Ideal bits per byte along the file, and a strip of who needs fewest."""
    from matplotlib import pyplot

    shown = [i for i in colours if data["rows"][i]["curve"]]
    edges = data["edges"]
    figure, (axes, strip) = pyplot.subplots(2, 1, figsize=(7, 3), sharex=True, height_ratios=(12, 1), layout="constrained")
    for i in shown:
        axes.stairs(
            data["rows"][i]["curve"], edges, color=colours[i], lw=0.9, label=_short(data["rows"][i]["label"]), baseline=None
        )
    best = [min(shown, key=lambda i: data["rows"][i]["curve"][place]) for place in range(len(edges) - 1)] if shown else []
    start = 0
    for place, winner in enumerate(best):
        if best[place + 1 : place + 2] != [winner]:  # one bar for a stretch with one winner
            strip.axvspan(edges[start], edges[place + 1], color=colours[winner], lw=0)
            start = place + 1
    strip.set(yticks=[], xlabel="position in the file, bytes (strip: who needs fewest bits)", xlim=(0, edges[-1]))
    strip.xaxis.set_major_formatter(_in_units())
    axes.set(ylabel="ideal bits per byte")
    if shown:
        figure.legend(loc="outside upper center", ncols=4)
    return figure


def adjusted(data: dict[str, Any], colours: dict[int, str]) -> Any:
    """Adjusted bits per byte against the length of the corpus; dots where measured, diamonds where it breaks even."""
    from matplotlib import pyplot
    from numpy import geomspace

    rows = [(i, r) for i, r in enumerate(data["rows"]) if r["model"] is not None and r["rate"] and not r["published"]]
    measured = data["bytes"]
    far = max([measured * 100, *(row["breakEven"] or 0 for _, row in rows)]) * 3
    lengths = geomspace(max(1e3, measured / 1000), far, 300)
    figure, axes = pyplot.subplots(figsize=(6.4, 3.2), layout="constrained")
    for i, row in sorted(rows, key=lambda r: r[0] in colours):
        colour, thick = colours.get(i, _TONES["grey"]), 1.6 if i in colours else 0.5
        axes.plot(lengths, row["rate"] + row["modelBits"] / lengths, color=colour, lw=thick, alpha=1 if i in colours else 0.5,
                  label=_short(row["label"]) if i in colours else None)  # fmt: skip
        if i in colours:
            axes.plot(measured, row["rate"] + row["modelBits"] / measured, "o", color=colour, ms=4)
            if row["breakEven"]:
                axes.plot(
                    row["breakEven"],
                    row["rate"] + row["modelBits"] / row["breakEven"],
                    "D",
                    color=colour,
                    ms=4,
                    mec="white",
                    mew=0.6,
                )
    lowest = min((row["rate"] for _, row in rows), default=1)
    axes.axvline(measured, color=_TONES["muted"], lw=0.7, ls=":")
    axes.set(xscale="log", yscale="log", xlabel="length of the corpus, bytes", ylabel="adjusted bits per byte",
             ylim=(lowest / 1.2, 64), xlim=(lengths[0], lengths[-1]))  # fmt: skip
    axes.set_yticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    axes.xaxis.set_major_formatter(_in_units())
    axes.minorticks_off()
    if rows:
        figure.legend(loc="outside right upper")
    return figure


def _in_units() -> Any:
    from matplotlib.ticker import EngFormatter

    return EngFormatter(unit="B")


_KINDS = {"pareto": pareto, "curves": curves, "ledger": ledger, "adjusted": adjusted}
