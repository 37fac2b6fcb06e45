"""A learner fitted to all examples: the best in hindsight that its own recipe finds, and its loss on examples held out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.prequential.calibration import CALIBRATIONS
from mdlbench.prequential.coding import Settings, calibrated_bits
from mdlbench.prequential.learners import Shape, build_learner, canonical
from mdlbench.prequential.online import begin, pass_online
from mdlbench.prequential.store import Arrays, NoStore, Store, digest_of

HELD_OUT = 5  # one in so many


@dataclass(frozen=True, eq=False)
class Fitted:
    """After a fit to all examples.

    Attributes:
        bits: of each example, which the fit has seen: no code, but what regret is measured against; float64 (n,).
        weights: of each layer; empty for learners that count.
        visited: examples that training saw.
    """

    bits: np.ndarray
    weights: list[np.ndarray]
    visited: int


def fit_all(
    features: np.ndarray, labels: np.ndarray, learner: str, *, seed: int = 0, classes: int, store: Store | None = None
) -> Fitted:
    """Fit a learner to all examples from scratch."""

    def compute() -> Arrays:
        built = build_learner(learner, Shape(features.shape[1], classes), np.random.default_rng([seed, 5]))
        built.fit(features, labels)
        bits = CALIBRATIONS["none"](built.log2_probabilities(features), labels)
        layers = {f"layer{place}": layer for place, layer in enumerate(built.weights)}
        return {"bits": bits, "visited": np.array(built.visited), **layers}

    found = (store or NoStore()).piece(_key("all", features, labels, learner, seed, classes), compute)
    layers = [found[f"layer{place}"] for place in range(len(found) - 2)]
    return Fitted(found["bits"], layers, int(found["visited"]))


def held_out_bits(
    features: np.ndarray,
    labels: np.ndarray,
    learner: str,
    settings: Settings,
    *,
    seed: int = 0,
    classes: int,
    store: Store | None = None,
) -> np.ndarray:
    """Bits of each example of the last fifth, after training on the others as this code trains: the final loss, held out.

    Block-wise that is one fit from scratch, online one pass with replay. Calibrated, the temperature is learnt on the held-out
    part as it is everywhere: forward only.
    """
    cut = len(labels) - len(labels) // HELD_OUT

    def compute() -> Arrays:
        shape = Shape(features.shape[1], classes)
        if settings.mode == "online":
            built, streams = begin(learner, shape, settings, seed)
            pass_online(built, features[:cut], labels[:cut], settings.batch, streams)
        else:
            built = build_learner(learner, shape, np.random.default_rng([seed, 6]))
            built.fit(features[:cut], labels[:cut])
        return {"logs": built.log2_probabilities(features[cut:])}

    more = {"mode": settings.mode, "batch": settings.batch, "replay": settings.replay}
    key = {**_key("held out", features, labels, learner, seed, classes), **more}
    logs = (store or NoStore()).piece(key, compute)["logs"]
    return calibrated_bits(learner, settings, logs, labels[cut:])


def _key(what: str, features: np.ndarray, labels: np.ndarray, learner: str, seed: int, classes: int) -> Mapping[str, Any]:
    data = digest_of(features, labels)
    return {"what": what, "data": data, "classes": classes, "learner": canonical(learner), "seed": seed}
