"""Pictures of loss areas: filled on linear axes, where area is area; over the logarithm of tokens, where losses are seen to
cross; and area against size, where sizes are known."""

from collections.abc import Sequence
from itertools import pairwise

from mdlbench.lossarea.fits import Law, law_of
from mdlbench.lossarea.result import CurveArea, Drawn, LossArea, LossAreaLlama
from mdlbench.lossarea.scales import TOKENS, Scale, scale_of
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Measure, Panels, Series

LOSS = Measure("loss", "nats a token", "fixed", 3, "mean training loss of a batch before its update")
_TOKENS = Axis(Measure("tokens so far", form="count", definition="symbols trained on"), "log")
_SIZE = Measure("parameters", form="count", definition="numbers that training sets")
_ENVELOPE = "envelopes of published fits, no training curves: LLaMA's own are not public"


def panels(found: LossArea) -> Panels | None:
    """The pictures of curves that were measured together; None where none has an area."""
    curves = sorted((one for one in found.curves if one.drawn), key=lambda one: -(one.mean_loss_nats or 0))
    if not curves:
        return None
    tokens = scale_of(TOKENS, [one.tokens or 0.0 for one in curves])
    parts: list[Chart] = [filled("Area under the curve", curves, tokens), crossing(curves)]
    if len([one for one in curves if one.parameters]) > 1:
        parts.append(by_size(found))
    return Panels(
        "Loss and its area",
        tuple(parts),
        caption="What lies below a curve, all the way down to zero, is the ideal length of a code for the training data. "
        "Over the logarithm of tokens it is seen where one loss falls below another.",
    )


def filled(title: str, curves: Sequence[CurveArea], tokens: Scale, caption: str = "") -> Chart:
    """Curves with the area below them, the largest first so that none is hidden."""
    series = tuple(_filled(one.name, one.drawn, tokens) for one in curves if one.drawn)
    return Chart(title, Axis(tokens.measure("tokens"), zero=True), Axis(LOSS, zero=True), series, caption)


def _filled(name: str, drawn: Drawn, tokens: Scale) -> Series:
    places, losses = [*_middles(drawn), drawn.tokens[-1]], [*drawn.loss_nats, drawn.loss_nats[-1]]
    return Series(name, [tokens.of(place) for place in places], losses, "area")


def _middles(drawn: Drawn) -> list[float]:
    """Where the mean loss of each block is drawn."""
    return [(start + end) / 2 for start, end in pairwise((0.0, *drawn.tokens))]


def crossing(curves: Sequence[CurveArea]) -> Chart:
    """Losses over the logarithm of tokens, the fitted laws dashed."""
    series = []
    for slot, one in enumerate(curves):
        assert one.drawn is not None
        series.append(Series(one.name, _middles(one.drawn), one.drawn.loss_nats, slot=slot))
        if one.fit is not None:
            law, kept = law_of(one.fit), [end for end in one.drawn.tokens if end >= one.fit.from_tokens]
            series.append(Series(f"{one.name}: fit", kept, [float(law.loss(end)) for end in kept], dashed=True, role="aside"))
    return Chart("Where losses cross; fits in grey", _TOKENS, Axis(LOSS), tuple(series))


def by_size(found: LossArea) -> Chart:
    """Mean loss over the run, which is area per token, against size."""
    sized = sorted(
        (one.parameters, one.mean_loss_nats, one.name) for one in found.curves if one.parameters and one.mean_loss_nats
    )
    sizes, means = [size for size, _, _ in sized], [mean for _, mean, _ in sized]
    series = [Series("runs", sizes, means, "points", labels=[name for _, _, name in sized])]
    if found.size_law is not None:
        law = Law(found.size_law.floor_nats.value, found.size_law.exponent.value, found.size_law.scale_parameters)
        steps = [sizes[0] * (sizes[-1] / sizes[0]) ** (at / 40) for at in range(41)]
        series.append(
            Series("fit: floor + (N / N0)^−a", steps, [float(law.loss(size)) for size in steps], dashed=True, role="aside")
        )
    mean = Measure("mean loss", "nats a token", "fixed", 4, "area divided by its tokens")
    return Chart("Area against size", Axis(_SIZE, "log"), Axis(mean), tuple(series))


def envelopes(found: LossAreaLlama) -> Panels:
    """The envelopes of the first fit with their areas, and what ratio each fit gives, beside the claim."""
    first = [one for one in found.envelopes if one.fit == found.fits[0].name]
    tokens = scale_of(TOKENS, [one.tokens for one in first])
    names = [f"{one.model} (envelope)" for one in first]
    areas = tuple(_filled(name, one.curve, tokens) for name, one in zip(names, first, strict=True))
    lines = tuple(
        Series(name, _middles(one.curve)[1:], one.curve.loss_nats[1:]) for name, one in zip(names, first, strict=True)
    )
    title, loss = f"Envelopes, no curves, by the fit of {found.fits[0].name}", LOSS
    linear = Axis(tokens.measure("tokens"), zero=True)
    charts = (Chart(title, linear, Axis(loss, zero=True), areas), Chart(f"{title}, apart", _TOKENS, Axis(loss), lines))
    return Panels("Envelopes and the claim", (*charts, ratios(found)), caption=f"Drawn are {_ENVELOPE}.")


def ratios(found: LossAreaLlama) -> Bars:
    """The ratio of the largest model by each fit and convention, with the published figures marked."""
    largest = max(found.envelopes, key=lambda one: one.parameters).model
    measure = Measure("ratio", "", "fixed", 1, "raw bytes to the bytes of the area")
    marks = tuple((mark.name, mark.ratio) for mark in found.marks)
    bars = tuple(
        Bar(one.fit, (("ratio", value),), marks=marks, group=f"{row.bytes_per_token:.2f} bytes a token")
        for place, row in enumerate(found.raw)
        for one in found.envelopes
        if one.model == largest
        for value in (one.ratios[place],)
    )
    return Bars(f"{largest}: ratio of its envelopes", Axis(measure, zero=True), bars)
