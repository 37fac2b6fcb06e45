"""The code-length view: what each further symbol tells about the state, and what it saves on the next symbol.

After t symbols an observer who filters needs H(S_t | X_1..t) bits to be told the state and H(X_t+1 | X_1..t) bits for the next
symbol; the network pays its own cross-entropy for the symbol, and its image, taken as a distribution over states, a
cross-entropy for the state. What is saved on the next symbol is I(X_t+1; X_1..t) and can never exceed what is known of the
state, I(S_t; X_1..t) = H(S) - H(S_t | X_1..t) (data processing). All exact sums over prefixes; ideal code lengths in bits.
"""

from typing import Any

import numpy as np

from mdlbench.beliefs.dynamics import into_simplex
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.units import nats_to_bits


def synchronisation(
    process: Any, prefixes: Prefixes, log_probabilities: np.ndarray | None = None, image: np.ndarray | None = None
) -> list[dict[str, float | None]]:
    """A row for each number of symbols seen, 0 .. L, in bits.

    Args:
        log_probabilities: float64 (n, K), natural logarithms of the network's next-symbol distributions.
        image: float64 (n, N), held-out images of its activations; moved into the simplex.

    Returns:
        "symbols"; "state": H(S_t | X_1..t); "next": H(X_t+1 | X_1..t), and "saved" by the symbols seen; of the network
        "network_next", "network_saved", "gap" = network_next - next, and "network_state" for the state under its image.
        State entropies are None for generalised processes, the network's columns for no symbols (it predicts after one).
    """
    first = _entropy(process.stationary @ process.emission)
    rows = [_row(0, _state_entropy(process, process.stationary[None], np.ones(1)), first, first)]
    for t in range(1, prefixes.length + 1):
        level = prefixes.level(t)
        weights, beliefs = prefixes.probabilities[level], prefixes.beliefs[level]
        weights = weights / weights.sum()
        following = beliefs @ process.emission
        row = _row(t, _state_entropy(process, beliefs, weights), float(weights @ _entropies(following)), first)
        if log_probabilities is not None:
            paid = nats_to_bits(float(-(weights @ (following * log_probabilities[level]).sum(axis=1))))
            row |= {"network_next": paid, "network_saved": first - paid, "gap": paid - float(row["next"] or 0.0)}
        if image is not None and process.is_hidden_markov:
            codes = np.log(into_simplex(process, image[level]))
            row["network_state"] = nats_to_bits(float(-(weights @ (beliefs * codes).sum(axis=1))))
        rows.append(row)
    return rows


def _row(t: int, state: float | None, following: float, first: float) -> dict[str, float | None]:
    empty = dict.fromkeys(("network_next", "network_saved", "gap", "network_state"))
    return {"symbols": t, "state": state, "next": following, "saved": first - following, **empty}


def _entropies(rows: np.ndarray) -> np.ndarray:
    return np.array(nats_to_bits(1.0)) * -(rows * np.log(np.where(rows > 0, rows, 1.0))).sum(axis=1)


def _entropy(distribution: np.ndarray) -> float:
    return float(_entropies(distribution[None])[0])


def _state_entropy(process: Any, beliefs: np.ndarray, weights: np.ndarray) -> float | None:
    return float(weights @ _entropies(beliefs)) if process.is_hidden_markov else None
