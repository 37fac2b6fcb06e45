"""`mdlbench hmm`: processes whose entropy rate is known, and what models make of them."""

import click

from mdlbench.cli.common.lazy import LazyGroup

COMMANDS = {
    "list": "The zoo of processes, or one process' parameters.",
    "entropy": "Entropy rate between bounds, excess entropy, complexity, mixed states.",
    "generate": "Symbols drawn from a process, one byte each.",
    "train": "Train networks on a process; what they lose to it, in bits.",
    "belief": "Do trained networks hold the beliefs of the Bayes filter?",
}


@click.group(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def command() -> None:
    """Processes whose entropy rate is known, and what models make of them.

    A process is a name of the zoo (mdlbench hmm list), reversed:NAME, product:NAME+NAME, mixture:NAME+NAME, or a .toml or
    .json file with your own.

    \b
    Example:
      mdlbench hmm entropy mess3 --param x=0.05 --param a=0.85
      mdlbench hmm generate mess3 -n 10M -o f.bin
      mdlbench compress f.bin -m hmm:mess3
    """
