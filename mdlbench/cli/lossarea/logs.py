"""`mdlbench lossarea logs`: areas of training logs, with what is wrong with each."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.pictures import check_picture, draw_picture, plot
from mdlbench.cli.common.printing import print_json, say, write_result
from mdlbench.errors import UsageError
from mdlbench.lossarea.checks import CHECKS
from mdlbench.lossarea.curve import Curve
from mdlbench.lossarea.exhibits import beside, overview
from mdlbench.lossarea.pictures import panels
from mdlbench.lossarea.reading import Settings, read_curves, told_apart
from mdlbench.lossarea.result import CurveArea, LossArea
from mdlbench.lossarea.studies import RAW, Charges, study
from mdlbench.report import terminal
from mdlbench.result.record import plain
from mdlbench.text import visible

_REFUSALS = [one.name for one in CHECKS if one.refuses == "unless accepted"]
_POSITIVE = option.Real(0, min_open=True)


@click.command(name="logs")
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@click.option("--loss-column", metavar="NAME", help="The column of the training loss, where its name does not tell.")
@click.option("--step-column", metavar="NAME", help="The column that counts steps, where its name does not tell.")
@click.option("--tokens-per-step", type=_POSITIVE, metavar="N", help="Batch x context, for logs that count no tokens.")
@click.option("--unit", type=click.Choice(["nats", "bits"]), help="Of the loss.  [default: what the log says, else nats]")
@click.option("--bytes-per-token", type=_POSITIVE, metavar="X", help="Of the training data; without, no ratio is given.")
@click.option("--tokenizer", metavar="FOLDER", help="Measure the bytes a token with this tokenizer on --text.")
@click.option("--text", metavar="FILE", help="A sample of the training data, for --tokenizer.")
@click.option(
    "--vocabulary", type=option.Whole(2), metavar="V", help="Symbols of the tokenizer: a fresh model starts near ln V."
)
@click.option("--model-code", type=option.Size("model code"), metavar="SIZE", help="Charge the bytes of the training code.")
@click.option("--weights", type=option.Size("a model's weights"), metavar="SIZE", help="Charge the bytes of the weights, too.")
@click.option(
    "--raw",
    type=click.Choice(list(RAW)),
    default="unique",
    help="Of several epochs: the first alone, or all, in area and raw bytes alike.",
)
@click.option(
    "--accept", "accepted", multiple=True, type=click.Choice(_REFUSALS), help="Give an area although this check refuses it."
)
@click.option("--group", metavar="NAME", help="What reports call these logs together.  [default: their folder]")
@plot
@option.force
@option.json_lines
@option.output_path
def command(**options: Any) -> None:
    """The area under the training loss curve of each LOG: the ideal length of a code for its training data.

    A LOG is a CSV, JSON lines, trainer_state.json, TensorBoard's events, an export of W&B or MLflow, or a log or run folder of
    mdlbench; what it is, is seen by its content. Logged steps count loss x tokens; gaps between them the trapezoid, with the
    interval that they leave. What makes an area wrong is flagged, or refused (the others are shown, and the exit code is 1).

    \b
    Example:
      mdlbench lossarea logs pythia/*.csv --tokens-per-step 2097152
      mdlbench lossarea logs a.csv b.csv --tokens-per-step 4096 --bytes-per-token 4.1 --plot areas.png
      mdlbench lossarea logs runs/small --json
      mdlbench lossarea logs trainer_state.json --tokens-per-step 65536 --tokenizer ./gpt2 --text sample.txt
    """
    asked = SimpleNamespace(**options)
    check_picture(asked.picture, force=asked.force)
    settings = Settings(asked.loss_column, asked.step_column, asked.tokens_per_step, asked.unit, _bytes_per_token(asked))
    read: list[tuple[str, Curve]] = []
    failed: click.exceptions.Exit | None = None
    try:
        for_each([(log,) for log in asked.logs], lambda log: _read(log, settings, read), as_json=asked.as_json)
    except click.exceptions.Exit as stop:  # each was told of; the others are still shown
        failed = stop
    if read:
        found = study(
            told_apart([curve for _, curve in read], [path for path, _ in read]),
            asked.group or _group(asked.logs),
            vocabulary=asked.vocabulary,
            raw=asked.raw,
            charges=Charges(asked.model_code, asked.weights),
            accepted=asked.accepted,
        )
        _show(found, asked)
        if any(one.refused for one in found.curves):
            failed = failed or click.exceptions.Exit(1)
    if failed is not None:
        raise failed


def _read(log: str, settings: Settings, read: list[tuple[str, Curve]]) -> None:
    read += [(log, curve) for curve in read_curves(log, settings)]


def _bytes_per_token(asked: SimpleNamespace) -> float | None:
    """What the user says, or what a tokenizer makes of a text."""
    if (asked.tokenizer is None) != (asked.text is None):
        raise UsageError("--tokenizer FOLDER and --text FILE go together: one measures bytes a token on the other")
    if asked.tokenizer is None:
        return asked.bytes_per_token
    if asked.bytes_per_token is not None:
        raise UsageError("--bytes-per-token and --tokenizer both say how many bytes a token has; give one")
    from mdlbench.lossarea.tokenizing import measure

    return measure(asked.tokenizer, asked.text)


def _group(logs: Sequence[str]) -> str:
    """The folder that all logs are in, or "logs"."""
    folders = {Path(log).absolute().parent.name for log in logs}
    return folders.pop() if len(folders) == 1 else "logs"


def _show(found: LossArea, asked: SimpleNamespace) -> None:
    for one in found.curves:
        if one.refused is not None:
            remedies = "; ".join(dict.fromkeys(flag.remedy for flag in one.flags if flag.refused))
            say(f"mdlbench: {visible(one.name)}: refused: {one.refused}; {remedies}", to_stderr=True)
    if asked.as_json:
        for one in found.curves:
            print_json("loss-area-curve", _object(one))
    else:
        say(terminal.render([overview(found), *beside(found)]))
    drawn = panels(found)
    if asked.picture is not None:
        if drawn is None:
            raise UsageError("--plot: no log has an area to draw; see why each was refused")
        draw_picture(replace(drawn, title=f"{found.group}: {drawn.title.lower()}"), asked.picture, force=asked.force)
    write_result(found, asked.output_path)


def _object(one: CurveArea) -> dict[str, object]:
    """What --json says of a curve: all but what is kept for drawing."""
    return {name: value for name, value in plain(one).items() if name != "drawn"}
