"""What both kernels do to a block around their predictions: coder, code length, and addresses in machine code (`x86`)."""

from math import log2
from typing import NamedTuple

import numpy as np

from mdlbench.coder.bits import ONE, PRECISION, decode_bit, encode_bit, finish_encode, start_decode
from mdlbench.models.cm.x86 import make_absolute, make_relative
from mdlbench.models.kernels import DECODE, ENCODE
from mdlbench.numerics.compiled import inline

_RARE = ONE >> 6  # probability that a segment is not of the kind of the one before; the first: that it is code


class Block(NamedTuple):
    """What a kernel codes, and from or to where."""

    mode: int  # ENCODE, DECODE or MEASURE
    data: np.ndarray  # uint8, filled in when decoding
    payload: np.ndarray  # uint8, filled in when encoding
    lengths: np.ndarray  # float64, takes the bits of each byte, if it has room
    segments: np.ndarray  # int64, which parts are machine code, filled in when decoding
    coder: np.ndarray  # see `coder.bits.new_coder`
    done: np.ndarray  # int64 (1,), takes the number of bytes that are done: others read it meanwhile


@inline
def begin(block):
    """Code which segments are code and change them; the bits that it takes."""
    if block.mode == DECODE:
        start_decode(block.coder, block.payload)
    bits, before = 0.0, 0
    for i in range(block.segments.size):
        p = ONE - _RARE if before else _RARE
        before = code_bit(block, block.segments[i], p, PRECISION)
        block.segments[i] = before
        bits -= log2((p if before else ONE - p) / ONE)
    if block.mode != DECODE:
        make_absolute(block.data, block.segments)
    return bits


@inline
def code_bit(block, bit, p, precision):
    """Encode `bit`, whose probability of being 1 is p / 2**precision, or decode one in its place; the bit."""
    if block.mode == DECODE:
        return np.int64(decode_bit(block.coder, block.payload, p, precision))
    if block.mode == ENCODE:
        encode_bit(block.coder, block.payload, bit, p, precision)
    return bit


@inline
def end_byte(block, position, byte, bits, product):
    """Note a byte and its code length, `bits` less log2 of the `product` of its probabilities; both as they go on."""
    block.done[0] = position + 1
    if block.mode == DECODE:
        block.data[np.uint64(position)] = byte
    if block.lengths.size > 0:
        block.lengths[np.uint64(position)] = bits - log2(product)
        return 0.0, 1.0
    if product < 1e-200:
        return bits - log2(product), 1.0
    return bits, product


@inline
def finish(block):
    """Settle the payload, or change data back; bytes written."""
    if block.mode == DECODE:
        make_relative(block.data, block.segments)
    return finish_encode(block.coder, block.payload) if block.mode == ENCODE else 0
