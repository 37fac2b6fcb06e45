"""What a path on the command line stands for, and what it is called: `-` is a standard stream."""

import os

from mdlbench.text import visible

SUFFIX = ".mdlz"
STANDARD = "-"


def name_of(path: str) -> str:
    """How reports call an input."""
    return "standard input" if path == STANDARD else visible(path)


def json_name(path: str, standard: str = "standard input") -> str:
    """A path in JSON: as it is, with what is not UTF-8 written as `\\xff`."""
    return standard if path == STANDARD else os.fsencode(path).decode("utf-8", "backslashreplace")
