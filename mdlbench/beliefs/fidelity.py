"""How well predicted beliefs fit the true ones: R^2, mean squared error, intervals over beliefs, distances kept.

    R^2 = 1 - SSE / SST,  SSE = sum_i w_i |y_i - predicted_i|^2,  SST = sum_i w_i |y_i - m|^2,  m = sum_i w_i y_i / sum_i w_i

over held-out prefixes, so that it can be negative. The mean squared error is per element: SSE / (sum_i w_i * N).
"""

from dataclasses import dataclass

import numpy as np

from mdlbench.numerics.intervals import FEWEST_EFFECTIVE, LEVEL, Interval, student_t

_PAIRS = 200_000
_METHOD = "Student's t, variance of the ratio linearised over clusters of one belief (Cochran 1977, section 6.3)"


@dataclass(frozen=True)
class Fidelity:
    """R^2 and element-wise mean squared error."""

    r2: float | None
    mse: float


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


def beliefs_interval(
    beliefs: np.ndarray, predicted: np.ndarray, weights: np.ndarray, groups: np.ndarray, *, level: float = LEVEL
) -> Interval:
    """The interval of R^2 over beliefs like these: prefixes of one belief are one observation, the maps stay.

    R^2 is 1 - SSE/SST, a ratio of sums over the groups, so its variance is that of what each group adds to
    SSE - (SSE/SST) SST, over SST. Degrees of freedom are those of the groups' effective number, (sum W)^2 / sum W^2, less one.
    It does not hold what another seed of training would change. How often it holds the truth is simulated in the tests.

    Args:
        groups: int (n,), 0 .. M - 1: which prefixes lead to one belief.

    Returns:
        Without bounds where the groups are worth fewer than 50, or where the beliefs do not vary.
    """
    mass = np.bincount(groups, weights)
    effective = float(mass.sum() ** 2 / (mass**2).sum())
    r2 = fidelity(beliefs, predicted, weights).r2
    if r2 is None or effective < FEWEST_EFFECTIVE:
        worth = f"{len(mass):,} beliefs are worth {effective:,.0f} of one weight; an interval needs {FEWEST_EFFECTIVE:.0f}"
        return Interval(None, None, level, len(mass), effective, _METHOD, "beliefs do not vary" if r2 is None else worth)
    missed = weights * ((beliefs - predicted) ** 2).sum(axis=1)
    spread = weights * ((beliefs - weights @ beliefs / weights.sum()) ** 2).sum(axis=1)
    added = np.bincount(groups, missed - (1 - r2) * spread)
    deviation = float((added @ added * len(mass) / (len(mass) - 1)) ** 0.5 / spread.sum())
    half = student_t(level, int(effective) - 1) * deviation
    return Interval(r2 - half, min(1.0, r2 + half), level, len(mass), effective, _METHOD)


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
