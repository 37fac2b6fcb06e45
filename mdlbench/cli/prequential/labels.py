"""`mdlbench prequential labels`: labels given features, by every code."""

from typing import Any

import click

from mdlbench.cli.prequential import options as shared
from mdlbench.prequential.choices import parse_tried
from mdlbench.prequential.coding import Settings
from mdlbench.prequential.examples import load_examples
from mdlbench.prequential.schedules import boundaries
from mdlbench.prequential.study import STEPS, Study, check_learners, measure_labels


@click.command(name="labels")
@click.argument("data", metavar="DATA")
@shared.learners(["logistic"], help="kt, dirichlet, logistic or mlp, with options: mlp,width=128; repeat it to compare.")
@click.option(
    "--calibration",
    type=click.Choice(["forward", "none"]),
    default="forward",
    help="A temperature, learnt only from what is coded.",
)
@shared.shared
def command(data: str, learners: tuple[str, ...], **options: Any) -> None:
    """The code length of the labels of DATA given its features, by each learner, from several orders of the examples.

    DATA is digits (scikit-learn's, 1,797 examples of 10 classes), a FILE.npz with arrays features (n, d) and labels (n,), or
    hfds:NAME,config=,split=,features=COLUMN,labels=COLUMN. Features are brought to mean 0 and standard deviation 1.

    The first block is coded by the uniform distribution. No learner looks at what is not coded yet: there is no early stopping.
    With several learners, their Bayesian mixture and fixed share stand beside them: the selector is charged.

    \b
    Example:
      mdlbench prequential labels digits --learner logistic --learner mlp --plot codes.png
      mdlbench prequential labels digits --learner mlp,width=128 --tried width=4 --json
      mdlbench prequential labels digits --mode online --seeds 5 -o run --output-path results
      mdlbench prequential labels mine.npz --learner kt --learner logistic --schedule 32,128,512
    """
    shared.check_picture(options["picture"], options["force"])
    specs, tried = check_learners(learners), parse_tried(options["tried"])
    settings = Settings(**{name: options[name] for name in ("mode", "schedule", "warm", "batch", "replay", "calibration")})
    examples = load_examples(data)
    boundaries(settings.schedule, len(examples.labels))
    seeds = tuple(range(options["seeds"]))
    total = len(specs) * len(seeds) * len(STEPS)
    shown = not options["quiet"] and not options["as_json"]
    with shared.steps(total, shown=shown) as tell:
        study = Study(settings, seeds, tried, shared.store_of(options["output"]), tell)
        found = measure_labels(examples, specs, study)
    shared.show(found, options)
