"""`mdlbench verify`: a file's round trip in a fresh process, or a container against its digests."""

import os
from typing import Any

import click

from mdlbench.cli import common
from mdlbench.cli.reporting import compression_json, report_line, say, speed
from mdlbench.codec import DEFAULT_MODEL, decompress_stream
from mdlbench.container.format import MAGIC, VERSION
from mdlbench.errors import UsageError
from mdlbench.inspection import inspect_file
from mdlbench.units import bits_per_byte, bytes_to_bits
from mdlbench.verification import verify_round_trip


@click.command(name="verify")
@common.files
@common.model(help=f"Model; for a container, the one that wrote it if it is not built in.  [default: {DEFAULT_MODEL}]")
@common.model_args
@common.block_size
@common.jobs
@common.force_environment
@common.quiet
@common.json_lines
def command(files: tuple[str, ...], **options: Any) -> None:
    """Prove that each FILE survives, writing nothing.

    A container (.mdlz) is decoded against every checksum and digest in it. Any other file is compressed, decompressed in a
    fresh process that is told nothing but the container and -m, and compared byte by byte.

    \b
    Example:
      mdlbench verify README.md.mdlz
      mdlbench verify README.md -m kt,order=2
    """
    if common.STANDARD in files:
        raise UsageError("verify reads its input twice; give a file, not -")

    def run(file: str) -> None:
        if os.path.exists(file) and not os.path.isfile(file):
            raise UsageError(f"{common.name_of(file)} is not a regular file; verify reads its input twice")
        (_verify_container if _is_container(file) else _round_trip)(file, **options)

    common.for_each([(file,) for file in files], run, as_json=options["as_json"])


def _is_container(file: str) -> bool:
    with common.opened(file) as source:
        return file.endswith(common.SUFFIX) or source.read(4) == MAGIC + bytes([VERSION])


def _verify_container(
    file: str, *, models: Any, model_args: str, jobs: int, as_json: bool, quiet: bool, force_environment: bool, **_: Any
) -> None:
    specs = common.specs(models, model_args)
    with (
        common.opened(file) as source,
        open(os.devnull, "wb") as sink,
        common.progress_bar(file, shown=not quiet, total=common.original_size) as progress,
    ):
        size, seconds = decompress_stream(
            source, sink, specs, jobs=jobs, force_environment=force_environment, progress=progress
        )
    found = inspect_file(file)
    stored = found.ledger.file_size
    entries = [model for header in found.headers for model in header.models]
    portability = [metadata["portability"] for header in found.headers for metadata in header.metadata]
    if as_json:
        common.print_json("verify", {
            "input": common.json_name(file), "output": None, "input_bytes": size, "output_bytes": stored,
            "bits_per_byte": bits_per_byte(bytes_to_bits(stored), size), "ideal_bits": None,
            "model": " ".join(entry.spec for entry in entries), "digest": " ".join(entry.digest.hex() for entry in entries),
            "portability": "environment" if "environment" in portability else "exact",
            "seconds": seconds, "verified": True, "ledger": found.ledger.to_json(),
        })  # fmt: skip
    elif not quiet:
        blocks = f"{len(found.blocks)} block{'' if len(found.blocks) == 1 else 's'}"
        say(
            f"{common.name_of(file)}: {stored:,} bytes decode to {size:,}, {blocks}, every checksum and digest right, "
            f"{speed(size, seconds)}"
        )


def _round_trip(
    file: str,
    *,
    models: Any,
    model_args: str,
    block_size: int | None,
    jobs: int,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    specs = common.specs(models or (DEFAULT_MODEL,), model_args)
    with common.progress_bar(file, shown=not quiet) as progress:
        done = verify_round_trip(file, specs, block_size=block_size, jobs=jobs, progress=progress).compression
    if as_json:
        common.print_json("verify", compression_json(file, None, done))
    elif not quiet:
        say(report_line(file, None, done) + " (in a fresh process)")
