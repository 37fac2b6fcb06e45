"""Inputs of the commands: files and standard input."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, cast

from mdlbench.cli.common.paths import STANDARD, json_name
from mdlbench.corpora import Corpus, find_corpus
from mdlbench.errors import UsageError


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The input at `path`, or standard input for `-`."""
    if path == STANDARD:
        if sys.stdin is None:
            raise UsageError("standard input is closed; name a file")
        yield sys.stdin.buffer
        return
    if os.path.isdir(path):
        raise UsageError(f"{path} is a directory; name files, or -r for all below it")
    with open(path, "rb") as file:
        yield file


@contextmanager
def regular(path: str) -> Iterator[str]:
    """The path of a file that can be read twice: of a pipe or standard input, a temporary copy."""
    if path != STANDARD and os.path.isfile(path):
        yield path
        return
    with opened(path) as stream, tempfile.NamedTemporaryFile(prefix="mdlbench-") as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        yield copy.name


def expanded(paths: Sequence[str], recursive: bool, wanted: Callable[[str], bool] = lambda path: True) -> tuple[str, ...]:
    """The paths, folders among them replaced by the wanted files below each, sorted, where `recursive` says so.

    Raises:
        UsageError: a folder holds none.
    """
    found: list[str] = []
    for path in paths:
        if not recursive or not os.path.isdir(path):
            found.append(path)
            continue
        inside = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
        inside = sorted(name for name in inside if os.path.isfile(name) and not os.path.islink(name) and wanted(name))
        if not inside:
            raise UsageError(f"{path}: no file below this folder to work on")
        found += inside
    return tuple(found)


@dataclass(frozen=True)
class Input:
    """Something to evaluate.

    Attributes:
        name: as JSON has it; what shows it escapes it.
        data: what `evaluate` takes.
        kept: its bytes, None where they are not known beforehand.
    """

    name: str
    data: Corpus | BinaryIO
    kept: int | None = None

    def cut(self) -> str | None:
        """Once all is read: what part it is of what the user named; None for all of it."""
        return self.data.cut if isinstance(self.data, Corpus | Limited) else None

    def read(self) -> bytes:
        """All of it."""
        streams = (file.open() for file in self.data.files) if isinstance(self.data, Corpus) else iter([self.data])
        return b"".join(stream.read() for stream in streams)


@contextmanager
def evaluated_input(text: str, limit: int | None) -> Iterator[Input]:
    """What a user names: `-`, a pipe, a file, a folder, a slice, or a corpus.

    Args:
        limit: bytes to keep of each file; None for all.

    Raises:
        MissingInputError: nothing of that name.
    """
    if text == STANDARD or (os.path.exists(text) and not os.path.isfile(text) and not os.path.isdir(text)):
        with opened(text) as stream:
            yield Input(json_name(text), stream if limit is None else cast(BinaryIO, Limited(stream, limit)))
        return
    corpus = find_corpus(text, limit)
    yield Input(json_name(text), corpus, corpus.size)


class Limited:
    """The first `limit` bytes of a stream."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._limit, self._left = stream, limit, limit

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    @cached_property
    def cut(self) -> str | None:
        """Once all is read: what part this is, if the stream goes on behind the limit."""
        return f"first {self._limit:,} bytes" if self._left == 0 and self._stream.read(1) else None
