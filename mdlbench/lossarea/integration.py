"""The area under a curve: the sum of loss x tokens, and the interval that steps which were not logged leave.

    logged steps    loss x the step's own tokens, summed
    gaps            steps between two rows: the trapezoid, (loss before + loss after) / 2 x their tokens
    interval        gaps at the smaller and at the larger of their two ends. A true bound where the loss is monotone across the
                    gap; batches are noisy, so of a real log it is what the gap leaves open of the trend, and no more.
                    A log that rounds its losses adds half of its last digit to both sides.

Steps before the first row are not in it: an area is of the tokens that it counts, and says how many those are.
"""

from dataclasses import dataclass

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.lossarea.curve import Curve


@dataclass(frozen=True)
class Area:
    """An area, in bits.

    Attributes:
        tokens: that it counts; `gap_tokens` of them in steps that were not logged.
        bits: the ideal length of a code for those tokens.
        low, high: what gaps and rounding leave open.
    """

    tokens: float
    bits: float
    low: float
    high: float
    gap_tokens: float = 0.0

    @property
    def mean(self) -> float:
        """Bits per token."""
        return self.bits / self.tokens


def area(curve: Curve) -> Area:
    """The area under a curve.

    Raises:
        UsageError: a loss is not finite.

    Example:
        >>> area(Curve.per_step("a", [8.0, 4.0, 3.0], tokens_per_step=100))
        Area(tokens=300.0, bits=1500.0, low=1500.0, high=1500.0, gap_tokens=0.0)
    """
    wrong = ~np.isfinite(curve.losses)
    if wrong.any():
        raise UsageError(f"{curve.name}: the loss at step {curve.steps[wrong][0]:.0f} is no finite number; no area has it")
    before = np.concatenate([curve.losses[:1], curve.losses[:-1]])
    logged = float(curve.losses @ curve.tokens)
    low, high = (float(pick(before, curve.losses) @ curve.skipped) for pick in (np.minimum, np.maximum))
    middle = float((before + curve.losses) @ curve.skipped) / 2
    tokens = curve.total_tokens
    rounded = curve.origin.rounding * tokens
    return Area(tokens, logged + middle, logged + low - rounded, logged + high + rounded, float(curve.skipped.sum()))


def running(curve: Curve) -> np.ndarray:
    """The area up to the end of each row, in bits, float64 (n,)."""
    before = np.concatenate([curve.losses[:1], curve.losses[:-1]])
    return np.cumsum(curve.losses * curve.tokens + (before + curve.losses) / 2 * curve.skipped)
