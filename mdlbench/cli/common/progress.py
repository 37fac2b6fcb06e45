"""A bar of progress on a terminal, nothing elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mdlbench.cli.common.paths import name_of
from mdlbench.errors import MdlbenchError

Progress = Callable[[int], None]  # told how many more bytes are done


def original_size(path: str) -> int | None:
    """The original bytes in a container file, for a progress bar; None where that is not easily known."""
    from mdlbench.container import table_of_contents

    try:
        with open(path, "rb") as file:
            return sum(place.original_size for place in table_of_contents(file))
    except (OSError, MdlbenchError):
        return None


@contextmanager
def progress_bar(path: str, *, shown: bool, total: Callable[[str], int | None] = os.path.getsize) -> Iterator[Progress]:
    """A function to call with each number of bytes done; a bar on a terminal, nothing elsewhere.

    Args:
        total: from the path of a regular file, the number of bytes that will be done.
    """
    if not shown or not sys.stderr.isatty():
        yield lambda n: None
        return
    from rich import progress as rich
    from rich.console import Console

    expected = total(path) if os.path.isfile(path) else None
    columns = (
        rich.SpinnerColumn(),
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.DownloadColumn(),
        rich.TransferSpeedColumn(),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name_of(path), total=expected)
        yield lambda n: bars.update(task, advance=n)
