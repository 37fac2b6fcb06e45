"""The words of exhibits and what they mean, gathered from where each is defined: a column, an axis, a section; here only units.

A kind of result brings its own by the definitions of its measures; nothing lists them a second time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mdlbench.result.exhibits import Bars, Chart, Exhibit, Measure, Section, Table, walk

UNITS: Mapping[str, str] = {
    "bits": "code length: an event of probability p costs −log2 p bits",
    "nats": "code length with the natural logarithm: 1 nat is 1.4427 bits",
    "bits per byte": "bits divided by the bytes of the original, whatever the symbols were; 8 is no compression",
    "bits per symbol": "bits divided by the number of symbols",
    "nats per symbol": "nats divided by the number of symbols",
    "symbols": "what a model predicts one at a time: bytes, tokens of a tokenizer, or outputs of a process",
    "%": "hundredths",
}
COMMON: Mapping[str, str] = {  # columns that mean the same wherever they stand
    "model": "what predicts, as one writes it after -m",
    "corpus": "the bytes that were compressed, a named collection or a slice of it",
    "run": "the folder of a training run, whose seeds were trained alike",
    "process": "a source of symbols whose probabilities are known",
    "seed": "number from which a run's random choices follow",
    "seeds": "networks trained alike but for their random choices",
    "tokens": "symbols trained on",
    "seconds": "of wall time",
    "parameters": "numbers that training sets",
    "width": "of the stream between a network's layers",
    "layer": "where in the network activations are read; all layers: every site side by side",
    "checkpoint": "the network as saved, to be named after -m",
    "context": "symbols that a prediction sees",
    "method": "how a figure was found",
    "notes": "remarks",
    "source": "where the figure was published",
    "weighting": "how much each prefix counts",
    "beliefs from": "what beliefs are read from",
    "written at": "the site whose activations were changed",
    "tokens seen": "symbols trained on so far",
    "symbols seen": "from the start of a sequence",
}


class Term(NamedTuple):
    """Words and what they mean: one definition, or one for each place that defines them otherwise."""

    names: tuple[str, ...]
    definitions: tuple[str, ...]


def glossary(sections: Sequence[Section]) -> list[Term]:
    """Every word of some sections that is defined, in the order of the alphabet; words of one meaning stand together."""
    found: dict[str, dict[str, None]] = {}
    for name, definition in _words(sections):
        if definition:
            found.setdefault(name, {})[definition] = None
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(found, key=lambda name: (name.casefold(), name)):
        alike.setdefault(tuple(found[name]), []).append(name)
    return [Term(tuple(names), definitions) for definitions, names in alike.items()]


def undefined(sections: Sequence[Section]) -> list[str]:
    """Words of tables and axes that nothing defines; to be mended where the measure is made."""
    known = {name for term in glossary(sections) for name in term.names}
    return sorted({name for name, _ in _words(sections)} - known)


def _words(sections: Sequence[Section]) -> Iterator[tuple[str, str]]:
    for section in sections:
        yield from ((name, _plain(definition)) for name, definition in section.terms.items())
        exhibits = [*section.front, *(exhibit for part in section.parts for exhibit in part.exhibits)]
        for measure in _measures(exhibits):
            if measure.name:
                yield measure.name, _plain(measure.definition or COMMON.get(measure.name, UNITS.get(measure.name, "")))
            if measure.unit:
                yield measure.unit, UNITS.get(measure.unit, "")


def _measures(exhibits: Iterable[Exhibit]) -> Iterator[Measure]:
    for exhibit in walk(exhibits):
        if isinstance(exhibit, Table):
            yield from exhibit.columns
            opened = [row.details for row in exhibit.rows if row.details is not None]
            yield from _measures(table for details in opened for table in details.tables)
        elif isinstance(exhibit, Chart):
            yield from (exhibit.x.measure, exhibit.y.measure)
        elif isinstance(exhibit, Bars):
            yield exhibit.axis.measure


def _plain(definition: str) -> str:
    """A definition as it stands after its word: begun small unless with a name or a formula, without a full stop."""
    first, second = definition[:1], definition[1:2]
    return ((first.lower() if second.islower() or second == " " else first) + definition[1:]).rstrip(".")
