"""Outputs of the commands: where each goes, what is wrong with that said before any work, and files that appear whole or not
at all."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mdlbench.atomic import as_new, check_folder, is_stream, open_stream, own_descriptor, whole_file
from mdlbench.cli.common.paths import STANDARD
from mdlbench.errors import UsageError
from mdlbench.text import visible

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


def check_output(path: str, *, force: bool, option: str = "-o", inputs: Sequence[str] = ()) -> str:
    """See, before what takes long, that a file can be written, whose folder is there; nothing is left behind.

    Args:
        force: whether an existing file may be replaced; and whether data may go to a terminal.
        option: of the command line, with which another file is named.
        inputs: files that it must not be.

    Returns:
        The path; `-` for one that stands for standard output.

    Raises:
        UsageError: it is a folder, an input, or there already; or its folder is not there or cannot be written to.
    """
    shown = visible(path)
    if path == STANDARD or own_descriptor(path) == 1:
        if sys.stdout is None:
            raise UsageError(f"standard output is closed; name a file with {option}")
        if sys.stdout.isatty() and not force:
            raise UsageError(f"standard output is a terminal; redirect it, name a file with {option}, or force it with -f")
        return STANDARD
    if os.path.isdir(path) or path.endswith(_SEPARATORS):
        raise UsageError(f"{shown} is a folder; name a file in it with {option}")
    if any(one != STANDARD and os.path.exists(one) and os.path.exists(path) and os.path.samefile(one, path) for one in inputs):
        raise UsageError(f"{shown} is the input itself; name another output with {option}")
    if is_taken(path) and not force:
        raise UsageError(f"{shown} exists; overwrite it with -f, or name another output with {option}")
    if is_stream(path):
        return path  # written to as it is
    folder = os.path.dirname(path) or os.curdir
    if not os.path.exists(folder):
        raise UsageError(f"{visible(folder)}: no such folder; make it first, or name another output with {option}")
    check_folder(folder, option)
    return path


def plan_outputs(
    files: tuple[str, ...], output: str | None, to_stdout: bool, derive: Callable[[str], str], *, force: bool
) -> list[str]:
    """Where each input's output goes, each of which can be written; `-` is standard output.

    Raises:
        UsageError: as `check_output`, or two inputs would share an output.
    """
    if files.count(STANDARD) > 1:
        raise UsageError("standard input can be read only once: give - once")
    if to_stdout and output is not None:
        raise UsageError("-c and -o contradict each other; give one")
    if to_stdout or output == STANDARD or (output and own_descriptor(output) == 1) or (output is None and files == (STANDARD,)):
        outputs = [STANDARD] * len(files)
    elif output is not None and len(files) == 1 and not os.path.isdir(output) and not output.endswith(_SEPARATORS):
        outputs = [output]
    else:
        outputs = [_derived(file, output, derive) for file in files]
        if len(set(outputs)) < len(outputs):
            raise UsageError(f"two inputs would be written to {max(outputs, key=outputs.count)}; give them one at a time")
        if output is not None and not os.path.isdir(output):
            check_folder(output, "-o")
            return outputs  # the folder is made with the first of them
    for target in dict.fromkeys(outputs):
        check_output(target, force=force, inputs=files)
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

    Its folder is made if need be. Standard output, pipes and devices are written to directly.

    Args:
        force: whether an existing file may be replaced.
        like: an input whose permissions the file takes; `-` for those of any new file.
        check: called with the temporary file's name before it is renamed; raises if the file must not appear.
    """
    if path == STANDARD:
        with open(sys.stdout.fileno(), "wb", closefd=False) as stream:
            yield stream
        return
    target = Path(path)
    if is_stream(target):
        with open_stream(target) as stream:
            yield stream
        return
    target.parent.mkdir(parents=True, exist_ok=True)
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
