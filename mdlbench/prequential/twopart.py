"""The two-part code: weights at a stated precision, then the labels given those very weights.

Each layer's weights are rounded to multiples of 2^-f times their root mean square, which goes before them as a float32 (32
bits); the integers are coded by the normal distribution of that deviation, integrated over each bin. f is the one of
`PRECISIONS` that makes the whole shortest, and costs log2 of their number.
A decoder can decode this; lengths are ideal all the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdlbench.prequential.calibration import CALIBRATIONS
from mdlbench.prequential.examples import checked
from mdlbench.prequential.hindsight import fit_all
from mdlbench.prequential.learners import Logistic, Shape, build_learner
from mdlbench.prequential.store import Store

PRECISIONS = tuple(range(-2, 7))
SCALE_BITS = 32


@dataclass(frozen=True)
class TwoPartCode:
    """The parts of a two-part code, in bits.

    Attributes:
        parameters: how many weights are sent.
        precision: f: steps are 2^-f of a layer's root mean square weight.
        weight_bits: of the integers, the layers' scales and the choice of f.
        data_bits: of the labels under the rounded weights.
        hindsight_bits: of the labels under the weights as they were fitted, before rounding.
        rissanen_bits: (k/2) log2 n, which is what weights cost in the limit (J. Rissanen, "Stochastic complexity and modeling",
            Annals of Statistics 14 (1986)), for comparison.
    """

    parameters: int
    precision: int
    weight_bits: float
    data_bits: float
    hindsight_bits: float
    rissanen_bits: float

    @property
    def total(self) -> float:
        """The code length, in bits."""
        return self.weight_bits + self.data_bits


def rissanen(parameters: int, n: int) -> float:
    """(k/2) log2 n: bits that k parameters fitted to n symbols cost, but for a constant.

    Example:
        >>> round(rissanen(1161, 10_000), 1)
        7713.5
    """
    return parameters / 2 * math.log2(n)


def two_part_code(
    features: np.ndarray,
    labels: np.ndarray,
    learner: str,
    *,
    seed: int = 0,
    classes: int | None = None,
    store: Store | None = None,
) -> TwoPartCode | None:
    """Fit a learner to all examples and code its weights, then the labels; None for a learner without weights to send.

    Args:
        features, labels, classes: as `code_labels` takes them.
    """
    features, labels, classes = checked(features, labels, classes)
    fitted = fit_all(features, labels, learner, seed=seed, classes=classes, store=store)
    if not fitted.weights:
        return None
    receiver = build_learner(learner, Shape(features.shape[1], classes), np.random.default_rng(seed))
    assert isinstance(receiver, Logistic)
    k = sum(layer.size for layer in fitted.weights)
    overhead = SCALE_BITS * len(fitted.weights) + math.log2(len(PRECISIONS))
    tried = []
    for precision in PRECISIONS:
        weight_bits = overhead
        for layer, target in zip(fitted.weights, receiver.weights, strict=True):
            target[:], bits = quantised(layer, precision)
            weight_bits += bits
        data_bits = float(CALIBRATIONS["none"](receiver.log2_probabilities(features), labels).sum())
        tried.append(TwoPartCode(k, precision, weight_bits, data_bits, float(fitted.bits.sum()), rissanen(k, len(labels))))
    return min(tried, key=lambda code: code.total)


def quantised(layer: np.ndarray, precision: int) -> tuple[np.ndarray, float]:
    """A layer's weights rounded, and what their integers cost in bits."""
    scale = float(np.float32(np.sqrt((layer**2).mean())))
    if not scale:
        return np.zeros_like(layer), 0.0
    step = 2.0**-precision
    integers = np.rint(layer / (scale * step)).astype(np.int64)
    values, counts = np.unique(np.abs(integers), return_counts=True)
    return integers * (scale * step), float(counts @ integer_bits(values.tolist(), step))


def integer_bits(values: Sequence[int], step: float) -> np.ndarray:
    """Bits of integers q >= 0 under the standard normal distribution over bins (q - 1/2, q + 1/2) step.

    Example:
        >>> float(np.exp2(-integer_bits([0], 1.0))[0] + 2 * np.exp2(-integer_bits([1, 2, 3, 4, 5], 1.0)).sum()) > 0.99999
        True
    """
    return np.array([_bits((value - 0.5) * step, (value + 0.5) * step) for value in values])


def _bits(low: float, high: float) -> float:
    share = (math.erfc(low / math.sqrt(2)) - math.erfc(high / math.sqrt(2))) / 2
    if share > 0:
        return -math.log2(share)
    return (low * low / 2) / math.log(2) + math.log2(low * math.sqrt(2 * math.pi))  # the tail, where erfc is nought
