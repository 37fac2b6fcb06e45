"""The single figures of every row, kept in a SQLite file in the cache so that ten thousand rows need not be parsed to be shown.

The index is only ever a copy: a row whose file has another size or time of change than the index remembers is read again, one
that is gone is forgotten, and an index that cannot be read or written is done without. It is never part of the results.
"""

import errno
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import is_dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from mdlbench.errors import ResultError
from mdlbench.leaderboard.derived import COLUMN_TYPES, COLUMNS, RECORDED, flat, scalar
from mdlbench.leaderboard.result import Row
from mdlbench.leaderboard.store import Rows, read_row, row_files
from mdlbench.numerics.cache import cache_dir
from mdlbench.result.reading import Found
from mdlbench.result.record import Result

_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_TYPES = {str: "text", int: "integer", bool: "integer", float: "real"}
_STRICT = " strict" * (sqlite3.sqlite_version_info >= (3, 37))  # a column then holds its type and no other
_TABLES = {
    name: f"CREATE TABLE {name} ({', '.join(columns)}, primary key (path)){_STRICT}"
    for name, columns in {
        "row": [f'"{name}" {_TYPES[kind]}' for name, kind in COLUMN_TYPES.items()] + ["changed integer", "bytes integer"],
        "refused": ["path text", "reason text", "changed integer", "bytes integer"],
    }.items()
}
_RULES = 2  # what rows are refused for; an index holds what an earlier rule let pass
_VERSION = hashlib.sha256(repr((_RULES, _TABLES)).encode()).hexdigest()[:8]  # other columns, another file


def _found(folder: str | os.PathLike[str], columns: Sequence[Any]) -> Found[Row]:
    """The row of some columns; what has no column is empty."""
    provenance = dict(zip(RECORDED, columns[-len(RECORDED) :], strict=True))
    return Found(os.path.join(folder, columns[0]), Result(_maker()(columns), provenance))


@cache
def _maker() -> Callable[[Sequence[Any]], Any]:
    return _made_from(Row, count(1))


def _made_from(cls: type, places: Iterator[int]) -> Callable[[Sequence[Any]], Any]:
    """What makes an instance of a class from a row of columns; its single figures stand at the next places.

    What was checked when it was indexed is not checked again, so ten thousand rows are made without `__init__`.
    """
    figures: dict[str, int] = {}
    flags: dict[str, int] = {}
    parts: dict[str, Callable[[Sequence[Any]], Any]] = {}
    empty: dict[str, Any] = {}
    for name, hint in get_type_hints(cls).items():
        kind = scalar(hint)
        if is_dataclass(hint):
            parts[name] = _made_from(hint, places)  # type: ignore[arg-type]
        elif kind is not None:
            (flags if kind is bool else figures)[name] = next(places)
        else:
            empty[name] = None if type(None) in get_args(hint) else () if get_origin(hint) is tuple else {}

    def make(columns: Sequence[Any]) -> Any:
        made: Any = object.__new__(cls)
        values = vars(made)
        values.update(empty)
        for name, place in figures.items():
            values[name] = columns[place]
        for name, place in flags.items():
            values[name] = bool(columns[place])
        for name, part in parts.items():
            values[name] = part(columns)
        return made

    return make


def load_index(folder: str | os.PathLike[str], *, cached: bool = True) -> Rows:
    """Every row below a folder with its single figures and nothing else, in the order of their paths.

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
    return Rows(found.rows, tuple(sorted([*found.refused, *misnamed])))


def _indexed(folder: str | os.PathLike[str], files: dict[str, tuple[int, int]], *, cached: bool) -> Rows:
    for _ in range(2 * cached):
        try:
            with closing(_connect(folder)) as database:
                return _through(database, folder, files)
        except (sqlite3.Error, OSError):  # a full disk, a damaged index: the rows are still there
            with suppress(OSError):
                index_path(folder).unlink()
    with closing(_opened(":memory:")) as database:
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
    if path.exists() and not path.is_file():  # opening a pipe would wait
        raise OSError(errno.EEXIST, "is no file", str(path))
    return _opened(path)


def _opened(path: str | Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5)
    try:
        there = dict(database.execute("select name, sql from sqlite_master where sql is not null"))
        for name, created in _TABLES.items():
            if name not in there:
                database.execute(created)
        if not there.items() <= _TABLES.items():
            raise sqlite3.DatabaseError("another's database")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _through(database: sqlite3.Connection, folder: str | os.PathLike[str], files: dict[str, tuple[int, int]]) -> Rows:
    """Bring the index up to date with the files, and read it."""
    rows, refused = _read(database)
    current = {path: row[-2:] for path, row in (rows | refused).items()}
    if current != files:
        with database:
            _forget(database, [path for path, state in current.items() if files.get(path) != state])
            _add(database, folder, [(path, *state) for path, state in files.items() if current.get(path) != state])
        rows, refused = _read(database)
    return Rows(
        tuple(_found(folder, rows[path][:-2]) for path in files if path in rows),
        tuple((path, refused[path][1]) for path in files if path in refused),
    )


def _read(database: sqlite3.Connection) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]:
    """Rows and refused files by their path; each ends with the file's time of change and size."""
    rows = database.execute(f"select {_NAMES}, changed, bytes from row")
    refused = database.execute("select path, reason, changed, bytes from refused")
    return {row[0]: row for row in rows}, {row[0]: row for row in refused}


def _forget(database: sqlite3.Connection, paths: Iterable[str]) -> None:
    for table in ("row", "refused"):
        database.executemany(f"delete from {table} where path = ?", [(path,) for path in paths])


def _add(database: sqlite3.Connection, folder: str | os.PathLike[str], files: Sequence[tuple[str, int, int]]) -> None:
    marks = ", ".join("?" * (len(COLUMNS) + 2))
    for path, changed, size in files:
        try:
            found = replace(read_row(os.path.join(folder, path)), path=path)
            values = [_utf8(value) if isinstance(value, str) else value for value in flat(found).values()]
            database.execute(f"insert into row values ({marks})", (*values, changed, size))
        except (ResultError, OSError, sqlite3.InterfaceError, OverflowError) as error:
            database.execute("insert into refused values (?, ?, ?, ?)", (path, _utf8(str(error)), changed, size))
