"""The only place where bits, nats and bytes turn into each other, and where sizes and numbers are read from text.

Inside mdlbench code lengths are bits. Nats appear where torch hands over a loss, bytes where there is a file.
"""

import math
import re
from fractions import Fraction

BITS_PER_BYTE = 8
BITS_PER_NAT = 1.0 / math.log(2.0)

_MOST_BYTES = (1 << 63) - 1
_SUFFIXES = {"": 1, **{letter: 1000**k for k, letter in enumerate("KMGT", 1)}}
_SUFFIXES |= {f"{letter}i": 1024**k for k, letter in enumerate("KMGT", 1)}


def nats_to_bits(nats: float) -> float:
    """A code length in nats, in bits."""
    return nats * BITS_PER_NAT


def bits_to_nats(bits: float) -> float:
    """A code length in bits, in nats."""
    return bits / BITS_PER_NAT


def bytes_to_bits(n_bytes: float) -> float:
    """A file size in bytes, in bits."""
    return n_bytes * BITS_PER_BYTE


def bits_to_bytes(bits: float) -> float:
    """Bits in units of bytes, for an account beside file sizes; a code length does not become a file by it."""
    return bits / BITS_PER_BYTE


def ratio(numerator: float, denominator: float) -> float | None:
    """`numerator / denominator`, or None where that is not a finite number (an empty input has no bits per byte)."""
    if not denominator:
        return None
    value = numerator / denominator
    return value if math.isfinite(value) else None


def bits_per_byte(bits: float, n_bytes: int) -> float | None:
    """Bits per byte of the original file; None for an empty file."""
    return ratio(bits, n_bytes)


def parse_size(text: str) -> int:
    """Read a number of bytes such as `4096`, `64k`, `1.5M` (10**6) or `16Mi` (2**20).

    Raises:
        ValueError: if `text` is not a whole, non-negative number of bytes.

    Example:
        >>> parse_size("1.5M"), parse_size("2Ki")
        (1500000, 2048)
    """
    match = re.fullmatch(r"\s*(\d{1,30}(?:\.\d{1,30})?)\s*([KMGTkmgt]?i?)[Bb]?\s*", text, re.ASCII)
    suffix = match[2][:1].upper() + match[2][1:] if match else None
    if match is None or suffix not in _SUFFIXES:
        raise ValueError(f"{text!r} is not a size; write bytes, or a number with K, M, G (powers of 1000) or Ki, Mi, Gi")
    scaled = Fraction(match[1]) * _SUFFIXES[suffix]
    if scaled.denominator != 1:
        raise ValueError(f"{text!r} is not a whole number of bytes")
    if scaled > _MOST_BYTES:
        raise ValueError(f"{text!r} is not a size that anything can have; the most is {_MOST_BYTES}")
    return int(scaled)


def parse_whole(text: str | int) -> int:
    """Read a whole number as it is written canonically, such as `12` or `-3`; one that is a number already stays as it is.

    Raises:
        ValueError: it is anything else; Python's `int` also takes `1_000`, `+5`, `05`, ` 5 ` and the digits of other scripts.
    """
    if isinstance(text, str) and not re.fullmatch(r"0|-?[1-9][0-9]{0,3999}", text):
        raise ValueError(f"{text!r} is not a whole number in plain digits")
    return int(text)


def parse_real(text: str | float) -> float:
    """Read a finite number in plain digits, such as `0.5`, `-.5` or `1e-3`; one that is a number already stays as it is.

    Raises:
        ValueError: it is anything else, `nan` and `inf` too, or too large.
    """
    if isinstance(text, str) and not re.fullmatch(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        raise ValueError(f"{text!r} is not a number in plain digits")
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text!r} is too large a number")
    return value
