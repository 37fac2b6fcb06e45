"""Files and folders that appear whole under their name, or not at all: a temporary one beside it, flushed to disk, renamed.

What stands for no file of its own (a descriptor that is open already, as /dev/stdout is one, a pipe, a device) is a stream, and
an output that a user names so is written to; files that mdlbench names itself take the place of whatever is there.
"""

import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from mdlbench.errors import UsageError
from mdlbench.text import reason, visible

_DESCRIPTOR = re.compile(r"/proc/([0-9]+)(?:/task/[0-9]+)?/fd/([0-9]+)|/dev/fd/([0-9]+)")
_MOST_LINKS = 40
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def whole_file(
    path: Path, *, replace: bool, settle: Callable[[str], None] | None = None, check: Callable[[str], None] | None = None
) -> Iterator[BinaryIO]:
    """A file to write that gets the name `path` when the block ends without an error.

    Args:
        replace: whether an existing file may be replaced.
        settle: called with the temporary file's name once it is written, for its permissions and times, which are its owner's
            alone without; where the system refuses (NTFS, CIFS) a line says so, and the file is kept.
        check: called with the temporary file's name, before it is renamed; raises if the file must not appear.

    Raises:
        FileExistsError: `path` exists, and may not be replaced.
        OSError: under the name `path`, if the file cannot be made or its disk is full.
    """
    with _named(path):
        sink = tempfile.NamedTemporaryFile(  # noqa: SIM115
            dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp", delete=False
        )
    try:
        with _named(path, sink.name):
            yield sink  # type: ignore[misc]
            sink.flush()
            if settle is not None:
                _settle(path, sink.name, settle)
            os.fsync(sink.fileno())
            sink.close()
            if check is not None:
                check(sink.name)
            if replace:
                os.replace(sink.name, path)
            else:
                _rename_to_new(sink.name, path)
    finally:
        with suppress(OSError):  # a full disk is told of once
            sink.close()
        Path(sink.name).unlink(missing_ok=True)


def write_whole(path: Path, data: bytes | str, *, replace: bool = True) -> None:
    """Write `data` (text as UTF-8) to a file that appears whole, with the permissions of any new file."""
    with whole_file(path, replace=replace, settle=as_new) as sink:
        sink.write(data.encode() if isinstance(data, str) else data)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that gets the name `path`, in place of one that is there, when the block ends without an error."""
    temporary, before = (path.with_name(f".{path.name}.{os.getpid()}.{kind}") for kind in ("tmp", "old"))
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for part in (*temporary.rglob("*"), temporary):
            _flush(part)
        with suppress(FileNotFoundError):
            os.rename(path, before)
        os.rename(temporary, path)
        _flush(path.parent)
    finally:
        for left in (temporary, before):
            shutil.rmtree(left, ignore_errors=True)


def write_new(folder: Path, stem: str, suffix: str, text: str) -> Path:
    """Write the first of STEM.SUFFIX, STEM-2.SUFFIX, ... that does not exist; its path."""
    for count in range(1, 10_000):
        path = folder / f"{stem}{'' if count == 1 else f'-{count}'}{suffix}"
        if not path.exists():
            with suppress(FileExistsError):  # another process was faster
                write_whole(path, text, replace=False)
                return path
    raise FileExistsError(errno.EEXIST, "full of files of this name", str(folder / f"{stem}{suffix}"))


def check_folder(folder: str | os.PathLike[str], option: str = "--output-path") -> None:
    """See, before what takes long, that files can be written to a folder, which need not be there yet; nothing is left behind.

    Args:
        option: of the command line, with which another folder is named.

    Raises:
        UsageError: it, or the folder that it would be made in, is none or cannot be written to.
    """
    places = (Path(folder), *Path(folder).absolute().parents)
    nearest = next(place for place in places if place.exists() or place.is_symlink())
    if not nearest.is_dir():
        raise UsageError(f"{nearest} is no folder; name another with {option}")
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise UsageError(f"{nearest} cannot be written to ({reason(error)}); name another folder with {option}") from None


def as_new(file: str) -> None:
    """Give a temporary file the permissions of any new file."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(file, 0o666 & ~mask)


def _settle(path: Path, temporary: str, settle: Callable[[str], None]) -> None:
    try:
        settle(temporary)
    except OSError as error:
        line = f"permissions or time of {visible(str(path))} could not be set ({reason(error)}); it is kept as it is"
        print(f"mdlbench: {line}", file=sys.stderr, flush=True)


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path stands for a descriptor that is open, a pipe or a device, which no file is put in place of."""
    return _descriptor(path) is not None or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))


def own_descriptor(path: str | os.PathLike[str]) -> int | None:
    """The open descriptor of this process that a path stands for: 1 for /dev/stdout, /dev/fd/1, and links to them."""
    match = _descriptor(path)
    return None if match is None or match[1] not in (None, str(os.getpid())) else int(match[2] or match[3])


def _descriptor(path: str | os.PathLike[str]) -> re.Match[str] | None:
    """Where a path, or one of the links that it is, names a descriptor. What that leads to, a file mostly, is not asked."""
    at = os.path.abspath(path)
    for _ in range(_MOST_LINKS):
        at = os.path.join(os.path.realpath(os.path.dirname(at)), os.path.basename(at))
        if match := _DESCRIPTOR.fullmatch(at):
            return match
        if not os.path.islink(at):
            break
        at = os.path.join(os.path.dirname(at), os.readlink(at))
    return None


def open_stream(path: Path) -> BinaryIO:
    """Open a stream to write behind what is there: for an own descriptor from its place, where the shell goes on."""
    descriptor = own_descriptor(path)
    with _named(path):
        return open(path, "ab") if descriptor is None else os.fdopen(os.dup(descriptor), "wb")


def _flush(path: Path) -> None:
    """Have the disk hold what was written to a file; and a folder, where the system can do that."""
    with suppress(OSError) if path.is_dir() else nullcontext():
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextmanager
def _named(path: Path, temporary: str | None = None) -> Iterator[None]:
    """Let what goes wrong with the temporary file, or for want of room, be told of `path`."""
    try:
        yield
    except OSError as error:
        own = error.filename == temporary if temporary else True
        if own or (error.filename is None and error.errno in _FULL):
            error.filename, error.filename2 = str(path), None
        raise


def _rename_to_new(source: str, target: Path) -> None:
    """Rename without replacing what came to be at `target` in the meantime."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        os.rename(source, target)
