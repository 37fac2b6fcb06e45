"""What beliefs could be read from without a belief being represented: the next symbol's distribution, the last symbols.

Each control is a matrix of features that goes through the same held-out regression as the activations.
"""

import numpy as np

from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.processes import Process

_LAST = (1, 2, 3)


def control_features(process: Process, prefixes: Prefixes, predictions: np.ndarray) -> dict[str, np.ndarray]:
    """Features by the name of the control, float64 (n, p) each.

    Args:
        predictions: float64 (n, K), the network's next-symbol distributions.

    Returns:
        "next symbol, network" and "next symbol, exact": distributions; "last k symbols": those as one word, an indicator for
        each; "every symbol": an indicator for each symbol and place counted from the end, added up.
    """
    found = {"next symbol, network": predictions, "next symbol, exact": prefixes.beliefs @ process.emission}
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
