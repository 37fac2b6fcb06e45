"""What the commands of `mdlbench prequential` share: options, a picture, what is printed and kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mdlbench.atomic import check_folder
from mdlbench.cli.common import option
from mdlbench.cli.common.outputs import check_output, replacing
from mdlbench.cli.common.printing import print_json, say, write_result
from mdlbench.cli.common.progress import terminal_bars
from mdlbench.errors import UsageError
from mdlbench.prequential.exhibits import tables
from mdlbench.prequential.pictures import pictures
from mdlbench.prequential.result import Prequential
from mdlbench.prequential.schedules import VOITA_TITOV
from mdlbench.prequential.store import FolderStore, NoStore, Store
from mdlbench.report import terminal
from mdlbench.result.record import plain

Ran = Sequence[Prequential]


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of both commands, in the order of --help."""
    options = [
        click.option("--mode", type=click.Choice(["blockwise", "online"]), default="blockwise", help="When learners learn."),
        click.option(
            "--schedule",
            default=VOITA_TITOV,
            metavar="SCHEDULE",
            help=f"Where blocks end: {VOITA_TITOV} (0.1, 0.2, 0.4 ... 100 %), every, or counts such as 16,64,256.",
        ),
        click.option("--warm", is_flag=True, help="Blocks: go on from the last fit's weights rather than from scratch."),
        click.option("--batch", type=option.Whole(1), metavar="N", default=16, help="Online: symbols or windows of a step."),
        click.option(
            "--replay", type=option.Whole(0), metavar="N", help="Online: replay streams.  [default: epochs - 1, equal compute]"
        ),
        click.option("--seeds", type=option.Whole(1, 1000), metavar="N", default=3, help="Seeds 0 to N - 1."),
        click.option(
            "--tried",
            multiple=True,
            metavar="NAME=N",
            help="N values of this hyper-parameter were looked at: charge log2 N; repeat it.",
        ),
        click.option(
            "-o",
            "--output",
            metavar="RUN",
            callback=_folder,
            help="Keep finished pieces here; the same command goes on from them, to the same numbers.",
        ),
        click.option("--plot", "picture", metavar="FILE", help="Also draw it: a .png, .svg or .pdf."),
        option.force,
        option.quiet,
        option.json_lines,
        option.output_path,
    ]
    for one in reversed(options):
        function = one(function)
    return function


def learners(default: Sequence[str], help: str) -> Callable[..., Any]:
    """The repeatable --learner option."""
    return click.option("--learner", "learners", multiple=True, metavar="SPEC", default=tuple(default), help=help)


def _folder(context: click.Context, parameter: click.Parameter, folder: str | None) -> str | None:
    if folder is not None:
        check_folder(folder, "-o")
    return folder


def check_picture(path: str | None, force: bool) -> None:
    """See that the picture can be drawn, before what takes long."""
    if path is None:
        return
    from mdlbench.report.figures import load_converter

    if not path.endswith((".png", ".svg", ".pdf")):
        raise UsageError(f"--plot {path}: name a .png, .svg or .pdf file")
    check_output(path, force=force, option="--plot")
    load_converter()


def store_of(folder: str | None) -> Store:
    """Where finished pieces are kept, if anywhere."""
    return NoStore() if folder is None else FolderStore(Path(folder))


@contextmanager
def steps(total: int, *, shown: bool) -> Iterator[Callable[[str], object]]:
    """A function to tell each step to; a bar on a terminal, nothing elsewhere."""
    with terminal_bars("BarColumn", "TimeRemainingColumn", "{task.description}", shown=shown) as bars:
        if bars is None:
            yield lambda step: None
            return
        task = bars.add_task("", total=total + 1)
        yield lambda step: bars.update(task, advance=1, description=step)


def show(found: Ran, options: dict[str, Any]) -> None:
    """Print, draw and keep results of one task."""
    for one in found:
        if options["as_json"]:
            print_json("prequential", plain(one))
    if not options["as_json"] and not options["quiet"]:
        say(terminal.render(tables(found)))
    if options["picture"] is not None:
        _draw(found, options["picture"], options["force"])
    for one in found:
        write_result(one, options["output_path"], quiet=options["quiet"])


def _draw(found: Ran, path: str, force: bool) -> None:
    from mdlbench.report import figures

    group = sorted(found, key=lambda one: one.code_length_bits)
    panels = replace(pictures(group), title=f"{group[0].task}: {pictures(group).title}")
    with replacing(path, force=force) as sink:
        sink.write(figures.draw(panels).bytes(path.rpartition(".")[2]))
