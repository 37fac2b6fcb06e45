"""Where fetched corpora are kept, and whether they are what they should be."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from mdlbench.corpora.corpus import CHUNK
from mdlbench.corpora.known import KnownCorpus, KnownFile
from mdlbench.errors import CorpusError, MissingCorpusError
from mdlbench.numerics.cache import cache_root
from mdlbench.text import counted


def corpora_folder() -> Path:
    """`corpora/` in the cache folder; see `cache_root` for what that honours. It need not exist."""
    return cache_root() / "corpora"


def corpus_folder(known: KnownCorpus) -> Path:
    """Where the files of a known corpus are, once fetched."""
    return corpora_folder() / known.name


def is_fetched(known: KnownCorpus) -> bool:
    """Whether every file is there in its full size; `check_file` looks at their digests."""
    folder = corpus_folder(known)
    return all((folder / file.name).is_file() and (folder / file.name).stat().st_size == file.size for file in known.files)


def fetched_path(known: KnownCorpus, file: KnownFile) -> Path:
    """The path of a file that has been fetched.

    Raises:
        MissingCorpusError: if it is not there.
        CorpusError: if it is not of its size.
    """
    path = corpus_folder(known) / file.name
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise MissingCorpusError(known.name) from None
    if size != file.size:
        raise CorpusError(f"{path}: {size:,} bytes, not {file.size:,}; run: mdlbench corpus fetch {known.name} --force")
    return path


@dataclass(frozen=True)
class FileCheck:
    """What became of holding one file against the registry: `problem` is None if it is right."""

    file: KnownFile
    path: Path
    problem: str | None


def check_file(path: Path, known: KnownFile) -> FileCheck:
    """Hold a file against its size and every digest known of it, in one pass."""
    try:
        size = os.path.getsize(path)
    except FileNotFoundError:
        return FileCheck(known, path, "missing")
    if size != known.size:
        return FileCheck(known, path, f"{counted(size, 'byte')}, not {known.size:,}")
    running = [hashlib.new(algorithm, usedforsecurity=False) for algorithm, _ in known.digests]
    with open(path, "rb") as file:
        while running and (data := file.read(CHUNK)):
            for digest in running:
                digest.update(data)
    for digest, (algorithm, expected) in zip(running, known.digests, strict=True):
        if digest.hexdigest() != expected:
            return FileCheck(known, path, f"{algorithm} is {digest.hexdigest()}, not {expected}")
    return FileCheck(known, path, None)
