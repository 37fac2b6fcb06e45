"""A result: a typed, frozen payload, and the provenance that lets somebody else get it again; one JSON object on disk.

A room says what its results are in `result.py`, by a frozen dataclass under `result_kind`; nothing else lists kinds. What this
does not do: read files (`reading`) or show anything (`exhibits`).
"""

import dataclasses
import json
import os
import platform
import subprocess
import sys
import time
from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mdlbench.atomic import write_new

P = TypeVar("P")
Plain = Mapping[str, Any]  # a JSON object
_PACKAGES = ("mdlbench", "numpy", "numba", "constriction", "torch", "transformers", "tokenizers")


@dataclass(frozen=True)
class Kind:
    """One kind of result.

    Attributes:
        name: such as "leaderboard-row"; with the schema version it names the fields of a file.
        schema: the version that is written; files of a later one are refused.
        payload: the frozen dataclass of its figures; fields of a file are those of the class.
        upgrades: for each earlier schema what turns its fields into those of the next.
        sound: raises `ValueError` for a payload that was read and contradicts itself; where `__post_init__` may not, because
            a payload is made step by step, or its faults are looked for one by one.
    """

    name: str
    schema: int
    payload: type
    upgrades: Mapping[int, Callable[[Plain], Plain]]
    sound: Callable[[Any], None] = lambda payload: None


_KINDS: dict[str, Kind] = {}


def result_kind(
    name: str,
    schema: int = 1,
    upgrades: Mapping[int, Callable[[Plain], Plain]] | None = None,
    sound: Callable[[Any], None] = lambda payload: None,
) -> Callable[[type[P]], type[P]]:
    """Make a frozen dataclass the payload of results of kind `name`; its fields are tuples rather than lists, all the way down.

    Example:
        >>> @result_kind("example")
        ... @dataclass(frozen=True)
        ... class Example:
        ...     bits: float
        >>> print(Result(Example(1.5), {}).to_json())
        {
          "schema": "mdlbench.example/1",
          "bits": 1.5,
          "provenance": {}
        }
    """

    def register(payload: type[P]) -> type[P]:
        assert name not in _KINDS or _KINDS[name].payload.__qualname__ == payload.__qualname__, f"two kinds are called {name}"
        assert _is_readable(payload), f"{payload.__name__}: a field can be read back if it is {_READABLE}, all the way down"
        _KINDS[name] = Kind(name, schema, payload, upgrades or {}, sound)
        return payload

    return register


_READABLE = "bool, int, float, str, Any, Literal, tuple, Mapping, a dataclass, or one of those or None"


def _is_readable(hint: Any) -> bool:
    """Whether `reading` knows how to read values of this type from JSON."""
    if dataclasses.is_dataclass(hint):
        return all(map(_is_readable, get_type_hints(hint).values()))
    origin, arguments = get_origin(hint), [part for part in get_args(hint) if part is not ...]
    if origin in (tuple, UnionType, Union) or origin in (dict, abc.Mapping):
        return all(map(_is_readable, arguments))
    return origin is Literal or hint in (bool, int, float, str, None, type(None), Any)


@cache
def _rooms() -> None:
    """Import `result.py` of every room of this package that has one: that registers its kinds."""
    package = Path(__file__).parents[1]
    for path in sorted(package.glob("**/result.py")):
        import_module(".".join([package.name, *path.relative_to(package).with_suffix("").parts]))


def known_kinds() -> Mapping[str, Kind]:
    """Every kind of result by its name: those of the rooms, and those registered by whoever imported this."""
    _rooms()
    return _KINDS


def kind_of(payload: object) -> Kind:
    """The kind that a payload is of."""
    return next(kind for kind in _KINDS.values() if kind.payload is type(payload))


@dataclass(frozen=True)
class Figures:
    """Figures without a type of their own: what a benchmark writes, whose files the report counts and does not show."""

    kind: str
    values: Plain


def provenance() -> dict[str, Any]:
    """When, where and with what: command line, commit, versions, processor, cores."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


@dataclass(frozen=True)
class Result(Generic[P]):
    """One run's figures.

    Attributes:
        payload: an instance of a class under `result_kind`, or `Figures`.
        provenance: see `provenance`.
    """

    payload: P
    provenance: Plain = field(default_factory=provenance)

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.payload.kind if isinstance(self.payload, Figures) else kind_of(self.payload).name

    @property
    def time(self) -> str:
        """When it was measured, ISO 8601 in UTC; empty where that is not known."""
        return str(self.provenance.get("time") or "")

    def document(self) -> dict[str, Any]:
        """The JSON object: `schema` ("mdlbench.KIND/VERSION"), the figures, `provenance`."""
        if isinstance(self.payload, Figures):
            schema, values = f"mdlbench.{self.payload.kind}/1", self.payload.values
        else:
            kind = kind_of(self.payload)
            schema, values = f"mdlbench.{kind.name}/{kind.schema}", plain(self.payload)
        return {"schema": schema, **values, "provenance": dict(self.provenance)}

    def to_json(self) -> str:
        """`document` as text; no NaN or Infinity."""
        return json.dumps(self.document(), indent=2, allow_nan=False)

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write `folder/KIND-TIME.json`, making the folder; whole, and never over an existing file."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        stamp = self.provenance["time"].replace(":", "").replace("-", "")
        return write_new(Path(folder), f"{self.kind}-{stamp}", ".json", self.to_json() + "\n")


def plain(value: Any) -> Any:
    """Dataclasses, tuples and mappings as JSON's objects and arrays, all the way down.

    Example:
        >>> plain({"bits": (1, 2)})
        {'bits': [1, 2]}
    """
    if dataclasses.is_dataclass(value):
        return {name_in_file(f): plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def name_in_file(field: "dataclasses.Field[Any]") -> str:
    """What a field is called in a file: its name, or what its metadata say under "name" where that is no identifier."""
    return str(field.metadata.get("name", field.name))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the source tree this package runs from, `+` if it has changes; None for an installed package."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        tracked = subprocess.run([*git, "ls-files", "--error-unmatch", __file__], capture_output=True, check=False)
        if tracked.returncode:
            return None
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, check=True).stdout
        dirty = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.decode("ascii").strip() + ("+" if dirty.strip() else "")


def processor_name() -> str:
    """The name of the processor, as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        return names[0] if names else platform.processor()
    except OSError:
        return platform.processor()
