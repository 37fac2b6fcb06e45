"""Clean processes: what they import, cost and say, and that none of them outlives whoever started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mdlbench
from mdlbench.errors import MdlbenchError
from mdlbench.fresh import fresh, run_fresh, shown

SAY_PID = "import os; print(os.getpid(), flush=True); "
FOR_EVER = "import time; time.sleep(600)"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3] if Path("/proc/self").exists() else True


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.02)


def test_cost_and_answer() -> None:
    work = "print('first'); x = b'x' * (50 << 20); import time; time.sleep(0.2); print('{\"n\": 3}')"
    ran = run_fresh(["-c", work])
    assert ran.said == {"n": 3}
    assert ran.command == (sys.executable, "-c", work)
    assert 0.2 < ran.wall_seconds < 60
    if hasattr(os, "wait4"):
        assert ran.cpu_seconds is not None
        assert ran.peak_bytes is not None
        assert ran.cpu_seconds > 0
        assert 50 << 20 < ran.peak_bytes < 1 << 30


def test_this_package_is_imported_and_nothing_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "numpy", "mdlbench"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    program = "import json, numpy, mdlbench; print(json.dumps({'file': mdlbench.__file__}))"
    assert run_fresh(["-c", program]).said == {"file": mdlbench.__file__}


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("import sys; sys.exit('warning\\n\\nmdlbench: no such model\\n')", "^no such model$"),
        ("raise SystemExit(3)", "^its process failed with exit code 3$"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "^its process was ended by signal 9$"),
        ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "^its process was ended from outside$"),
    ],
)
def test_why_a_process_failed_is_one_line(program: str, complaint: str) -> None:
    with pytest.raises(MdlbenchError, match=complaint):
        run_fresh(["-c", program])


def test_leaving_the_block_ends_the_process() -> None:
    """Also one that waits for its output to be read."""
    for then in (FOR_EVER, "import sys; sys.stdout.write('x' * (8 << 20)); " + FOR_EVER):
        with fresh(["-c", SAY_PID + then]) as process:
            pid = int(process.stdout.readline())
            assert is_running(pid)
        wait_for_end(pid)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_killed_parent_leaves_no_process() -> None:
    child = SAY_PID + FOR_EVER
    wait = "print(process.stdout.readline().decode(), flush=True); process.finish()"
    program = f"from mdlbench.fresh import fresh\nwith fresh(['-c', {child!r}]) as process: {wait}"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    wait_for_end(pid)


def test_commands_are_recorded_without_the_folders_of_this_machine() -> None:
    assert shown(["/usr/bin/python3", "-m", "mdlbench", "/x/y/0.mdlz", "a/b"]) == ["python3", "-m", "mdlbench", "0.mdlz", "a/b"]
