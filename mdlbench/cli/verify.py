"""`mdlbench verify`: a file's round trip in a fresh process, or a container against its digests."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import click

import mdlbench
from mdlbench.cli import common
from mdlbench.cli.reporting import compression_json, report_line, say, speed
from mdlbench.codec import DEFAULT_MODEL, compress_stream, decompress_stream
from mdlbench.codec.inspection import inspect_file
from mdlbench.container.format import MAGIC, VERSION
from mdlbench.errors import UsageError, VerificationError
from mdlbench.units import bits_per_byte, bytes_to_bits

_COMPARED_AT_ONCE = 1 << 20


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
    with tempfile.TemporaryDirectory(prefix="mdlbench-") as folder:
        path = os.path.join(folder, "container" + common.SUFFIX)
        with (
            common.opened(file) as source,
            open(path, "wb") as sink,
            common.progress_bar(file, shown=not quiet) as progress,
        ):
            done = compress_stream(source, sink, specs, block_size=block_size, jobs=jobs, verify=False, progress=progress)
        message, differs = _decompress_afresh(file, path, specs, jobs)
    if message:
        raise VerificationError(f"{file}: the fresh process failed: {message}")
    if differs is not None:
        raise VerificationError(f"{file}: byte {differs:,} differs after a round trip through {' '.join(specs)}")
    done = replace(done, verified=True)
    if as_json:
        common.print_json("verify", compression_json(file, None, done))
    elif not quiet:
        say(report_line(file, None, done) + " (in a fresh process)")


def _decompress_afresh(file: str, container: str, specs: list[str], jobs: int) -> tuple[str, int | None]:
    """Decode in a new process and compare with `file`: what went wrong there, if anything, and the first byte that differs."""
    given = [argument for spec in specs for argument in ("-m", spec)]
    # -P and the package's own folder first: a numpy.py in the current folder must not be what is imported
    folder = str(Path(mdlbench.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-P", "-m", "mdlbench", "decompress", "-q", "-c", "-j", str(jobs), *given, container]
    with (
        tempfile.TemporaryFile() as errors,
        common.opened(file) as original,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as fresh,
    ):
        assert fresh.stdout is not None
        differs = _first_difference(original, fresh.stdout)
        fresh.stdout.close()
        exit_code = fresh.wait()
        errors.seek(0)
        message = errors.read().decode(errors="replace").strip()
    failed = exit_code not in (0, common.BROKEN_PIPE)
    return (message or f"exit code {exit_code}") if failed else "", differs


def _first_difference(one: BinaryIO, other: Any) -> int | None:
    """Where two streams first differ; None if they are equal."""
    position = 0
    while True:
        left = one.read(_COMPARED_AT_ONCE)
        right = other.read(len(left) or 1)
        if left != right:
            return position + next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), len(right))
        if not left:
            return None
        position += len(left)
