"""`mdlbench decompress`: parse, call `decompress_stream` or the seekable reader, report."""

import os
import stat
import time
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import expanded, opened
from mdlbench.cli.common.outputs import plan_outputs, replacing
from mdlbench.cli.common.paths import STANDARD, SUFFIX, json_name, name_of
from mdlbench.cli.common.printing import tell
from mdlbench.cli.common.progress import original_size, progress_bar
from mdlbench.codec import decompress_stream
from mdlbench.errors import SalvagedError, UsageError
from mdlbench.text import counted, speed, visible


@click.command(name="decompress")
@option.files
@option.model(help="Model that wrote the file, if it is not built in.")
@option.model_args
@click.option("-o", "--output", metavar="OUT", help="Output file; a directory if there are several inputs.")
@option.to_stdout
@option.force
@option.jobs
@click.option(
    "--range", "byte_range", type=option.Range(), metavar="START:END", help="Only these original bytes, END exclusive."
)
@click.option("--salvage", is_flag=True, help="Recover undamaged blocks; lost ranges become zeros. Exit code 1 if any.")
@click.option(
    "--zeros",
    type=option.Size("what is lost"),
    metavar="SIZE",
    help="With --salvage, most zeros for what is lost.  [default: 1 GiB, or 1,000 times the file]",
)
@option.force_environment
@option.quiet
@option.json_lines
@option.recursive
@option.kept
@option.reserved("-t", "--test", remedy="write `mdlbench verify FILE.mdlz`, or `mdlbench -t FILE.mdlz`")
def command(files: tuple[str, ...], output: str | None, to_stdout: bool, force: bool, **options: Any) -> None:
    """Decompress each FILE.mdlz to FILE; without one, or for `-`, standard input to standard output. Inputs are kept.

    Every block is checked against its checksum and the file against its digest; nothing appears under the output's name
    unless all of it is right. With --range, only the blocks needed are read.

    \b
    Example:
      mdlbench decompress README.md.mdlz -o copy.md
      mdlbench decompress -c big.mdlz --range 1000000:1000100
      mdlbench decompress gpt.mdlz -m hf:./gpt2-small
    """
    if options["byte_range"] is not None and options["salvage"]:
        raise UsageError("--range and --salvage contradict each other; give one")
    files = expanded(files, options["recursive"], lambda path: path.endswith(SUFFIX))
    named = output is not None and len(files) == 1
    outputs = plan_outputs(files, output, to_stdout, partial(_original_name, any_suffix=named), force=force)
    specs = option.checked_specs(options.pop("models"), options.pop("model_args"))
    decode = _salvage if options["salvage"] else _decompress if options["byte_range"] is None else _copy_range

    def one(file: str, target: str) -> None:
        if file == STANDARD and options["salvage"]:
            raise UsageError("--salvage needs a file that can be read at any place, not a pipe; save it first")
        with opened(file) as source, replacing(target, force=force, like=file) as sink:
            done = decode(file, source, sink, specs, **options)
        _report(file, target, done, **options)

    pairs = list(zip(files, outputs, strict=True))
    for_each(pairs, one, as_json=options["as_json"], data_on_stdout=STANDARD in outputs)


class _Done(NamedTuple):
    """What was written, what that proves, and what was lost."""

    size: int
    seconds: float
    proved: str
    recovered: list[str] | None = None
    lost: list[str] | None = None


def _original_name(file: str, *, any_suffix: bool) -> str:
    if not any_suffix and (not file.endswith(SUFFIX) or Path(file).name == SUFFIX):
        if stat.S_ISDIR(os.stat(file).st_mode):  # what is not there at all is told of by its name
            raise UsageError(f"{file} is a directory; name files, or -r for all below it")
        raise UsageError(f"{file} does not end in {SUFFIX}; name the output with -o or use -c")
    return file.removesuffix(SUFFIX)


def _decompress(
    file: str, source: BinaryIO, sink: BinaryIO, specs: list[str], *, jobs: int, force_environment: bool, **options: Any
) -> _Done:
    with progress_bar(file, shown=not options["quiet"], total=original_size) as progress:
        done = decompress_stream(source, sink, specs, jobs=jobs, force_environment=force_environment, progress=progress)
    return _Done(*done, "every checksum and digest right")


def _copy_range(
    file: str, source: BinaryIO, sink: BinaryIO, specs: list[str], *, force_environment: bool, **options: Any
) -> _Done:
    from mdlbench.codec.seekable import ContainerFile, copy_range

    if not source.seekable():
        raise UsageError("--range needs a file that can be read at any place, not a pipe")
    began = time.perf_counter()
    reader = ContainerFile(source, specs, force_environment=force_environment)
    start, end = options["byte_range"]
    end = reader.size if end is None else end
    with progress_bar(file, shown=not options["quiet"], total=lambda _: reader.sized(start, end)) as reader.progress:
        size = copy_range(reader, sink, start, end)
    decoded = f"{counted(reader.blocks_decoded, 'block')} decoded, checksums right"
    return _Done(size, time.perf_counter() - began, decoded)


def _salvage(
    file: str, source: BinaryIO, sink: BinaryIO, specs: list[str], *, force_environment: bool, zeros: int | None, **options: Any
) -> _Done:
    from mdlbench.codec.salvage import salvage_stream

    began = time.perf_counter()
    with progress_bar(file, shown=not options["quiet"], total=original_size) as progress:
        told: dict[str, Any] = {"force_environment": force_environment, "most_zeros": zeros}
        done = salvage_stream(source, sink, specs, progress=progress, **told)
    proved = f"{counted(len(done.recovered), 'block')} recovered, checksums right; the digest was not checked"
    return _Done(done.size, time.perf_counter() - began, proved, done.recovered, done.lost)


def _report(file: str, target: str, done: _Done, *, as_json: bool, quiet: bool, **_: Any) -> None:
    to_stderr = target == STANDARD
    output = json_name(target, "standard output")
    values = {"input": json_name(file), "output": output, "output_bytes": done.size, "seconds": done.seconds}
    if done.lost is not None:
        values |= {"recovered": done.recovered, "lost": done.lost}
    text = f"{name_of(file)}: {done.size:,} bytes, {speed(done.size, done.seconds)}, {done.proved}  [→ {visible(target)}]"
    tell("decompress", values, text, as_json=as_json, quiet=quiet or to_stderr, to_stderr=to_stderr)
    if done.lost:
        raise SalvagedError(f"lost {', '.join(done.lost)}; zeros stand where the length is known")
