"""Rows of the leaderboard as page and plots want them: checked, grouped by the bytes they coded, thinned for drawing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mdlbench.errors import ResultError
from mdlbench.report.collect import Fields, Found
from mdlbench.units import bits_per_byte, bits_to_bytes

CURVE_POINTS = 256  # at most, for each row: more is neither seen nor light
PARTS = {  # of a container, in the order drawn; the first three split its payloads where the model gives probabilities
    "ideal": "ideal code length",
    "payloads": "payloads, not split",
    "raw_blocks": "raw blocks",
    "quantisation": "quantisation",
    "coder": "coder",
    "header": "header",
    "block_headers": "block headers",
    "index": "index",
    "trailer": "trailer",
}


@dataclass(frozen=True)
class Row:
    """One file of the leaderboard; its figures are those of the file, by the file's names.

    Raises:
        ResultError: when a figure is asked for that the file lacks.
    """

    fields: Fields
    provenance: Fields

    @cached_property
    def spec(self) -> str:
        return self.fields.text("model.spec")

    @cached_property
    def published(self) -> bool:
        return self.fields.true("published")

    @cached_property
    def family(self) -> str:
        """What the model is a variant of: `cm` for cm,level=9, `hf`, `external:xz`."""
        head = self.spec.partition(",")[0]
        return head if head.startswith("external:") else head.partition(":")[0]

    @cached_property
    def bits_per_byte(self) -> float | None:
        return self.fields.maybe_number("bits_per_byte")

    @cached_property
    def model_bytes(self) -> float | None:
        """Code and weights as shipped: what the adjusted size adds to the container."""
        total, container = self.fields.maybe_number("adjusted.total"), self.fields.maybe_number("container_bytes")
        return None if total is None or container is None else total - container

    @cached_property
    def slice_name(self) -> tuple[str, float | None, float | None]:
        f = self.fields
        return f.text("corpus.name"), f.maybe_number("corpus.start"), f.maybe_number("corpus.end")

    @cached_property
    def coded(self) -> tuple[Any, ...]:
        """What was coded: the digest of the bytes where known, else the corpus's name and range."""
        digest = self.fields.maybe_text("corpus.sha256")
        return (digest,) if digest else self.slice_name

    @cached_property
    def imposed(self) -> float | None:
        """The block size that the user imposed, in bytes: a condition of the measurement; None for the model's own."""
        used = self.fields.maybe_number("block_size.used")
        return None if used == self.fields.maybe_number("block_size.default") else used

    @cached_property
    def setting(self) -> tuple[Any, ...]:
        """Rows that agree in this differ in when they were measured."""
        f = self.fields
        return *map(f.maybe_text, ("model.spec", "policy_hash", "device")), f.maybe_number("jobs")

    @cached_property
    def time(self) -> str:
        return self.provenance.maybe_text("time") or ""

    @cached_property
    def parts(self) -> dict[str, float] | None:
        """Bytes of each of PARTS, summing to the container; None for published rows and an empty ledger."""
        if not isinstance(self.fields.values.get("ledger"), dict):
            return None
        stored = {name: self.fields.number(f"ledger.bytes.{name}") for name in PARTS if name not in _SPLIT}
        if self.fields.maybe_number("ledger.payload_bits.ideal") is None:
            return stored
        split = {name: bits_to_bytes(self.fields.number(f"ledger.payload_bits.{name}")) for name in _SPLIT}
        return {name: split.get(name, 0 if name == "payloads" else stored.get(name, 0)) for name in PARTS}


_SPLIT = ("ideal", "quantisation", "coder")


@dataclass(frozen=True)
class Slice:
    """The rows that coded the same bytes, in blocks of the models' own choice or all of one imposed size: the only ones ranked
    together.

    Attributes:
        title: the corpus, its range, and the block size if that was imposed.
        measured: newest first decides between runs of one setting; ordered by bits per byte.
        published: figures that others published, ordered likewise.
        older: runs left out because the same setting was run again.
        policies: policy hash to its mark A, B, ...: A is the most common.
    """

    title: str
    measured: list[Row]
    published: list[Row]
    older: int
    policies: dict[str, str]

    @property
    def rows(self) -> list[Row]:
        return self.measured + self.published

    @property
    def first(self) -> Row:
        return self.rows[0]


def slices(results: Sequence[Found]) -> list[Slice]:
    """Group rows by the bytes coded, the group with most measured rows first."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    rows = [row_of(found) for found in results]
    digests = {row.slice_name: row.coded for row in rows if len(row.coded) == 1}
    for row in rows:
        coded = row.coded if len(row.coded) == 1 else digests.get(row.slice_name, row.coded)
        groups.setdefault((coded, row.imposed), []).append(row)
    made = [_slice(group) for group in groups.values()]
    return sorted(made, key=lambda s: (-len(s.measured), s.title))


def row_of(found: Found) -> Row:
    """The row in a file; its bits per byte must be a number unless the input was empty."""
    row = Row(Fields(found.path, found.result.values), Fields(found.path, found.result.provenance))
    if row.fields.maybe_number("input_bytes") != 0:
        row.fields.number("bits_per_byte")
    return row


def _slice(group: list[Row]) -> Slice:
    newest: dict[tuple[Any, ...], Row] = {}
    runs = [row for row in group if not row.published]
    for row in runs:
        if row.setting not in newest or row.time >= newest[row.setting].time:
            newest[row.setting] = row
    measured, published = (
        sorted(rows, key=lambda row: (row.bits_per_byte or 0, row.spec))
        for rows in (newest.values(), [row for row in group if row.published])
    )
    hashes = Counter(row.fields.maybe_text("policy_hash") or "" for row in measured)
    marks = {name: _letters(i) for i, (name, _) in enumerate(hashes.most_common())}
    return Slice(_title((measured or published)[0]), measured, published, len(runs) - len(measured), marks)


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _title(row: Row) -> str:
    name, start, end = row.slice_name
    size, recognised = row.fields.maybe_number("corpus.bytes"), (row.fields.maybe_text("corpus.recognised") or "").split(":")
    part = bool(start)
    if len(recognised) == 3 and recognised[1].isdigit() and recognised[2].isdigit():
        name, part, start, end = recognised[0], True, int(recognised[1]), int(recognised[2])
    title = (
        f"{name}, bytes {int(start or 0):,} to {int(end or 0):,}"
        if part
        else name
        if size is None
        else f"{name}, {size:,.0f} bytes"
    )
    return title + (f", in blocks of {row.imposed:,.0f} bytes" if row.imposed else "")


def unit_edges(row: Row) -> list[int]:
    """Where each unit of `units.ideal_bits` ends in the corpus, in bytes; files count as one run of bytes.

    Raises:
        ResultError: the number of units does not fit the corpus.
    """
    unit, total = int(row.fields.number("units.unit_bytes")), int(row.fields.number("input_bytes"))
    count = len(row.fields.numbers("units.ideal_bits"))
    if unit < 1 or count != -(-total // unit):
        raise ResultError(f"{row.fields.path}: {count} units of {unit} bytes do not make {total:,} bytes; run the row again")
    return [min(total, unit * (i + 1)) for i in range(count)]


def curve(row: Row, points: int = CURVE_POINTS) -> tuple[list[int], list[float]] | None:
    """Ideal bits per byte along the file, thinned to at most `points` averages over equal numbers of units.

    Returns:
        (edges in bytes, one more than values; bits per byte); None for a model that gives no probabilities.
    """
    bits = row.fields.numbers("units.ideal_bits")
    if not bits:
        return None
    ends = unit_edges(row)
    step = -(-len(bits) // points)
    edges = [0, *(ends[min(i + step, len(bits)) - 1] for i in range(0, len(bits), step))]
    sums = [sum(bits[i : i + step]) for i in range(0, len(bits), step)]
    values = [bits_per_byte(s, b - a) or 0 for s, a, b in zip(sums, edges, edges[1:], strict=False)]
    return edges, [round(value, 4) for value in values]
