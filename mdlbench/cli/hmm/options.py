"""Options that several `mdlbench hmm` commands share."""

import click

from mdlbench.errors import UsageError
from mdlbench.processes import Process, find

parameters = click.option(
    "--param", "parameters", multiple=True, metavar="KEY=VALUE", help="A parameter of the process: 0.05, 1/20; repeat it."
)


def read_pairs(parameters: tuple[str, ...]) -> dict[str, str]:
    """`KEY=VALUE` texts as a dictionary."""
    found: dict[str, str] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--param {text}: write KEY=VALUE, such as x=0.05")
        if key in found:
            raise UsageError(f"--param {key} is given twice; give it once")
        found[key] = value
    return found


def process_of(name: str, parameters: tuple[str, ...]) -> Process:
    """The process that NAME and the --param options mean."""
    return find(name, read_pairs(parameters))
