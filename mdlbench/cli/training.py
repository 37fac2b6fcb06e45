"""What `mdlbench train` and `mdlbench hmm train` share: options, and bars of progress."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click

from mdlbench.atomic import check_folder
from mdlbench.cli.common import option
from mdlbench.cli.common.printing import print_result, say, write_result
from mdlbench.cli.common.progress import terminal_bars
from mdlbench.training.config import ACTIVATIONS, ARCHITECTURES, OPTIMISERS, SCHEDULES, TrainingConfig, parse_counts
from mdlbench.training.loop import Progress

if TYPE_CHECKING:
    from mdlbench.result import Result
    from mdlbench.result.exhibits import Exhibit
    from mdlbench.training.run import Run


class Count(click.ParamType):
    """A number of tokens: 64000, 64k, 3.2M."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return option.Size().convert(value, param, ctx)


def settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that override a preset, in the order of --help."""
    whole = option.Whole(1)
    options = [
        click.option("--arch", type=click.Choice(ARCHITECTURES), help="Kind of network."),
        click.option("--context", type=whole, metavar="N", help="Most symbols that a prediction sees."),
        click.option("--layers", type=whole, metavar="N", help="Blocks."),
        click.option("--width", type=whole, metavar="N", help="Of the residual stream, or of the hidden state."),
        click.option("--heads", type=whole, metavar="N", help="Attention heads."),
        click.option("--head-width", type=whole, metavar="N", help="Of one head.  [default: width / heads]"),
        click.option("--mlp", type=whole, metavar="N", help="Hidden width of the MLPs.  [default: 4 * width]"),
        click.option("--activation", type=click.Choice(ACTIVATIONS), help="Of the MLPs (gpt2)."),
        click.option("--init", type=option.Real(), metavar="SD", help="Standard deviation of every initial matrix."),
        click.option("--optimiser", type=click.Choice(OPTIMISERS), help="AdamW, or plain SGD."),
        click.option("--learning-rate", "--lr", type=option.Real(), metavar="X", help="At its highest."),
        click.option("--weight-decay", type=option.Real(), metavar="X", help="Of all parameters."),
        click.option("--momentum", type=option.Real(), metavar="X", help="Of sgd; first beta of adamw."),
        click.option("--beta2", type=option.Real(), metavar="X", help="Second beta of adamw."),
        click.option("--clip", type=option.Real(), metavar="X", help="Largest norm of the gradient."),
        click.option("--warmup", type=option.Whole(0), metavar="STEPS", help="Steps until the highest learning rate."),
        click.option("--schedule", type=click.Choice(SCHEDULES), help="Of the learning rate after the warm-up."),
        click.option("--batch-size", type=whole, metavar="N", help="Windows of context + 1 symbols in a step."),
        click.option("--tokens", type=Count(), metavar="COUNT", help="Symbols to predict in all: 64k, 3.2M."),
        click.option(
            "--checkpoints", metavar="COUNT,...", help="Tokens at which to keep weights.  [default: 0, 64k, 200k, 640k, ...]"
        ),
        click.option("--stop-at", type=Count(), metavar="COUNT", help="Stop here for now; the same command goes on."),
        click.option("--seeds", type=whole, default=1, metavar="N", help="Train seeds 0 to N - 1."),
        click.option("-j", "--jobs", type=whole, metavar="N", help="Seeds at a time, one thread each.  [default: the cores]"),
    ]
    for decorate in reversed(options):
        function = decorate(function)
    return function


def configured(base: TrainingConfig, options: dict[str, Any]) -> TrainingConfig:
    """A preset with the options that were given put in its place."""
    given = {name: value for name, value in options.items() if value is not None}
    architecture = _given(given, base.architecture, "arch")
    if "width" in given and "heads" not in given and "head_width" not in given:
        architecture["head_width"] = None
    parts = {"architecture": architecture, "optimiser": _given(given, base.optimiser, "optimiser")}
    changes: dict[str, Any] = {name: replace(getattr(base, name), **part) for name, part in parts.items() if part}
    if "batch_size" in given:
        changes["batch_size"] = given["batch_size"]
    if "checkpoints" in given:
        changes["checkpoints"] = parse_counts(given["checkpoints"])
    return replace(base, **changes, preset=f"{base.preset}, changed") if changes else base


def _given(given: dict[str, Any], part: Any, name: str) -> dict[str, Any]:
    """Those of the options that are fields of a part of the configuration, whose own name is the option `name`."""
    found = {field.name: given[field.name] for field in fields(part) if field.name in given}
    return found | ({"name": given[name]} if name in given else {})


def train(
    folder: str,
    config: TrainingConfig,
    measure: Callable[["Run", tuple[int, ...]], "Result[Any]"],
    exhibits: Sequence[Callable[[Any], "Exhibit"]],
    **options: Any,
) -> None:
    """Begin or continue a run, measure it, and report it: the payload of its result, through `exhibits`.

    Args:
        options: those of `settings`, and quiet, as_json, output_path.
    """
    check_folder(folder, "-o")
    from mdlbench.report import terminal
    from mdlbench.training.run import open_run
    from mdlbench.training.seeds import train_run

    seeds, quiet = tuple(range(options["seeds"])), options["quiet"]
    run = open_run(folder, config, seeds)
    with bars(seeds, config.tokens, shown=not quiet) as report:
        train_run(run, seeds, jobs=options["jobs"] or cores(), stop_at=options["stop_at"], report=report)
    found = measure(run, seeds).payload
    write_result(found, options["output_path"], quiet=quiet)
    if options["as_json"]:
        print_result(found)
    elif not quiet:
        say(terminal.render(make(found) for make in exhibits))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def bars(seeds: tuple[int, ...], total: int, *, shown: bool) -> Iterator[Callable[[Progress], None]]:
    """A function to call with progress: a bar per seed on a terminal, nothing elsewhere."""
    done = "{task.completed:,.0f} of {task.total:,.0f} tokens, {task.fields[loss]} bits per symbol"
    columns = ("{task.description}", "BarColumn", done, "TimeElapsedColumn", "TimeRemainingColumn")
    with terminal_bars(*columns, shown=shown) as display:
        lines = {seed: display.add_task(f"seed {seed}", total=total, loss="–") for seed in seeds if display}

        def show(progress: Progress) -> None:
            loss = "–" if progress.loss is None else f"{progress.loss:.4f}"
            if display:
                display.update(lines[progress.seed], completed=progress.tokens, total=progress.total, loss=loss)

        yield show
