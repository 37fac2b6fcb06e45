"""`mdlbench lossarea`: areas under training loss curves."""

import click

from mdlbench.cli.common.lazy import LazyGroup

COMMANDS = {
    "logs": "Areas of training logs, with what is wrong with each.",
    "train": "A family of sizes, trained here in one pass; a file confirms each.",
    "llama": "The 14x told of LLaMA, from published figures.",
}


@click.group(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def command() -> None:
    """Areas under training loss curves.

    A model that is trained in one pass predicts each batch before it learns from it, so the sum of loss x tokens is the length
    of a code for the training data: the area under the curve is a compressed size, if every step was logged.

    \b
    Example:
      mdlbench lossarea logs runs/a.csv runs/b.csv --tokens-per-step 2097152
      mdlbench lossarea train --sizes 10k,30k --corpus LICENSE -o family
      mdlbench lossarea llama
    """
