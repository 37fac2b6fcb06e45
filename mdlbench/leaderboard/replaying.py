"""`replay`: code a corpus again with an exact model and hold the archive against the one that a row speaks of."""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from mdlbench.codec import compress_stream
from mdlbench.corpora import Corpus, find_corpus
from mdlbench.errors import MdlbenchError
from mdlbench.leaderboard.ranking import place
from mdlbench.leaderboard.result import CodedCorpus, Row
from mdlbench.models import load_model
from mdlbench.models.spec import is_file, split_spec
from mdlbench.result.reading import Found
from mdlbench.text import counted

Replayed = Literal["same", "different", "not replayed"]


@dataclass(frozen=True)
class Replay:
    """What became of one row: the archives came out the same, or did not, or why nobody tried."""

    path: Path
    outcome: Replayed
    text: str


def replay(
    rows: Sequence[Found[Row]], corpora: Sequence[str] = (), report: Callable[[Replay], None] = lambda done: None
) -> list[Replay]:
    """Code again what the rows of exact models speak of; rows of the same bytes, model and blocks are coded once.

    Args:
        corpora: where the bytes are, as `find_corpus` takes them; known corpora that were fetched are found without.
        report: called with each row's outcome.

    Raises:
        UsageError: one of `corpora` is not there.
    """
    given = [find_corpus(text) for text in corpora]
    coded: dict[tuple[Any, ...], list[str]] = {}
    outcomes = []
    for row in rows:
        try:
            outcome = _replay(row, given, coded)
        except (MdlbenchError, OSError, KeyError, TypeError) as error:
            outcome = Replay(Path(row.path), "not replayed", str(error))
        report(outcome)
        outcomes.append(outcome)
    return outcomes


def _replay(found: Found[Row], given: Sequence[Corpus], coded: dict[tuple[Any, ...], list[str]]) -> Replay:
    row, path = found.payload, Path(found.path)
    reason = _hindrance(row)
    if reason:
        return Replay(path, "not replayed", reason)
    corpus = _find(row.corpus, given)
    if corpus is None:
        return Replay(path, "not replayed", f"the bytes of {place(row)} are not here; name them with -C")
    key = (row.corpus.sha256, row.model.spec, row.block_size.used)
    if key not in coded:
        coded[key] = [_archive_sha256(file.open(), *key[1:], row.jobs) for file in corpus.files]
    for made, archive in zip(coded[key], row.archives, strict=True):
        if made != archive.sha256:
            text = f"archives: coded again, {archive.name} has SHA-256 {made}, the row {archive.sha256}"
            return Replay(path, "different", text)
    return Replay(path, "same", f"{counted(len(coded[key]), 'archive')} coded again, to the same bytes")


def _hindrance(row: Row) -> str | None:
    spec, version = row.model.spec, row.model.version
    if row.model.portability != "exact":
        return f"{spec} is no exact model: its archives are the same only under the same software and device"
    if is_file(split_spec(spec)[0]):
        return f"{spec} is code of somebody's own: a row does not have it run"
    model = load_model(spec)
    if not row.repeats.same_archives or model.repeatable is False:
        return f"{spec} writes something else into each file, such as the time"
    if model.version != version:
        return f"{spec} was {version}, here it is {model.version}"
    if model.digest.hex() != row.model.digest:
        return f"{spec} has another digest here: {model.digest.hex()}"
    return None


def _find(wanted: CodedCorpus, given: Sequence[Corpus]) -> Corpus | None:
    """A corpus with the row's bytes: one of `given`, a slice of one, or what the registry has of that name."""
    for corpus in given:
        if corpus.sha256() == wanted.sha256:
            return corpus
        if len(corpus.files) == 1 and corpus.start <= wanted.start < wanted.end <= corpus.end:
            path = f"{corpus.files[0].path}:{wanted.start}:{wanted.end}"
            part = find_corpus(path if os.path.isabs(path) else f".{os.sep}{path}")
            if part.sha256() == wanted.sha256:
                return part
    if wanted.recognised is not None:
        with suppress(MdlbenchError, OSError):
            found = find_corpus(wanted.recognised)
            return found if found.sha256() == wanted.sha256 else None
    return None


def _archive_sha256(source: BinaryIO, spec: str, block_size: int, jobs: int) -> str:
    sink = _Hash()
    with source:
        compress_stream(source, cast(BinaryIO, sink), [spec], block_size=block_size, jobs=jobs, verify=False)
    return sink.digest.hexdigest()


class _Hash:
    """A sink that keeps only the SHA-256 of what is written."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return len(data)
