"""Units that suit a table's figures: one for a whole column, so that its rows compare at sight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mdlbench.result.exhibits import Chart, Exhibit, Measure, Table, walk

Steps = Sequence[tuple[str, float]]
AREA: Steps = (("bytes", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12))
TOKENS: Steps = (("", 1.0), ("thousands", 1e3), ("millions", 1e6), ("billions", 1e9), ("trillions", 1e12))
_DEFINED = {"kB": "1,000 bytes", "MB": "10^6 bytes", "GB": "10^9 bytes", "TB": "10^12 bytes", "bytes": "8 bits each"} | {
    name: f"{size:,.0f} of them" for name, size in TOKENS if name
}


def terms_of(exhibits: Iterable[Exhibit]) -> dict[str, str]:
    """What the units mean that tables and charts are in."""
    units: set[str] = set()
    for exhibit in walk(exhibits):
        if isinstance(exhibit, Table):
            units |= {column.unit for column in exhibit.columns}
        elif isinstance(exhibit, Chart):
            units |= {exhibit.x.measure.unit, exhibit.y.measure.unit}
    return {unit: text for unit, text in _DEFINED.items() if unit in units}


@dataclass(frozen=True)
class Scale:
    """A unit, and its size in the plain one."""

    unit: str
    size: float

    def of(self, value: float) -> float:
        """A value in this unit."""
        return value / self.size

    def measure(self, name: str, digits: int = 1, **more: Any) -> Measure:
        """A column in this unit."""
        return Measure(name, self.unit, "fixed", digits if self.size > 1 else 0, **more)

    def known(self, value: float | None) -> float | None:
        """`of`, and None for what is not known."""
        return None if value is None else self.of(value)


def scale_of(steps: Steps, values: Iterable[float | None]) -> Scale:
    """The largest unit in which the largest value is at least 10, as a column has it."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return Scale(*next(((unit, size) for unit, size in reversed(steps) if largest >= 10 * size), steps[0]))


def tokens_text(value: float) -> str:
    """So many tokens, in a sentence.

    Example:
        >>> tokens_text(12_582_912), tokens_text(299.9e9), tokens_text(100)
        ('12.6 million', '300 billion', '100')
    """
    unit, size = next(((unit, size) for unit, size in reversed(TOKENS) if abs(value) >= 0.9995 * size), TOKENS[0])
    return f"{value / size:.3g} {unit.removesuffix('s')}".rstrip()
