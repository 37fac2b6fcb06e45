"""Figures and how they are written: a quantity's name, unit, form and definition, and a value with its interval."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mdlbench.text import in_units, signed

NONE = "–"
Form = Literal["text", "count", "fixed", "digits", "bytes", "rate", "seconds"]


class Estimate(NamedTuple):
    """A figure with its interval; the ends are None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


Cell = str | float | int | Estimate | None


@dataclass(frozen=True)
class Measure:
    """How values of one quantity are written, and what they are.

    Attributes:
        name: as a heading; the unit belongs to it or to `unit`.
        unit: such as "bits per byte"; empty for text and counts.
        form: "text"; "count" (1,234); "fixed" (so many decimals); "digits" (so many significant digits); "bytes" (1.5 MB);
            "rate" (bytes per second, 1.5 MB/s); "seconds".
        digits: decimals or significant digits.
        definition: what the figure is, in a sentence, for those who do not know the name.
        better: which end of a column is the good one.
    """

    name: str
    unit: str = ""
    form: Form = "text"
    digits: int = 4
    definition: str = ""
    better: Literal["less", "more"] | None = None

    @property
    def numeric(self) -> bool:
        """Whether values are numbers, to be set flush right and sorted as such."""
        return self.form != "text"

    @property
    def heading(self) -> str:
        """Name and unit."""
        return f"{self.name}, {self.unit}" if self.unit else self.name

    def text(self, value: Cell) -> str:
        """A value as it is shown everywhere; a dash for what is not known.

        Example:
            >>> Measure("size", form="count").text(1656407)
            '1,656,407'
            >>> Measure("R²", form="fixed", digits=3).text(Estimate(-0.1414, -0.2, 0))
            '−0.141 [−0.200, 0.000]'
        """
        if isinstance(value, Estimate):
            ends = "" if value.low is None or value.high is None else f" [{self.text(value.low)}, {self.text(value.high)}]"
            return self.text(value.value) + ends
        if value is None or value != value:
            return NONE
        return value if isinstance(value, str) else signed(_FORMS[self.form](value, self.digits)).replace("-", "−")


_FORMS: Mapping[str, Callable[[float, int], str]] = {
    "text": lambda value, digits: str(value),
    "count": lambda value, digits: f"{value:,.0f}",
    "fixed": lambda value, digits: f"{value:,.{digits}f}",
    "digits": lambda value, digits: f"{value:,.{digits}g}",
    "bytes": lambda value, digits: in_units(value),
    "rate": lambda value, digits: f"{in_units(value)}/s",
    "seconds": lambda value, digits: f"{value:,.{digits}f} s",
}
