"""One cell of a leaderboard: a corpus coded with a model, decoded in a fresh process, timed, and made into a row."""

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdlbench.errors import ResultError, VerificationError
from mdlbench.fresh import Ran, run_fresh, shown
from mdlbench.leaderboard.contamination import contamination_note
from mdlbench.leaderboard.derived import YARDSTICK, derived, sum_ledgers, unit_bytes
from mdlbench.leaderboard.result import (
    Adjusted,
    Archive,
    BlockSize,
    CodedCorpus,
    CodingModel,
    Decoding,
    Repeats,
    Row,
    Timing,
    Units,
)
from mdlbench.models import load_model
from mdlbench.models.base import Model
from mdlbench.result.reading import decoded
from mdlbench.workers import ended_with

if TYPE_CHECKING:
    from mdlbench.corpora import Corpus, CorpusFile

_AT_ONCE = 1 << 20
_SAMPLE = 64  # bytes that warm a model up: enough to compile every kernel
EXACT_TOLERANCE = 1e-9  # relative, between the bits of the units and those of the ledger
FLOAT_TOLERANCE = 1e-3  # the same for a network, whose parallel pass rounds otherwise than its steps


@dataclass(frozen=True)
class Cell:
    """What is measured, and how often.

    Attributes:
        corpus: what is coded; its files become separate archives.
        spec: the model.
        block_size: original bytes per block; None for the model's own.
        repeat: times that everything is coded and decoded.
        repeat_seconds: no repeat begins once those before it took this long, in seconds.
        baseline: whether it is one of those that came with --baselines.
    """

    corpus: "Corpus"
    spec: str
    block_size: int | None = None
    jobs: int = 1
    repeat: int = 3
    repeat_seconds: float = 30.0
    baseline: bool = False


@dataclass
class Repeat:
    """One coding and decoding of all files."""

    encode: list[Ran] = field(default_factory=list)
    decode: list[Ran] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    decode_log: list[Decoding] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(ran.wall_seconds for ran in (*self.encode, *self.decode))


def measure(cell: Cell, against_bits_per_byte: float | None) -> Row:
    """Run a cell; its row, without a seal.

    Args:
        against_bits_per_byte: of the yardstick's payloads on the same corpus; None if that is not known.

    Raises:
        VerificationError: what was decoded is not the corpus, or two codings differ.
        MdlbenchError: a process failed, saying why.
    """
    model, load = load_model(cell.spec), os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    with _workplace() as folder:
        originals = [_original(file, folder, place) for place, file in enumerate(cell.corpus.files)]
        _warm_up(cell, model, originals, folder)
        repeats: list[Repeat] = []
        while not repeats or wants_more(len(repeats), sum(done.seconds for done in repeats), cell.repeat, cell.repeat_seconds):
            repeats.append(_repeat(cell, model, originals, folder))
            hold_against(cell, model, repeats)
        units = _units(cell, model, originals, folder) if model.has_probabilities else None
    return _row(cell, model, repeats, units, against_bits_per_byte, load)


def wants_more(done: int, seconds: float, repeat: int, repeat_seconds: float) -> bool:
    """Whether another repeat begins after `done` of them took `seconds` together: the rule that keeps slow cells short."""
    return done < repeat and seconds < repeat_seconds


def block_size_of(cell: Cell, model: Model) -> int:
    """Original bytes per block that the cell is coded with."""
    return model.block_size if cell.block_size is None else cell.block_size


def policies_of(cell: Cell, model: Model) -> tuple[dict[str, Any], ...]:
    """The context policies that the cell's archives have, as `Compression.policies`."""
    return ({"block_size": block_size_of(cell, model), **model.policy()},)


@contextmanager
def _workplace() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mdlbench-leaderboard-"))
    with ended_with(lambda: shutil.rmtree(folder, ignore_errors=True)):
        yield folder


def _original(file: "CorpusFile", folder: Path, place: int) -> Path:
    """A file that holds what is coded and nothing else: the corpus's own, or a copy of its slice."""
    if file.start == 0 and file.size == Path(file.path).stat().st_size:
        return Path(file.path).absolute()
    copy = folder / f"slice{place}"
    with file.open() as source, open(copy, "wb") as sink:
        shutil.copyfileobj(source, sink, _AT_ONCE)
    return copy


def _warm_up(cell: Cell, model: Model, originals: list[Path], folder: Path) -> None:
    """Both ways once on a few bytes, so that no measured process is the first to compile, or to read the weights from disk."""
    sample = folder / "sample"
    with open(originals[0], "rb") as source:
        sample.write_bytes(source.read(_SAMPLE) or b"\0")
    archive = folder / "sample.mdlz"
    run_fresh(_compress(cell, model, sample, archive))
    run_fresh(_mdlbench("decompress", cell, model, archive, folder / "sample.back"))


def _repeat(cell: Cell, model: Model, originals: list[Path], folder: Path) -> Repeat:
    """Code every file, then decode every archive; each in a process of its own, one after the other."""
    done = Repeat()
    for place, (file, original) in enumerate(zip(cell.corpus.files, originals, strict=True)):
        archive = folder / f"{place}.mdlz"
        archive.unlink(missing_ok=True)
        done.encode.append(run_fresh(_compress(cell, model, original, archive)))
        size = archive.stat().st_size
        done.archives.append(Archive(file.name, file.size, size, file_sha256(archive)))
    for place in range(len(originals)):
        archive, output = folder / f"{place}.mdlz", folder / "decoded"
        output.unlink(missing_ok=True)
        ran = run_fresh(_mdlbench("decompress", cell, model, archive, output))
        done.decode.append(ran)
        done.decode_log.append(_log(ran, archive, output))
    return done


def _mdlbench(command: str, cell: Cell, model: Model, source: Path, target: Path, *more: str) -> list[str]:
    options = ["--json", "-q", "-f", "-j", str(cell.jobs), "-m", model.spec, *more]
    return ["-m", "mdlbench", command, *options, str(source), "-o", str(target)]


def _compress(cell: Cell, model: Model, file: Path, archive: Path) -> list[str]:
    block = [] if cell.block_size is None else ["--block-size", str(cell.block_size)]
    return _mdlbench("compress", cell, model, file, archive, "--no-verify", *block)


def _log(ran: Ran, archive: Path, output: Path) -> Decoding:
    return Decoding(
        command=tuple(shown(ran.command)),
        exit_code=0,
        archive_sha256=file_sha256(archive),
        output_sha256=file_sha256(output),
        output_bytes=output.stat().st_size,
        seconds=ran.wall_seconds,
        python=platform.python_version(),
        fresh_process=True,
    )


def hold_against(cell: Cell, model: Model, repeats: list[Repeat]) -> None:
    """What was just decoded must be the corpus, and what was just coded that of before, unless a program writes the time."""
    for file, log in zip(cell.corpus.files, repeats[-1].decode_log, strict=True):
        if log.output_sha256 != file.sha256():
            raise VerificationError(f"{cell.spec}: {file.name} does not come back from its archive; no row is written")
    if repeats[-1].archives != repeats[0].archives and model.repeatable:
        raise VerificationError(f"{cell.spec}: coding {cell.corpus.name} twice gave different archives; no row is written")


def _units(cell: Cell, model: Model, originals: list[Path], folder: Path) -> list[float]:
    pairs = [str(path) for place, original in enumerate(originals) for path in (original, folder / f"{place}.mdlz")]
    ran = run_fresh(["-m", "mdlbench.leaderboard.unit_bits", model.spec, str(block_size_of(cell, model)), *pairs])
    return ran.said["ideal_bits"]


def _row(
    cell: Cell, model: Model, repeats: list[Repeat], units: list[float] | None, against: float | None, load: float | None
) -> Row:
    first = repeats[0]
    said = [ran.said for ran in first.encode]
    ideal_bits = None
    if units is not None:
        ideal_bits = sum(archive["ideal_bits"] for archive in said)
        check_units(model, sum(units), ideal_bits)
    same = all(done.archives == first.archives for done in repeats)
    return derived(
        Row(
            corpus=decoded(CodedCorpus, cell.corpus.to_json(), cell.corpus.name),
            model=CodingModel(model.spec, model.digest.hex(), model.portability, model.version, policies_of(cell, model)),
            block_size=BlockSize(block_size_of(cell, model), model.block_size),
            device=model.device,
            threads=model.threads,
            jobs=cell.jobs,
            repeats=Repeats(cell.repeat, len(repeats), cell.repeat_seconds, same),
            ideal_bits=ideal_bits,
            archives=tuple(first.archives),
            ledger=sum_ledgers([archive["ledger"] for archive in said]),
            encode=_timing([done.encode for done in repeats]),
            decode=_timing([done.decode for done in repeats]),
            adjusted=Adjusted(against, YARDSTICK),
            contamination=contamination_note(model.spec, cell.corpus.name),
            baseline=cell.baseline,
            units=None if units is None else Units(unit_bytes(cell.corpus.size), tuple(round(bits, 3) for bits in units)),
            decode_log=tuple(first.decode_log),
            load_before=load,
        )
    )


def _timing(repeats: list[list[Ran]]) -> Timing:
    """What was measured one way: sums over the files of each repeat."""
    return Timing(
        wall_seconds=tuple(sum(ran.wall_seconds for ran in runs) for runs in repeats),
        cpu_seconds=tuple(sum(ran.cpu_seconds or 0.0 for ran in runs) for runs in repeats),
        coding_seconds=tuple(sum(ran.said["seconds"] for ran in runs) for runs in repeats),
        peak_bytes=max((ran.peak_bytes for runs in repeats for ran in runs if ran.peak_bytes is not None), default=None),
    )


def check_units(model: Model, units: float, ledger: float) -> None:
    """The two passes must agree on the total bits: to rounding of sums if the model is exact."""
    tolerance = EXACT_TOLERANCE if model.portability == "exact" else FLOAT_TOLERANCE
    if abs(units - ledger) > tolerance * max(ledger, 1.0):
        raise ResultError(
            f"{model.spec}: the units sum to {units:.6f} bits, the ledger to {ledger:.6f}; no row is written "
            "(report it: the two must not differ)"
        )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
