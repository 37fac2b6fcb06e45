"""The smallest runs that still learn something: half a second each."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.training import Architecture, Optimiser, Run, Source, TrainingConfig, open_run

SMALL = Architecture(context=4, layers=2, width=8, heads=2)


def stream(path: Path, n: int = 5000, symbols: int = 3) -> Path:
    """Symbols in which the next one is the last plus one, most of the time."""
    rng = np.random.default_rng(1)
    path.write_bytes((np.cumsum(rng.random(n) < 0.8) % symbols).astype(np.uint8).tobytes())
    return path


def small_config(path: Path, **changes: Any) -> TrainingConfig:
    """12 steps of 4 windows, with checkpoints before the first and after the fifth."""
    base = TrainingConfig(
        Source(paths=(str(path),), symbols=3),
        SMALL,
        Optimiser(warmup=3, clip=1.0),
        batch_size=4,
        tokens=192,
        checkpoints=(0, 80),
    )
    return replace(base, **changes)


def small_run(folder: Path, **changes: Any) -> Run:
    """A run of one seed on a stream beside it, not yet trained."""
    return open_run(folder / "run", small_config(stream(folder / "stream.bin"), **changes), (0,))
