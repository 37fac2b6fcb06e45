"""The online code with replay streams (J. Bornschein, Y. Li & M. Hutter, ICLR 2023: mini-batch incremental training).

A batch is coded, then learnt once, then every replay stream gives one old batch that is learnt once more. A stream goes through
the past in order and begins again with probability 1 / (t + 2) after batch t: its place is then uniform over all batches so
far, with nothing held in memory but the place.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mdlbench.prequential.learners import Learner, Shape, build_learner
from mdlbench.prequential.store import Arrays, Store

if TYPE_CHECKING:
    from mdlbench.prequential.coding import Settings


class ReplayStreams:
    """Places in the past, in batches.

    Example:
        >>> streams = ReplayStreams(3, np.random.default_rng(0))
        >>> streams.advance(0)
        array([0, 0, 0])
    """

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self._places, self._rng = np.full(count, -1), rng

    def advance(self, now: int) -> np.ndarray:
        """The batch that each stream gives once batch `now` was learnt: uniform over 0 .. now."""
        restart = self._rng.random(len(self._places)) < 1 / (now + 1)
        self._places = np.where(restart, 0, self._places + 1)
        return self._places


def pass_online(learner: Learner, features: np.ndarray, labels: np.ndarray, batch: int, streams: ReplayStreams) -> np.ndarray:
    """One pass: log2 of the probability of each class when each example was coded, float64 (n, classes)."""
    logs = np.empty((len(labels), learner.shape.classes))
    for now, start in enumerate(range(0, len(labels), batch)):
        part = slice(start, start + batch)
        logs[part] = learner.log2_probabilities(features[part])
        learner.learn(features[part], labels[part])
        for place in streams.advance(now).tolist():
            old = slice(place * batch, min((place + 1) * batch, len(labels)))
            learner.replay(features[old], labels[old])
    return logs


def code_online(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    learner: str,
    settings: "Settings",
    key: Mapping[str, Any],
    store: Store,
) -> tuple[np.ndarray, np.ndarray, int]:
    """log2 of the probability of each class for each example, where steps end, and how many examples training saw."""
    n, batch = len(labels), settings.batch

    def whole() -> Arrays:
        built, streams = begin(learner, Shape(features.shape[1], classes), settings, key["seed"])
        logs = pass_online(built, features, labels, batch, streams)
        return {"logs": logs, "visited": np.array(built.visited)}

    piece = store.piece({**key, "batch": batch, "replay": settings.replay}, whole)
    return piece["logs"], np.append(np.arange(batch, n, batch), n), int(piece["visited"])


def begin(learner: str, shape: Shape, settings: "Settings", seed: int) -> tuple[Learner, ReplayStreams]:
    """A fresh learner and its streams."""
    built = build_learner(learner, shape, np.random.default_rng([seed, 3, 0]))
    count = built.epochs - 1 if settings.replay is None else settings.replay
    return built, ReplayStreams(count, np.random.default_rng([seed, 4]))
