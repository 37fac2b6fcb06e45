"""Model specs: `name[:argument][,key=value]...`, parsed into a frozen dataclass of options and printed back canonically.

The name is one of the catalogue, or a Python file. The argument runs up to the first `,key=`, so a path may hold commas.
Options that equal their default are left out of the canonical spec: two specs that mean the same model print the same.
"""

import dataclasses
import re
import types
import typing
from difflib import get_close_matches
from typing import Any, TypeVar

from mdlbench.errors import SpecError
from mdlbench.units import parse_real, parse_size, parse_whole

T = TypeVar("T")
_LONGEST = 4096  # letters of a spec, as a path has
_NAME, _FILE = r"[A-Za-z][\w.-]*", r"[^:]+\.py"
_NUMBERS: dict[Any, Any] = {int: parse_whole, float: parse_real}
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def option(default: Any, help: str, *, size: bool = False, choices: tuple[str, ...] = ()) -> Any:
    """A field of an `Options` dataclass with its help text; `size` reads `64Mi`, `choices` are the only words allowed."""
    return dataclasses.field(default=default, metadata={"help": help, "size": size, "choices": choices})


def split_spec(text: str) -> tuple[str, str, dict[str, str]]:
    """Split a spec into name, argument and its key=value pairs; white space around the whole is no part of it.

    Example:
        >>> split_spec("hf:gpt2,dtype=float32,context=1024")
        ('hf', 'gpt2', {'dtype': 'float32', 'context': '1024'})
    """
    if not isinstance(text, str):
        raise SpecError(f"a model is named by its spec, a string such as 'cm,level=9', not by {text!r}")
    if len(text) > _LONGEST:
        raise SpecError(f"{text[:40]!r}... is a model spec of {len(text):,} letters; at most {_LONGEST:,}")
    match = re.fullmatch(rf"({_NAME}|{_FILE})(?::(.*?))?((?:,[A-Za-z_]\w*=[^,]*)*)", text.strip(), re.DOTALL)
    if match is None:
        meant = f"did you mean hf:{text}? " if "/" in text else ""
        raise SpecError(f"{text!r} is not a model spec; {meant}write name[:argument][,key=value]..., such as cm,level=9")
    pairs = [pair.split("=", 1) for pair in match[3].split(",")[1:]]
    options = dict(pairs)
    if len(options) < len(pairs):
        twice = next(key for key, _ in pairs if sum(other == key for other, _ in pairs) > 1)
        raise SpecError(f"{text[:80]!r} gives {twice} twice; give each option once")
    return match[1], match[2] or "", options


def is_file(name: str) -> bool:
    """Whether the name in a spec is that of a Python file, which holds a predictor of the user's."""
    return name.endswith(".py")


def parse_options(cls: type[T], values: dict[str, str], spec: str) -> T:
    """Read the text of each option by the type of its field in the dataclass `cls`.

    Raises:
        SpecError: naming the option, what was given and what is allowed.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    parsed = {}
    for key, text in values.items():
        if key not in fields:
            near = get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the options are: {', '.join(fields) or 'none'}"
            raise SpecError(f"{spec!r}: no option {key!r}; {hint}")
        try:
            parsed[key] = _parse_value(text, hints[key], fields[key].metadata)
        except ValueError as error:
            raise SpecError(f"{spec!r}: {key}={text}: {error}") from None
    try:
        return cls(**parsed)
    except ValueError as error:
        raise SpecError(f"{spec!r}: {error}") from None


def format_spec(name: str, argument: str, options: Any) -> str:
    """The canonical spec: options in their declared order, those at their default left out."""
    text = f"{name}:{argument}" if argument else name
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if value != field.default:
            text += f",{field.name}={str(value).lower() if isinstance(value, bool) else value}"
    return text


def _parse_value(text: str, hint: Any, metadata: Any) -> Any:
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in kinds and text.lower() in ("", "none"):
        return None
    kind = next(k for k in kinds if k is not type(None))
    if metadata.get("choices") and text not in metadata["choices"]:
        raise ValueError(f"choose from {', '.join(metadata['choices'])}")
    if kind is bool:
        if text.lower() not in _BOOLEANS:
            raise ValueError("write true or false")
        return _BOOLEANS[text.lower()]
    if metadata.get("size"):
        return parse_size(text)
    try:
        return _NUMBERS.get(kind, kind)(text)
    except ValueError:
        raise ValueError(f"not a{'n' if kind is int else ''} {kind.__name__}") from None
