"""The power law with an offset, L = E + (T / T0)^-b (L in nats, T in tokens), and what follows from it in closed form.

For b < 1 the area up to T above E is T0^b T^(1-b) / (1-b), above the last loss b / (1-b) T0^b T^(1-b). The law is fitted to
means over blocks of tokens that grow geometrically, each against the law's own mean over that block, so that no block is too
wide; what comes before 3 % of the tokens (warm-up, and what follows at once) is left out. Learning rates that fall make real
curves no power law: the hold-out of a curve's own second half says how far a fit can be trusted, its interval alone does not.

Does not choose between laws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.errors import MissingExtraError, UsageError
from mdlbench.lossarea.curve import Curve
from mdlbench.lossarea.integration import running
from mdlbench.lossarea.result import Forecast, HoldOut, Parameter, PowerLaw, SizeLaw
from mdlbench.numerics.intervals import LEVEL, student_t
from mdlbench.text import counted
from mdlbench.units import bits_to_nats, nats_to_bits

BLOCKS, FEWEST, FEWEST_SIZES = 60, 8, 4
WARM_UP = 0.03  # of the tokens, not fitted
HELD_OUT = 0.5  # of the tokens
AHEAD = (2.0, 10.0)  # times the tokens
_LEAST_B, _MOST_B = 0.02, 0.98
_EDGE = 1e-3


@dataclass(frozen=True)
class Law:
    """L = floor + (T / scale)^-exponent, in nats a token, exponent below 1."""

    floor: float
    exponent: float
    scale: float

    def loss(self, tokens: Any) -> Any:
        """At a place of the curve."""
        return self.floor + (tokens / self.scale) ** -self.exponent

    def area(self, tokens: Any) -> Any:
        """From the first token up to here, in nats."""
        return self.floor * tokens + self.above_floor(tokens)

    def above_floor(self, tokens: Any) -> Any:
        """The area above the floor, in nats: T0^b T^(1-b) / (1-b).

        Example:
            >>> Law(1.0, 0.5, 100.0).above_floor(400.0)
            400.0
        """
        return self.scale**self.exponent * tokens ** (1 - self.exponent) / (1 - self.exponent)

    def above_last(self, tokens: Any) -> Any:
        """The area above the loss at the end, in nats: b / (1-b) T0^b T^(1-b)."""
        return self.exponent * self.above_floor(tokens)


def fit(curve: Curve) -> PowerLaw:
    """The power law of a curve, its hold-out, and forecasts of the area at 2 and 10 times its tokens.

    Raises:
        UsageError: too few rows for a fit, or none converges.
        MissingExtraError: scipy is not installed.
    """
    tokens = curve.total_tokens
    whole = _fitted(curve, tokens)
    held = _held_out(curve)
    measured = float(running(curve)[-1])
    error = None if held is None else abs(held.measured_bits / held.predicted_bits - 1)
    return PowerLaw(
        *whole.parameters(),
        from_tokens=WARM_UP * tokens,
        blocks=whole.blocks,
        residual_nats=whole.residual,
        above_floor_bits=nats_to_bits(whole.law.above_floor(tokens)),
        above_last_bits=nats_to_bits(whole.law.above_last(tokens)),
        hold_out=held,
        forecasts=tuple(_forecast(whole, tokens, times * tokens, measured, error) for times in AHEAD),
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """A law as fitted: `theta` is floor, log of the loss above it at `unit` tokens, exponent; with their covariance."""

    theta: np.ndarray
    covariance: np.ndarray
    unit: float
    blocks: int
    residual: float

    @property
    def law(self) -> Law:
        return _law(self.theta, self.unit)

    @property
    def free(self) -> bool:
        """Whether no bound of the search holds a parameter, so that the covariance means something."""
        floor, _, exponent = self.theta
        inside = floor > _EDGE and _LEAST_B + _EDGE < exponent < _MOST_B - _EDGE
        return bool(inside and np.isfinite(self.covariance).all())

    @property
    def quantile(self) -> float:
        """Of Student's t with the degrees of freedom that the blocks leave."""
        return student_t(LEVEL, self.blocks - 3)

    def parameters(self) -> tuple[Parameter, Parameter, Parameter]:
        """Floor, exponent and scale; without ends where a bound of the search holds them."""
        half = self.quantile * np.sqrt(np.diag(self.covariance))
        floor, log_rest, exponent = self.theta

        def known(value: float, low: float, high: float) -> Parameter:
            return Parameter(float(value), float(low), float(high)) if self.free else Parameter(float(value), None, None)

        gradient = np.array([0.0, 1 / exponent, -log_rest / exponent**2])  # of log(scale / unit) = log_rest / exponent
        spread = self.quantile * math.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0)) if self.free else 0.0
        scale = self.law.scale
        ends = (scale * math.exp(-min(spread, 700.0)), scale * math.exp(min(spread, 200.0)))
        return (
            known(floor, floor - half[0], floor + half[0]),
            known(exponent, exponent - half[2], exponent + half[2]),
            known(scale, *ends),
        )

    def between(self, start: float, end: float) -> tuple[float, float | None, float | None]:
        """The law's area between two places, in bits, and the ends of its interval; None where a bound holds a parameter."""

        def bits(theta: np.ndarray) -> float:
            law = _law(theta, self.unit)
            return nats_to_bits(float(law.area(end) - law.area(start)))

        steps = 1e-5 * np.maximum(np.abs(self.theta), 1e-3)
        gradient = [(bits(self.theta + step) - bits(self.theta - step)) / (2 * step.sum()) for step in np.diag(steps)]
        value, slope = bits(self.theta), np.array(gradient)
        if not self.free:
            return value, None, None
        half = self.quantile * math.sqrt(max(float(slope @ self.covariance @ slope), 0.0))
        return value, value - half, value + half


def _law(theta: np.ndarray, unit: float) -> Law:
    floor, log_rest, exponent = (float(value) for value in theta)
    return Law(floor, exponent, unit * math.exp(min(max(log_rest / exponent, -600.0), 600.0)))


def _fitted(curve: Curve, until: float) -> _Fit:
    starts, ends, means = blocks(curve, WARM_UP * until, until)
    if len(means) < FEWEST:
        made = f"{counted(len(curve.losses), 'row')} make {counted(len(means), 'block')}"
        raise UsageError(f"{curve.name}: {made}; a fit needs {FEWEST}")

    def model(_: Any, floor: float, log_rest: float, exponent: float) -> np.ndarray:
        rest = math.exp(log_rest) / (1 - exponent)
        return floor + rest * ((ends / until) ** (1 - exponent) - (starts / until) ** (1 - exponent)) / (
            (ends - starts) / until
        )

    least = float(means.min())
    first = (0.8 * least, math.log(max(0.2 * least, 1e-9)), 0.3)
    bounds = ((0.0, -50.0, _LEAST_B), (least, 10.0, _MOST_B))
    theta, covariance = _curve_fit()(model, ends, means, p0=first, bounds=bounds)
    residual = means - model(None, *theta)
    return _Fit(theta, covariance, until, len(means), float(np.sqrt(np.mean(residual**2))))


def _curve_fit() -> Any:
    try:
        from scipy.optimize import curve_fit
    except ImportError:
        raise MissingExtraError("scipy", "fits") from None
    return curve_fit


def blocks(curve: Curve, start: float, end: float, count: int = BLOCKS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts and ends in tokens, and mean losses in nats, of blocks between two places that grow geometrically."""
    ends, total = np.append(0.0, curve.ends), np.append(0.0, running(curve))
    wanted = np.geomspace(max(start, ends[1]), min(end, ends[-1]), count + 1)
    places = np.unique(np.searchsorted(ends, wanted * (1 - 1e-12)))
    places = places[places < len(ends)]
    tokens, bits = np.diff(ends[places]), np.diff(total[places])
    return ends[places][:-1], ends[places][1:], np.array([bits_to_nats(float(value)) for value in bits / tokens])


def _held_out(curve: Curve) -> HoldOut | None:
    """A fit of the first half against the rest; None where the first half is too short for one."""
    tokens, total = curve.ends, running(curve)
    at = int(np.searchsorted(tokens, HELD_OUT * tokens[-1]))
    start, end = float(tokens[at]), float(tokens[-1])
    try:
        half = _fitted(curve.cut(at + 1), start)
    except (UsageError, RuntimeError):
        return None
    predicted = half.between(start, end)
    return HoldOut(start, float(total[-1] - total[at]), *predicted) if predicted[0] > 0 else None


def _forecast(found: _Fit, start: float, end: float, measured: float, error: float | None) -> Forecast:
    more, low, high = found.between(start, end)
    within = [None if part is None else measured + part for part in (low, high)]
    wrong = [None if error is None else measured + more * (1 + side * error) for side in (-1, 1)]
    return Forecast(end, measured + more, *within, *wrong)


def fit_or_why(curve: Curve) -> tuple[PowerLaw | None, str | None]:
    """The fit of a curve, or why there is none."""
    try:
        return fit(curve), None
    except (UsageError, RuntimeError) as error:
        return None, str(error)


def law_of(found: PowerLaw) -> Law:
    """The law that a result holds."""
    return Law(found.floor_nats.value, found.exponent.value, found.scale_tokens.value)


def size_law(parameters: Sequence[int], means: Sequence[float]) -> SizeLaw | None:
    """Mean loss in nats against model size, floor + (N / N0)^-a, by least squares; None for fewer than four sizes.

    Args:
        parameters: of each model, (n,); means: area over tokens of each, nats a token, (n,).
    """
    if len(set(parameters)) < FEWEST_SIZES:
        return None
    sizes, losses = np.array(parameters, float), np.array(means)
    unit = float(np.exp(np.log(sizes).mean()))

    def model(x: np.ndarray, floor: float, log_rest: float, exponent: float) -> np.ndarray:
        return floor + math.exp(log_rest) * (x / unit) ** -exponent

    bounds = ((0.0, -50.0, 0.01), (float(losses.min()), 10.0, 2.0))
    first = (0.5 * float(losses.min()), math.log(0.5 * float(losses.min())), 0.3)
    try:
        theta, covariance = _curve_fit()(model, sizes, losses, p0=first, bounds=bounds)
    except (RuntimeError, MissingExtraError):
        return None
    floor, log_rest, exponent = (float(value) for value in theta)
    half = student_t(LEVEL, len(sizes) - 3) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    free = bool(np.isfinite(half).all()) and floor > _EDGE and 0.01 + _EDGE < exponent < 2.0 - _EDGE
    ends = [(float(theta[at] - half[at]), float(theta[at] + half[at])) if free else (None, None) for at in (0, 2)]
    scale = unit * math.exp(min(max(log_rest / exponent, -600.0), 600.0))
    return SizeLaw(Parameter(floor, *ends[0]), Parameter(exponent, *ends[1]), scale)
