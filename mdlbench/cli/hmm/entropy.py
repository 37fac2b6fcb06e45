"""`mdlbench hmm entropy`: what is known of a process, exactly or between bounds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.pictures import check_picture, draw_picture, plot
from mdlbench.cli.common.printing import print_json, say, write_result
from mdlbench.cli.hmm.options import parameters, process_of
from mdlbench.errors import UsageError
from mdlbench.processes import ZOO, Process, find
from mdlbench.processes.curves import curves
from mdlbench.processes.exhibits import facts, known, overview
from mdlbench.processes.information import Analysis, analyse
from mdlbench.processes.names import COMPOSED
from mdlbench.processes.result import Source
from mdlbench.report import terminal
from mdlbench.result.exhibits import Text
from mdlbench.result.record import plain
from mdlbench.text import duration

_PATIENCE = 5.0  # seconds until a first line says what takes long


@click.command(name="entropy")
@click.argument("name", required=False, metavar="[PROCESS]")
@parameters
@click.option("--all", "every", is_flag=True, help="Every process of the zoo, one object or row each.")
@click.option("--contexts", type=option.Whole(1, 64), default=11, metavar="N", help="Myopic entropies to print.")
@click.option("--gap", type=option.Real(1e-12, 1.0), metavar="BITS", help="Refine the bounds to this gap; coarser is faster.")
@plot
@option.force
@option.json_lines
@option.output_path
def command(
    name: str | None, parameters: tuple[str, ...], every: bool, picture: str | None, force: bool, **options: Any
) -> None:
    """The entropy rate of PROCESS between a lower and an upper bound, and what else is known of it, in bits.

    Bounds are rigorous and their method is named; digits beyond them are labelled converged. What is infinite or was not
    computed is shown as a dash (null in JSON) with the reason. PROCESS may be the path of a file with your own: a list of edges
    [state, symbol, next state, probability], as in the example in mdlbench/processes/README.md.

    \b
    Example:
      mdlbench hmm entropy mess3 --param x=0.05 --param a=0.85
      mdlbench hmm entropy --all --json
      mdlbench hmm entropy rrxor --output-path results && mdlbench report results
    """
    if every == (name is not None):
        raise UsageError("name one PROCESS, or give --all")
    if every and (parameters or picture):
        raise UsageError("--all takes no --param and no --plot; name one PROCESS for them")
    check_picture(picture, force=force)
    contexts, gap = options["contexts"], options["gap"]
    sources = [process_of(name, parameters)] if name is not None else [find(each) for each in (*ZOO, *COMPOSED)]
    sources_found: list[Source] = []
    for process in sources:
        with _progress(process.name, quiet=options["as_json"]) as report:
            found = analyse(process, contexts, gap, report)
        source = found.source()
        if options["as_json"]:
            print_json("entropy", {key: value for key, value in plain(source).items() if key != "curves"})
        elif every:
            sources_found.append(source)
        else:
            say(terminal.render([Text(f"{source.label}: {facts(source)}"), *known(source)]))
        for line in (*_silent(process), *_unmet(found, contexts, gap)):
            say(f"mdlbench: {process.name}: {line}", to_stderr=True)
        if picture is not None or options["output_path"] is not None:
            source = replace(source, curves=curves(found))
        if picture is not None:
            _draw(source, process, picture, force)
        write_result(source, options["output_path"])
    if sources_found:
        say(terminal.render([overview(sources_found)]))


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function to call with each step: a line at once on a terminal; elsewhere after 5, 15, 35, ... seconds."""
    if sys.stderr.isatty():
        yield lambda step: say(f"mdlbench: {name}: {step}", to_stderr=True)
        return
    steps, done = [""], Event()

    def tell() -> None:
        began, wait = time.monotonic(), _PATIENCE
        while not done.wait(wait):
            wait *= 2
            say(f"mdlbench: {name}: {steps[-1]}, after {duration(time.monotonic() - began)}", to_stderr=True)

    if not quiet:
        Thread(target=tell, daemon=True).start()
    try:
        yield steps.append
    finally:
        done.set()


def _silent(process: Process) -> Iterator[str]:
    """Symbols that the alphabet has and no state emits, such as numbers that an own file leaves out."""
    if absent := [str(x) for x, matrix in enumerate(process.tensor) if not matrix.any()]:
        few = len(absent) == 1
        yield f"{'symbol' if few else 'symbols'} {', '.join(absent)} never {'occurs' if few else 'occur'}"


def _unmet(found: Analysis, contexts: int, gap: float | None) -> Iterator[str]:
    """What was asked for and is not in what was found."""
    rate = found.entropy_rate
    if gap is not None and rate.gap is not None and rate.gap > gap:
        yield f"the bounds came no closer than {rate.gap:.1e} bits"
    if len(found.myopic) < contexts:
        yield f"longer contexts than {len(found.myopic) - 1} symbols have too many words to enumerate"


def _draw(source: Source, process: Process, path: str, force: bool) -> None:
    from mdlbench.processes.pictures import panels

    draw_picture(replace(panels(source, process), title=source.label), path, force=force)
