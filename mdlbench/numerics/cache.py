"""Where things are kept between runs: compiled kernels, corpora. Imports nothing heavy: a warm start looks here before it
loads a compiler.

What is read from the folder of kernels is run, so that folder is the user's own and no one else can put or change anything in
it, and every file in it begins with a digest of its name and contents: one that is cut, damaged, or another's is not there.
"""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from mdlbench.atomic import whole_file

_ROOM = 8 << 20  # bytes
_CHECKED = 16  # bytes of a digest
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def cache_root() -> Path:
    """The cache folder: `$MDLBENCH_CACHE`, else the platform's user cache (`$XDG_CACHE_HOME`); it need not exist. A variable
    that is empty counts as unset, as does one of the system's that does not begin at the root."""
    if own := os.environ.get("MDLBENCH_CACHE"):
        return Path(own).absolute()
    if sys.platform == "win32":
        return (_of_variable("LOCALAPPDATA") or _home()) / "mdlbench"
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "mdlbench"
    return (_of_variable("XDG_CACHE_HOME") or _home() / ".cache") / "mdlbench"


def _of_variable(name: str) -> Path | None:
    path = Path(os.environ.get(name, ""))
    return path if path.is_absolute() else None


def _home() -> Path:
    """The user's folder, as `$HOME` or the system has it; a user who has none gets a temporary one."""
    try:
        if home := _of_variable("HOME" if os.name == "posix" else "USERPROFILE"):
            return home
        import pwd

        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        return _temporary()


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"mdlbench-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def cache_dir(name: str = "") -> Path:
    """The folder `name` in the cache that no one else can change, made if need be: in `cache_root()`, else, where that cannot
    be written, has no room or is open to others, in a temporary folder.

    Raises:
        OSError: there is no such place.
    """
    for folder in (cache_root() / name, _temporary() / name):
        with suppress(OSError):
            for place in (*reversed(folder.parents), folder):
                place.mkdir(mode=0o700, exist_ok=True)
            real = Path(os.path.realpath(folder))  # what a link names after it was looked at is not followed
            if _is_private(real) and shutil.disk_usage(real).free >= _ROOM:
                tempfile.TemporaryFile(dir=real).close()
                return real
    raise OSError(f"{folder}: no folder that is yours alone and can be written to; name one with MDLBENCH_CACHE")


def _is_private(folder: Path) -> bool:
    """Whether a folder, no link among its parents, is this user's, and nobody else but the system's administrator can write to
    it or put another in its place: a parent that others may write to must keep names for their owners, as /tmp does."""
    if os.name != "posix":
        return True
    parents = [parent.stat() for parent in folder.parents]
    trusted = {os.geteuid(), 0, *(parent.st_uid for parent in parents[-1:])}  # in some containers another owns the root
    return _is_own(folder.stat()) and all(
        each.st_uid in trusted and (each.st_mode & stat.S_ISVTX or not _others_write(each)) for each in parents
    )


def _is_own(status: os.stat_result) -> bool:
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS)


def _others_write(status: os.stat_result) -> bool:
    """Whether others may; a group with the user's name and no further member is no one else (every new folder is the group's to
    write where the umask is 002)."""
    if status.st_mode & stat.S_IWOTH or not status.st_mode & stat.S_IWGRP:
        return bool(status.st_mode & stat.S_IWOTH)
    import grp
    import pwd

    try:
        group, user = grp.getgrgid(status.st_gid), pwd.getpwuid(os.geteuid())
    except KeyError:
        return True
    return group.gr_gid != user.pw_gid or group.gr_name != user.pw_name or not set(group.gr_mem) <= {user.pw_name}


@cache
def kernels_dir() -> Path | None:
    """Where machine code is kept; None where there is no place for it."""
    try:
        return cache_dir("kernels")
    except OSError:
        return None


def kept(name: str) -> bytes | None:
    """What was kept under a name; None if nothing was, or if it is not what was written."""
    folder = kernels_dir()
    if folder is None:
        return None
    try:
        status = (folder / name).lstat()
        if not stat.S_ISREG(status.st_mode) or not _is_own(status):  # opening a pipe would wait
            return None
        text = (folder / name).read_bytes()
    except OSError:
        return None
    digest, data = text[:_CHECKED], text[_CHECKED:]
    return data if digest == _digest(name, data) else None


def keep(name: str, data: bytes) -> None:
    """Keep data under a name, whole, in place of what was there; where that fails nothing is lost but time."""
    folder = kernels_dir()
    if folder is not None:
        with suppress(OSError), whole_file(folder / name, replace=True) as file:
            file.write(_digest(name, data) + data)


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\0" + data, digest_size=_CHECKED).digest()


def announce_compilation(what: str, seconds: int) -> None:
    """Print to stderr that compilation takes some seconds, and where its outcome goes."""
    place = kernels_dir()
    took = f"(about {seconds} s)"
    outcome = f"once {took}; cached in {place}" if place else f"{took}; no folder to keep it in is safe"
    print(f"mdlbench: compiling {what} {outcome}", file=sys.stderr, flush=True)
