"""Compressors that are installed programs: a table of their command lines, and the one place that runs them.

A program runs in a temporary folder of its own, without a shell, on one thread, within a time limit; what it may write is
limited too (RLIMIT_FSIZE on Linux; elsewhere only the result is checked), and it is ended, with its children, when the user
interrupts. Still it is somebody else's code reading the payload: decode with a program what you would open with it.

To add one, add a row. In the folder the original is called `data` and the compressed file `packed` and its suffix; a
command that does not name its input reads it from standard input, one that does not name its output writes standard output.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.models.decoders import Binaries, Decoder, Unknown
from mdlbench.workers import ended_with

_SLACK = 64 << 20  # bytes a program may write beside its result: models, logs
_DIGITS = tuple("123456789")


@dataclass(frozen=True)
class Program:
    """One row of the table.

    Attributes:
        executables: names to look for in PATH; the first that is there is used.
        levels, default: what `level=` may say, weakest first, and what it means to say nothing.
        format: names the file format; part of the model's digest. The path and build of the program are not.
        compress, decompress: arguments after the executable; `{level}` is replaced.
        remedy: how to get the program.
        suffix: of the compressed file.
        listing: arguments that list an archive, for those that may hold other files than `data`; such are refused.
        about: arguments that make it say its version; most say it when they are given nothing to do.
        seconds_per_byte: a generous bound on its time.
        portability: "environment" if its probabilities are floating-point numbers.
        usual_speed: bytes a second at the default level, the slower direction, on one core of about 2.6 GHz: roughly, to say
            which baselines are slow.
        dated: whether it writes the time into its file, so that two files of the same data differ.
    """

    executables: tuple[str, ...]
    levels: tuple[str, ...]
    default: str
    format: str
    compress: tuple[str, ...]
    decompress: tuple[str, ...]
    remedy: str
    suffix: str = ""
    listing: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    seconds_per_byte: float = 1e-4
    portability: Literal["exact", "environment"] = "exact"
    usual_speed: float = 1e6
    dated: bool = False

    def check_installed(self) -> None:
        """Raise `UsageError` if none of the executables is in PATH."""
        self._executable()

    def version(self) -> str:
        """The first line with a digit that the program prints about itself, for results."""
        done = subprocess.run(
            [self._executable(), *self.about], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20
        )
        lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        return next((line.strip() for line in lines if any(map(str.isdigit, line))), "unknown version")

    def decoder(self) -> Decoder:
        """The program, with the libraries beside it that have its name; of a script, the programs that it runs."""
        path = Path(self._executable()).resolve()
        programs = _run_by(path)
        if not programs:
            return Unknown(f"{path.name} is a script, and what decodes is not in the files that it names")
        return Binaries(
            tuple(sorted({each for program in programs for each in (program, *program.parent.glob(f"{program.name}*.so"))}))
        )

    def write(self, data: bytes, level: str) -> bytes:
        """The program's file of `data`."""
        return self._run(self.compress, level, "data", "packed" + self.suffix, data, 2 * len(data) + _SLACK)

    def read(self, payload: bytes, level: str, size: int) -> bytes:
        """What the program makes of its file: at most `size + 1` bytes of it."""
        packed = "packed" + self.suffix
        if self.listing:
            listed = self._run(self.listing, level, packed, "listing", payload, 1 << 20).decode(errors="replace")
            names = [line.split()[-1] for line in listed.splitlines() if line.startswith("- ")]
            if names != ["data"]:
                raise ValueError(f"the archive holds {', '.join(names[:3]) or 'nothing'} instead of the one file `data`")
        return self._run(self.decompress, level, packed, "data", payload, size)

    def _run(self, arguments: Sequence[str], level: str, source: str, result: str, given: bytes, limit: int) -> bytes:
        argv = [self._executable(), *(argument.replace("{level}", level) for argument in arguments)]
        seconds = 60 + max(len(given), limit) * self.seconds_per_byte
        return run_bounded(argv, source, result, given, limit, seconds)

    def _executable(self) -> str:
        for name in self.executables:
            if path := shutil.which(name):
                return path
        raise UsageError(f"{' or '.join(self.executables)} is not in PATH; {self.remedy}")


def _run_by(executable: Path) -> set[Path]:
    """The file itself; if it is a script, the files that it names instead."""
    with open(executable, "rb") as file:
        begin = file.read(1 << 12)
    if not begin.startswith(b"#!"):
        return {executable}
    script = begin.partition(b"\n")[2].decode(errors="replace")
    return {path for path in map(Path, re.findall(r"(?<![\w$])/[\w./+-]+", script)) if path.is_file()}


def run_bounded(argv: Sequence[str], source: str, result: str, given: bytes, limit: int, seconds: float) -> bytes:
    """Run a command in a folder of its own.

    Args:
        argv: the command.
        source: the name under which it finds `given`; if no argument says this name, it is standard input.
        result: the name of what it makes; if no argument says this name, it is standard output.
        limit: bytes wanted of the result; at most one more is returned.
        seconds: after which it is ended.

    Raises:
        MdlbenchError: it failed or took too long, with the last line that it wrote.
    """
    folder = Path(tempfile.mkdtemp(prefix="mdlbench-"))
    with ended_with(lambda: shutil.rmtree(folder, ignore_errors=True)):
        (folder / source).write_bytes(given)
        out_name = "stdout" if result in argv else result
        with (
            open(folder / source if source not in argv else os.devnull, "rb") as stdin,
            open(folder / out_name, "wb") as stdout,
            open(folder / "log", "wb") as log,
        ):
            code = _wait(argv, folder, (stdin, stdout, log), limit + _SLACK, seconds)
        if code != 0:
            said = [*_lines(folder / "log"), *(_lines(folder / "stdout") if out_name == "stdout" else [])]
            raise MdlbenchError(f"{Path(argv[0]).name} {_ending(code, seconds)}{': ' + said[-1] if said else ''}")
        if not (folder / result).is_file():
            raise MdlbenchError(f"{Path(argv[0]).name} ended without writing its result")
        with open(folder / result, "rb") as file:
            return file.read(limit + 1)


def _wait(
    argv: Sequence[str], folder: Path, streams: tuple[BinaryIO, BinaryIO, BinaryIO], limit: int, seconds: float
) -> int | None:
    """Run to the end; the exit code, None if time ran out. Whatever happens, nothing is left running."""
    environment = {**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1", "LC_ALL": "C"}
    stdin, stdout, log = streams
    process = subprocess.Popen(
        argv, cwd=folder, stdin=stdin, stdout=stdout, stderr=log, env=environment, start_new_session=True
    )
    try:
        with ended_with(lambda: _kill(process)):
            _limit_file_size(process.pid, limit)
            return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        process.wait()


def _limit_file_size(pid: int, limit: int) -> None:
    if sys.platform == "linux":
        import resource

        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, and its group where there are groups.

    Does not wait for it: a signal's handler may be what calls this, in the midst of another wait.
    """
    if process.returncode is None:
        with suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


def _lines(path: Path) -> list[str]:
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 400))
        return [line.strip()[:200] for line in file.read().decode(errors="replace").splitlines() if line.strip()]


def _ending(code: int | None, seconds: float) -> str:
    if code is None:
        return f"was ended after {seconds:.0f} s"
    return f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"


PROGRAMS = {
    "zpaq": Program(
        ("zpaq",),
        tuple("12345"),
        "5",
        "zpaq 7 archive of `data`",
        ("add", "packed.zpaq", "data", "-m{level}", "-t1", "-noattributes"),
        ("extract", "packed.zpaq", "data", "-to", "data", "-t1"),
        "run: apt-get install zpaq",
        ".zpaq",
        listing=("list", "packed.zpaq"),
        seconds_per_byte=1e-3,
        usual_speed=3e5,
        dated=True,
    ),
    "7z": Program(
        ("7zz", "7z", "7za"),
        tuple("13579"),
        "9",
        "7z archive, LZMA2",
        ("a", "-t7z", "-m0=LZMA2", "-mx={level}", "-mmt=1", "-mtm=off", "-bd", "-y", "packed.7z", "data"),
        ("e", "-so", "-mmt=1", "-bd", "packed.7z"),
        "run: apt-get install 7zip (or p7zip-full)",
        ".7z",
        usual_speed=1.5e6,
    ),
    "7z-ppmd": Program(
        ("7zz", "7z", "7za"),
        tuple(map(str, range(2, 33))),
        "16",
        "7z archive, PPMd, level = order",
        ("a", "-t7z", "-m0=PPMd:o{level}:mem=1g", "-mmt=1", "-mtm=off", "-bd", "-y", "packed.7z", "data"),
        ("e", "-so", "-mmt=1", "-bd", "packed.7z"),
        "run: apt-get install 7zip (or p7zip-full)",
        ".7z",
        usual_speed=4e6,
    ),
    "lzip": Program(
        ("lzip",),
        _DIGITS,
        "9",
        "lzip",
        ("-{level}", "-c"),
        ("-d", "-c"),
        "run: apt-get install lzip",
        ".lz",
        about=("--version",),
    ),
    "lrzip": Program(
        ("lrzip",),
        _DIGITS,
        "9",
        "lrzip, zpaq",
        ("-z", "-L{level}", "-p1", "-q", "-o", "packed.lrz", "data"),
        ("-d", "-p1", "-q", "-o", "data", "packed.lrz"),
        "run: apt-get install lrzip",
        ".lrz",
        about=("--version",),
        seconds_per_byte=1e-3,
        usual_speed=5e5,
    ),
    "bzip3": Program(
        ("bzip3",),
        ("511",),
        "511",
        "bzip3",
        ("-e", "-b", "{level}", "-c"),
        ("-d", "-c"),
        "run: apt-get install bzip3",
        ".bz3",
        about=("--version",),
        usual_speed=8e6,
    ),
    "paq8px": Program(
        ("paq8px",),
        tuple("123456789"),
        "9",
        "paq8px",
        ("-{level}", "data", "packed"),
        ("-d", "packed", "data"),
        "build it: https://github.com/hxim/paq8px",
        seconds_per_byte=1e-2,
        usual_speed=3e3,
    ),
    "cmix": Program(
        ("cmix",),
        ("",),
        "",
        "cmix",
        ("-c", "data", "packed"),
        ("-d", "packed", "data"),
        "build it: https://github.com/byronknoll/cmix",
        seconds_per_byte=1e-1,
        portability="environment",
        usual_speed=1e3,
    ),
    "lstm-compress": Program(
        ("lstm-compress",),
        ("",),
        "",
        "lstm-compress",
        ("-c", "data", "packed"),
        ("-d", "packed", "data"),
        "build it: https://github.com/byronknoll/lstm-compress",
        seconds_per_byte=1e-2,
        portability="environment",
        usual_speed=4e3,
    ),
}
