"""`mdlbench compress`: parse, call `compress_stream`, report."""

from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.estimate import tell_estimate
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import expanded, opened
from mdlbench.cli.common.outputs import plan_outputs, replacing
from mdlbench.cli.common.paths import STANDARD, SUFFIX
from mdlbench.cli.common.printing import tell
from mdlbench.cli.common.progress import progress_bar
from mdlbench.cli.common.reporting import compression_json, ledger_table, report_line
from mdlbench.codec import DEFAULT_MODEL, Compression, compress_stream, read_back
from mdlbench.models import as_models


@click.command(name="compress")
@option.files
@click.option("-o", "--output", metavar="OUT", help="Output file; a directory if there are several inputs.")
@option.model(default=DEFAULT_MODEL, help="Model spec; repeat it and each block uses the best.")
@option.model_args
@option.block_size
@option.jobs
@option.to_stdout
@option.force
@click.option("--verify/--no-verify", default=True, help="Decode every block again before it is kept.")
@option.quiet
@click.option("-v", "--verbose", is_flag=True, help="Also print where every byte went.")
@option.json_lines
@option.levels
@option.recursive
@option.kept
@option.reserved("-t", "--test", remedy="write `mdlbench verify FILE.mdlz`, or `mdlbench -t FILE.mdlz`")
@option.reserved("-d", "--decompress", remedy="write `mdlbench decompress FILE.mdlz`, or `mdlbench -d FILE.mdlz`")
def command(files: tuple[str, ...], output: str | None, to_stdout: bool, force: bool, **options: Any) -> None:
    """Compress each FILE to FILE.mdlz; without one, or for `-`, standard input to standard output. Inputs are kept.

    A container written with a model that is not built in needs the same -m SPEC to decode.

    \b
    Example:
      mdlbench compress README.md
      mdlbench compress -9 -T0 -r folder
      mdlbench compress -m external:xz -o out/ a.txt b.txt
      tar c folder | mdlbench compress > folder.tar.mdlz
    """
    files = expanded(files, options["recursive"], lambda path: not path.endswith(SUFFIX))
    outputs = plan_outputs(files, output, to_stdout, lambda file: file + SUFFIX, force=force)
    specs = option.checked_specs(options.pop("models"), options.pop("model_args"), options.pop("level"))

    def run(file: str, target: str) -> None:
        report(file, target, compress_file(file, target, specs, force=force, **options), **options)

    for_each(list(zip(files, outputs, strict=True)), run, as_json=options["as_json"], data_on_stdout=STANDARD in outputs)


def compress_file(file: str, target: str, specs: list[str], *, force: bool, **options: Any) -> Compression:
    """Compress one input; what is written to a file is read back once more before it gets its name."""
    with (
        opened(file) as source,
        replacing(target, force=force, like=file, check=_read_back if options["verify"] else None) as sink,
        progress_bar(file, shown=not options["quiet"]) as progress,
    ):
        settings = {name: options[name] for name in ("block_size", "jobs", "verify")}
        loaded = as_models(specs)
        if not options["quiet"]:
            tell_estimate(loaded, file, options["block_size"], jobs=options["jobs"], passes=1 + options["verify"])
        return compress_stream(source, sink, loaded, progress=progress, **settings)


def _read_back(path: str) -> None:
    with open(path, "rb") as written:
        read_back(written)


def report(file: str, target: str, done: Compression, *, verbose: bool, as_json: bool, quiet: bool, **_: Any) -> None:
    """One line, or one JSON object, per input; the ledger too if asked."""
    text = report_line(file, target, done) + (f"\n{ledger_table(done.ledger)}" if verbose else "")
    values = compression_json(file, target, done)
    tell("compress", values, text, as_json=as_json, quiet=quiet, to_stderr=target == STANDARD)
