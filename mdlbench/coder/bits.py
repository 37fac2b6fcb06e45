"""Arithmetic coding of binary decisions, for use inside compiled kernels.

What it does: a carryless binary arithmetic coder with a 64-bit interval [low, high]; each decision splits the interval in
proportion to an integer probability, out of 2**24 unless the caller says 2**precision (at most 32). What it does not do: know
anything of models; see the kernels for those.

First and last point of the interval differ in their first byte; it is shorter than 2**(56 - k) points only with probability
2**-k or so, where they straddle a carry, and a split is exact to one point: the loss is under 1e-7 bits a decision.
Encoder and decoder call the same `_split`, and nothing else decides where the interval is cut.
(The 32-bit ancestor of this scheme is described in M. Mahoney, "Data Compression Explained", section 3.2.)
"""

import numpy as np

from mdlbench.numerics.compiled import inline

PRECISION = 24
ONE = 1 << PRECISION  # a probability p1 is an integer 1 .. ONE - 1

_LOW, _HIGH, _CODE, _POSITION = 0, 1, 2, 3
_TOP = np.uint64(0xFF00000000000000)
_FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
_BYTE = np.uint64(0xFF)
_8, _56, _ZERO, _1 = np.uint64(8), np.uint64(56), np.uint64(0), np.uint64(1)


def new_coder() -> np.ndarray:
    """The state of an encoder or decoder: uint64 [low, high, code, position in the buffer]."""
    return np.array([0, _FULL, 0, 0], dtype=np.uint64)


def bound(n_decisions: int) -> int:
    """Bytes that hold the code of `n_decisions` whatever their probabilities: none can settle more than 8."""
    return 16 + 8 * n_decisions


@inline
def _split(c, p1, precision):
    """The last point of the part that stands for a 1: low + floor((high - low) * p1 / 2**precision), in 64 bits."""
    shift, p, width = np.uint64(precision), np.uint64(p1), c[_HIGH] - c[_LOW]
    return c[_LOW] + (width >> shift) * p + ((width & ((_1 << shift) - _1)) * p >> shift)


@inline
def encode_bit(c, out, bit, p1, precision=PRECISION):
    """Narrow the interval to `bit`, whose probability of being 1 is p1 / 2**precision; write the bytes that are settled."""
    middle = _split(c, p1, precision)
    c[_LOW] = c[_LOW] if bit else middle + _1
    c[_HIGH] = middle if bit else c[_HIGH]
    while (c[_LOW] ^ c[_HIGH]) & _TOP == _ZERO:
        out[np.intp(c[_POSITION])] = np.uint8(c[_HIGH] >> _56)
        c[_POSITION] += _1
        c[_LOW] <<= _8
        c[_HIGH] = (c[_HIGH] << _8) | _BYTE


@inline
def finish_encode(c, out):
    """Write the fewest bytes that pin down the interval (the decoder reads zeros past the end); the length written."""
    if c[_LOW] != _ZERO:  # the first bytes of low and high differ, so one byte lies between them
        out[np.intp(c[_POSITION])] = np.uint8((c[_LOW] >> _56) + _1)
        c[_POSITION] += _1
    return np.intp(c[_POSITION])


@inline
def _next_byte(c, payload):
    position = np.intp(c[_POSITION])
    c[_POSITION] += _1
    return np.uint64(payload[position]) if position < payload.size else _ZERO


@inline
def start_decode(c, payload):
    """Fill the code register with the first eight bytes."""
    for _ in range(8):
        c[_CODE] = (c[_CODE] << _8) | _next_byte(c, payload)


@inline
def decode_bit(c, payload, p1, precision=PRECISION):
    """The next decision, 0 or 1, whose probability of being 1 is p1 / 2**precision; zeros are read past the payload's end."""
    middle = _split(c, p1, precision)
    bit = 1 if c[_CODE] <= middle else 0
    c[_LOW] = c[_LOW] if bit else middle + _1  # no branches: the next bit is what no processor predicts well
    c[_HIGH] = middle if bit else c[_HIGH]
    while (c[_LOW] ^ c[_HIGH]) & _TOP == _ZERO:
        c[_LOW] <<= _8
        c[_HIGH] = (c[_HIGH] << _8) | _BYTE
        c[_CODE] = (c[_CODE] << _8) | _next_byte(c, payload)
    return bit
