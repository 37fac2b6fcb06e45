"""Options that several commands have, and the types of their values: `@option.quiet`."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from mdlbench.atomic import check_folder
from mdlbench.cli.common.paths import STANDARD
from mdlbench.container import MAX_BLOCK
from mdlbench.errors import UsageError
from mdlbench.models import at_level, check_spec
from mdlbench.models.spec import split_spec
from mdlbench.units import parse_real, parse_size, parse_whole
from mdlbench.workers import MOST_JOBS


class Size(click.ParamType):
    """A number of bytes: 65536, 64k, 16Mi; `what` has from `least` to `most` of them, None for no most."""

    name = "size"

    def __init__(self, what: str = "", least: int = 0, most: int | None = None) -> None:
        self._what, self._least, self._most = what, least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            size = value if isinstance(value, int) else parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if size < self._least or (self._most is not None and size > self._most):
            most = " or more" if self._most is None else f" to {self._most:,}"
            self.fail(f"{value}: {self._what} has {self._least:,}{most} bytes", param, ctx)
        return size


class Whole(click.IntRange):
    """A whole number, of plain digits."""

    _number_class: Any = staticmethod(parse_whole)


class Real(click.FloatRange):
    """A finite number, of plain digits."""

    _number_class: Any = staticmethod(parse_real)

    def _describe_range(self) -> str:
        return "" if self.min is None and self.max is None else super()._describe_range()


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


class Jobs(Whole):
    """A number of worker processes; 0 is one for each processor."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return super().convert(value, param, ctx) or os.cpu_count() or 1


def levels(function: Callable[..., Any]) -> Callable[..., Any]:
    """-1 to -9, --fast and --best, as one parameter `level`: that option of the model in force; None if none is given."""
    function = click.option("--best", "level", flag_value=9, type=int, hidden=True)(function)
    function = click.option("--fast", "level", flag_value=1, type=int, hidden=True)(function)
    for level in range(9, 1, -1):
        function = click.option(f"-{level}", "level", flag_value=level, type=int, hidden=True)(function)
    told = "Level of the model: -1 (or --fast) to -9 (or --best), as level= in its spec."
    return click.option("-1", "level", flag_value=1, type=int, help=told, show_default=False)(function)


def kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """-k, which is always so here, and --rm, which never is."""
    function = click.option("-k", "--keep", is_flag=True, hidden=True, expose_value=False)(function)
    return reserved("--rm", remedy="inputs are always kept")(function)


def or_standard_input(context: click.Context, parameter: click.Parameter, files: tuple[str, ...]) -> tuple[str, ...]:
    """The files given; none means standard input, where it is not a terminal."""
    if files:
        return files
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("name an input, or give standard input something to read", context)
    return (STANDARD,)


files = click.argument("files", nargs=-1, metavar="[FILE...]", callback=or_standard_input)
recursive = click.option("-r", "--recursive", is_flag=True, help="Of a folder, every file below it.")
json_lines = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
quiet = click.option("-q", "--quiet", is_flag=True, help="No report and no progress; errors only.")
jobs = click.option(
    "-j",
    "--jobs",
    "-T",
    "--threads",
    "jobs",
    type=Jobs(0, MOST_JOBS),
    default=1,
    metavar="N",
    help="Worker processes, 0 for one a processor; the output is the same for every N.",
)
force = click.option("-f", "--force", is_flag=True, help="Overwrite existing output.")
to_stdout = click.option("-c", "--stdout", "to_stdout", is_flag=True, help="Write data to standard output, reports to stderr.")
KEPT = Size("what is kept of a file", 1)
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


def output_folder(*names: str, help: str, metavar: str = "DIR", **settings: Any) -> Callable[..., Any]:
    """An option that names a folder to write to; that it can be written to is seen before anything is done."""

    def check(context: click.Context, parameter: click.Parameter, folder: str | None) -> str | None:
        if folder is not None:
            check_folder(folder, names[0])
        return folder

    return click.option(*names, metavar=metavar, callback=check, help=help, **settings)


output_path = output_folder("--output-path", help="Also write each result, with provenance, to a JSON file in DIR.")


def corpora(*, metavar: str, help: str, required: bool = False) -> Callable[..., Any]:
    """The repeatable -C option."""
    return click.option("-C", "--corpus", "corpora", multiple=True, required=required, metavar=metavar, help=help)


class ModelArgs(NamedTuple):
    """Options to append to model specs, written as in them: of every model, of networks, and which network `-m hf` means."""

    every: str = ""
    networks: str = ""
    pretrained: str = ""


_HARNESS = {"max_length": "context", "prefix_token_id": "bos"}  # what lm-evaluation-harness calls options of hf:


def model_args(function: Callable[..., Any]) -> Callable[..., Any]:
    """--model-args, --device and --batch-size, as one parameter `model_args`; also in the spelling of lm-evaluation-harness."""

    @click.option(
        "--model-args",
        "--model_args",
        "text",
        metavar="KEY=VALUE,...",
        default="",
        show_default=False,
        help="Options appended to each model spec; pretrained=FOLDER names the network of -m hf.",
    )
    @click.option("--device", metavar="DEVICE", help="Where hf: models run: cpu, cuda or auto.")
    @click.option("--batch-size", "--batch_size", metavar="N", help="Streams that hf: models take in step, or auto.")
    @functools.wraps(function)
    def merged(*given: Any, text: str, device: str | None, batch_size: str | None, **options: Any) -> Any:
        pairs = [pair.partition("=") for pair in text.split(",") if pair]
        pretrained = "".join(value for key, _, value in pairs if key == "pretrained")
        written = [f"{_HARNESS.get(key, key)}{sign}{value}" for key, sign, value in pairs if key != "pretrained"]
        known = {"device": None if device is None else device.removesuffix(":0"), "batch_size": batch_size}
        networks = [f"{key}={value}" for key, value in known.items() if value is not None]
        every, networks = ([], [*written, *networks]) if pretrained else (written, networks)
        return function(*given, model_args=ModelArgs(",".join(every), ",".join(networks), pretrained), **options)

    return merged


def specs(models: tuple[str, ...], model_args: ModelArgs) -> list[str]:
    """Model specs with what `model_args` gives for each appended.

    Raises:
        UsageError: it gives something for networks, and there is none.
    """
    split = [split_spec(spec)[:2] for spec in models]
    if "hf" not in dict(split) and (model_args.networks or model_args.pretrained):
        asked = "pretrained=" if model_args.pretrained else "--device or --batch-size"
        raise UsageError(f"{asked} is for networks: write -m hf:FOLDER, or -m hf with --model-args pretrained=FOLDER")
    made = []
    for spec, (name, argument) in zip(models, split, strict=True):
        if name == "hf" and model_args.pretrained:
            if argument:
                raise UsageError(
                    f"{spec} and pretrained={model_args.pretrained} both name a network; write -m hf, or leave one out"
                )
            spec = f"hf:{model_args.pretrained}{spec.removeprefix('hf').removeprefix(':')}"
        parts = (spec, model_args.every, model_args.networks if name == "hf" else "")
        made.append(",".join(part for part in parts if part))
    return made


def checked_specs(models: tuple[str, ...], model_args: ModelArgs, level: int | None = None) -> list[str]:
    """`specs` at a level, with which nothing is wrong that can be seen before the work (`check_spec`)."""
    return [check_spec(spec) for spec in at_level(specs(models, model_args), level)]
