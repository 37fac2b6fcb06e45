"""Inputs of the commands: files and standard input."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from mdlbench.cli.common.paths import STANDARD
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
        raise UsageError(f"{path} is a directory; name files (or write a tar of it to `mdlbench compress -`)")
    with open(path, "rb") as file:
        yield file


class Limited:
    """The first `limit` bytes of a stream, or all of it."""

    def __init__(self, stream: BinaryIO, limit: int | None) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        if self._left is None:
            return self._stream.read(size)
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def is_cut(self) -> bool:
        """Once all is read: whether the stream goes on behind the limit."""
        return self._left == 0 and bool(self._stream.read(1))
