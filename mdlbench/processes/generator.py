"""Symbols drawn from a process: the same for a seed on every machine.

Random numbers are numpy's Philox4x64 (Salmon et al., SC 2011), whose stream for a key numpy promises to keep, as 64-bit
integers. A hidden Markov model compares them with integer thresholds, made exactly from fractions; a generalised process draws
from the filter's prediction in IEEE doubles (53 bits of each number).
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.belief import matrices

_PIECE = 1 << 20  # symbols drawn at a time: 8 MiB of random numbers
_RANGE = 1 << 64


def generate(process: Process, n: int, seed: int = 0) -> np.ndarray:
    """`n` symbols from a stationary start, uint8 (n,)."""
    return np.concatenate([np.empty(0, np.uint8), *generate_pieces(process, n, seed)])


def generate_pieces(process: Process, n: int, seed: int = 0) -> Iterator[np.ndarray]:
    """The same as `generate`, a million symbols at a time: memory stays flat."""
    if n < 0 or seed < 0:
        raise ValueError(f"n is {n} and seed {seed}; neither may be negative")
    source = _Source(process, 1, seed)
    for begin in range(0, n, _PIECE):
        yield source.draw(min(_PIECE, n - begin))[0]


def generate_windows(process: Process, count: int, length: int, seed: int = 0) -> np.ndarray:
    """Independent sequences, each from a stationary start: uint8 (count, length)."""
    if count < 0 or length < 0 or seed < 0:
        raise ValueError(f"count is {count}, length {length} and seed {seed}; none may be negative")
    return _Source(process, count, seed).draw(length)


class _Source:
    """`count` sequences side by side and the random numbers that drive them."""

    def __init__(self, process: Process, count: int, seed: int) -> None:
        self._bits = np.random.Philox(key=seed & (2**128 - 1))
        self._process = process
        if process.is_hidden_markov:
            first = _thresholds([Fraction(p) for p in process.stationary_numbers])
            drawn = self._bits.random_raw(count)
            self._state = np.minimum(np.searchsorted(first, drawn), process.n_states - 1).astype(np.int64)
        else:
            self._state = np.tile(process.stationary, (count, 1))

    def draw(self, length: int) -> np.ndarray:
        from mdlbench.processes import kernel

        compiled = matrices(self._process)
        out = np.empty((len(self._state), length), np.uint8)
        random = self._bits.random_raw(out.size).reshape(out.shape)
        if self._process.is_hidden_markov:
            kernel.walk_states(*_outcomes(self._process), random, self._state, out)
        else:
            kernel.walk_beliefs(compiled, random, self._state, out)
        return out


@lru_cache(maxsize=64)
def _outcomes(process: Process) -> Any:
    """For each state what can come, likeliest first: thresholds uint64, symbols uint8, next states int64, all (N, M)."""
    rows = []
    for i in range(process.n_states):
        pairs = [(m[i][j], x, j) for x, m in enumerate(process.transitions) for j in range(process.n_states) if m[i][j] > 0]
        rows.append(sorted(pairs, key=lambda pair: -pair[0]))
    width = max(map(len, rows))
    cumulative = np.full((len(rows), width), _RANGE - 1, np.uint64)
    symbol, target = np.zeros((len(rows), width), np.uint8), np.zeros((len(rows), width), np.int64)
    for i, row in enumerate(rows):
        cumulative[i, : len(row)] = _thresholds([Fraction(p) for p, _, _ in row])
        symbol[i, : len(row)] = [x for _, x, _ in row]
        target[i, : len(row)] = [j for _, _, j in row]
    return cumulative, symbol, target


def _thresholds(probabilities: list[Fraction]) -> np.ndarray:
    """For each outcome the largest 64-bit number that draws it; uint64, the last one all ones."""
    whole, running, found = sum(probabilities), Fraction(0), []
    for p in probabilities:
        running += p
        found.append(max(int(running / whole * _RANGE) - 1, 0))
    return np.array([*found[:-1], _RANGE - 1], np.uint64)
