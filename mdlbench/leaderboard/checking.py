"""What can be wrong with a row, found without running anything: types, sums, every derived figure, digests, the seal."""

import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from mdlbench.codec.matching import is_built_in
from mdlbench.container.writer import PARTS
from mdlbench.errors import MdlbenchError, ResultError
from mdlbench.leaderboard.derived import derived, scalars, seal, unit_bytes
from mdlbench.leaderboard.result import CodedFile, Row
from mdlbench.leaderboard.store import read_document, row_files
from mdlbench.models import load_model, model_class
from mdlbench.models.spec import split_spec
from mdlbench.result.reading import result_of
from mdlbench.result.record import Plain
from mdlbench.units import bytes_to_bits

_SAME = 1e-12  # relative, for figures that are recomputed
_ROUNDED = 5e-4  # bits by which a unit, written with three decimals, may be off
_FLOATS = 1e-3  # relative, between a network's parallel pass and its steps


class Problem(NamedTuple):
    """One thing that does not hold: the field's dotted path, and what is there against what should be."""

    field: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What was found in one file; no problems means that every check passed."""

    path: Path
    problems: tuple[Problem, ...]


def check(folder: str | os.PathLike[str]) -> list[Verdict]:
    """Check every row below a folder.

    Returns:
        A verdict for each file, in the order of their paths; a file that is no row has the problem "file".
    """
    return [Verdict(Path(entry.path), tuple(_problems_in(entry.path))) for entry in row_files(folder)]


def _problems_in(path: str) -> list[Problem]:
    try:
        return problems(read_document(path))
    except ResultError as error:
        return [Problem("file", str(error))]


def problems(document: Plain) -> list[Problem]:
    """Everything that does not hold in the document of one row."""
    try:
        row = result_of(document, "row").payload
        found = [*_derived(row), *_corpus(row), *_ledger(row), *_units(row), *_timings(row), *_model(row), *_recorded(document)]
    except (MdlbenchError, KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        found = [Problem("document", f"cannot be checked: {type(error).__name__}: {error}")]
    if document.get("seal") != seal(document):
        found.append(
            Problem("seal", f"{document.get('seal')!r}, but the document's own is {seal(document)}: something was edited")
        )
    return found


def _recorded(document: Plain) -> Iterator[Problem]:
    for name in ("time", "processor"):
        value = document["provenance"].get(name)
        if not isinstance(value, str):
            yield Problem(f"provenance.{name}", f"{value!r} is not text")
    if document["published"]:
        yield Problem("published", "true, but this is a row of something measured")


def _derived(row: Row) -> Iterator[Problem]:
    """Whatever follows from other figures, made again; the walk is over all of them, which are the same but for those."""
    made = derived(row)
    for way in scalars():
        yield from _expect(way, attrgetter(way)(row), attrgetter(way)(made))


def _expect(path: str, found: Any, expected: Any) -> Iterator[Problem]:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (found, expected))
    same = math.isclose(found, expected, rel_tol=_SAME) if numbers else found == expected and type(found) is type(expected)
    if not same:
        yield Problem(path, f"{found!r}, but recomputed it is {expected!r}")


def _corpus(row: Row) -> Iterator[Problem]:
    """The corpus, the archives and the decode log speak of the same files."""
    corpus, files = row.corpus, row.corpus.files
    yield from _expect("corpus.bytes", corpus.bytes, sum(file.bytes for file in files))
    yield from _expect("corpus.end", corpus.end, corpus.start + corpus.bytes)
    yield from _expect("corpus.sha256", corpus.sha256, _identity(files))
    if not len(files) == len(row.archives) == len(row.decode_log):
        yield Problem("archives", f"{len(row.archives)} archives and {len(row.decode_log)} decode logs of {len(files)} files")
    for n, (file, archive, log) in enumerate(zip(files, row.archives, row.decode_log, strict=False)):
        yield from _expect(f"archives.{n}.name", archive.name, file.name)
        yield from _expect(f"archives.{n}.bytes", archive.bytes, file.bytes)
        yield from _expect(f"decode_log.{n}.archive_sha256", log.archive_sha256, archive.sha256)
        yield from _expect(f"decode_log.{n}.output_sha256", log.output_sha256, file.sha256)
        yield from _expect(f"decode_log.{n}.output_bytes", log.output_bytes, file.bytes)
        yield from _expect(f"decode_log.{n}.exit_code", log.exit_code, 0)
        yield from _expect(f"decode_log.{n}.fresh_process", log.fresh_process, True)


def _identity(files: Sequence[CodedFile]) -> str:
    """As `Corpus.sha256`, from what the row says of the files."""
    if len(files) == 1:
        return files[0].sha256
    whole = hashlib.sha256()
    for file in files:
        name = os.fsencode(file.name)
        whole.update(len(name).to_bytes(8, "little") + name + bytes.fromhex(file.sha256))
    return whole.hexdigest()


def _ledger(row: Row) -> Iterator[Problem]:
    """The parts sum to the containers, the payloads' bits to the payloads, the ideal bits to the row's."""
    parts, split = row.ledger.bytes, row.ledger.payload_bits
    if tuple(parts) != PARTS:
        yield Problem("ledger.bytes", f"has the parts {', '.join(parts)}")
        return
    yield from _expect("ledger.bytes", sum(parts.values()), row.container_bytes)
    if split is not None and row.ideal_bits is not None:
        whole, found = bytes_to_bits(parts["payloads"]), split.ideal + split.quantisation + split.coder
        if not math.isclose(found, whole, rel_tol=1e-9, abs_tol=1e-6):
            yield Problem("ledger.payload_bits", f"sums to {found!r} of {whole!r} bits in payloads")
        ideal = split.ideal + bytes_to_bits(parts["raw_blocks"])
        if not math.isclose(ideal, row.ideal_bits, rel_tol=1e-12, abs_tol=1e-6):
            yield Problem("ideal_bits", f"{row.ideal_bits!r}, but the ledger has {ideal!r}")


def _units(row: Row) -> Iterator[Problem]:
    if row.units is None or row.ideal_bits is None:
        if (row.units is None) != (row.ideal_bits is None):
            yield Problem("units", "null, but ideal_bits is not" if row.units is None else "there, but ideal_bits is null")
        return
    bits, unit = row.units.ideal_bits, unit_bytes(row.input_bytes)
    yield from _expect("units.unit_bytes", row.units.unit_bytes, unit)
    if len(bits) != -(-row.input_bytes // unit):
        yield Problem("units.ideal_bits", f"{len(bits)} units of {unit} bytes for {row.input_bytes} bytes")
    allowed = _ROUNDED * len(bits) + (0.0 if row.model.portability == "exact" else _FLOATS * row.ideal_bits)
    if min(bits, default=0.0) < 0 or abs(math.fsum(bits) - row.ideal_bits) > allowed + 1e-9 * row.ideal_bits:
        yield Problem("units.ideal_bits", f"sums to {math.fsum(bits):.3f}, but ideal_bits is {row.ideal_bits:.3f}")


def _timings(row: Row) -> Iterator[Problem]:
    for way, timing in (("encode", row.encode), ("decode", row.decode)):
        for name in ("wall_seconds", "cpu_seconds", "coding_seconds"):
            values = getattr(timing, name)
            if len(values) != row.repeats.done:
                yield Problem(f"{way}.{name}", f"{len(values)} figures of {row.repeats.done} repeats")
            if min(values) < 0:
                yield Problem(f"{way}.{name}", f"{min(values)!r} seconds")
        for wall, coding in zip(timing.wall_seconds, timing.coding_seconds, strict=False):
            if coding > wall:
                yield Problem(f"{way}.coding_seconds", f"{coding!r}, more than the {wall!r} of the whole process")


def _model(row: Row) -> Iterator[Problem]:
    """Digests of built-in models, and of compressors that are installed here, are made again."""
    spec = row.model.spec
    yield from _expect("model.policies", row.model.policies[0]["block_size"], row.block_size.used)
    if spec not in row.ledger.beside["model_bytes"]:
        yield Problem("model.spec", f"{spec!r} is not the model in the ledger")
    known = _digests(spec)
    if known and row.model.digest not in known:
        yield Problem("model.digest", f"{row.model.digest}, but {spec} has {' or '.join(sorted(known))}")


@cache
def _digests(spec: str) -> set[str]:
    """The digests that a spec can have, one per stream revision; none where the model cannot be built without looking far."""
    try:
        name = split_spec(spec)[0]
        if not (is_built_in(spec) or name == "external"):
            return set()
        return {load_model(spec, revision).digest.hex() for revision in model_class(name).revisions}
    except MdlbenchError:  # a compressor that is not installed, or no spec at all
        return set()
