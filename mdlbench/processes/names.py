"""What a name says of a process before it is made: its family, its parameters; and the name that finds a process again."""

from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction

from mdlbench.processes.base import Process, ProcessError
from mdlbench.processes.numbers import shortened, text_of
from mdlbench.processes.parameters import Parameter, probability
from mdlbench.processes.zoo import ZOO, Family

WEIGHT = probability(Fraction(1, 2), "of a mixture's first part; the others share the rest")
ALIASES = {"bloch-walk": "tom-quantum", "moon": "post-quantum", "biased-coin": "coin", "goldenmean": "golden-mean"}
_LONGEST_NAME = 60  # letters; a longer one is like none of the zoo
COMPOSED = ("reversed:sns", "product:golden-mean+z1r", "mixture:golden-mean+even")  # one example of each kind


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
    return {} if is_file(name) else family(name.partition("@")[0])[0].parameters


def is_file(name: str) -> bool:
    """Whether a name is a path: it ends in .toml or .json, or holds a separator."""
    return name.endswith((".toml", ".json")) or ("/" in name and ":" not in name and "@" not in name)


def family(name: str) -> tuple[Family, str]:
    """The family of processes of this name, or of one like it, and the name as it is spelled in the zoo."""
    key = name.strip().lower().replace("_", "-")
    key = ALIASES.get(key, key)
    if key not in ZOO:
        near = get_close_matches(key[:_LONGEST_NAME], ZOO, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(ZOO)}"
        raise ProcessError(
            f"no process {shortened(name)!r}; {hint} (`mdlbench hmm list` shows them; your own is the path of a .toml or .json)"
        )
    return ZOO[key], key
