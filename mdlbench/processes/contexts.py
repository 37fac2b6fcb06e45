"""Bounds on the entropy rate of a hidden Markov model from a tree of contexts, refined where the bounds are apart.

A context is a word w that was just seen. With the state before it known or not,

    H(X | w, state before)  <=  what w contributes to h  <=  H(X | w)          (Cover & Thomas, theorem 4.5.1)

and any set of words such that every past ends in exactly one of them may be summed over. Words whose two sides agree are
leaves: a word that synchronises needs no more past, a likely one that does not is extended by the symbol before it.
"""

from typing import NamedTuple

import numpy as np

from mdlbench.processes.base import Process, phases_of

_FIRST, _FACTOR = 1e-5, 4.0  # gap of a leaf in the first pass; by how much it shrinks from pass to pass
_DEEPEST = 400


class Bounds(NamedTuple):
    """Lower and upper bound in bits, widened by what rounding can do; leaves in the tree and symbols in its longest word."""

    lower: float
    upper: float
    leaves: int
    depth: int


def context_bounds(process: Process, gap: float, most_leaves: int) -> Bounds:
    """Bounds whose gap is below `gap` bits, or as near as `most_leaves` contexts get.

    What is decided for ever at the start, which recurrent class and which phase of its period, may be known without changing
    h, since it is worth a finite number of bits once. So each class and phase has a tree of its own.

    Args:
        process: a hidden Markov model.
        gap: in bits, where to stop.
        most_leaves: a pass over the tree with more is given up, and the one before it is what is returned.

    Returns:
        `Bounds`; rigorous: every word is accounted for, and the allowance for rounding is added to both sides.
    """
    from mdlbench.numerics.compiled import announce_first_compilation
    from mdlbench.processes import kernel, tree_kernel

    announce_first_compilation(kernel, "process kernels", 5)
    tensor, emission, trees = process.tensor.copy(), process.emission.copy(), _starts(process)
    leaf_gap, best = _FIRST / len(trees), Bounds(0.0, float(np.log2(process.alphabet_size)), 0, 0)
    while True:
        sums, counts = np.zeros(4), np.zeros(2, np.int64)
        for starts in trees:
            tree_kernel.sum_contexts(tensor, starts, emission, leaf_gap, _DEEPEST, most_leaves, sums, counts)
        leaves, depth = map(int, counts)
        if leaves > most_leaves:
            return best
        allowance = _rounding(process, depth)
        low, high = float(sums[0] + sums[1]) - allowance, float(sums[2] + sums[3]) + allowance
        growth = leaves / best.leaves if best.leaves else 1.0
        best = Bounds(max(best.lower, low), min(best.upper, high), leaves, depth)
        if best.upper - best.lower <= gap or leaf_gap < 1e-22 or leaves * growth > most_leaves:
            return best
        leaf_gap /= _FACTOR


def _starts(process: Process) -> list[np.ndarray]:
    """For each recurrent class and phase of the predicted symbol, the weights of states before words of length 0, 1, ...

    float64 (D, N) each, D the period: a word of length L begins in the phase L before that of its end. Together the rows of
    length 0 sum to the stationary distribution.
    """
    edges, found = process.tensor.sum(axis=0) > 0, []
    for states in process.recurrent_classes:
        phases = phases_of(edges, states)
        count = 1 + max(phases.values())
        weights = np.zeros((count, process.n_states))
        for state, phase in phases.items():
            weights[phase, state] = process.stationary[state]
        found += [weights[(phase - np.arange(count)) % count] for phase in range(count)]
    return found


def _rounding(process: Process, depth: int) -> float:
    """A bound on the rounding error of either sum, in bits: relative error of a word's probability times what it weighs."""
    operations = (depth + 2) * (process.n_states + 2) + 8
    return 4.0 * operations * 2.0**-53 * (2.0 + float(np.log2(process.alphabet_size)))
