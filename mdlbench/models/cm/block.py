"""What both kernels do before the first and after the last byte of a block: the coder, and machine code's addresses (`x86`)."""

from math import log2

from mdlbench.coder.bits import ONE, decode_bit, encode_bit, finish_encode, start_decode
from mdlbench.models.cm.x86 import make_absolute, make_relative
from mdlbench.numerics.compiled import inline

ENCODE, DECODE, MEASURE = range(3)
_RARE = ONE >> 6  # probability that a segment is not of the kind of the one before; the first: that it is code


@inline
def begin(mode, data, payload, segments, coder):
    """Code which segments are code (`segments`, filled in when decoding) and change them; the bits that it takes."""
    if mode == DECODE:
        start_decode(coder, payload)
    bits, before = 0.0, 0
    for i in range(segments.size):
        p = ONE - _RARE if before else _RARE
        if mode == DECODE:
            segments[i] = decode_bit(coder, payload, p)
        elif mode == ENCODE:
            encode_bit(coder, payload, segments[i], p)
        bits -= log2((p if segments[i] else ONE - p) / ONE)
        before = segments[i]
    if mode != DECODE:
        make_absolute(data, segments)
    return bits


@inline
def finish(mode, data, payload, segments, coder):
    """Settle the payload, or change data back; bytes written."""
    if mode == DECODE:
        make_relative(data, segments)
    return finish_encode(coder, payload) if mode == ENCODE else 0
