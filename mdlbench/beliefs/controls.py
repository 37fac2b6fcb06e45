"""What beliefs could be read from without a belief being represented: the next symbol's distribution, the last symbols.

Each control is a matrix of features that goes through the same held-out regression as the activations.
"""

from dataclasses import dataclass

import numpy as np

from mdlbench.beliefs.activations import Activations
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.processes import Process

_LAST = (1, 2, 3)
EXACT, NETWORK = "exact next-symbol distribution", "network's next-symbol distribution"


@dataclass(frozen=True, eq=False)
class Features:
    """What beliefs are read from: float (n, p), and which columns are each name's."""

    values: np.ndarray
    columns: dict[str, np.ndarray]
    control: bool

    @classmethod
    def of_network(cls, activations: Activations) -> "Features":
        """The sites of a network and all of its layers."""
        return cls(activations.features, activations.columns, control=False)

    @classmethod
    def of_controls(cls, found: dict[str, np.ndarray]) -> "Features":
        """Controls side by side."""
        ends = np.cumsum([matrix.shape[1] for matrix in found.values()])
        columns = {name: np.arange(end - matrix.shape[1], end) for (name, matrix), end in zip(found.items(), ends, strict=True)}
        return cls(np.hstack(list(found.values())), columns, control=True)


def control_features(process: Process, prefixes: Prefixes, predictions: np.ndarray) -> dict[str, np.ndarray]:
    """Features by the name of the control, float64 (n, p) each.

    Args:
        predictions: float64 (n, K), the network's next-symbol distributions.

    Returns:
        EXACT and NETWORK: the next symbol's distribution by the Bayes filter and by the network; "last k symbols": those as one
        word, an indicator for each; "every symbol": an indicator for each symbol and place counted from the end, added up.
    """
    found = {EXACT: prefixes.beliefs @ process.emission, NETWORK: predictions}
    for k in _LAST:
        if k < prefixes.length:
            found[f"last {k} symbol{'s' if k > 1 else ''}"] = last_symbols(prefixes, k)
    found["every symbol"] = every_symbol(prefixes, process.alphabet_size)
    return found


def last_symbols(prefixes: Prefixes, k: int) -> np.ndarray:
    """float64 (n, words of up to k symbols that occur): 1 where a prefix ends in the word (is it, where it is shorter)."""
    _, inverse = np.unique(_recent(prefixes, k), axis=0, return_inverse=True)
    return np.eye(int(inverse.max()) + 1)[inverse.ravel()]


def every_symbol(prefixes: Prefixes, alphabet_size: int) -> np.ndarray:
    """float64 (n, L * K): for each place from the end, which symbol stands there; zeros before the beginning."""
    recent = _recent(prefixes, prefixes.length)
    return np.eye(alphabet_size + 1)[recent][:, :, 1:].reshape(len(prefixes), -1)


def _recent(prefixes: Prefixes, k: int) -> np.ndarray:
    """int64 (n, k): the last k symbols plus one, the latest first; 0 before the beginning."""
    found, at = np.zeros((len(prefixes), k), np.int64), np.arange(len(prefixes))
    for back in range(k):
        there = at >= 0
        found[there, back] = prefixes.symbols[at[there]] + 1
        at = np.where(there, prefixes.parents[at], -1)
    return found
