"""What is shown of sequences that short programs write: what models spend on them, and what a sentence saves a network."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from mdlbench.algorithmic import pictures, tables
from mdlbench.algorithmic.result import AgainstProgram, Described
from mdlbench.algorithmic.tables import TIMES, Place
from mdlbench.result import Found
from mdlbench.result.exhibits import Exhibit, Finding, Folder, Part, Section, Text, newest, shows
from mdlbench.text import counted

Payload = TypeVar("Payload", AgainstProgram, Described)


@shows(AgainstProgram, Described)
def section(results: Sequence[Found[AgainstProgram] | Found[Described]]) -> Section:
    """All sequences, then a part for each; what sentences save each network."""
    programs = tables.merged(_of(AgainstProgram, results))
    told = tables.ordered(newest(_of(Described, results), lambda one: (one.network, one.sequence)))
    front = tuple(tables.against_programs(programs)) if programs else ()
    said = tuple(tables.sentences(told))
    overview: tuple[Exhibit, ...] = (pictures.panels(programs), *front) if programs else ()
    sentences: tuple[Exhibit, ...] = (tables.networks(told), pictures.saved(told), *said) if told else ()
    parts = [Part("All sequences", overview)] if overview else []
    parts += [Part("Does a sentence help?", sentences)] if sentences else []
    return Section(
        title="Algorithmic sequences",
        summary=f"{counted(len(programs), 'sequence')} against the programs that write them"
        + (f", {counted(len({one.network for one in told}), 'network')} told which they are" if told else ""),
        parts=(*parts, *(_part(one) for one in programs), *_wordings(told)),
        front=(*front[1:2], *([tables.networks(told)] if told else [])),
        findings=(*_spent(programs), *_understood(told)),
        rank=17,
        counts={"sequences": len(programs), "descriptions": len(told)},
    )


def _of(payload: type[Payload], results: Iterable[Found[AgainstProgram] | Found[Described]]) -> list[Found[Payload]]:
    return [one for one in results if isinstance(one.payload, payload)]  # type: ignore[misc]


def shown(programs: Sequence[AgainstProgram], told: Sequence[Described]) -> list[Exhibit]:
    """What the terminal prints of a run."""
    return [*(tables.against_programs(programs) if programs else ()), *tables.sentences(told)]


def _part(one: AgainstProgram) -> Part:
    grown = (pictures.grown(one),) if len(one.lengths) > 1 else ()
    source = f"; {one.source}" if one.source else ""
    facts = f"{one.definition}; {one.encoding}{source}"
    program = Folder("Its program", (Text(one.program),))
    return Part(one.sequence, (*grown, tables.lengths(one), program), facts)


def _wordings(told: Sequence[Described]) -> list[Part]:
    """Sentence by sentence, for each network."""
    return [
        Part(network, tuple(map(tables.wordings, chosen)), "sentences before sequences")
        for network, chosen in tables.by_network(told).items()
    ]


def _spent(found: Sequence[AgainstProgram]) -> tuple[Finding, ...]:
    """Where the best model comes nearest to the program, and where it stays farthest, of the longest sequences."""
    places = [place for one in found if (place := tables.best(one, one.lengths[-1])) is not None]
    if not places:
        return ()
    places = [one for one in places if one.length.count == max(place.length.count for place in places)]
    least, most = min(places, key=lambda one: one.times), max(places, key=lambda one: one.times)
    claim = f"On {counted(len(places), 'sequence')} of {places[0].length.count:,} terms the best model spends {_times(least)}"
    if least != most:
        claim += f" to {_times(most)}"
    nulls = sorted(one.length.alphabet_bits / tables.program_bits(one.length) for one in places)
    null = f"knowing only which bytes occur, {TIMES.text(nulls[0])} to {TIMES.text(nulls[-1])} times"
    return (Finding(f"{claim} times the bits of the program that writes it", null),)


def _times(place: Place) -> str:
    return f"{TIMES.text(place.times)} ({place.sequence}, {place.code.model})"


def _understood(told: Sequence[Described]) -> tuple[Finding, ...]:
    """On how many sequences each network gains from the sentence more than from another, and after paying for it."""
    found = []
    for network, chosen in tables.by_network(told).items():
        helped = [one.sequence for one in chosen if tables.gains(one)]
        paid = [one.sequence for one in chosen if tables.pays(one)]
        claim = (
            f"A sentence that says which sequence it is saves {network} more than one about another sequence on "
            f"{len(helped)} of {len(chosen)}{_named(helped)}, and pays for its own bits on {len(paid)}{_named(paid)}"
        )
        found.append(Finding(claim, "counted where the 95 % interval over wordings is above 0"))
    return tuple(found)


def _named(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""
