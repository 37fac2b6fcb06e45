"""Belief geometry of one network: every site, weighting and control, held out, as plain data; and its image for pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import ALL, Activations, read_activations
from mdlbench.beliefs.controls import control_features
from mdlbench.beliefs.dynamics import measure_dynamics
from mdlbench.beliefs.fidelity import DRAWS, bootstrap, distance_preservation, fidelity
from mdlbench.beliefs.intervention import measure_intervention
from mdlbench.beliefs.loss_gap import compare
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import AffineMap, Moments, cross_validate, fit
from mdlbench.beliefs.synchronisation import synchronisation

_PAIRS = 50_000


@dataclass(frozen=True)
class Setting:
    """How a network is measured.

    Attributes:
        length: of the longest prefixes.
        folds: parts of the prefixes, each held out once.
        weightings: see `prefixes.WEIGHTINGS`.
        draws: of the bootstrap.
        seed: of shuffles, pairs, draws and interventions.
    """

    length: int = 10
    folds: int = 5
    weightings: tuple[str, ...] = ("probability", "prefix", "word")
    draws: int = DRAWS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Geometry:
    """What was measured of one network.

    Attributes:
        values: plain JSON data: "fits", "controls", "dynamics", "intervention", "synchronisation", "loss_gap_bits".
        image: float64 (n, N), held-out image of all layers, every prefix alike.
    """

    values: dict[str, Any]
    image: np.ndarray


def measure_geometry(
    process: Any, network: Any, prefixes: Prefixes, setting: Setting, untrained: Any | None = None
) -> Geometry:
    """Everything about one network.

    Args:
        process: the source it was trained on.
        network: in evaluation mode.
        prefixes: of the process, up to `setting.length`.
        untrained: the network before training, the control; None leaves that column null.
    """
    activations = read_activations(network, prefixes)
    before = None if untrained is None else read_activations(untrained, prefixes)
    folds, image = prefixes.folds(setting.folds), np.empty(0)
    maps: dict[str, AffineMap] = {}
    fits: list[dict[str, Any]] = []
    controls: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    for weighting in setting.weightings:
        found, predicted, fitted = _fits(prefixes, activations, weighting, folds, setting)
        if before is not None:
            _add_untrained(found, prefixes, before, weighting, folds)
        fits += found
        controls += _controls(process, prefixes, activations, weighting, folds, setting)
        for site in dict.fromkeys((activations.names[-1], ALL)):
            moved = measure_dynamics(process, prefixes, predicted[site], prefixes.weights(weighting), folds, seed=setting.seed)
            moves.append({"site": site, "weighting": weighting, **moved})
        if weighting == "prefix" or not maps:
            image, maps = predicted[ALL], fitted
    values = {
        "loss_gap_bits": compare(activations.log_probabilities, process, prefixes).mean_bits,
        "fits": fits,
        "controls": controls,
        "dynamics": moves,
        "synchronisation": synchronisation(process, prefixes, activations.log_probabilities, image),
        "intervention": measure_intervention(process, network, prefixes, activations, maps, folds == 0, seed=setting.seed),
    }
    return Geometry(values, image)


def _fits(
    prefixes: Prefixes, activations: Activations, weighting: str, folds: np.ndarray, setting: Setting
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray], dict[str, AffineMap]]:
    """Rows for every site; held-out ridge images (n, N) for each; and each site's ridge map fitted without fold 0."""
    weights, beliefs, shuffled = (
        prefixes.weights(weighting),
        prefixes.beliefs,
        prefixes.beliefs[prefixes.shuffled(setting.seed)],
    )
    n, features = beliefs.shape[1], activations.features
    moments = Moments.of(features, np.hstack([beliefs, shuffled]), weights, folds)
    rows, predicted, maps = [], {}, {}
    for method in ("affine", "ridge"):
        groups = (slice(0, n), slice(n, None))
        held = cross_validate(moments, features, folds, activations.columns, ridge=method == "ridge", groups=groups)
        predicted = {site: one.predictions[:, :n] for site, one in held.items()}
        scores = bootstrap(beliefs, predicted, weights, draws=setting.draws, seed=setting.seed)
        for site, one in held.items():
            row: dict[str, Any] = {"site": site, "weighting": weighting, "method": method, **scores[site].to_json()}
            row["shuffled_r2"] = fidelity(shuffled, one.predictions[:, n:], weights).r2
            row["distance_r2"] = distance_preservation(beliefs, predicted[site], weights, pairs=_PAIRS, seed=setting.seed)
            if method == "affine":
                within = _in_sample(moments, features, activations.columns[site], prefixes, weights, setting.seed)
                row |= within
            else:
                row["penalties"] = [float(part.penalties[0]) for part in one.maps]
                part = one.maps[0]
                maps[site] = AffineMap(part.weight[:, :n], part.offset[:n], part.penalties[:n])
            rows.append(row)
    return rows, predicted, {site: fitted for site, fitted in maps.items() if site != ALL}


def _in_sample(
    moments: Moments, features: np.ndarray, columns: np.ndarray, prefixes: Prefixes, weights: np.ndarray, seed: int
) -> dict[str, float | None]:
    """R^2, MSE and distances of a map fitted on everything it is scored on, as the published figures are."""
    fitted = fit(moments, columns)
    n = prefixes.beliefs.shape[1]
    image = np.concatenate([fitted(features[at : at + 8192, columns])[:, :n] for at in range(0, len(features), 8192)])
    score = fidelity(prefixes.beliefs, image, weights)
    distances = distance_preservation(prefixes.beliefs, image, weights, pairs=_PAIRS, seed=seed)
    return {"in_sample_r2": score.r2, "in_sample_mse": score.mse, "in_sample_distance_r2": distances}


def _add_untrained(
    rows: list[dict[str, Any]], prefixes: Prefixes, before: Activations, weighting: str, folds: np.ndarray
) -> None:
    """Put the R^2 of the network before training beside each row's."""
    weights = prefixes.weights(weighting)
    moments = Moments.of(before.features, prefixes.beliefs, weights, folds)
    for method in ("affine", "ridge"):
        held = cross_validate(moments, before.features, folds, before.columns, ridge=method == "ridge")
        for row in rows:
            if row["method"] == method:
                row["untrained_r2"] = fidelity(prefixes.beliefs, held[row["site"]].predictions, weights).r2


def _controls(
    process: Any, prefixes: Prefixes, activations: Activations, weighting: str, folds: np.ndarray, setting: Setting
) -> list[dict[str, Any]]:
    """Ridge from each control's features; distances both of its image of beliefs and of the features as they are."""
    weights, rows = prefixes.weights(weighting), []
    for name, features in control_features(process, prefixes, activations.predictions).items():
        moments = Moments.of(features, prefixes.beliefs, weights, folds)
        columns = {name: np.arange(features.shape[1])}
        image = cross_validate(moments, features, folds, columns, ridge=True)[name].predictions
        score = fidelity(prefixes.beliefs, image, weights)
        distances = [
            distance_preservation(prefixes.beliefs, part, weights, pairs=_PAIRS, seed=setting.seed)
            for part in (image, features)
        ]
        rows.append({
            "name": name, "weighting": weighting, "r2": score.r2, "mse": score.mse, "distance_r2": distances[0],
            "raw_distance_r2": distances[1],
        })  # fmt: skip
    return rows
