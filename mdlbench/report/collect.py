"""Every result below some folders, as JSON files hold them."""

import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlbench.errors import ResultError, UsageError
from mdlbench.result import Result


@dataclass(frozen=True)
class Found:
    """A result and the file it was read from."""

    path: str
    result: Result


def collect(places: Iterable[str | os.PathLike[str]]) -> list[Found]:
    """Read every `*.json` below the folders (or the files) given, in the order of their names.

    Files that hold no result of this project (no `schema` "mdlbench.KIND/N") come back with the kind "other".

    Raises:
        UsageError: a place does not exist.
        ResultError: a file is not JSON.
    """
    return [_read(path) for place in places for path in _files(Path(place))]


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from sorted(path for path in place.rglob("*.json") if path.is_file())
    else:
        raise UsageError(f"{place}: no such file or folder; `mdlbench leaderboard run --output-path results` writes one")


def _read(path: Path) -> Found:
    try:
        text = path.read_text(encoding="utf8")
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path}: not JSON ({error}); remove the file or write it again") from None
    if not isinstance(document, dict) or not str(document.get("schema", "")).startswith("mdlbench."):
        return Found(str(path), Result("other", {}, {}))
    document.setdefault("provenance", {})
    try:
        return Found(str(path), Result.from_json(json.dumps(document)))
    except ValueError:
        raise ResultError(f"{path}: schema {document['schema']!r} is not mdlbench.KIND/NUMBER; write it again") from None


@dataclass(frozen=True)
class Fields:
    """One file's fields, asked for by dotted name; what is missing or of a wrong type is named together with its file."""

    path: str
    values: dict[str, Any]

    def number(self, name: str) -> float:
        """A finite number that must be there."""
        value = self.maybe_number(name)
        return self._refuse(name, None, "a number") if value is None else value

    def maybe_number(self, name: str) -> float | None:
        """A finite number, or None where it is null or missing."""
        value = self._find(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return self._refuse(name, value, "a finite number")
        return value

    def text(self, name: str) -> str:
        """Text that must be there."""
        value = self._find(name)
        return value if isinstance(value, str) else self._refuse(name, value, "text")

    def maybe_text(self, name: str) -> str | None:
        """Text, or None where it is null or missing; other plain values as JSON."""
        value = self._find(name)
        return value if value is None or isinstance(value, str) else json.dumps(value)

    def true(self, name: str) -> bool:
        """Whether a flag is there and set."""
        return self._find(name) is True

    def items(self, name: str) -> list[Any]:
        """A list; empty where it is null or missing."""
        value = self._find(name)
        return value if isinstance(value, list) else [] if value is None else self._refuse(name, value, "a list")

    def numbers(self, name: str) -> list[float]:
        """A list of finite numbers; empty where it is null or missing."""
        values = self.items(name)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                self._refuse(name, value, "a list of finite numbers")
        return values

    def parts(self, name: str) -> list["Fields"]:
        """A list of objects; empty where it is null or missing."""
        return [
            Fields(f"{self.path}: {name}[{i}]", value if isinstance(value, dict) else self._refuse(name, value, "objects"))
            for i, value in enumerate(self.items(name))
        ]

    def _find(self, name: str) -> Any:
        value: Any = self.values
        for key in name.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value

    def _refuse(self, name: str, value: Any, expected: str) -> Any:
        found = "is missing" if value is None else f"is {json.dumps(value)[:60]}"
        raise ResultError(f"{self.path}: field {name} {found}, must be {expected}; run the row again or remove the file")
