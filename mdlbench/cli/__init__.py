"""The command line: one file per command, each of which parses, calls the Python API and prints.

A command's module is imported when the command is run or its help is asked for, so that `mdlbench --help` is quick.
"""

import errno
import signal
import sys
from importlib import import_module
from typing import Any

import click

from mdlbench import __version__
from mdlbench.errors import MdlbenchError

COMMANDS = {  # name: one line of help; the command lives in mdlbench.cli.NAME
    "compress": "Compress files with any model, and verify that they decode.",
    "decompress": "Decompress .mdlz files, whole or a byte range.",
    "verify": "Round trip a file in a fresh process, or check a .mdlz file.",
    "inspect": "Show a .mdlz file's header, blocks and byte ledger.",
    "eval": "Ideal code length of files under a model, in bits per byte.",
    "models": "List the models, or one model's options.",
    "doctor": "Measure what a model's probabilities depend on.",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported on demand."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return import_module(f"mdlbench.cli.{name}").command if name in COMMANDS else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            raise click.UsageError(f"{error.message.rstrip('.')}; the commands are: {', '.join(COMMANDS)}") from None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="mdlbench %(version)s")
def group() -> None:
    """Measure models by code length; each size is that of a file that decodes.

    \b
    Example:
      mdlbench compress README.md
      mdlbench decompress README.md.mdlz -o copy.md
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted; errors are one line on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        sys.exit(group.main(arguments, prog_name="mdlbench", standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        hint = f" (try: {error.ctx.command_path} --help)" if error.ctx else ""
        _fail("UsageError", error.format_message() + hint, 2, as_json)
    except click.ClickException as error:
        _fail(type(error).__name__, error.format_message(), error.exit_code, as_json)
    except MdlbenchError as error:
        _fail(type(error).__name__, str(error), error.exit_code, as_json)
    except BrokenPipeError:
        _close_stdout()
        sys.exit(141)
    except OSError as error:
        _fail("OSError", _describe(error), 1, as_json)
    except MemoryError:
        _fail("MemoryError", "out of memory; use a smaller --block-size, memory= or -j", 1, as_json)
    except (KeyboardInterrupt, click.Abort):
        _fail("Interrupted", "interrupted; nothing was written", 130, as_json)


def _fail(kind: str, message: str, exit_code: int, as_json: bool) -> None:
    if as_json:
        from mdlbench.cli.common import print_json

        print_json("error", {"error": kind, "message": message})
    print(f"mdlbench: {message}", file=sys.stderr)
    sys.exit(exit_code)


def _describe(error: OSError) -> str:
    what = error.strerror or str(error)
    where = f"{error.filename}: " if error.filename else ""
    remedy = "; free some space or choose another folder with -o" if error.errno == errno.ENOSPC else ""
    return f"{where}{what[:1].lower()}{what[1:]}{remedy}"


def _close_stdout() -> None:
    """Keep Python from complaining, at exit, of a reader that went away."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
