"""Pictures of a source: its entropy's convergence, an observer's synchronisation, and its mixed states or beliefs.

Mixed states are drawn as a graph where they are few, and otherwise as the places where the beliefs of long words lie.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.curves import beliefs_by_length, late_beliefs
from mdlbench.processes.plane import simplex_of
from mdlbench.processes.result import Curves, MixedStateGraph, Source, Synchronisation
from mdlbench.result.exhibits import Axis, Chart, Edge, Graph, Measure, Node, Panels, Series, Simplex

_LEAST = 3e-13  # bits: a distance from h that is rounding
_DECADE = 20  # greatest over least of distances that one decade's ticks would be no scale for


def panels(source: Source, process: Process | None = None) -> Panels:
    """The three pictures of a source whose curves are known.

    Args:
        process: the source itself, if it is at hand: all its beliefs are drawn then, instead of the sample that was kept.
    """
    curves = source.curves
    assert curves is not None
    if curves.graph is not None:
        states: Graph | Simplex = mixed_states(curves.graph)
    else:
        kept = np.array(curves.belief_rows)
        states = beliefs(kept, states=source.hidden_markov) if process is None else every_belief(process)
    return Panels(
        "Entropy, synchronisation, beliefs",
        (convergence(source.entropy_rate.value, curves), synchronisation(curves.synchronisation), states),
        caption="First, the entropy of the next symbol closing in on h, from above, and from below where the first state is "
        "known too; then what an observer does not know; then the graph of mixed states, or where beliefs lie if those are too "
        "many.",
    )


def convergence(rate: float, curves: Curves) -> Chart:
    """How far the conditional entropies are from h, in bits; what is nearer than rounding is left out."""
    series = [_distances("above: H(X | context)", [value - rate for value in curves.upper])]
    if curves.lower:
        below = [rate - value for value in curves.lower]
        series.append(_distances("below: H(X | context, first state)", below, shape="square", dashed=True))
    shown = [value for one in series for value in one.y if value is not None]
    wide = bool(shown) and max(shown) >= _DECADE * min(shown)
    return Chart(
        f"Entropy converges to h = {rate:.9f} bits",
        Axis(Measure("symbols of context", form="count", definition="how many symbols a prediction sees")),
        Axis(
            Measure("distance from h", "bits", "digits", 3, "of the entropy of the next symbol, given the context"),
            "log" if wide else "linear",
            zero=not wide,
        ),
        tuple(series),
    )


def _distances(name: str, values: Sequence[float], **look: Any) -> Series:
    shown = [value if value > _LEAST else None for value in values]
    name = name if any(value is not None for value in shown) else f"{name}: exact at once"
    return Series(name, range(len(shown)), shown, "line+points", **look)


def synchronisation(curve: Synchronisation) -> Chart:
    """What an observer of so many symbols does not know: the hidden state, or, without states, the rest of E."""
    title, name, said = {
        "state": (
            "An observer synchronises",
            "H(state | symbols)",
            "what an observer of so many symbols does not know of the state",
        ),
        "future": (
            "What the past still tells of the future",
            "E less what was learnt",
            "what the past tells of the future, unseen so far",
        ),
    }[curve.of]
    return Chart(
        title,
        Axis(Measure("symbols seen", form="count", definition="by the observer, from the start")),
        Axis(Measure(name, "bits", "fixed", 5, said), zero=True),
        (Series(name, range(len(curve.bits)), curve.bits, "line+points"),),
    )


def mixed_states(graph: MixedStateGraph) -> Graph:
    """Mixed states in columns by the shortest word that leads there, recurrent ones filled, an arrow for each symbol."""
    recurrent = set(graph.recurrent)
    nodes = [
        Node("" if state else "start", float(x), float(y), state in recurrent, _note(graph, state))
        for state, (x, y) in enumerate(graph_places(graph.by_depth, recurrent))
    ]
    edges = [
        Edge(state, target, f"symbol {symbol}", graph.p[state][symbol])
        for state, targets in enumerate(graph.successors)
        for symbol, target in enumerate(targets)
        if target >= 0
    ]
    return Graph(
        f"{len(nodes)} mixed {'state' if len(nodes) == 1 else 'states'}, {len(recurrent)} recurrent",
        tuple(nodes),
        tuple(sorted(edges, key=lambda edge: int(edge.kind.split()[1]))),
        caption="Filled: recurrent; open: transient, by the length of the shortest word that leads there.",
    )


def _note(graph: MixedStateGraph, state: int) -> str:
    kind = "recurrent" if state in graph.recurrent else "transient"
    belief = " ".join(f"{value:.3g}" for value in graph.beliefs[state])
    follows = [
        f"symbol {symbol}: {graph.p[state][symbol]:.3g}" for symbol, target in enumerate(graph.successors[state]) if target >= 0
    ]
    return "; ".join([f"{kind} mixed state", f"belief {belief}", *follows])


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


def every_belief(process: Process) -> Simplex:
    """All beliefs that long words lead to; those of two states against the length of the word."""
    if process.n_states > 2:
        return beliefs(late_beliefs(process), states=process.is_hidden_markov)
    found, lengths = beliefs_by_length(process)
    title = f"{len(found):,} beliefs, after each word"
    return simplex_of(title, found, states=process.is_hidden_markov, heights=lengths.tolist(), height="symbols seen")


def beliefs(found: np.ndarray, *, states: bool) -> Simplex:
    """Where beliefs that long words lead to lie, float (n, N); on a line, against the share of those that are smaller.

    Args:
        states: whether a belief is the probabilities of states; that of a generalised process is not.
    """
    first = found[:, 0]
    share = np.searchsorted(np.sort(first), first) / len(first)
    title = f"{len(found):,} beliefs, after long words"
    return simplex_of(title, found, states=states, heights=share.tolist(), height="share of beliefs below")
