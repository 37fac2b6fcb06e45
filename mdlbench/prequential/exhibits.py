"""What is shown of prequential codes: a part for each task, with all codes side by side, curves, and the parts of a length."""

from collections.abc import Iterator, Sequence

from mdlbench.prequential.pictures import pictures
from mdlbench.prequential.result import Prequential
from mdlbench.prequential.tables import (
    IDEAL,
    LEARNER,
    PREQUENTIAL,
    UNIFORM,
    account,
    beside,
    choices,
    codes,
    estimate,
    how,
    known_codes,
    notes,
    symbols_of,
    title_of,
)
from mdlbench.result import Found
from mdlbench.result.exhibits import Exhibit, Finding, Folder, Measure, Note, Part, Section, Table, newest, shows
from mdlbench.text import counted

_TERMS = {
    "prequential code": "a code for which nothing is sent but the data: sender and receiver learn alike from what is coded",
    "mixture": "the Bayesian mixture of the learners, equally weighted at first: at most log2 of their number above the best",
    "fixed share": "the mixture over all ways to switch between learners, at rate 1 / (t + 1) after symbol t",
}


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
        title_of(first),
        (*shown, Folder("Excess, regret, choices", (account(group), beside(group), choices(group)))),
        _facts(first),
    )


def tables(group: Sequence[Prequential]) -> tuple[Exhibit, ...]:
    """What the terminal shows of the results of one task."""
    group = sorted(group, key=lambda one: one.code_length_bits)
    return codes(group), account(group), beside(group), *map(Note, notes(group))


def _facts(one: Prequential) -> str:
    classes = f" of {one.classes:,} classes" if one.data == "labels" else ""
    return f"{one.symbols:,} {symbols_of(one)}{classes}, {one.uniform_bits:,.1f} bits under the uniform code; {one.code}"


def _front(groups: Sequence[Sequence[Prequential]]) -> Table:
    """The shortest single learner of each task and way of coding it."""
    shortest = [found for group in groups if (found := _shortest(group)) is not None]
    measures = known_codes(shortest)
    columns = (
        Measure("task", definition="what is coded: labels given features, or the bytes of a text"),
        Measure("how", definition="in blocks, with a fit between two; online, step by step; or as a model adapts by itself"),
        LEARNER,
        *(measure for measure, _ in measures),
        UNIFORM,
    )
    rows = [
        (
            one.task,
            how(one),
            one.learner,
            estimate(one, "code_length_bits"),
            *(getattr(one, name) for _, name in measures[1:]),
            one.uniform_bits,
        )
        for one in shortest
    ]
    return Table.of("The shortest learner of each task", columns, rows, notes=(IDEAL,))


def _shortest(group: Sequence[Prequential]) -> Prequential | None:
    """Of the learners of a task, shortest first, mixtures apart."""
    return next((one for one in group if not one.members), None)


def _findings(group: Sequence[Prequential]) -> Iterator[Finding]:
    """The shortest single learner, against the null and the code that needs no picking."""
    best = _shortest(group)
    if best is None:
        return
    claim = f"On {best.task} ({how(best)}), {best.learner} codes the {symbols_of(best)} in {_said(best)} bits"
    against = [f"uniform {UNIFORM.text(best.uniform_bits)}"]
    if best.random_labels_bits is not None:
        null = "on random labels" if best.data == "labels" else "shuffled"
        against.append(f"{null} {PREQUENTIAL.text(estimate(best, 'random_labels_bits'))}")
    mixture = next((one for one in group if one.learner == "mixture"), None)
    if mixture is not None:
        against.append(f"the mixture, unpicked, {PREQUENTIAL.text(mixture.code_length_bits)}")
    yield Finding(claim, ", ".join(against))


def _said(one: Prequential) -> str:
    return PREQUENTIAL.text(estimate(one, "code_length_bits"))
