"""Regression: known maps come back, nothing leaks from what is held out, penalties do not peek."""

from itertools import pairwise

import numpy as np
import pytest

from mdlbench.beliefs.fidelity import beliefs_interval, distance_preservation, fidelity
from mdlbench.beliefs.regression import PENALTIES, Moments, Solver, cross_validate, fit

RNG = np.random.default_rng(11)


def _known(n: int = 900, p: int = 7, q: int = 3, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, targets, weight and offset of a map."""
    generator = np.random.default_rng(3)
    features = (generator.standard_normal((n, p)) * 10.0 ** generator.uniform(-3, 2, p) + 5).astype(np.float32)
    weight, offset = generator.standard_normal((p, q)), generator.standard_normal(q)
    return features, features @ weight + offset + noise * generator.standard_normal((n, q)), weight, offset


def test_a_known_map_is_recovered() -> None:
    features, targets, weight, offset = _known()
    weights, folds = RNG.random(len(features)), np.arange(len(features)) % 5
    moments = Moments.of(features, targets, weights, folds)
    fitted = fit(moments, np.arange(7))
    np.testing.assert_allclose(fitted.weight, weight, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(fitted.offset, offset, atol=1e-4)
    held = cross_validate(moments, features, folds, {"all": np.arange(7), "some": np.arange(3)})
    assert fidelity(targets, held["all"].predictions, weights).r2 == pytest.approx(1, abs=1e-9)
    r2 = fidelity(targets, held["some"].predictions, weights).r2
    assert r2 is not None
    assert r2 < 0.999


def test_weighted_least_squares_against_numpy() -> None:
    features, targets, *_ = _known(noise=2.0)
    weights, folds = RNG.random(len(features)), np.arange(len(features)) % 3
    fitted = Solver(Moments.of(features, targets, weights, folds).without(2), 7, np.array([0, 2, 5])).map()
    kept = folds != 2
    design = np.column_stack([np.ones(kept.sum()), features[kept][:, [0, 2, 5]]]) * np.sqrt(weights[kept, None])
    expected = np.linalg.lstsq(design, targets[kept] * np.sqrt(weights[kept, None]), rcond=None)[0]
    np.testing.assert_allclose(np.vstack([fitted.offset, fitted.weight]), expected, rtol=1e-6, atol=1e-8)


def test_a_copied_row_is_a_weight() -> None:
    """Every word at every position, or every distinct prefix with how often it comes: the same regression."""
    features, targets, *_ = _known(n=60, noise=1.0)
    counts = RNG.integers(1, 5, 60)
    once = fit(Moments.of(features, targets, counts.astype(float), np.zeros(60, int)), np.arange(7))
    copied = np.repeat(np.arange(60), counts)
    many = fit(Moments.of(features[copied], targets[copied], np.ones(len(copied)), np.zeros(len(copied), int)), np.arange(7))
    np.testing.assert_allclose(once.weight, many.weight, rtol=1e-6)


def test_collinear_and_constant_features() -> None:
    features, targets, *_ = _known()
    doubled = np.column_stack([features, features[:, :4], np.full(len(features), 3.0)]).astype(np.float32)
    folds, weights = np.arange(len(features)) % 4, np.ones(len(features))
    held = cross_validate(Moments.of(doubled, targets, weights, folds), doubled, folds, {"x": np.arange(12)})["x"]
    assert fidelity(targets, held.predictions, weights).r2 == pytest.approx(1, abs=1e-6)
    assert all(abs(one.weight[11]).max() < 1e-6 for one in held.maps)


def test_held_out_rows_do_not_shape_their_map() -> None:
    """Spoiling the targets of a fold changes the maps of all other folds, and its own not at all."""
    features, targets, *_ = _known(noise=1.0)
    folds, weights = np.arange(len(features)) % 4, np.ones(len(features))
    spoilt = np.where((folds == 2)[:, None], 1e3, targets)
    for ridge in (False, True):
        one, other = (
            cross_validate(Moments.of(features, y, weights, folds), features, folds, {"x": np.arange(7)}, ridge=ridge)["x"]
            for y in (targets, spoilt)
        )
        np.testing.assert_allclose(one.maps[2].weight, other.maps[2].weight, rtol=1e-7)
        np.testing.assert_array_equal(one.maps[2].penalties, other.maps[2].penalties)
        assert abs(one.maps[0].weight - other.maps[0].weight).max() > 1e-3


def test_ridge_penalty_is_chosen_inside() -> None:
    """Pure noise gets the largest penalty, a clean map the smallest; groups of targets choose apart."""
    features, targets, *_ = _known(n=200)
    noise = np.random.default_rng(5).standard_normal((200, 2))
    folds, weights = np.arange(200) % 4, np.ones(200)
    moments = Moments.of(features, np.hstack([targets, noise]), weights, folds)
    groups = (slice(0, 3), slice(3, None))
    held = cross_validate(moments, features, folds, {"x": np.arange(7)}, ridge=True, groups=groups)["x"]
    for one in held.maps:
        assert one.penalties[0] == PENALTIES[0]
        assert one.penalties[3] == PENALTIES[-1]
    r2 = fidelity(noise, held.predictions[:, 3:], weights).r2
    assert r2 is not None
    assert abs(r2) < 0.1


def test_shrinking() -> None:
    features, targets, *_ = _known(noise=1.0)
    solver = Solver(Moments.of(features, targets, np.ones(900), np.zeros(900, int)).without(), 7, np.arange(7))
    sizes = [np.linalg.norm((features - features.mean(0)) @ solver.map(penalty).weight) for penalty in (0, 1e-2, 1, 100)]
    assert all(one > other for one, other in pairwise(sizes))


def test_squared_errors_are_those_of_rows() -> None:
    features, targets, *_ = _known(noise=1.0)
    folds, weights = np.arange(900) % 3, RNG.random(900)
    moments, columns = Moments.of(features, targets, weights, folds), np.array([1, 4])
    fitted = Solver(moments.without(1), 7, columns).map(0.1)
    rows = folds == 1
    direct = weights[rows] @ (targets[rows] - fitted(features[rows][:, columns])) ** 2
    np.testing.assert_allclose(moments.squared_errors(fitted, columns, 1), direct, rtol=1e-9)


def test_r2_by_hand() -> None:
    """Beliefs (1, 0), (0, 1), (0, 1), weights 2, 1, 1: mean (1/2, 1/2), SST 2; misses of 1/2 and 1/2 on the first: SSE 1."""
    beliefs = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    predicted = np.array([[0.5, 0.5], [0.0, 1.0], [0.0, 1.0]])
    weights = np.array([2.0, 1.0, 1.0])
    found = fidelity(beliefs, predicted, weights)
    assert found.r2 == pytest.approx(1 - 1 / 2)
    assert found.mse == pytest.approx(1 / 4 / 2)
    centre = np.full((3, 2), 0.5)
    assert fidelity(beliefs, centre, weights).r2 == pytest.approx(0)
    assert fidelity(beliefs, centre, np.ones(3)).r2 == pytest.approx(1 - 1.5 / (4 / 3))  # the mean of other weights
    assert fidelity(np.ones((3, 2)), centre, weights).r2 is None


def drawn(clusters: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Beliefs, predictions, weights, groups: some beliefs under many prefixes, whose errors are nearly one, larger far out."""
    beliefs = generator.dirichlet(np.full(3, 0.5), clusters)
    spread = 0.1 * (1 + 3 * np.abs(beliefs - 1 / 3).max(axis=1, keepdims=True))
    missed = spread * generator.standard_normal(beliefs.shape)
    groups = np.repeat(np.arange(clusters), np.minimum(1 + generator.pareto(2.5, clusters), 50).astype(int))
    predicted = (beliefs + missed)[groups] + 0.02 * generator.standard_normal((len(groups), 3))
    return beliefs[groups], predicted, np.ones(len(groups)), groups


@pytest.mark.parametrize("clusters", [120, 400])
def test_intervals_over_beliefs_hold_the_truth(clusters: int) -> None:
    """Nominal 95 %: between 90 and 98 of 100 hold the R^2 of very many beliefs, though prefixes of one belief repeat it."""
    generator = np.random.default_rng(clusters)
    beliefs, predicted, weights, _ = drawn(200_000, generator)
    truth = fidelity(beliefs, predicted, weights).r2
    held = [one for _ in range(600) if (one := beliefs_interval(*drawn(clusters, generator))).low is not None]
    assert len(held) > 500
    assert 0.90 <= np.mean([one.low <= truth <= one.high for one in held]) <= 0.98  # type: ignore[operator]


def test_an_interval_counts_beliefs_and_not_prefixes() -> None:
    """A thousand prefixes of each of forty beliefs are forty; with every prefix a belief of its own there is an interval."""
    generator = np.random.default_rng(2)
    beliefs = np.repeat(generator.standard_normal((40, 2)), 1000, axis=0)
    predicted, weights = beliefs + generator.standard_normal(beliefs.shape), np.ones(len(beliefs))
    few = beliefs_interval(beliefs, predicted, weights, np.arange(40_000) // 1000)
    assert (few.low, few.high) == (None, None)
    assert few.reason == "40 beliefs are worth 40 of one weight; an interval needs 50"
    many = beliefs_interval(beliefs, predicted, weights, np.arange(40_000))
    assert many.low < fidelity(beliefs, predicted, weights).r2 < many.high  # type: ignore[operator]
    exact = beliefs_interval(beliefs, beliefs, weights, np.arange(40_000))
    assert (exact.low, exact.high) == (1, 1)
    same = beliefs_interval(np.ones((90, 2)), np.ones((90, 2)), np.ones(90), np.arange(90))
    assert (same.low, same.reason) == (None, "beliefs do not vary")


def test_distances() -> None:
    points = RNG.standard_normal((300, 3))
    turned = np.linalg.qr(RNG.standard_normal((5, 5)))[0][:3] * 7
    assert distance_preservation(points, points @ turned + 2, np.ones(300)) == pytest.approx(1)
    unrelated = distance_preservation(points, RNG.standard_normal((300, 3)), np.ones(300))
    assert unrelated is not None
    assert unrelated < 0.05
    assert distance_preservation(points, np.ones((300, 2)), np.ones(300)) is None
