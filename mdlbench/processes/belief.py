"""The belief filter (forward algorithm): what an observer who knows the process believes of its state, symbol by symbol."""

from functools import lru_cache
from typing import Any

import numpy as np

from mdlbench.processes.base import Process, ProcessError


@lru_cache(maxsize=64)
def matrices(process: Process) -> Any:
    """The process as the compiled kernels take it: `kernel.Matrices`."""
    from mdlbench.numerics.compiled import announce_first_compilation
    from mdlbench.processes import kernel

    announce_first_compilation(kernel, "process kernels", 5)
    first: list[int] = [0]
    source: list[np.ndarray] = []
    target: list[np.ndarray] = []
    weight: list[np.ndarray] = []
    for matrix in process.tensor:
        j, i = np.nonzero(matrix.T)
        for rows, found in ((source, i), (target, j), (weight, matrix[i, j])):
            rows.append(found)
        first.append(first[-1] + len(i))
    arrays = [np.concatenate(source), np.concatenate(target), np.concatenate(weight)]
    vectors = [array.copy() for array in (process.right_vector, process.stationary, process.emission)]
    return kernel.Matrices(np.array(first, np.int64), *arrays, *vectors)


def filter_probabilities(process: Process, symbols: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """P(x_t | x_1 .. x_t-1) for each symbol.

    Beliefs are normalised at every step, so no length underflows; the code length is `-np.log2(...)`. A symbol that cannot
    come has probability 0, and what follows it is predicted from the start.

    Args:
        symbols: integers (L,) or (B, L), each 0 .. K-1.
        start: belief (N,) or (B, N) before the first symbol; the stationary one by default.

    Returns:
        float64 of the shape of `symbols`.

    Example:
        >>> from mdlbench.processes import find
        >>> filter_probabilities(find("z1r"), np.array([1, 1]))
        array([0.5       , 0.33333333])
    """
    from mdlbench.processes import kernel

    rows = _rows(process, symbols)
    found = np.empty(rows.shape)
    kernel.filter_rows(matrices(process), rows, _starts(process, start, len(rows)), found)
    return found.reshape(np.shape(symbols))


def filter_beliefs(process: Process, symbols: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """The belief before each symbol and after the last, float64 (L + 1, N) or (B, L + 1, N).

    Example:
        >>> from mdlbench.processes import find
        >>> filter_beliefs(find("z1r"), np.array([1]))[-1]  # the belief after a 1: it was S1 or SR
        array([0.33333333, 0.        , 0.66666667])
    """
    from mdlbench.processes import kernel

    rows = _rows(process, symbols)
    found = np.empty((*rows.shape[:1], rows.shape[1] + 1, process.n_states))
    found[:, 0] = _starts(process, start, len(rows))
    kernel.trace_rows(matrices(process), rows, found)
    return found.reshape(*np.shape(symbols)[:-1], *found.shape[1:])


def _rows(process: Process, symbols: np.ndarray) -> np.ndarray:
    given = np.asarray(symbols)
    if given.ndim not in (1, 2) or given.dtype.kind not in "iu":
        raise ValueError(f"symbols have shape {given.shape} and type {given.dtype}; expected integers (L,) or (B, L)")
    if given.size and not 0 <= int(given.min()) <= int(given.max()) < process.alphabet_size:
        raise ProcessError(
            f"symbols run from {given.min()} to {given.max()}; {process.name} has 0 to {process.alphabet_size - 1}"
        )
    return np.ascontiguousarray(np.atleast_2d(given), np.uint8)


def _starts(process: Process, start: np.ndarray | None, count: int) -> np.ndarray:
    belief = process.stationary if start is None else np.asarray(start, np.float64)
    return np.ascontiguousarray(np.broadcast_to(belief, (count, process.n_states))).copy()
