"""The tables of prequential codes: every code side by side, what lies above the final loss, and what choices cost."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mdlbench.prequential.result import Choice, Prequential
from mdlbench.result.exhibits import Cell, Details, Estimate, Measure, Row, Table
from mdlbench.text import counted


def _bits(name: str, definition: str, digits: int = 1) -> Measure:
    return Measure(name, "bits", "fixed", digits, definition, "less")


LEARNER = Measure("learner", definition="what predicts and learns, as one writes it after --learner")
PREQUENTIAL = _bits(
    "prequential", "every symbol coded once, by what was learnt from those before it; a mixture's selector included"
)
_CODES = (  # of labels, with the field of a result that holds each
    (PREQUENTIAL, "code_length_bits"),
    (_bits("two-part", "weights at a stated precision, then the labels given them"), "two_part_bits"),
    (
        _bits("variational", "KL from the prior to a posterior over weights, then the expected bits of the labels"),
        "variational_bits",
    ),
    (
        _bits(
            "random labels",
            "the prequential code of the same labels on other examples: the null; of a text, of its bytes shuffled",
        ),
        "random_labels_bits",
    ),
)
_CONTROL = "random_labels_bits"
UNIFORM = _bits("uniform", "symbols × log2 classes: what knowing nothing costs")
_EXCESS = Measure(
    "excess",
    "bits",
    "fixed",
    1,
    "code length − symbols × final loss: the area of the loss curve above it; negative where a learner overfits",
)
_FINAL = Measure("final loss", "bits per symbol", "fixed", 4, "of what has learnt all, by its anchor", "less")
_REGRET = Measure(
    "regret",
    "bits",
    "fixed",
    1,
    "above the best in hindsight: of labels the learner fitted to all, which is no code; of texts and mixtures the best here",
)
_SAVED = Measure("calibration saves", "bits", "fixed", 1, "of the code length, by a temperature learnt forward only", "more")
_VISITED = Measure("visited", form="count", definition="symbols that training saw, each time again: the compute spent")
_CHARGED = Measure(
    "charged", "bits", "fixed", 2, "for choices made by looking, not in the code length: log2 of the number tried"
)
IDEAL = "Ideal code lengths: nothing was coded."


def title_of(one: Prequential) -> str:
    kind = "labels" if one.data == "labels" else "text"
    return f"{one.task} ({kind}), {one.code}"


def symbols_of(one: Prequential) -> str:
    return "labels" if one.data == "labels" else "bytes"


def how(one: Prequential) -> str:
    """When a learner learns, in a word or two; of a mixture of texts each learner has its own way."""
    if one.data == "labels":
        said = one.code
    else:
        said = "as it adapts" if not one.visited else one.code.partition("networks ")[2]
        said = "–" if one.members else said
    return said.partition(",")[0].partition(" (")[0]


def estimate(one: Prequential, name: str) -> Cell:
    """A figure with its interval over seeds; a dash where there is none."""
    value, spread = getattr(one, name), one.intervals.get(name)
    if value is None or spread is None or spread.low is None:
        return value
    return Estimate(value, spread.low, spread.high)


def known_codes(group: Sequence[Prequential]) -> list[tuple[Measure, str]]:
    """The codes that some result of a group has."""
    known = [(measure, name) for measure, name in _CODES if any(getattr(one, name) is not None for one in group)]
    shuffled = all(one.data == "text" for one in group)
    return [(replace(one, name="shuffled") if shuffled and name == _CONTROL else one, name) for one, name in known]


def codes(group: Sequence[Prequential]) -> Table:
    """Every code of each learner side by side, with intervals over seeds."""
    known = known_codes(group)
    columns = (LEARNER, *(measure for measure, _ in known), UNIFORM)
    rows = tuple(
        Row((one.learner, *(estimate(one, name) for _, name in known), one.uniform_bits), details=_details(one))
        for one in group
    )
    return Table(f"{title_of(group[0])}: code lengths", columns, rows, tuple(_remarks(group)), ranked=True, bar=1)


def _remarks(group: Sequence[Prequential]) -> Iterator[str]:
    """What a reader must know of the lengths."""
    yield IDEAL
    yield _seeds(group)
    if any(one.learner.startswith("hf:") for one in group):
        yield "hf: the weights of the folder are not charged, and whether they have seen the text is not known."
    single = [one for one in group if not one.members]
    if len(single) > 1:
        picked = math.log2(len(single))
        yield f"To pick the shortest of {len(single)} learners costs log2 {len(single)} = {picked:.2f} bits; mixtures paid it."


def _seeds(group: Sequence[Prequential]) -> str:
    n = max(len(one.seeds) for one in group)
    if n > 1:
        return f"Mean of {n} seeds, 95 % Student's t intervals."
    return "One seed: no interval." if group[0].data == "labels" else "One run of each: no interval."


def _details(one: Prequential) -> Details:
    groups: list[tuple[str, tuple[tuple[str, str], ...]]] = [
        ("Coded", (("code", one.code), ("members", ", ".join(one.members) or "–")))
    ]
    if one.two_part is not None:
        parts = one.two_part
        lengths = (
            ("weights", f"{parts.weight_bits:,.1f} bits for {parts.parameters:,}, in steps of 2^−f of their root mean square"),
            ("f of each seed", ", ".join(map(str, parts.precisions))),
            ("labels given them", f"{parts.data_bits:,.1f} bits"),
            ("(k/2) log2 n", f"{parts.rissanen_bits:,.1f} bits, what weights cost in the limit"),
        )
        groups.append(("Two-part", lengths))
    if one.variational is not None:
        post = one.variational
        expected = f"{post.data_bits:,.1f} bits, standard error {post.standard_error:.1f} of {post.samples} samples"
        groups.append(
            ("Variational", (("KL", f"{post.kl_bits:,.1f} bits from N(0, {post.prior:g}²)"), ("labels, expected", expected)))
        )
    return Details(tuple(groups))


def account(group: Sequence[Prequential]) -> Table:
    """What each length is above the final loss, by every anchor."""
    anchored = Measure("anchor", definition="where the final loss is taken: held out is a fifth that training has not seen")
    rows = [row for one in group for row in _anchored(one)]
    note = "Which learner has the least excess depends on the anchor."
    return Table.of("Above the final loss", (LEARNER, anchored, _FINAL, _EXCESS), rows, notes=(note,))


def _anchored(one: Prequential) -> Iterator[tuple[Cell, ...]]:
    """A row for each anchor; the first has the intervals that seeds give."""
    for place, anchor in enumerate(one.anchors):
        if place or one.final_loss_bits is None:
            yield one.learner, anchor.anchor, anchor.loss_bits, anchor.excess_bits
        else:
            yield one.learner, anchor.anchor, estimate(one, "final_loss_bits"), estimate(one, "excess_bits")


def beside(group: Sequence[Prequential]) -> Table:
    """Regret, what calibration saves, compute, and what choices cost; what is nothing for all of them is left out."""
    columns: dict[Measure, list[Cell]] = {
        _REGRET: [estimate(one, "regret_bits") for one in group],
        _SAVED: [_saved(one) for one in group],
        _VISITED: [one.visited or None for one in group],
        _CHARGED: [one.charged_bits or None for one in group],
    }
    shown = {measure: cells for measure, cells in columns.items() if any(cell is not None for cell in cells)}
    rows = zip((one.learner for one in group), *shown.values(), strict=True)
    return Table.of("Above the best in hindsight, and what it took", (LEARNER, *shown), rows)


def _saved(one: Prequential) -> float | None:
    return None if one.uncalibrated_bits is None else one.uncalibrated_bits - one.code_length_bits


def choices(group: Sequence[Prequential]) -> Table:
    """Every choice each code rests on, and what it cost."""
    columns = (
        LEARNER,
        Measure("choice", definition="a hyper-parameter, or what else the code rests on"),
        Measure("chosen", definition="the value that the code was made with"),
        Measure("tried", form="count", definition="values that were looked at before this one was chosen, as --tried says"),
        Measure("cost", definition="log2 of the number tried, or not charged"),
    )
    rows = [(one.learner, each.what, each.value, each.tried, _cost(each)) for one in group for each in one.charged_choices]
    return Table.of("Choices", columns, rows, notes=("A choice whose number tried nobody says is not charged.",))


def _cost(choice: Choice) -> str:
    if choice.bits is None:
        return "not charged"
    return f"{choice.bits:.2f} bits" if choice.tried is not None else "in the code length"


def notes(group: Sequence[Prequential]) -> Iterator[str]:
    silent = sum(choice.bits is None for one in group for choice in one.charged_choices if not one.members)
    if silent:
        yield f"{counted(silent, 'choice')} not charged: --json lists them, and --tried NAME=N charges log2 N for one"
