# mypy: ignore-errors
# (numba types what follows, by rules of its own)
"""The `hmm` model's kernel: the exact filter predicts, a binary tree over the symbols codes.

    belief -- emission --> p(0) .. p(K-1), the leaves of a binary tree; an inner node's mass is the sum of its two children
    p(1 | node) = mass(right) / mass(node), rounded to 32 bits for the coder; then the filter's step with the symbol that came

IEEE double + * / in a fixed order and integers: the same bytes on every machine. A node without mass (after a symbol that
could not come, or of a branch that cannot) is halved.
"""

import numpy as np

from mdlbench.coder.bits import decode_bit, encode_bit
from mdlbench.models.kernels import DECODE, ENCODE
from mdlbench.numerics.compiled import inline, kernel
from mdlbench.processes.kernel import step

PRECISION = 32
ONE = 1 << PRECISION


@inline
def _right_of_32_bits(left, right):
    """p(right) as an integer 1 .. 2**32 - 1."""
    whole = left + right
    if not whole > 0.0:
        return ONE >> 1
    return min(max(np.int64(right / whole * ONE + 0.5), 1), ONE - 1)


@kernel
def run(action, m, depth, belief, data, coder, buffer, ideal, quantised):
    """Encode, decode or measure a stretch of symbols.

    Args:
        action: ENCODE `data` into `buffer`, DECODE `buffer` into `data`, or MEASURE `data`.
        m: `processes.kernel.Matrices`.
        depth: of the tree: 2**depth >= K.
        belief: float64 (N,), as the symbols before left it; in place.
        data: uint8 (n,), each below K.
        coder, buffer: state of the bit coder; what it writes, or the whole payload.
        ideal, quantised: float64 (n,), out: each symbol's probability, as meant and as coded.
    """
    first, source, target, weight, right, start = m.first, m.source, m.target, m.weight, m.right, m.start
    emission, n, n_symbols, leaves = m.emission, m.emission.shape[0], m.emission.shape[1], 1 << depth
    mass, scratch = np.zeros(2 * leaves), np.empty(n)
    for position in range(data.size):
        for x in range(n_symbols):
            p = 0.0
            for i in range(n):
                p += belief[i] * emission[i, x]
            mass[leaves + x] = max(p, 0.0)
        for node in range(leaves - 1, 0, -1):
            mass[node] = mass[2 * node] + mass[2 * node + 1]
        coming, node, coded = np.int64(data[position]) | leaves, 1, 1.0
        for level in range(depth - 1, -1, -1):
            p1 = _right_of_32_bits(mass[2 * node], mass[2 * node + 1])
            if ((2 * node + 1) << level) - leaves >= n_symbols:
                bit = 0  # no symbol lies to the right: nothing to code
            else:
                if action == DECODE:
                    bit = decode_bit(coder, buffer, p1, PRECISION)
                else:
                    bit = (coming >> level) & 1
                    if action == ENCODE:
                        encode_bit(coder, buffer, bit, p1, PRECISION)
                coded *= (p1 if bit else ONE - p1) * 2.0**-PRECISION
            node = 2 * node + bit
        symbol = node - leaves
        if action == DECODE:
            data[position] = symbol
        quantised[position] = coded
        ideal[position] = mass[node] / mass[1] if mass[node] > 0.0 else coded
        step(first, source, target, weight, right, start, symbol, belief, scratch)
