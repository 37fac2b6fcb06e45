"""A bar of progress on a terminal, with rate and time left; nothing elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mdlbench.cli.common.paths import name_of
from mdlbench.errors import MdlbenchError
from mdlbench.progress import Progress, no_progress

_NAME = 24  # signs of a file's name, so that a line is enough for all
BYTES = ("DownloadColumn", "TransferSpeedColumn", "TimeRemainingColumn")


def original_size(path: str) -> int | None:
    """The original bytes in a container file, for a progress bar; None where that is not easily known."""
    from mdlbench.container import table_of_contents

    try:
        with open(path, "rb") as file:
            return sum(place.original_size for place in table_of_contents(file))
    except (OSError, MdlbenchError):
        return None


@contextmanager
def terminal_bars(*columns: str, shown: bool) -> Iterator[Any]:
    """Bars of rich on a terminal, None elsewhere.

    Args:
        columns: names of rich's columns, and texts with fields in braces.
    """
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    made = [progress.TextColumn(column, markup=False) if "{" in column else getattr(progress, column)() for column in columns]
    with progress.Progress(*made, console=Console(stderr=True), transient=True) as bars:
        yield bars


@contextmanager
def progress_bar(path: str, *, shown: bool, total: Callable[[str], int | None] = os.path.getsize) -> Iterator[Progress]:
    """A function to call with each number of bytes done; a bar on a terminal, nothing elsewhere.

    Args:
        total: from the path of a regular file, the number of bytes that will be done.
    """
    with terminal_bars("{task.description}", "BarColumn", *BYTES, shown=shown) as bars:
        if bars is None:
            yield no_progress
            return
        task = bars.add_task(_short(name_of(path)), total=total(path) if os.path.isfile(path) else None)
        yield lambda n: bars.update(task, advance=n)


def _short(name: str) -> str:
    """A name without its middle, if it is long."""
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[: half - 1]}…{name[-half:]}"
