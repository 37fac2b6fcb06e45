"""The result of `mdlbench hmm entropy`: what is known of a process, as functions here return it and as files keep it.

Kind "hmm-entropy". Entropies are in bits; nothing is NaN or infinite: what is infinite or not known has no value and a reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

from mdlbench.result import result_kind
from mdlbench.result.ranges import agrees, in_range

_MOST_BITS = 8.001  # per symbol, which is one byte; and rounding
_ROUNDING = 1e-6  # of what is zero or more, in bits
_FARTHEST = 1e6  # of a belief's entries: those of generalised processes may lie outside 0 .. 1, but not anywhere


@dataclass(frozen=True)
class Quantity:
    """A number in bits and how it was found, or why there is none.

    Attributes:
        method: how, where there is a value.
        reason: why not, where there is none.
    """

    value: float | None
    unit: Literal["bits"] = "bits"
    method: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != (self.method is None) or (self.value is None) != (self.reason is not None):
            raise ValueError("a quantity has a value and a method, or else a reason")
        in_range("value", self.value, slack=max(self.error or 0.0, _ROUNDING))

    @classmethod
    def of(cls, value: float | None, note: str) -> "Quantity":
        """A value and its method, or None and the reason.

        Example:
            >>> Quantity.of(None, "infinite").reason
            'infinite'
        """
        return cls(value, method=None if value is None else note, reason=note if value is None else None)

    @classmethod
    def within(cls, value: float, error: float, method: str) -> "Quantity":
        """A value that may be off by `error` bits, which its method then says.

        Example:
            >>> found = Quantity.within(0.4424584, 0.004, "converged")
            >>> found.note, found.text(9)
            ('converged (to 4e-03)', '0.442')
        """
        return cls.of(value, f"{method} (to {error:.0e})")

    def text(self, decimals: int) -> str | None:
        """The value with the digits that are sure, `decimals` of them at most; None where there is no value."""
        if self.value is None:
            return None
        sure = decimals if self.error is None else -floor(log10(max(self.error, 1e-15)))
        return f"{self.value:,.{max(0, min(decimals, sure))}f}"

    @property
    def error(self) -> float | None:
        """By how much the value may be off, in bits, where its method says so."""
        said = re.search(r"\(to (\d\S*)\)$", self.note)
        return None if said is None else float(said[1])

    @property
    def note(self) -> str:
        """How, or why not."""
        return self.method or self.reason or ""


@dataclass(frozen=True)
class ConvergedRate:
    """More digits of an entropy rate than its bounds prove, in bits per symbol.

    Attributes:
        change: by how much it may be off, in bits per symbol: four standard errors of a check by sampling, or the difference
            of the two best solutions where that is more.
    """

    value: float
    change: float
    rigorous: Literal[False] = False


@dataclass(frozen=True)
class EntropyRate:
    """Bounds on the entropy rate h.

    Attributes:
        lower, upper: in bits per symbol; lower None where none is proved.
        method: how they were found.
        gap: upper - lower, in bits per symbol; None without a lower bound.
        reason: why there is no lower bound.
        converged: h to more digits than the bounds prove, None where they say all.
    """

    lower: float | None
    upper: float
    unit: Literal["bits per symbol"]
    method: str
    gap: float | None
    reason: str | None = None
    converged: ConvergedRate | None = None

    def __post_init__(self) -> None:
        if not all(abs(bits) <= _MOST_BITS for bits in (self.lower or 0.0, self.upper, self.value)):
            raise ValueError(f"entropy_rate: a symbol has at most 8 bits, bounds are {self.lower} and {self.upper}")
        least = 0.0 if self.lower is None else self.lower
        in_range("entropy_rate.lower", self.lower, slack=_ROUNDING)
        in_range("entropy_rate.upper", self.upper, least, slack=_ROUNDING)
        agrees("entropy_rate.gap", self.gap, None if self.lower is None else self.upper - self.lower)
        if self.converged is not None:
            in_range("entropy_rate.converged.change", self.converged.change)
            slack = max(self.converged.change, _ROUNDING)
            in_range("entropy_rate.converged.value", self.converged.value, least, self.upper, slack)

    @classmethod
    def between(cls, lower: float | None, upper: float, method: str, reason: str | None = None) -> "EntropyRate":
        """Bounds in bits per symbol, and how they were found.

        Example:
            >>> EntropyRate.between(0.5, 0.75, "by hand").value
            0.625
        """
        return cls(lower, upper, "bits per symbol", method, None if lower is None else upper - lower, reason)

    @property
    def uncertainty(self) -> float | None:
        """How far `value` may be from h, in bits per symbol; None where it is an upper bound and no more."""
        if self.converged is not None:
            return self.converged.change
        return None if self.gap is None else max(self.gap, 0.0) / 2

    @property
    def text(self) -> str:
        """`value` with the digits that are sure.

        Example:
            >>> EntropyRate.between(0.7312, 0.7316, "by hand").text, EntropyRate.between(None, 0.75, "by hand").text
            ('0.731', '≤ 0.750000')
        """
        if self.uncertainty is None:
            return f"≤ {self.upper:.6f}"
        return f"{self.value:.{max(1, min(12, floor(-log10(max(self.uncertainty, 1e-13)))))}f}"

    @property
    def value(self) -> float:
        """The best single number: the converged one, else the middle of the bounds, else the upper one."""
        if self.converged is not None:
            return self.converged.value
        return self.upper if self.lower is None else (self.lower + self.upper) / 2


@dataclass(frozen=True)
class Dimension:
    """Statistical complexity dimension: that of the beliefs' distribution, without a unit.

    Attributes:
        standard_error: of `value`, over generated sequences.
        exponents_nats: Lyapunov exponents in nats per symbol, largest first; None for a direction that vanishes at once.
    """

    value: float
    standard_error: float
    method: str
    exponents_nats: tuple[float | None, ...]


@dataclass(frozen=True)
class MixedStateCounts:
    """How many beliefs some word leads to.

    Attributes:
        kind: finite, countable or uncountable: the beliefs met in the long run.
        exact: whether beliefs were told apart exactly, as fractions.
        count, recurrent, transient: None where they do not end; `reason` then says how far they were followed.
        new_by_depth: beliefs that words of length 0, 1, ... lead to for the first time, up to length 15.
    """

    kind: str
    exact: bool
    count: int | None
    recurrent: int | None
    transient: int | None
    reason: str | None
    new_by_depth: tuple[int, ...]

    def __post_init__(self) -> None:
        if (self.count is None) != (self.reason is not None) or (self.count is None) != (self.recurrent is None):
            raise ValueError("mixed states are counted, recurrent ones too, or else there is a reason")


@dataclass(frozen=True)
class Synchronisation:
    """Bits after L = 0, 1, ... symbols: of the hidden "state", or of the "future" where there are no states."""

    of: Literal["state", "future"]
    bits: tuple[float, ...]


@dataclass(frozen=True)
class MixedStateGraph:
    """Mixed states, few enough to be drawn, in the order of the words that lead to them; the first is the start.

    Attributes:
        successors: for each the next one by symbol, -1 where the symbol cannot come.
        p: for each the probability of every symbol.
        beliefs: for each the probability of every hidden state.
        recurrent: those met for ever; the others are transient.
        by_depth: how many words of length 0, 1, ... lead to for the first time.
    """

    successors: tuple[tuple[int, ...], ...]
    p: tuple[tuple[float, ...], ...]
    beliefs: tuple[tuple[float, ...], ...]
    recurrent: tuple[int, ...]
    by_depth: tuple[int, ...]

    def __post_init__(self) -> None:
        count = len(self.successors)
        if not 0 < count == len(self.p) == len(self.beliefs) == sum(self.by_depth) or min(self.by_depth) < 0:
            raise ValueError("curves.graph: successors, p, beliefs and by_depth are not of one number of mixed states")
        if any(not -1 <= state < count for row in self.successors for state in row):
            raise ValueError(f"curves.graph.successors names a state outside 0 .. {count - 1}")
        if any(not 0 <= state < count for state in self.recurrent):
            raise ValueError(f"curves.graph.recurrent names a state outside 0 .. {count - 1}")
        if any(len(row) != len(self.p[0]) for row in (*self.p, *self.successors)):
            raise ValueError("curves.graph: a state has not a successor and a probability for every symbol")


@dataclass(frozen=True)
class Curves:
    """What the pictures of a process are drawn from; see `processes.curves`.

    Attributes:
        upper: H(X | L symbols of context) in bits, L = 0, 1, ...
        lower: the same where the first hidden state is known too; empty for a generalised process.
        graph: of the mixed states where they are few; else None.
        beliefs: else a sample of those that long words lead to: `0.3 0.7; 0.25 0.75`, one line in a file.
    """

    upper: tuple[float, ...]
    lower: tuple[float, ...]
    synchronisation: Synchronisation
    graph: MixedStateGraph | None = None
    beliefs: str | None = None

    def __post_init__(self) -> None:
        if (self.graph is None) == (self.beliefs is None):
            raise ValueError("curves has either a graph of mixed states or beliefs")
        if self.beliefs is not None and not _is_table(self.beliefs):
            raise ValueError("curves.beliefs: not all rows have a number for every state")

    @property
    def belief_rows(self) -> list[list[float]]:
        """`beliefs` as numbers; empty where there is a graph."""
        return [] if self.beliefs is None else [list(map(float, row.split())) for row in self.beliefs.split(";")]


def _is_table(text: str) -> bool:
    rows = [row.split() for row in text.split(";")]
    try:
        return len({len(row) for row in rows}) == 1 and all(row and all(abs(float(v)) < _FARTHEST for v in row) for row in rows)
    except ValueError:
        return False


@result_kind("hmm-entropy")
@dataclass(frozen=True)
class Source:
    """All that was computed of a process.

    Attributes:
        process: its name; `params`: its parameters, as exact texts.
        alphabet_size: K symbols; `n_states`: N states, or dimensions of a generalised process.
        joint_entropy_rate: H(X, S' | S) in bits per symbol; None for a generalised process.
        closed_form: quantities with a formula, in bits, by name.
        complexity_dimension: None where causal states are countable.
        myopic_entropies: H(X | L symbols of context) in bits, L = 0, 1, ...
        causal_states: how many; None where that is infinite.
        curves: None where no picture was asked for.
    """

    process: str
    params: Mapping[str, str]
    summary: str
    citation: str
    alphabet_size: int
    n_states: int
    hidden_markov: bool
    unifilar: bool
    ergodic: bool
    entropy_rate: EntropyRate
    joint_entropy_rate: float | None
    closed_form: Mapping[str, float]
    excess_entropy: Quantity
    statistical_complexity: Quantity
    transient_information: Quantity
    synchronisation_information: Quantity
    crypticity: Quantity
    complexity_dimension: Dimension | None
    myopic_entropies: tuple[float, ...]
    mixed_states: MixedStateCounts
    causal_states: int | None
    curves: Curves | None = None

    def __post_init__(self) -> None:
        in_range("joint_entropy_rate", self.joint_entropy_rate)
        for at, bits in enumerate(self.myopic_entropies):
            in_range(f"myopic_entropies[{at}]", bits, most=_MOST_BITS)
        for name, bits in self.closed_form.items():
            in_range(f"closed_form.{name}", bits)

    @property
    def label(self) -> str:
        """Its name with its parameters: `mess3 x=0.05 a=0.85`."""
        return " ".join([self.process, *(f"{key}={value}" for key, value in self.params.items())])
