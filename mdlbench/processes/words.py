"""Block and myopic entropies by enumeration: all words of a length, as the beliefs they lead to, equal beliefs merged.

    H(X_L | X_1 .. L-1) = sum over beliefs b after L-1 symbols of P(b) H(X | b)

A process whose words lead to few beliefs (a unifilar one, SNS) is followed for hundreds of symbols; Mess3, whose words all
differ, to depth 12 or 13. Nothing is stored twice: a level is one array of beliefs and one of probabilities.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mdlbench.processes.base import Process

MOST_BELIEFS = 1_600_000  # in one level: Mess3 has 3^13 after 13 symbols
SAME = 1e-13  # beliefs that differ less are one belief that was rounded
_NEGLIGIBLE = 1e-18  # probability of a belief that is let go


class Level(NamedTuple):
    """The beliefs that words of one length lead to: float64 (M, N), and their probabilities (M,)."""

    beliefs: np.ndarray
    weights: np.ndarray


def levels(process: Process, start: np.ndarray | None = None, symbols: list[int] | None = None) -> Iterator[Level]:
    """The levels of depth 0, 1, ... until one would hold more than `MOST_BELIEFS`.

    Args:
        start: belief (N,) before the first symbol; the stationary one by default.
        symbols: only words over these; all by default.
    """
    allowed = range(process.alphabet_size) if symbols is None else symbols
    belief = process.stationary if start is None else np.asarray(start, np.float64)
    level = Level(belief[None, :], np.ones(1))
    while len(level.weights):
        yield level
        if len(level.weights) * len(allowed) > MOST_BELIEFS * 3:
            return
        level = merge(*_next(process, level, allowed))
        if len(level.weights) > MOST_BELIEFS:
            return


def _next(process: Process, level: Level, symbols: range | list[int]) -> Level:
    beliefs, weights = [], []
    for symbol in symbols:
        after = level.beliefs @ process.tensor[symbol]
        p = after @ process.right_vector
        kept = level.weights * p > _NEGLIGIBLE
        beliefs.append(after[kept] / p[kept, None])
        weights.append((level.weights * p)[kept])
    return Level(np.concatenate(beliefs), np.concatenate(weights))


def merge(beliefs: np.ndarray, weights: np.ndarray) -> Level:
    """The same with equal beliefs (to `SAME`) added up.

    Beliefs are sorted along one fixed direction, and along a second among those that the first does not tell apart.
    """
    if len(beliefs) < 2:
        return Level(beliefs, weights)
    directions = np.random.Generator(np.random.Philox(1)).normal(size=(2, beliefs.shape[1]))
    along, across = beliefs @ directions.T[:, 0], beliefs @ directions.T[:, 1]
    order = np.argsort(along, kind="stable")
    group = np.concatenate([[0], np.cumsum(np.diff(along[order]) > SAME)])
    if group[-1] == len(group) - 1:
        return Level(beliefs, weights)
    order = order[np.lexsort((across[order], group))]  # group is sorted already: only ties move
    new = np.concatenate([[True], (np.diff(group) > 0) | (np.diff(across[order]) > SAME)])
    first = np.flatnonzero(new)
    return Level(beliefs[order[first]], np.add.reduceat(weights[order], first))


def emission_entropy(process: Process, beliefs: np.ndarray) -> np.ndarray:
    """H(X | belief) in bits, float64 (M,)."""
    return entropies(beliefs @ process.emission)


def entropies(distributions: np.ndarray) -> np.ndarray:
    """Entropy in bits of each row; entries that rounding made negative count as zero."""
    p = np.maximum(distributions, 0.0)
    return -(p * np.log2(np.where(p > 0, p, 1.0))).sum(axis=-1)


def myopic_entropies(process: Process, depth: int) -> np.ndarray:
    """H(X_L | X_1 .. L-1) in bits for contexts 0 .. depth - 1, float64 (depth,); fewer if enumeration grows too large.

    Each is an upper bound on the entropy rate, and the Bayes floor of any predictor that sees so much context.

    Example:
        >>> from mdlbench.processes import find
        >>> myopic_entropies(find("golden-mean"), 3).round(8)
        array([0.91829583, 0.66666667, 0.66666667])
    """
    if process.composition is not None and process.composition.kind == "product":
        parts = [myopic_entropies(part, depth) for part in process.composition.parts]
        return np.sum([part[: min(map(len, parts))] for part in parts], axis=0)
    source = process
    while source.composition is not None and source.composition.kind == "reversed":
        source = source.composition.parts[0]  # words read backwards have the same entropies
    found: list[float] = []
    for level in levels(source):
        if len(found) == depth:
            break
        found.append(float(level.weights @ emission_entropy(source, level.beliefs)))
    return np.array(found)


def state_uncertainty(process: Process, depth: int) -> np.ndarray:
    """H(S_L | X_1 .. L) in bits for L = 0 .. depth - 1: the synchronisation curve. Hidden Markov models only."""
    found: list[float] = []
    for level in levels(process):
        if len(found) == depth:
            break
        found.append(float(level.weights @ entropies(level.beliefs)))
    return np.array(found)
