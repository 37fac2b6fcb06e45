"""`mdlbench corpus verify`: a fetched corpus against the registry."""

from collections.abc import Sequence
from typing import Any

import click
from tabulate import tabulate

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.printing import tell
from mdlbench.corpora.fetching import verify
from mdlbench.corpora.known import known_corpus
from mdlbench.corpora.store import FileCheck, corpus_folder
from mdlbench.errors import CorpusError, MissingCorpusError


@click.command(name="verify")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@option.quiet
@option.json_lines
def command(names: tuple[str, ...], quiet: bool, as_json: bool) -> None:
    """Hold each file of fetched corpora against its size and every digest known of it.

    A file of which no digest is known is checked by its size only, and the table says so.

    \b
    Example:
      mdlbench corpus verify canterbury
    """

    def run(name: str) -> None:
        known = known_corpus(name)
        if not corpus_folder(known).is_dir():
            raise MissingCorpusError(name)
        checks = verify(known)
        wrong = [check for check in checks if check.problem]
        values = {"name": name, "path": str(corpus_folder(known)), "ok": not wrong, "files": checks_json(checks)}
        table = tabulate([_row(check) for check in checks], ["file", "bytes", "checked by", "result"], disable_numparse=True)
        tell("corpus-verify", values, table, as_json=as_json, quiet=quiet)
        if wrong:
            what = f"{wrong[0].file.name}: {wrong[0].problem}" + (f" (and {len(wrong) - 1} more)" if wrong[1:] else "")
            raise CorpusError(f"{name}: {what}; run: mdlbench corpus fetch {name}")

    for_each([(name,) for name in names], run, as_json=as_json)


def checks_json(checks: Sequence[FileCheck]) -> list[dict[str, Any]]:
    """The "files" of `corpus verify --json` and `corpus fetch --json`; `problem` is null where there is none."""
    return [
        {
            "name": check.file.name,
            "bytes": check.file.size,
            "checked_by": [algorithm for algorithm, _ in check.file.digests] or ["size"],
            "problem": check.problem,
        }
        for check in checks
    ]


def _row(check: FileCheck) -> list[str]:
    by = ", ".join(algorithm for algorithm, _ in check.file.digests) or "size only"
    return [check.file.name, f"{check.file.size:,}", by, check.problem or "right"]
