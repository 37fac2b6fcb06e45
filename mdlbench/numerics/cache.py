"""Where things are kept between runs: compiled kernels, corpora. Imports nothing heavy: a warm start looks here before it
loads a compiler."""

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

_ROOM = 8 << 20  # bytes


def cache_root() -> Path:
    """The cache folder: `$MDLBENCH_CACHE`, else the platform's user cache (`$XDG_CACHE_HOME`); it need not exist."""
    if "MDLBENCH_CACHE" in os.environ:
        return Path(os.environ["MDLBENCH_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "mdlbench"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mdlbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mdlbench"


def cache_dir() -> Path:
    """Where compiled kernels are kept: `cache_root()` if it can be written and has room, else a temporary folder."""
    root = cache_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            if has_room(root):
                return root
    except OSError:
        pass
    return _private_folder(Path(tempfile.gettempdir()) / f"mdlbench-{os.getuid() if hasattr(os, 'getuid') else 'user'}")


def has_room(folder: Path) -> bool:
    """Whether its disk has the room that compiled kernels may take."""
    return shutil.disk_usage(folder).free >= _ROOM


def _private_folder(path: Path) -> Path:
    """`path` if it is this user's alone, else a new folder: what is read from a cache is run."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode) and (
            os.name != "posix" or (status.st_uid == os.getuid() and not status.st_mode & 0o077)
        ):
            return path
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="mdlbench-"))
