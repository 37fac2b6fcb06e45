"""Parameters of a process: exact values, their text, and the interval they may lie in."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from mdlbench.processes.base import ProcessError

Given = Fraction | float | int | str  # a number, or its text


@dataclass(frozen=True)
class Parameter:
    """A parameter: its default, the open interval (low, high) it lies in (closed for integers), and what it is."""

    default: Fraction
    low: Fraction
    high: Fraction
    help: str
    whole: bool = False

    def read(self, value: Given, where: str) -> Fraction:
        """The exact value of a number or its text; ProcessError if it is none, or lies outside."""
        try:
            found = exact_value(value)
        except (ValueError, ZeroDivisionError):
            raise ProcessError(f"{where}={value}: not a number; write 0.05, 1/20 or 5e-2") from None
        inside = self.low <= found <= self.high if self.whole else self.low < found < self.high
        if not inside or (self.whole and found.denominator > 1):
            kind = "a whole number from" if self.whole else "a number above"
            joint = "to" if self.whole else "and below"
            raise ProcessError(f"{where}={value}: choose {kind} {text_of(self.low)} {joint} {text_of(self.high)}")
        return found


def probability(default: Fraction, help: str) -> Parameter:
    """Strictly between 0 and 1."""
    return Parameter(default, Fraction(0), Fraction(1), help)


def real(default: Fraction, low: Fraction | int, high: Fraction | int, help: str) -> Parameter:
    """Strictly between two bounds."""
    return Parameter(default, Fraction(low), Fraction(high), help)


def integer(default: int, low: int, high: int, help: str) -> Parameter:
    """A whole number, bounds included."""
    return Parameter(Fraction(default), Fraction(low), Fraction(high), help, whole=True)


def exact_value(value: Given) -> Fraction:
    """A number as a fraction; a float means the decimal it prints as, so 0.05 is 1/20.

    Example:
        >>> exact_value(0.05), exact_value("1/3")
        (Fraction(1, 20), Fraction(1, 3))
    """
    if isinstance(value, str) and "_" in value:
        raise ValueError("underscores are not digits")
    return Fraction(repr(float(value)) if isinstance(value, float) else value)


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


def read_parameters(known: Mapping[str, Parameter], given: Mapping[str, Given], name: str) -> dict[str, Fraction]:
    """Every parameter's value, defaults filled in; ProcessError for a name that is not one."""
    spelled = {key.replace("-", "_"): value for key, value in given.items()}
    for key in spelled:
        if key not in known:
            there = ", ".join(known) or "none"
            raise ProcessError(f"{name} has no parameter {key!r}; there are: {there}")
    return {key: parameter.read(spelled.get(key, parameter.default), f"{name}: {key}") for key, parameter in known.items()}
