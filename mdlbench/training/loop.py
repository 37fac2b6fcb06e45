"""Training one seed: batch, loss, step; a line of log per step, a checkpoint where the configuration asks for one."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from mdlbench.atomic import write_whole
from mdlbench.errors import MdlbenchError
from mdlbench.training.checkpoints import Checkpoint, checkpoint_folder, find_checkpoints, restore, write_checkpoint
from mdlbench.training.config import TrainingConfig
from mdlbench.training.data import Windows, windows_of
from mdlbench.units import nats_to_bits

UNITS = {
    "step": "updates of the weights so far",
    "tokens": "symbols predicted so far",
    "bytes": "bytes that those symbols stand for",
    "loss_bits_per_symbol": "mean over the step's batch, before its update",
    "learning_rate": "of the step",
    "seconds": "training time so far, without evaluation and start",
}
_SHOWN = 1.0  # seconds between looks at the clock that make the log visible and report progress
INTERRUPTED = "interrupted"  # the checkpoint of a run that was stopped


@dataclass(frozen=True)
class Progress:
    """How far a seed is: tokens of all its tokens, and the loss of the last step in bits per symbol (None before the first)."""

    seed: int
    tokens: int
    total: int
    loss: float | None


@dataclass(frozen=True)
class Task:
    """What one call trains: a seed of a run, up to a step."""

    config: TrainingConfig
    folder: Path
    seed: int
    last_step: int


def train_seed(task: Task, stop: Callable[[], bool], report: Callable[[Progress], None]) -> bool:
    """Train a seed from where its folder says it is; False if it was stopped before the end.

    Args:
        task: what to train.
        stop: asked after each step; if true, the state is saved and the call returns.
        report: told of progress about once a second.
    """
    windows = windows_of(task.config, task.seed)  # before torch is loaded: what is wrong with the data is said at once
    with alone(task.folder), one_thread():
        trainer = Trainer(task, windows)
        trainer.resume()
        return trainer.run(stop, report)


class Trainer:
    """A network, its optimiser and its data, somewhere between the first and the last step."""

    def __init__(self, task: Task, windows: Windows) -> None:
        from mdlbench.training.architectures import build_network
        from mdlbench.training.optimisers import build_optimiser

        self._task, self._config = task, task.config
        self.alphabet_size = self._config.source.symbols
        self.network = build_network(self._config.architecture, self.alphabet_size, task.seed)
        self.optimiser = build_optimiser(self._config.optimiser, self.network)
        self._windows, self.step, self._seconds = windows, 0, 0.0

    def resume(self) -> None:
        """Go on from the last checkpoint, and cut the log to it; write the first ones if there is none."""
        folder = self._task.folder
        found = find_checkpoints(folder)
        stopped = folder / INTERRUPTED
        if stopped.is_dir():
            tokens = Checkpoint(stopped, 0).state().tokens
            found = sorted([*found, Checkpoint(stopped, tokens)], key=lambda one: one.tokens)
        if found:
            reached = restore(found[-1], self.network, self.optimiser)
            self.step = reached.step
            if (reached.seed, reached.step * self._config.tokens_per_step) != (self._task.seed, found[-1].tokens):
                raise MdlbenchError(
                    f"{found[-1].folder / 'training.json'} is of another run: seed {reached.seed}, step {reached.step}; "
                    f"remove {found[-1].folder} to go back further"
                )
        elif 0 in self._config.kept_steps():
            self._save(checkpoint_folder(folder, 0))
        self._seconds = cut_log(folder / "log.jsonl", self._task.seed, self.step)

    def run(self, stop: Callable[[], bool], report: Callable[[Progress], None]) -> bool:
        """Train to the task's last step."""
        kept = set(self._config.kept_steps())
        loss: float | None = None
        began, told = time.monotonic() - self._seconds, 0.0
        with open(self._task.folder / "log.jsonl", "a", encoding="utf8") as log:
            while self.step < self._task.last_step:
                loss = self._train_step()
                now = time.monotonic()
                self._write_line(log, loss, now - began)
                if self.step in kept:
                    flushed(log)
                    self._save(checkpoint_folder(self._task.folder, self.step * self._config.tokens_per_step))
                if now - told > _SHOWN:
                    log.flush()
                    report(self._progress(loss))
                    told = now
                if self.step < self._task.last_step and stop():
                    flushed(log)
                    self._save(self._task.folder / INTERRUPTED)
                    return False
        last = checkpoint_folder(self._task.folder, self.step * self._config.tokens_per_step)
        if not last.is_dir():  # the caller's own place to stop
            self._save(last)
        shutil.rmtree(self._task.folder / INTERRUPTED, ignore_errors=True)
        report(self._progress(loss))
        return True

    def _train_step(self) -> float:
        """One update; the loss before it, in bits per symbol."""
        import torch
        from torch.nn.functional import cross_entropy

        windows = torch.from_numpy(self._windows.batch(self.step))
        rate = self._config.learning_rate(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        logits = self.network(input_ids=windows[:, :-1], use_cache=False).logits
        loss = cross_entropy(logits.reshape(-1, self.alphabet_size), windows[:, 1:].reshape(-1))
        self.optimiser.zero_grad()
        loss.backward()
        if self._config.optimiser.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._config.optimiser.clip)
        self.optimiser.step()
        self.step += 1
        value = nats_to_bits(float(loss.detach()))
        if not np.isfinite(value):
            raise MdlbenchError(
                f"seed {self._task.seed}: the loss at step {self.step} is not finite; lower --learning-rate or set --clip 1"
            )
        return value

    def _write_line(self, log: TextIO, loss: float, seconds: float) -> None:
        tokens = self.step * self._config.tokens_per_step
        line = {
            "step": self.step,
            "tokens": tokens,
            "bytes": tokens,
            "loss_bits_per_symbol": loss,
            "learning_rate": self._config.learning_rate(self.step - 1),
            "seconds": round(seconds, 4),
        }
        log.write(json.dumps(line) + "\n")

    def _progress(self, loss: float | None) -> Progress:
        per_step = self._config.tokens_per_step
        return Progress(self._task.seed, self.step * per_step, self._task.last_step * per_step, loss)

    def _save(self, folder: Path) -> None:
        tokens = self.step * self._config.tokens_per_step
        progress = {"seed": self._task.seed, "step": self.step, "tokens": tokens, "bytes": tokens}
        write_checkpoint(folder, self.network, self.optimiser, bytes(range(self.alphabet_size)), progress)


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log, one per step, without its head; a line cut short by a crash ends it.

    Raises:
        MdlbenchError: a line is damaged.
    """
    with open(path, encoding="utf8", errors="replace") as log:
        next(log, None)
        for step, text in enumerate(log, 1):
            if not text.endswith("\n"):
                return
            try:
                line = json.loads(text)
                if {name: type(line[name]) in (int, float) for name in UNITS} != dict.fromkeys(UNITS, True) or line[
                    "step"
                ] != step:
                    raise ValueError
            except (ValueError, TypeError, KeyError, RecursionError):
                raise MdlbenchError(f"{path} is damaged: line {step + 1} is not that of step {step}; {_again(path)}") from None
            yield line


def cut_log(path: Path, seed: int, step: int) -> float:
    """Leave the log of the first `step` steps, beginning one if there is none; the seconds they took.

    Raises:
        MdlbenchError: the log is damaged, or lacks some of them.
    """
    lines = list(islice(read_log(path), step)) if path.exists() else []
    if len(lines) < step:
        raise MdlbenchError(f"{path} is damaged: it ends after step {len(lines)} of {step}; {_again(path)}")
    head = {"schema": "mdlbench.training-log/1", "seed": seed, "units": UNITS}
    write_whole(path, "".join(json.dumps(line) + "\n" for line in [head, *lines]))
    return lines[-1]["seconds"] if lines else 0.0


def _again(log: Path) -> str:
    return f"put a copy of it back, or remove {log.parent} to train the seed again"


def flushed(log: TextIO) -> None:
    """Have the disk hold the log before a checkpoint that counts on it."""
    log.flush()
    os.fsync(log.fileno())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a seed's folder, and hold it against a second process that would write to it (where the system can do that).

    Raises:
        MdlbenchError: another process trains this seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(folder / ".lock", "w", encoding="utf8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MdlbenchError(f"{folder} is being trained by another process; wait for it, or name another folder") from None
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch with one thread and denormal numbers flushed to zero; as before, afterwards.

    For networks this small a second thread costs more than it brings, and a denormal number costs a hundred others.
    """
    import torch

    before = torch.get_num_threads()
    random_state = torch.get_rng_state()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)
        torch.set_rng_state(random_state)
