"""`mdlbench hmm belief`: belief geometry of trained networks."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mdlbench.atomic import write_whole
from mdlbench.cli.common import option
from mdlbench.cli.common.paths import name_of
from mdlbench.cli.common.printing import print_result, say, write_result
from mdlbench.errors import UsageError
from mdlbench.units import parse_whole

if TYPE_CHECKING:
    from mdlbench.beliefs.clouds import Clouds
    from mdlbench.beliefs.result import Setting
    from mdlbench.result.exhibits import Section
    from mdlbench.training import Run


class Seeds(click.ParamType):
    """Seeds such as 0,2,4."""

    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        with suppress(ValueError):
            return [parse_whole(part) for part in value.split(",")]
        return self.fail(f"{value!r} is no list of seeds; write for example 0,1,2", param, ctx)


@click.command(name="belief")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--seeds", type=Seeds(), metavar="N,...", help="Which seeds of the run.  [default: all]")
@click.option("--length", type=option.Whole(2, 64), metavar="L", help="Longest prefixes.  [default: 10, or the context]")
@click.option("--folds", type=option.Whole(3, 50), default=5, show_default=True, metavar="N", help="Parts held out in turn.")
@click.option("--emergence/--no-emergence", default=True, show_default=True, help="Measure every checkpoint as well.")
@option.output_folder("--plots", help="Write pictures there, PNG and SVG.")
@click.option("--animation", is_flag=True, help="With --plots: also a GIF of the image through the checkpoints.")
@option.quiet
@option.json_lines
@option.output_path
def command(
    runs: tuple[str, ...],
    plots: str | None,
    animation: bool,
    quiet: bool,
    as_json: bool,
    output_path: str | None,
    **options: Any,
) -> None:
    """Regress the beliefs of the Bayes filter on the activations of a network trained by `mdlbench hmm train`.

    Opens with a verdict: whether beliefs are read from the network better than from the best control. The activations after
    every distinct prefix of 1 to L symbols, at every layer and with all layers side by side, are mapped to beliefs by least
    squares and by ridge. R² is of beliefs that the map has not seen: all prefixes that lead to a belief are held out together
    (where many share one, also prefix by prefix). In the same table stand, by the same estimator on the same split, the next
    symbol's exact distribution and the network's own, the last symbols, the network before training and shuffled labels, with
    every prefix weighted by its probability and with every prefix alike. Then: whether the image moves under a symbol as the
    Bayes update says, and whether the prediction follows a belief that is written into the stream. Several runs are also
    compared by loss gap. Mess3 takes about two minutes a seed, half without its checkpoints.

    \b
    Example:
      mdlbench hmm belief runs/mess3 --output-path results --plots results/pictures
      mdlbench hmm belief runs/mess3 --seeds 0 --length 8 --no-emergence --json
    """
    from mdlbench.beliefs import tables
    from mdlbench.beliefs.exhibits import run_part
    from mdlbench.beliefs.study import study_run
    from mdlbench.report import figures, svg, terminal
    from mdlbench.result.exhibits import Section, Text
    from mdlbench.training.loop import one_thread
    from mdlbench.training.run import load_run

    if animation and plots is None:
        raise UsageError("--animation needs a folder to write to: give --plots DIR")
    if animation and not options["emergence"]:
        raise UsageError("--animation shows checkpoints: leave --no-emergence out")
    if plots is not None:
        figures.load_converter()  # what is missing is said now rather than after minutes
        svg.load_pillow()
    found = []
    for name in runs:
        run = load_run(name)
        setting, report = _setting(run, options), partial(_say_what_is_next, quiet, name_of(name))
        with one_thread():
            result, clouds = study_run(run, setting, seeds=options["seeds"], with_emergence=options["emergence"], report=report)
        found.append(result.payload)
        part = run_part(result.payload, clouds)
        if as_json:
            print_result(result.payload)
        elif not quiet:
            verdict, *others = part.exhibits
            say(terminal.render([verdict, Text(f"{part.title}\n{part.facts}"), *others]))
        write_result(result.payload, output_path, quiet=quiet)
        if plots is not None:
            folder = Path(plots) / Path(name).resolve().name if len(runs) > 1 else Path(plots)
            for path in _draw(folder, Section("belief", "", (part,)), clouds if animation else None):
                if not quiet:
                    say(f"wrote {path}", to_stderr=True)
    if len(found) > 1 and not as_json and not quiet:
        say("\n" + terminal.render([tables.compared(found)]))


def _say_what_is_next(quiet: bool, name: str, text: str) -> None:
    if not quiet:
        say(f"{name}: {text}", to_stderr=True)


def _setting(run: "Run", options: dict[str, Any]) -> "Setting":
    from mdlbench.beliefs.result import Setting

    context = run.config.architecture.context
    length = options["length"] or min(10, context)
    if length > context and run.config.architecture.name in ("gpt2", "llama"):
        raise UsageError(f"--length {length}: the networks of {run.folder} see {context} symbols")
    return Setting(length=length, folds=options["folds"])


def _draw(folder: Path, section: "Section", moving: "Clouds | None") -> list[Path]:
    """Write every picture of a section, and a GIF where there is something to move; their paths."""
    from mdlbench.report import figures
    from mdlbench.report.animation import animated

    written = [Path(path) for path in figures.write(figures.planned(folder, [section], replace=True), replace=True)]
    if moving is not None:
        path = folder / "belief-emergence.gif"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, animated(moving.truth("Bayes filter"), moving.at_checkpoints()))
        written.append(path)
    return written
