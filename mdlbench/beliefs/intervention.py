"""Write a belief into the residual stream and see whether the next symbol's distribution follows.

At the last position of a prefix the activation a, read as the belief a B + c, is changed so that it reads as another belief b*:

    pseudo-inverse  a + (b* - aB - c) B^+                       the smallest change in the network's own coordinates
    pattern         a + (b* - aB - c) (B'SB)^+ B'S              the smallest in units of the activations' covariance S: what the
                                                                activations do when the belief changes (Haufe et al. 2014)
    random          a change as large as the pseudo-inverse's in a random direction
    swap            the whole activation of the prefix whose belief b* is: the most that a change at this place can do

What follows is scored by D(Bayes prediction from b* || the network's) in bits, with and without the change, and again one
symbol later: a network that recomputes its belief from all symbols follows at once but does not carry what was written.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import NORM, Activations, Sites
from mdlbench.beliefs.dynamics import bayes_update
from mdlbench.beliefs.loss_gap import divergences
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.regression import AffineMap
from mdlbench.beliefs.seed_result import Intervention, Written
from mdlbench.processes import Process
from mdlbench.units import nats_to_bits


def measure_intervention(
    process: Process,
    network: Any,
    prefixes: Prefixes,
    activations: Activations,
    maps: dict[str, AffineMap],
    candidates: np.ndarray,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> Intervention:
    """Divergence from the Bayes prediction of written beliefs, for each site and way of writing.

    Args:
        maps: for each site the map from activations to beliefs (N targets), fitted without the candidates.
        candidates: bool (n,), prefixes that may be written into or whose beliefs may be written.
        samples: pairs of prefixes of L - 1 symbols, drawn by probability; the symbol after is drawn from the written belief.

    Returns:
        What is carried is None for recurrent networks, whose memory is not what is written to.
    """
    task = _Task(process, network, prefixes, candidates, samples, seed)
    unchanged, later = task.divergences()
    own = _divergence(prefixes.beliefs[task.here] @ process.emission, activations.log_probabilities[task.here])
    carries = NORM in activations.names

    def written(site: str, change: np.ndarray) -> Written:
        now, then = task.divergences(site, change)
        carried = (then, _gone(then, later)) if carries else (None, None)
        return Written(now, _gone(now, unchanged), *carried)

    sites = {
        site: {method: written(site, change) for method, change in _changes(activations.at(site), fitted, task, seed)}
        for site, fitted in maps.items()
    }
    return Intervention(len(task.here), unchanged, later, own, sites)


def _gone(left: float, before: float) -> float | None:
    """The share of a divergence that is gone; None where there was none."""
    return 1 - left / before if before > 1e-9 else None


def write_belief(
    values: np.ndarray, fitted: AffineMap, beliefs: np.ndarray, covariance: np.ndarray | None = None
) -> np.ndarray:
    """Activations changed as little as possible so that the map reads the beliefs from them.

    Args:
        values: float (n, d).
        fitted: the map, (d, N).
        beliefs: float64 (n, N).
        covariance: float64 (d, d), the measure of small; None for the identity (the pseudo-inverse).

    Returns:
        float64 (n, d).
    """
    missing = beliefs - fitted(values)
    directions = fitted.weight.T if covariance is None else fitted.weight.T @ covariance
    return values + missing @ np.linalg.pinv(directions @ fitted.weight, rcond=1e-8, hermitian=True) @ directions


class _Task:
    """Drawn prefixes, the beliefs to write, the symbol after, and the network to run."""

    def __init__(
        self, process: Process, network: Any, prefixes: Prefixes, candidates: np.ndarray, samples: int, seed: int
    ) -> None:
        self._sites = Sites(network)
        generator = np.random.default_rng(seed)
        length = max(1, prefixes.length - 1)
        rows = np.flatnonzero(candidates & (prefixes.lengths == length))
        chances = prefixes.probabilities[rows] / prefixes.probabilities[rows].sum()
        self.here, self.there = generator.choice(rows, (2, samples), p=chances)
        self.beliefs = prefixes.beliefs[self.there]
        following = (self.beliefs @ process.emission).clip(0)
        symbols = (following.cumsum(axis=1) < generator.random((samples, 1)) * following.sum(axis=1, keepdims=True)).sum(axis=1)
        self._expected = following, bayes_update(process, self.beliefs, symbols) @ process.emission
        words = prefixes.words[prefixes.first_leaves[self.here], :length]
        self._words, self._at = np.column_stack([words, symbols]).astype(np.int64), length - 1

    def divergences(self, site: str | None = None, values: np.ndarray | None = None) -> tuple[float, float]:
        """From the Bayes predictions in bits, `values` (samples, d) put at the site: at the written position, and one later."""
        import torch

        hook: AbstractContextManager[None] = nullcontext()
        if site is not None and values is not None:
            place, written = torch.tensor([self._at]), torch.from_numpy(values.astype(np.float32))[:, None]
            hook = self._sites.hooked(site, lambda stream: stream.index_copy(1, place, written.to(stream.dtype)))
        with torch.inference_mode(), hook:
            logits = self._sites.network(input_ids=torch.from_numpy(self._words)).logits
        found = torch.log_softmax(logits[:, self._at : self._at + 2].double(), -1).numpy()
        now, later = self._expected
        return _divergence(now, found[:, 0]), _divergence(later, found[:, 1])


def _changes(values: np.ndarray, fitted: AffineMap, task: _Task, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """The site's activations after each way of writing, float64 (samples, d)."""
    here = values[task.here].astype(np.float64)
    inverse = write_belief(here, fitted, task.beliefs)
    noise = np.random.default_rng(seed).standard_normal(here.shape)
    size = np.linalg.norm(inverse - here, axis=1, keepdims=True) / np.linalg.norm(noise, axis=1, keepdims=True)
    covariance = np.cov(values[:: max(1, len(values) // 20_000)].T.astype(np.float64))
    yield "pseudo-inverse", inverse
    yield "pattern", write_belief(here, fitted, task.beliefs, np.atleast_2d(covariance))
    yield "random", here + noise * size
    yield "swap", values[task.there].astype(np.float64)


def _divergence(expected: np.ndarray, log_probabilities: np.ndarray) -> float:
    """Mean D(expected || network) in bits."""
    return nats_to_bits(float(divergences(expected, log_probabilities).mean()))
