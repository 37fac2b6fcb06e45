"""Rows derived from a measured one, for tests of what reads rows."""

import copy
import json
from pathlib import Path
from typing import Any

from mdlbench.leaderboard import Row
from mdlbench.leaderboard.derived import derived, seal
from mdlbench.leaderboard.store import slug
from mdlbench.result import Found, Result
from mdlbench.result.reading import result_of

Document = dict[str, Any]


def changed(document: Document, **values: Any) -> Document:
    """A copy with other values, `__` in a name for a dot; derived figures and seal are made again."""
    made = copy.deepcopy(document)
    for name, value in values.items():
        put(made, name.split("__"), value)
    result = result_of(made, "made")
    made = json.loads(Result(derived(result.payload), result.provenance).to_json())
    return made | {"seal": seal(made)}


def put(document: Any, way: Any, value: Any) -> None:
    """Set the value at the end of a way."""
    *before, last = way
    for key in before:
        document = document[key]
    document[last] = value


def document_of(row: Found[Row]) -> Document:
    """A row as its file has it."""
    made: Document = json.loads(row.result.to_json())
    return made


def row_of(document: Document, path: str = "x") -> Found[Row]:
    """A document as a row that was read."""
    return Found(path, result_of(document, path))


def written(folder: Path, document: Document, name: str = "20260101T000000Z") -> Path:
    """The path of a document written where a row of its corpus and model lies."""
    path = folder / slug(document["corpus"]["name"]) / slug(document["model"]["spec"]) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf8")
    return path
