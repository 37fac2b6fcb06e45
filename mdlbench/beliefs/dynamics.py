"""Does the image of the activations move under a symbol as the Bayes update says?

With b(w) the affine image of the activations after prefix w, b(wx) is held against the update of b(w) itself,

    U_x(b) = b T[x] / (b T[x] 1),

not of the true belief: the network's own point must move as a belief there would. Both images come from the map of one fold,
which saw neither prefix.
"""

import numpy as np

from mdlbench.beliefs.fidelity import fidelity
from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.beliefs.seed_result import Dynamics, Guess, Propagation, Weighting
from mdlbench.processes import Process
from mdlbench.units import nats_to_bits

FLOOR = 1e-3  # images are moved into the simplex, each state at least this likely, where a logarithm or an update needs that


def bayes_update(process: Process, beliefs: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """U_x(b) for each row, float64 (n, N).

    Args:
        beliefs: float64 (n, N).
        symbols: int (n,).

    Example:
        >>> from mdlbench.processes import find
        >>> z1r = find("z1r")
        >>> bayes_update(z1r, z1r.stationary[None], np.array([1]))  # it was S1 or SR
        array([[0.33333333, 0.        , 0.66666667]])
    """
    after = np.einsum("ni,nij->nj", beliefs, process.tensor[symbols])
    mass = after @ process.right_vector
    return after / np.where(np.abs(mass) < 1e-6, np.copysign(1e-6, mass), mass)[:, None]


def into_simplex(process: Process, beliefs: np.ndarray) -> np.ndarray:
    """Rows as distributions with every state at least about FLOOR; unchanged where the process has no states."""
    if not process.is_hidden_markov:
        return beliefs
    inside = beliefs.clip(FLOOR)
    return inside / inside.sum(axis=1, keepdims=True)


def measure_dynamics(
    process: Process,
    prefixes: Prefixes,
    image: np.ndarray,
    folds: np.ndarray,
    *,
    site: str = "",
    weighting: Weighting = "probability",
    seed: int = 0,
) -> Dynamics:
    """How well the image after a symbol is predicted from the image before it.

    Args:
        image: float64 (n, N), held-out images of the activations.
        folds: int (n,); pairs across folds are left out.
        site: where the activations were read; a label.
        weighting: of the prefix after the symbol.
        seed: of the control that updates another prefix of the same length.
    """
    weights = prefixes.weights(weighting)
    after = np.flatnonzero(prefixes.parents >= 0)
    after = after[folds[after] == folds[prefixes.parents[after]]]
    before, symbols, chosen = prefixes.parents[after], prefixes.symbols[after], weights[after]
    inside = into_simplex(process, image)
    updated = bayes_update(process, inside[before], symbols)
    others = prefixes.shuffled(seed)[before]

    def scored(guess: np.ndarray) -> Guess:
        if not len(after):  # no belief is held out with one that follows it
            return Guess(None, None)
        r2 = fidelity(image[after], guess, chosen).r2
        return Guess(r2, belief_divergence(process, guess, image[after], chosen))

    truth = prefixes.beliefs[after]
    return Dynamics(
        site,
        weighting,
        len(after),
        bayes_update=scored(updated),
        no_update=scored(image[before]),
        symbol_alone=scored(_mean_by(symbols, image[after], chosen)),
        another_symbol=scored(bayes_update(process, inside[before], (symbols + 1) % process.alphabet_size)),
        another_prefix=scored(bayes_update(process, inside[others], symbols)),
        error=_propagation(updated - truth, image[after] - truth, chosen),
    )


def belief_divergence(process: Process, beliefs: np.ndarray, image: np.ndarray, weights: np.ndarray) -> float | None:
    """Mean D(beliefs || image) in bits, both moved into the simplex; None where the process has no states."""
    if not process.is_hidden_markov:
        return None
    p, q = into_simplex(process, beliefs), into_simplex(process, image)
    return nats_to_bits(float(weights @ (p * np.log(p / q)).sum(axis=1) / weights.sum()))


def _mean_by(symbols: np.ndarray, image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each row the mean image of those with its symbol."""
    found = np.empty_like(image)
    for symbol in np.unique(symbols):
        rows = symbols == symbol
        found[rows] = weights[rows] @ image[rows] / max(weights[rows].sum(), 1e-300)
    return found


def _propagation(expected: np.ndarray, seen: np.ndarray, weights: np.ndarray) -> Propagation:
    """Slope of `seen` on `expected` through the origin, and their correlation, over all elements."""
    product = float(weights @ (expected * seen).sum(axis=1))
    square, other = (float(weights @ (part**2).sum(axis=1)) for part in (expected, seen))
    if min(square, other) <= 1e-18 * weights.sum():
        return Propagation(None, None)
    return Propagation(product / square, product / (square * other) ** 0.5)
