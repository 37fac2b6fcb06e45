"""How far a trained network is from its source, in bits per symbol and position: what its context costs, and what it costs.

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
from mdlbench.processes import Process
from mdlbench.processes.words import emission_entropy
from mdlbench.units import bits_to_nats, nats_to_bits


@dataclass(frozen=True, eq=False)
class LossGap:
    """A network against the Bayes predictor of its source, for contexts of 1 .. L symbols.

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

    @property
    def mean_nats(self) -> float:
        """The same in nats."""
        return bits_to_nats(self.mean_bits)

    def finite_context_costs(self, entropy_rate: float) -> np.ndarray:
        """What the Bayes predictor itself loses by seeing only so much, float64 (L,), bits per symbol."""
        return self.floors - entropy_rate


def loss_gap(network: Any, process: Process, context: int, prefixes: Prefixes | None = None) -> LossGap:
    """Compare a network with the Bayes predictor over every prefix of 1 .. `context` symbols.

    Args:
        network: a causal language model in evaluation mode whose tokens are the process's symbols.
        process: the source.
        context: L, at most what the network allows.
        prefixes: `enumerate_prefixes(process, context)`, if it is at hand.

    Raises:
        UsageError: the process has too many words of that length.
        MdlbenchError: the network knows fewer symbols, or a shorter context.

    Example:
        run = load_run("runs/mess3")
        loss_gap(run.last(seed=0).network(), run.process(), 10).mean_nats
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
