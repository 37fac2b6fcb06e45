"""What both kernels do before the first and after the last byte of a block: the coder, and machine code's addresses (`x86`)."""

from mdlbench.coder.bits import ONE, decode_bit, encode_bit, finish_encode, start_decode
from mdlbench.models.cm.x86 import make_absolute, make_relative
from mdlbench.numerics.compiled import inline

ENCODE, DECODE, MEASURE = range(3)
_CODE = ONE >> 6  # probability that a block is machine code: elsewhere its flag costs 0.02 bits


@inline
def begin(mode, data, payload, is_code, coder):
    """Code `is_code`, an array of one flag (filled in when decoding), and change data that are; the flag's probability."""
    if mode == DECODE:
        start_decode(coder, payload)
        is_code[0] = decode_bit(coder, payload, _CODE)
    elif is_code[0]:
        make_absolute(data)
    if mode == ENCODE:
        encode_bit(coder, payload, is_code[0], _CODE)
    return (_CODE if is_code[0] else ONE - _CODE) / ONE


@inline
def finish(mode, data, payload, is_code, coder):
    """Settle the payload, or change data back; bytes written."""
    if mode == DECODE and is_code[0]:
        make_relative(data)
    return finish_encode(coder, payload) if mode == ENCODE else 0
