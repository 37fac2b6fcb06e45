"""`mdlbench leaderboard compare`: find two rows, compare, report."""

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import tell
from mdlbench.leaderboard.comparing import Comparison, compare
from mdlbench.leaderboard.finding import find_row
from mdlbench.result.record import plain
from mdlbench.text import visible


@click.command(name="compare")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--results", "folder", default="results", metavar="DIR", help="Where the rows of specs are.")
@click.option("-C", "--corpus", metavar="NAME[:START:END]", help="Which corpus, if the specs have rows of several.")
@option.json_lines
def command(a: str, b: str, folder: str, corpus: str | None, as_json: bool) -> None:
    """Compare two rows over the same bytes; A and B are row files, or specs of models that have rows in DIR.

    Compared are ideal code lengths of units of 4,096 original bytes (fewer, of short files), pair by pair. The 95 % interval
    of the mean difference allows for the likeness of neighbouring units (Lazarus et al. 2018), and is left out, saying so,
    where the units are worth fewer than 50 independent ones. External programs give no probabilities: for them this is not
    available, and the exit code is 1.

    \b
    Example:
      mdlbench leaderboard compare cm ngram
      mdlbench leaderboard compare cm kt,order=2 -C README.md --json
    """
    found = compare(find_row(a, folder, corpus), find_row(b, folder, corpus))
    tell("leaderboard-compare", plain(found), f"{visible(found.verdict)}\n{_details(found)}", as_json=as_json)


def _details(found: Comparison) -> str:
    bounds = "" if found.low is None else f", 95 % interval {found.low:+.4f} to {found.high:+.4f}"
    return (
        f"A  {visible(found.a)}: {found.container_bytes_a:,} bytes of container\n"
        f"B  {visible(found.b)}: {found.container_bytes_b:,} bytes of container\n"
        f"on {visible(found.corpus)}, {found.input_bytes:,} bytes, {found.units:,} units of {found.unit_bytes:,} bytes\n"
        f"ideal code length, A - B: {found.difference:+.4f} bits per byte{bounds}\n"
        f"units: A smaller in {found.smaller_a:,}, B smaller in {found.smaller_b:,}, equal in {found.equal:,}\n"
        f"{found.method}; the units are worth {found.effective_units:,.0f} independent"
    )
