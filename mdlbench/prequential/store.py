"""Finished pieces of an evaluation on disk, each under a digest of all that shapes it, so that an interrupted one goes on.

A piece is what one fit and what it codes give: of a learner, a seed and a block. A file appears whole or not at all, and a
piece that was computed under anything else has another name: nothing stale is ever read.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mdlbench.atomic import write_whole
from mdlbench.errors import MdlbenchError

Arrays = Mapping[str, np.ndarray]
REVISION = 1  # of what pieces hold; raised when a learner changes


class Store(Protocol):
    """Gives a piece, or has it computed."""

    def piece(self, key: Mapping[str, Any], compute: Callable[[], Arrays]) -> Arrays: ...


class NoStore:
    """Computes every piece."""

    def piece(self, key: Mapping[str, Any], compute: Callable[[], Arrays]) -> Arrays:
        return compute()


class FolderStore:
    """Keeps pieces as `PIECES/DIGEST.npz` in a run's folder; `found` and `made` count them.

    Raises:
        MdlbenchError: a piece that was found is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self.found, self.made = folder / "pieces", 0, 0
        self._folder.mkdir(parents=True, exist_ok=True)

    def piece(self, key: Mapping[str, Any], compute: Callable[[], Arrays]) -> Arrays:
        text = json.dumps({"revision": REVISION, **key}, sort_keys=True)
        path = self._folder / f"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}.npz"
        if path.is_file():
            self.found += 1
            return _read(path)
        found = compute()
        buffer = io.BytesIO()
        np.savez(buffer, **found)  # type: ignore[arg-type]
        write_whole(path, buffer.getvalue())
        self.made += 1
        return found


def _read(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception:  # whatever a damaged zip file makes numpy raise
        raise MdlbenchError(f"{path} is damaged; remove it to compute that piece again") from None


def digest_of(*arrays: np.ndarray) -> str:
    """Of arrays with their shapes and types, in hexadecimal."""
    state = hashlib.blake2b(digest_size=12)
    for array in arrays:
        state.update(f"{array.dtype}{array.shape}".encode())
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()
