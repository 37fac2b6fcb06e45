"""How belief geometry comes about: error and R^2 at every checkpoint, against tokens seen and against the loss gap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import read_activations
from mdlbench.beliefs.fidelity import fidelity
from mdlbench.beliefs.loss_gap import compare
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import Moments, cross_validate, fit

PUBLISHED_MSE = {64_000: 0.01182, 640_000: 0.00841, 3_190_000: 0.00248, 629_000_000: 0.000386}
"""Mess3(0.05, 0.85): element mean over all words of length 10 and positions, in sample, by tokens seen (arXiv:2405.15943)."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One checkpoint.

    Attributes:
        values: {"tokens", "loss_gap_bits", "sites": {site: {"r2", "in_sample_mse", "in_sample_r2"}}}: r2 held out with every
            prefix alike; in_sample_mse with every word and position alike, as published.
        images: for each site float64 (n, N), held out.
    """

    values: dict[str, Any]
    images: dict[str, np.ndarray]


def emergence(process: Any, prefixes: Prefixes, networks: Iterable[tuple[int, Any]], *, folds: int = 5) -> Iterator[Stage]:
    """A `Stage` for each (tokens, network), held out by ridge, in sample by least squares; networks are used one at a time."""
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
            sites[site] = {"r2": r2, "in_sample_mse": within.mse, "in_sample_r2": within.r2}
        gap = compare(activations.log_probabilities, process, prefixes).mean_bits
        yield Stage(
            {"tokens": tokens, "loss_gap_bits": gap, "sites": sites}, {site: one.predictions for site, one in held.items()}
        )


def _image(fitted: Any, features: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.concatenate([fitted(features[at : at + 8192, columns]) for at in range(0, len(features), 8192)])
