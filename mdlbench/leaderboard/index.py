"""The figures that `show` needs of every row, kept in a SQLite file in the cache so that ten thousand rows need not be parsed.

The index is only ever a copy: a row whose file has another size or time of change than the index remembers is read again, one
that is gone is forgotten, and an index that cannot be read or written is done without. It is never part of the results.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from mdlbench.errors import ResultError
from mdlbench.leaderboard.figures import get
from mdlbench.leaderboard.store import Row, read_row, row_files
from mdlbench.numerics.cache import cache_dir

_VERSION = 1  # of the columns below


class Summary(NamedTuple):
    """What tables show of a row; names are those of the row, `_` for `.`; `path` is relative to the folder."""

    path: str
    corpus_name: str
    corpus_start: int
    corpus_end: int
    corpus_bytes: int
    corpus_sha256: str
    corpus_source: str
    model_spec: str
    model_digest: str
    model_portability: str
    model_version: str | None
    policy_hash: str
    block_size_used: int
    block_size_default: int
    device: str
    threads: int
    jobs: int
    repeats_done: int
    input_bytes: int
    container_bytes: int
    bits_per_byte: float | None
    ratio: float | None
    ideal_bits_per_byte: float | None
    encode_bytes_per_second: float | None
    decode_bytes_per_second: float | None
    encode_peak_bytes: int | None
    decode_peak_bytes: int | None
    adjusted_total: int
    adjusted_total_16bit: int
    adjusted_break_even_bytes: int | None
    contamination: str | None
    baseline: bool
    load_before: float | None
    provenance_time: str
    provenance_processor: str
    provenance_cores: int | None

    @classmethod
    def of(cls, row: Row) -> "Summary":
        """The summary of a row.

        Raises:
            ResultError: a field is missing, or no number or text.
        """
        values: dict[str, Any] = {"path": str(row.path)}
        for name, path in _PATHS.items():
            try:
                values[name] = get(row.document, path)
            except (KeyError, TypeError):
                raise ResultError(f"{row.path}: no field {path}; `mdlbench leaderboard check` says more") from None
            kinds = _KINDS[name]
            if not isinstance(values[name], kinds) or (isinstance(values[name], bool) and bool not in kinds):
                raise ResultError(f"{row.path}: {path} is {values[name]!r}; `mdlbench leaderboard check` says more")
            if isinstance(values[name], str):
                values[name] = _utf8(values[name])
        return cls(**values)


def _dotted(name: str) -> str:
    for part in ("corpus", "model", "encode", "decode", "adjusted", "provenance", "block_size", "repeats"):
        if name.startswith(part + "_"):
            return f"{part}.{name.removeprefix(part + '_')}"
    return name


def _kinds(hint: Any) -> tuple[type, ...]:
    kinds = getattr(hint, "__args__", (hint,))
    return (*kinds, int) if float in kinds else tuple(kinds)


_PATHS = {name: _dotted(name) for name in Summary._fields if name != "path"}
_KINDS = {name: _kinds(hint) for name, hint in Summary.__annotations__.items()}
_COLUMNS = ", ".join(f'"{name}"' for name in Summary._fields)


class Indexed(NamedTuple):
    """What a folder holds: a summary for each row, and what is no row and why."""

    rows: list[Summary]
    refused: list[tuple[str, str]]


def load_index(folder: str | os.PathLike[str], *, cached: bool = True) -> Indexed:
    """The summaries of every row below a folder, in the order of their paths.

    Args:
        cached: whether an index is looked for and written; the result is the same without.

    Raises:
        UsageError: there is no such folder.
    """
    files, misnamed, start = {}, [], len(os.path.join(folder, ""))
    for entry in row_files(folder):
        path = entry.path[start:]
        if path != _utf8(path):
            misnamed.append((path, "the file's name is not UTF-8; rename it"))
            continue
        status = entry.stat()
        files[path] = (status.st_mtime_ns, status.st_size)
    found = _indexed(folder, files, cached=cached)
    return Indexed(found.rows, sorted(found.refused + misnamed))


def _indexed(folder: str | os.PathLike[str], files: dict[str, tuple[int, int]], *, cached: bool) -> Indexed:
    if cached:
        try:
            with closing(_connect(folder)) as database:
                return _through(database, folder, files)
        except (sqlite3.Error, OSError):
            pass  # a full disk, a damaged index: the rows are still there
    with closing(sqlite3.connect(":memory:")) as database:
        _create(database)
        return _through(database, folder, files)


def _utf8(text: str) -> str:
    """Text as SQLite and every terminal can take it: parts of names that are not UTF-8 escaped."""
    return text.encode(errors="backslashreplace").decode()


def index_path(folder: str | os.PathLike[str]) -> Path:
    """Where the index of a folder is kept."""
    place = hashlib.sha256(os.fsencode(os.path.abspath(folder))).hexdigest()[:16]
    return cache_dir() / "leaderboard" / f"{place}-{_VERSION}.sqlite"


def _connect(folder: str | os.PathLike[str]) -> sqlite3.Connection:
    path = index_path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        database = sqlite3.connect(path, timeout=5)
        _create(database)
    except sqlite3.DatabaseError:
        path.unlink()
        database = sqlite3.connect(path, timeout=5)
        _create(database)
    return database


def _create(database: sqlite3.Connection) -> None:
    database.execute(f"create table if not exists row ({_COLUMNS}, changed, bytes, primary key (path))")
    database.execute("create table if not exists refused (path primary key, reason, changed, bytes)")


def _through(database: sqlite3.Connection, folder: str | os.PathLike[str], files: dict[str, tuple[int, int]]) -> Indexed:
    """Bring the index up to date with the files, and read it."""
    rows, refused = _read(database)
    current = {path: row[-2:] for path, row in (rows | refused).items()}
    if current != files:
        with database:
            _forget(database, [path for path, state in current.items() if files.get(path) != state])
            _add(database, folder, [(path, *state) for path, state in files.items() if current.get(path) != state])
        rows, refused = _read(database)
    return Indexed(
        [Summary._make(rows[path][:-2]) for path in files if path in rows],
        [(path, refused[path][1]) for path in files if path in refused],
    )


def _read(database: sqlite3.Connection) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]:
    """Rows and refused files by their path; each ends with the file's time of change and size."""
    rows = database.execute(f"select {_COLUMNS}, changed, bytes from row")
    refused = database.execute("select path, reason, changed, bytes from refused")
    return {row[0]: row for row in rows}, {row[0]: row for row in refused}


def _forget(database: sqlite3.Connection, paths: Iterable[str]) -> None:
    for table in ("row", "refused"):
        database.executemany(f"delete from {table} where path = ?", [(path,) for path in paths])


def _add(database: sqlite3.Connection, folder: str | os.PathLike[str], files: Sequence[tuple[str, int, int]]) -> None:
    marks = ", ".join("?" * (len(Summary._fields) + 2))
    for path, changed, size in files:
        try:
            summary = Summary.of(read_row(os.path.join(folder, path)))._replace(path=path)
            database.execute(f"insert into row values ({marks})", (*summary, changed, size))
        except (ResultError, OSError, sqlite3.InterfaceError, OverflowError) as error:
            database.execute("insert into refused values (?, ?, ?, ?)", (path, _utf8(str(error)), changed, size))
