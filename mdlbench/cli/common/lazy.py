"""Groups of commands whose modules are imported when one is run or its help is asked for, so that `--help` is quick."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from mdlbench.errors import MdlbenchError

_BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell has it


@contextmanager
def _as_told() -> Iterator[None]:
    """End in silence when the reader has seen enough; data that end too early are no interrupt, for which click takes them."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain at exit
        raise click.exceptions.Exit(_BROKEN_PIPE) from None
    except EOFError as error:
        raise MdlbenchError(f"something that was read ends too early ({error or 'no more data'})") from error


class LazyGroup(click.Group):
    """A group of the commands in a package: `PACKAGE.NAME.command` for each NAME."""

    def __init__(self, *args: Any, package: str, summaries: dict[str, str], **kwargs: Any) -> None:
        """`summaries` gives one line of help for each name, in the order shown."""
        super().__init__(*args, **kwargs)
        self._package, self._summaries = package, summaries

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Also where --help and --version are shown."""
        with _as_told():
            return super().make_context(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        with _as_told():
            return super().invoke(context)

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self._summaries)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return import_module(f"{self._package}.{name}").command if name in self._summaries else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self._summaries, n=1) if args else []
            hint = f"did you mean {near[0]}?" if near else f"the commands are: {', '.join(self._summaries)}"
            raise click.UsageError(f"{error.message.rstrip('.')}; {hint}", context) from None
