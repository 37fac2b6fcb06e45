"""Pictures of a source: its entropy's convergence between bounds, an observer's synchronisation, its mixed states.

One figure of three panels for `mdlbench hmm entropy --plot`: the third is the graph of mixed states where they are few, and
otherwise where the beliefs of all words lie, coloured by the belief itself.
"""

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from mdlbench.processes import curves
from mdlbench.processes.base import Process
from mdlbench.processes.curves import MOST_STATES, SYMBOLS, conditional_entropies, first_levels, late_beliefs
from mdlbench.processes.information import Analysis
from mdlbench.processes.mixed_states import MixedStates
from mdlbench.processes.words import levels
from mdlbench.report.beliefs import STYLE, belief_colours, load_matplotlib
from mdlbench.report.palette import SERIES, TONES

_TONE, _SERIES = TONES["light"], SERIES["light"]
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])


def draw_process(found: Analysis, sink: BinaryIO, kind: str) -> None:
    """Write the figure as `kind`, "png" or "svg", to an open file.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    matplotlib = load_matplotlib()
    from matplotlib import pyplot

    with matplotlib.rc_context(STYLE):
        figure, panels = pyplot.subplots(1, 3, figsize=(11, 3.6), layout="constrained", width_ratios=(1, 1, 1.15))
        convergence(panels[0], found)
        synchronisation(panels[1], found)
        if found.mixed.closed and len(found.mixed) <= MOST_STATES:
            mixed_state_graph(panels[2], found.mixed)
        else:
            belief_scatter(panels[2], found.process)
        values = ", ".join(f"{key} {float(value):g}" for key, value in found.process.parameters.items())
        figure.suptitle(f"{found.process.name}{f' ({values})' if values else ''}", fontsize=10)
        figure.savefig(sink, format=kind, metadata={"Date": None} if kind == "svg" else None)
        pyplot.close(figure)


def convergence(axes: Any, found: Analysis) -> None:
    """H(X_L | X_1..L-1) and, for a hidden Markov model, H(X_L | X_1..L-1, S_0) closing in on h: distances on a log scale."""
    from matplotlib import ticker

    upper, lower = conditional_entropies(found.process)
    rate = found.entropy_rate.value
    for values, sign, label, colour, marker in (
        (upper, 1, "above: H(X | context)", _SERIES[0], "o"),
        (lower, -1, "below: H(X | context, first state)", _SERIES[1], "s"),
    ):
        distance = sign * (np.array(values) - rate)
        shown = distance > 3e-13
        if shown.any():
            axes.plot(np.flatnonzero(shown), distance[shown], marker, ls="-", lw=1, ms=3, color=colour, label=label)
        elif len(values):
            axes.plot([], [], marker, ms=3, color=colour, label=f"{label}: exact at once")
    axes.set(yscale="log", xlabel="symbols of context", ylabel="distance from h, bits")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_xlim(-0.5, max(5.5, axes.get_xlim()[1]))
    low, high = axes.get_ylim()
    if high < 20 * low:  # one decade at most: its mark alone would be no scale
        axes.set(yscale="linear", ylim=(0, None))
    axes.set_title(f"Entropy converges to h = {rate:.9f} bits")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")


def synchronisation(axes: Any, found: Analysis) -> None:
    """What an observer of L symbols does not know of the hidden state; without states, what there is left to learn."""
    from matplotlib import ticker

    curve = curves.synchronisation(found)
    if curve.of == "state":
        axes.set(xlabel="symbols seen", ylabel="H(state | symbols), bits", title="An observer synchronises")
    else:
        axes.set(xlabel="symbols seen", ylabel="E less what was learnt, bits", title="What the past still tells of the future")
    axes.plot(curve.bits, "o-", lw=1, ms=3, color=_SERIES[2], clip_on=False)
    axes.set_ylim(0, 1.06 * max(float(curve.bits.max()), 0.1))
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))


def mixed_state_graph(axes: Any, mixed: MixedStates) -> None:
    """Mixed states in columns by the shortest word that leads there; recurrent ones filled, arrows coloured by symbol."""
    recurrent = {state for states in mixed.recurrent for state in states}
    places = graph_places(mixed.by_depth, recurrent)
    size = 90 if len(mixed) < 20 else 36
    for state, targets in enumerate(mixed.successors):
        for symbol, target in enumerate(targets):
            if target >= 0:
                _arrow(axes, places[state], places[target], symbol, size, float(mixed.p[state, symbol]))
    colours = [_SERIES[0] if state in recurrent else _TONE["panel"] for state in range(len(mixed))]
    axes.scatter(*places.T, s=size, c=colours, edgecolors=_TONE["ink"], lw=0.8, zorder=3)
    axes.annotate("start", places[0], (0, 9), textcoords="offset points", ha="center", fontsize=7, color=_TONE["muted"])
    for symbol in range(mixed.p.shape[1]):
        axes.plot([], [], "-", lw=1.4, color=_SERIES[1 + symbol % (len(_SERIES) - 1)], label=f"symbol {symbol}")
    axes.scatter([], [], s=30, c=_SERIES[0], edgecolors=_TONE["ink"], lw=0.8, label="recurrent")
    axes.scatter([], [], s=30, c=_TONE["panel"], edgecolors=_TONE["ink"], lw=0.8, label="transient")
    columns = 4 if mixed.p.shape[1] <= 2 else 6
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=columns, handlelength=1.2, columnspacing=1.0)
    axes.set_title(f"{len(mixed)} mixed states, {len(recurrent)} recurrent")
    axes.margins(0.08, 0.14)
    axes.axis("off")


def graph_places(by_depth: Sequence[int], recurrent: set[int]) -> np.ndarray:
    """Where each is drawn, float (M, 2): transient states in columns by depth, recurrent ones on a circle to their right."""
    depth = np.repeat(np.arange(len(by_depth)), by_depth)
    places = np.zeros((len(depth), 2))
    transient = [state for state in range(len(depth)) if state not in recurrent]
    for column in sorted({int(depth[state]) for state in transient}):
        members = [state for state in transient if depth[state] == column]
        for row, state in enumerate(members):
            places[state] = column, (len(members) - 1) / 2 - row
    height = max(1.0, float(np.ptp(places[:, 1])))
    right = max((depth[state] for state in transient), default=0)
    ring = sorted(recurrent)
    radius = max(0.8, min(0.35 * height, 0.5 * len(ring)))
    centre = float(right) + 1.2 + radius if transient else 0.0
    for place, state in enumerate(ring):
        angle = np.pi - 2 * np.pi * place / len(ring)
        places[state] = (centre + radius * np.cos(angle) * (len(ring) > 1), radius * np.sin(angle))
    return places


def _arrow(axes: Any, start: np.ndarray, end: np.ndarray, symbol: int, size: float, p: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    colour = _SERIES[1 + symbol % (len(_SERIES) - 1)]
    line = 0.5 + 0.9 * p
    if np.allclose(start, end):
        reach = 0.11 + 0.04 * symbol
        loop = FancyArrowPatch(
            (start[0] - 0.04, start[1]), (start[0] + 0.04, start[1]), connectionstyle=f"arc3,rad={-reach * 30}",
            arrowstyle="-|>", mutation_scale=6, lw=line, color=colour, shrinkA=2, shrinkB=size**0.5 / 2, zorder=2,
        )  # fmt: skip
        axes.add_patch(loop)
        return
    bend = 0.12 + 0.06 * symbol
    axes.add_patch(FancyArrowPatch(
        tuple(start), tuple(end), connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=6, lw=line, color=colour,
        shrinkA=size**0.5 / 2 + 1, shrinkB=size**0.5 / 2 + 1, zorder=2,
    ))  # fmt: skip


def belief_scatter(axes: Any, process: Process) -> None:
    """Where all words of some length lead: three states in their triangle, others in the two widest directions."""
    beliefs = late_beliefs(process)
    spread = beliefs - beliefs.mean(axis=0)
    triangle = process.is_hidden_markov and process.n_states == 3
    _, scales, rows = np.linalg.svd(spread, full_matrices=False)
    flat = not triangle and (len(scales) < 2 or scales[1] < 1e-6 * scales[0])
    colours = belief_colours(beliefs) if process.is_hidden_markov else plane_colours(spread @ rows[:2].T)
    if triangle:
        places = beliefs @ _CORNERS
        axes.plot(*_CORNERS[[0, 1, 2, 0]].T, color=_TONE["grey"], lw=0.7, zorder=0)
        for state, (x, y) in enumerate(_CORNERS):
            axes.annotate(f"state {state}", (x, y), (0, 4 if y else -4), textcoords="offset points", ha="center",
                          va="bottom" if y else "top", fontsize=7, color=_TONE["muted"])  # fmt: skip
        axes.set(aspect="equal")
        axes.axis("off")
    elif flat:
        _belief_line(axes, process)
        return
    else:
        places = spread @ rows[:2].T
        axes.set(xlabel="1st direction of the beliefs", ylabel="2nd direction", aspect="equal")
    size = float(np.clip(6000 / len(places), 0.15, 10))
    axes.scatter(*places.T, s=size, c=colours, lw=0, rasterized=len(places) > 4000)
    axes.grid(visible=False)
    axes.set_title(f"{len(places):,} beliefs, coloured by belief" if process.is_hidden_markov else f"{len(places):,} beliefs")


def _belief_line(axes: Any, process: Process) -> None:
    """Beliefs of two states: the probability of one against the length of the word, size by probability."""
    for depth, level in enumerate(first_levels(levels(process), SYMBOLS)):
        sizes = 2 + 60 * level.weights**0.5
        axes.scatter(level.beliefs[:, 0], np.full(len(sizes), depth), s=sizes, c=belief_colours(level.beliefs), lw=0)
        if len(level.weights) > 2000:
            break
    axes.set(xlabel="probability of state 0", ylabel="symbols seen")
    axes.invert_yaxis()
    axes.set_title("Beliefs after each word; area by probability")


def plane_colours(places: np.ndarray) -> np.ndarray:
    """Hue by direction and strength by distance, for beliefs without states; float (n, 3)."""
    from matplotlib.colors import hsv_to_rgb

    hue = (np.arctan2(places[:, 1], places[:, 0]) / (2 * np.pi)) % 1.0
    reach = np.hypot(*places.T)
    return hsv_to_rgb(np.stack([hue, 0.25 + 0.65 * reach / max(reach.max(), 1e-12), np.full(len(hue), 0.78)], axis=1))
