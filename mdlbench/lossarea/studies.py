"""Curves measured together become one result: checks, areas, ratios, crossings, fits, and a thinned curve of each to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mdlbench.lossarea.checks import Company, check
from mdlbench.lossarea.crossing import crossings
from mdlbench.lossarea.curve import Curve
from mdlbench.lossarea.fits import fit_or_why, size_law
from mdlbench.lossarea.integration import Area, area, running
from mdlbench.lossarea.result import Above, CurveArea, Drawn, Flag, LossArea
from mdlbench.units import bits_to_bytes, bits_to_nats, nats_to_bits, ratio

Raw = Literal["unique", "epoch-weighted"]
RAW = {
    "unique": "unique: the first pass over the data alone, in area and raw bytes alike",
    "epoch-weighted": "epoch-weighted: bytes count as often as they were read, in area and raw bytes alike",
}
_LAST = 0.01  # of the tokens: the mean over these is one of the anchors
_EARLY_BLOCKS, _LATE_BLOCKS, _EARLY_SHARE = 100, 160, 0.05


@dataclass(frozen=True)
class Charges:
    """What is charged beside the area, in bytes; None for what is not."""

    model_code: int | None = None
    weights: int | None = None


def study(
    curves: Sequence[Curve],
    group: str = "",
    *,
    vocabulary: int | None = None,
    raw: Raw = "unique",
    charges: Charges | None = None,
    accepted: Sequence[str] = (),
) -> LossArea:
    """Everything about some curves.

    Args:
        curves: with names that differ.
        group: what they are called together.
        vocabulary: symbols that a token is one of; a fresh model's loss is near its logarithm.
        raw: whether later passes over the data count.
        accepted: checks that refuse no curve this time.

    Example:
        >>> found = study([Curve.per_step("a", [8.0, 4.0], tokens_per_step=100, bytes_per_token=1.0)])
        >>> found.curves[0].area_bits, found.curves[0].ratio
        (1200.0, 1.3333333333333333)
    """
    counted = [one.first_pass() if raw == "unique" else one for one in curves]
    flags = [check(one, _company(one, curves, vocabulary), accepted) for one in curves]
    usable = [one for one, told in zip(counted, flags, strict=True) if not any(flag.refused for flag in told)]
    told = zip(curves, counted, flags, strict=True)
    measured = tuple(_measured(whole, one, flag, raw, charges or Charges()) for whole, one, flag in told)
    sized = [(one.parameters, one.mean_loss_nats) for one in measured if one.parameters and one.mean_loss_nats]
    law = size_law([size for size, _ in sized], [mean for _, mean in sized])
    return LossArea(group, measured, crossings(usable), RAW[raw], vocabulary, law)


def _company(curve: Curve, curves: Sequence[Curve], vocabulary: int | None) -> Company:
    """Curves of bytes are no company for curves of tokens."""
    alike = [one for one in curves if (one.bytes_per_token == 1) == (curve.bytes_per_token == 1)]
    return Company.of(alike, vocabulary)


def _measured(whole: Curve, curve: Curve, flags: tuple[Flag, ...], raw: Raw, charges: Charges) -> CurveArea:
    refused = "; ".join(flag.what for flag in flags if flag.refused) or None
    found = None if refused else area(curve)
    fitted, why = (None, None) if refused else fit_or_why(curve)
    return CurveArea(
        name=curve.name,
        **_figures(curve, found, charges),  # type: ignore[arg-type]
        flags=flags,
        refused=refused,
        bytes_per_token=curve.bytes_per_token,
        raw_convention=raw,
        model_code_bytes=charges.model_code,
        weights_bytes=charges.weights,
        format=curve.origin.format,
        column=curve.origin.column,
        unit=curve.origin.unit,
        unit_said=curve.origin.unit_said,
        averaged=curve.origin.averaged,
        rows=len(curve.losses),
        first_step=float(curve.steps[0]),
        first_loss_nats=_finite(bits_to_nats(float(curve.losses[0]))),
        last_loss_nats=_finite(bits_to_nats(float(curve.losses[-1]))),
        above=() if found is None else _above(curve, found, None if fitted is None else fitted.floor_nats.value),
        fit=fitted,
        no_fit=why,
        drawn=None if found is None else thinned(curve),
        epochs=None if whole.epochs is None else _finite(float(whole.epochs[-1])),
        parameters=curve.parameters,
    )


_DERIVED = (
    *("tokens", "area_bits", "area_bytes", "mean_loss_nats", "raw_bytes", "ratio", "total_bytes", "total_ratio"),
    *("area_low_bits", "area_high_bits", "untaught_bits"),
)


def _figures(curve: Curve, found: Area | None, charges: Charges) -> dict[str, float | None]:
    """What follows from an area; all None without one."""
    figures: dict[str, float | None] = dict.fromkeys(_DERIVED)
    if found is None:
        return figures
    size = bits_to_bytes(found.bits)
    raw = None if curve.bytes_per_token is None else curve.bytes_per_token * found.tokens
    charged = [part for part in (charges.model_code, charges.weights) if part is not None]
    figures |= {"tokens": found.tokens, "area_bits": found.bits, "area_bytes": size, "mean_loss_nats": bits_to_nats(found.mean)}
    figures |= {"area_low_bits": found.low, "area_high_bits": found.high}
    figures |= {"untaught_bits": float(curve.losses[0]) * found.tokens, "raw_bytes": raw}
    if charged:
        figures["total_bytes"] = size + sum(charged)
    if raw is not None:
        figures["ratio"] = ratio(raw, size)
        figures["total_ratio"] = ratio(raw, size + sum(charged)) if charged else None
    return figures


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _above(curve: Curve, found: Area, floor_nats: float | None) -> tuple[Above, ...]:
    """The area above each anchor: models rank differently by which one is taken."""
    anchors = [("last step", float(curve.losses[-1])), ("mean of the last 1 % of tokens", _last_mean(curve))]
    if floor_nats is not None:
        anchors.append(("floor E of the fit", nats_to_bits(floor_nats)))
    return tuple(Above(name, bits_to_nats(level), found.bits - level * found.tokens) for name, level in anchors)


def _last_mean(curve: Curve) -> float:
    """Bits per token over the last 1 % of the tokens, or the last row."""
    ends, total = np.append(0.0, curve.ends), np.append(0.0, running(curve))
    at = min(int(np.searchsorted(ends, (1 - _LAST) * ends[-1])), len(ends) - 2)
    return float((total[-1] - total[at]) / (ends[-1] - ends[at]))


def thinned(curve: Curve) -> Drawn:
    """Means over blocks that are short at first; the steps drawn from them have the curve's own area."""
    ends, total = np.append(0.0, curve.ends), np.append(0.0, running(curve))
    last = ends[-1]
    begin = min(max(ends[1], 1e-6 * last), _EARLY_SHARE * last)
    early = np.geomspace(begin, _EARLY_SHARE * last, _EARLY_BLOCKS)
    wanted = np.concatenate([early, np.linspace(_EARLY_SHARE * last, last, _LATE_BLOCKS)])
    places = np.unique(np.minimum(np.searchsorted(ends, wanted * (1 - 1e-12)), len(ends) - 1))
    places = np.unique(np.append(0, places))
    means = np.diff(total[places]) / np.diff(ends[places])
    return Drawn(
        tuple(float(f"{end:.9g}") for end in ends[places][1:]), tuple(float(f"{bits_to_nats(mean):.7g}") for mean in means)
    )
