"""What is shown of prequential codes: all codes of a task side by side, cumulative curves, the parts of a length."""

from collections.abc import Iterator, Sequence

from mdlbench.prequential.result import Choice, Prequential
from mdlbench.result import Found
from mdlbench.result.exhibits import (
    Axis,
    Bar,
    Bars,
    Cell,
    Chart,
    Details,
    Estimate,
    Exhibit,
    Finding,
    Folder,
    Measure,
    Note,
    Panels,
    Part,
    Row,
    Section,
    Series,
    Table,
    newest,
    shows,
)
from mdlbench.text import counted


def _bits(name: str, definition: str, digits: int = 1) -> Measure:
    return Measure(name, "bits", "fixed", digits, definition, "less")


_LEARNER = Measure("learner", definition="what predicts and learns, as one writes it after --learner")
_SEEDS = Measure("seeds", form="count", definition="orders of the examples, each with initial weights of its own")
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
    (_bits("random labels", "the prequential code of the same labels on other examples: the null"), "random_labels_bits"),
)
_UNIFORM = _bits("uniform", "symbols × log2 classes: what knowing nothing costs")
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
_TERMS = {
    "prequential code": "a code for which nothing is sent but the data: sender and receiver learn alike from what is coded",
    "mixture": "the Bayesian mixture of the learners, equally weighted at first: at most log2 of their number above the best",
    "fixed share": "the mixture over all ways to switch between learners, at rate 1 / (t + 1) after symbol t",
}
_IDEAL = "Ideal code lengths: nothing was coded."


@shows(Prequential)
def section(results: Sequence[Found[Prequential]]) -> Section:
    """A part for each task and way of coding it: the newest result of each learner."""
    groups = _groups(newest(results, lambda one: (_task(one), one.learner, one.members)))
    tasks = {one.task for group in groups for one in group}
    return Section(
        "Prequential codes",
        f"what learning costs: prequential code lengths of {counted(len(tasks), 'task')}",
        tuple(map(_part, groups)),
        (_front(groups),),
        tuple(finding for group in groups for finding in _findings(group)),
        _TERMS,
        rank=30,
        counts={"prequential_codes": sum(map(len, groups))},
    )


def _task(one: Prequential) -> tuple[str, ...]:
    return one.task, one.digest, one.code


def _groups(results: Sequence[Prequential]) -> list[list[Prequential]]:
    """The results of each task and code together, shortest first."""
    found: dict[tuple[str, ...], list[Prequential]] = {}
    for one in results:
        found.setdefault(_task(one), []).append(one)
    return [sorted(group, key=lambda one: one.code_length_bits) for group in found.values()]


def _part(group: Sequence[Prequential]) -> Part:
    first = group[0]
    shown: tuple[Exhibit, ...] = (codes(group), pictures(group))
    return Part(
        _title(first),
        (*shown, Folder("Excess, regret, choices", (account(group), beside(group), choices(group)))),
        _facts(first),
    )


def tables(group: Sequence[Prequential]) -> tuple[Exhibit, ...]:
    """What the terminal shows of the results of one task."""
    group = sorted(group, key=lambda one: one.code_length_bits)
    return codes(group), account(group), beside(group), *map(Note, _notes(group))


def _title(one: Prequential) -> str:
    kind = "labels" if one.data == "labels" else "text"
    return f"{one.task} ({kind}), {one.code}"


def _facts(one: Prequential) -> str:
    classes = f" of {one.classes:,} classes" if one.data == "labels" else ""
    return f"{one.symbols:,} {_symbols(one)}{classes}, {one.uniform_bits:,.1f} bits under the uniform code; {one.code}"


def _symbols(one: Prequential) -> str:
    return "labels" if one.data == "labels" else "bytes"


def estimate(one: Prequential, name: str) -> Cell:
    """A figure with its interval over seeds; a dash where there is none."""
    value, spread = getattr(one, name), one.intervals.get(name)
    if value is None or spread is None or spread.low is None:
        return value
    return Estimate(value, spread.low, spread.high)


def _known(group: Sequence[Prequential]) -> list[tuple[Measure, str]]:
    """The codes that some result of a group has."""
    return [(measure, name) for measure, name in _CODES if any(getattr(one, name) is not None for one in group)]


def codes(group: Sequence[Prequential]) -> Table:
    """Every code of each learner side by side, with intervals over seeds."""
    known = _known(group)
    columns = (_LEARNER, *(measure for measure, _ in known), _UNIFORM)
    rows = tuple(
        Row((one.learner, *(estimate(one, name) for _, name in known), one.uniform_bits), details=_details(one))
        for one in group
    )
    return Table(f"{_title(group[0])}: code lengths", columns, rows, (_IDEAL, _seeds(group)), ranked=True, bar=1)


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
    rows = [(one.learner, anchor.anchor, anchor.loss_bits, anchor.excess_bits) for one in group for anchor in one.anchors]
    note = "Which learner has the least excess depends on the anchor."
    return Table.of("Above the final loss", (_LEARNER, anchored, _FINAL, _EXCESS), rows, notes=(note,))


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
    return Table.of("Above the best in hindsight, and what it took", (_LEARNER, *shown), rows)


def _saved(one: Prequential) -> float | None:
    return None if one.uncalibrated_bits is None else one.uncalibrated_bits - one.code_length_bits


def choices(group: Sequence[Prequential]) -> Table:
    """Every choice each code rests on, and what it cost."""
    columns = (
        _LEARNER,
        Measure("choice", definition="a hyper-parameter, or what else the code rests on"),
        Measure("chosen", definition="the value that the code was made with"),
        Measure("tried", form="count", definition="values that were looked at before this one was chosen, as --tried says"),
        Measure("cost", definition="log2 of the number tried, or not charged"),
    )
    rows = [(one.learner, each.what, each.value, each.tried, _cost(each)) for one in group for each in one.charged_choices]
    return Table.of("Choices", columns, rows, notes=("A choice whose number tried nobody says is not charged.",))


def _cost(choice: Choice) -> str:
    return "not charged" if choice.bits is None else f"{choice.bits:.2f} bits"


def _notes(group: Sequence[Prequential]) -> Iterator[str]:
    silent = sum(choice.bits is None for one in group for choice in one.charged_choices if not one.members)
    if silent:
        yield f"{counted(silent, 'choice')} not charged: --json lists them, and --tried NAME=N charges log2 N for one"


def pictures(group: Sequence[Prequential]) -> Panels:
    """The parts of every length, and what was spent along the way."""
    return Panels(
        "Code lengths and their parts; bits spent along the way",
        (parts(group), cumulative(group), regret(group)),
        "Prequential lengths are split at the final loss held out, two-part ones into weights and data, variational ones into "
        "KL and expected data.",
    )


MODEL, DATA, WHOLE = "learning, weights or KL", "data", "not split"


def parts(group: Sequence[Prequential]) -> Bars:
    """Each code's length as what the model costs and what the data cost given it."""
    bars = [bar for one in group for bar in _bars(one)]
    bars.append(Bar("uniform", ((DATA, group[0].uniform_bits),)))
    axis = Axis(Measure("code length", "bits", "count", 1, "of all symbols", "less"), zero=True)
    return Bars("What each code spends", axis, tuple(bars), "Shorter is better.", (MODEL, DATA, WHOLE))


def _bars(one: Prequential) -> Iterator[Bar]:
    spread = one.intervals.get("code_length_bits")
    ends = (None, None) if spread is None else (spread.low, spread.high)
    if one.excess_bits is None or one.final_loss_bits is None:
        yield Bar(f"{one.learner}, prequential", ((WHOLE, one.code_length_bits),), low=ends[0], high=ends[1])
    else:
        split = ((MODEL, one.excess_bits), (DATA, one.symbols * one.final_loss_bits))
        null = () if one.random_labels_bits is None else (("random labels", one.random_labels_bits),)
        yield Bar(f"{one.learner}, prequential", split, null, *ends)
    if one.two_part is not None:
        yield Bar(f"{one.learner}, two-part", ((MODEL, one.two_part.weight_bits), (DATA, one.two_part.data_bits)))
    if one.variational is not None:
        yield Bar(f"{one.learner}, variational", ((MODEL, one.variational.kl_bits), (DATA, one.variational.data_bits)))


def cumulative(group: Sequence[Prequential]) -> Chart:
    """Bits spent after so many symbols, against the uniform code."""
    first = group[0]
    places = [point.symbols for point in first.curve]
    known = Series("uniform", places, [first.uniform_bits / first.symbols * n for n in places], role="null", dashed=True)
    spent = Measure("bits so far", "bits", "count", 1, "the sum of −log2 p over the symbols coded so far", "less")
    series = [_series(one, "bits") for one in group]
    return Chart("Bits spent so far", Axis(_along(first), "log"), Axis(spent, "log"), (*series, known))


def regret(group: Sequence[Prequential]) -> Chart:
    """Bits above the best in hindsight after so many symbols."""
    above = Measure("regret so far", "bits", "count", 1, "bits so far above those of the best in hindsight")
    series = tuple(_series(one, "regret_bits") for one in group if any(point.regret_bits is not None for point in one.curve))
    return Chart("Regret", Axis(_along(group[0]), "log"), Axis(above), series)


def _along(one: Prequential) -> Measure:
    return Measure(f"{_symbols(one)} coded", form="count", definition="each before it was learnt")


def _series(one: Prequential, name: str) -> Series:
    bands = name == "bits" and one.curve and one.curve[0].low is not None
    return Series(
        one.learner,
        [point.symbols for point in one.curve],
        [getattr(point, name) for point in one.curve],
        low=[point.low for point in one.curve] if bands else (),
        high=[point.high for point in one.curve] if bands else (),
        dashed=bool(one.members),
    )


def _front(groups: Sequence[Sequence[Prequential]]) -> Table:
    """A row for each result of all tasks."""
    measures = _known([one for group in groups for one in group])
    columns = (
        _LEARNER,
        Measure("task", definition="what is coded: labels given features, or the bytes of a text"),
        Measure("how", definition="how symbols are coded, and when the learner learns"),
        *(measure for measure, _ in measures),
        _UNIFORM,
        _SEEDS,
    )
    rows = [
        (one.learner, one.task, one.code, *(estimate(one, name) for _, name in measures), one.uniform_bits, len(one.seeds))
        for group in groups
        for one in group
    ]
    return Table.of("Code lengths", columns, rows, notes=(_IDEAL,))


def _findings(group: Sequence[Prequential]) -> Iterator[Finding]:
    """The shortest single learner, charged for having been picked, against the null and the code that needs no picking."""
    single = [one for one in group if not one.members]
    if not single:
        return
    best = single[0]
    name = f"{best.task} ({best.code}): {best.learner} codes {best.symbols:,} {_symbols(best)} in {_said(best)} bits"
    against = [f"uniform {_UNIFORM.text(best.uniform_bits)}"]
    if best.random_labels_bits is not None:
        against.append(f"on random labels {PREQUENTIAL.text(estimate(best, 'random_labels_bits'))}")
    mixture = next((one for one in group if one.learner == "mixture"), None)
    if mixture is not None:
        against.append(f"the mixture, unpicked, {_said(mixture)}")
    yield Finding(name, ", ".join(against))


def _said(one: Prequential) -> str:
    return PREQUENTIAL.text(estimate(one, "code_length_bits"))
