"""From a name to a process: `mess3`, `reversed:sns`, `product:mess3+z1r`, `mixture:coin@p=0.1+coin@p=0.9`, `./own.toml`."""

from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from mdlbench.processes.base import Process, ProcessError
from mdlbench.processes.compose import mixture, product, reverse
from mdlbench.processes.parameters import Parameter, probability, read_parameters, text_of
from mdlbench.processes.zoo import ZOO

WEIGHT = probability(Fraction(1, 2), "of a mixture's first part; the others share the rest")
ALIASES = {"bloch-walk": "tom-quantum", "moon": "post-quantum", "biased-coin": "coin", "goldenmean": "golden-mean"}
COMPOSED = ("reversed:sns", "product:golden-mean+z1r", "mixture:golden-mean+even")  # one example of each kind


def find(name: str, parameters: Mapping[str, Any] | None = None) -> Process:
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
    given = dict(parameters or {})
    name, *own = name.strip().split("@") if ":" not in name and not is_file(name) else [name.strip()]
    for pair in own:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ProcessError(f"{pair!r} is not a parameter; write NAME@key=value")
        given[key] = value
    if is_file(name):
        from mdlbench.processes.files import read_process

        if given:
            raise ProcessError(f"{name}: a process from a file has no parameters; it gave {', '.join(given)}")
        return read_process(name)
    kind, colon, rest = name.partition(":")
    if colon:
        return _composed(kind, rest, given)
    family, key = _family(name)
    return family.process(key, read_parameters(family.parameters, given, key))


def label(process: Process) -> str:
    """A name with the parameters that are not its default, as `find` reads it: `coin@p=0.1`."""
    known = parameters_of(process.name)
    changed = {key: value for key, value in process.parameters.items() if value != known[key].default}
    return process.name + "".join(f"@{key}={text_of(value)}" for key, value in changed.items())


def parameters_of(name: str) -> Mapping[str, Parameter]:
    """What parameters the process of this name takes; none for a file."""
    kind, colon, rest = name.partition(":")
    if colon and kind == "reversed":
        return parameters_of(rest)
    if colon:
        return {"weight": WEIGHT} if kind == "mixture" else {}
    return {} if is_file(name) else _family(name.partition("@")[0])[0].parameters


def is_file(name: str) -> bool:
    """Whether a name is a path: it ends in .toml or .json, or holds a separator."""
    return name.endswith((".toml", ".json")) or ("/" in name and ":" not in name and "@" not in name)


def _family(name: str) -> Any:
    key = name.strip().lower().replace("_", "-")
    key = ALIASES.get(key, key)
    if key not in ZOO:
        near = get_close_matches(key, ZOO, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(ZOO)}"
        raise ProcessError(
            f"no process {name!r}; {hint} (`mdlbench hmm list` shows them; an own one is the path of a .toml or .json)"
        )
    return ZOO[key], key


def _composed(kind: str, rest: str, given: Mapping[str, Any]) -> Process:
    if kind == "reversed":
        return reverse(find(rest, given))
    if kind not in ("product", "mixture"):
        raise ProcessError(
            f"no way {kind!r} of making processes; there are: reversed:NAME, product:NAME+NAME, mixture:NAME+NAME"
        )
    parts = [find(part) for part in rest.split("+")]
    if len(parts) < 2:
        raise ProcessError(f"{kind}:{rest}: name at least two parts, joined by +")
    values = read_parameters({"weight": WEIGHT} if kind == "mixture" else {}, given, kind)
    if kind == "product":
        return product(parts)
    first = values["weight"]
    found = mixture(parts, [first, *[(1 - first) / (len(parts) - 1)] * (len(parts) - 1)])
    return Process(**{**vars_of(found), "parameters": values})


def vars_of(process: Process) -> dict[str, Any]:
    """A process' fields by name, to make one like it."""
    return {name: getattr(process, name) for name in process.__dataclass_fields__}
