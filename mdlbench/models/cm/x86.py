"""x86 machine code before it is coded: addresses relative to where they stand become absolute, and back.

A call says how far away its target is, so one function looks different from every caller; as an absolute address it is the
same four bytes each time, which contexts and matches can learn. Fields that are changed, all of four bytes:

    e8 .. .. .. ..  e9 .. .. .. ..      call, jump: from the end of the field
    op modrm .. .. .. ..                data at rip + field, where modrm is 00...101 and op is in `OPCODES`

A field of 25 bits with its sign (its last byte is 0 or 255) has the place of its end added, modulo 2**25, and its lower bytes
are put high one first, so that each helps to predict the next. Whatever else looks like such a field is changed as well, and
changed back. Fields are made absolute from the last to the first and relative from the first to the last: so both see the
same bytes when they decide, also where fields overlap.
"""

import numpy as np

from mdlbench.numerics.compiled import inline

SEGMENT = 1 << 16  # bytes that are code, or not, together
OPCODES = np.zeros(256, np.bool_)  # with a register or memory operand, also behind 0f
OPCODES[
    list(
        bytes.fromhex(
            "01 03 0b 10 11 23 28 29 2b 2e 2f 33 38 39 3a 3b 54 57 58 59 "
            "5c 5e 63 6f 7f 80 83 85 88 89 8a 8b 8d b6 be c6 c7 f6 ff"
        )
    )
] = True
_SIGN, _MODULUS = 1 << 24, 1 << 25


@inline
def _field(data, at):
    """Where the field of an instruction that begins at `at` begins, or 0."""
    op = data[at]
    begin = at + 1 if op == 0xE8 or op == 0xE9 else at + 2 if data[at + 1] & 0xC7 == 5 and OPCODES[op] else 0
    return begin if begin and (data[begin + 3] == 0 or data[begin + 3] == 255) else 0


@inline
def make_absolute(data, segments):
    """Change `data` in place where `segments` says 1, a flag for each `SEGMENT` bytes."""
    for at in range(data.size - 6, -1, -1):
        i = _field(data, at) if segments[at // SEGMENT] else 0
        if i:
            value = np.int64(data[i]) | np.int64(data[i + 1]) << 8 | np.int64(data[i + 2]) << 16
            value = (value + (_SIGN if data[i + 3] else 0) + i + 4) % _MODULUS
            data[i], data[i + 1], data[i + 2] = value >> 16 & 255, value >> 8 & 255, value & 255
            data[i + 3] = 255 * (value >> 24)


@inline
def make_relative(data, segments):
    """Undo `make_absolute`."""
    for at in range(data.size - 5):
        i = _field(data, at) if segments[at // SEGMENT] else 0
        if i:
            value = np.int64(data[i]) << 16 | np.int64(data[i + 1]) << 8 | np.int64(data[i + 2])
            value = (value + (_SIGN if data[i + 3] else 0) - i - 4) % _MODULUS
            data[i], data[i + 1], data[i + 2] = value & 255, value >> 8 & 255, value >> 16 & 255
            data[i + 3] = 255 * (value >> 24)
