"""`./my.py:CLASS[,key=value]...`: a predictor from a Python file, built only where the user typed its name.

The keys are the parameters of the class that are annotated int, float, bool or str (or have such a default); or the fields of
its `Options`, a frozen dataclass that it is given whole. The file runs as it stands when it is loaded, and once unless it
changes; files beside it are not in its path.
"""

import sys
import types
import typing
from dataclasses import field, is_dataclass, make_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mdlbench.errors import MdlbenchError, SpecError
from mdlbench.models.base import Predictor, digest8
from mdlbench.models.own import OwnPredictor, constructor
from mdlbench.models.spec import format_spec, parse_options

_READ_FROM_TEXT = (int, float, bool, str)


def load_predictor(file: str, class_name: str, values: dict[str, str], spec: str) -> OwnPredictor:
    """The model of a class in a file.

    Args:
        values: text of each option.
        spec: what was typed, for errors.

    Raises:
        SpecError: one line, naming the file and class or option that is at fault.
    """
    cls: Any = _class(_module(Path(file).expanduser()), file, class_name)
    options = options_of(cls, spec)
    missing = [key for key, row in options.__dataclass_fields__.items() if _required(row) and key not in values]
    if missing:
        raise SpecError(f"{spec!r}: {class_name} needs {missing[0]}; add ,{missing[0]}=VALUE")
    given = parse_options(options, values, spec)
    try:
        predictor = cls(given) if _takes_whole(cls) else cls(**vars(given))
    except MdlbenchError:
        raise
    except (Exception, SystemExit) as error:  # whatever somebody's constructor raises
        raise SpecError(f"{spec!r}: {type(error).__name__}: {error}") from error
    return OwnPredictor(predictor, format_spec(file, class_name, given), options)


def options_of(cls: type[Predictor], spec: str) -> Any:
    """A frozen dataclass of the options of a class; `SpecError` if a parameter that it needs cannot be read from text."""
    if _takes_whole(cls):
        return cls.Options  # type: ignore[attr-defined]
    hints = _hints(cls)
    rows: list[Any] = []
    for parameter in constructor(cls).values():
        has_default = parameter.default is not parameter.empty
        hint = hints.get(parameter.name, type(parameter.default) if has_default else None)
        if _is_read_from_text(hint):
            rows.append((parameter.name, hint, field(default=parameter.default) if has_default else field()))
        elif not has_default:
            raise SpecError(f"{spec!r}: {cls.__name__} needs {parameter.name}; annotate it as int, float, bool or str")
    return make_dataclass(cls.__name__, rows, frozen=True, kw_only=True)


def _takes_whole(cls: type) -> bool:
    return is_dataclass(getattr(cls, "Options", None))


def _required(row: Any) -> bool:
    return row.default is row.default_factory  # both MISSING


def _hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls.__init__)  # type: ignore[misc]
    except NameError:  # a name that is imported for type checkers only
        return {}


def _is_read_from_text(hint: Any) -> bool:
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return any(kind in _READ_FROM_TEXT for kind in kinds) and all(k in (*_READ_FROM_TEXT, type(None)) for k in kinds)


def _module(path: Path) -> ModuleType:
    """The file's module: run now, unless the same text at the same place has run in this process."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    name = f"mdlbench_own_{digest8(str(path.resolve()).encode(), text).hex()}"
    if name not in sys.modules:
        module = ModuleType(name)
        module.__file__ = str(path.resolve())
        sys.modules[name] = module  # dataclasses look their module up
        try:
            exec(compile(text, module.__file__, "exec"), module.__dict__)  # not imported: a stale .pyc would not be this text
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise SpecError(f"{path} does not load: {type(error).__name__}: {error}") from error
    return sys.modules[name]


def _class(module: ModuleType, file: str, name: str) -> type[Predictor]:
    found = {key: value for key, value in vars(module).items() if isinstance(value, type) and issubclass(value, Predictor)}
    found.pop("Predictor", None)
    if name in found:
        return found[name]
    if hasattr(module, name):
        raise SpecError(f"{file}: {name} is no class derived from mdlbench.Predictor")
    have = f"it has: {', '.join(found)}" if found else "it has no class derived from mdlbench.Predictor"
    raise SpecError(f"{file} has no class {name!r}; {have}" if name else f"{file}: name a class, {file}:CLASS; {have}")
