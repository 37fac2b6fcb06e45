"""What training a run came to, as a `Result`."""

from typing import Any

from mdlbench.result import Result
from mdlbench.training.run import Run

_LAST = 100  # steps whose mean loss is reported


def summarise(run: Run, seeds: tuple[int, ...]) -> Result:
    """Where each seed is: tokens, seconds, the mean training loss of its last hundred steps."""
    values = {
        "run": str(run.folder),
        "config": run.config.to_json(),
        "parameters": count_parameters(run, seeds[0]),
        "seeds": [summary_of_seed(run, seed) for seed in seeds],
    }
    return Result("train", values)


def summary_of_seed(run: Run, seed: int) -> dict[str, Any]:
    """One seed's last checkpoint; losses are null before the first step."""
    lines = list(run.log(seed))
    last = lines[-_LAST:]

    def mean(key: str) -> float | None:
        return sum(line[key] for line in last) / len(last) if last else None

    checkpoint = run.last(seed)
    return {
        "seed": seed,
        "tokens": checkpoint.tokens,
        "complete": run.is_complete(seed),
        "last_loss_bits_per_symbol": mean("loss_bits_per_symbol"),
        "last_loss_nats_per_symbol": mean("loss_nats_per_symbol"),
        "seconds": lines[-1]["seconds"] if lines else 0.0,
        "checkpoint": str(checkpoint.folder),
    }


def count_parameters(run: Run, seed: int) -> int:
    """Numbers in a checkpoint's weights."""
    from safetensors import safe_open

    with safe_open(run.last(seed).folder / "model.safetensors", "np") as tensors:
        total = 0
        for name in tensors.keys():  # noqa: SIM118  (it is no dictionary)
            size = 1
            for extent in tensors.get_slice(name).get_shape():
                size *= extent
            total += size
    return total
