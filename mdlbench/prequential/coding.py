"""`code_labels`: the code length of labels given features, in one order, by one learner from one seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.prequential.calibration import CALIBRATIONS
from mdlbench.prequential.examples import checked
from mdlbench.prequential.learners import canonical, parse_learner
from mdlbench.prequential.schedules import VOITA_TITOV, boundaries
from mdlbench.prequential.store import NoStore, Store, digest_of

Mode = Literal["blockwise", "online"]


@dataclass(frozen=True)
class Settings:
    """How examples are coded, whatever learns them.

    Attributes:
        mode: "blockwise": whole blocks, and a fit to all examples between two of them; "online": batches, each learnt once
            after it was coded, with replay.
        schedule: of blocks (see `schedules.boundaries`); not used online.
        warm: whether a fit goes on from the last one's weights rather than from scratch; not used online.
        batch: examples of an online step.
        replay: streams of old examples, each a batch a step; None for one less than the learner's epochs: equal compute.
        calibration: "forward" (see `calibration`) or "none".
    """

    mode: Mode = "blockwise"
    schedule: str | Sequence[int] = VOITA_TITOV
    warm: bool = False
    batch: int = 16
    replay: int | None = None
    calibration: Literal["forward", "none"] = "forward"

    def __post_init__(self) -> None:
        if self.mode not in ("blockwise", "online"):
            raise UsageError(f"mode={self.mode}; choose blockwise or online")
        if self.calibration not in CALIBRATIONS:
            raise UsageError(f"calibration={self.calibration}; choose from {', '.join(CALIBRATIONS)}")
        if self.batch < 1 or (self.replay is not None and self.replay < 0):
            raise UsageError(f"batch={self.batch} and replay={self.replay}; a batch is at least 1, streams at least 0")


@dataclass(frozen=True, eq=False)
class Coded:
    """A code for n labels.

    Attributes:
        bits: of each example when it was coded, float64 (n,).
        log2_probabilities: as the learner gave them, before calibration, float64 (n, classes).
        steps: counts of examples at which the learner learnt, int64 (n_steps,); the last is n.
        visited: examples that training saw, each time again: the compute that was spent.
    """

    bits: np.ndarray
    log2_probabilities: np.ndarray
    steps: np.ndarray
    visited: int

    @property
    def total(self) -> float:
        """The code length, in bits."""
        return float(self.bits.sum())


def code_labels(
    features: np.ndarray,
    labels: np.ndarray,
    learner: str = "logistic",
    settings: Settings = Settings(),
    *,
    seed: int = 0,
    classes: int | None = None,
    store: Store | None = None,
) -> Coded:
    """Code labels given features, one after the other, each example once and before it is learnt.

    Args:
        features: float (n, d), in the order of coding; put them on a common scale first (`examples.standardised`).
        labels: int (n,), from 0 on.
        learner: a spec of `LEARNERS`.
        seed: of initial weights and of the order of training; the order of coding is that of the arrays (see `permuted`).
        classes: how many there are; by default 1 + the largest label, which a decoder must then be told.
        store: keeps finished pieces.

    Raises:
        UsageError: what is wrong with features, labels, schedule or learner.
    """
    from mdlbench.prequential.blockwise import code_blocks
    from mdlbench.prequential.online import code_online

    features, labels, classes = checked(features, labels, classes)
    spec, kept = canonical(learner), store or NoStore()
    key = {"data": digest_of(features, labels), "classes": classes, "learner": spec, "seed": seed, "mode": settings.mode}
    if settings.mode == "online":
        logs, steps, visited = code_online(features, labels, classes, spec, settings, key, kept)
    else:
        steps = np.array(boundaries(settings.schedule, len(labels)))
        logs, visited = code_blocks(features, labels, classes, spec, steps, settings.warm, key, kept)
    return Coded(calibrated_bits(spec, settings, logs, labels), logs, steps, visited)


def calibrated_bits(learner: str, settings: Settings, log2_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each example, float64 (n,); learners whose probabilities are a Bayes mixture's already have no temperature."""
    calibration = settings.calibration if parse_learner(learner)[0].has_temperature else "none"
    return CALIBRATIONS[calibration](log2_probabilities, labels)


def permuted(n: int, seed: int) -> np.ndarray:
    """The order in which a seed codes n examples, int64 (n,)."""
    return np.random.default_rng([seed, 1]).permutation(n)


def random_labels(labels: np.ndarray, seed: int) -> np.ndarray:
    """The same labels on other examples: what can be learnt of them is how often each comes."""
    return labels[np.random.default_rng([seed, 2]).permutation(len(labels))]
