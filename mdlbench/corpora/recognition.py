"""Which known corpus a file is, or begins as: proven by digests, never guessed from a name."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mdlbench.corpora.corpus import prefix_digests
from mdlbench.corpora.known import KnownCorpus, KnownFile, registry


@dataclass(frozen=True)
class Recognition:
    """The first `proven` bytes of a file are the first `proven` bytes of `file` of the known `corpus`."""

    corpus: KnownCorpus
    file: KnownFile
    proven: int

    def spec(self, start: int, end: int) -> str:
        """What to call bytes `start` to `end`, as `find_corpus` reads it."""
        name = self.corpus.name if len(self.corpus.files) == 1 else f"{self.corpus.name}/{self.file.name}"
        return name if (start, end) == (0, self.file.size) else f"{name}:{start}:{end}"


def recognise(path: Path) -> tuple[Recognition, ...]:
    """What the file at `path` is or begins as, in the registry's order.

    A file of a known length is held against the strongest digest known of it; any file against the known digests of prefixes,
    so one that was cut elsewhere is proven up to the longest known prefix that it holds, and no further.
    """
    status = os.stat(path)
    return _recognise(path, status.st_size, status.st_mtime_ns)


def matches(path: Path, known: KnownFile) -> bool:
    """Whether the whole file at `path` is `known`; False where no digest of it is known."""
    if not known.digests or os.path.getsize(path) != known.size:
        return False
    algorithm, digest = known.digests[0]
    return prefix_digests(path, {known.size}, algorithm)[known.size] == digest


def recognise_folder(files: list[tuple[str, Path]]) -> KnownCorpus | None:
    """The known corpus of several files that these are, by name and digest, each of them and no others."""
    for known in registry().values():
        if len(known.files) > 1 and {file.name for file in known.files} == {name for name, _ in files}:
            paths = dict(files)
            if all(matches(paths[file.name], file) for file in known.files):
                return known
    return None


@lru_cache(maxsize=4096)
def _recognise(path: Path, size: int, changed: int) -> tuple[Recognition, ...]:
    found = []
    for corpus in registry().values():
        for file in corpus.files:
            proven = _proven(path, size, file)
            if proven:
                found.append(Recognition(corpus, file, proven))
    return tuple(found)


def _proven(path: Path, size: int, file: KnownFile) -> int:
    """How many bytes from the start are proven to be those of `file`."""
    if not file.prefixes:
        return size if size == file.size and matches(path, file) else 0
    shortest, digest = file.prefixes[0]
    if prefix_digests(path, {shortest}).get(shortest) != digest:  # almost every file: 1,000 bytes are read and no more
        return 0
    whole = dict(file.digests).get("sha256")
    known = dict(file.prefixes) | ({file.size: whole} if whole else {})
    here = prefix_digests(path, set(known))
    return max(length for length, digest in here.items() if digest == known[length])
