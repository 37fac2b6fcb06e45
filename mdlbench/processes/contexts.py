"""Bounds on the entropy rate of a hidden Markov model from a tree of contexts, refined where the bounds are apart.

A context is a word w that was just seen. With the state before it known or not,

    H(X | w, state before)  <=  what w contributes to h  <=  H(X | w)          (Cover & Thomas, theorem 4.5.1)

and any set of words such that every past ends in exactly one of them may be summed over. Words whose two sides agree are
leaves: a word that synchronises needs no more past, a likely one that does not is extended by the symbol before it.
"""

from typing import NamedTuple

import numpy as np

from mdlbench.processes.base import Process

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

    Args:
        process: a hidden Markov model.
        gap: in bits, where to stop.
        most_leaves: a pass over the tree with more is not begun.

    Returns:
        `Bounds`; rigorous: every word is accounted for, and the allowance for rounding is added to both sides.
    """
    from mdlbench.numerics.compiled import announce_first_compilation
    from mdlbench.processes import kernel, tree_kernel

    announce_first_compilation(kernel, "process kernels", 5)
    tensor, start = process.tensor.copy(), process.stationary.copy()
    leaf_gap, best, previous = _FIRST, None, 1
    while True:
        sums, counts = np.zeros(4), np.zeros(2, np.int64)
        tree_kernel.sum_contexts(tensor, start, process.emission.copy(), leaf_gap, _DEEPEST, sums, counts)
        allowance = _rounding(process, int(counts[1]))
        best = Bounds(
            max(0.0, sums[0] + sums[1] - allowance), min(sums[2] + sums[3] + allowance, np.log2(process.alphabet_size)), *counts
        )
        growth = max(counts[0] / previous, 1.5)
        previous = int(counts[0])
        if best.upper - best.lower <= gap or previous * growth > most_leaves or leaf_gap < 1e-22:
            return Bounds(float(best.lower), float(best.upper), int(best.leaves), int(best.depth))
        leaf_gap /= _FACTOR


def _rounding(process: Process, depth: int) -> float:
    """A bound on the rounding error of either sum, in bits: relative error of a word's probability times what it weighs."""
    operations = (depth + 2) * (process.n_states + 2) + 8
    return 4.0 * operations * 2.0**-53 * (2.0 + float(np.log2(process.alphabet_size)))
