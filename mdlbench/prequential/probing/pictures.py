"""The picture of probes: bits of a label layer by layer, between what its nulls cost."""

from collections.abc import Iterator, Sequence

from mdlbench.prequential.probing.result import Layer, Probe
from mdlbench.result.exhibits import Axis, Chart, Measure, Panels, Series

_LAYER = Measure("layer", form="count", definition="0 is the embedding, i the residual stream after block i")
_BITS = Measure("code length", "bits", "count", 1, "of the labels of all examples", "less")


def pictures(group: Sequence[Probe]) -> Panels:
    """A chart for each label and learner of one model and text."""
    several = len({one.learner for one in group}) > 1
    return Panels(
        "Bits of a label by layer",
        tuple(_chart(one, f"{one.label}, {one.learner}" if several else one.label) for one in group),
        "Prequential and variational codes of the labels given a layer's activations. Nulls: the control task (a random label "
        "for each type), a network of the same shape with random weights, the labels alone (KT), and the uniform code. "
        "Vertical lines are 95 % Student's t intervals over seeds.",
    )


def _chart(one: Probe, title: str) -> Chart:
    return Chart(title, Axis(_LAYER), Axis(_BITS, zero=True), tuple(_series(one)), f"{one.examples:,} examples")


def _series(one: Probe) -> Iterator[Series]:
    yield _along("prequential", one.layers, "code_length_bits", slot=0)
    if one.layers[0].variational_bits is not None:
        yield _along("variational", one.layers, "variational_bits", slot=1)
    yield _along("control task", one.layers, "control_bits", slot=2, dashed=True)
    yield _along("untrained", one.untrained, "code_length_bits", slot=3, dashed=True)
    places = [layer.layer for layer in one.layers]
    yield Series("labels alone", places, [one.kt_bits] * len(places), role="null")
    yield Series("uniform", places, [one.uniform_bits] * len(places), slot=4, dashed=True)


def _along(name: str, layers: Sequence[Layer], field: str, *, slot: int, dashed: bool = False) -> Series:
    spreads = [layer.intervals[field] for layer in layers]
    bands = all(spread.low is not None for spread in spreads)
    return Series(
        name,
        [layer.layer for layer in layers],
        [getattr(layer, field) for layer in layers],
        mark="line+points",
        low=[spread.low for spread in spreads] if bands else (),
        high=[spread.high for spread in spreads] if bands else (),
        dashed=dashed,
        slot=slot,
    )
