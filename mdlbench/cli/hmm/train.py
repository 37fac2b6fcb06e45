"""`mdlbench hmm train`: train networks on a process and hold them against the Bayes predictor."""

from typing import Any

import click

from mdlbench.cli import training
from mdlbench.cli.common import option
from mdlbench.cli.hmm.options import parameters, read_pairs


@click.command(name="train")
@click.argument("process", metavar="PROCESS")
@parameters
@option.output_folder("-o", "--output", metavar="RUN", help="Folder of the run.  [default: runs/PROCESS-PRESET]")
@click.option(
    "--preset",
    "preset_name",
    type=click.Choice(["paper", "fast"]),
    default="fast",
    help="Settings for minutes, or those of the published run.",
)
@training.settings
@option.quiet
@option.json_lines
@option.output_path
def command(process: str, output: str | None, parameters: tuple[str, ...], preset_name: str, **options: Any) -> None:
    """Train small language models on windows drawn from PROCESS, and print what they lose to the process, in bits.

    Windows of context + 1 symbols start stationary. Loss above the entropy rate is split, for each length of context, into the
    cost of the finite context (Bayes floor - h) and the cost of the model (its divergence from the Bayes predictor), both
    summed exactly over every word. A run that is there already is continued, or only measured if it is complete; several
    seeds are given as mean and standard deviation. Checkpoints are folders that `hf:` reads, with their alphabet beside them.
    There, overlap= says how much of the context each window repeats: half unless told, all of it with overlap=10 for a
    context of 10, where every prediction sees all it can and every symbol is fed ten times.

    \b
    fast:  gpt2, 4 layers of width 64, 4 heads; AdamW 3e-3, cosine, batch 128, 2.56M tokens
    paper: gpt2, 4 layers of width 64, 1 head of width 8; SGD 0.01, batch 64, 639.6M tokens

    \b
    Example:
      mdlbench hmm train mess3 --preset fast --seeds 5 -o runs/mess3
      mdlbench hmm train mess3 --preset paper --stop-at 3.2M -o runs/mess3-paper
    """
    from mdlbench.beliefs import gap_exhibits
    from mdlbench.beliefs.loss_gap import measure_run
    from mdlbench.training.data import process_source
    from mdlbench.training.presets import preset

    source = process_source(process, read_pairs(parameters))
    config = training.configured(preset(preset_name, source, options["tokens"]), options)
    folder = output or f"runs/{_as_name(process)}-{preset_name}"
    shown = (gap_exhibits.contexts, gap_exhibits.seeds)
    training.train(folder, config, measure_run, shown, **options)


def _as_name(process: str) -> str:
    return "".join(c if c.isalnum() or c in "-." else "-" for c in process).strip("-.")
