"""Numbers as people write them, exactly: 0.05 is one twentieth. Bounded before they are computed: strangers write them too."""

import re
from fractions import Fraction

Given = Fraction | float | int | str  # a number, or its text
MOST_DIGITS = 40  # above and below the line of the reduced fraction
_MOST_LETTERS, _MOST_POWER = 200, 300  # of a text; of ten
_NUMBER = re.compile(r"[+-]?(\d+(/\d+)?|(\d+\.?\d*|\.\d+)([eE](?P<exponent>[+-]?\d+))?)", re.ASCII)
_SHOWN = 60


def exact_value(value: Given) -> Fraction:
    """A number as a fraction; a float means the decimal it prints as, so 0.05 is 1/20.

    Raises:
        ValueError: it is no number, or has more than 40 digits; the text says what to write.

    Example:
        >>> exact_value(0.05), exact_value("1/3")
        (Fraction(1, 20), Fraction(1, 3))
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Fraction):
        raise ValueError("not a number; write 0.05, 1/20 or 5e-2")
    if isinstance(value, float):
        value = repr(float(value))
    found = _read(value.strip(" ")) if isinstance(value, str) else Fraction(value)
    if max(abs(found.numerator), found.denominator) >= 10**MOST_DIGITS:
        raise ValueError(_TOO_LONG)
    return found


def _read(text: str) -> Fraction:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError("not a number; write 0.05, 1/20 or 5e-2")
    if len(text) > _MOST_LETTERS or abs(int(match["exponent"] or 0)) > _MOST_POWER:
        raise ValueError(_TOO_LONG)
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise ValueError("divides by zero; write 0.05, 1/20 or 5e-2") from None


_TOO_LONG = f"has too many digits; write at most {MOST_DIGITS} above and below the fraction's line, so nothing below 1e-39"


def shortened(value: Given) -> str:
    """A number as it was given, if that is not long."""
    text = str(value) if not isinstance(value, int) or abs(value) < 10**_SHOWN else "(a long number)"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def text_of(value: Fraction) -> str:
    """The shortest exact text: a decimal where there is one, else a fraction.

    Example:
        >>> text_of(Fraction(1, 20)), text_of(Fraction(1, 3))
        ('0.05', '1/3')
    """
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    as_float = repr(float(value)).removesuffix(".0")
    return as_float if rest == 1 and Fraction(as_float) == value else str(value)
