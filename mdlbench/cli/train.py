"""`mdlbench train`: train small causal language models on files."""

from typing import Any

import click

from mdlbench.cli import training
from mdlbench.cli.common import option
from mdlbench.training.data import file_source
from mdlbench.training.exhibits import seeds as table_of_seeds
from mdlbench.training.presets import preset
from mdlbench.training.summary import summarise


@click.command(name="train")
@option.files
@option.output_folder(
    "-o", "--output", metavar="RUN", required=True, help="Folder of the run; one that was begun is continued."
)
@click.option("--symbols", type=option.Whole(2, 256), default=256, metavar="K", help="The files hold bytes 0 to K - 1 only.")
@training.settings
@option.quiet
@option.json_lines
@option.output_path
def command(files: tuple[str, ...], output: str, symbols: int, **options: Any) -> None:
    """Train a small causal language model on the bytes of FILES, from one seed or several.

    Windows are drawn at random places, across the files as if they were one. A checkpoint is a folder that `hf:` reads; the
    log says loss, tokens and bytes of each step. A run that is interrupted goes on with the same command, to the same weights.
    Nothing is held out, and there is no early stopping: measure a checkpoint on other data with `mdlbench eval`.

    Unless told otherwise: gpt2, 4 layers of width 128, 4 heads, context 128; AdamW 2e-3, cosine, batch 16, 4M tokens.

    \b
    Example:
      mdlbench train README.md -o run --arch gru --width 256 --layers 1 --tokens 2M
      mdlbench eval LICENSE -m hf:run/seed-0/checkpoints/tokens-0002000896
    """
    config = training.configured(preset("bytes", file_source(files, symbols), options["tokens"]), options)
    training.train(output, config, summarise, (table_of_seeds,), **options)
