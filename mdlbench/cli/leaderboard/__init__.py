"""`mdlbench leaderboard`: measure, show, check and compare rows; one file per subcommand."""

import click

from mdlbench.cli.common.lazy import LazyGroup


@click.group(
    name="leaderboard",
    cls=LazyGroup,
    package=__name__,
    summaries={
        "run": "Measure models on corpora; each result is a row that was decoded.",
        "show": "Show rows, ranked within what may be compared.",
        "check": "Recompute every figure of every row; --replay codes again.",
        "compare": "Is one row better than another? An interval in bits per byte.",
    },
)
def command() -> None:
    """Rows of results: one JSON file for each corpus, model and run, with what it takes to measure it again.

    \b
    Example:
      mdlbench leaderboard run -C README.md -m cm -m kt,order=2 --baselines fast
      mdlbench leaderboard show
    """
