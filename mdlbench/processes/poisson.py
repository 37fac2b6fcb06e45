"""Belief-operator iteration carried to its end: the entropy rate to nearly machine precision, converged but not rigorous.

Let (U f)(b) = sum_x p(x|b) f(b_x) be the belief operator and f(b) = H(X|b). For any function g,

    min over beliefs of f + U g - g  <=  h  <=  max of the same,                (*)

because U keeps the long-run average. Iterating f -> U f, as one would, is g = f + U f + U^2 f + ...; here g is found at once as
a polynomial in the belief (Chebyshev products up to a total degree) that makes (*) flat in the least-squares sense on sampled
beliefs. The spread of (*) over fresh beliefs is reported: it bounds the error up to what was not sampled. Further
g(start) - average of g is the excess entropy, and once more of the same the transient information.
"""

import math
from itertools import product as tuples
from typing import NamedTuple

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.words import emission_entropy, levels

_MOST_TERMS = 500
_SEQUENCES = 4000  # generated to check a solution
_SAMPLES = 4  # beliefs per unknown
_MOST_AVERAGED = 80_000  # beliefs of the longest words enumerated
_MARGIN = 1.02  # of the box, beyond the beliefs that were met


class Converged(NamedTuple):
    """What the solution says, in bits.

    Attributes:
        entropy_rate: h.
        error: of h: its distance from an estimate that is right on average, and four standard errors of that; or its change
            against the next best solution, of another degree or fitted elsewhere, where that is more.
        spread: the largest minus the smallest value of (*) over sampled beliefs.
        excess_entropy, transient_information: sums over the start's way to equilibrium.
        excess_error, transient_error: of these, from the same, and from how much of them only the polynomial knows.
        variance_rate: variance of the code length per symbol in the long run, in bits squared (martingale form).
        degree: of the polynomial.
    """

    entropy_rate: float
    error: float
    spread: float
    excess_entropy: float
    transient_information: float
    variance_rate: float
    degree: int
    excess_error: float
    transient_error: float


def solve_poisson(process: Process, seed: int = 0) -> Converged | None:
    """The flattest polynomial solution found; None where beliefs do not vary, or no polynomial fits."""
    fresh, found = _long_run(process, seed + 2), []
    for met in _places_to_fit(process, seed):
        basis = _Basis.of(met)
        for degree in _degrees(basis.dimension) if basis is not None else []:
            assert basis is not None
            with np.errstate(over="ignore", invalid="ignore"):
                fit = _fit(process, basis, degree, met, fresh)
            if np.isfinite(fit.spread):
                found.append(fit)
    if len(found) < 2:
        return None
    best, second, *_ = sorted(found, key=lambda fit: fit.spread)
    sums, others = _from_enumeration(process, best), _from_enumeration(process, second)
    changes = [abs(a - b) for a, b in zip(sums[:3], others[:3], strict=True)]
    rate, excess, transient, depth, left = sums
    error = max(changes[0], _distance(process, best, rate, seed + 3))
    vague = min(1.0, best.spread / max(float(np.std(emission_entropy(process, fresh))), 1e-300))  # how far g is to be trusted
    rest = vague * abs(left)
    return Converged(
        rate,
        error,
        best.spread,
        excess,
        transient,
        _variance(process, best, fresh),
        best.degree,
        max(changes[1], depth * error + rest[0]),
        max(changes[2], depth**2 / 2 * error + depth * rest[0] + rest[1]),
    )


def _degrees(dimension: int) -> list[int]:
    """Total degrees to try: the largest within the number of terms, and three fifths of it."""
    fitting = [degree for degree in range(2, 61) if math.comb(dimension + degree, dimension) <= _MOST_TERMS]
    return sorted({fitting[-1], fitting[len(fitting) * 3 // 5]}) if fitting else []


def _places_to_fit(process: Process, seed: int) -> list[np.ndarray]:
    """Beliefs to fit on: those met early and in the long run; for a hidden Markov model of few states its whole simplex too,
    where the polynomial has no gaps to swing in (better the noisier the process is)."""
    early = []
    for depth, level in enumerate(levels(process)):
        early.append(level.beliefs)
        if depth == 8 or len(level.beliefs) > 100:
            break
    places = [np.concatenate([*early, _long_run(process, seed + 1)])]
    if process.is_hidden_markov and process.n_states <= 4:
        rng = np.random.Generator(np.random.Philox(seed))
        inside = rng.dirichlet(np.full(process.n_states, 0.6), _SAMPLES * _MOST_TERMS)
        places.append(np.concatenate([inside, np.eye(process.n_states), process.stationary[None, :]]))
    return places


def _long_run(process: Process, seed: int) -> np.ndarray:
    windows = process.generate_windows(_SAMPLES * _MOST_TERMS // 6, 64, seed)
    return process.beliefs(windows)[:, 16::8].reshape(-1, process.n_states)


class _Basis(NamedTuple):
    """Chebyshev products on the box that holds the beliefs, in the directions in which they differ."""

    centre: np.ndarray
    directions: np.ndarray
    reach: np.ndarray

    @classmethod
    def of(cls, beliefs: np.ndarray) -> "_Basis | None":
        centre = beliefs.mean(axis=0)
        _, scales, rows = np.linalg.svd(beliefs - centre, full_matrices=False)
        kept = scales > 1e-7 * max(scales[0], 1e-300)
        if scales[0] < 1e-9:
            return None
        directions = rows[kept].T
        return cls(centre, directions, abs((beliefs - centre) @ directions).max(axis=0) * _MARGIN)

    @property
    def dimension(self) -> int:
        return self.directions.shape[1]

    def values(self, beliefs: np.ndarray, degree: int) -> np.ndarray:
        """Every product of total degree 1 .. degree, float64 (M, terms)."""
        points = (beliefs - self.centre) @ self.directions / self.reach
        single = np.polynomial.chebyshev.chebvander(points, degree)
        columns = []
        for powers in tuples(range(degree + 1), repeat=self.dimension):
            if 0 < sum(powers) <= degree:
                column = single[:, 0, powers[0]].copy()
                for axis in range(1, self.dimension):
                    column *= single[:, axis, powers[axis]]
                columns.append(column)
        return np.stack(columns, axis=1)


class _Fit(NamedTuple):
    """Polynomials g, g2, g3 (columns of `solutions`), each solving for the one before; the spread that the first leaves."""

    basis: _Basis
    degree: int
    solutions: np.ndarray
    spread: float


def _fit(process: Process, basis: _Basis, degree: int, met: np.ndarray, fresh: np.ndarray) -> _Fit:
    here, moved = basis.values(met, degree), _after(process, basis, degree, met)
    if not (np.isfinite(moved).all() and np.isfinite(here).all()):
        return _Fit(basis, degree, np.zeros((here.shape[1], 3)), math.inf)  # beliefs move too far from those that were met
    u, s, vt = np.linalg.svd(np.concatenate([here - moved, np.ones((len(met), 1))], axis=1), full_matrices=False)
    keep = s > 1e-14 * s[0]

    def solved(values: np.ndarray) -> np.ndarray:
        return (vt[keep].T @ ((u[:, keep].T @ values) / s[keep]))[:-1]  # the last entry is the average: h, for the first

    first = solved(emission_entropy(process, met))
    second = solved(here @ first)
    third = solved(here @ second)
    change = basis.values(fresh, degree) - _after(process, basis, degree, fresh)
    residual = emission_entropy(process, fresh) - change @ first
    return _Fit(basis, degree, np.stack([first, second, third], axis=1), float(residual.max() - residual.min()))


def _distance(process: Process, fit: _Fit, rate: float, seed: int) -> float:
    """How far h may be from `rate`: the mean of (*) over many generated sequences is h, however good g is."""
    met = process.beliefs(process.generate_windows(_SEQUENCES, 64, seed))[:, 24::20].reshape(-1, process.n_states)
    values = []
    for part in np.array_split(met, 8):
        change = fit.basis.values(part, fit.degree) - _after(process, fit.basis, fit.degree, part)
        values.append(emission_entropy(process, part) - change @ fit.solutions[:, 0])
    means = np.concatenate(values).reshape(_SEQUENCES, -1).mean(axis=1)
    return abs(float(means.mean()) - rate) + 4 * float(means.std(ddof=1)) / _SEQUENCES**0.5


def _from_enumeration(process: Process, fit: _Fit) -> tuple[float, float, float, int, np.ndarray]:
    """h, E, T, the number of symbols, and what the polynomials alone say of the rest of E and T.

    The beliefs of all words of some length L, exactly weighted, stand in place of samples.

    With h_k = H(X_k | X_1..k-1) and averages <g>_L over these beliefs: h = h_L+1 + <g>_L+1 - <g>_L, where the polynomial
    only has to say what is left after L symbols; the sums over k > L that E and T need come from g2 and g3 alike.
    """
    myopic, averages = [], []
    for level in levels(process):
        myopic.append(float(level.weights @ emission_entropy(process, level.beliefs)))
        parts = np.array_split(np.arange(len(level.weights)), 1 + len(level.weights) // 4096)
        values = [fit.basis.values(level.beliefs[part], fit.degree) @ fit.solutions for part in parts]
        sums = [level.weights[part] @ value for part, value in zip(parts, values, strict=True)]
        averages.append(np.sum(sums, axis=0))
        if len(level.weights) * process.alphabet_size > _MOST_AVERAGED or len(myopic) > 200:
            break
    left = averages[-2] - averages[-1]  # of each solution: the sum over all k > depth of what it solves for
    depth = len(myopic) - 2
    rate = myopic[depth] - float(left[0])
    above = np.array(myopic[:depth]) - rate
    excess = float(above.sum() + left[1])
    transient = float((np.arange(1, depth + 1) * above).sum() + depth * left[1] + left[2])
    return rate, excess, transient, depth, left[1:]


def _after(process: Process, basis: _Basis, degree: int, beliefs: np.ndarray) -> np.ndarray:
    """U of every basis function at these beliefs."""
    total: np.ndarray | float = 0.0
    for matrix in process.tensor:
        moved = beliefs @ matrix
        p = moved @ process.right_vector
        safe = np.where(p > 1e-300, p, 1.0)
        total = total + np.where(p > 1e-300, p, 0.0)[:, None] * basis.values(moved / safe[:, None], degree)
    return np.asarray(total)


def _variance(process: Process, fit: _Fit, beliefs: np.ndarray) -> float:
    """Average over beliefs of the variance of -log2 p(x|b) + g(b_x): the code length without its predictable part."""
    first = second = 0.0
    for matrix in process.tensor:
        moved = beliefs @ matrix
        p = moved @ process.right_vector
        safe = np.where(p > 1e-300, p, 1.0)
        cost = -np.log2(safe) + fit.basis.values(moved / safe[:, None], fit.degree) @ fit.solutions[:, 0]
        weight = np.where(p > 1e-300, p, 0.0)
        first, second = first + weight * cost, second + weight * cost**2
    return float(np.mean(second - np.asarray(first) ** 2))
