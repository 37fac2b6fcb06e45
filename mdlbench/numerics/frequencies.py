"""From floating-point weights to integer counts: the only crossing in mdlbench.

`quantise` turns rows of non-negative weights into cumulative integer counts that sum to exactly 2**24, none of them zero.
It uses only element-wise IEEE operations and sums of integers, so the result does not depend on the order in which a machine
adds. `Frequencies` is a batch of such distributions: one level up to 512 symbols; above, a symbol is coded as a group and
a place in it, both about sqrt(V) wide, so that no probability is floored at 2**-24 and a decoder scans short rows.

Arrays are numpy's or torch's (on any device), shape (B, V); what comes back is of the same kind.
"""

import math
from typing import Any

import array_api_compat
import numpy as np

from mdlbench.errors import NotADistributionError
from mdlbench.units import BITS_PER_NAT

PRECISION = 24
TOTAL = 1 << PRECISION  # every row of counts sums to this
ONE_LEVEL_UP_TO = 512
_MASS_BITS = 42  # integer weights of single symbols: 2**20 of them still sum below 2**63
_SAFE_BITS = 20  # halvings after which no sum of a row's finite weights overflows
_SUM_BITS = 38  # sum of a row's integer weights: times 2**24 still below 2**63


def quantise(weights: Any) -> Any:
    """Cumulative integer counts of each row's distribution.

    With W the running sum of integer weights w = floor(weight / max * 2**s), the cut before symbol i lies at
    floor(W[<i] * (2**24 - K) / W[all]) + i: every count is at least 1 and within 1 of its share of what is left.
    (Two symbols get at least 2 each: the coder codes an interval as the middle of three parts.)

    Args:
        weights: float64 (B, K), non-negative and finite, K <= 2**16, not necessarily normalised; a row of zeros is uniform.

    Returns:
        int64 (B, K + 1): first column 0, last column 2**24, strictly increasing.
    """
    xp = array_api_compat.array_namespace(weights)
    size = weights.shape[-1]
    assert 1 <= size <= 1 << 16, size
    largest = xp.max(weights, axis=-1, keepdims=True)
    shares = xp.where(largest > 0, weights / xp.where(largest > 0, largest, 1.0), 1.0)
    integers = xp.astype(xp.floor(shares * 2.0 ** (_SUM_BITS - (size - 1).bit_length())), xp.int64)
    running = xp.cumulative_sum(integers, axis=-1, include_initial=True)
    places = xp.arange(size + 1, dtype=xp.int64, device=array_api_compat.device(weights))
    least = 2 if size == 2 else 1
    return running * (TOTAL - least * size) // running[:, -1:] + least * places


class Frequencies:
    """B integer distributions over V symbols; on each level a row's counts sum to 2**24 and none is zero.

    Example:
        >>> frequencies = Frequencies(np.array([[0.5, 0.25, 0.25]]))
        >>> (np.diff(frequencies.row(0)) / 2**24).round(4)
        array([0.5 , 0.25, 0.25])
    """

    def __init__(self, weights: Any, log_weights: Any = None) -> None:
        """Take non-negative weights (B, V), not necessarily normalised, finite and with a positive sum in every row.

        Args:
            weights: float64 (B, V), numpy or torch.
            log_weights: natural logarithms of the same, for an `ideal_bits` that survives underflow.

        Raises:
            NotADistributionError: a row holds a negative, infinite, NaN or complex weight, or nothing but zeros.
            TypeError: no array.
        """
        weights = _real(weights, "weights")
        xp = array_api_compat.array_namespace(weights)
        if weights.ndim != 2 or not 1 <= weights.shape[1] <= 1 << 20:
            raise ValueError(f"weights have shape {tuple(weights.shape)}; expected (streams, symbols <= 2**20)")
        largest, least = xp.max(weights, axis=-1), xp.min(weights, axis=-1)
        good = (least >= 0) & (largest > 0) & (largest < math.inf)
        if not bool(xp.all(good)):
            row = int(xp.argmin(xp.astype(good, xp.int8)))
            raise NotADistributionError(
                f"row {row} is not a distribution: weights must be non-negative, finite and not all zero"
            )
        self.n_streams, self.alphabet_size = weights.shape
        self._xp, self._weights, self._log_weights = xp, weights, log_weights
        self._groups: Any = None
        self.width = self.alphabet_size  # symbols in a group: all of them, or about sqrt(V)
        if self.levels == 2:
            self.width = math.isqrt(self.alphabet_size - 1) + 1
            padding = -self.alphabet_size % self.width
            zeros = xp.zeros((self.n_streams, padding), dtype=xp.float64, device=array_api_compat.device(weights))
            self._groups = xp.reshape(xp.concat([self._weights, zeros], axis=1), (self.n_streams, -1, self.width))
            masses = self._groups / largest[:, None, None] * 2.0**_MASS_BITS
            sums = xp.sum(xp.astype(masses, xp.int64), axis=-1)  # the cast is a floor: masses are not negative
            self._top = quantise(xp.astype(sums, xp.float64))
        else:
            self._top = quantise(self._weights)

    @classmethod
    def from_logits(cls, logits: Any) -> "Frequencies":
        """Distributions softmax(logits), logits (B, V) of any float type; computed in float64."""
        logits = _real(logits, "logits")
        xp = array_api_compat.array_namespace(logits)
        with np.errstate(invalid="ignore"):  # infinite logits become NaN, which is refused
            shifted = logits - xp.max(logits, axis=-1, keepdims=True)
        return cls(xp.exp(shifted), shifted)

    @property
    def levels(self) -> int:
        """Intervals per symbol: 1, or 2 above 512 symbols."""
        return 1 if self.alphabet_size <= ONE_LEVEL_UP_TO else 2

    def row(self, stream: int, group: int | None = None) -> np.ndarray:
        """Cumulative counts of one stream: its first level, or the second within `group`; int64, numpy."""
        if group is None:
            return _to_numpy(self._top[stream])
        return _to_numpy(quantise(self._groups[stream, group][None, :])[0])

    def group_rows(self, groups: np.ndarray) -> np.ndarray:
        """Second-level cumulative counts of one group per stream; int64 (B, width + 1), numpy."""
        chosen = self._groups[self._xp.arange(self.n_streams), self._index(groups)]
        return _to_numpy(quantise(chosen))

    def top_rows(self) -> np.ndarray:
        """First-level cumulative counts, int64 (B, K + 1), numpy."""
        return _to_numpy(self._top)

    def intervals(self, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each stream's symbol lies: (left, count), int64 (B, levels) each, in the order they are decoded."""
        xp, rows = self._xp, self._xp.arange(self.n_streams)
        index = self._index(symbols)
        cuts = [(self._top, index if self.levels == 1 else index // self.width)]
        if self.levels == 2:
            cuts.append((quantise(self._groups[rows, index // self.width]), index % self.width))
        left = xp.stack([table[rows, at] for table, at in cuts], axis=1)
        right = xp.stack([table[rows, at + 1] for table, at in cuts], axis=1)
        return _to_numpy(left), _to_numpy(right - left)

    def ideal_bits(self, symbols: np.ndarray) -> np.ndarray:
        """-log2 p of each stream's symbol under the weights themselves, float64 (B,); infinite where its weight is zero."""
        xp, rows, index = self._xp, self._xp.arange(self.n_streams), self._index(symbols)
        with np.errstate(divide="ignore", over="ignore"):
            chosen = xp.log(self._weights[rows, index]) if self._log_weights is None else self._log_weights[rows, index]
            total = xp.log(xp.sum(self._weights, axis=-1))
            if not bool(xp.all(total < math.inf)):
                halved = xp.log(xp.sum(self._weights * 0.5**_SAFE_BITS, axis=-1)) + _SAFE_BITS * math.log(2.0)
                total = xp.where(total < math.inf, total, halved)
        return _to_numpy(total - chosen) * BITS_PER_NAT

    def _index(self, symbols: np.ndarray) -> Any:
        device = array_api_compat.device(self._weights)
        return self._xp.asarray(np.asarray(symbols, dtype=np.int64), device=device)


def _real(array: Any, name: str) -> Any:
    """The array in float64, of which nothing is lost but digits.

    Raises:
        NotADistributionError: its numbers are not real. TypeError: it is no array.
    """
    if not array_api_compat.is_array_api_obj(array):
        raise TypeError(f"{name} is of type {type(array).__name__}, not a numpy or torch array (streams, symbols)")
    xp = array_api_compat.array_namespace(array)
    if not xp.isdtype(array.dtype, ("real floating", "integral", "bool")):
        raise NotADistributionError(f"{name} are of type {array.dtype}; a probability is a real number")
    with np.errstate(over="ignore"):  # of a wider type than float64: infinite, which is refused
        return xp.astype(array, xp.float64, copy=False)


def quantised_bits(counts: np.ndarray) -> np.ndarray:
    """Code length under integer counts: PRECISION - log2(count) bits for each interval, float64."""
    return PRECISION - np.log2(counts)


def _to_numpy(array: Any) -> np.ndarray:
    return array if isinstance(array, np.ndarray) else array.cpu().numpy()
