"""What the commands share: options, inputs and outputs, progress, JSON lines."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import click

from mdlbench.atomic import as_new, whole_file
from mdlbench.container import MAX_BLOCK
from mdlbench.errors import (
    ContainerError,
    EnvironmentMismatchError,
    MdlbenchError,
    ModelMismatchError,
    UsageError,
    VerificationError,
)
from mdlbench.units import parse_size

SUFFIX = ".mdlz"
STANDARD = "-"
BROKEN_PIPE = 141  # what a process exits with when its reader has seen enough
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


class Size(click.ParamType):
    """A number of bytes: 65536, 64k, 16Mi; `what` has from `least` to `most` of them."""

    name = "size"

    def __init__(self, what: str = "", least: int = 0, most: int | None = None) -> None:
        self._what, self._least, self._most = what, least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            size = value if isinstance(value, int) else parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if size < self._least or (self._most is not None and size > self._most):
            self.fail(f"{value}: {self._what} has {self._least:,} to {self._most:,} bytes", param, ctx)
        return size


class Range(click.ParamType):
    """START:END of original bytes, END exclusive; either may be left out."""

    name = "start:end"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int | None]:
        if isinstance(value, tuple):
            return value
        start, colon, end = value.partition(":")
        try:
            if not colon:
                raise ValueError(f"{value!r} is not a range; write START:END, END exclusive")
            return parse_size(start or "0"), parse_size(end) if end else None
        except ValueError as error:
            self.fail(str(error), param, ctx)


def reserved(*names: str, remedy: str) -> Callable[..., Any]:
    """An option of zstd's that means nothing here yet: using it is an error that says what to write instead."""

    def refuse(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            raise click.UsageError(f"{names[0]} is reserved; {remedy}", context)

    return click.option(*names, is_flag=True, hidden=True, expose_value=False, callback=refuse)


def zstd_habits(function: Callable[..., Any]) -> Callable[..., Any]:
    """Reserve -t, --rm and -1 .. -9."""
    function = reserved("-t", "--test", remedy="write `mdlbench verify FILE.mdlz`")(function)
    function = reserved("--rm", remedy="inputs are always kept")(function)
    for level in "987654321":
        function = reserved(f"-{level}", f"reserved_{level}", remedy=f"write -m cm,level={level}")(function)
    return function


files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
model_args = click.option("--model-args", metavar="KEY=VALUE,...", default="", help="Options appended to each model spec.")
json_lines = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
quiet = click.option("-q", "--quiet", is_flag=True, help="No report and no progress; errors only.")
jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    metavar="N",
    show_default=True,
    help="Worker processes; the output is the same for every N.",
)
force = click.option("-f", "--force", is_flag=True, help="Overwrite existing output.")
to_stdout = click.option("-c", "--stdout", "to_stdout", is_flag=True, help="Write data to standard output, reports to stderr.")
BLOCK_SIZE = Size("a block", 1, MAX_BLOCK)
block_size = click.option(
    "--block-size",
    type=BLOCK_SIZE,
    metavar="SIZE",
    help="Original bytes per block: 65536, 64k, 16Mi.  [default: the model's]",
)
force_environment = click.option(
    "--force-environment", is_flag=True, help="Decode although software or device differ from those recorded."
)


def model(*, default: str | None = None, help: str) -> Callable[..., Any]:
    """The repeatable -m option."""
    return click.option(
        "-m", "--model", "models", multiple=True, metavar="SPEC", default=(default,) if default else (),
        show_default=bool(default), help=help,
    )  # fmt: skip


def specs(models: tuple[str, ...], model_args: str) -> list[str]:
    """Model specs with `--model-args` appended to each."""
    return [f"{spec},{model_args}" if model_args else spec for spec in models]


def print_json(kind: str, values: dict[str, Any], *, to_stderr: bool = False) -> None:
    """One JSON object on one line, its `schema` first."""
    line = json.dumps({"schema": f"mdlbench.{kind}/1", **values}, allow_nan=False)
    print(line, file=sys.stderr if to_stderr else sys.stdout, flush=True)


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The input at `path`, or standard input for `-`."""
    if path == STANDARD:
        if sys.stdin is None:
            raise UsageError("standard input is closed; name a file")
        yield sys.stdin.buffer
        return
    if os.path.isdir(path):
        raise UsageError(f"{path} is a directory; name files (or write a tar of it to `mdlbench compress -`)")
    with open(path, "rb") as file:
        yield file


class Limited:
    """The first `limit` bytes of a stream, or all of it."""

    def __init__(self, stream: BinaryIO, limit: int | None) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        if self._left is None:
            return self._stream.read(size)
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def is_cut(self) -> bool:
        """Once all is read: whether the stream goes on behind the limit."""
        return self._left == 0 and bool(self._stream.read(1))


def result_folder(path: str | None) -> None:
    """See before anything is measured that results can be written to this folder; it is made if it is not there."""
    if path is None:
        return
    nearest = next(place for place in (Path(path), *Path(path).absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise UsageError(f"{nearest} is no folder; name another with --output-path")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(f"{nearest} cannot be written to; name another folder with --output-path")


def name_of(path: str) -> str:
    """How reports call an input."""
    return "standard input" if path == STANDARD else printable(path)


def json_name(path: str, standard: str = "standard input") -> str:
    """A path in JSON: as it is, with what is not UTF-8 written as `\\xff`."""
    return standard if path == STANDARD else os.fsencode(path).decode("utf-8", "backslashreplace")


def plan_outputs(
    files: tuple[str, ...], output: str | None, to_stdout: bool, derive: Callable[[str], str], *, force: bool
) -> list[str]:
    """Where each input's output goes; `-` is standard output.

    Raises:
        UsageError: an output exists, is its own input, or two inputs would share one.
    """
    if files.count(STANDARD) > 1:
        raise UsageError("standard input can be read only once: give - once")
    if to_stdout and output is not None:
        raise UsageError("-c and -o contradict each other; give one")
    if to_stdout or output == STANDARD or (output is None and files == (STANDARD,)):
        if sys.stdout is None:
            raise UsageError("standard output is closed; name a file with -o")
        if sys.stdout.isatty() and not force:
            raise UsageError("standard output is a terminal; redirect it, name a file with -o, or force it with -f")
        return [STANDARD] * len(files)
    if output is not None and len(files) == 1 and not os.path.isdir(output) and not output.endswith(_SEPARATORS):
        outputs = [output]
    else:
        if output is not None:
            os.makedirs(output, exist_ok=True)
        outputs = [_derived(file, output, derive) for file in files]
    for file, target in zip(files, outputs, strict=True):
        if file != STANDARD and os.path.exists(target) and os.path.exists(file) and os.path.samefile(file, target):
            raise UsageError(f"{target} is the input itself; name another output with -o")
        if os.path.isfile(target) and not force:
            raise UsageError(f"{target} exists; overwrite it with -f, or name another output with -o")
    if len(set(outputs)) < len(outputs):
        raise UsageError(f"two inputs would be written to {max(outputs, key=outputs.count)}; give them one at a time")
    return outputs


def _derived(file: str, folder: str | None, derive: Callable[[str], str]) -> str:
    if file == STANDARD:
        raise UsageError("standard input has no name to derive an output from; use -c or -o FILE")
    name = derive(file)
    return name if folder is None else os.path.join(folder, os.path.basename(name))


@contextmanager
def replacing(
    path: str, *, force: bool, like: str = STANDARD, check: Callable[[str], None] | None = None
) -> Iterator[BinaryIO]:
    """A file that appears at `path` whole, or not at all: a temporary one beside it, flushed to disk and then renamed.

    Standard output, pipes and devices are written to directly.

    Args:
        force: whether an existing file may be replaced.
        like: an input whose permissions the file takes; `-` for those of any new file.
        check: called with the temporary file's name before it is renamed; raises if the file must not appear.
    """
    if path == STANDARD or (os.path.exists(path) and not os.path.isfile(path)):
        if os.path.isdir(path):
            raise UsageError(f"{path} is a directory; name a file")
        with open(sys.stdout.fileno() if path == STANDARD else path, "wb", closefd=path != STANDARD) as sink:
            yield sink
        return
    target = Path(path)
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: no such folder; make it first, or name another output")
    try:
        with whole_file(target, replace=force, check=check) as sink:
            yield sink
            _take_after(sink, like)
    except FileExistsError:
        raise UsageError(f"{target} exists; overwrite it with -f, or name another output with -o") from None


def _take_after(sink: BinaryIO, like: str) -> None:
    """Give a new file the permissions and time of the input that it comes from, as zstd does; else those of any new file."""
    if like == STANDARD or not os.path.isfile(like):
        as_new(sink)
        return
    sink.flush()  # or a later write would change the time
    status = os.stat(like)
    os.chmod(sink.name, status.st_mode & 0o777)
    os.utime(sink.name, ns=(status.st_atime_ns, status.st_mtime_ns))


def for_each(
    items: Sequence[tuple[str, ...]], action: Callable[..., None], *, as_json: bool, data_on_stdout: bool = False
) -> None:
    """Run `action(*item)` for every item, a file first; one that fails is reported, by its name, and the others still run.

    Raises:
        click.exceptions.Exit: with the worst exit code, if any failed.
    """
    worst = 0
    for item in items:
        try:
            action(*item)
        except BrokenPipeError:
            close_stdout()
            raise click.exceptions.Exit(BROKEN_PIPE) from None
        except (MdlbenchError, OSError) as error:
            worst = max(worst, report_error(error, as_json=as_json, data_on_stdout=data_on_stdout, file=item[0]))
    if worst:
        raise click.exceptions.Exit(worst)


_OF_A_FILE = (ContainerError, ModelMismatchError, EnvironmentMismatchError, VerificationError)  # their text does not name it


def report_error(error: Exception, *, as_json: bool, data_on_stdout: bool = False, file: str | None = None) -> int:
    """Print an error as a line on stderr, with --json also as an object (on stdout, unless data go there); its exit code.

    Args:
        file: the input that it is about, if there is one.
    """
    kind, message, code = type(error).__name__, str(error), getattr(error, "exit_code", 1)
    if isinstance(error, OSError):
        kind, message = "OSError", _describe(error)
    if file is not None and isinstance(error, _OF_A_FILE):
        message = f"{name_of(file)}: {message}"
    about = {} if file is None else {"input": json_name(file)}
    with suppress(OSError, AttributeError):  # a stream that is closed or full cannot be told so
        print(f"mdlbench: {printable(message)}", file=sys.stderr, flush=True)
        if as_json:
            print_json("error", {"error": kind, "message": message, **about}, to_stderr=data_on_stdout)
    return code


def close_stdout() -> None:
    """Keep Python from complaining, at exit, of a reader that went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text: str) -> str:
    """Text from a file or a file's name with its control characters escaped, so that it can neither move the cursor nor
    begin a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _describe(error: OSError) -> str:
    what = error.strerror or str(error)
    where = f"{error.filename or repr(error.filename)}: " if error.filename is not None else ""
    remedy = "; free some space, or write elsewhere" if error.errno == errno.ENOSPC else ""
    return f"{where}{what[:1].lower()}{what[1:]}{remedy}"


def original_size(path: str) -> int | None:
    """The original bytes in a container file, for a progress bar; None where that is not easily known."""
    from mdlbench.container import table_of_contents

    try:
        with open(path, "rb") as file:
            return sum(place.original_size for place in table_of_contents(file))
    except (OSError, MdlbenchError):
        return None


@contextmanager
def progress_bar(path: str, *, shown: bool, total: Callable[[str], int | None] = os.path.getsize) -> Iterator[Any]:
    """A function to call with each number of bytes done; a bar on a terminal, nothing elsewhere.

    Args:
        total: from the path of a regular file, the number of bytes that will be done.
    """
    if not shown or not sys.stderr.isatty():
        yield lambda n: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TransferSpeedColumn,
    )

    expected = total(path) if os.path.isfile(path) else None
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name_of(path), total=expected)
        yield lambda n: progress.update(task, advance=n)
