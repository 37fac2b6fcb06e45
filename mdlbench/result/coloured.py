"""What to show of a text whose symbols are coloured by what they cost, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Likely(Protocol):
    """A symbol that might have come in another's place: its bytes, and how probable it was held."""

    @property
    def symbol(self) -> bytes: ...
    @property
    def probability(self) -> float: ...


class Costed(Protocol):
    """A symbol of a text: offset of its first byte, its bytes, its code length in bits, and what else was likely."""

    @property
    def start(self) -> int: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def bits(self) -> float: ...
    @property
    def alternatives(self) -> Sequence[Likely] | None: ...


@dataclass(frozen=True)
class ColouredText:
    """A text whose symbols are coloured by what they cost: a page of its own.

    Attributes:
        name: of the file; model: what it was measured under.
        facts: (name, value) pairs, the most important first.
        symbols: in the order of the file, without gaps.
        notice: what part of the file this is, or "".
        note: why there are no alternatives, or "".
    """

    name: str
    model: str
    facts: tuple[tuple[str, str], ...]
    symbols: Sequence[Costed]
    notice: str = ""
    note: str = ""
