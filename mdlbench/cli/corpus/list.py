"""`mdlbench corpus list`: what is known and what is here."""

from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import print_json, say
from mdlbench.corpora.known import KnownCorpus, registry
from mdlbench.corpora.store import corpora_folder, corpus_folder, is_fetched
from mdlbench.report import terminal
from mdlbench.result.exhibits import Cell, Measure, Table
from mdlbench.text import visible

_COLUMNS = (
    Measure("name"),
    Measure("bytes", form="count"),
    Measure("files", form="count"),
    *map(Measure, ("what it is", "checked by", "here", "source")),
)


@click.command(name="list")
@option.json_lines
def command(as_json: bool) -> None:
    """The known corpora. "Here" means fetched in full size; `mdlbench corpus verify NAME` looks at the digests.

    \b
    Example:
      mdlbench corpus list
      mdlbench corpus list --json
    """
    if as_json:
        for known in registry().values():
            print_json("corpus", describe(known))
        return
    rows = [_row(known) for known in registry().values()]
    say(terminal.render([Table.of("", _COLUMNS, rows)]))
    say(f"\nFetched corpora are in {visible(str(corpora_folder()))}; `mdlbench corpus fetch NAME` fetches one.")


def describe(known: KnownCorpus) -> dict[str, Any]:
    """The fields of `corpus list --json`."""
    files = [
        {"name": file.name, "bytes": file.size, **dict.fromkeys(("sha256", "sha1", "md5")), **dict(file.digests)}
        for file in known.files
    ]
    return {
        "name": known.name,
        "what": known.what,
        "bytes": known.size,
        "files": files,
        "checked_by": known.check,
        "digests_from": known.origin,
        "addresses": list(known.addresses),
        "fetched": is_fetched(known),
        "path": str(corpus_folder(known)),
    }


def _row(known: KnownCorpus) -> list[Cell]:
    here = "yes" if is_fetched(known) else "no"
    source = known.addresses[0] if known.addresses else "--from only"
    return [known.name, known.size, len(known.files), known.what, known.check, here, source]
