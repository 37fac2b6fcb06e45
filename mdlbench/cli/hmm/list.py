"""`mdlbench hmm list`: the zoo."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import print_json, say, tell
from mdlbench.processes import ZOO, find
from mdlbench.processes.exhibits import kinds_of, listed
from mdlbench.processes.names import COMPOSED, parameters_of
from mdlbench.processes.numbers import text_of
from mdlbench.report import terminal
from mdlbench.result.exhibits import Exhibit, Measure, Table, Text

_NUMBER = Measure("", form="digits", digits=6)
_OTHERS = "K symbols, N states. Others: reversed:NAME, product:NAME+NAME, mixture:NAME+NAME, or a .toml or .json file."


@click.command(name="list")
@click.argument("name", required=False)
@option.json_lines
def command(name: str | None, as_json: bool) -> None:
    """The processes of the zoo; with a NAME, its parameters, matrices and where it comes from.

    \b
    Example:
      mdlbench hmm list
      mdlbench hmm list mess3
    """
    if name is not None:
        page = describe(name)
        tell("process", page, terminal.render(_page(page)), as_json=as_json)
    elif as_json:
        for known in (*ZOO, *COMPOSED):
            print_json("process", describe(known))
    else:
        say(terminal.render([listed([find(each) for each in (*ZOO, *COMPOSED)]), Text(_OTHERS)]))


def describe(name: str) -> dict[str, Any]:
    """A process at its default parameters, as plain data."""
    process = find(name)
    known = parameters_of(process.name)
    return {
        "process": process.name,
        **{field: getattr(process, field) for field in ("summary", "citation", "alphabet_size", "n_states")},
        "hidden_markov": process.is_hidden_markov,
        "unifilar": process.unifilar,
        "ergodic": process.ergodic,
        "parameters": [
            {"name": key, "default": text_of(parameter.default), "help": parameter.help} for key, parameter in known.items()
        ],
        "tensor": process.tensor.tolist(),
        "stationary": process.stationary.tolist(),
        "right": process.right_vector.tolist(),
    }


def _page(page: dict[str, Any]) -> Iterator[Exhibit]:
    kinds = kinds_of(page["hidden_markov"], page["unifilar"], page["ergodic"])
    yield Text(
        f"{page['process']}: {page['summary']}\n"
        f"from: {page['citation']}\n"
        f"{page['alphabet_size']} symbols, {page['n_states']} states; {kinds}\n"
        f"stationary: {'  '.join(map(_NUMBER.text, page['stationary']))}"
    )
    if page["parameters"]:
        rows = [(row["name"], row["default"], row["help"]) for row in page["parameters"]]
        yield Table.of("", (Measure("parameter"), Measure("default"), Measure("meaning")), rows)
    states = range(page["n_states"])
    columns = (Measure("state", form="count"), *(replace(_NUMBER, name=str(state)) for state in states))
    for symbol, matrix in enumerate(page["tensor"]):
        rows = [(state, *row) for state, row in zip(states, matrix, strict=True)]
        yield Table.of(f"T[{symbol}]: emit {symbol}, from row to column", columns, rows)
