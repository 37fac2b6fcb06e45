"""What training a run came to."""

from mdlbench.result import Result
from mdlbench.result.exhibits import mean
from mdlbench.training.result import TrainedRun, TrainedSeed
from mdlbench.training.run import Run

_LAST = 100  # steps whose mean loss is reported


def summarise(run: Run, seeds: tuple[int, ...]) -> Result[TrainedRun]:
    """Where each seed is: tokens, seconds, the mean training loss of its last hundred steps."""
    parts = tuple(summary_of_seed(run, seed) for seed in seeds)
    return Result(TrainedRun(str(run.folder), run.config, count_parameters(run, seeds[0]), parts))


def summary_of_seed(run: Run, seed: int) -> TrainedSeed:
    """One seed's last checkpoint; losses are None before the first step."""
    lines = list(run.log(seed))
    last = lines[-_LAST:]
    checkpoint = run.last(seed)
    return TrainedSeed(
        seed=seed,
        tokens=checkpoint.tokens,
        complete=run.is_complete(seed),
        last_loss_bits_per_symbol=mean(line["loss_bits_per_symbol"] for line in last),
        seconds=lines[-1]["seconds"] if lines else 0.0,
        checkpoint=str(checkpoint.folder),
    )


def count_parameters(run: Run, seed: int) -> int:
    """Numbers in a checkpoint's weights."""
    from math import prod

    from safetensors import safe_open

    with safe_open(run.last(seed).folder / "model.safetensors", "np") as tensors:
        return sum(prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118  (it is no dictionary)
