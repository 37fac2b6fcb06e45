"""Seeds of a run side by side, a process and one thread each; a worker stops, saved, when its standard input ends."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mdlbench.errors import InterruptedRunError, MdlbenchError
from mdlbench.fresh import environment
from mdlbench.training.loop import Progress, Task, train_seed
from mdlbench.training.run import Run, open_run

_PATIENCE = 60.0  # seconds that a worker has to save its state
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",  # glibc: keep the memory of each step's tensors for the next step, a tenth faster
    "MALLOC_TRIM_THRESHOLD_": "2000000000",
}


def train_run(
    run: Run,
    seeds: tuple[int, ...],
    *,
    jobs: int = 1,
    stop_at: int | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> None:
    """Train seeds of a run that are not complete; an interrupt leaves what the same call continues.

    Args:
        run: from `open_run`.
        seeds: which; weights depend on neither their order nor `jobs`.
        jobs: seeds trained at a time, each in a process of its own; 1 trains in this process.
        stop_at: tokens after which to stop for now, rounded up to whole steps.
        report: told of progress, about once a second and seed.

    Raises:
        InterruptedRunError: the user stopped it.
    """
    last = run.config.steps
    if stop_at is not None:
        last = min(last, -(-stop_at // run.config.tokens_per_step))
    tasks = [Task(run.config, run.seed_folder(seed), seed, last) for seed in seeds]
    if jobs == 1 or len(tasks) == 1:
        _train_here(tasks, report)
    else:
        _Workers(run, tasks, jobs, report).train()


def _train_here(tasks: list[Task], report: Callable[[Progress], None]) -> None:
    with _held_interrupt() as interrupted:
        for task in tasks:
            if not train_seed(task, interrupted, report):
                raise InterruptedRunError(_interrupted(task.folder.parent))


@contextmanager
def _held_interrupt() -> Iterator[Callable[[], bool]]:
    """A question whether an interrupt has come, which is not raised meanwhile; a second one is."""
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return

    def note(number: int, frame: object) -> None:
        if came.is_set():
            raise KeyboardInterrupt
        came.set()

    kinds = [signal.SIGINT, signal.SIGTERM]
    before = [signal.signal(kind, note) for kind in kinds]
    try:
        yield came.is_set
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


class _Workers:
    """Processes that train one seed each, `jobs` at a time, and what they say."""

    def __init__(self, run: Run, tasks: list[Task], jobs: int, report: Callable[[Progress], None]) -> None:
        self._run, self._waiting, self._jobs, self._report = run, tasks[::-1], jobs, report
        self._said: queue.Queue[tuple[int, dict[str, object] | None]] = queue.Queue()
        self._running: dict[int, tuple[subprocess.Popen[str], threading.Thread]] = {}

    def train(self) -> None:
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < self._jobs:
                    self._start(self._waiting.pop())
                seed, said = self._said.get()
                if said is None:
                    self._ended(seed)
                else:
                    self._heard(said)
        except KeyboardInterrupt:
            raise InterruptedRunError(_interrupted(self._run.folder)) from None
        finally:
            self._stop()

    def _start(self, task: Task) -> None:
        command = [sys.executable, "-m", "mdlbench.training.worker", str(self._run.folder), str(task.seed)]
        worker = subprocess.Popen(
            [*command, str(task.last_step)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf8",
            env=environment() | _ENVIRONMENT,
        )
        listener = threading.Thread(target=self._listen, args=(task.seed, worker), daemon=True)
        self._running[task.seed] = worker, listener
        listener.start()

    def _listen(self, seed: int, worker: "subprocess.Popen[str]") -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            self._said.put((seed, json.loads(line)))
        self._said.put((seed, None))

    def _heard(self, said: dict[str, object]) -> None:
        if "error" in said:
            raise MdlbenchError(str(said["error"]))
        self._report(Progress(**said))  # type: ignore[arg-type]

    def _ended(self, seed: int) -> None:
        worker, listener = self._running.pop(seed)
        assert worker.stderr is not None
        complaint = worker.stderr.read().strip().splitlines()
        worker.wait()
        _close(worker, listener)
        if worker.returncode:
            reason = complaint[-1] if complaint else f"exit code {worker.returncode}"
            raise MdlbenchError(
                f"the process of seed {seed} ended early ({reason}); the same command goes on from where it was"
            )

    def _stop(self) -> None:
        """Ask the workers to save and end, and do not take no for an answer."""
        for worker, _ in self._running.values():
            assert worker.stdin is not None
            worker.stdin.close()
        for worker, listener in self._running.values():
            try:
                worker.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            _close(worker, listener)


def _close(worker: "subprocess.Popen[str]", listener: threading.Thread) -> None:
    listener.join()
    for pipe in (worker.stdin, worker.stdout, worker.stderr):
        if pipe is not None:
            pipe.close()


def _interrupted(folder: Path) -> str:
    return f"interrupted; what is trained so far is in {folder}, and the same command goes on from there"


__all__ = ["open_run", "train_run"]
