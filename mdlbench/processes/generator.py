"""Symbols drawn from a process: the same for a seed on every machine.

Random numbers are numpy's Philox4x64 (Salmon et al., SC 2011), whose stream for a key numpy promises to keep, as 64-bit
integers. A hidden Markov model compares them with integer thresholds, made exactly from fractions; a generalised process draws
from the filter's prediction in IEEE doubles (53 bits of each number).
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from mdlbench.processes.belief import Matrices, kernels
from mdlbench.processes.linear import Number

_PIECE = 1 << 20  # symbols drawn at a time: 8 MiB of random numbers
_RANGE = 1 << 64


class StateWalk:
    """Through the states of a hidden Markov model, from a stationary start.

    Args:
        start: probability of each state, (N,).
        transitions: T[x][i][j], (K, N, N).
    """

    def __init__(self, start: Sequence[Number], transitions: Sequence[Sequence[Sequence[Number]]]) -> None:
        self._first = _thresholds(start)
        self._outcomes = _outcomes(transitions)

    def begin(self, random: np.random.Philox, count: int) -> np.ndarray:
        """The states of `count` sequences before their first symbol, int64 (count,)."""
        states = np.searchsorted(self._first, random.random_raw(count))
        return np.minimum(states, len(self._first) - 1).astype(np.int64)

    def draw(self, random: np.ndarray, states: np.ndarray, out: np.ndarray) -> None:
        """Fill `out`, uint8 (B, L), with a random number, uint64, for each symbol; `states` are moved along in place."""
        kernels().walk_states(*self._outcomes, random, states, out)


class BeliefWalk:
    """The same for a generalised process, which has no states: its belief stands for them, float64 (B, N)."""

    def __init__(self, matrices: Matrices) -> None:
        self._matrices = matrices

    def begin(self, random: np.random.Philox, count: int) -> np.ndarray:
        """The stationary belief for each sequence."""
        return np.tile(self._matrices.start, (count, 1))

    def draw(self, random: np.ndarray, beliefs: np.ndarray, out: np.ndarray) -> None:
        """Fill `out` from the predictions; `beliefs` are moved along in place."""
        kernels().walk_beliefs(self._matrices, random, beliefs, out)


Walk = StateWalk | BeliefWalk


def generate(walk: Walk, n: int, seed: int = 0) -> np.ndarray:
    """`n` symbols from a stationary start, uint8 (n,)."""
    return np.concatenate([np.empty(0, np.uint8), *generate_pieces(walk, n, seed)])


def generate_pieces(walk: Walk, n: int, seed: int = 0) -> Iterator[np.ndarray]:
    """The same as `generate`, a million symbols at a time: memory stays flat."""
    if n < 0 or seed < 0:
        raise ValueError(f"n is {n} and seed {seed}; neither may be negative")
    source = _Source(walk, 1, seed)
    for begin in range(0, n, _PIECE):
        yield source.draw(min(_PIECE, n - begin))[0]


def generate_windows(walk: Walk, count: int, length: int, seed: int = 0) -> np.ndarray:
    """Independent sequences, each from a stationary start: uint8 (count, length)."""
    if count < 0 or length < 0 or seed < 0:
        raise ValueError(f"count is {count}, length {length} and seed {seed}; none may be negative")
    return _Source(walk, count, seed).draw(length)


class _Source:
    """`count` sequences side by side and the random numbers that drive them."""

    def __init__(self, walk: Walk, count: int, seed: int) -> None:
        self._walk, self._random = walk, np.random.Philox(key=seed & (2**128 - 1))
        self._places = walk.begin(self._random, count)

    def draw(self, length: int) -> np.ndarray:
        out = np.empty((len(self._places), length), np.uint8)
        self._walk.draw(self._random.random_raw(out.size).reshape(out.shape), self._places, out)
        return out


def _outcomes(transitions: Sequence[Sequence[Sequence[Number]]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each state what can come, likeliest first: thresholds uint64, symbols uint8, next states int64, all (N, M)."""
    rows = []
    for i in range(len(transitions[0])):
        pairs = [(p, x, j) for x, matrix in enumerate(transitions) for j, p in enumerate(matrix[i]) if p > 0]
        rows.append(sorted(pairs, key=lambda pair: -pair[0]))
    width = max(map(len, rows))
    cumulative = np.full((len(rows), width), _RANGE - 1, np.uint64)
    symbol, target = np.zeros((len(rows), width), np.uint8), np.zeros((len(rows), width), np.int64)
    for i, row in enumerate(rows):
        cumulative[i, : len(row)] = _thresholds([p for p, _, _ in row])
        symbol[i, : len(row)] = [x for _, x, _ in row]
        target[i, : len(row)] = [j for _, _, j in row]
    return cumulative, symbol, target


def _thresholds(probabilities: Sequence[Number]) -> np.ndarray:
    """For each outcome the largest 64-bit number that draws it; uint64, the last one all ones."""
    exact = [Fraction(p) for p in probabilities]
    whole, running, found = sum(exact), Fraction(0), []
    for p in exact:
        running += p
        found.append(max(int(running / whole * _RANGE) - 1, 0))
    return np.array([*found[:-1], _RANGE - 1], np.uint64)
