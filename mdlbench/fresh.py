"""Clean processes of mdlbench: this package and nothing of the current folder, measured, and ended with whoever started them.

    here -> launcher.py -> python ARGUMENTS

Standard input says that somebody still waits: it ends when this process does, whichever way it goes, and then the launcher
ends what it started. Standard output is the process' own; of what it writes to stderr the last line becomes the error here.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from mdlbench.errors import MdlbenchError
from mdlbench.workers import ended_with

_PACKAGE = Path(__file__).resolve().parent
_LAUNCHER = (sys.executable, "-I", "-S", str(_PACKAGE / "launcher.py"))


@dataclass(frozen=True)
class Ran:
    """What a process cost and said.

    Attributes:
        wall_seconds: from just before it was made until it had ended.
        cpu_seconds: user + system, of it and its descendants; None where the system does not say.
        peak_bytes: resident, of the largest of them; None where the system does not say.
        said: the JSON object in the last line that it printed; empty if its output was read before.
    """

    command: tuple[str, ...]
    wall_seconds: float
    cpu_seconds: float | None
    peak_bytes: int | None
    said: dict[str, Any]


class Fresh:
    """A process that runs; `stdout` is what it prints."""

    def __init__(self, command: tuple[str, ...], log: IO[bytes]) -> None:
        self.command, self._log = command, log
        self._process = subprocess.Popen(
            [*_LAUNCHER, *command],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(),
            start_new_session=True,
        )
        self.stdout: BinaryIO = io.BufferedReader(cast(io.RawIOBase, self._process.stdout))

    def finish(self) -> Ran:
        """Wait until it has ended.

        Raises:
            MdlbenchError: it failed; with the last line that it wrote.
        """
        lines = self.stdout.read().splitlines()
        launched = self._process.wait() == 0
        self._log.seek(0)
        complaints = [line.strip() for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        cost: dict[str, Any] = json.loads(complaints.pop()) if launched and complaints else {"exit_code": None}
        if cost["exit_code"] != 0:
            raise MdlbenchError(_complaint(complaints, cost["exit_code"]))
        said = json.loads(lines[-1]) if lines else {}
        return Ran(self.command, cost["wall_seconds"], cost["cpu_seconds"], cost["peak_bytes"], said)

    def end(self) -> None:
        """End it, if it still runs: without its input the launcher stops it, without a reader it cannot wait to be read."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        self._process.wait()


@contextmanager
def fresh(arguments: Sequence[str]) -> Iterator[Fresh]:
    """`python ARGUMENTS` for as long as the block, or until it is `finish`ed."""
    with tempfile.TemporaryFile() as log:
        process = Fresh((sys.executable, *arguments), log)
        with ended_with(process.end):
            yield process


def run_fresh(arguments: Sequence[str]) -> Ran:
    """Run `python ARGUMENTS`, which prints a JSON object, to its end.

    Raises:
        MdlbenchError: it failed; with the last line that it wrote.
    """
    with fresh(arguments) as process:
        return process.finish()


def environment() -> dict[str, str]:
    """Variables with which Python imports this package, from whatever folder it is started in, and no module of that folder."""
    path = os.pathsep.join(filter(None, [str(_PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def shown(command: Sequence[str]) -> list[str]:
    """A command as it is recorded: of paths only the names, since the folders are this machine's and temporary."""
    return [Path(part).name if os.path.isabs(part) else part for part in command]


def _complaint(lines: list[str], exit_code: int | None) -> str:
    if lines:
        return lines[-1].removeprefix("mdlbench: ")
    if exit_code is None:
        return "its process was ended from outside"
    return f"its process {'was ended by signal' if exit_code < 0 else 'failed with exit code'} {abs(exit_code)}"
