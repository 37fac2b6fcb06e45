"""`mdlbench corpus`: the known corpora, fetched and checked; one file per subcommand."""

import click

from mdlbench.cli.common.lazy import LazyGroup


@click.group(
    name="corpus",
    cls=LazyGroup,
    package=__name__,
    summaries={
        "list": "The known corpora, and which of them are here.",
        "fetch": "Download a corpus, or take it from a file; check it.",
        "path": "Print where a fetched corpus is.",
        "verify": "Hold a fetched corpus against its sizes and digests.",
    },
)
def command() -> None:
    """Known corpora, kept in the cache folder and checked against published digests.

    Where a corpus is asked for (-C), these names work, one file of a corpus (canterbury/alice29.txt), paths of files and
    folders, and hfds:NAME,config=,split=,column= for Hugging Face datasets; a single file may be cut with :START:END. The
    cache folder is $MDLBENCH_CACHE, else mdlbench in $XDG_CACHE_HOME or the platform's place for caches.

    \b
    Example:
      mdlbench corpus list
      mdlbench corpus fetch canterbury
    """
