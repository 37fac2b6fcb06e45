"""The loss gap of every seed of a run, as a `Result`."""

import numpy as np

from mdlbench.beliefs.loss_gap import LossGap, loss_gap
from mdlbench.beliefs.prefixes import enumerate_prefixes
from mdlbench.beliefs.result import ContextGap, RunGap, SeedGap, Spread
from mdlbench.errors import UsageError
from mdlbench.processes.entropy import entropy_rate
from mdlbench.result import Result
from mdlbench.training import Run
from mdlbench.training.summary import count_parameters, summary_of_seed
from mdlbench.units import bits_to_nats

_GAP = 1e-7  # bits; far below what any network's loss can show


def measure_run(run: Run, seeds: tuple[int, ...]) -> Result[RunGap]:
    """Each seed's last checkpoint against the Bayes predictor, for contexts of one symbol up to the network's own.

    Raises:
        UsageError: the run was trained on files; its source is not known.
    """
    process, source = run.process(), run.config.source
    if process is None or source.process is None:
        raise UsageError(f"{run.folder} was trained on files; only a run of `mdlbench hmm train` knows its source")
    rate = entropy_rate(process, _GAP)
    prefixes = enumerate_prefixes(process, run.config.architecture.context)
    gaps = [loss_gap(run.last(seed).network(), process, prefixes.length, prefixes) for seed in seeds]
    costs = np.array([gap.model_costs for gap in gaps])
    payload = RunGap(
        run=str(run.folder),
        process=source.process,
        params=source.params,
        config=run.config,
        parameters=count_parameters(run, seeds[0]),
        unit="bits per symbol",
        entropy_rate=rate,
        prefixes=len(prefixes),
        contexts=_contexts(gaps[0], costs, rate.value),
        finite_context_bits=float((gaps[0].floors - rate.value).mean()),
        bayes_floor_bits=float(gaps[0].floors.mean()),
        model_bits=_spread(costs.mean(axis=1)),
        model_nats=_spread(np.array([gap.mean_nats for gap in gaps])),
        seeds=tuple(_seed(run, seed, gap) for seed, gap in zip(seeds, gaps, strict=True)),
    )
    return Result(payload)


def _contexts(gap: LossGap, costs: np.ndarray, rate: float) -> tuple[ContextGap, ...]:
    """One for each length of context."""
    columns = zip(gap.floors.tolist(), gap.finite_context_costs(rate).tolist(), costs.T, strict=True)
    return tuple(ContextGap(at, floor, finite, _spread(paid)) for at, (floor, finite, paid) in enumerate(columns, 1))


def _seed(run: Run, seed: int, gap: LossGap) -> SeedGap:
    return SeedGap(
        **vars(summary_of_seed(run, seed)),
        mean_loss_bits=float(gap.losses.mean()),
        mean_loss_nats=bits_to_nats(float(gap.losses.mean())),
        mean_model_bits=gap.mean_bits,
        mean_model_nats=gap.mean_nats,
        model_bits=tuple(gap.model_costs.tolist()),
    )


def _spread(values: np.ndarray) -> Spread:
    """Over seeds."""
    deviation = float(values.std(ddof=1)) if len(values) > 1 else None
    return Spread(float(values.mean()), deviation, float(values.min()), float(values.max()))
