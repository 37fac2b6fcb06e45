"""A corpus: an ordered list of files, or slices of files, with an identity that two machines can compare."""

import hashlib
import io
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from mdlbench.errors import CorpusError

CHUNK = 1 << 20  # bytes read at a time, so that memory does not grow with the corpus


@dataclass(frozen=True)
class CorpusFile:
    """Bytes `start` to `end` (exclusive) of the file at `path`, under the name that results give it."""

    name: str
    path: Path
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes in the slice."""
        return self.end - self.start

    def open(self) -> BinaryIO:
        """A seekable stream of the slice's bytes and no others.

        Raises:
            CorpusError: when read, if the file has become shorter.
        """
        return cast(BinaryIO, io.BufferedReader(_Slice(self.path, self.start, self.end), 1 << 16))

    def sha256(self) -> str:
        """SHA-256 of the slice, in hexadecimal."""
        status = os.stat(self.path)
        return _sha256(self, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Corpus:
    """What a leaderboard measures on.

    Attributes:
        name: usable as a folder's name: that of the known corpus if the bytes are recognised, else made from the source.
        source: as the user named it, without folders and without a slice.
        start, end: the slice of the named corpus, in bytes, END exclusive; for several files 0 and the sum of their sizes.
        files: in coding order; each becomes an archive of its own.
        recognised: what `find_corpus` would find the same bytes under, such as "enwik8:0:4000000", if digests prove all of
            them to be those of a known corpus; None if not.
        cut: what was kept of it, such as "first 4,000,000 bytes"; None for the whole.
        note: what else a reader of results should know of it, such as how far a file is proven to be a known one.
    """

    name: str
    source: str
    start: int
    end: int
    files: tuple[CorpusFile, ...]
    recognised: str | None = None
    cut: str | None = None
    note: str | None = None

    @property
    def title(self) -> str:
        """What tables call it: its name, and what part of it this is."""
        return f"{self.name}, {self.cut or f'{self.size:,} bytes'}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def sha256(self) -> str:
        """The corpus's identity, in hexadecimal.

        For one file it is the SHA-256 of the bytes coded. For several it is the SHA-256 over, for each file in order: the
        length of its name (UTF-8) as 8 bytes, little-endian; the name; the 32 bytes of the file's own SHA-256.
        """
        if len(self.files) == 1:
            return self.files[0].sha256()
        whole = hashlib.sha256()
        for file in self.files:
            name = os.fsencode(file.name)
            whole.update(len(name).to_bytes(8, "little") + name + bytes.fromhex(file.sha256()))
        return whole.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The "corpus" object of a leaderboard row."""
        return {
            "name": self.name,
            "start": self.start,
            "end": self.end,
            "bytes": self.size,
            "sha256": self.sha256(),
            "files": [{"name": file.name, "bytes": file.size, "sha256": file.sha256()} for file in self.files],
            "source": self.source,
            "recognised": self.recognised,
            "cut": self.cut,
            "note": self.note,
        }


def slug(text: str) -> str:
    """A name for a folder: letters, digits, `.`, `_` and `-`, at most 60, not hidden.

    Example:
        >>> slug("my file: (copy).txt")
        'my-file-copy-.txt'
    """
    return re.sub(r"[^\w.-]+", "-", text)[:60].strip("-.") or "corpus"


def prefix_digests(path: Path, lengths: set[int], algorithm: str = "sha256") -> dict[int, str]:
    """The digest of the first so many bytes, for each of `lengths`, in one pass; lengths beyond the end are left out."""
    found, place, digest = {}, 0, hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        for length in sorted(lengths):
            while place < length and (data := file.read(min(CHUNK, length - place))):
                digest.update(data)
                place += len(data)
            if place < length:
                break
            found[length] = digest.hexdigest()
    return found


class _Slice(io.RawIOBase):
    """The bytes of a file between two places, as a stream of their own."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115  closed with the stream
        self._start, self._end, self._at = start, end, start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at - self._start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        if base + offset < self._start:
            raise ValueError(f"seek to {base + offset - self._start}: before the start")
        self._at = base + offset
        return self.tell()

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._end - self._at)]
        if not len(view):
            return 0
        self._file.seek(self._at)
        count = self._file.readinto(view)
        if not count:
            raise CorpusError(
                f"{self._file.name}: ends at byte {self._at:,}, but {self._end:,} were there; it was cut meanwhile"
            )
        self._at += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


@lru_cache(maxsize=4096)
def _sha256(file: CorpusFile, size: int, changed: int) -> str:
    """`size` and `changed` are the file's length and time: what a remembered digest is good for."""
    digest = hashlib.sha256()
    with file.open() as stream:
        while data := stream.read(CHUNK):
            digest.update(data)
    return digest.hexdigest()
