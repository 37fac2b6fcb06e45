"""What is shown of probes: a part for each model and text, with a table for each label and the picture of all."""

import math
from collections.abc import Iterator, Sequence

from mdlbench.prequential.probing.pictures import pictures
from mdlbench.prequential.probing.result import Layer, Probe
from mdlbench.result import Found
from mdlbench.result.exhibits import Cell, Estimate, Exhibit, Finding, Folder, Measure, Part, Section, Table, newest, shows
from mdlbench.text import counted

_TERMS = {
    "probe": "a small learner that is shown a model's activations and codes labels of the same tokens",
    "control task": "a label drawn at random for each type of token (Hewitt & Liang 2019): what is only memorised",
    "selectivity": "accuracy on the label less that on its control task",
    "bits per token": "bits divided by the tokens that have the label",
    "untrained": "a network of the same shape with random weights, probed alike",
}
IDEAL = (
    "Ideal code lengths: nothing was coded. The weights of the probed model are not charged: the receiver has the activations."
)
_LAYER = Measure(
    "layer", definition="0 is the embedding, i the residual stream after block i, the last after the final norm too"
)


def _bits(name: str, definition: str) -> Measure:
    return Measure(name, "bits", "fixed", 0, definition, "less")


PREQUENTIAL = _bits("prequential", "all labels, block by block, each by a probe fitted to the blocks before it")
_COLUMNS = (  # with the field of a layer that holds each
    (PREQUENTIAL, "code_length_bits"),
    (
        Measure("compression", form="fixed", digits=2, definition="uniform code / prequential code", better="more"),
        "compression",
    ),
    (
        _bits("variational", "KL from the prior to a posterior over the probe's weights, and the expected bits of the labels"),
        "variational_bits",
    ),
    (_bits("control", "the prequential code of the control task: a random label for each type"), "control_bits"),
    (
        Measure(
            "accuracy", form="fixed", digits=3, definition="on the last block, which its probe has not seen", better="more"
        ),
        "accuracy",
    ),
    (
        Measure("selectivity", form="fixed", digits=3, definition="accuracy less that on the control task", better="more"),
        "selectivity",
    ),
    (
        Measure("final loss", "bits per token", "fixed", 3, "of the last block, which its probe has not seen", "less"),
        "final_loss_bits",
    ),
)
UNTRAINED = _bits("untrained", "the prequential code given the same layer of one network with random weights: the null")


@shows(Probe)
def section(results: Sequence[Found[Probe]]) -> Section:
    """A part for each model and text: the newest result of each label and learner."""
    groups = _groups(newest(results, lambda one: (_task(one), one.label, one.learner)))
    probes = [one for group in groups for one in group]
    return Section(
        "Probes",
        f"what activations tell of {counted(len({one.label for one in probes}), 'label')}, by description length",
        tuple(map(_part, groups)),
        (overview(probes),),
        tuple(finding for one in probes for finding in _findings(one)),
        _TERMS,
        rank=31,
        counts={"probes": len(probes)},
    )


def _task(one: Probe) -> tuple[object, ...]:
    return one.model_digest, one.model, one.text, one.tokens, one.code


def _groups(results: Sequence[Probe]) -> list[list[Probe]]:
    found: dict[tuple[object, ...], list[Probe]] = {}
    for one in results:
        found.setdefault(_task(one), []).append(one)
    return [sorted(group, key=lambda one: (one.learner, one.label)) for group in found.values()]


def _part(group: Sequence[Probe]) -> Part:
    first = group[0]
    whole = (*map(by_layer, group), choices(group))
    facts = f"{first.tokens:,} tokens in windows of {first.context:,}; {first.code}"
    return Part(_named(first), (pictures(group), overview(group), Folder("Every layer", whole)), facts)


def _named(one: Probe) -> str:
    return f"{one.model.replace('hf:./', 'hf:', 1)} on {one.text}"


def tables(group: Sequence[Probe]) -> tuple[Exhibit, ...]:
    """What the terminal shows of one model and text."""
    return *map(by_layer, group), overview(group)


def estimate(layer: Layer, name: str) -> Cell:
    """A figure with its interval over seeds; a dash where there is none."""
    value, spread = getattr(layer, name), layer.intervals.get(name)
    if value is None or spread is None or spread.low is None:
        return value
    return Estimate(value, spread.low, spread.high)


def by_layer(one: Probe) -> Table:
    """A row for each layer."""
    known = [(measure, name) for measure, name in _COLUMNS if getattr(one.layers[0], name) is not None]
    rows = [
        (str(layer.layer), *(estimate(layer, name) for _, name in known), estimate(null, "code_length_bits"))
        for layer, null in zip(one.layers, one.untrained, strict=True)
    ]
    columns = (_LAYER, *(measure for measure, _ in known), UNTRAINED)
    return Table.of(f"{one.label} by {one.learner}", columns, rows, notes=tuple(_remarks(one)))


def _remarks(one: Probe) -> Iterator[str]:
    counts = ", ".join(f"{name}: {count:,}" for name, count in one.classes)
    yield f"{one.label}: {one.definition}. {one.examples:,} examples, {one.types:,} types: {counts}."
    alone = f"uniform code {PREQUENTIAL.text(one.uniform_bits)} bits, the labels alone (KT) {PREQUENTIAL.text(one.kt_bits)}"
    yield f"Without activations: {alone}; the most frequent label is right {one.majority:.3f} of the time."
    if one.charged_bits:
        yield f"Choices made by looking cost {one.charged_bits:.2f} bits more, which are not in these lengths."
    if len(one.seeds) > 1:
        yield (
            f"Mean of {len(one.seeds)} seeds, 95 % Student's t intervals over orders, probes and control tasks; not over texts "
            "or untrained networks, of which there is one."
        )
    else:
        yield "One seed: no interval."


def overview(group: Sequence[Probe]) -> Table:
    """A row for each label and learner: its shortest layer between the embedding and the nulls."""
    columns = (
        Measure("label", definition="what is asked of the activations"),
        Measure("best layer", form="count", definition="the one whose prequential code is the shortest; picked by looking"),
        PREQUENTIAL,
        _bits("layer 0", "the prequential code given the embedding alone"),
        UNTRAINED,
        _COLUMNS[3][0],
        _bits("KT", "the labels alone, activations unseen, by Krichevsky and Trofimov's estimator"),
        _bits("uniform", "examples × log2 classes"),
    )
    rows, several = [], len({one.learner for one in group}) > 1
    for one in group:
        layer, null = best(one)
        lengths = (estimate(layer, "code_length_bits"), estimate(one.layers[0], "code_length_bits"))
        nulls = (estimate(null, "code_length_bits"), estimate(layer, "control_bits"), one.kt_bits, one.uniform_bits)
        rows.append((f"{one.label}, {one.learner}" if several else one.label, layer.layer, *lengths, *nulls))
    return Table.of("The best layer of each label", columns, rows, notes=(IDEAL, *_picked(group)))


def _picked(group: Sequence[Probe]) -> Iterator[str]:
    layers = len(group[0].layers)
    if layers > 1:
        yield f"To pick the shortest of {layers} layers costs log2 {layers} = {math.log2(layers):.2f} bits, which is not in it."


def best(one: Probe) -> tuple[Layer, Layer]:
    """The layer whose prequential code is the shortest, and the same of the untrained network."""
    return min(zip(one.layers, one.untrained, strict=True), key=lambda pair: pair[0].code_length_bits)


def choices(group: Sequence[Probe]) -> Table:
    """Every choice the codes rest on, and what it cost."""
    columns = (
        Measure("learner", definition="the probe"),
        Measure("choice", definition="a hyper-parameter, or what else the code rests on"),
        Measure("chosen", definition="the value that the code was made with"),
        Measure("tried", form="count", definition="values that were looked at before this one was chosen, as --tried says"),
        Measure("cost", "bits", "fixed", 2, "log2 of the number tried; none where it is not charged"),
    )
    rows = dict.fromkeys(
        (one.learner, each.what, each.value, each.tried, each.bits) for one in group for each in one.charged_choices
    )
    return Table.of("Choices", columns, rows, notes=("A choice whose number tried nobody says is not charged.",))


def _findings(one: Probe) -> Iterator[Finding]:
    """The shortest layer, against the embedding and every null."""
    layer, null = best(one)
    said = {
        "layer 0": estimate(one.layers[0], "code_length_bits"),
        "untrained": estimate(null, "code_length_bits"),
        "control task": estimate(layer, "control_bits"),
        "labels alone": one.kt_bits,
        "uniform": one.uniform_bits,
    }
    length = PREQUENTIAL.text(estimate(layer, "code_length_bits"))
    yield Finding(
        f"{_named(one)}: {one.learner} codes {one.label} in {length} bits given layer "
        f"{layer.layer}, the shortest of {len(one.layers)}",
        ", ".join(f"{name} {PREQUENTIAL.text(bits)}" for name, bits in said.items()),
    )
