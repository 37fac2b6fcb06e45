"""How belief geometry comes about: error and R^2 at every checkpoint, against tokens seen and against the loss gap."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import read_activations
from mdlbench.beliefs.fidelity import fidelity
from mdlbench.beliefs.loss_gap import compare
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import Moments, cross_validate, fit
from mdlbench.beliefs.seed_result import Stage, StageFit
from mdlbench.processes import Process

PUBLISHED_MSE = {64_000: 0.01182, 640_000: 0.00841, 3_190_000: 0.00248, 629_000_000: 0.000386}
"""Mess3(0.05, 0.85): element mean over all words of length 10 and positions, in sample, by tokens seen (arXiv:2405.15943)."""


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
