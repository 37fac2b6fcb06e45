"""`mdlbench leaderboard run`: parse, call `mdlbench.leaderboard.run`, tell of every cell."""

import dataclasses
import sys
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import report_error
from mdlbench.cli.common.printing import say, tell
from mdlbench.errors import InterruptedRunError
from mdlbench.leaderboard.baselines import LEAST_SPEED, baselines
from mdlbench.leaderboard.exhibits import board_exhibits
from mdlbench.leaderboard.ranking import Board, Query, load_board
from mdlbench.leaderboard.result import Row
from mdlbench.leaderboard.running import Config, Event, run
from mdlbench.report import terminal
from mdlbench.result.reading import Found
from mdlbench.text import counted, speed, visible


@click.command(name="run")
@option.corpora(
    metavar="NAME|PATH[:START:END]", required=True, help="Corpus, file or folder, perhaps a slice in bytes; repeatable."
)
@option.model(help="Model spec; repeatable.")
@click.option(
    "--baselines",
    type=click.Choice(list(LEAST_SPEED)),
    default="none",
    help="Also other compressors that are here: all above 100 kB/s, fast ones above 1 MB/s.",
)
@click.option("--limit", type=option.KEPT, metavar="SIZE", help="Only the first SIZE bytes of each file.")
@click.option("--repeat", type=option.Whole(1), default=3, metavar="N", help="Code and decode N times; times are medians.")
@click.option(
    "--repeat-seconds",
    type=option.Real(0),
    default=30.0,
    metavar="SECONDS",
    help="Begin no repeat of a cell after those before it took SECONDS.",
)
@option.jobs
@option.output_folder("--output-path", default="results", help="Folder of the rows.")
@click.option("--resume/--rerun", default=True, help="Skip what has a sound row, or measure everything again.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), help="Where hf: models run.")
@click.option(
    "--block-size",
    type=option.BLOCK_SIZE,
    metavar="SIZE",
    help="Impose SIZE original bytes per block; such rows are ranked apart.  [default: each model's]",
)
@option.quiet
@option.json_lines
def command(quiet: bool, as_json: bool, resume: bool, corpora: tuple[str, ...], **options: Any) -> None:
    """Measure every model on every corpus, one after the other; each finished cell is a row in DIR.

    Every size is of containers (.mdlz) that fresh processes wrote, and that other fresh processes decoded to the corpus's own
    SHA-256. Times are of those processes, alone; what has to be compiled is compiled before. A cell is coded N times, but
    no repeat begins once the cell has taken 30 seconds, so slow models are measured once or twice; the row says how
    often. A row counts for --resume if bytes, model digest, version, policy, workers, device and processor are the same and
    it was repeated as often as this run would. Interrupted, finished rows stay, and the same command goes on with the rest.

    \b
    Example:
      mdlbench leaderboard run -C README.md -m cm -m kt,order=2 --baselines fast
      mdlbench leaderboard run -C enwik8:0:4M -m cm --baselines all --output-path results/
    """
    config = Config(corpora, rerun=not resume, **options)
    told: list[Event] = []

    def report(event: Event) -> None:
        told.append(event)
        _tell(event, quiet=quiet, as_json=as_json)

    missing = baselines(config.baselines).missing
    if missing and not quiet:
        say(f"not installed, so left out of the baselines: {', '.join(missing)}", to_stderr=True)
    try:
        outcome = run(config, report)
    except KeyboardInterrupt:
        finished = sum(event.kind == "finished" for event in told)
        kept = f"{counted(finished, 'finished row')} in {config.output_path} stay"
        raise InterruptedRunError(f"interrupted; {kept}, and the same command goes on with the rest") from None
    if not quiet and not as_json and outcome.finished + outcome.skipped:
        say("\n" + terminal.render(board_exhibits(_board(config.output_path, outcome.finished + outcome.skipped))))
    if outcome.failed:
        raise click.exceptions.Exit(1)


def _board(folder: str, rows: tuple[Found[Row], ...]) -> Board:
    """What the folder now says of the corpora of this run."""
    found = load_board(folder, Query())
    wanted = {row.payload.corpus.sha256 for row in rows}
    kept = (group for group in found.groups if group.rows[0].payload.corpus.sha256 in wanted)
    return dataclasses.replace(found, groups=tuple(kept))


def _tell(event: Event, *, quiet: bool, as_json: bool) -> None:
    """A line for a cell that is done."""
    if not quiet and sys.stderr.isatty():  # a line that the next event wipes out
        now = visible(f"{_place(event)}: measuring") if event.kind == "started" else ""
        print(f"\r\x1b[2K{now}", end="", file=sys.stderr, flush=True)
    if event.error is not None:
        report_error(type(event.error)(f"{event.corpus.name}, {event.spec}: {event.error}"), as_json=as_json)
    if event.row is not None:
        values = {"kind": event.kind, "corpus": event.corpus.name, "model": event.spec, "path": event.row.path}
        tell("leaderboard-run", values, _line(event, event.row), as_json=as_json, quiet=quiet)


def _line(event: Event, found: Found[Row]) -> str:
    row = found.payload
    ways = (("encode", row.encode), ("decode", row.decode))
    speeds = [f"{way} {speed(row.input_bytes, timing.median_wall_seconds)}" for way, timing in ways]
    rate = "empty" if row.bits_per_byte is None else f"{row.bits_per_byte:.4f} bits per byte"
    parts = [f"{row.container_bytes:,} bytes", rate, *speeds, counted(row.repeats.done, "repeat")]
    kept = " (measured before)" if event.kind == "skipped" else ""
    return f"{_place(event)}: " + ", ".join(parts) + kept + f"  [→ {visible(found.path)}]"


def _place(event: Event) -> str:
    return f"[{event.number}/{event.total}] {event.corpus.name}, {visible(event.spec)}"
