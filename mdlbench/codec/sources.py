"""What may be given as data from Python: bytes, the path of a file, or a binary stream."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from mdlbench.arguments import file_path

Data = bytes | bytearray | memoryview | os.PathLike[str] | BinaryIO


@contextmanager
def opened(data: Data) -> Iterator[BinaryIO]:
    """A stream of the data's bytes; one that was given stays open.

    Raises:
        TypeError: a str, which could be a text or a path; a stream of text; or anything else that holds no bytes.
        MissingInputError: a path that no file can have. OSError: a file that cannot be read.

    Example:
        >>> with opened(b"abc") as stream:
        ...     stream.read()
        b'abc'
    """
    if isinstance(data, os.PathLike):
        with open(file_path("data", data), "rb") as file:
            yield file
    elif hasattr(data, "read"):
        yield binary(data)
    else:
        yield io.BytesIO(_bytes_of(data))


def binary(stream: Any) -> BinaryIO:
    """The stream, if it is one of bytes; `TypeError` for one of text."""
    if isinstance(stream, io.TextIOBase):
        raise TypeError(f"{type(stream).__name__} is a stream of text: open it with 'rb', or give io.BytesIO(text.encode())")
    return cast(BinaryIO, stream)


def _bytes_of(data: Any) -> memoryview:
    if isinstance(data, str):
        raise TypeError("a str may be a text or a path: give text.encode() for a text, pathlib.Path(...) for a file")
    try:
        view = memoryview(data)
        return view if view.c_contiguous else memoryview(view.tobytes())
    except TypeError:
        raise TypeError(f"{type(data).__name__} holds no bytes: give bytes, a pathlib.Path or a binary stream") from None
