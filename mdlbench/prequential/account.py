"""From bits per symbol to an account: cumulative curve, final losses by their anchor, and what is spent above each.

The area of a loss curve above its final loss is code length - n x final loss, summed and not integrated: the curve has a value
for every symbol. Which final loss is meant changes the ranking of learners, so each has its name.
"""

from collections.abc import Sequence

import numpy as np

from mdlbench.numerics.intervals import seeds_interval
from mdlbench.prequential.result import Anchor, Point, Spread

_POINTS = 40  # of a curve, about
HELD_OUT, LAST_PERCENT, LAST_STEP = "held out", "mean of the last 1 %", "last step"


def spread(values: Sequence[float]) -> Spread:
    """A figure over seeds."""
    found = seeds_interval(values)
    return Spread(found.low, found.high, tuple(map(float, values)))


def mean(values: Sequence[float]) -> float:
    """Of a figure over seeds."""
    return float(np.mean(values))


def anchors(bits: np.ndarray, last_step: int, held_out: np.ndarray | None) -> tuple[Anchor, ...]:
    """Each final loss, and the excess above it.

    Args:
        bits: of each symbol, float64 (seeds, n).
        last_step: symbols of the last step.
        held_out: loss of each seed, in bits per symbol, on what its training has not seen; None if there is none.

    Example:
        >>> [each.excess_bits for each in anchors(np.array([[3.0, 2.0, 1.0, 1.0]]), 2, None)]
        [3.0, 3.0]
    """
    n = bits.shape[1]
    losses = {} if held_out is None else {HELD_OUT: mean(held_out.tolist())}
    losses[LAST_PERCENT] = float(bits[:, n - max(1, -(-n // 100)) :].mean())
    losses[LAST_STEP] = float(bits[:, n - last_step :].mean())
    total = float(bits.sum(axis=1).mean())
    return tuple(Anchor(name, loss, total - n * loss) for name, loss in losses.items())


def curve(bits: np.ndarray, hindsight: np.ndarray | None) -> tuple[Point, ...]:
    """Cumulative bits at places spread evenly on a logarithmic axis; nothing between them is lost, since they are sums.

    Args:
        bits: of each symbol, float64 (seeds, n).
        hindsight: of each symbol under the learner fitted to all of them, float64 (seeds, n); None if there is none.
    """
    n = bits.shape[1]
    sums = np.cumsum(bits, axis=1)
    above = None if hindsight is None else sums - np.cumsum(hindsight, axis=1)
    points = []
    for place in np.unique(np.geomspace(1, n, _POINTS).round().astype(int)).tolist():
        found = spread(sums[:, place - 1].tolist())
        regret = None if above is None else float(above[:, place - 1].mean())
        points.append(Point(place, mean(found.values), found.low, found.high, regret))
    return tuple(points)
