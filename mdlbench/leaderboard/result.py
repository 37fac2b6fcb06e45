"""A row of a leaderboard, and a figure that others published: the one shape of each, which everything else derives from.

Names are those of the JSON file (README.md beside this says what each figure is). Figures that follow from others are marked
(derived); `derived.py` makes them and `checking` makes them again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mdlbench.result.ranges import agrees, in_range
from mdlbench.result.record import Plain, result_kind
from mdlbench.units import bits_per_byte, bytes_to_bits, ratio

KIND = "leaderboard-row"
OLD_RULE = "measured under an older rule"


@dataclass(frozen=True)
class CodedFile:
    """A file of a corpus, or the slice of it that was coded."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class CodedCorpus:
    """What was coded.

    Attributes:
        start, end: the slice, in bytes of the whole.
        sha256: of the bytes coded.
        source: as the user named it; recognised: as part of a known corpus, `enwik8:0:4000000`.
        cut: what was kept of it, such as "first 4,000,000 bytes"; None for the whole.
    """

    name: str
    start: int
    end: int
    bytes: int
    sha256: str
    files: tuple[CodedFile, ...]
    source: str
    recognised: str | None
    cut: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class CodingModel:
    """What coded it; `policies` say what each prediction may see, block size included."""

    spec: str
    digest: str
    portability: Literal["exact", "environment"]
    version: str | None
    policies: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class BlockSize:
    """Original bytes per block: as used, and the model's own."""

    used: int
    default: int


@dataclass(frozen=True)
class Repeats:
    """How often everything was coded and decoded."""

    asked: int
    done: int
    limit_seconds: float
    same_archives: bool


@dataclass(frozen=True)
class Archive:
    """A container: of which file, and how large."""

    name: str
    bytes: int
    container_bytes: int
    sha256: str


@dataclass(frozen=True)
class Split:
    """Bits of the payloads; they sum to 8 times their bytes."""

    ideal: float
    quantisation: float
    coder: float


@dataclass(frozen=True)
class Account:
    """Where every byte of the containers went, and what stands beside the sums."""

    bytes: Mapping[str, int]
    payload_bits: Split | None
    beside: Mapping[str, Any]


@dataclass(frozen=True)
class Timing:
    """What coding one way cost, a figure for each repeat, summed over files.

    Attributes:
        wall_seconds, cpu_seconds: of whole processes; coding_seconds: once the model is ready.
        peak_bytes: of the largest process; None where the system does not say.
        bytes_per_second: original bytes, by the median of the wall seconds: what a user waits for, start included.
        coding_bytes_per_second: the same once the model is ready.
    """

    wall_seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    coding_seconds: tuple[float, ...]
    peak_bytes: int | None
    # derived:
    median_wall_seconds: float = 0.0
    spread_wall_seconds: float = 0.0
    median_coding_seconds: float = 0.0
    bytes_per_second: float | None = None
    coding_bytes_per_second: float | None = None
    start_seconds: float = 0.0


@dataclass(frozen=True)
class Adjusted:
    """The container with what decodes it, in bytes, by `models.decoders.RULE`.

    Attributes:
        against_bits_per_byte: of the payloads of `break_even_against` on the same bytes, which are its own plain files.
        code: of what decodes, packed and compressed; None where that is not known, for `reason`.
        break_even_bytes: the corpus size from which container and model are smaller than that; None: never, beyond
            `derived.FAR` times what was measured, or not known.
    """

    against_bits_per_byte: float | None
    break_even_against: str
    # derived:
    code: int | None = None
    weights: int = 0
    weights_16bit: int = 0
    total: int | None = None
    total_16bit: int | None = None
    break_even_bytes: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Units:
    """Ideal bits of each `unit_bytes` original bytes, files joined end to end."""

    unit_bytes: int
    ideal_bits: tuple[float, ...]


@dataclass(frozen=True)
class Decoding:
    """The process that decoded an archive."""

    command: tuple[str, ...]
    exit_code: int
    archive_sha256: str
    output_sha256: str
    output_bytes: int
    seconds: float
    python: str
    fresh_process: bool


def _whole_processes_and_one_rule(row: Plain) -> Plain:
    """Schema 1 to 2: speeds are of whole processes; sizes of models are none that were measured under another rule."""
    from mdlbench.container.writer import framing

    beside = row["ledger"]["beside"]
    models = {spec: {**model, "code": None, "reason": OLD_RULE} for spec, model in beside["model_bytes"].items()}
    timings = {way: _of_whole_processes(row[way], row["input_bytes"]) for way in ("encode", "decode")}
    unknown = dict.fromkeys(("code", "total", "total_16bit", "break_even_bytes", "against_bits_per_byte"))
    return {
        **row,
        **timings,
        "corpus": _with_its_cut(row["corpus"]),
        "ledger": {**row["ledger"], "beside": {**beside, "model_bytes": models}},
        "adjusted": {**row["adjusted"], **unknown, "reason": OLD_RULE},
        "framing_bytes": framing(row["ledger"]["bytes"]),
    }


def _with_its_cut(corpus: Plain) -> Plain:
    """What was kept of it, from the slice and from what the note says of several files."""
    note, several = corpus.get("note") or "", "only the first "
    if note.startswith(several):
        cut: str | None = f"{note.removeprefix('only the ')}, {corpus['bytes']:,} bytes in all"
        return {**corpus, "cut": cut, "note": None}
    first = f"first {corpus['bytes']:,} bytes" if ":" in (corpus["recognised"] or "") else None
    return {**corpus, "cut": f"bytes {corpus['start']:,} to {corpus['end']:,}" if corpus["start"] else first}


def _of_whole_processes(timing: Plain, input_bytes: int) -> Plain:
    whole = ratio(input_bytes, timing["median_wall_seconds"])
    return {**timing, "bytes_per_second": whole, "coding_bytes_per_second": timing["bytes_per_second"]}


def _sound(row: "Row") -> None:
    """Refuse a row that says itself that it is none: its files do not decode, or its single figures are not those of its
    files. That is cheap; whatever else can be wrong `checking` finds."""
    archives, logs, corpus = row.archives, row.decode_log, row.corpus
    if not len(corpus.files) == len(archives) == len(logs):
        raise ValueError(f"{len(archives)} archives and {len(logs)} decode logs of {len(corpus.files)} files")
    for at, (file, archive, log) in enumerate(zip(corpus.files, archives, logs, strict=True)):
        if log.exit_code or not log.fresh_process:
            raise ValueError(f"decode_log[{at}]: {file.name} was not decoded by a fresh process with exit code 0")
        if (log.archive_sha256, log.output_sha256) != (archive.sha256, file.sha256):
            raise ValueError(f"decode_log[{at}]: what was decoded is not {file.name}, or not from its archive")
        agrees(f"archives[{at}].bytes", archive.bytes, file.bytes)
        agrees(f"decode_log[{at}].output_bytes", log.output_bytes, file.bytes)
        _digest(f"archives[{at}].sha256", archive.sha256)
        _digest(f"corpus.files[{at}].sha256", file.sha256)
    _digest("corpus.sha256", corpus.sha256)
    _digest("seal", row.seal)
    _sizes(row)
    for way, timing in (("encode", row.encode), ("decode", row.decode)):
        for name in ("wall_seconds", "cpu_seconds", "coding_seconds"):
            in_range(f"{way}.{name}", min(getattr(timing, name), default=0.0))
        agrees(f"{way}.bytes_per_second", timing.bytes_per_second, ratio(row.input_bytes, timing.median_wall_seconds))
        in_range(f"{way}.bytes_per_second", timing.bytes_per_second)


def _sizes(row: "Row") -> None:
    """The sums over files, and what follows from them."""
    size, container = sum(file.bytes for file in row.corpus.files), sum(archive.container_bytes for archive in row.archives)
    agrees("corpus.bytes", row.corpus.bytes, size)
    agrees("corpus.end", row.corpus.end, row.corpus.start + size)
    agrees("input_bytes", row.input_bytes, size)
    agrees("container_bytes", row.container_bytes, container)
    agrees("bits_per_byte", row.bits_per_byte, bits_per_byte(bytes_to_bits(container), size))
    agrees("ratio", row.ratio, ratio(size, container) if size else None)
    in_range("ideal_bits", row.ideal_bits)
    ideal = None if row.ideal_bits is None else bits_per_byte(row.ideal_bits, size)
    agrees("ideal_bits_per_byte", row.ideal_bits_per_byte, ideal)
    code, weights = row.adjusted.code, row.adjusted.weights
    agrees("adjusted.total", row.adjusted.total, None if code is None else container + code + weights)
    in_range("adjusted.code", code)
    in_range("adjusted.weights", weights)


def _digest(name: str, text: str) -> None:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError(f"{name} is {text[:70]!r}, which is no SHA-256")


@result_kind(KIND, schema=2, upgrades={1: _whole_processes_and_one_rule}, sound=_sound)
@dataclass(frozen=True)
class Row:
    """A corpus coded with a model in one process, decoded in another to the same SHA-256, and timed.

    Read from an index (`index.load_index`), what is no single figure is empty: archives, ledger, units, logs.
    """

    corpus: CodedCorpus
    model: CodingModel
    block_size: BlockSize
    device: str
    threads: int
    jobs: int
    repeats: Repeats
    ideal_bits: float | None
    archives: tuple[Archive, ...]
    ledger: Account
    encode: Timing
    decode: Timing
    adjusted: Adjusted
    contamination: str | None
    baseline: bool
    units: Units | None
    decode_log: tuple[Decoding, ...]
    load_before: float | None = None
    published: bool = False
    # derived:
    policy_hash: str = ""
    input_bytes: int = 0
    container_bytes: int = 0
    bits_per_byte: float | None = None
    ratio: float | None = None
    ideal_bits_per_byte: float | None = None
    framing_bytes: int = 0
    seal: str = ""

    @property
    def framing_share(self) -> float:
        """The part of the containers that is no payload: headers, indices, trailers."""
        return self.framing_bytes / max(self.container_bytes, 1)

    @property
    def peak_bytes(self) -> int | None:
        """The larger of both ways; None where the system says neither."""
        return max((way.peak_bytes for way in (self.encode, self.decode) if way.peak_bytes is not None), default=None)


@result_kind("leaderboard-published")
@dataclass(frozen=True)
class PublishedRow:
    """One published figure, of a whole file; shown beside measured rows, never ranked among them.

    Attributes:
        container_bytes: the size; None where only a percentage was published.
        bits_per_byte: of the size, or of the percentage.
        adjusted_percent: with the weights, in percent of the raw size.
        encode_bytes_per_second, decode_bytes_per_second: on the machine of whoever published it.
        mark: "2nd": from a secondary copy of the table; "unverified": from memory; "" otherwise.
    """

    corpus: str
    corpus_bytes: int
    model: str
    container_bytes: int | None
    bits_per_byte: float | None
    adjusted_percent: float | None
    encode_bytes_per_second: float | None
    decode_bytes_per_second: float | None
    source: str
    mark: str
    note: str
    published: bool = True

    @property
    def ratio(self) -> float | None:
        """Original bytes by the size, where one was published."""
        return None if self.container_bytes is None else self.corpus_bytes / self.container_bytes
