"""`mdlbench verify`: a file's round trip in a fresh process, or a container against its digests."""

import os
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import expanded, opened, regular
from mdlbench.cli.common.paths import STANDARD, SUFFIX, name_of
from mdlbench.cli.common.printing import tell
from mdlbench.cli.common.progress import original_size, progress_bar
from mdlbench.cli.common.reporting import compression_json, report_line
from mdlbench.codec import DEFAULT_MODEL, Compression, decompress_stream
from mdlbench.codec.inspection import inspect_file
from mdlbench.codec.verification import verify_round_trip
from mdlbench.container.format import MAGIC, VERSION
from mdlbench.errors import UsageError
from mdlbench.text import counted, speed


@click.command(name="verify")
@option.files
@option.model(help=f"Model; for a container, the one that wrote it if it is not built in.  [default: {DEFAULT_MODEL}]")
@option.model_args
@option.block_size
@option.jobs
@option.force_environment
@option.quiet
@option.json_lines
@option.levels
@option.recursive
@option.kept
def command(
    files: tuple[str, ...],
    recursive: bool,
    models: tuple[str, ...],
    model_args: option.ModelArgs,
    level: int | None,
    **options: Any,
) -> None:
    """Prove that each FILE survives, writing nothing; without one, or for `-`, standard input (kept in a temporary file).

    A container (.mdlz) is decoded against every checksum and digest in it. Any other file is compressed, decompressed in a
    fresh process that is told nothing but the container and -m, and compared byte by byte.

    \b
    Example:
      mdlbench verify README.md.mdlz
      mdlbench verify README.md -m kt,order=2
    """
    if files.count(STANDARD) > 1:
        raise UsageError("standard input can be read only once: give - once")
    specs = option.checked_specs(models or (DEFAULT_MODEL,), model_args, level)

    def run(file: str) -> None:
        with regular(file) as path:
            if _is_container(path):
                values, text = _container(file, path, specs if models else [], **options)
            else:
                values, text = _round_trip(file, path, specs, **options)
        tell("verify", values, text, as_json=options["as_json"], quiet=options["quiet"])

    for_each([(file,) for file in expanded(files, recursive)], run, as_json=options["as_json"])


def _is_container(file: str) -> bool:
    with opened(file) as source:
        return file.endswith(SUFFIX) or source.read(4) == MAGIC + bytes([VERSION])


def _container(file: str, path: str, specs: list[str], **options: Any) -> tuple[dict[str, Any], str]:
    """Fields and a line that say that a container decodes."""
    with (
        opened(path) as source,
        open(os.devnull, "wb") as sink,
        progress_bar(path, shown=not options["quiet"], total=original_size) as progress,
    ):
        settings = {"jobs": options["jobs"], "force_environment": options["force_environment"]}
        size, seconds = decompress_stream(source, sink, specs, progress=progress, **settings)
    found = inspect_file(path)
    entries = [model for header in found.headers for model in header.models]
    kinds = {metadata["portability"] for header in found.headers for metadata in header.metadata}
    done = Compression(
        input_bytes=size,
        output_bytes=found.ledger.file_size,
        ideal_bits=None,
        models=tuple(entry.spec for entry in entries),
        digests=tuple(entry.digest.hex() for entry in entries),
        portability="environment" if "environment" in kinds else "exact",
        policies=(),
        seconds=seconds,
        verify_seconds=seconds,
        verified=True,
        ledger=found.ledger,
    )
    values = compression_json(file, None, done)
    del values["policy"]  # a container does not say it
    proved = f"{counted(len(found.blocks), 'block')}, every checksum and digest right, {speed(size, seconds)}"
    return values, f"{name_of(file)}: {found.ledger.file_size:,} bytes decode to {size:,}, {proved}"


def _round_trip(file: str, path: str, specs: list[str], **options: Any) -> tuple[dict[str, Any], str]:
    """Fields and a line that say that a file survived."""
    settings = {"block_size": options["block_size"], "jobs": options["jobs"]}
    with progress_bar(path, shown=not options["quiet"]) as progress:
        done = verify_round_trip(path, specs, progress=progress, **settings).compression
    return compression_json(file, None, done), report_line(file, None, done) + " (in a fresh process)"
