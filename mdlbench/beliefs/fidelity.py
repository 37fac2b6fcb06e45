"""How well predicted beliefs fit the true ones: R^2, mean squared error, bootstrap intervals, distances kept.

    R^2 = 1 - SSE / SST,  SSE = sum_i w_i |y_i - predicted_i|^2,  SST = sum_i w_i |y_i - m|^2,  m = sum_i w_i y_i / sum_i w_i

over held-out prefixes, so that it can be negative. The mean squared error is per element: SSE / (sum_i w_i * N).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_PAIRS = 200_000


@dataclass(frozen=True)
class Fidelity:
    """R^2 and element-wise mean squared error; `low` and `high` bound R^2 in 95 % of bootstrap draws, where drawn."""

    r2: float | None
    mse: float
    low: float | None = None
    high: float | None = None


def fidelity(beliefs: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> Fidelity:
    """R^2 and mean squared error; R^2 is None where the beliefs do not vary.

    Args:
        beliefs, predicted: float64 (n, N).
        weights: float64 (n,), not negative.

    Example:
        >>> y = np.array([[0.0], [1.0], [2.0]])
        >>> fidelity(y, y + 0.5, np.ones(3)).r2  # 1 - 0.75 / 2
        0.625
    """
    total, error = weights.sum(), weights @ ((beliefs - predicted) ** 2).sum(axis=1)
    spread = weights @ ((beliefs - weights @ beliefs / total) ** 2).sum(axis=1)
    r2 = float(1 - error / spread) if spread > 1e-12 * total else None
    return Fidelity(r2, float(error / total / beliefs.shape[1]))


def bootstrap(
    beliefs: np.ndarray, predicted: Mapping[str, np.ndarray], weights: np.ndarray, *, draws: int = 1000, seed: int = 0
) -> dict[str, Fidelity]:
    """`fidelity` of several predictions with percentile intervals: prefixes are drawn anew, the maps stay.

    All predictions share the draws. Intervals are for these weights over prefixes, so with few heavy prefixes (short ones, by
    probability) they are wide. They do not hold what another seed of training would change.
    """
    errors = np.stack([((beliefs - given) ** 2).sum(axis=1) for given in predicted.values()], axis=1)
    columns = weights[:, None] * np.column_stack([errors, (beliefs**2).sum(axis=1), beliefs, np.ones(len(weights))])
    generator, n, at = np.random.default_rng(seed), len(weights), len(predicted)
    found = np.empty((draws, at))
    for draw in range(draws):
        sums = np.bincount(generator.integers(0, n, n), minlength=n) @ columns
        spread = sums[at] - (sums[at + 1 : -1] ** 2).sum() / sums[-1]
        found[draw] = 1 - sums[:at] / max(spread, 1e-300)
    low, high = np.percentile(found, [2.5, 97.5], axis=0)
    exact = {name: fidelity(beliefs, given, weights) for name, given in predicted.items()}
    return {
        name: Fidelity(one.r2, one.mse, *(None, None) if one.r2 is None else (float(low[i]), float(high[i])))
        for i, (name, one) in enumerate(exact.items())
    }


def distance_preservation(
    beliefs: np.ndarray, image: np.ndarray, weights: np.ndarray, *, pairs: int = _PAIRS, seed: int = 0
) -> float | None:
    """Squared correlation between distances of pairs of beliefs and of their images.

    Args:
        beliefs: float64 (n, N).
        image: float64 (n, M): predicted beliefs, or any other representation such as next-symbol distributions.
        weights: float64 (n,): both of a pair are drawn by them, pairs of one prefix with itself left out.
        pairs: how many are drawn.

    Returns:
        R^2 of the best line through the pairs; None where one of the two does not vary.

    Source:
        Shai et al. 2024 (arXiv:2405.15943): 0.95 for RRXOR's layers side by side, 0.31 for the next-token distribution.
    """
    generator = np.random.default_rng(seed)
    one, other = generator.choice(len(weights), (2, pairs), p=weights / weights.sum())
    one, other = one[one != other], other[one != other]
    true = np.linalg.norm(beliefs[one] - beliefs[other], axis=1)
    seen = np.linalg.norm(image[one] - image[other], axis=1)
    if len(true) < 3 or true.std() < 1e-12 or seen.std() < 1e-12:
        return None
    return float(np.corrcoef(true, seen)[0, 1] ** 2)
