"""Rows on disk: `FOLDER/<corpus>/<model>/<time>.json`, whole or not there; the JSON is the truth."""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mdlbench.atomic import write_new
from mdlbench.errors import ResultError, UsageError
from mdlbench.leaderboard.figures import KIND, SCHEMA, Document, seal

_LONGEST_SLUG = 80
_NUMBERS_ON_LINES = re.compile(r"\[\s+(-?\d[\d.e+-]*(?:,\s+-?\d[\d.e+-]*)*)\s+\]")  # no string holds a bare newline


@dataclass(frozen=True)
class Row:
    """One row: where it lies, and the document as read."""

    path: Path
    document: Document


@dataclass(frozen=True)
class Rows:
    """What a folder holds: rows in the order of their paths, and (path, reason) of files that are none."""

    rows: tuple[Row, ...]
    refused: tuple[tuple[Path, str], ...]


def slug(text: str) -> str:
    """A folder's name for a spec or a corpus: itself where that can be, else with a digest.

    Example:
        >>> slug("cm,level=9"), slug("external:xz")
        ('cm,level=9', 'external-xz')
    """
    plain = text.replace(":", "-", 1)
    name = re.sub(r"[^A-Za-z0-9.,=_-]+", "-", plain).lstrip(".-")[:_LONGEST_SLUG]
    return name if name == plain else f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def write_row(folder: str | os.PathLike[str], values: Document) -> Row:
    """Seal a row and write it under a name of its own; `values` is the document without schema, seal and provenance."""
    from mdlbench.result import Result, provenance  # slow to load, and reading does without

    recorded = provenance()
    recorded |= {
        "mdlbench_commit": recorded["commit"],
        "device": values["device"],
        "threads": values["threads"],
    }
    result = Result(KIND, values, recorded)
    document = json.loads(result.to_json())
    text = Result(KIND, {**values, "seal": seal(document)}, recorded).to_json() + "\n"
    target = Path(folder) / slug(values["corpus"]["name"]) / slug(values["model"]["spec"])
    target.mkdir(parents=True, exist_ok=True)
    stamp = recorded["time"].replace("-", "").replace(":", "")
    return read_row(write_new(target, stamp, ".json", _compact(text)))


def read_row(path: str | os.PathLike[str]) -> Row:
    """The row in a file.

    Raises:
        ResultError: it is not JSON, or not a leaderboard row; figures are not checked here (`check` does that).
    """
    try:
        document = json.loads(Path(path).read_bytes(), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path}: not JSON ({error}); remove it, or restore it from its commit") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise ResultError(f"{path}: schema {found!r}, where a leaderboard row has {SCHEMA!r}; move it elsewhere")
    return Row(Path(path), document)


def row_files(folder: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
    """The files `<corpus>/<model>/*.json` below `folder`, sorted; no folders, pipes, or links to nothing.

    Raises:
        UsageError: there is no such folder.
    """
    if not os.path.isdir(folder):
        raise UsageError(f"{folder}: no such folder; `mdlbench leaderboard run --output-path {folder}` makes it")
    for corpus in _entries(folder):
        if corpus.is_dir():
            for model in _entries(corpus.path):
                if model.is_dir():
                    yield from (entry for entry in _entries(model.path) if entry.name.endswith(".json") and entry.is_file())


def load_rows(folder: str | os.PathLike[str]) -> Rows:
    """Every row below a folder, and what there is that is none.

    Example:
        >>> import tempfile
        >>> load_rows(tempfile.mkdtemp()).rows
        ()
    """
    rows, refused = [], []
    for entry in row_files(folder):
        try:
            rows.append(read_row(entry.path))
        except (ResultError, OSError) as error:
            refused.append((Path(entry.path), str(error)))
    return Rows(tuple(rows), tuple(refused))


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _compact(text: str) -> str:
    """The indented JSON with each list of numbers on one line."""
    return _NUMBERS_ON_LINES.sub(lambda match: "[" + " ".join(match[1].split()) + "]", text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no figure")
