"""Rows derived from a measured one, for tests of what reads rows."""

import copy
import json
from pathlib import Path
from typing import Any

from mdlbench.leaderboard.figures import Document, derive, put, seal
from mdlbench.leaderboard.store import Row, slug


def changed(document: Document, **values: Any) -> Document:
    """A copy with other values, `__` in a name for a dot; derived figures and seal are made again."""
    made = copy.deepcopy(document)
    for name, value in values.items():
        put(made, name.replace("__", "."), value)
    for path, value in derive(made).items():
        put(made, path, value)
    made["seal"] = seal(made)
    return made


def written(folder: Path, document: Document, name: str = "20260101T000000Z") -> Row:
    """The document as a file where a row of its corpus and model lies."""
    path = folder / slug(document["corpus"]["name"]) / slug(document["model"]["spec"]) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf8")
    return Row(path, document)
