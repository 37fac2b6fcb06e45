"""Arguments of the Python API, held against what they may be before anything is done with them."""

import os
from pathlib import Path
from typing import Any

from mdlbench.errors import MissingInputError, UsageError


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number, of numpy too; no bool.

    Raises:
        UsageError: naming the argument.

    Example:
        >>> whole("jobs", 2, 1, 256)
        2
    """
    number = None if isinstance(value, bool) or not hasattr(type(value), "__index__") else int(value)
    if number is None or number < least or (most is not None and number > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UsageError(f"{name}={value!r}; it is a whole number {bounds}")
    return number


def text(name: str, value: Any, example: str) -> str:
    """A text; `TypeError` names the argument if it is anything else, such as None."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is of type {type(value).__name__}; give a str, such as {example!r}")
    return value


def file_path(name: str, value: Any) -> Path:
    """The path of a file, given as a str or a `pathlib.Path`.

    Raises:
        TypeError: it is neither, such as the number of an open file.
        MissingInputError: no file can have that name.
    """
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} is of type {type(value).__name__}; give the path of a file, a str or a pathlib.Path")
    path = os.fsdecode(value)
    if "\0" in path:
        raise MissingInputError(f"{path!r}: no such file; no path holds a NUL")
    return Path(path)
