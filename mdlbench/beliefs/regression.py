"""Affine and ridge maps from activations to beliefs, held out by distinct prefix, from moments summed chunk by chunk.

One pass over the rows sums, for each part (fold) of the prefixes, the weighted second moments of [1, features, targets] in
float64. Every fit is then a solve with a sub-matrix of sums of those: any site, any set of folds, no further pass.

* Least squares: minimum norm; directions of the standardised features that carry less than 1e-12 of their variance are dropped,
  since they are the rounding of float32 (layers side by side are nearly collinear).
* Ridge: the penalty is in units of the standardised features' variance, chosen from 1e-8 .. 10 by cross-validation inside the
  training folds alone; the held-out fold is never looked at. Groups of targets (beliefs, shuffled beliefs) choose their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_CHUNK = 8192  # rows turned into float64 at a time
_ROUNDING = 1e-12
PENALTIES = tuple(10.0**power for power in range(-8, 2))


@dataclass(frozen=True, eq=False)
class AffineMap:
    """features @ weight + offset.

    Attributes:
        weight: float64 (p, q).
        offset: float64 (q,).
        penalties: float64 (q,), of the ridge; 0 for least squares.
    """

    weight: np.ndarray
    offset: np.ndarray
    penalties: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """float64 (n, q) of features (n, p)."""
        return features @ self.weight + self.offset

    def image(self, features: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """float64 (n, q) of some columns (p,) of features, turned into float64 a chunk at a time."""
        chunks = range(0, len(features), _CHUNK)
        return np.concatenate([self(features[first : first + _CHUNK, columns]) for first in chunks])

    def of_targets(self, count: int) -> "AffineMap":
        """The map to the first so many targets."""
        return AffineMap(self.weight[:, :count], self.offset[:count], self.penalties[:count])


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What cross-validation predicted.

    Attributes:
        predictions: float64 (n, q), each row by the map that was fitted without its fold.
        maps: for each fold, that map.
    """

    predictions: np.ndarray
    maps: list[AffineMap]


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted second moments of [1, features (p), targets (q)], one matrix for each fold: float64 (folds, 1+p+q, 1+p+q)."""

    sums: np.ndarray
    n_features: int

    @classmethod
    def of(cls, features: np.ndarray, targets: np.ndarray, weights: np.ndarray, folds: np.ndarray) -> "Moments":
        """Sum over rows, 8,192 at a time.

        Args:
            features: float (n, p), a memory map will do.
            targets: float64 (n, q).
            weights: float64 (n,).
            folds: int (n,), 0 .. F - 1.
        """
        p = features.shape[1]
        sums = np.zeros((int(folds.max()) + 1, 1 + p + targets.shape[1], 1 + p + targets.shape[1]))
        for first in range(0, len(features), _CHUNK):
            part = slice(first, first + _CHUNK)
            rows = np.column_stack([np.ones(len(targets[part])), features[part], targets[part]])
            for fold in np.unique(folds[part]):
                chosen = rows[folds[part] == fold]
                sums[fold] += (chosen * weights[part][folds[part] == fold, None]).T @ chosen
        return cls(sums, p)

    def without(self, *folds: int) -> np.ndarray:
        """The sum over all other folds."""
        kept = [fold for fold in range(len(self.sums)) if fold not in folds]
        return self.sums[kept].sum(axis=0)

    def squared_errors(self, fitted: AffineMap, columns: np.ndarray, fold: int) -> np.ndarray:
        """Weighted squared error of a map on one fold, float64 (q,), one for each target."""
        rows = np.concatenate([[0], 1 + columns])
        inputs, targets = np.ix_(rows, rows), slice(1 + self.n_features, None)
        moments, coefficients = self.sums[fold], np.vstack([fitted.offset, fitted.weight])
        explained = 2 * moments[rows, targets] - moments[inputs] @ coefficients
        return np.diag(moments[targets, targets]) - (coefficients * explained).sum(axis=0)


class Solver:
    """Least-squares and ridge maps from one sum of moments, for some columns; the decomposition is done once."""

    def __init__(self, sums: np.ndarray, n_features: int, columns: np.ndarray) -> None:
        total, targets = sums[0, 0], slice(1 + n_features, None)
        rows = 1 + columns
        self._mean, self._mean_target = sums[0, rows] / total, sums[0, targets] / total
        covariance = sums[np.ix_(rows, rows)] / total - np.outer(self._mean, self._mean)
        crossed = sums[rows, targets] / total - np.outer(self._mean, self._mean_target)
        variance = np.diag(covariance).clip(0)
        flat = variance <= _ROUNDING * np.maximum(self._mean**2, variance.max(initial=0.0))  # constant but for rounding
        self._scale = np.where(flat, 0.0, 1 / np.sqrt(np.where(flat, 1.0, variance)))
        self._values, self._vectors = np.linalg.eigh(covariance * np.outer(self._scale, self._scale))
        self._crossed = self._vectors.T @ (crossed * self._scale[:, None])

    def map(self, penalties: np.ndarray | float = 0.0) -> AffineMap:
        """The map with this penalty, or one for each target; 0 is least squares."""
        penalties = np.broadcast_to(np.asarray(penalties, np.float64), self._mean_target.shape)
        kept = self._values > _ROUNDING * max(self._values[-1], 1e-300)
        inverse = kept[:, None] / (np.where(kept, self._values, 1.0)[:, None] + penalties)
        weight = (self._vectors @ (self._crossed * inverse)) * self._scale[:, None]
        return AffineMap(weight, self._mean_target - self._mean @ weight, penalties)


def fit(moments: Moments, columns: np.ndarray) -> AffineMap:
    """Least squares on every row, nothing held out (as the published figures)."""
    return Solver(moments.without(), moments.n_features, columns).map()


def cross_validate(
    moments: Moments,
    features: np.ndarray,
    folds: np.ndarray,
    columns: Mapping[str, np.ndarray],
    *,
    ridge: bool = False,
    groups: Sequence[slice] = (slice(None),),
) -> dict[str, HeldOut]:
    """Predict every row by a map fitted on the other folds.

    Args:
        moments: of the same features and folds.
        features: float (n, p).
        folds: int (n,).
        columns: for each name, which features it may use.
        ridge: choose penalties inside the training folds, see above; otherwise least squares.
        groups: which targets share a penalty.

    Returns:
        For each name what was predicted.
    """
    q = moments.sums.shape[1] - 1 - moments.n_features
    found = {name: HeldOut(np.empty((len(features), q)), []) for name in columns}
    for name, chosen in columns.items():
        penalties = _penalties(moments, chosen, groups) if ridge else np.zeros((len(moments.sums), q))
        for fold, penalty in enumerate(penalties):
            found[name].maps.append(Solver(moments.without(fold), moments.n_features, chosen).map(penalty))
    for first in range(0, len(features), _CHUNK):
        rows = features[first : first + _CHUNK].astype(np.float64)
        for fold in np.unique(folds[first : first + _CHUNK]):
            held = np.flatnonzero(folds[first : first + _CHUNK] == fold)
            for name, chosen in columns.items():
                found[name].predictions[first + held] = found[name].maps[fold](rows[np.ix_(held, chosen)])
    return found


def _penalties(moments: Moments, columns: np.ndarray, groups: Sequence[slice]) -> np.ndarray:
    """float64 (folds, q): the penalty with the least error on the other folds, each of those held out in turn."""
    count, q = len(moments.sums), moments.sums.shape[1] - 1 - moments.n_features
    errors = np.zeros((count, len(PENALTIES), q))
    for one in range(count):
        for other in range(one):
            solver = Solver(moments.without(one, other), moments.n_features, columns)
            for at, penalty in enumerate(PENALTIES):
                fitted = solver.map(penalty)
                errors[one, at] += moments.squared_errors(fitted, columns, other)
                errors[other, at] += moments.squared_errors(fitted, columns, one)
    found = np.empty((count, q))
    for group in groups:
        best = errors[:, :, group].sum(axis=2).argmin(axis=1)
        found[:, group] = np.array(PENALTIES)[best, None]
    return found
