"""Run one command and say what it cost: the only program between whoever asks and the process that is measured.

    python -I -S launcher.py COMMAND...      last on stderr: {"exit_code", "wall_seconds", "cpu_seconds", "peak_bytes"}

It is a script of its own, of the standard library alone, because a process inherits the resident size of the one that starts
it into its own recorded peak: what starts the measured one must be small. Wall time runs from just before the process is
made until it is reaped. CPU time is user + system of the process and of all descendants that were waited for; the peak is that
of the largest single one of them (`wait4`). If standard input ends, whoever started this is gone or has had enough: the
command is told to stop, and made to after five seconds.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

PATIENCE = 5.0
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def main(*command: str) -> None:
    """Run `command`, which inherits stdout and stderr; write its cost as JSON."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(process.pid,), daemon=True).start()
    cost = _reap(process)
    cost["wall_seconds"] = time.perf_counter() - began
    with suppress(OSError):  # whoever started this is gone, or the disk is full
        sys.stderr.write(f"\n{json.dumps(cost)}\n")
        sys.stderr.flush()
    os._exit(0)  # the thread may still be reading


def _reap(process: "subprocess.Popen[bytes]") -> dict[str, float | int | None]:
    if not hasattr(os, "wait4"):  # Windows says no more than that it ended
        return {"exit_code": process.wait(), "cpu_seconds": None, "peak_bytes": None}
    _, status, usage = os.wait4(process.pid, 0)
    return {
        "exit_code": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * _PEAK_UNIT,
    }


def _end_with_input(pid: int) -> None:
    sys.stdin.buffer.read()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        time.sleep(PATIENCE)
        os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's goes to whoever started this, who then closes the pipe
    main(*sys.argv[1:])
