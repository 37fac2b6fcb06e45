"""Run tasks in order over worker processes, with a bounded number in flight; one worker means this process.

How far the work has come is told meanwhile, if the caller is `progress.telling`.

Workers are spawned, not forked (numba and torch hold threads), ignore the terminal's interrupt (the parent ends them) and
exit when the parent is gone, however it went.
"""

import functools
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

from mdlbench.arguments import whole
from mdlbench.errors import MdlbenchError
from mdlbench.progress import EVERY, current, measured, telling

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_JOBS = 256
_THREAD = "mdlbench-work"
_PATIENCE = 5.0  # seconds that workers have to end what they started
_state: Any = None
_done: Any = None  # of this worker: bytes in its place of an array that the parent reads
_undone: list[Callable[[], None]] = []  # what must still be ended if this process ends now, the last first


@contextmanager
def ended_with(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` at exit from the block, and also if the process is told to stop while another thread runs the block."""
    _undone.append(end)
    try:
        yield
    finally:
        _undone.remove(end)
        end()


def leave(exit_code: int) -> NoReturn:
    """Exit after an interrupt: at once if a kernel still runs in its thread, in the ordinary way otherwise."""
    if any(thread.name == _THREAD for thread in threading.enumerate()):
        end_now(exit_code)
    sys.exit(exit_code)


def end_now(exit_code: int) -> NoReturn:
    """End this process without waiting for its threads, but not without what `ended_with` was asked to end."""
    for end in reversed(_undone.copy()):
        with suppress(OSError):
            end()
    os._exit(exit_code)


def ordered_map(
    work: Callable[[Any, Task], Result], tasks: Iterable[Task], jobs: int, state: Any, build: Callable[[Any], Any], recipe: Any
) -> Iterator[tuple[Task, Result]]:
    """Yield (task, work(state, task)) in the order of `tasks`; at most `jobs` + 1 tasks are held at a time.

    Args:
        work: a module-level function.
        tasks: taken from only as results are asked for, so memory stays flat.
        jobs: worker processes, at most MOST_JOBS; 1 runs everything here.
        state: what `work` uses in this process.
        build, recipe: `build(recipe)` makes the same in a worker.
    """
    whole("jobs", jobs, 1, MOST_JOBS)
    if jobs == 1:
        for task in tasks:
            yield task, interruptible(work, state, task)
        return
    import multiprocessing  # these two take longer to load than a small file to compress
    from concurrent.futures import wait
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    done, meter = context.RawArray("q", jobs), current()  # by each worker
    pool = ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(build, recipe, done, context.Value("i", 0)))

    def result(future: Any) -> Any:
        while not wait([future], None if meter is None else EVERY).done:
            tell()
        return future.result()

    def tell() -> None:
        if meter is not None:
            meter.set(sum(done))
            meter.tell()

    held: deque[tuple[Task, Any]] = deque()
    try:
        for task in tasks:
            with _interrupt_held():
                held.append((task, pool.submit(_work, work, task)))
            if len(held) > jobs:
                first, future = held.popleft()
                yield first, result(future)
        while held:
            first, future = held.popleft()
            yield first, result(future)
        tell()
    except BrokenProcessPool:
        raise MdlbenchError(
            "a worker process ended: out of memory (use fewer -j or a smaller --block-size), or a script without "
            "`if __name__ == '__main__':` around its call"
        ) from None
    finally:
        if held:
            _end_workers(list((pool._processes or {}).values()))
        pool.shutdown(wait=True, cancel_futures=True)


def _end_workers(processes: list[Any]) -> None:
    """Ask each to end, and do not take no for an answer: the pool waits for all of them."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _PATIENCE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()


def interruptible(work: Callable[..., Result], *arguments: Any) -> Result:
    """`work(*arguments)` in a thread, so that an interrupt does not wait for a compiled kernel, or break a compiler."""
    outcome: list[Any] = [None, None]
    meter = current()

    def run() -> None:
        try:
            with measured(meter):
                outcome[0] = work(*arguments)
        except BaseException as error:
            outcome[1] = error

    thread = threading.Thread(target=run, daemon=True, name=_THREAD)
    thread.start()
    while meter is not None and thread.is_alive():
        thread.join(EVERY)
        meter.tell()
    thread.join()
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]


@contextmanager
def _interrupt_held() -> Iterator[None]:
    """Hold back the terminal's interrupt; processes started meanwhile inherit that, this one gets it at the end.

    They also inherit that a module in the current folder is not what Python imports as it starts.
    """
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(build: Callable[[Any], Any], recipe: Any, done: Any, places: Any) -> None:
    global _state, _done
    with places.get_lock():
        _done = functools.partial(_add, done, places.value)
        places.value += 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: end_now(1))
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    _state = build(recipe)


def _exit_with_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        end_now(1)


def _work(work: Callable[[Any, Task], Result], task: Task) -> Result:
    with telling(_done):
        return interruptible(work, _state, task)  # or the signal to end would wait for the kernel


def _add(done: Any, place: int, more: int) -> None:
    done[place] += more
