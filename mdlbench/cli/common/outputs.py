"""Outputs of the commands: where each goes, and files that appear whole or not at all."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mdlbench.atomic import as_new, is_stream, open_stream, own_descriptor, whole_file
from mdlbench.cli.common.paths import STANDARD
from mdlbench.errors import UsageError

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


def plan_outputs(
    files: tuple[str, ...], output: str | None, to_stdout: bool, derive: Callable[[str], str], *, force: bool
) -> list[str]:
    """Where each input's output goes; `-` is standard output.

    Raises:
        UsageError: an output exists, is its own input, or two inputs would share one.
    """
    if files.count(STANDARD) > 1:
        raise UsageError("standard input can be read only once: give - once")
    if to_stdout and output is not None:
        raise UsageError("-c and -o contradict each other; give one")
    if to_stdout or output == STANDARD or (output and own_descriptor(output) == 1) or (output is None and files == (STANDARD,)):
        if sys.stdout is None:
            raise UsageError("standard output is closed; name a file with -o")
        if sys.stdout.isatty() and not force:
            raise UsageError("standard output is a terminal; redirect it, name a file with -o, or force it with -f")
        return [STANDARD] * len(files)
    if output is not None and len(files) == 1 and not os.path.isdir(output) and not output.endswith(_SEPARATORS):
        outputs = [output]
    else:
        if output is not None:
            os.makedirs(output, exist_ok=True)
        outputs = [_derived(file, output, derive) for file in files]
    for file, target in zip(files, outputs, strict=True):
        if file != STANDARD and os.path.exists(target) and os.path.exists(file) and os.path.samefile(file, target):
            raise UsageError(f"{target} is the input itself; name another output with -o")
        if is_taken(target) and not force:
            raise UsageError(f"{target} exists; overwrite it with -f, or name another output with -o")
    if len(set(outputs)) < len(outputs):
        raise UsageError(f"two inputs would be written to {max(outputs, key=outputs.count)}; give them one at a time")
    return outputs


def is_taken(path: str) -> bool:
    """Whether a file is there, or a disk, that the output would take the place of."""
    return (os.path.isfile(path) and not is_stream(path)) or Path(path).is_block_device()


def _derived(file: str, folder: str | None, derive: Callable[[str], str]) -> str:
    if file == STANDARD:
        raise UsageError("standard input has no name to derive an output from; use -c or -o FILE")
    name = derive(file)
    return name if folder is None else os.path.join(folder, os.path.basename(name))


@contextmanager
def replacing(
    path: str, *, force: bool, like: str = STANDARD, check: Callable[[str], None] | None = None
) -> Iterator[BinaryIO]:
    """A file that appears at `path` whole, or not at all: a temporary one beside it, flushed to disk and then renamed.

    Standard output, pipes and devices are written to directly.

    Args:
        force: whether an existing file may be replaced.
        like: an input whose permissions the file takes; `-` for those of any new file.
        check: called with the temporary file's name before it is renamed; raises if the file must not appear.
    """
    if os.path.isdir(path):
        raise UsageError(f"{path} is a directory; name a file")
    if path == STANDARD:
        with open(sys.stdout.fileno(), "wb", closefd=False) as stream:
            yield stream
        return
    target = Path(path)
    if is_stream(target):
        with open_stream(target) as stream:
            yield stream
        return
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: no such folder; make it first, or name another output")
    try:
        with whole_file(target, replace=force, settle=partial(_take_after, like=like), check=check) as sink:
            yield sink
    except FileExistsError:
        raise UsageError(f"{target} exists; overwrite it with -f, or name another output with -o") from None


def _take_after(file: str, like: str) -> None:
    """Give a new file the permissions and time of the input that it comes from, as zstd does; else those of any new file."""
    if like == STANDARD or not os.path.isfile(like):
        as_new(file)
        return
    status = os.stat(like)
    os.chmod(file, status.st_mode & 0o777)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
