"""Tables of what models spend on sequences, beside the programs that write them, and of what sentences save a network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mdlbench.algorithmic.catalogue import SEQUENCES
from mdlbench.algorithmic.catalogue import Sequence as Algorithmic
from mdlbench.algorithmic.result import AgainstProgram, Code, Described, Length, Spread
from mdlbench.result import Found
from mdlbench.result.exhibits import Cell, Estimate, Measure, Row, Table
from mdlbench.units import bytes_to_bits, ratio

PROGRAM = Measure(
    "program",
    "bits",
    "count",
    definition="of the file that was run and printed the sequence: an upper bound on its complexity given Python",
    better="less",
)
_CODE = "ideal code length of the sequence, in bits or over the bits of its program's file"
SPENT = Measure("spent", "bits", "count", definition=_CODE, better="less")
TERMS = Measure("terms", form="count", definition="of the sequence: lines, digits or bits")
TIMES = Measure("times the program", form="digits", digits=4, definition=_CODE, better="less")
SAVED = Measure(
    "saved", "bits", "fixed", 0, "by its sentences, fewer bits for the sequence after one: mean over wordings, 95 % interval"
)
_SEQUENCE = Measure("sequence", definition="what is coded; a short program writes it")
_BYTES = Measure("bytes", form="count", definition="of the sequence, which models code")
_NULL = Measure("alphabet", "bits", "count", definition="null: each byte value that occurs equally likely", better="less")
_FILE = Measure("file", "bits", "count", definition="a container that was decoded to the same bytes", better="less")
_LIST = (
    Measure("sequence", definition="its name"),
    Measure("what it is"),
    Measure("encoding"),
    Measure("source"),
    Measure("program, bytes", form="count"),
)
_IDEAL = "Of models: IDEAL, the sum of −log2 p over all bytes; nothing was coded, so these are no sizes."
_UNCHARGED = "Of programs: files of {compressor}, each run and its output held against the sequence; {runtime} are not charged."

Payload = TypeVar("Payload", AgainstProgram, Described)


@dataclass(frozen=True)
class Place:
    """A model's code of a sequence of one length, beside its program."""

    sequence: str
    length: Length
    code: Code

    @property
    def times(self) -> float:
        """Bits spent over bits of the program's file."""
        return self.code.bits / program_bits(self.length)


def program_bits(length: Length) -> float:
    """Bits of the file that was run."""
    return bytes_to_bits(length.program_bytes)


def merged(results: Iterable[Found[AgainstProgram]]) -> list[AgainstProgram]:
    """One of each sequence, in the catalogue's order: at each length the newest code of each model."""
    found: dict[str, AgainstProgram] = {}
    for payload in (one.payload for one in sorted(results, key=lambda one: one.age)):
        lengths = {one.count: one for one in (found[payload.sequence].lengths if payload.sequence in found else ())}
        for length in payload.lengths:
            before = lengths[length.count].codes if length.count in lengths else ()
            codes = {code.model: code for code in (*before, *length.codes)}
            lengths[length.count] = replace(length, codes=tuple(codes.values()))
        found[payload.sequence] = replace(payload, lengths=tuple(lengths[count] for count in sorted(lengths)))
    return ordered(found.values())


def ordered(payloads: Iterable[Payload]) -> list[Payload]:
    """In the order of the catalogue, names that it does not have last."""
    places = {name: place for place, name in enumerate(SEQUENCES)}
    return sorted(payloads, key=lambda one: (places.get(one.sequence, len(places)), one.sequence))


def models(found: Iterable[AgainstProgram], measured: str = "ideal") -> list[str]:
    """Every model by which something was measured so, in the order met."""
    codes = (code for one in found for length in one.lengths for code in length.codes)
    return list(dict.fromkeys(code.model for code in codes if code.measured == measured))


def best(one: AgainstProgram, length: Length) -> Place | None:
    """The model with the least ideal bits at a length, if there is one."""
    ideal = [code for code in length.codes if code.measured == "ideal"]
    return Place(one.sequence, length, min(ideal, key=lambda code: code.bits)) if ideal else None


def listed(sequences: Iterable[Algorithmic]) -> Table:
    """What the sequences are."""
    rows = [(one.name, one.definition, one.encoding, one.source or None, len(one.program)) for one in sequences]
    return Table.of("", _LIST, rows)


def against_programs(found: Sequence[AgainstProgram]) -> list[Table]:
    """What every model spends at each sequence's greatest length, the same as multiples of the program, and files apart."""
    tables = [spent(found), multiples(found)]
    if any(len(one.lengths) > 1 for one in found):
        tables.append(growth(found))
    return [*tables, files(found)] if models(found, "file") else tables


def spent(found: Sequence[AgainstProgram]) -> Table:
    """Bits of each model, of the program and of the null."""
    names = models(found)
    columns = (_SEQUENCE, TERMS, _BYTES, PROGRAM, _NULL, *(replace(SPENT, name=name) for name in names))
    rows = [_spent(one, one.lengths[-1], names) for one in found]
    return Table("Bits spent on each sequence", columns, tuple(rows), notes=_notes(found))


def _notes(found: Sequence[AgainstProgram]) -> tuple[str, ...]:
    return (_IDEAL, *dict.fromkeys(_UNCHARGED.format(**vars(one)) for one in found))


def _spent(one: AgainstProgram, length: Length, names: Sequence[str]) -> Row:
    bits = {code.model: code.bits for code in length.codes if code.measured == "ideal"}
    known = (one.sequence, length.count, length.bytes, program_bits(length), length.alphabet_bits)
    return Row((*known, *(bits.get(name) for name in names)))


def multiples(found: Sequence[AgainstProgram]) -> Table:
    """How many times the program's bits each model spends."""
    names = models(found)
    null = replace(TIMES, name=_NULL.name, definition=_NULL.definition)
    columns = (_SEQUENCE, TERMS, null, *(replace(TIMES, name=name) for name in names))
    rows = []
    for one in found:
        length = one.lengths[-1]
        bits = {code.model: code.bits for code in length.codes if code.measured == "ideal"}
        times = [None if name not in bits else ratio(bits[name], program_bits(length)) for name in names]
        rows.append((one.sequence, length.count, length.alphabet_bits / program_bits(length), *times))
    return Table.of("Times the bits of the program", columns, rows, notes=(_IDEAL,))


def growth(found: Sequence[AgainstProgram]) -> Table:
    """The least that any model spends, as a multiple of the program, at each length."""
    counts = sorted({length.count for one in found for length in one.lengths})
    heads = [
        replace(TIMES, name=f"{count:,} terms", definition="times the bits of the program, least of the models")
        for count in counts
    ]
    rows = []
    for one in found:
        least = {length.count: place.times for length in one.lengths if (place := best(one, length)) is not None}
        rows.append((one.sequence, *(least.get(count) for count in counts)))
    note = "The least of all models is picked for each figure, uncharged. The program grows by a digit where its count does."
    return Table.of(
        "Times the bits of the program, best model, as the sequence grows", (_SEQUENCE, *heads), rows, notes=(note,)
    )


def files(found: Sequence[AgainstProgram]) -> Table:
    """Sizes of the compressors that give no probabilities."""
    names = models(found, "file")
    columns = (_SEQUENCE, TERMS, PROGRAM, *(replace(_FILE, name=name) for name in names))
    rows = []
    for one in found:
        length = one.lengths[-1]
        bits = {code.model: code.bits for code in length.codes if code.measured == "file"}
        rows.append((one.sequence, length.count, program_bits(length), *(bits.get(name) for name in names)))
    note = "Containers of mdlbench, each decoded to the same bytes: never to be ranked with ideal code lengths."
    return Table.of("Verified files of other compressors", columns, rows, notes=(note,))


def lengths(one: AgainstProgram) -> Table:
    """A sequence at each of its lengths."""
    names = models([one])
    columns = (TERMS, _BYTES, PROGRAM, _NULL, *(replace(SPENT, name=name) for name in names))
    rows = [Row(_spent(one, length, names).cells[1:]) for length in one.lengths]
    return Table("Bits spent at each length", columns, tuple(rows))


_SENTENCE = Measure(
    "sentence", "bits", "fixed", 1, "ideal code length of the sentence itself, or its mean over wordings", "less"
)
_DESCRIBED = (
    _SEQUENCE,
    Measure("alone", "bits", "fixed", 1, "ideal code length of the sequence's first bytes after nothing", "less"),
    replace(SAVED, name="its sentence saves", better="more"),
    replace(
        SAVED,
        name="another's saves",
        definition="null: by sentences about another sequence of the same encoding, 95 % interval",
    ),
    replace(
        SAVED,
        name="beyond that",
        digits=1,
        definition="by its sentence, less by another's, wording by wording, 95 % interval",
        better="more",
    ),
    _SENTENCE,
    replace(SAVED, name="net", definition="saved by its sentence, less the bits of the sentence, 95 % interval", better="more"),
    Measure(
        "net of bytes", "bits", "fixed", 0, "saved by its sentence, less 8 bits for each byte of it: mean over wordings", "more"
    ),
)


_NETWORKS = (
    Measure("model"),
    Measure("parameters", form="count"),
    Measure(
        "gains beyond the null", definition="sequences on which the sentence saves more than another's: 95 % interval above 0"
    ),
    Measure(
        "pays for the sentence",
        definition="sequences on which the sentence saves more than its own bits: 95 % interval above 0",
    ),
)


def by_network(found: Iterable[Described]) -> dict[str, list[Described]]:
    """What was found, by network, the largest first."""
    networks: dict[str, list[Described]] = {}
    for one in sorted(found, key=lambda one: -one.parameters):
        networks.setdefault(one.network, []).append(one)
    return networks


def networks(found: Iterable[Described]) -> Table:
    """A row for each network: on how many sequences a sentence helps it."""
    rows: list[tuple[Cell, ...]] = []
    for network, chosen in by_network(found).items():
        counts = (f"{sum(map(claim, chosen))} of {len(chosen)}" for claim in (gains, pays))
        rows.append((network, chosen[0].parameters, *counts))
    note = "IDEAL: nothing was coded. By chance alone an interval lies above 0 for one sequence in 40."
    return Table.of("Does a sentence about the sequence help?", _NETWORKS, rows, notes=(note,))


def gains(one: Described) -> bool:
    """Whether the sentence saves more than one about another sequence."""
    return above(one.beyond_control)


def pays(one: Described) -> bool:
    """Whether the sentence saves more than its own bits."""
    return above(one.net)


def sentences(found: Iterable[Described]) -> list[Table]:
    """A table for each network: what sentences save it."""
    return [_sentences(network, chosen) for network, chosen in by_network(found).items()]


def _sentences(network: str, found: Sequence[Described]) -> Table:
    rows = [_described(one) for one in found]
    wordings = min(len(one.wordings) for one in found)
    clear = sum(map(gains, found))
    notes = (
        f"IDEAL bits of at most {max(one.bytes for one in found):,} bytes; {found[0].parameters:,} parameters, not charged.",
        f"Intervals: Student's t over {wordings} wordings, 95 %. By chance alone one in 40 lies above 0; "
        f"beyond another's sentence {clear} of {len(found)} do.",
    )
    return Table.of(f"What a sentence about the sequence saves {network}", _DESCRIBED, rows, notes=notes)


def _described(one: Described) -> tuple[Cell, ...]:
    mean = sum(wording.bits for wording in one.wordings) / len(one.wordings)
    spreads = (one.saved, one.saved_by_control, one.beyond_control)
    return (one.sequence, one.bits, *map(estimate, spreads), mean, estimate(one.net), one.net_of_bytes.mean)


def wordings(one: Described) -> Table:
    """Sentence by sentence, those about another sequence among them."""
    columns = (
        Measure("wording", definition="one of several sentences that say the same, each with a line feed"),
        Measure("about", definition="the sequence that the sentence is about"),
        _SENTENCE,
        SAVED,
    )
    sets = ((one.sequence, one.wordings), (one.control, one.controls))
    rows = [(w.text, about, w.bits, one.bits - w.sequence_bits) for about, each in sets for w in each]
    return Table.of(f"{one.sequence} after each sentence, {one.network}", columns, rows)


def estimate(spread: Spread) -> Estimate:
    """A mean with its interval, as tables have it."""
    return Estimate(spread.mean, spread.low, spread.high)


def above(spread: Spread) -> bool:
    """Whether all of an interval is above 0."""
    return spread.low is not None and spread.low > 0
