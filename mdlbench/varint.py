"""Unsigned LEB128: seven bits a byte, least significant first, the high bit set on all but the last byte."""

from collections.abc import Callable


def pack(value: int) -> bytes:
    """The shortest form of an integer >= 0.

    Example:
        >>> pack(300).hex(" ")
        'ac 02'
    """
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def unpack(read: Callable[[int], bytes], at_most: int = 5) -> int:
    """Read a number in its shortest form, and no byte behind it.

    Args:
        read: gives the next n bytes, or raises what its owner raises at the end.
        at_most: bytes.

    Raises:
        ValueError: the number is longer, or not in its shortest form.
    """
    value = 0
    for place in range(at_most):
        byte = read(1)[0]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if byte == 0 and place:
                break
            return value
    raise ValueError(f"not a number of at most {at_most} bytes in its shortest form")
