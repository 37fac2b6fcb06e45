"""Belief geometry of one network: every site, weighting and control, held out; and its image for pictures."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import ALL, Activations, read_activations
from mdlbench.beliefs.controls import control_features
from mdlbench.beliefs.dynamics import measure_dynamics
from mdlbench.beliefs.fidelity import bootstrap, distance_preservation, fidelity
from mdlbench.beliefs.intervention import measure_intervention
from mdlbench.beliefs.loss_gap import compare
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import AffineMap, Moments, cross_validate, fit
from mdlbench.beliefs.result import Setting
from mdlbench.beliefs.seed_result import Control, Dynamics, Fit, Intervention, Method, Synchronised, Weighting
from mdlbench.beliefs.synchronisation import synchronisation
from mdlbench.processes import Process

_PAIRS = 50_000
_METHODS: tuple[Method, ...] = ("affine", "ridge")


@dataclass(frozen=True, eq=False)
class Geometry:
    """What was measured of one network: see `result.SeedBeliefs`; and the held-out image of all layers, float64 (n, N)."""

    loss_gap_bits: float
    fits: tuple[Fit, ...]
    controls: tuple[Control, ...]
    dynamics: tuple[Dynamics, ...]
    synchronisation: tuple[Synchronised, ...]
    intervention: Intervention
    image: np.ndarray


def measure_geometry(
    process: Process, network: Any, prefixes: Prefixes, setting: Setting, untrained: Any | None = None
) -> Geometry:
    """Everything about one network.

    Args:
        process: the source it was trained on.
        network: in evaluation mode.
        prefixes: of the process, up to `setting.length`.
        untrained: the network before training, the control; None leaves that unknown.
    """
    activations = read_activations(network, prefixes)
    before = None if untrained is None else read_activations(untrained, prefixes)
    folds, image = prefixes.folds(setting.folds), np.empty(0)
    maps: dict[str, AffineMap] = {}
    fits: list[Fit] = []
    controls: list[Control] = []
    moves: list[Dynamics] = []
    for weighting in setting.weightings:
        found, predicted, fitted = _fits(prefixes, activations, weighting, folds, setting)
        fits += found if before is None else _with_untrained(found, prefixes, before, weighting, folds)
        controls += _controls(process, prefixes, activations, weighting, folds, setting)
        for site in dict.fromkeys((activations.names[-1], ALL)):
            moves.append(
                measure_dynamics(process, prefixes, predicted[site], folds, site=site, weighting=weighting, seed=setting.seed)
            )
        if weighting == "prefix" or not maps:
            image, maps = predicted[ALL], fitted
    return Geometry(
        loss_gap_bits=compare(activations.log_probabilities, process, prefixes).mean_bits,
        fits=tuple(fits),
        controls=tuple(controls),
        dynamics=tuple(moves),
        synchronisation=tuple(synchronisation(process, prefixes, activations.log_probabilities, image)),
        intervention=measure_intervention(process, network, prefixes, activations, maps, folds == 0, seed=setting.seed),
        image=image,
    )


def _fits(
    prefixes: Prefixes, activations: Activations, weighting: Weighting, folds: np.ndarray, setting: Setting
) -> tuple[list[Fit], dict[str, np.ndarray], dict[str, AffineMap]]:
    """Rows for every site; held-out ridge images (n, N) for each; and each site's ridge map fitted without fold 0."""
    weights, beliefs, shuffled = (
        prefixes.weights(weighting),
        prefixes.beliefs,
        prefixes.beliefs[prefixes.shuffled(setting.seed)],
    )
    n, features = beliefs.shape[1], activations.features
    moments = Moments.of(features, np.hstack([beliefs, shuffled]), weights, folds)
    rows: list[Fit] = []
    predicted: dict[str, np.ndarray] = {}
    maps: dict[str, AffineMap] = {}
    for method in _METHODS:
        groups = (slice(0, n), slice(n, None))
        held = cross_validate(moments, features, folds, activations.columns, ridge=method == "ridge", groups=groups)
        predicted = {site: one.predictions[:, :n] for site, one in held.items()}
        scores = bootstrap(beliefs, predicted, weights, draws=setting.draws, seed=setting.seed)
        for site, one in held.items():
            score = scores[site]
            row = Fit(
                site,
                weighting,
                method,
                score.r2,
                score.low,
                score.high,
                score.mse,
                shuffled_r2=fidelity(shuffled, one.predictions[:, n:], weights).r2,
                distance_r2=distance_preservation(beliefs, predicted[site], weights, pairs=_PAIRS, seed=setting.seed),
            )
            if method == "affine":
                columns = activations.columns[site]
                rows.append(_in_sample(row, moments, features, columns, prefixes, weights, setting.seed))
            else:
                rows.append(replace(row, penalties=tuple(float(part.penalties[0]) for part in one.maps)))
                part = one.maps[0]
                maps[site] = AffineMap(part.weight[:, :n], part.offset[:n], part.penalties[:n])
    return rows, predicted, {site: fitted for site, fitted in maps.items() if site != ALL}


def _in_sample(
    row: Fit, moments: Moments, features: np.ndarray, columns: np.ndarray, prefixes: Prefixes, weights: np.ndarray, seed: int
) -> Fit:
    """The row with R^2, MSE and distances of a map fitted on everything it is scored on, as the published figures are."""
    fitted = fit(moments, columns)
    n = prefixes.beliefs.shape[1]
    image = np.concatenate([fitted(features[at : at + 8192, columns])[:, :n] for at in range(0, len(features), 8192)])
    score = fidelity(prefixes.beliefs, image, weights)
    distances = distance_preservation(prefixes.beliefs, image, weights, pairs=_PAIRS, seed=seed)
    return replace(row, in_sample_r2=score.r2, in_sample_mse=score.mse, in_sample_distance_r2=distances)


def _with_untrained(
    rows: list[Fit], prefixes: Prefixes, before: Activations, weighting: Weighting, folds: np.ndarray
) -> list[Fit]:
    """The rows with the R^2 of the network before training beside theirs."""
    weights = prefixes.weights(weighting)
    moments = Moments.of(before.features, prefixes.beliefs, weights, folds)
    held = {
        method: cross_validate(moments, before.features, folds, before.columns, ridge=method == "ridge") for method in _METHODS
    }
    return [
        replace(row, untrained_r2=fidelity(prefixes.beliefs, held[row.method][row.site].predictions, weights).r2)
        for row in rows
    ]


def _controls(
    process: Process, prefixes: Prefixes, activations: Activations, weighting: Weighting, folds: np.ndarray, setting: Setting
) -> list[Control]:
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
        rows.append(Control(name, weighting, score.r2, score.mse, *distances))
    return rows
