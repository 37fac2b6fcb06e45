"""Groups of commands whose modules are imported when one is run or its help is asked for, so that `--help` is quick."""

import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

_BROKEN_PIPE = 141  # 128 + SIGPIPE, as a shell has it


class LazyGroup(click.Group):
    """A group of the commands in a package: `PACKAGE.NAME.command` for each NAME."""

    def __init__(self, *args: Any, package: str, summaries: dict[str, str], **kwargs: Any) -> None:
        """`summaries` gives one line of help for each name, in the order shown."""
        super().__init__(*args, **kwargs)
        self._package, self._summaries = package, summaries

    def invoke(self, context: click.Context) -> Any:
        """Run the command; it ends in silence when its reader has seen enough."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain at exit
            raise click.exceptions.Exit(_BROKEN_PIPE) from None

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
