"""What may be given as data from Python: bytes, the path of a file, or a binary stream."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

Data = bytes | bytearray | memoryview | os.PathLike[str] | BinaryIO


@contextmanager
def opened(data: Data) -> Iterator[BinaryIO]:
    """A stream of the data's bytes; one that was given stays open.

    Raises:
        TypeError: a str, which could be a text or a path; or anything else that holds no bytes.

    Example:
        >>> with opened(b"abc") as stream:
        ...     stream.read()
        b'abc'
    """
    if isinstance(data, os.PathLike):
        with open(data, "rb") as file:
            yield file
    elif hasattr(data, "read"):
        yield cast(BinaryIO, data)
    else:
        yield io.BytesIO(_bytes_of(data))


def _bytes_of(data: Any) -> memoryview:
    if isinstance(data, str):
        raise TypeError("a str may be a text or a path: give text.encode() for a text, pathlib.Path(...) for a file")
    try:
        return memoryview(data)
    except TypeError:
        raise TypeError(f"{type(data).__name__} holds no bytes: give bytes, a pathlib.Path or a binary stream") from None
