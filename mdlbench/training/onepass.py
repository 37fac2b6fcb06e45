"""One pass over a block with an `OnlineLearner`, every step logged before its update, on disk so that it can be continued.

FOLDER/log.jsonl                    as of a run: units, then a line for each update (see loop.py)
FOLDER/checkpoints/tokens-NNN/      now and then, the latest alone; `carried.safetensors` beside what any checkpoint has

The sum of loss x tokens over the log is the area under the training curve, and the code length of the block.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.errors import MdlbenchError
from mdlbench.progress import watch
from mdlbench.training.checkpoints import checkpoint_folder, find_checkpoints, restore, write_checkpoint
from mdlbench.training.loop import alone, cut_log, flushed, one_thread
from mdlbench.training.online import NO_SYMBOL, OnlineConfig, OnlineLearner, in_streams
from mdlbench.units import nats_to_bits

_KEPT_EVERY = 30.0  # seconds of training that may be lost
_CARRIED = "carried.safetensors"


def train_once(config: OnlineConfig, symbols: np.ndarray, n_streams: int, seed: int, folder: Path) -> None:
    """Train on every symbol, (n,) of any integer type below 256, exactly once; go on where the folder says training stopped.

    Raises:
        MdlbenchError: the folder is damaged, another process trains there, or the loss is not finite.
    """
    with alone(folder), one_thread():
        one = _OnePass(config, symbols, n_streams, seed, folder)
        try:
            one.run()
        except FloatingPointError as error:
            raise MdlbenchError(f"{folder}: {error}") from None


class _OnePass:
    """A learner, its data and its folder, somewhere between the first and the last update."""

    def __init__(self, config: OnlineConfig, symbols: np.ndarray, n_streams: int, seed: int, folder: Path) -> None:
        self._folder, self._seed, self._horizon = folder, seed, config.horizon
        self._learner = OnlineLearner(config, n_streams, seed)
        self._streams = in_streams(symbols, n_streams)
        there = (self._streams != NO_SYMBOL).sum(dim=0).cumsum(dim=0)
        self._tokens = [0, *there.tolist()]  # up to each place of the streams
        self._resume()

    def run(self) -> None:
        """To the last update; the last state is kept."""
        learner, length = self._learner, self._streams.shape[1]
        begun, kept, place = time.monotonic() - self._seconds, time.monotonic(), [learner.updates * self._horizon]
        watch(place, length)
        with open(self._folder / "log.jsonl", "a", encoding="utf8") as log:
            while place[0] < length:
                chunk = self._streams[:, place[0] : place[0] + self._horizon]
                loss = learner.learn(chunk).loss
                place[0] += chunk.shape[1]
                line = self._line(place[0], loss, time.monotonic() - begun)
                log.write(json.dumps(line) + "\n")
                if time.monotonic() - kept > _KEPT_EVERY or place[0] == length:
                    flushed(log)
                    self._keep(line["tokens"])
                    kept = time.monotonic()

    def _line(self, place: int, loss: float, seconds: float) -> dict[str, Any]:
        tokens = self._tokens[place]
        return {
            "step": self._learner.updates,
            "tokens": tokens,
            "bytes": tokens,
            "loss_bits_per_symbol": nats_to_bits(loss),
            "learning_rate": self._learner.optimiser.param_groups[0]["lr"],
            "seconds": round(seconds, 4),
        }

    def _keep(self, tokens: int) -> None:
        """The state as it is, in place of the one before; n-gram features are too large to keep, and their runs begin again."""
        if self._learner.config.orders:
            return
        learner, before = self._learner, find_checkpoints(self._folder)
        progress = {"seed": self._seed, "step": learner.updates, "tokens": tokens, "bytes": tokens}
        alphabet = bytes(range(learner.alphabet_size))
        folder = checkpoint_folder(self._folder, tokens)
        write_checkpoint(folder, learner.network, learner.optimiser, alphabet, progress, {_CARRIED: learner.carried()})
        for old in before:
            if old.folder != folder:
                shutil.rmtree(old.folder)

    def _resume(self) -> None:
        found = find_checkpoints(self._folder)
        if found:
            from safetensors.torch import load_file

            reached = restore(found[-1], self._learner.network, self._learner.optimiser)
            self._learner.restore(load_file(found[-1].folder / _CARRIED), reached.step)
        self._seconds = cut_log(self._folder / "log.jsonl", self._seed, self._learner.updates)
