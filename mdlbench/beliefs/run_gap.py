"""The loss gap of every seed of a run, as a `Result`."""

from typing import Any

import numpy as np

from mdlbench.beliefs.loss_gap import LossGap, loss_gap
from mdlbench.beliefs.prefixes import enumerate_prefixes
from mdlbench.errors import UsageError
from mdlbench.processes.entropy import entropy_rate
from mdlbench.result import Result
from mdlbench.training import Run
from mdlbench.training.summary import count_parameters, summary_of_seed
from mdlbench.units import bits_to_nats

_GAP = 1e-7  # bits; far below what any network's loss can show


def measure_run(run: Run, seeds: tuple[int, ...]) -> Result:
    """Each seed's last checkpoint against the Bayes predictor, for contexts of one symbol up to the network's own.

    Returns:
        kind "hmm-train": process, entropy_rate, contexts [{context, bayes_floor_bits, finite_context_bits, model_bits}], seeds
        [{seed, tokens, seconds, mean_model_bits, mean_model_nats, ...}], model_bits {mean, standard_deviation, ...}.

    Raises:
        UsageError: the run was trained on files; its source is not known.
    """
    process = run.process()
    if process is None:
        raise UsageError(f"{run.folder} was trained on files; only a run of `mdlbench hmm train` knows its source")
    rate = entropy_rate(process, _GAP)
    prefixes = enumerate_prefixes(process, run.config.architecture.context)
    gaps = [loss_gap(run.last(seed).network(), process, prefixes.length, prefixes) for seed in seeds]
    costs = np.array([gap.model_costs for gap in gaps])
    values = {
        "run": str(run.folder),
        "process": run.config.source.process,
        "params": run.config.source.params,
        "config": run.config.to_json(),
        "parameters": count_parameters(run, seeds[0]),
        "unit": "bits per symbol",
        "entropy_rate": rate.to_json(),
        "prefixes": len(prefixes),
        "contexts": _contexts(gaps[0], costs, rate.value),
        "finite_context_bits": float((gaps[0].floors - rate.value).mean()),
        "bayes_floor_bits": float(gaps[0].floors.mean()),
        "model_bits": _spread(costs.mean(axis=1)),
        "model_nats": _spread(np.array([gap.mean_nats for gap in gaps])),
        "seeds": [_seed(run, seed, gap) for seed, gap in zip(seeds, gaps, strict=True)],
    }
    return Result("hmm-train", values)


def _contexts(gap: LossGap, costs: np.ndarray, rate: float) -> list[dict[str, Any]]:
    """A dictionary per length of context."""
    finite = gap.finite_context_costs(rate)
    return [
        {
            "context": length + 1,
            "bayes_floor_bits": float(gap.floors[length]),
            "finite_context_bits": float(finite[length]),
            "model_bits": _spread(costs[:, length]),
        }
        for length in range(len(finite))
    ]


def _seed(run: Run, seed: int, gap: LossGap) -> dict[str, Any]:
    return {
        **summary_of_seed(run, seed),
        "mean_loss_bits": float(gap.losses.mean()),
        "mean_loss_nats": bits_to_nats(float(gap.losses.mean())),
        "mean_model_bits": gap.mean_bits,
        "mean_model_nats": gap.mean_nats,
        "model_bits": gap.model_costs.tolist(),
    }


def _spread(values: np.ndarray) -> dict[str, float | None]:
    """Over seeds; the deviation (n - 1) is null for one seed."""
    deviation = float(values.std(ddof=1)) if len(values) > 1 else None
    return {
        "mean": float(values.mean()),
        "standard_deviation": deviation,
        "least": float(values.min()),
        "greatest": float(values.max()),
    }
