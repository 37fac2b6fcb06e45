"""Own processes from TOML or JSON files.

    name = "my source"                          # optional, as are citation, start and right
    tensor = [[["1/2", 0], [0, 0.25]], ...]     # T[x][i][j]: emit x, go to j, when in i
or
    edges = [["A", 0, "B", "1/2"], ...]         # state, symbol, next state, probability; symbols are 0 .. K-1

Decimals mean what they say (0.1 is one tenth) and "1/3" is exact. A matrix entry may be negative if `right` is given.
"""

import json
import tomllib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mdlbench.processes.base import CLOSE, MAX_SYMBOLS, Process, ProcessError, as_transitions, check_entries
from mdlbench.processes.numbers import exact_value, shortened
from mdlbench.text import reason

_KEYS = {"name", "citation", "summary", "tensor", "edges", "start", "right"}
_LARGEST = 8 << 20  # bytes of a file
_MOST_NAMED = 8  # edges of a state whose probabilities do not sum to 1


def read_process(path: str) -> Process:
    """The process in a .toml or .json file.

    Raises:
        ProcessError: the file is not there, does not parse, or does not describe a process; says which key.
    """
    document = _load(path)
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise ProcessError(f"{path}: no key {unknown[0]!r}; the keys are: {', '.join(sorted(_KEYS))}")
    if ("tensor" in document) == ("edges" in document):
        raise ProcessError(f"{path}: give either `tensor` or `edges`")
    signed = "right" in document  # a generalised process: entries of any sign
    matrices = _tensor(path, document["tensor"]) if "tensor" in document else _edges(path, document["edges"], signed=signed)
    vectors = {key: tuple(_numbers(path, key, document[key])) for key in ("start", "right") if key in document}
    texts = {key: str(document[key]) for key in ("summary", "citation") if key in document}
    try:
        return Process(path, as_transitions(matrices), {}, **texts, **vectors)  # type: ignore[arg-type]
    except ProcessError as error:
        raise ProcessError(f"{path}: {str(error).removeprefix(f'process {path}: ')}") from None


def _load(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else "not UTF-8 text"
        raise ProcessError(f"{path}: {why}; name a .toml or .json file that holds a process") from None
    if len(data) > _LARGEST:
        raise ProcessError(f"{path}: more than {_LARGEST:,} bytes; a process is smaller")
    parse: Callable[..., Any] = json.loads if path.endswith(".json") else tomllib.loads
    try:
        document = parse(text, parse_float=str)  # as text: a decimal is exact
    except (ValueError, RecursionError) as error:
        language = "JSON" if path.endswith(".json") else "TOML"
        line = str(error).splitlines()[0]
        raise ProcessError(f"{path}: not valid {language}: {line}; mdlbench/processes/README.md shows a file") from None
    if not isinstance(document, dict):
        raise ProcessError(f"{path}: holds no table of keys; expected {', '.join(sorted(_KEYS))}")
    return document


def _numbers(path: str, where: str, values: Any) -> list[Fraction]:
    if not isinstance(values, list):
        raise ProcessError(f"{path}: {where} is not a list of numbers")
    return [_number(path, f"{where}[{at}]", value) for at, value in enumerate(values)]


def _number(path: str, where: str, value: Any) -> Fraction:
    try:
        return exact_value(value)
    except ValueError as error:
        raise ProcessError(f"{path}: {where} = {shortened(value)}: {error}") from None


def _tensor(path: str, tensor: Any) -> list[list[list[Fraction]]]:
    if not isinstance(tensor, list) or not all(isinstance(matrix, list) for matrix in tensor):
        raise ProcessError(f"{path}: tensor is not a list of matrices, one per symbol")
    check_entries(path, len(tensor), max(map(len, tensor), default=0))
    return [[_numbers(path, f"tensor[{x}][{i}]", row) for i, row in enumerate(matrix)] for x, matrix in enumerate(tensor)]


def _edges(path: str, edges: Any, *, signed: bool) -> list[list[list[Fraction]]]:
    if not isinstance(edges, list) or not edges:
        raise ProcessError(f"{path}: edges is not a list of [state, symbol, next state, probability]")
    for number, edge in enumerate(edges):
        if not isinstance(edge, list) or len(edge) != 4:
            raise ProcessError(f"{path}: edges[{number}] = {shortened(edge)} is not [state, symbol, next state, probability]")
    states: dict[str, int] = {}
    for i, _, _, _ in edges:
        states.setdefault(str(i), len(states))
    for number, (_, x, j, _) in enumerate(edges):
        if str(j) not in states:
            raise ProcessError(f"{path}: edges[{number}] leads to state {j!r}, which no edge leaves")
        if not isinstance(x, int) or isinstance(x, bool) or not 0 <= x < MAX_SYMBOLS:
            raise ProcessError(
                f"{path}: edges[{number}] has symbol {x!r}; symbols are whole numbers from 0 to {MAX_SYMBOLS - 1}"
            )
    n_symbols = 1 + max(x for _, x, _, _ in edges)
    check_entries(path, n_symbols, len(states))
    matrices = [[[Fraction(0)] * len(states) for _ in states] for _ in range(n_symbols)]
    sums = dict.fromkeys(states, Fraction(0))
    for number, (i, x, j, p) in enumerate(edges):
        value = _number(path, f"edges[{number}]", p)
        if not signed and not 0 <= value <= 1:
            raise ProcessError(f"{path}: edges[{number}] has probability {shortened(p)}; write 0 to 1")
        matrices[x][states[str(i)]][states[str(j)]] += value
        sums[str(i)] += value
    if not signed:
        _check_sums(path, edges, sums)
    return matrices


def _check_sums(path: str, edges: list[Any], sums: dict[str, Fraction]) -> None:
    """See that the edges of each state sum to 1, as nearly as numbers written by hand do."""
    for state, found in sums.items():
        if abs(found - 1) > CLOSE:
            own = [f"edges[{number}]" for number, edge in enumerate(edges) if str(edge[0]) == state]
            named = ", ".join(own[:_MOST_NAMED]) + (", ..." if len(own) > _MOST_NAMED else "")
            line = f"state {shortened(state)!r} is left with probability {float(found):.10g}, not 1"
            raise ProcessError(f"{path}: {line} (by {named})")
