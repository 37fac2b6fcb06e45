"""Several codes as one whose selector is charged: the Bayesian mixture, and fixed share, which switches between them.

Published prequential codes often take the shorter of two lengths per block, for nothing: a decoder could not know which. Here
the code is the mixture's own -log2 probability, from which a decoder can decode.
"""

import numpy as np

from mdlbench.errors import UsageError


def bayes(bits: np.ndarray) -> np.ndarray:
    """The code of the Bayesian mixture with equal prior weights.

    Args:
        bits: of each symbol under each of M codes, float64 (M, n).

    Returns:
        Bits of each symbol, float64 (n,). Their sum is at most log2 M above the least row's.

    Example:
        >>> float(bayes(np.array([[1.0, 1.0], [9.0, 9.0]])).sum()) < 3
        True
    """
    before = np.cumsum(np.hstack([np.zeros((len(bits), 1)), bits]), axis=1)
    joint = log2_mean(-before)
    return -np.diff(joint)


def fixed_share(bits: np.ndarray, alpha: float | None = None) -> np.ndarray:
    """The code of the mixture over all sequences of codes that switch at rate alpha.

    Source: M. Herbster & M. Warmuth, "Tracking the best expert", Machine Learning 32 (1998). After each symbol a share alpha of
    each weight is divided among the other codes.

    Args:
        bits: of each symbol under each of M codes, float64 (M, n).
        alpha: the rate; None for 1 / (t + 1) after symbol t, which needs no choice (W. Koolen & S. de Rooij, "Universal codes
            from switching strategies", IEEE Trans. Inf. Theory 59 (2013)).

    Raises:
        UsageError: alpha is not from 0 to 1.
    """
    if alpha is not None and not 0 <= alpha <= 1:
        raise UsageError(f"alpha={alpha:g}; a switching rate is from 0 to 1")
    codes, n = bits.shape
    if codes == 1:
        return bits[0].copy()
    weights, found = np.full(codes, 1 / codes), np.empty(n)
    for place in range(n):
        least = bits[:, place].min()
        weights = weights * np.exp2(least - bits[:, place])
        total = weights.sum()
        found[place] = least - np.log2(total)
        weights /= total
        rate = 1 / (place + 2) if alpha is None else alpha
        weights = (1 - rate) * weights + rate * (1 - weights) / (codes - 1)
    return found


def log2_mean(logs: np.ndarray) -> np.ndarray:
    """log2 of the mean of 2 to the rows, column by column."""
    most = logs.max(axis=0)
    return most + np.log2(np.exp2(logs - most).mean(axis=0))
