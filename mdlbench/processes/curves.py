"""What the pictures of a source are drawn from: how its entropies close in on h, how an observer synchronises, its beliefs.

conditional entropies    H(X_L | X_1 .. L-1) from above, H(X_L | X_1 .. L-1, S_0) from below        Crutchfield & Feldman 2003
synchronisation          H(S_L | X_1 .. L); without states, what the past still tells of the future
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.information import Analysis
from mdlbench.processes.words import Level, emission_entropy, levels, merge, state_uncertainty

SYMBOLS = 24  # most symbols of context shown
MOST_STATES = 60  # mixed states shown as a graph
_WIDEST = 120_000  # beliefs of one level
_KEPT = 1500  # beliefs kept for the page


class Synchronisation(NamedTuple):
    """Bits after L = 0, 1, ... symbols: of the hidden "state", or of the "future" where there are no states."""

    of: str
    bits: np.ndarray


def conditional_entropies(process: Process, depth: int = SYMBOLS) -> tuple[list[float], list[float]]:
    """Entropies of the next symbol given L symbols, and given the first state as well, L = 0 .. depth - 1, in bits.

    As far as words can be enumerated; nothing from below for a generalised process.
    """
    upper = [_mean_entropy(process, level) for level in first_levels(levels(process), depth)]
    if not process.is_hidden_markov:
        return upper, []
    per_state = [
        [_mean_entropy(process, level) for level in first_levels(levels(process, np.eye(process.n_states)[state]), depth)]
        for state in range(process.n_states)
    ]
    together = min(map(len, per_state))
    return upper, [
        float(sum(p * values[at] for p, values in zip(process.stationary, per_state, strict=True))) for at in range(together)
    ]


def synchronisation(found: Analysis, depth: int = SYMBOLS) -> Synchronisation:
    """What an observer of L symbols does not know of the hidden state; without states, what there is left to learn."""
    process = found.process
    if process.is_hidden_markov:
        return Synchronisation("state", np.maximum(state_uncertainty(process, depth), 0))
    above = np.array(conditional_entropies(process, depth)[0]) - found.entropy_rate.value
    left = (found.excess_entropy.value or float(above.sum())) - np.concatenate([[0.0], np.cumsum(above)])
    return Synchronisation("future", np.maximum(left, 0))


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


def curves(found: Analysis) -> dict[str, Any]:
    """All of it as plain data: what a result of kind "hmm-entropy" keeps for the page.

    Returns:
        upper, lower: see `conditional_entropies`; synchronisation {of, bits}; and either graph {successors, p, beliefs,
        recurrent, by_depth} of the mixed states, or beliefs, a sample of those that long words lead to: `0.3 0.7; 0.25 0.75`.
    """
    upper, lower = conditional_entropies(found.process)
    synchronised = synchronisation(found)
    values = {
        "upper": upper,
        "lower": lower,
        "synchronisation": {"of": synchronised.of, "bits": synchronised.bits.tolist()},
    }
    mixed = found.mixed
    if mixed.closed and len(mixed) <= MOST_STATES:
        graph = {
            "successors": mixed.successors.tolist(),
            "p": mixed.p.tolist(),
            "beliefs": mixed.beliefs.tolist(),
            "recurrent": sorted(state for states in mixed.recurrent for state in states),
            "by_depth": list(mixed.by_depth),
        }
        return {**values, "graph": graph}
    beliefs = late_beliefs(found.process)
    chosen = np.random.default_rng(0).choice(len(beliefs), min(_KEPT, len(beliefs)), replace=False)
    rows = [" ".join(f"{value:.4g}" for value in belief) for belief in beliefs[np.sort(chosen)]]
    return {**values, "beliefs": "; ".join(rows)}  # text: one line of JSON instead of one for each number


def _mean_entropy(process: Process, level: Level) -> float:
    return float(level.weights @ emission_entropy(process, level.beliefs)) / float(level.weights.sum())
