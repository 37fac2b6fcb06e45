"""Failures in one line each: what the user sees, and the exit code."""

import errno
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from mdlbench.cli.common.paths import json_name, name_of
from mdlbench.cli.common.printing import print_json
from mdlbench.errors import (
    ContainerError,
    EnvironmentMismatchError,
    InterruptedRunError,
    MdlbenchError,
    ModelMismatchError,
    UsageError,
    VerificationError,
)
from mdlbench.text import reason, visible

_OF_A_FILE = (ContainerError, ModelMismatchError, EnvironmentMismatchError, VerificationError)  # their text does not name it


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
        except BrokenPipeError:  # the reader has seen enough, of all items
            raise
        except (MdlbenchError, OSError) as error:
            worst = max(worst, report_error(error, as_json=as_json, data_on_stdout=data_on_stdout, file=item[0]))
    if worst:
        raise click.exceptions.Exit(worst)


def report_error(error: Exception, *, as_json: bool, data_on_stdout: bool = False, file: str | None = None) -> int:
    """Print an error as a line on stderr, with --json also as an object (on stdout, unless data go there); its exit code.

    Args:
        file: the input that it is about, if there is one.
    """
    kind, message, code = type(error).__name__, str(error), getattr(error, "exit_code", 1)
    if isinstance(error, OSError) and not isinstance(error, MdlbenchError):
        kind, message = "OSError", _system_error(error)
    if file is not None and isinstance(error, _OF_A_FILE):
        message = f"{name_of(file)}: {message}"
    about = {} if file is None else {"input": json_name(file)}
    with suppress(OSError, AttributeError):  # a stream that is closed or full cannot be told so
        print(f"mdlbench: {visible(message)}", file=sys.stderr, flush=True)
        if as_json:
            print_json("error", {"error": kind, "message": message, **about}, to_stderr=data_on_stdout)
    return code


def as_line(error: BaseException) -> Exception:
    """The same error with the text and exit code that the user sees."""
    if isinstance(error, click.UsageError):
        hint = f" (try: {error.ctx.command_path} --help)" if error.ctx else ""
        return UsageError(error.format_message() + hint)
    if isinstance(error, click.ClickException):
        return MdlbenchError(error.format_message())
    if isinstance(error, MemoryError):
        return MdlbenchError("out of memory; use a smaller --block-size, memory= or -j")
    if isinstance(error, KeyboardInterrupt | click.Abort):
        number = getattr(error.__cause__ or error, "signal", signal.SIGINT)  # click's Abort has it as its cause
        return InterruptedRunError("interrupted; what was not finished is not kept", number)
    assert isinstance(error, Exception)
    return error


def _system_error(error: OSError) -> str:
    where = f"{error.filename or repr(error.filename)}: " if error.filename is not None else ""
    remedy = "; free some space, or write elsewhere" if error.errno == errno.ENOSPC else ""
    return f"{where}{reason(error)}{remedy}"
