"""How far a trained network, or every seed of a run, is from its process, in bits per symbol: what its context and it cost.

    loss(t) - h  =  (floor(t) - h)  +  sum over prefixes w of length t of P(w) KL( P(. | w) || network(. | w) )
                    finite context     model

floor(t) = H(X | t symbols before it) is the least loss of any predictor that sees t symbols, and h the entropy rate. All sums
run over every prefix that can occur, so nothing is sampled. Does not measure position 0: no symbol has been seen there, and
the network is not asked.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import read_activations
from mdlbench.beliefs.prefixes import Prefixes, enumerate_prefixes
from mdlbench.beliefs.result import ContextGap, RunGap, SeedGap, Spread
from mdlbench.errors import UsageError
from mdlbench.numerics.intervals import seeds_interval
from mdlbench.processes import Process
from mdlbench.processes.entropy import entropy_rate
from mdlbench.processes.words import emission_entropy
from mdlbench.result import Result
from mdlbench.training import Run
from mdlbench.training.summary import count_parameters, summary_of_seed
from mdlbench.units import nats_to_bits

_GAP = 1e-7  # of the entropy rate, bits; far below what any network's loss can show


@dataclass(frozen=True, eq=False)
class LossGap:
    """A network against the Bayes predictor of its process, for contexts of 1 .. L symbols.

    Attributes:
        floors: float64 (L,), H(X | 1 .. L symbols) in bits.
        model_costs: float64 (L,), expected Kullback-Leibler divergence in bits.
    """

    floors: np.ndarray
    model_costs: np.ndarray

    @property
    def losses(self) -> np.ndarray:
        """Expected code length in bits per symbol, float64 (L,)."""
        return self.floors + self.model_costs

    @property
    def mean_bits(self) -> float:
        """The model's cost, mean over contexts, bits per symbol: the loss above the in-context Bayes floor."""
        return float(self.model_costs.mean())

    def finite_context_costs(self, entropy_rate: float) -> np.ndarray:
        """What the Bayes predictor itself loses by seeing only so much, float64 (L,), bits per symbol."""
        return self.floors - entropy_rate


def loss_gap(network: Any, process: Process, context: int, prefixes: Prefixes | None = None) -> LossGap:
    """Compare a network with the Bayes predictor over every prefix of 1 .. `context` symbols.

    Args:
        network: a causal language model in evaluation mode whose tokens are the process's symbols.
        process: what it models.
        context: L, at most what the network allows.
        prefixes: `enumerate_prefixes(process, context)`, if it is at hand.

    Raises:
        UsageError: the process has too many words of that length.
        MdlbenchError: the network knows fewer symbols, or a shorter context.

    Example:
        run = load_run("runs/mess3")
        loss_gap(run.last(seed=0).network(), run.process(), 10).mean_bits
    """
    prefixes = enumerate_prefixes(process, context) if prefixes is None else prefixes
    predicted = read_activations(network, prefixes).log_probabilities
    return compare(predicted, process, prefixes)


def compare(log_probabilities: np.ndarray, process: Process, prefixes: Prefixes) -> LossGap:
    """Floors and costs of predictions given as natural logarithms, float64 (n, K), one row per prefix."""
    nats = divergences(prefixes.beliefs @ process.emission, log_probabilities)
    floors, costs = [], []
    for level in prefixes.levels:
        weights = prefixes.probabilities[level]
        floors.append(float(weights @ emission_entropy(process, prefixes.beliefs[level])))
        costs.append(nats_to_bits(float(weights @ nats[level])))
    return LossGap(np.array(floors), np.array(costs))


def divergences(true: np.ndarray, log_probabilities: np.ndarray) -> np.ndarray:
    """D(true || predicted) of each row in nats, float64 (n,).

    Args:
        true: float64 (n, K), next-symbol distributions; what rounding made negative counts as zero.
        log_probabilities: float64 (n, at least K), natural logarithms.
    """
    p = np.maximum(true, 0.0)
    return np.where(p > 0, p * (np.log(np.where(p > 0, p, 1.0)) - log_probabilities[:, : p.shape[1]]), 0.0).sum(axis=1)


def measure_run(run: Run, seeds: tuple[int, ...]) -> Result[RunGap]:
    """Each seed's last checkpoint against the Bayes predictor, for contexts of one symbol up to the network's own.

    Raises:
        UsageError: the run was trained on files; its process is not known.
    """
    process, source = run.process(), run.config.source
    if process is None or source.process is None:
        raise UsageError(f"{run.folder} was trained on files; only a run of `mdlbench hmm train` knows its process")
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
        seeds=tuple(_seed(run, seed, gap) for seed, gap in zip(seeds, gaps, strict=True)),
    )
    return Result(payload)


def _contexts(gap: LossGap, costs: np.ndarray, rate: float) -> tuple[ContextGap, ...]:
    columns = zip(gap.floors.tolist(), gap.finite_context_costs(rate).tolist(), costs.T, strict=True)
    return tuple(ContextGap(at, floor, finite, _spread(paid)) for at, (floor, finite, paid) in enumerate(columns, 1))


def _seed(run: Run, seed: int, gap: LossGap) -> SeedGap:
    return SeedGap(
        **vars(summary_of_seed(run, seed)),
        mean_loss_bits=float(gap.losses.mean()),
        mean_model_bits=gap.mean_bits,
        model_bits=tuple(gap.model_costs.tolist()),
    )


def _spread(values: np.ndarray) -> Spread:
    deviation = float(values.std(ddof=1)) if len(values) > 1 else None
    bounds = seeds_interval(values)
    low = None if bounds.low is None else max(0.0, bounds.low)  # a divergence is not negative
    return Spread(float(values.mean()), deviation, float(values.min()), float(values.max()), low, bounds.high)
