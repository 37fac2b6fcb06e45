"""`mdlbench leaderboard check`: parse, check every row, perhaps replay, report."""

from collections import Counter

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import say, tell
from mdlbench.errors import UsageError
from mdlbench.leaderboard.checking import check
from mdlbench.leaderboard.replaying import Replay, replay
from mdlbench.leaderboard.store import load_rows, no_rows
from mdlbench.text import counted, visible


@click.command(name="check")
@click.argument("folder", default="results", metavar="[DIR]")
@click.option("--replay", "replayed", is_flag=True, help="Also code again with every exact model; compare the archives.")
@option.corpora(metavar="NAME|PATH", help="Where --replay finds the bytes, beside known corpora that were fetched; repeatable.")
@option.quiet
@option.json_lines
def command(folder: str, replayed: bool, corpora: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Recompute what can be recomputed of every row in DIR (results), the files DIR/CORPUS/MODEL/TIME.json; exit code 1 and a
    line for each thing that does not hold.

    Rates, medians, sums, adjusted sizes, the policy hash and the digests of built-in models are made again from what
    was measured; archives, decode log and corpus must agree; and the seal, a SHA-256 over the whole row, shows edits of
    figures that nothing else depends on. It is a checksum: who edits a row can seal it anew, but --replay will not follow.
    A replay that codes no row again, because the bytes are not here or no model is exact, is exit code 1 too.

    \b
    Example:
      mdlbench leaderboard check
      mdlbench leaderboard check results/ --replay -C enwik8.first4000000
    """
    if corpora and not replayed:
        raise UsageError("-C says where --replay finds the bytes; add --replay")
    verdicts = check(folder)
    if not verdicts:
        raise no_rows(folder)
    for verdict in verdicts:
        problems = [problem._asdict() for problem in verdict.problems]
        lines = [visible(f"{verdict.path}: {problem.field}: {problem.text}") for problem in verdict.problems]
        values = {"path": str(verdict.path), "problems": problems}
        tell("leaderboard-check", values, "\n".join(lines), as_json=as_json, quiet=not lines)
    bad = sum(bool(verdict.problems) for verdict in verdicts)
    silent = quiet or as_json
    if not silent:
        say(f"{folder}: {counted(len(verdicts), 'row')}, {bad or 'none'} with problems")
    failed = bad
    if replayed:
        outcomes = replay(load_rows(folder).rows, corpora, lambda done: _tell(done, as_json=as_json, quiet=quiet))
        counts = Counter(outcome.outcome for outcome in outcomes)
        same, different, left = counts["same"], counts["different"], counts["not replayed"]
        failed += different or not same  # a replay that coded nothing shows nothing
        if not silent:
            say(f"{folder}: coded again: {same} the same, {different} different, {left} not replayed")
    if failed:
        raise click.exceptions.Exit(1)


def _tell(done: Replay, *, as_json: bool, quiet: bool) -> None:
    values = {"path": str(done.path), "outcome": done.outcome, "text": done.text}
    text = visible(f"{done.path}: {done.outcome}: {done.text}")
    tell("leaderboard-replay", values, text, as_json=as_json, quiet=quiet and done.outcome != "different")
