"""Parameters of a process and the interval that each may lie in."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from mdlbench.processes.base import ProcessError
from mdlbench.processes.numbers import Given, exact_value, shortened, text_of


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
        except ValueError as error:
            raise ProcessError(f"{where}={shortened(value)}: {error}") from None
        rounded = Fraction(float(found))  # closed forms and pictures are made of doubles, which must lie inside too
        if self.whole:
            inside = self.low <= found <= self.high
        else:
            inside = self.low < min(found, rounded) and max(found, rounded) < self.high
        if not inside or (self.whole and found.denominator > 1):
            kind = "a whole number from" if self.whole else "a number above"
            joint = "to" if self.whole else "and below"
            seen = f" (as a double {float(found):g})" if rounded in (self.low, self.high) and found != rounded else ""
            raise ProcessError(
                f"{where}={shortened(value)}{seen}: choose {kind} {text_of(self.low)} {joint} {text_of(self.high)}"
            )
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


def read_parameters(known: Mapping[str, Parameter], given: Mapping[str, Given], name: str) -> dict[str, Fraction]:
    """Every parameter's value, defaults filled in; ProcessError for a name that is not one."""
    spelled = {key.replace("-", "_"): value for key, value in given.items()}
    for key in spelled:
        if key not in known:
            there = ", ".join(known) or "none"
            raise ProcessError(f"{name} has no parameter {shortened(key)!r}; there are: {there}")
    return {key: parameter.read(spelled.get(key, parameter.default), f"{name}: {key}") for key, parameter in known.items()}
