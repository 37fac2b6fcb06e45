"""The files of a known corpus out of an archive, a folder or a plain file.

Names inside an archive never become paths: a member is copied only if its last component is a name that the registry has, to
that name, and not beyond the size that the registry gives.
"""

import bz2
import errno
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from mdlbench.corpora.corpus import CHUNK
from mdlbench.corpora.downloading import Progress
from mdlbench.corpora.known import KnownCorpus, KnownFile
from mdlbench.errors import CorpusError, MdlbenchError

_OPENERS: dict[bytes, Callable[[Path], IO[bytes]]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}  # type: ignore[dict-item]
_BLOCK = 512  # of a tar
SLACK = 64 << 20  # bytes of other files in a tar that are passed over


class _Unpacking:
    """Where the files go, and which are still to come."""

    def __init__(self, known: KnownCorpus, source: str, folder: Path, progress: Progress) -> None:
        self.known, self.source, self.folder, self.progress = known, source, folder, progress
        self.missing = {file.name: file for file in known.files}
        self.done = 0

    def wants(self, member: str) -> KnownFile | None:
        """The known file that an archive's member of that name is."""
        name = PurePosixPath(member.replace("\\", "/")).name
        if name in self.missing:
            return self.missing[name]
        if any(file.name == name for file in self.known.files):
            raise CorpusError(f"{self.source}: holds {name} twice; give an archive of this corpus only")
        return None

    def take(self, file: KnownFile, stream: Any) -> None:
        """Copy the file from where the stream is; one byte more than it should have is enough to refuse it."""
        left = file.size + 1
        with open(self.folder / file.name, "xb") as sink:
            while left and (data := stream.read(min(CHUNK, left))):
                sink.write(data)
                left -= len(data)
                self.done += len(data)
                self.progress("unpacking", self.done, self.known.size)
            sink.flush()
            os.fsync(sink.fileno())
        del self.missing[file.name]


def unpack(known: KnownCorpus, path: Path, source: str, folder: Path, progress: Progress) -> None:
    """Copy the files of `known` from `path` into `folder`, which is empty; their digests are the caller's to check.

    Args:
        path: a folder, a zip, a tar, either of gzip, bzip2 or xz around a tar or a single file, or the single file itself.
        source: what messages call it.

    Raises:
        CorpusError: it is damaged, or files are missing.
    """
    unpacking = _Unpacking(known, source, folder, progress)
    if path.is_dir():
        _from_folder(path, unpacking)
    else:
        with _damage_named(source):
            _from_file(path, unpacking)
    if unpacking.missing:
        names = ", ".join(unpacking.missing)
        raise CorpusError(f"{source}: {names} of {known.name} {'is' if len(unpacking.missing) == 1 else 'are'} not in it")


def _from_folder(path: Path, unpacking: _Unpacking) -> None:
    for file in unpacking.known.files:
        if (path / file.name).is_file():
            with open(path / file.name, "rb") as stream:
                unpacking.take(file, stream)


def _from_file(path: Path, unpacking: _Unpacking) -> None:
    with open(path, "rb") as raw:
        head = raw.read(_BLOCK)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _from_zip(path, unpacking)
    opener: Any = next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), partial(open, mode="rb"))
    with opener(path) as stream:
        head = stream.read(_BLOCK)
    with opener(path) as stream:
        if _is_tar(head):
            return _from_tar(_Bounded(stream, unpacking), unpacking)
        if len(unpacking.known.files) > 1:
            raise CorpusError(
                f"{unpacking.source}: neither a zip nor a tar, and {unpacking.known.name} has "
                f"{len(unpacking.known.files)} files; give an archive or a folder of them"
            )
        unpacking.take(unpacking.known.files[0], stream)
    return None


def _from_zip(path: Path, unpacking: _Unpacking) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            file = None if member.is_dir() else unpacking.wants(member.filename)
            if file:
                with archive.open(member) as stream:
                    unpacking.take(file, stream)


def _from_tar(stream: "_Bounded", unpacking: _Unpacking) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for member in archive:
            file = unpacking.wants(member.name) if member.isreg() else None
            if file:
                unpacking.take(file, archive.extractfile(member))


def _is_tar(head: bytes) -> bool:
    """By the checksum that every tar header has, also those older than the word "ustar"."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Bounded(io.RawIOBase):
    """A stream that ends in an error if it goes on much longer than the corpus: what expands without end is no corpus."""

    def __init__(self, stream: Any, unpacking: _Unpacking) -> None:
        self._stream, self._source = stream, unpacking.source
        self._left = 4 * unpacking.known.size + SLACK

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise CorpusError(f"{self._source}: expands to far more than the corpus; give an archive of this corpus only")
        return data


@contextmanager
def _damage_named(source: str) -> Iterator[None]:
    """Whatever the readers of archives stumble over (a name that is no text, a length, an offset, a password), as one line."""
    try:
        yield
    except (MdlbenchError, MemoryError):
        raise
    except RuntimeError as error:  # zipfile, of passwords and methods it does not know
        raise CorpusError(f"{source}: cannot be unpacked ({error})") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # the disk's own trouble
            raise
        raise CorpusError(f"{source}: damaged or cut short ({error}); fetch it again") from error
