"""`mdlbench decompress`: parse, call `decompress_stream` or the seekable reader, report."""

import os
import stat
import time
from pathlib import Path
from typing import Any, NamedTuple

import click

from mdlbench.cli import common
from mdlbench.cli.reporting import say, speed
from mdlbench.codec import decompress_stream
from mdlbench.errors import SalvagedError, UsageError


@click.command(name="decompress")
@common.files
@common.model(help="Model that wrote the file, if it is not built in.")
@common.model_args
@click.option("-o", "--output", metavar="OUT", help="Output file; a directory if there are several inputs.")
@common.to_stdout
@common.force
@common.jobs
@click.option(
    "--range", "byte_range", type=common.Range(), metavar="START:END", help="Only these original bytes, END exclusive."
)
@click.option("--salvage", is_flag=True, help="Recover undamaged blocks; lost ranges become zeros. Exit code 1 if any.")
@common.force_environment
@common.quiet
@common.json_lines
@common.zstd_habits
def command(
    files: tuple[str, ...],
    output: str | None,
    to_stdout: bool,
    force: bool,
    byte_range: Any,
    salvage: bool,
    **options: Any,
) -> None:
    """Decompress each FILE.mdlz to FILE; `-` is standard input. Inputs are kept.

    Every block is checked against its checksum and the file against its digest; nothing appears under the output's name
    unless all of it is right. With --range, only the blocks needed are read.

    \b
    Example:
      mdlbench decompress README.md.mdlz -o copy.md
      mdlbench decompress -c big.mdlz --range 1000000:1000100
      mdlbench decompress gpt.mdlz -m hf:./gpt2-small
    """
    if byte_range is not None and salvage:
        raise UsageError("--range and --salvage contradict each other; give one")
    outputs = common.plan_outputs(files, output, to_stdout, _original_name if output is None or len(files) > 1 else _any_name,
                                  force=force)  # fmt: skip
    run = _salvage if salvage else _decompress if byte_range is None else _copy_range

    def one(file: str, target: str) -> None:
        _report(file, target, run(file, target, force=force, byte_range=byte_range, **options), **options)

    pairs = list(zip(files, outputs, strict=True))
    common.for_each(pairs, one, as_json=options["as_json"], data_on_stdout=common.STANDARD in outputs)


class _Done(NamedTuple):
    """What was written, what that proves, and what was lost."""

    size: int
    seconds: float
    proved: str
    recovered: list[str] | None = None
    lost: list[str] | None = None


def _original_name(file: str) -> str:
    if not file.endswith(common.SUFFIX) or Path(file).name == common.SUFFIX:
        if stat.S_ISDIR(os.stat(file).st_mode):  # what is not there at all is told of by its name
            raise UsageError(f"{file} is a directory; name files")
        raise UsageError(f"{file} does not end in {common.SUFFIX}; name the output with -o or use -c")
    return file.removesuffix(common.SUFFIX)


def _any_name(file: str) -> str:
    return file.removesuffix(common.SUFFIX)


def _decompress(file: str, target: str, *, force: bool, models: Any, model_args: str, **options: Any) -> _Done:
    with (
        common.opened(file) as source,
        common.replacing(target, force=force, like=file) as sink,
        common.progress_bar(file, shown=not options["quiet"], total=common.original_size) as progress,
    ):
        done = decompress_stream(
            source,
            sink,
            common.specs(models, model_args),
            jobs=options["jobs"],
            force_environment=options["force_environment"],
            progress=progress,
        )
    return _Done(*done, "every checksum and digest right")


def _copy_range(
    file: str, target: str, *, force: bool, byte_range: tuple[int, int | None], models: Any, model_args: str, **options: Any
) -> _Done:
    from mdlbench.codec.seekable import ContainerFile, copy_range

    began = time.perf_counter()
    specs = common.specs(models, model_args)
    with common.opened(file) as source, common.replacing(target, force=force, like=file) as sink:
        if not source.seekable():
            raise UsageError("--range needs a file that can be read at any place, not a pipe")
        reader = ContainerFile(source, specs, force_environment=options["force_environment"])
        end = reader.size if byte_range[1] is None else byte_range[1]
        size = copy_range(reader, sink, byte_range[0], end)
    decoded = f"{reader.blocks_decoded} block{'' if reader.blocks_decoded == 1 else 's'} decoded, checksums right"
    return _Done(size, time.perf_counter() - began, decoded)


def _salvage(file: str, target: str, *, force: bool, models: Any, model_args: str, **options: Any) -> _Done:
    from mdlbench.codec.salvage import salvage_stream

    if file == common.STANDARD:
        raise UsageError("--salvage needs a file that can be read at any place, not a pipe; save it first")
    began = time.perf_counter()
    specs = common.specs(models, model_args)
    with common.opened(file) as source, common.replacing(target, force=force, like=file) as sink:
        done = salvage_stream(source, sink, specs, force_environment=options["force_environment"])
    count = len(done.recovered)
    proved = f"{count} block{'' if count == 1 else 's'} recovered, checksums right; the digest was not checked"
    return _Done(done.size, time.perf_counter() - began, proved, done.recovered, done.lost)


def _report(file: str, target: str, done: _Done, *, as_json: bool, quiet: bool, **_: Any) -> None:
    to_stderr = target == common.STANDARD
    output = "standard output" if to_stderr else common.printable(target)
    if as_json:
        values = {
            "input": common.json_name(file),
            "output": common.json_name(target, "standard output"),
            "output_bytes": done.size,
            "seconds": done.seconds,
        }
        if done.lost is not None:
            values |= {"recovered": done.recovered, "lost": done.lost}
        common.print_json("decompress", values, to_stderr=to_stderr)
    elif not quiet and not to_stderr:
        say(f"{common.name_of(file)}: {done.size:,} bytes, {speed(done.size, done.seconds)}, {done.proved}  [→ {output}]")
    if done.lost:
        raise SalvagedError(f"lost {', '.join(done.lost)}; zeros stand where the length is known")
