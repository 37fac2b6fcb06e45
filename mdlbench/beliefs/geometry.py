"""Belief geometry of one network: every site, weighting and control, held out; its image for pictures; how it comes about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

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
from mdlbench.beliefs.seed_result import Control, Dynamics, Fit, Method, SeedBeliefs, Stage, StageFit, Weighting
from mdlbench.beliefs.synchronisation import synchronisation
from mdlbench.processes import Process

_PAIRS = 50_000
PUBLISHED_MSE = {64_000: 0.01182, 640_000: 0.00841, 3_190_000: 0.00248, 629_000_000: 0.000386}
"""Mess3(0.05, 0.85): element mean over all words of length 10 and positions, in sample, by tokens seen (arXiv:2405.15943)."""


def measure_geometry(
    process: Process,
    network: Any,
    prefixes: Prefixes,
    setting: Setting,
    untrained: Any | None = None,
    *,
    seed: int = 0,
    tokens: int = 0,
) -> tuple[SeedBeliefs, np.ndarray]:
    """Everything about one network but its emergence; and the held-out image of all layers, float64 (n, N).

    Args:
        process: the source it was trained on.
        network: in evaluation mode.
        prefixes: of the process, up to `setting.length`.
        untrained: the network before training, the control; None leaves that unknown.
        seed, tokens: of its training; labels.
    """
    activations = read_activations(network, prefixes)
    before = None if untrained is None else read_activations(untrained, prefixes)
    folds, image = prefixes.folds(setting.folds), np.empty(0)
    maps: dict[str, AffineMap] = {}
    fits: list[Fit] = []
    controls: list[Control] = []
    moves: list[Dynamics] = []
    for weighting in setting.weightings:
        view = _View(process, prefixes, folds, setting, weighting)
        found, images, fitted = view.fits(activations, before)
        fits += found
        controls += view.controls(np.exp(activations.log_probabilities))
        named: dict[str, Any] = {"weighting": weighting, "seed": setting.seed}
        for site in (activations.names[-1], ALL):
            moves.append(measure_dynamics(process, prefixes, images[site], folds, site=site, **named))
        if weighting == "prefix" or not maps:
            image, maps = images[ALL], fitted
    measured = SeedBeliefs(
        seed=seed,
        tokens=tokens,
        loss_gap_bits=compare(activations.log_probabilities, process, prefixes).mean_bits,
        fits=tuple(fits),
        controls=tuple(controls),
        dynamics=tuple(moves),
        synchronisation=tuple(synchronisation(process, prefixes, activations.log_probabilities, image)),
        intervention=measure_intervention(process, network, prefixes, activations, maps, folds == 0, seed=setting.seed),
        emergence=(),
    )
    return measured, image


def emergence(
    process: Process, prefixes: Prefixes, networks: Iterable[tuple[int, Any]], *, folds: int = 5
) -> Iterator[tuple[Stage, np.ndarray]]:
    """What was measured of each (tokens, network), and its held-out image at the last site, float64 (n, N).

    Held out by ridge, in sample by least squares; networks are used one at a time.
    """
    parts, beliefs = prefixes.folds(folds), prefixes.beliefs
    alike, by_word = prefixes.weights("prefix"), prefixes.weights("word")
    for tokens, network in networks:
        activations = read_activations(network, prefixes)
        features, columns = activations.features, activations.columns
        held = cross_validate(Moments.of(features, beliefs, alike, parts), features, parts, columns, ridge=True)
        everything = Moments.of(features, beliefs, by_word, np.zeros(len(prefixes), np.int64))
        sites = {}
        for site, one in held.items():
            within = fidelity(beliefs, fit(everything, columns[site]).image(features, columns[site]), by_word)
            sites[site] = StageFit(fidelity(beliefs, one.predictions, alike).r2, within.mse, within.r2)
        gap = compare(activations.log_probabilities, process, prefixes).mean_bits
        yield Stage(tokens, gap, sites), held[activations.names[-1]].predictions


@dataclass(frozen=True, eq=False)
class _View:
    """Prefixes by one weighting."""

    process: Process
    prefixes: Prefixes
    folds: np.ndarray
    setting: Setting
    weighting: Weighting

    @cached_property
    def weights(self) -> np.ndarray:
        return self.prefixes.weights(self.weighting)

    def fits(
        self, activations: Activations, before: Activations | None
    ) -> tuple[list[Fit], dict[str, np.ndarray], dict[str, AffineMap]]:
        """Rows for every site; held-out ridge images (n, N) for each; and each layer's ridge map fitted without fold 0."""
        beliefs, weights, folds, seed = self.prefixes.beliefs, self.weights, self.folds, self.setting.seed
        shuffled, n = beliefs[self.prefixes.shuffled(seed)], beliefs.shape[1]
        features, columns = activations.features, activations.columns
        moments = Moments.of(features, np.hstack([beliefs, shuffled]), weights, folds)
        earlier = None if before is None else Moments.of(before.features, beliefs, weights, folds)
        rows: list[Fit] = []
        maps: dict[str, AffineMap] = {}
        for method in get_args(Method):
            ridge, groups = method == "ridge", (slice(0, n), slice(n, None))
            held = cross_validate(moments, features, folds, columns, ridge=ridge, groups=groups)
            images = {site: one.predictions[:, :n] for site, one in held.items()}
            scores = bootstrap(beliefs, images, weights, draws=self.setting.draws, seed=seed)
            if before is not None and earlier is not None:
                untrained = cross_validate(earlier, before.features, folds, before.columns, ridge=ridge)
            for site, one in held.items():
                score, image = scores[site], images[site]
                found: dict[str, Any] = {"r2": score.r2, "r2_low": score.low, "r2_high": score.high, "mse": score.mse}
                found["shuffled_r2"] = fidelity(shuffled, one.predictions[:, n:], weights).r2
                found["distance_r2"] = self._distances(image)
                if before is not None:
                    found["untrained_r2"] = fidelity(beliefs, untrained[site].predictions, weights).r2
                if ridge:
                    found["penalties"] = tuple(float(part.penalties[0]) for part in one.maps)
                    maps[site] = one.maps[0].of_targets(n)
                else:  # fitted on everything it is scored on, as the published figures are
                    image = fit(moments, columns[site]).image(features, columns[site])[:, :n]
                    score = fidelity(beliefs, image, weights)
                    found |= {"in_sample_r2": score.r2, "in_sample_mse": score.mse}
                    found["in_sample_distance_r2"] = self._distances(image)
                rows.append(Fit(site, self.weighting, method, **found))
        return rows, images, {site: fitted for site, fitted in maps.items() if site != ALL}

    def _distances(self, image: np.ndarray) -> float | None:
        return distance_preservation(self.prefixes.beliefs, image, self.weights, pairs=_PAIRS, seed=self.setting.seed)

    def controls(self, predictions: np.ndarray) -> Iterator[Control]:
        """Ridge from each control's features; distances both of its image of beliefs and of the features as they are."""
        beliefs = self.prefixes.beliefs
        for name, features in control_features(self.process, self.prefixes, predictions).items():
            moments = Moments.of(features, beliefs, self.weights, self.folds)
            columns = {name: np.arange(features.shape[1])}
            image = cross_validate(moments, features, self.folds, columns, ridge=True)[name].predictions
            score, distances = fidelity(beliefs, image, self.weights), (self._distances(image), self._distances(features))
            yield Control(name, self.weighting, score.r2, score.mse, *distances)
