"""`mdlbench prequential`: what learning costs, in bits."""

import click

from mdlbench.cli.common.lazy import LazyGroup

COMMANDS = {
    "labels": "Code labels given features while learning them.",
    "text": "Code the bytes of a file while learning them.",
    "probe": "Code labels of tokens given a model's activations, layer by layer.",
}


@click.group(cls=LazyGroup, package=__name__, summaries=COMMANDS)
def command() -> None:
    """What learning costs, in bits: each symbol is coded by what was learnt from those before it, and then learnt.

    Beside the prequential code stand the uniform, two-part and variational ones, the same code of random labels, and mixtures
    whose choice among learners is charged. Lengths are ideal: nothing is coded.

    \b
    Example:
      mdlbench prequential labels digits --learner logistic --learner mlp --plot codes.png
      mdlbench prequential text README.md --learner kt --learner ngram --learner cm
    """
