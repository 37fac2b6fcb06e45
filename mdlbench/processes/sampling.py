"""How far a sequence's own code length may lie from its mean: the central limit theorem for -log2 P(x_1 .. x_n).

The mean over sequences is H(X_1 .. X_n) = n h + E (up to what vanishes with n); the variance grows as n sigma^2, and sigma^2 is
estimated from the sequence itself by batch means (sums over about sqrt(n) symbols, nearly independent).
"""

from math import isqrt
from typing import NamedTuple

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.belief import kernels

_NORMAL_95 = 1.959963984540054  # two-sided 95 % of the normal distribution
_FEWEST = 100  # symbols
_BATCH = 2048  # symbols of a batch where the whole is not held in memory


class ExpectedLength(NamedTuple):
    """Bits: the sequence's ideal code length, its mean over sequences, and the 95 % interval around the mean."""

    ideal: float
    mean: float
    low: float
    high: float


def expected_length(process: Process, symbols: np.ndarray, entropy_rate: float, excess_entropy: float) -> ExpectedLength:
    """Hold a sequence's ideal code length against n h + E.

    Args:
        symbols: uint8 (n,), drawn from the process, n at least 100.
        entropy_rate, excess_entropy: in bits per symbol and bits.

    Returns:
        The 95 % sampling interval is mean -+ 1.96 sigma sqrt(n), sigma from batch means.
    """
    if len(symbols) < _FEWEST:
        raise ValueError(f"{len(symbols)} symbols are too few for batch means; give at least {_FEWEST}")
    running = RunningLength(process, isqrt(len(symbols)))
    running.add(symbols)
    return running.against(entropy_rate, excess_entropy)


class RunningLength:
    """The ideal code length of a sequence that arrives in pieces, and its sums over batches."""

    def __init__(self, process: Process, batch: int = _BATCH) -> None:
        self._process, self._batch = process, batch
        self._belief = process.stationary[None, :].copy()
        self._sums: list[float] = []
        self._pending = np.empty(0)
        self.count, self.bits = 0, 0.0

    def add(self, symbols: np.ndarray) -> None:
        """The next piece, uint8 (n,)."""
        p = np.empty((1, len(symbols)))
        kernels().filter_rows(self._process.matrices, np.ascontiguousarray(symbols, np.uint8)[None, :], self._belief, p)
        with np.errstate(divide="ignore"):
            bits = -np.log2(p[0])
        self.count, self.bits = self.count + len(bits), self.bits + float(bits.sum())
        waiting = np.concatenate([self._pending, bits])
        whole = len(waiting) // self._batch * self._batch
        self._sums += waiting[:whole].reshape(-1, self._batch).sum(axis=1).tolist()
        self._pending = waiting[whole:]

    def against(self, entropy_rate: float, excess_entropy: float) -> ExpectedLength:
        """Hold what was added against n h + E; at least two batches must have been."""
        if len(self._sums) < 2:
            raise ValueError(f"{self.count} symbols are too few for batch means; give at least {2 * self._batch}")
        sigma = float(np.std(self._sums, ddof=1)) / self._batch**0.5
        mean, reach = self.count * entropy_rate + excess_entropy, _NORMAL_95 * sigma * self.count**0.5
        return ExpectedLength(self.bits, mean, mean - reach, mean + reach)
