"""Arithmetic coding of binary decisions, for use inside compiled kernels.

What it does: a carryless binary arithmetic coder with a 64-bit interval [low, high]; each decision splits the interval in
proportion to an integer probability out of 2**24. What it does not do: know anything of models; see the kernels for those.

The interval keeps at least 2**32 points except with probability 2**-24 per byte, so rounding costs under 1e-6 bits a
decision. Encoder and decoder call the same `_split`, and nothing else decides where the interval is cut.
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
_PRECISION = np.uint64(PRECISION)


def new_coder() -> np.ndarray:
    """The state of an encoder or decoder: uint64 [low, high, code, position in the buffer]."""
    return np.array([0, _FULL, 0, 0], dtype=np.uint64)


def bound(n_decisions: int) -> int:
    """Bytes that hold the code of `n_decisions` whatever their probabilities: 24 bits and a rare 40-bit flush each."""
    return 16 + 8 * n_decisions


@inline
def _split(c, p1):
    """The last point of the part of the interval that stands for a 1."""
    return c[_LOW] + ((c[_HIGH] - c[_LOW]) >> _PRECISION) * np.uint64(p1)


@inline
def encode_bit(c, out, bit, p1):
    """Narrow the interval to `bit`, whose probability of being 1 is p1 / 2**24; write the bytes that are settled."""
    middle = _split(c, p1)
    if bit:
        c[_HIGH] = middle
    else:
        c[_LOW] = middle + _1
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
def decode_bit(c, payload, p1):
    """The next decision, 0 or 1, whose probability of being 1 is p1 / 2**24; zeros are read past the end of `payload`."""
    middle = _split(c, p1)
    bit = 1 if c[_CODE] <= middle else 0
    if bit:
        c[_HIGH] = middle
    else:
        c[_LOW] = middle + _1
    while (c[_LOW] ^ c[_HIGH]) & _TOP == _ZERO:
        c[_LOW] <<= _8
        c[_HIGH] = (c[_HIGH] << _8) | _BYTE
        c[_CODE] = (c[_CODE] << _8) | _next_byte(c, payload)
    return bit
