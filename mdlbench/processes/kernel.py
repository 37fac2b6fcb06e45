# mypy: ignore-errors
# (numba types what follows, by rules of its own)
"""Compiled: the belief filter, and walks that generate symbols.

The filter's step is belief' = belief T[x] / p with p = belief T[x] right, over the non-zero entries of T[x] in a fixed order:
IEEE double + * / and nothing else, so every machine computes the same bits. A symbol that cannot come has p = 0 and puts the
belief back to the start. `m` is a `belief.Matrices`.
"""

import numpy as np

from mdlbench.numerics.compiled import inline, kernel

_TO_UNIT = 2.0**-53
_11 = np.uint64(11)


@inline
def step(first, source, target, weight, right, start, symbol, belief, scratch):
    """Condition `belief` on a symbol, in place; its probability, 0.0 if it cannot come (then `belief` is the start)."""
    n = belief.size
    for j in range(n):
        scratch[j] = 0.0
    for entry in range(first[symbol], first[symbol + 1]):
        scratch[target[entry]] += belief[source[entry]] * weight[entry]
    p = 0.0
    for j in range(n):
        p += scratch[j] * right[j]
    if p > 0.0:
        for j in range(n):
            belief[j] = scratch[j] / p
        return p
    for j in range(n):
        belief[j] = start[j]
    return 0.0


@kernel
def filter_rows(m, symbols, starts, p):
    """Probability of each symbol given those before it, row by row.

    Args:
        symbols: uint8 (B, L), each below K.
        starts: float64 (B, N), the belief before the first symbol; in place, after the last.
        p: float64 (B, L), out.
    """
    first, source, target, weight, right, start = m.first, m.source, m.target, m.weight, m.right, m.start
    scratch, belief = np.empty(starts.shape[1]), np.empty(starts.shape[1])
    for row in range(symbols.shape[0]):
        belief[:] = starts[row]
        for at in range(symbols.shape[1]):
            p[row, at] = step(first, source, target, weight, right, start, symbols[row, at], belief, scratch)
        starts[row] = belief


@kernel
def trace_rows(m, symbols, beliefs):
    """Fill `beliefs`, float64 (B, L + 1, N), whose [:, 0] is given, with the belief after each symbol."""
    first, source, target, weight, right, start = m.first, m.source, m.target, m.weight, m.right, m.start
    scratch, belief = np.empty(beliefs.shape[2]), np.empty(beliefs.shape[2])
    for row in range(symbols.shape[0]):
        belief[:] = beliefs[row, 0]
        for at in range(symbols.shape[1]):
            step(first, source, target, weight, right, start, symbols[row, at], belief, scratch)
            for j in range(belief.size):
                beliefs[row, at + 1, j] = belief[j]


@kernel
def walk_states(cumulative, symbol, target, random, states, out):
    """Walk the hidden states, one 64-bit random number a symbol, row by row.

    Args:
        cumulative: uint64 (N, M), the last number below which outcome m of a state is drawn.
        symbol, target: uint8 and int64 (N, M), what an outcome emits and where it leads.
        random: uint64 (B, L).
        states: int64 (B,), in place.
        out: uint8 (B, L).
    """
    for row in range(out.shape[0]):
        state = states[row]
        for at in range(out.shape[1]):
            drawn, outcome = random[row, at], 0
            while drawn > cumulative[state, outcome]:
                outcome += 1
            out[row, at] = symbol[state, outcome]
            state = target[state, outcome]
        states[row] = state


@kernel
def walk_beliefs(m, random, beliefs, out):
    """The same for a generalised process, which has no states: each symbol is drawn from the filter's prediction.

    `beliefs`, float64 (B, N), is moved along in place.
    """
    first, source, target, weight, right, start = m.first, m.source, m.target, m.weight, m.right, m.start
    emission, n, n_symbols = m.emission, m.emission.shape[0], m.emission.shape[1]
    scratch, belief = np.empty(n), np.empty(n)
    for row in range(out.shape[0]):
        belief[:] = beliefs[row]
        for at in range(out.shape[1]):
            left, chosen, likely, most = np.float64(random[row, at] >> _11) * _TO_UNIT, -1, 0, 0.0
            for x in range(n_symbols):
                p = 0.0
                for i in range(n):
                    p += belief[i] * emission[i, x]
                if p > most:
                    likely, most = x, p
                if chosen < 0 and p > 0.0:
                    if left < p:
                        chosen = x
                    left -= p
            if chosen < 0:
                chosen = likely  # rounding left a crumb of probability at the end
            out[row, at] = chosen
            step(first, source, target, weight, right, start, chosen, belief, scratch)
        beliefs[row] = belief
