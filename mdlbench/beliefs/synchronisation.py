"""The code-length view: what each further symbol tells about the state, and what it saves on the next symbol.

After t symbols an observer who filters needs H(S_t | X_1..t) bits to be told the state and H(X_t+1 | X_1..t) bits for the next
symbol; the network pays its own cross-entropy for the symbol, and its image, taken as a distribution over states, a
cross-entropy for the state. What is saved on the next symbol is I(X_t+1; X_1..t) and can never exceed what is known of the
state, I(S_t; X_1..t) = H(S) - H(S_t | X_1..t) (data processing). All exact sums over prefixes; ideal code lengths in bits.
"""

from dataclasses import replace

import numpy as np

from mdlbench.beliefs.dynamics import into_simplex
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.seed_result import Synchronised
from mdlbench.processes import Process
from mdlbench.processes.words import entropies
from mdlbench.units import nats_to_bits


def synchronisation(
    process: Process, prefixes: Prefixes, log_probabilities: np.ndarray | None = None, image: np.ndarray | None = None
) -> list[Synchronised]:
    """A row for each number of symbols seen, 0 .. L, in bits.

    Args:
        log_probabilities: float64 (n, K), natural logarithms of the network's next-symbol distributions.
        image: float64 (n, N), held-out images of its activations; moved into the simplex.
    """
    has_states, rows = process.is_hidden_markov, []
    first = float(entropies(process.stationary @ process.emission))
    for t in range(prefixes.length + 1):
        level = prefixes.level(t)
        weights, beliefs = prefixes.probabilities[level], prefixes.beliefs[level]
        if t == 0:
            weights, beliefs = np.ones(1), process.stationary[None]
        weights = weights / weights.sum()
        following = beliefs @ process.emission
        least = float(weights @ entropies(following))
        row = Synchronised(t, float(weights @ entropies(beliefs)) if has_states else None, least, first - least)
        if t and log_probabilities is not None:
            paid = nats_to_bits(float(-(weights @ (following * log_probabilities[level]).sum(axis=1))))
            row = replace(row, network_next=paid, network_saved=first - paid, gap=paid - least)
        if t and image is not None and has_states:
            codes = np.log(into_simplex(process, image[level]))
            row = replace(row, network_state=nats_to_bits(float(-(weights @ (beliefs * codes).sum(axis=1)))))
        rows.append(row)
    return rows
