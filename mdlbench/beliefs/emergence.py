"""How belief geometry comes about: error and R^2 at every checkpoint, against tokens seen and against the loss gap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import read_activations
from mdlbench.beliefs.fidelity import fidelity
from mdlbench.beliefs.loss_gap import compare
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import AffineMap, Moments, cross_validate, fit
from mdlbench.beliefs.seed_result import Stage, StageFit
from mdlbench.processes import Process

PUBLISHED_MSE = {64_000: 0.01182, 640_000: 0.00841, 3_190_000: 0.00248, 629_000_000: 0.000386}
"""Mess3(0.05, 0.85): element mean over all words of length 10 and positions, in sample, by tokens seen (arXiv:2405.15943)."""


@dataclass(frozen=True, eq=False)
class Emerged:
    """One checkpoint: what was measured, and for each site the held-out image, float64 (n, N)."""

    stage: Stage
    images: dict[str, np.ndarray]


def emergence(
    process: Process, prefixes: Prefixes, networks: Iterable[tuple[int, Any]], *, folds: int = 5
) -> Iterator[Emerged]:
    """One for each (tokens, network), held out by ridge, in sample by least squares; networks are used one at a time."""
    parts, beliefs = prefixes.folds(folds), prefixes.beliefs
    alike, by_word = prefixes.weights("prefix"), prefixes.weights("word")
    for tokens, network in networks:
        activations = read_activations(network, prefixes)
        features, columns = activations.features, activations.columns
        held = cross_validate(Moments.of(features, beliefs, alike, parts), features, parts, columns, ridge=True)
        everything = Moments.of(features, beliefs, by_word, np.zeros(len(prefixes), np.int64))
        sites = {}
        for site, one in held.items():
            within = fidelity(beliefs, _image(fit(everything, columns[site]), features, columns[site]), by_word)
            r2 = fidelity(beliefs, one.predictions, alike).r2
            sites[site] = StageFit(r2, within.mse, within.r2)
        gap = compare(activations.log_probabilities, process, prefixes).mean_bits
        yield Emerged(Stage(tokens, gap, sites), {site: one.predictions for site, one in held.items()})


def _image(fitted: AffineMap, features: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.concatenate([fitted(features[at : at + 8192, columns]) for at in range(0, len(features), 8192)])
