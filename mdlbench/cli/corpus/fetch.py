"""`mdlbench corpus fetch`: download or copy, check, put in place."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.printing import tell
from mdlbench.cli.common.progress import BYTES, terminal_bars
from mdlbench.cli.corpus.verify import checks_json
from mdlbench.corpora.downloading import Progress
from mdlbench.corpora.fetching import Fetched, fetch
from mdlbench.corpora.known import KnownCorpus, known_corpus
from mdlbench.errors import InterruptedRunError, UsageError
from mdlbench.text import visible


@click.command(name="fetch")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--from", "source", metavar="URL|PATH", help="Take it from here: an http address, a file, a folder or an archive."
)
@click.option("-f", "--force", is_flag=True, help="Fetch although it is here and right.")
@option.quiet
@option.json_lines
def command(names: tuple[str, ...], source: str | None, force: bool, quiet: bool, as_json: bool) -> None:
    """Fetch known corpora into the cache folder: whole and checked, or not at all.

    A download that was cut goes on where it stopped when the command is run again. Zip, tar, gzip, bzip2 and xz are unpacked,
    but only the files of the corpus are taken.

    \b
    Example:
      mdlbench corpus fetch canterbury
      mdlbench corpus fetch enwik8 --from ~/downloads/enwik8.zip
    """
    if source is not None and len(names) > 1:
        raise UsageError(f"--from is the source of one corpus, but {len(names)} are named; fetch them one at a time")

    def run(name: str) -> None:
        known = known_corpus(name)
        try:
            with _progress(shown=not quiet) as progress:
                done = fetch(known, source, force=force, progress=progress)
        except KeyboardInterrupt:
            raise InterruptedRunError(
                f"interrupted; what was downloaded of {name} is kept, run the same command again to go on"
            ) from None
        tell("corpus-fetch", _json(known, done), _line(known, done), as_json=as_json, quiet=quiet)

    for_each([(name,) for name in names], run, as_json=as_json)


def _json(known: KnownCorpus, done: Fetched) -> dict[str, object]:
    where = {"name": known.name, "path": str(done.folder), "source": done.source, "bytes": known.size}
    return {**where, "already_here": done.source is None, "files": checks_json(done.checks)}


def _line(known: KnownCorpus, done: Fetched) -> str:
    origin = "already here" if done.source is None else f"from {done.source}"
    count = f"{len(known.files)} files, " if len(known.files) > 1 else ""
    by = "size only: no digest is known" if known.check == "size only" else f"every digest right ({known.check})"
    return visible(f"{known.name}: {count}{known.size:,} bytes, {by}, {origin}  [→ {done.folder}]")


@contextmanager
def _progress(*, shown: bool) -> Iterator[Progress]:
    """A bar on a terminal, nothing elsewhere."""
    with terminal_bars("{task.description}", "BarColumn", *BYTES, shown=shown) as bars:
        tasks = {}

        def show(what: str, done: int, total: int | None) -> None:
            if bars is not None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what, total=total)
                bars.update(tasks[what], completed=done, total=total)

        yield show
