"""A user's own `Predictor` as a model: an instance in Python, or `./my.py:CLASS[,key=value]...` where the user types a spec.

The code runs because the user named it. A container's header names it too, but nothing is ever loaded for that: it is matched
by digest. The digest covers

    * the bytes of the file that defines the class, whole, and the class's name in it; not what that file imports. A class
      typed at a prompt has no file: then the compiled code of its methods, so that only the same Python matches;
    * what `__init__` takes, each by the attribute of the same name: numbers, text, bytes, arrays, lists, tuples, dicts and
      dataclasses of these, or anything with a `digest` of bytes; not what is set beside it;
    * `batch_size`, and what `identity()` adds, such as the digest of a file of weights.

It is taken when the model is made: what becomes of file and parameters afterwards does not change it.
"""

import inspect
import json
import pickle
import platform
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType
from typing import Any, get_args

import numpy as np

from mdlbench.errors import SpecError
from mdlbench.models.base import NoOptions, Portability, Predictor, digest8
from mdlbench.models.decoders import Decoder, Source, Unknown
from mdlbench.models.lockstep import PredictorModel
from mdlbench.models.streams import asked
from mdlbench.numerics.processor import processor
from mdlbench.tokens import ByteTokens, Tokens

AT_PROMPT = "python"  # in place of a file's name, in the spec of a class that has none
_PLAIN = (type(None), bool, int, float, str)


class OwnPredictor(PredictorModel):
    """A predictor of bytes as a model.

    Args:
        predictor: what predicts, over 256 symbols.
        spec: what was typed to load it; by default its file, class and parameters, which say what it is.
        options: the dataclass of what may be typed.

    Raises:
        SpecError: it predicts no bytes, an attribute of its class is nothing a model can have, or its digest cannot cover a
            parameter.
        PredictorError: `identity` raised something.
    """

    name = "own"

    def __init__(self, predictor: Predictor, spec: str | None = None, options: type = NoOptions) -> None:
        super().__init__()
        self.Options = options
        self._predictor, cls = predictor, type(predictor)
        if predictor.alphabet_size != ByteTokens.alphabet_size:
            raise SpecError(f"{cls.__name__} predicts {predictor.alphabet_size} symbols; over bytes a predictor has 256")
        if predictor.portability not in get_args(Portability):
            choices = " or ".join(get_args(Portability))
            raise SpecError(f"{cls.__name__}.portability is {predictor.portability!r}; choose {choices}")
        self.portability = predictor.portability
        self.batch_size, self.block_size = _whole(predictor, "batch_size"), _whole(predictor, "block_size")
        parameters = parameters_of(predictor)
        self._spec = spec or described(cls, parameters)
        self._identity = {
            "class": cls.__qualname__,
            "source": digest8(*source_of(cls)).hex(),
            "parameters": {name: canonical(value, name) for name, value in parameters.items()},
            "batch_size": self.batch_size,
            **_named(predictor, "identity"),
        }

    @property
    def spec(self) -> str:
        return self._spec

    @property
    def predictor(self) -> Predictor:
        return self._predictor

    @property
    def tokens(self) -> Tokens:
        return ByteTokens()

    def identity(self) -> dict[str, Any]:
        return self._identity

    def environment(self) -> dict[str, str]:
        if self.portability == "exact":
            return {}
        versions = {"python": platform.python_version(), "numpy": np.__version__, "processor": processor()}
        return {**versions, **_named(self._predictor, "environment")}

    def decoder(self) -> Decoder:
        path = file_of(type(self._predictor))
        return Source(path) if path else Unknown("its class was typed at a prompt and is in no file")

    def __getstate__(self) -> dict[str, Any]:
        if file_of(type(self._predictor)) is None:
            raise pickle.PicklingError("a class typed at a prompt is in this process only: save it in a file")
        return vars(self)


def _whole(predictor: Predictor, name: str) -> int:
    """A size that the class says; `SpecError` if nothing can be of that size."""
    value = getattr(predictor, name)
    if type(value) is not int or value < 1:
        raise SpecError(f"{type(predictor).__name__}.{name} is {value!r}; it is a whole number of at least 1")
    return value


def _named(predictor: Predictor, method: str) -> dict[str, Any]:
    """What a method gives by name; `SpecError` if a digest or a header cannot hold it."""
    found = asked(predictor, method)
    try:
        if isinstance(found, dict) and all(isinstance(name, str) for name in found):
            json.dumps(found, sort_keys=True, default=str)
            return found
    except (TypeError, ValueError):  # a dict within has names that are no text, or holds itself
        pass
    raise SpecError(f"{type(predictor).__name__}.{method}() is {str(found)[:80]}; return a dict whose names are text")


def parameters_of(predictor: Predictor) -> dict[str, Any]:
    """What a predictor was made with: the attribute of the name of each parameter of `__init__`.

    Raises:
        SpecError: there is no such attribute.
    """
    cls, found = type(predictor), {}
    for parameter in constructor(cls).values():
        if not hasattr(predictor, parameter.name):
            where = f"{cls.__name__}: __init__ takes {parameter.name}"
            raise SpecError(f"{where}; keep it as self.{parameter.name}, so that the model's digest covers it")
        found[parameter.name] = getattr(predictor, parameter.name)
    return found


def constructor(cls: type) -> dict[str, inspect.Parameter]:
    """The parameters of a class's `__init__` by name; `SpecError` for *args and **kwargs, which have none."""
    if cls.__init__ is object.__init__:  # type: ignore[misc]
        return {}
    parameters = inspect.signature(cls).parameters
    for parameter in parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise SpecError(f"{cls.__name__}: __init__ takes *{parameter.name}; name every parameter")
    return dict(parameters)


def canonical(value: Any, name: str) -> Any:
    """A parameter's value as what JSON can hold, the same for equal values.

    Raises:
        SpecError: naming the parameter, for what has no canonical form.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list | tuple):
        return [canonical(part, name) for part in value]
    if isinstance(value, dict):
        return sorted(([canonical(key, name), canonical(part, name)] for key, part in value.items()), key=repr)
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        return {"array": digest8(str((value.dtype.str, value.shape)).encode(), value.tobytes()).hex()}
    if isinstance(digest := getattr(value, "digest", None), bytes):
        return {"digest": digest.hex()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: canonical(getattr(value, field.name), name) for field in fields(value)}
    raise SpecError(
        f"{name} is of type {type(value).__name__}, which a digest cannot cover; give it a `digest` of bytes, or take numbers, "
        "text or arrays"
    )


def described(cls: type, parameters: dict[str, Any]) -> str:
    """`my.py:Counts,alpha=2`: what an instance is, for a container's header; parameters at their default and long
    ones are left out."""
    path, text = file_of(cls), ""
    for parameter in constructor(cls).values():
        value = parameters[parameter.name]
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, _PLAIN) and value != parameter.default and re.fullmatch(r"[\w./+-]{1,40}", shown):
            text += f",{parameter.name}={shown}"
    return f"{path.name if path else AT_PROMPT}:{cls.__qualname__.rpartition('.')[2]}{text}"


def file_of(cls: type) -> Path | None:
    """The file that defines a class; None if it was typed at a prompt."""
    try:
        path = Path(inspect.getfile(cls))
    except (TypeError, OSError):
        return None
    return path if path.is_file() else None


def source_of(cls: type) -> Iterator[bytes]:
    """What of its code the digest covers."""
    path = file_of(cls)
    if path is not None:
        yield path.read_bytes()
        return
    for name, value in sorted(vars(cls).items()):
        code = getattr(getattr(value, "__func__", value), "__code__", None)
        if isinstance(code, CodeType):
            yield from (name.encode(), *_compiled(code))
        elif isinstance(value, _PLAIN) and name not in ("__module__", "__doc__"):
            yield f"{name}={value!r}".encode()


def _compiled(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr((code.co_names, code.co_varnames, code.co_freevars)).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _compiled(constant)
        else:
            yield repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant).encode()
