"""Options that several commands have, and the types of their values: `@option.quiet`."""

from collections.abc import Callable
from typing import Any

import click

from mdlbench.atomic import check_folder
from mdlbench.container import MAX_BLOCK
from mdlbench.units import parse_size


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
model_args = click.option(
    "--model-args", metavar="KEY=VALUE,...", default="", show_default=False, help="Options appended to each model spec."
)
json_lines = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
quiet = click.option("-q", "--quiet", is_flag=True, help="No report and no progress; errors only.")
jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    metavar="N",
    help="Worker processes; the output is the same for every N.",
)
force = click.option("-f", "--force", is_flag=True, help="Overwrite existing output.")
to_stdout = click.option("-c", "--stdout", "to_stdout", is_flag=True, help="Write data to standard output, reports to stderr.")
BLOCK_SIZE = Size("a block", 1, MAX_BLOCK)
block_size = click.option(
    "--block-size", type=BLOCK_SIZE, metavar="SIZE", help="Original bytes per block: 65536, 64k, 16Mi.  [default: the model's]"
)
force_environment = click.option(
    "--force-environment", is_flag=True, help="Decode although software or device differ from those recorded."
)


def model(*, default: str | None = None, help: str) -> Callable[..., Any]:
    """The repeatable -m option."""
    given = (default,) if default else ()
    return click.option("-m", "--model", "models", multiple=True, metavar="SPEC", default=given, help=help)


def _writable(context: click.Context, parameter: click.Parameter, folder: str | None) -> str | None:
    if folder is not None:
        check_folder(folder)
    return folder


output_path = click.option(
    "--output-path", metavar="DIR", callback=_writable, help="Also write each result, with provenance, to a JSON file in DIR."
)


def corpora(*, metavar: str, help: str, required: bool = False) -> Callable[..., Any]:
    """The repeatable -C option."""
    return click.option("-C", "--corpus", "corpora", multiple=True, required=required, metavar=metavar, help=help)


def specs(models: tuple[str, ...], model_args: str) -> list[str]:
    """Model specs with `--model-args` appended to each."""
    return [f"{spec},{model_args}" if model_args else spec for spec in models]
