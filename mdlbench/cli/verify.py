"""`mdlbench verify`: a file's round trip in a fresh process, or a container against its digests."""

import os
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import opened
from mdlbench.cli.common.paths import STANDARD, SUFFIX, json_name, name_of
from mdlbench.cli.common.printing import print_json, say
from mdlbench.cli.common.progress import original_size, progress_bar
from mdlbench.cli.common.reporting import compression_json, report_line
from mdlbench.codec import DEFAULT_MODEL, decompress_stream
from mdlbench.codec.inspection import inspect_file
from mdlbench.codec.verification import verify_round_trip
from mdlbench.container.format import MAGIC, VERSION
from mdlbench.errors import UsageError
from mdlbench.text import counted, speed
from mdlbench.units import bits_per_byte, bytes_to_bits


@click.command(name="verify")
@option.files
@option.model(help=f"Model; for a container, the one that wrote it if it is not built in.  [default: {DEFAULT_MODEL}]")
@option.model_args
@option.block_size
@option.jobs
@option.force_environment
@option.quiet
@option.json_lines
def command(files: tuple[str, ...], **options: Any) -> None:
    """Prove that each FILE survives, writing nothing.

    A container (.mdlz) is decoded against every checksum and digest in it. Any other file is compressed, decompressed in a
    fresh process that is told nothing but the container and -m, and compared byte by byte.

    \b
    Example:
      mdlbench verify README.md.mdlz
      mdlbench verify README.md -m kt,order=2
    """
    if STANDARD in files:
        raise UsageError("verify reads its input twice; give a file, not -")

    def run(file: str) -> None:
        if os.path.exists(file) and not os.path.isfile(file):
            raise UsageError(f"{name_of(file)} is not a regular file; verify reads its input twice")
        (_verify_container if _is_container(file) else _round_trip)(file, **options)

    for_each([(file,) for file in files], run, as_json=options["as_json"])


def _is_container(file: str) -> bool:
    with opened(file) as source:
        return file.endswith(SUFFIX) or source.read(4) == MAGIC + bytes([VERSION])


def _verify_container(
    file: str,
    *,
    models: tuple[str, ...],
    model_args: str,
    jobs: int,
    as_json: bool,
    quiet: bool,
    force_environment: bool,
    **_: Any,
) -> None:
    specs = option.specs(models, model_args)
    with (
        opened(file) as source,
        open(os.devnull, "wb") as sink,
        progress_bar(file, shown=not quiet, total=original_size) as progress,
    ):
        size, seconds = decompress_stream(
            source, sink, specs, jobs=jobs, force_environment=force_environment, progress=progress
        )
    found = inspect_file(file)
    stored = found.ledger.file_size
    entries = [model for header in found.headers for model in header.models]
    portability = [metadata["portability"] for header in found.headers for metadata in header.metadata]
    if as_json:
        print_json(
            "verify",
            {
                "input": json_name(file),
                "output": None,
                "input_bytes": size,
                "output_bytes": stored,
                "bits_per_byte": bits_per_byte(bytes_to_bits(stored), size),
                "ideal_bits": None,
                "model": " ".join(entry.spec for entry in entries),
                "digest": " ".join(entry.digest.hex() for entry in entries),
                "portability": "environment" if "environment" in portability else "exact",
                "seconds": seconds,
                "verified": True,
                "ledger": found.ledger.to_json(),
            },
        )
    elif not quiet:
        proved = f"{counted(len(found.blocks), 'block')}, every checksum and digest right, {speed(size, seconds)}"
        say(f"{name_of(file)}: {stored:,} bytes decode to {size:,}, {proved}")


def _round_trip(
    file: str,
    *,
    models: tuple[str, ...],
    model_args: str,
    block_size: int | None,
    jobs: int,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    specs = option.specs(models or (DEFAULT_MODEL,), model_args)
    with progress_bar(file, shown=not quiet) as progress:
        done = verify_round_trip(file, specs, block_size=block_size, jobs=jobs, progress=progress).compression
    if as_json:
        print_json("verify", compression_json(file, None, done))
    elif not quiet:
        say(report_line(file, None, done) + " (in a fresh process)")
