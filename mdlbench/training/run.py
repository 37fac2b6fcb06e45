"""A run: one configuration trained from several seeds, as a folder.

RUN/run.json                                   configuration and seeds
RUN/seed-0/log.jsonl                           a head that names the units, then a line per step
RUN/seed-0/checkpoints/tokens-0000064000/      what `hf:` loads, and what training goes on from (see checkpoints.py)
RUN/seed-0/interrupted/                        the same, where a run was stopped between checkpoints
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdlbench.atomic import write_whole
from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.training.checkpoints import Checkpoint, find_checkpoints, read_document
from mdlbench.training.config import TrainingConfig
from mdlbench.training.data import windows_of
from mdlbench.training.loop import read_log

if TYPE_CHECKING:
    from mdlbench.processes import Process

SCHEMA = "mdlbench.run/1"


@dataclass(frozen=True)
class _Document:
    """What `run.json` holds."""

    schema: str
    config: TrainingConfig
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.seeds or min(self.seeds) < 0:
            raise ValueError(f"seeds {list(self.seeds)} are no whole numbers from 0 on")


@dataclass(frozen=True)
class Run:
    """A run folder.

    Attributes:
        folder: where it lies.
        config: all that shapes the weights but the seed.
        seeds: those trained or to be trained.

    Example:
        run = load_run("runs/mess3")
        network = run.checkpoints(seed=0)[-1].network()
    """

    folder: Path
    config: TrainingConfig
    seeds: tuple[int, ...]

    def seed_folder(self, seed: int) -> Path:
        """Where a seed's log and checkpoints lie."""
        return self.folder / f"seed-{seed}"

    def checkpoints(self, seed: int) -> list[Checkpoint]:
        """The checkpoints of a seed in the order of their tokens; none before it began."""
        return find_checkpoints(self.seed_folder(seed))

    def last(self, seed: int) -> Checkpoint:
        """The latest checkpoint of a seed.

        Raises:
            UsageError: there is none yet.
        """
        found = self.checkpoints(seed)
        if not found:
            raise UsageError(f"{self.seed_folder(seed)} holds no checkpoint; train it with the command that began the run")
        return found[-1]

    def log(self, seed: int) -> Iterator[dict[str, Any]]:
        """A dictionary per step: step, tokens, bytes, loss_bits_per_symbol, learning_rate, seconds."""
        return read_log(self.seed_folder(seed) / "log.jsonl")

    def process(self) -> "Process | None":
        """The process that the run learns, or None for one on files."""
        from mdlbench.training.data import find_process

        return None if self.config.source.process is None else find_process(self.config.source)

    def is_complete(self, seed: int) -> bool:
        """Whether a seed reached its last step."""
        found = self.checkpoints(seed)
        return bool(found) and found[-1].tokens == self.config.steps * self.config.tokens_per_step


def load_run(folder: str | os.PathLike[str]) -> Run:
    """Read a run folder.

    Raises:
        UsageError: there is no `run.json`, or it is of another version.
    """
    path = Path(folder) / "run.json"
    if not path.is_file():
        raise UsageError(f"{folder} is no run: it has no run.json; give the folder named with -o when it was trained")
    try:
        document = read_document(_Document, path, SCHEMA, "put a copy of it back, or train the run again in another folder")
    except MdlbenchError as error:
        raise UsageError(str(error)) from None
    return Run(Path(folder), document.config, document.seeds)


def open_run(folder: str | os.PathLike[str], config: TrainingConfig, seeds: tuple[int, ...]) -> Run:
    """Begin a run, or find the one begun with the same configuration; new seeds are added to it.

    Raises:
        UsageError: the folder holds another run, or something else; or there is too little to learn from.
    """
    path = Path(folder)
    if (path / "run.json").is_file():
        found = load_run(path)
        differing = found.config.differences(config)
        if differing:
            raise UsageError(f"{folder} holds another run ({'; '.join(differing)}); name another folder with -o")
        run = Run(path, found.config, tuple(sorted({*found.seeds, *seeds})))
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{folder} exists and is no run; name another folder with -o")
    else:
        run = Run(path, config, tuple(sorted(set(seeds))))
        windows_of(config, run.seeds[0])  # what cannot be learnt is refused before anything is written
    path.mkdir(parents=True, exist_ok=True)
    document = {"schema": SCHEMA, "config": run.config.to_json(), "seeds": list(run.seeds)}
    write_whole(path / "run.json", json.dumps(document, indent=2) + "\n")
    return run
