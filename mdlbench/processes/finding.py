"""From a name to a process: `mess3`, `reversed:sns`, `product:mess3+z1r`, `mixture:coin@p=0.1+coin@p=0.9`, `./own.toml`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mdlbench.arguments import text
from mdlbench.processes.base import Process, ProcessError, check_entries
from mdlbench.processes.compose import mixture, product, reverse
from mdlbench.processes.files import read_process
from mdlbench.processes.names import WEIGHT, family, is_file
from mdlbench.processes.numbers import Given, shortened
from mdlbench.processes.parameters import read_parameters

MOST_NAMES = 16  # that one name may be made of: parts, and ways of making one of others
_MOST_LETTERS = 4096  # as a path has


def _by_name(parameters: Any) -> Mapping[str, Given]:
    if not isinstance(parameters, Mapping) or not all(isinstance(name, str) for name in parameters):
        raise TypeError(f"parameters is {parameters!r}; give values by name, such as {{'p': '1/3'}}")
    return parameters


def find(name: str, parameters: Mapping[str, Given] | None = None) -> Process:
    """The process of this name.

    Args:
        name: of the zoo; `reversed:NAME`; `product:NAME+NAME`; `mixture:NAME+NAME`; or the path of a .toml or .json file. Parts
            carry their own parameters as `NAME@key=value`.
        parameters: values by name, numbers or their text; defaults for the others.

    Raises:
        ProcessError: there is no such process or parameter, with near misses; or the file does not hold one.

    Example:
        >>> find("mess3", {"x": 0.05, "a": "0.85"}).alphabet_size
        3
    """
    text("name", name, "mess3")
    given = dict({} if parameters is None else _by_name(parameters))
    if len(name) > _MOST_LETTERS:
        raise ProcessError(f"{shortened(name)!r}: a name of {len(name):,} letters; at most {_MOST_LETTERS:,}")
    if (count := 1 + name.count(":") + name.count("+")) > MOST_NAMES and not is_file(name):
        raise ProcessError(f"{shortened(name)!r}: made of {count} names; at most {MOST_NAMES}")
    name, *own = name.strip().split("@") if ":" not in name and not is_file(name) else [name.strip()]
    for pair in own:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ProcessError(f"{shortened(pair)!r} is not a parameter; write NAME@key=value")
        given[key] = value
    if is_file(name):
        if given:
            raise ProcessError(f"{name}: a process from a file has no parameters; it gave {', '.join(given)}")
        return read_process(name)
    kind, colon, rest = name.partition(":")
    if colon:
        return _composed(kind, rest, given)
    found, key = family(name)
    return found.process(key, read_parameters(found.parameters, given, key))


def _composed(kind: str, rest: str, given: Mapping[str, Given]) -> Process:
    if kind == "reversed":
        return reverse(find(rest, given))
    if kind not in ("product", "mixture"):
        raise ProcessError(
            f"no way {shortened(kind)!r} of making processes; there are: reversed:NAME, product:NAME+NAME, mixture:NAME+NAME"
        )
    parts: list[Process] = []
    for part in rest.split("+"):
        parts.append(find(part))
        check_entries(kind, 0, 0, parts)  # before more are made
    if len(parts) < 2:
        raise ProcessError(f"{kind}:{shortened(rest)}: name at least two parts, joined by +")
    values = read_parameters({"weight": WEIGHT} if kind == "mixture" else {}, given, kind)
    if kind == "product":
        return product(parts)
    first = values["weight"]
    found = mixture(parts, [first, *[(1 - first) / (len(parts) - 1)] * (len(parts) - 1)])
    return replace(found, parameters=values)
