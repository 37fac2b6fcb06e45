"""`mdlbench compress`: parse, call `compress_stream`, report."""

from typing import Any

import click

from mdlbench.cli import common
from mdlbench.cli.reporting import compression_json, ledger_table, report_line, say
from mdlbench.codec import DEFAULT_MODEL, Compression, compress_stream, read_back


@click.command(name="compress")
@common.files
@click.option("-o", "--output", metavar="OUT", help="Output file; a directory if there are several inputs.")
@common.model(default=DEFAULT_MODEL, help="Model spec; repeat it and each block uses the best.")
@common.model_args
@common.block_size
@common.jobs
@common.to_stdout
@common.force
@click.option("--verify/--no-verify", default=True, show_default=True, help="Decode every block again before it is kept.")
@common.quiet
@click.option("-v", "--verbose", is_flag=True, help="Also print where every byte went.")
@common.json_lines
@common.zstd_habits
def command(files: tuple[str, ...], output: str | None, to_stdout: bool, force: bool, **options: Any) -> None:
    """Compress each FILE to FILE.mdlz; `-` is standard input. Inputs are kept.

    A container written with a model that is not built in needs the same -m SPEC to decode.

    \b
    Example:
      mdlbench compress README.md
      mdlbench compress -m cm,level=9 -o out/ a.txt b.txt
      tar c folder | mdlbench compress -c - > folder.tar.mdlz
    """
    outputs = common.plan_outputs(files, output, to_stdout, lambda file: file + common.SUFFIX, force=force)

    def run(file: str, target: str) -> None:
        report(file, target, compress_file(file, target, force=force, **options), **options)

    common.for_each(
        list(zip(files, outputs, strict=True)), run, as_json=options["as_json"], data_on_stdout=common.STANDARD in outputs
    )


def compress_file(
    file: str, target: str, *, force: bool, models: tuple[str, ...], model_args: str, **options: Any
) -> Compression:
    """Compress one input; what is written to a file is read back once more before it gets its name."""
    with (
        common.opened(file) as source,
        common.replacing(target, force=force, like=file, check=_read_back if options["verify"] else None) as sink,
        common.progress_bar(file, shown=not options["quiet"]) as progress,
    ):
        return compress_stream(
            source,
            sink,
            common.specs(models, model_args),
            block_size=options["block_size"],
            jobs=options["jobs"],
            verify=options["verify"],
            progress=progress,
        )


def _read_back(path: str) -> None:
    with open(path, "rb") as written:
        read_back(written)


def report(file: str, target: str, done: Compression, *, as_json: bool, quiet: bool, verbose: bool, **_: Any) -> None:
    """One line, or one JSON object, per input; the ledger too if asked."""
    to_stderr = target == common.STANDARD
    if as_json:
        common.print_json("compress", compression_json(file, target, done), to_stderr=to_stderr)
    elif not quiet:
        say(report_line(file, target, done), to_stderr=to_stderr)
        if verbose:
            say(ledger_table(done.ledger), to_stderr=to_stderr)
