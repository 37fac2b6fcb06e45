"""The result of `mdlbench train`: where each seed of a run is. Kind "train"."""

from dataclasses import dataclass

from mdlbench.result import result_kind
from mdlbench.training.config import TrainingConfig


@dataclass(frozen=True)
class TrainedSeed:
    """One seed's last checkpoint.

    Attributes:
        tokens: symbols predicted so far.
        complete: whether it reached its last step.
        last_loss_bits_per_symbol: mean training loss of its last hundred steps; None before the first.
        seconds: spent on training, without evaluation and start.
        checkpoint: the folder, which `hf:` reads.
    """

    seed: int
    tokens: int
    complete: bool
    last_loss_bits_per_symbol: float | None
    seconds: float
    checkpoint: str


@result_kind("train", schema=2)
@dataclass(frozen=True)
class TrainedRun:
    """A run on files.

    Attributes:
        run: its folder.
        config: what was trained, and how.
        parameters: numbers in a checkpoint's weights.
    """

    run: str
    config: TrainingConfig
    parameters: int
    seeds: tuple[TrainedSeed, ...]
