"""What the pictures of a source are drawn from: how its entropies close in on h, how an observer synchronises, its beliefs.

conditional entropies    H(X_L | X_1 .. L-1) from above, H(X_L | X_1 .. L-1, S_0) from below        Crutchfield & Feldman 2003
synchronisation          H(S_L | X_1 .. L); without states, what the past still tells of the future
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.information import Analysis
from mdlbench.processes.mixed_states import MixedStates
from mdlbench.processes.result import Curves, MixedStateGraph, Synchronisation
from mdlbench.processes.words import Level, emission_entropy, levels, merge, state_uncertainty

SYMBOLS = 24  # most symbols of context shown
MOST_STATES = 60  # mixed states shown as a graph
_WIDEST = 120_000  # beliefs of one level
_KEPT = 1500  # beliefs kept for the page


def conditional_entropies(process: Process, depth: int = SYMBOLS) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Entropies of the next symbol given L symbols, and given the first state as well, L = 0 .. depth - 1, in bits.

    As far as words can be enumerated; nothing from below for a generalised process.
    """
    upper = tuple(_mean_entropy(process, level) for level in first_levels(levels(process), depth))
    if not process.is_hidden_markov:
        return upper, ()
    per_state = [
        [_mean_entropy(process, level) for level in first_levels(levels(process, np.eye(process.n_states)[state]), depth)]
        for state in range(process.n_states)
    ]
    together = min(map(len, per_state))
    return upper, tuple(
        float(sum(p * values[at] for p, values in zip(process.stationary, per_state, strict=True))) for at in range(together)
    )


def synchronisation(found: Analysis, depth: int = SYMBOLS) -> Synchronisation:
    """What an observer of L symbols does not know of the hidden state; without states, what there is left to learn."""
    process = found.process
    if process.is_hidden_markov:
        return _synchronisation("state", state_uncertainty(process, depth))
    above = np.array(conditional_entropies(process, depth)[0]) - found.entropy_rate.value
    left = (found.excess_entropy.value or float(above.sum())) - np.concatenate([[0.0], np.cumsum(above)])
    return _synchronisation("future", left)


def _synchronisation(of: Literal["state", "future"], bits: np.ndarray) -> Synchronisation:
    return Synchronisation(of, tuple(np.maximum(bits, 0).tolist()))


def late_beliefs(process: Process) -> np.ndarray:
    """Beliefs after all words of the greatest length that is not too many; of the last few lengths where they stay few."""
    kept: list[np.ndarray] = []
    for depth, level in enumerate(levels(process)):
        if len(level.weights) > _WIDEST or depth > 60:
            break
        kept.append(level.beliefs)
    few = np.concatenate(kept[-40:]) if len(kept[-1]) < 5000 else kept[-1]
    return merge(few, np.ones(len(few))).beliefs


def first_levels(items: Iterable[Level], count: int) -> Iterator[Level]:
    """The first levels, until one has too many beliefs to be worth its time."""
    for item in islice(items, count):
        if len(item.weights) > _WIDEST:
            return
        yield item


def curves(found: Analysis) -> Curves:
    """All of it, as a result keeps it."""
    upper, lower = conditional_entropies(found.process)
    few = found.mixed.closed and len(found.mixed) <= MOST_STATES
    return Curves(
        upper,
        lower,
        synchronisation(found),
        graph=_graph(found.mixed) if few else None,
        beliefs=None if few else _sample(late_beliefs(found.process)),
    )


def _graph(mixed: MixedStates) -> MixedStateGraph:
    return MixedStateGraph(
        _rows(mixed.successors),
        _rows(mixed.p),
        _rows(mixed.beliefs),
        tuple(sorted(state for states in mixed.recurrent for state in states)),
        mixed.by_depth,
    )


def _rows(table: np.ndarray) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(tuple, table.tolist()))


def _sample(beliefs: np.ndarray) -> str:
    """Up to `_KEPT` of them as text: one line of JSON instead of one for each number."""
    chosen = np.random.default_rng(0).choice(len(beliefs), min(_KEPT, len(beliefs)), replace=False)
    return "; ".join(" ".join(f"{value:.4g}" for value in belief) for belief in beliefs[np.sort(chosen)])


def _mean_entropy(process: Process, level: Level) -> float:
    return float(level.weights @ emission_entropy(process, level.beliefs)) / float(level.weights.sum())
