"""Belief geometry of one network: every site, weighting and control, held out; its image for pictures; how it comes about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np

from mdlbench.beliefs.activations import ALL, Activations, read_activations
from mdlbench.beliefs.controls import EXACT, NETWORK, Features, control_features
from mdlbench.beliefs.dynamics import measure_dynamics
from mdlbench.beliefs.fidelity import beliefs_interval, distance_preservation, fidelity
from mdlbench.beliefs.intervention import measure_intervention
from mdlbench.beliefs.loss_gap import compare
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import HeldOut, Moments, cross_validate, fit
from mdlbench.beliefs.result import Setting
from mdlbench.beliefs.seed_result import Dynamics, Fit, InSample, Method, SeedBeliefs, Split, Stage, StageFit, Weighting
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
        process: what it was trained on.
        network: in evaluation mode.
        prefixes: of the process, up to `setting.length`.
        untrained: the network before training, the control; None leaves that unknown.
        seed, tokens: of its training; labels.
    """
    activations = read_activations(network, prefixes)
    predictions = np.exp(activations.log_probabilities)
    sources = (Features.of_network(activations), Features.of_controls(control_features(process, prefixes, predictions)))
    before = None if untrained is None else read_activations(untrained, prefixes)
    fits: list[Fit] = []
    moves: list[Dynamics] = []
    for split, folds in prefixes.splits(setting.folds).items():
        moves.clear()  # of the last split, as are images and maps below
        for weighting in setting.weightings:
            view = _View(prefixes, folds, setting, split, weighting)
            held = [view.fitted(source) for source in sources]
            rows = view.before(before)
            fits += [row for source, one in zip(sources, held, strict=True) for row in view.rows(source, one, rows)]
            ridge = held[0]["ridge"]
            for site in (activations.names[-1], ALL):
                image = ridge[site].predictions[:, : process.n_states]
                moves.append(
                    measure_dynamics(process, prefixes, image, folds, site=site, weighting=weighting, seed=setting.seed)
                )
    fold = _widest(prefixes, folds)
    maps = {site: one.maps[fold].of_targets(process.n_states) for site, one in ridge.items() if site != ALL}
    measured = SeedBeliefs(
        seed=seed,
        tokens=tokens,
        loss_gap_bits=compare(activations.log_probabilities, process, prefixes).mean_bits,
        fits=tuple(fits),
        in_sample=tuple(row for source in sources for row in _in_sample(prefixes, source, setting.seed)),
        dynamics=tuple(moves),
        synchronisation=tuple(synchronisation(process, prefixes, activations.log_probabilities, image)),
        intervention=measure_intervention(process, network, prefixes, activations, maps, folds == fold, seed=setting.seed),
        emergence=(),
    )
    return measured, image


def emergence(
    process: Process, prefixes: Prefixes, networks: Iterable[tuple[int, Any]], *, folds: int = 5
) -> Iterator[tuple[Stage, np.ndarray]]:
    """What was measured of each (tokens, network), and its held-out image at the last site, float64 (n, N).

    Held out by ridge, in sample by least squares; networks are used one at a time. The next symbol's distributions go with the
    sites as controls.
    """
    splits, beliefs = prefixes.splits(folds), prefixes.beliefs
    alike, by_word = prefixes.weights("prefix"), prefixes.weights("word")
    for tokens, network in networks:
        activations = read_activations(network, prefixes)
        told = {EXACT: beliefs @ process.emission, NETWORK: np.exp(activations.log_probabilities)}
        sites: dict[str, StageFit] = {}
        for source in (Features.of_network(activations), Features.of_controls(told)):
            held = {
                split: cross_validate(
                    Moments.of(source.values, beliefs, alike, parts), source.values, parts, source.columns, ridge=True
                )
                for split, parts in splits.items()
            }
            everything = Moments.of(source.values, beliefs, by_word, np.zeros(len(prefixes), np.int64))
            for site, columns in source.columns.items():
                within = fidelity(beliefs, fit(everything, columns).image(source.values, columns), by_word)
                r2 = {split: fidelity(beliefs, one[site].predictions, alike).r2 for split, one in held.items()}
                sites[site] = StageFit(r2, within.mse, within.r2)
            if not source.control:
                image = held[list(splits)[-1]][activations.names[-1]].predictions
        gap = compare(activations.log_probabilities, process, prefixes).mean_bits
        yield Stage(tokens, gap, sites), image


def _widest(prefixes: Prefixes, folds: np.ndarray) -> int:
    """The fold with the most different beliefs among prefixes one symbol short of the longest: those are written."""
    near = prefixes.level(max(1, prefixes.length - 1))
    pairs = np.unique(np.column_stack([folds[near], prefixes.belief_numbers[near]]), axis=0)
    return int(np.bincount(pairs[:, 0]).argmax())


def _in_sample(prefixes: Prefixes, source: Features, seed: int) -> Iterator[InSample]:
    """As published: least squares, fitted and scored on all words alike."""
    beliefs, weights = prefixes.beliefs, prefixes.weights("word")
    moments = Moments.of(source.values, beliefs, weights, np.zeros(len(prefixes), np.int64))
    for name, columns in source.columns.items():
        image = fit(moments, columns).image(source.values, columns)
        score = fidelity(beliefs, image, weights)
        raw = distance_preservation(beliefs, source.values[:, columns], weights, pairs=_PAIRS, seed=seed)
        distances = distance_preservation(beliefs, image, weights, pairs=_PAIRS, seed=seed)
        yield InSample(name, source.control, score.r2, score.mse, distances, raw)


@dataclass(frozen=True, eq=False)
class _View:
    """Prefixes by one split and one weighting."""

    prefixes: Prefixes
    folds: np.ndarray
    setting: Setting
    split: Split
    weighting: Weighting

    @cached_property
    def weights(self) -> np.ndarray:
        return self.prefixes.weights(self.weighting)

    @cached_property
    def shuffled(self) -> np.ndarray:
        return self.prefixes.beliefs[self.prefixes.shuffled(self.setting.seed)]

    def fitted(self, source: Features) -> dict[Method, dict[str, HeldOut]]:
        """Held-out images, by method and name, of beliefs and then of shuffled ones: the one estimator of all figures."""
        n = self.prefixes.beliefs.shape[1]
        targets = np.hstack([self.prefixes.beliefs, self.shuffled])
        moments = Moments.of(source.values, targets, self.weights, self.folds)
        groups = (slice(0, n), slice(n, None))
        return {
            method: cross_validate(moments, source.values, self.folds, source.columns, ridge=method == "ridge", groups=groups)
            for method in get_args(Method)
        }

    def before(self, activations: Activations | None) -> dict[tuple[Method, str], float | None]:
        """R^2 from the untrained network's activations and next-symbol distributions."""
        if activations is None:
            return {}
        told = {NETWORK: np.exp(activations.log_probabilities)}
        n, beliefs = self.prefixes.beliefs.shape[1], self.prefixes.beliefs
        return {
            (method, name): fidelity(beliefs, one.predictions[:, :n], self.weights).r2
            for source in (Features.of_network(activations), Features.of_controls(told))
            for method, held in self.fitted(source).items()
            for name, one in held.items()
        }

    def rows(
        self, source: Features, held: Mapping[Method, Mapping[str, HeldOut]], before: Mapping[tuple[Method, str], float | None]
    ) -> Iterator[Fit]:
        """A row for every method and name."""
        beliefs, weights, groups = self.prefixes.beliefs, self.weights, self.prefixes.belief_numbers
        n = beliefs.shape[1]
        for method, found in held.items():
            for name, one in found.items():
                image = one.predictions[:, :n]
                score, bounds = fidelity(beliefs, image, weights), beliefs_interval(beliefs, image, weights, groups)
                yield Fit(
                    name,
                    source.control,
                    self.split,
                    self.weighting,
                    method,
                    r2=score.r2,
                    r2_low=bounds.low,
                    r2_high=bounds.high,
                    mse=score.mse,
                    shuffled_r2=fidelity(self.shuffled, one.predictions[:, n:], weights).r2,
                    untrained_r2=before.get((method, name)),
                    distance_r2=distance_preservation(beliefs, image, weights, pairs=_PAIRS, seed=self.setting.seed),
                    penalties=tuple(float(part.penalties[0]) for part in one.maps) if method == "ridge" else None,
                )
