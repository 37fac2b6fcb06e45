"""Strict JSON in: a file becomes a typed payload or one line that says why not; the other files are still read.

Nothing behind this checks types again. NaN, Infinity, numbers too large for a double, names given twice, fields that are
missing, unknown or of another type, and files of a later version are refused, each by a line that names file and field.
"""

import dataclasses
import json
import math
import os
import re
import types
import typing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, Literal, NoReturn, TypeVar

from mdlbench.errors import ResultError, UsageError
from mdlbench.result.record import Kind, Result, kind_of, known_kinds, name_in_file

P = TypeVar("P")
_LARGEST = 2**63 - 1  # of whole numbers: what a table of figures can hold


@dataclass(frozen=True)
class Found(Generic[P]):
    """A result and the file it was read from."""

    path: str
    result: Result[P]

    @property
    def payload(self) -> P:
        """The result's figures."""
        return self.result.payload

    @property
    def age(self) -> tuple[str, int]:
        """Sorts results from old to new: when they were measured, then which file of that second it is (`-2` after none)."""
        number = re.search(r"Z-([0-9]{1,9})\.json$", self.path)
        return self.result.time, int(number[1]) if number else 1


@dataclass(frozen=True)
class Collection:
    """What some folders hold.

    Attributes:
        found: every result of a known kind, in the order of their paths.
        refused: (path, reason) of files that should be such a result and are not.
        others: how many files are of kinds that no room registers, by kind; "other" for JSON that is not this project's.
    """

    found: tuple[Found[Any], ...]
    refused: tuple[tuple[str, str], ...]
    others: Mapping[str, int]


def collect(places: Iterable[str | os.PathLike[str]]) -> Collection:
    """Read every `*.json` below the folders (or the files) given.

    Raises:
        UsageError: a place does not exist.
    """
    found, refused, others = [], [], Counter[str]()
    for path in (path for place in places for path in _files(Path(place))):
        try:
            document = parse(path)
            kind = _kind_name(document)
            if kind not in known_kinds():
                others[kind] += 1
            else:
                found.append(Found(str(path), sound_result(document, path)))
        except ResultError as error:
            refused.append((str(path), str(error)))
    return Collection(tuple(found), tuple(refused), dict(sorted(others.items())))


def read(path: str | os.PathLike[str]) -> Found[Any]:
    """The result in a file.

    Raises:
        ResultError: it is not JSON, of no known kind, or a figure is missing or wrong.
    """
    return Found(str(path), sound_result(parse(path), path))


def parse(path: str | os.PathLike[str]) -> Any:
    """The JSON in a file: finite numbers, no name twice.

    Raises:
        ResultError: naming the file and what is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf8")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path}: not JSON ({error}); remove the file or write it again") from None
    except OSError as error:
        raise ResultError(f"{path}: cannot be read ({error.strerror})") from None


def sound_result(document: Any, path: str | os.PathLike[str]) -> Result[Any]:
    """As `result_of`, of a payload that does not contradict itself, by the rule of its kind.

    Raises:
        ResultError: as `result_of`, or naming the figure that others contradict.
    """
    result = result_of(document, path)
    try:
        kind_of(result.payload).sound(result.payload)
    except ValueError as error:
        raise ResultError(f"{path}: {error}; run it again or remove the file") from None
    return result


def result_of(document: Any, path: str | os.PathLike[str]) -> Result[Any]:
    """A parsed document as a result.

    Raises:
        ResultError: naming the file, the field, and what it must be.
    """
    kind = known_kinds().get(_kind_name(document))
    if kind is None:
        found = document.get("schema") if isinstance(document, dict) else None
        raise ResultError(f"{path}: schema {_shown(found)} is none of {', '.join(sorted(known_kinds()))}")
    values = _upgraded(kind, document, path)
    recorded = values.pop("provenance", None)
    return Result(decoded(kind.payload, values, str(path)), _provenance({} if recorded is None else recorded, str(path)))


def _provenance(recorded: Any, path: str) -> dict[str, Any]:
    """When, where and with what, each by its type; a room may have recorded more, which stays as it is."""
    if not isinstance(recorded, dict):
        _refuse(path, "provenance", recorded, "an object")
    for name, hint in _RECORDED.items():
        if name in recorded:
            _value(hint, recorded[name], path, f"provenance.{name}")
    return recorded


_RECORDED: dict[str, Any] = {
    "time": str,
    "command": tuple[str, ...],
    "commit": str | None,
    "python": str,
    "platform": str,
    "processor": str | None,
    "cores": int | None,
    "packages": Mapping[str, str],
}


def decoded(cls: type[P], value: Any, path: str, name: str = "") -> P:
    """A JSON object as an instance of the dataclass `cls`.

    Args:
        path, name: file and dotted field, for messages.

    Raises:
        ResultError: a field is missing, unknown or of another type.

    Example:
        >>> @dataclass(frozen=True)
        ... class Example:
        ...     bits: tuple[float, ...]
        >>> decoded(Example, {"bits": [1, 2.5]}, "a.json")
        Example(bits=(1.0, 2.5))
        >>> decoded(Example, {}, "a.json")
        Traceback (most recent call last):
        ...
        mdlbench.errors.ResultError: a.json: field bits is missing; run it again or remove the file
    """
    if not isinstance(value, dict):
        _refuse(path, name, value, "an object")
    fields = _fields(cls)  # type: ignore[arg-type]
    for unknown in value.keys() - fields.keys():
        raise ResultError(f"{path}: field {_dotted(name, unknown)} is unknown; update mdlbench, or remove the field")
    made = {}
    for key, (attribute, hint, required) in fields.items():
        if key in value:
            made[attribute] = _value(hint, value[key], path, _dotted(name, key))
        elif required:
            raise ResultError(f"{path}: field {_dotted(name, key)} is missing; run it again or remove the file")
    try:
        return cls(**made)
    except (ValueError, UsageError) as error:  # what the class itself asserts of its fields together
        where = f"{name}: " if name and name not in str(error) else ""
        raise ResultError(f"{path}: {where}{error}; run it again or remove the file") from None


@cache
def _fields(cls: type) -> dict[str, tuple[str, Any, bool]]:
    """For each name in a file the field's own name, its hint, and whether it must be there."""
    hints = typing.get_type_hints(cls)
    return {
        name_in_file(f): (f.name, hints[f.name], f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING)
        for f in dataclasses.fields(cls)
    }


def _value(hint: Any, value: Any, path: str, name: str) -> Any:
    """`value` as the hint wants it: JSON arrays become tuples, whole numbers floats where floats are meant."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        return _one_of(arguments, value, path, name)
    if origin is Literal:
        return value if value in arguments else _refuse(path, name, value, f"one of {', '.join(map(str, arguments))}")
    if origin is tuple:
        if not isinstance(value, list):
            _refuse(path, name, value, "a list")
        return _items(arguments, value, path, name)
    if origin in (dict, Mapping, typing.get_origin(Mapping[str, Any])):
        if not isinstance(value, dict):
            _refuse(path, name, value, "an object")
        return {key: _value(arguments[1], part, path, _dotted(name, key)) for key, part in value.items()}
    if dataclasses.is_dataclass(hint):
        return decoded(hint, value, path, name)  # type: ignore[arg-type]
    return _scalar(hint, value, path, name)


def _items(arguments: tuple[Any, ...], value: list[Any], path: str, name: str) -> tuple[Any, ...]:
    if arguments[-1] is ...:
        if arguments[0] is float and all(type(part) is float for part in value):
            return tuple(value)  # long curves: parsed floats are finite already
        return tuple(_value(arguments[0], part, path, f"{name}[{place}]") for place, part in enumerate(value))
    if len(value) != len(arguments):
        _refuse(path, name, value, f"a list of {len(arguments)}")
    return tuple(
        _value(hint, part, path, f"{name}[{place}]") for place, (hint, part) in enumerate(zip(arguments, value, strict=True))
    )


def _one_of(hints: tuple[Any, ...], value: Any, path: str, name: str) -> Any:
    """`value` by the only hint but None, or by the first that takes it."""
    if value is None and type(None) in hints:
        return None
    others = [hint for hint in hints if hint is not type(None)]
    for hint in others[:-1]:
        try:
            return _value(hint, value, path, name)
        except ResultError:
            continue
    return _value(others[-1], value, path, name)


_EXPECTED = {int: "a whole number", float: "a finite number", str: "text", bool: "true or false", dict: "an object"}


def _scalar(hint: type, value: Any, path: str, name: str) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
    if whole and hint in (int, float):
        return hint(value)
    if hint is not int and isinstance(value, hint):
        return value
    return _refuse(path, name, value, _EXPECTED[hint])


def _upgraded(kind: Kind, document: dict[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """The fields of a document as the newest schema has them."""
    schema = str(document["schema"])
    number = re.fullmatch(r"[1-9][0-9]{0,5}", schema.rpartition("/")[2], re.ASCII)
    if number is None:
        raise ResultError(f"{path}: schema {_shown(schema)} is not mdlbench.KIND/NUMBER; write the file again")
    version = int(number[0])
    if version > kind.schema:
        raise ResultError(
            f"{path}: {schema} was written by a later version (this one reads up to {kind.schema}); update mdlbench"
        )
    values: Any = {key: part for key, part in document.items() if key != "schema"}
    for step in range(version, kind.schema):
        if step not in kind.upgrades:
            raise ResultError(f"{path}: {schema} lacks what version {step + 1} holds; measure it again, or remove the file")
        try:
            values = kind.upgrades[step](values)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise ResultError(
                f"{path}: cannot be read as a file of schema {step} ({what}); run it again or remove it"
            ) from None
    return dict(values)


def _kind_name(document: Any) -> str:
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, str) or not schema.startswith("mdlbench."):
        return "other"
    return schema.removeprefix("mdlbench.").partition("/")[0]


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from sorted(path for path in place.rglob("*.json") if path.is_file())
    else:
        raise UsageError(f"{place}: no such file or folder; name a folder that --output-path wrote results to")


def _dotted(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _shown(value: Any) -> str:
    return json.dumps(value)[:60]


def _refuse(path: str, name: str, value: Any, expected: str) -> NoReturn:
    raise ResultError(
        f"{path}: field {name or 'at the top'} is {_shown(value)}, must be {expected}; run it again or remove the file"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return made


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no figure")
