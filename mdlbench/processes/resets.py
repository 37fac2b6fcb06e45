"""Processes that keep starting over: some symbols lead to one belief whatever was believed before (their matrix has rank one).

Between resets only words without them matter. SNS (a 1 resets) and FRDN (a 0 resets) have one other symbol, so their beliefs
are a countable chain b, b 0, b 00, ...; the long-run probability of each is known, and of all those not enumerated too:

    visits(b w) = P(w | b),   sum over all w = b (1 - N)^-1 right,   N = sum of the matrices that do not reset

so the entropy rate is a sum with an exact bound on its tail, for generalised processes as for hidden Markov models.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.linear import is_exact
from mdlbench.processes.words import Level, emission_entropy, levels, merge

_MOST_BELIEFS = 400_000
_NEGLIGIBLE = 1e-10  # of the largest entry
_TAIL = 1e-15  # of the visits, left out


class ResetChain(NamedTuple):
    """Beliefs that are met in the long run, each once.

    Attributes:
        beliefs: float64 (M, N).
        weights: float64 (M,), long-run probabilities; they and `tail` sum to one.
        tail: probability of all beliefs left out.
        single: whether each reset is followed by one chain only, so that beliefs are countable for sure.
    """

    beliefs: np.ndarray
    weights: np.ndarray
    tail: float
    single: bool


def reset_symbols(process: Process) -> list[int]:
    """The symbols whose matrix has rank one."""
    return [x for x, matrix in enumerate(process.transitions) if _has_rank_one(matrix)]


def _has_rank_one(matrix: Sequence[Sequence[Any]]) -> bool:
    """Whether every row is a multiple of the row with the largest entry (to 1e-10 of that, where numbers are floats)."""
    places = [(i, j) for i, row in enumerate(matrix) for j, value in enumerate(row) if value]
    if not places:
        return False
    top, column = max(places, key=lambda place: abs(matrix[place[0]][place[1]]))
    best = matrix[top]
    slack = 0.0 if is_exact(matrix) else _NEGLIGIBLE * float(abs(best[column]))
    factors = (row[column] / best[column] for row in matrix)
    return all(
        abs(entry - factor * other) <= slack if other else abs(entry) <= slack
        for factor, row in zip(factors, matrix, strict=True)
        for entry, other in zip(row, best, strict=True)
    )


@lru_cache(maxsize=4)
def reset_chain(process: Process) -> ResetChain | None:
    """The chain of beliefs between resets, or None where there is no reset, or where there are too many beliefs."""
    resets = reset_symbols(process)
    others = [x for x in range(process.alphabet_size) if x not in resets]
    if not resets or not process.ergodic:
        return None
    starts = [_belief_after(process, x) for x in resets]
    blind = process.tensor[others].sum(axis=0) if others else np.zeros((process.n_states,) * 2)
    visits_from = np.linalg.solve(np.eye(process.n_states) - blind, process.right_vector)
    trees = [_enumerate(process, start, others, visits_from) for start in starts]
    kept = [tree for tree in trees if tree is not None]
    if len(kept) < len(trees):
        return None
    returns = np.array([[tree.weights @ (tree.beliefs @ process.emission[:, x]) for x in resets] for tree in kept])
    shares = _stationary(returns / returns.sum(axis=1, keepdims=True))
    total = float(sum(share * (start @ visits_from) for share, start in zip(shares, starts, strict=True)))
    whole = (
        merge(
            np.concatenate([tree.beliefs for tree in kept]),
            np.concatenate([share * tree.weights / total for share, tree in zip(shares, kept, strict=True)]),
        )
        if len(kept) > 1
        else Level(kept[0].beliefs, kept[0].weights / total)
    )
    return ResetChain(whole.beliefs, whole.weights, max(0.0, 1.0 - float(whole.weights.sum())), len(others) <= 1)


def entropy_rate_of(process: Process, chain: ResetChain) -> tuple[float, float]:
    """Lower and upper bound in bits: what was enumerated, and log2 K for each visit that was not."""
    found = float(chain.weights @ emission_entropy(process, chain.beliefs))
    return found, found + chain.tail * float(np.log2(process.alphabet_size))


def _belief_after(process: Process, symbol: int) -> np.ndarray:
    moved = process.stationary @ process.tensor[symbol]
    return moved / (moved @ process.right_vector)


def _enumerate(process: Process, start: np.ndarray, others: list[int], visits_from: np.ndarray) -> Level | None:
    """Beliefs after words of `others` and the visits to each per reset, until `_TAIL` of them is left."""
    if not others:
        return Level(start[None, :], np.ones(1))
    beliefs, weights, count = [], [], 0
    whole = float(start @ visits_from)
    for level in levels(process, start, others):
        left = float(level.weights @ (level.beliefs @ visits_from))
        if left < _TAIL * whole or not len(level.weights):
            break
        beliefs.append(level.beliefs)
        weights.append(level.weights)
        count += len(level.weights)
        if count > _MOST_BELIEFS:
            return None
    both = Level(np.concatenate(beliefs), np.concatenate(weights))
    return both if len(others) == 1 else merge(*both)


def _stationary(matrix: np.ndarray) -> np.ndarray:
    m = len(matrix)
    system = np.vstack([(matrix - np.eye(m)).T, np.ones(m)])
    return np.linalg.lstsq(system, np.append(np.zeros(m), 1.0), rcond=None)[0]
