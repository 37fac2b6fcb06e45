"""Rows on disk: `FOLDER/<corpus>/<model>/<time>.json`, whole or not there; the JSON is the truth."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mdlbench.atomic import write_new
from mdlbench.errors import ResultError, UsageError
from mdlbench.leaderboard.derived import sealed
from mdlbench.leaderboard.result import KIND, Row
from mdlbench.result.reading import Found, parse, sound_result
from mdlbench.result.record import Plain, provenance

_LONGEST_SLUG = 80
_NUMBERS_ON_LINES = re.compile(r"\[\s+(-?\d[\d.e+-]*(?:,\s+-?\d[\d.e+-]*)*)\s+\]")  # no string holds a bare newline


@dataclass(frozen=True)
class Rows:
    """What a folder holds: rows in the order of their paths, and (path, reason) of files that are none."""

    rows: tuple[Found[Row], ...]
    refused: tuple[tuple[str, str], ...]


def slug(text: str) -> str:
    """A folder's name for a spec or a corpus: itself where that can be, else with a digest.

    Example:
        >>> slug("cm,level=9"), slug("external:xz")
        ('cm,level=9', 'external-xz')
    """
    plain = text.replace(":", "-", 1)
    name = re.sub(r"[^A-Za-z0-9.,=_-]+", "-", plain).lstrip(".-")[:_LONGEST_SLUG]
    return name if name == plain else f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def write_row(folder: str | os.PathLike[str], row: Row) -> Found[Row]:
    """Write a row, with its derived figures and its seal, under a name of its own."""
    recorded = provenance()
    recorded |= {"mdlbench_commit": recorded["commit"], "device": row.device, "threads": row.threads}
    result = sealed(row, recorded)
    target = Path(folder) / slug(row.corpus.name) / slug(row.model.spec)
    target.mkdir(parents=True, exist_ok=True)
    stamp = recorded["time"].replace("-", "").replace(":", "")
    return Found(str(write_new(target, stamp, ".json", _compact(result.to_json() + "\n"))), result)


def read_document(path: str | os.PathLike[str]) -> Plain:
    """The JSON object in a row's file, whose figures nobody has looked at.

    Raises:
        ResultError: it is not JSON, or not of this kind.
    """
    document = parse(path)
    schema = document.get("schema") if isinstance(document, dict) else None
    if not str(schema).startswith(f"mdlbench.{KIND}/"):
        shown = json.dumps(schema)[:60]
        raise ResultError(f"{path}: schema {shown}, where a leaderboard row should be; move it elsewhere")
    return cast(Plain, document)


def read_row(path: str | os.PathLike[str]) -> Found[Row]:
    """The row in a file.

    Raises:
        ResultError: it is not JSON, not a leaderboard row, or one that contradicts itself (`check` finds all that is wrong).
    """
    return Found(str(path), sound_result(read_document(path), path))


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


def no_rows(folder: str | os.PathLike[str]) -> UsageError:
    """The error of a folder that is there and holds none."""
    return UsageError(f"{folder}: no rows here; name the folder that `mdlbench leaderboard run --output-path` wrote")


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
        except ResultError as error:
            refused.append((entry.path, str(error)))
    return Rows(tuple(rows), tuple(refused))


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _compact(text: str) -> str:
    """The indented JSON with each list of numbers on one line."""
    return _NUMBERS_ON_LINES.sub(lambda match: "[" + " ".join(match[1].split()) + "]", text)
