"""`mdlbench leaderboard show`: parse, load the index, render."""

import json
import sys
from collections.abc import Callable

import click

from mdlbench.cli.common.printing import say
from mdlbench.leaderboard.exhibits import board_exhibits, board_json, every_figure
from mdlbench.leaderboard.ranking import SORTS, Board, Query, load_board
from mdlbench.leaderboard.store import no_rows
from mdlbench.models.decoders import RULE
from mdlbench.report import terminal
from mdlbench.result.exhibits import Part, Section, Table
from mdlbench.text import visible


def _json(board: Board) -> str:
    return json.dumps(board_json(board), allow_nan=False)


def _page(board: Board) -> str:
    from mdlbench.report import page

    exhibits = tuple(board_exhibits(board))
    front = tuple(one for one in exhibits if isinstance(one, Table))
    return page.render([Section("Leaderboard", "", (Part("", exhibits),), front)], title="mdlbench leaderboard")


FORMS: dict[str, Callable[[Board], str]] = {
    "table": lambda board: terminal.render(board_exhibits(board)),
    "markdown": lambda board: terminal.render(board_exhibits(board), "markdown"),
    "csv": lambda board: terminal.render([every_figure(board)], "csv"),
    "json": _json,
    "html": _page,
}


@click.command(name="show", epilog=f"{RULE[:1].upper()}{RULE[1:]}.")
@click.argument("folder", default="results", metavar="[DIR]")
@click.option(
    "-C",
    "--corpus",
    "corpora",
    multiple=True,
    metavar="NAME[:START:END]",
    help="Only this corpus or slice: name, source, or beginning of its SHA-256; repeatable.",
)
@click.option(
    "--sort",
    type=click.Choice(list(SORTS)),
    default="bpb",
    help="bits per byte, container size, encoding speed of whole processes, or adjusted size.",
)
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="table", help="How to print it.")
@click.option("--published", is_flag=True, help="Also figures that others published, in a table of their own.")
@click.option("--all", "every", is_flag=True, help="Also older rows of the same corpus, model, policy, device and -j.")
def command(folder: str, corpora: tuple[str, ...], sort: str, form: str, published: bool, every: bool) -> None:
    """Show the rows in DIR (results), newest of each cell, ranked within each corpus slice. Rows are the files
    DIR/CORPUS/MODEL/TIME.json, where `leaderboard run` writes them.

    Rows of other bytes, or coded in blocks of a size that the user imposed, stand in tables of their own and are never ranked
    together. Files that are no rows are named on standard error. An index of the rows is kept in the cache folder; the
    JSON files are the truth.

    \b
    Example:
      mdlbench leaderboard show --sort speed
      mdlbench leaderboard show results/ --published --format markdown
    """
    board = load_board(folder, Query(corpora, sort, every, published))
    for path, reason in board.refused:
        line = reason if reason.startswith(path) else f"{path}: {reason}"
        print(f"mdlbench: left out: {visible(line)}", file=sys.stderr)
    if not (board.groups or board.published or board.refused):
        raise no_rows(folder)
    say(FORMS[form](board))
