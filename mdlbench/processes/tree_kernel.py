# mypy: ignore-errors
# (numba types what follows, by rules of its own)
"""Compiled: the sum over a tree of contexts, depth first.

A node is a word w and V[i, y] = P(w y | state i before w), so that one symbol more in front is one matrix product: T[x] V.
"""

import numpy as np

from mdlbench.numerics.compiled import inline, kernel


@inline
def _add(sums, at, value):
    """Neumaier's sum: sums[at] plus what it lost, sums[at + 1]."""
    total = sums[at] + value
    if abs(sums[at]) >= abs(value):
        sums[at + 1] += (sums[at] - total) + value
    else:
        sums[at + 1] += (value - total) + sums[at]
    sums[at] = total


@inline
def _entropy(row, n_symbols):
    """H of the normalised row times its sum, in bits."""
    whole, found = 0.0, 0.0
    for y in range(n_symbols):
        whole += row[y]
    if whole <= 0.0:
        return 0.0
    for y in range(n_symbols):
        if row[y] > 0.0:
            found -= row[y] * np.log2(row[y] / whole)
    return found


@kernel
def sum_contexts(tensor, starts, emission, leaf_gap, deepest, most_leaves, sums, counts):
    """Add the bounds of every leaf.

    Args:
        tensor: float64 (K, N, N). emission: float64 (N, K).
        starts: float64 (D, N), weights of the states before a word of length L in row L modulo D.
        leaf_gap: a word whose bounds are closer than this, in bits weighted by its probability, is a leaf.
        deepest: a word this long is a leaf whatever its gap.
        most_leaves: where to give up, with more than that in `counts`; the sums are then incomplete.
        sums: float64 (4,), added to: lower and upper, each with its compensation.
        counts: int64 (2,), added to: leaves, length of the longest word.
    """
    n_symbols, n = emission.shape[1], emission.shape[0]
    stack = np.zeros((deepest + 1, n, n_symbols))
    following = np.zeros(deepest + 1, np.int64)  # the symbol to put in front next
    mixed = np.empty(n_symbols)
    stack[0] = emission
    following[0] = -1
    depth = 0
    while depth >= 0:
        if following[depth] < 0:  # met for the first time
            lower, start = 0.0, starts[depth % starts.shape[0]]
            mixed[:] = 0.0
            for i in range(n):
                if start[i] > 0.0:
                    lower += start[i] * _entropy(stack[depth, i], n_symbols)
                    for y in range(n_symbols):
                        mixed[y] += start[i] * stack[depth, i, y]
            upper = _entropy(mixed, n_symbols)
            if upper - lower <= leaf_gap or depth == deepest:
                _add(sums, 0, min(lower, upper))
                _add(sums, 2, upper)
                counts[0] += 1
                counts[1] = max(counts[1], depth)
                if counts[0] > most_leaves:
                    return
                depth -= 1
                continue
            following[depth] = 0
        x = following[depth]
        if x == n_symbols:
            depth -= 1
            continue
        following[depth] += 1
        for i in range(n):
            for y in range(n_symbols):
                total = 0.0
                for j in range(n):
                    total += tensor[x, i, j] * stack[depth, j, y]
                stack[depth + 1, i, y] = total
        depth += 1
        following[depth] = -1
