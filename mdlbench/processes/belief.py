"""The belief filter (forward algorithm): what an observer who knows the process believes of its state, symbol by symbol."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np


class Matrices(NamedTuple):
    """A process for the kernels: the non-zero entries of T[x] are first[x] .. first[x + 1].

    Attributes:
        first: int64 (K + 1,).
        source, target, weight: int64, int64, float64 (entries,), sorted by target and then source.
        right, start: float64 (N,).
        emission: float64 (N, K).
    """

    first: np.ndarray
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    right: np.ndarray
    start: np.ndarray
    emission: np.ndarray


def as_matrices(tensor: np.ndarray, right: np.ndarray, start: np.ndarray, emission: np.ndarray) -> Matrices:
    """Only what is not zero of a tensor (K, N, N), with right eigenvector (N,), start (N,) and emission (N, K)."""
    entries = [np.nonzero(matrix.T) for matrix in tensor]  # (j, i): sorted by target
    return Matrices(
        first=np.cumsum([0, *(len(i) for _, i in entries)], dtype=np.int64),
        source=np.concatenate([i for _, i in entries]),
        target=np.concatenate([j for j, _ in entries]),
        weight=np.concatenate([matrix[i, j] for matrix, (j, i) in zip(tensor, entries, strict=True)]),
        right=right.copy(),
        start=start.copy(),
        emission=emission.copy(),
    )


@cache
def kernels() -> Any:
    """The module of compiled kernels; says on stderr if they are compiled now."""
    from mdlbench.numerics.compiled import announce_first_compilation
    from mdlbench.processes import kernel

    announce_first_compilation(kernel, "process kernels", 5)
    return kernel


def filter_probabilities(matrices: Matrices, symbols: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """P(x_t | x_1 .. x_t-1) for each symbol.

    Beliefs are normalised at every step, so no length underflows; the code length is `-np.log2(...)`. A symbol that cannot
    come has probability 0, and what follows it is predicted from the start.

    Args:
        symbols: integers (L,) or (B, L), each 0 .. K-1.
        start: belief (N,) or (B, N) before the first symbol; the stationary one by default.

    Returns:
        float64 of the shape of `symbols`.
    """
    rows = _rows(symbols)
    found = np.empty(rows.shape)
    kernels().filter_rows(matrices, rows, _starts(matrices, start, len(rows)), found)
    return found.reshape(np.shape(symbols))


def filter_beliefs(matrices: Matrices, symbols: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """The belief before each symbol and after the last, float64 (L + 1, N) or (B, L + 1, N); arguments as above."""
    rows = _rows(symbols)
    found = np.empty((*rows.shape[:1], rows.shape[1] + 1, len(matrices.start)))
    found[:, 0] = _starts(matrices, start, len(rows))
    kernels().trace_rows(matrices, rows, found)
    return found.reshape(*np.shape(symbols)[:-1], *found.shape[1:])


def _rows(symbols: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.atleast_2d(symbols), np.uint8)


def _starts(matrices: Matrices, start: np.ndarray | None, count: int) -> np.ndarray:
    belief = matrices.start if start is None else np.asarray(start, np.float64)
    return np.ascontiguousarray(np.broadcast_to(belief, (count, len(matrices.start)))).copy()
