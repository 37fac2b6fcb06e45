"""`mdlbench hmm list`: the zoo."""

from typing import Any

import click
from tabulate import tabulate

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import print_json, say
from mdlbench.processes import ZOO, find
from mdlbench.processes.names import COMPOSED, parameters_of
from mdlbench.processes.parameters import text_of


@click.command(name="list")
@click.argument("name", required=False)
@option.json_lines
def command(name: str | None, as_json: bool) -> None:
    """The sources of the zoo; with a NAME, its parameters, matrices and where it comes from.

    \b
    Example:
      mdlbench hmm list
      mdlbench hmm list mess3
    """
    if name is not None:
        page = describe(name)
        if as_json:
            print_json("process", page)
        else:
            say(_page(page))
    elif as_json:
        for known in (*ZOO, *COMPOSED):
            print_json("process", describe(known))
    else:
        rows = [_row(known) for known in (*ZOO, *COMPOSED)]
        say(tabulate(rows, ["source", "what it is", "K", "N", "parameters"], disable_numparse=True))
        say("\nK symbols, N states. Others: reversed:NAME, product:NAME+NAME, mixture:NAME+NAME, or a .toml or .json file.")


def describe(name: str) -> dict[str, Any]:
    """A source at its default parameters, as plain data."""
    process = find(name)
    known = parameters_of(process.name)
    return {
        "process": process.name,
        "summary": process.summary,
        "citation": process.citation,
        "alphabet_size": process.alphabet_size,
        "n_states": process.n_states,
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


def _row(name: str) -> list[str]:
    process = find(name)
    values = " ".join(f"{key}={text_of(value)}" for key, value in process.parameters.items())
    return [name, process.summary, str(process.alphabet_size), str(process.n_states), values]


def _page(page: dict[str, Any]) -> str:
    words = {"hidden_markov": "hidden Markov" if page["hidden_markov"] else "generalised",
             "unifilar": "unifilar" if page["unifilar"] else "not unifilar",
             "ergodic": "ergodic" if page["ergodic"] else "not ergodic"}  # fmt: skip
    lines = [
        f"{page['process']}: {page['summary']}",
        f"source: {page['citation']}",
        f"{page['alphabet_size']} symbols, {page['n_states']} states; {', '.join(words.values())}",
        f"stationary: {_numbers(page['stationary'])}",
    ]
    if page["parameters"]:
        rows = [[row["name"], row["default"], row["help"]] for row in page["parameters"]]
        lines += ["", tabulate(rows, ["parameter", "default", "meaning"], disable_numparse=True)]
    for symbol, matrix in enumerate(page["tensor"]):
        lines += ["", f"T[{symbol}]: emit {symbol}, from row to column", *(f"  {_numbers(row)}" for row in matrix)]
    return "\n".join(lines)


def _numbers(values: list[float]) -> str:
    return " ".join(f"{value:9.6g}" for value in values)
