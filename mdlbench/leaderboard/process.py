"""Fresh processes of mdlbench, timed by `timed.py`; ended with this one, whichever way it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mdlbench
from mdlbench.errors import MdlbenchError
from mdlbench.leaderboard import timed
from mdlbench.workers import ended_with

_LAUNCHER = (sys.executable, "-I", "-S", str(Path(timed.__file__).resolve()))


@dataclass(frozen=True)
class Ran:
    """What a process cost and said.

    Attributes:
        wall_seconds: from just before it was made until it had ended.
        cpu_seconds: user + system, of it and its descendants; None where the system does not say.
        peak_bytes: resident, of the largest of them; None where the system does not say.
        said: the JSON object that it printed last.
    """

    command: tuple[str, ...]
    wall_seconds: float
    cpu_seconds: float | None
    peak_bytes: int | None
    said: dict[str, Any]


def run_fresh(arguments: Sequence[str], folder: Path) -> Ran:
    """Run `python ARGUMENTS`, which prints a JSON object, with this mdlbench and nothing of the current folder in its path.

    Args:
        folder: where its output is kept for the moment.

    Raises:
        MdlbenchError: it failed; with the last line that it wrote.
    """
    command = (sys.executable, *arguments)
    out, err = folder / "stdout", folder / "stderr"
    process = subprocess.Popen(
        [*_LAUNCHER, str(out), str(err), *command],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(), start_new_session=True,
    )  # fmt: skip
    with ended_with(lambda: _end(process)):
        assert process.stdout is not None
        cost = json.loads(process.stdout.read() or "{}")
        process.wait()
    if cost.get("exit_code") != 0:
        raise MdlbenchError(_complaint(err, cost.get("exit_code")))
    lines = out.read_text(encoding="utf8").splitlines()
    return Ran(command, cost["wall_seconds"], cost["cpu_seconds"], cost["peak_bytes"], json.loads(lines[-1]))


def shown(command: Sequence[str]) -> list[str]:
    """A command as it is recorded: of paths only the names, since the folders are this machine's and temporary."""
    return [Path(part).name if os.path.isabs(part) else part for part in command]


def _environment() -> dict[str, str]:
    folder = str(Path(mdlbench.__file__).parents[1])
    path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its input, which makes the launcher end what it started."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
        process.wait()
        process.stdout.close()


def _complaint(log: Path, exit_code: int | None) -> str:
    said = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    if said:
        return said[-1].removeprefix("mdlbench: ")
    if exit_code is None:
        return "its process was ended from outside"
    return f"its process {'was ended by signal' if exit_code < 0 else 'failed with exit code'} {abs(exit_code)}"
