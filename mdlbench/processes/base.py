"""`Process`: a stationary source of symbols given by one matrix per symbol, and what follows from the matrices alone.

    P(x_1 .. x_L) = start T[x_1] ... T[x_L] right

A hidden Markov model has T[x, i, j] = P(emit x, go to j | in i) and right = 1. A generalised one (an observable operator
model; Jaeger, Neural Computation 12 (2000)) has any real matrices whose words all have probabilities: sum_x T[x] has the
eigenvalue 1 with `right` on its right and `start` on its left. Beliefs are row vectors; the start is stationary.

Matrices of rational parameters are kept as fractions, so that what is exact stays exact.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.processes.belief import Matrices, as_matrices, filter_beliefs, filter_probabilities
from mdlbench.processes.generator import BeliefWalk, StateWalk, Walk, generate, generate_pieces, generate_windows
from mdlbench.processes.linear import Number, Tensor, null_vectors

MAX_SYMBOLS = 256  # a symbol is one byte
MOST_ENTRIES = 1 << 20  # K N^2: a name in a container's header must not fill the memory
_CLOSE = 1e-9  # floats written by hand: a row may miss its sum by this much
_CHECKED_WORDS = 20_000  # words of a generalised process whose probability is looked at


class ProcessError(UsageError):
    """A process does not exist, or its matrices are not those of a process."""


@dataclass(frozen=True)
class Composition:
    """How a process was made of others: kind "reversed", "product" or "mixture", the parts, a mixture's weights."""

    kind: str
    parts: tuple["Process", ...]
    weights: tuple[Number, ...] = ()


@dataclass(frozen=True, eq=False)
class Process:
    """A stationary source over symbols 0 .. K-1 with N states.

    Attributes:
        name: what finds it again, without parameters.
        transitions: T[x][i][j], nested tuples (K, N, N) of `Fraction` or float.
        parameters: the values that made it.
        summary, citation: what it is, and where it is defined.
        right: the right eigenvector (N,); None for ones (a hidden Markov model).
        start: the stationary distribution (N,), needed only where there is more than one.
        closed_form: known values in bits: "entropy_rate", "statistical_complexity", "excess_entropy".
        composition: how it was made of others.
    """

    name: str
    transitions: tuple[tuple[tuple[Number, ...], ...], ...]
    parameters: Mapping[str, Fraction] = field(default_factory=dict)
    summary: str = ""
    citation: str = ""
    right: tuple[Number, ...] | None = None
    start: tuple[Number, ...] | None = None
    closed_form: Mapping[str, float] = field(default_factory=dict)
    composition: Composition | None = None

    def __post_init__(self) -> None:
        _check(self)

    @property
    def alphabet_size(self) -> int:
        """K, the number of symbols."""
        return len(self.transitions)

    @property
    def n_states(self) -> int:
        """N, the number of states (dimensions, for a generalised process)."""
        return len(self.transitions[0])

    @cached_property
    def exact(self) -> bool:
        """Whether every number is a fraction."""
        numbers = (value for matrix in self.transitions for row in matrix for value in row)
        return all(isinstance(value, Fraction) for value in [*numbers, *(self.right or ())])

    @cached_property
    def tensor(self) -> np.ndarray:
        """T as float64 (K, N, N), read-only; fractions correctly rounded."""
        return _read_only([[[float(value) for value in row] for row in matrix] for matrix in self.transitions])

    @cached_property
    def stationary_numbers(self) -> tuple[Number, ...]:
        """The stationary row vector as fractions, or floats where the process has floats; start . right = 1."""
        if self.start is not None:
            return self.start
        found = self._invariant_rows()
        if len(found) != 1:
            many = f"{len(found)} stationary distributions; give `start`, which mixes them"
            what = many if found else "no stationary distribution"
            raise ProcessError(f"process {self.name} has {what}")
        weight = sum(value * w for value, w in zip(found[0], self.right_numbers, strict=True))
        if abs(weight) < _CLOSE:
            raise ProcessError(
                f"process {self.name}: its left and right eigenvectors are orthogonal; no word has a probability"
            )
        return tuple(value / weight for value in found[0])

    @cached_property
    def right_numbers(self) -> tuple[Number, ...]:
        """The right eigenvector: ones for a hidden Markov model."""
        return self.right if self.right is not None else (Fraction(1),) * self.n_states

    @cached_property
    def stationary(self) -> np.ndarray:
        """The stationary belief, float64 (N,), read-only: where every sequence starts."""
        return _read_only([float(value) for value in self.stationary_numbers])

    @cached_property
    def right_vector(self) -> np.ndarray:
        """The right eigenvector, float64 (N,), read-only."""
        return _read_only([float(value) for value in self.right_numbers])

    @cached_property
    def emission(self) -> np.ndarray:
        """float64 (N, K): column x is T[x] right, so that belief @ emission is the next symbol's distribution."""
        return _read_only(
            [
                [float(sum(value * w for value, w in zip(row, self.right_numbers, strict=True) if value)) for row in rows]
                for rows in zip(*self.transitions, strict=True)
            ]
        )

    @cached_property
    def is_hidden_markov(self) -> bool:
        """Whether the states are states: no negative entry, and rows that sum to one."""
        return self.right is None and bool((self.tensor >= 0).all())

    @cached_property
    def unifilar(self) -> bool:
        """Whether state and symbol determine the next state (False for a generalised process: it has no states)."""
        return self.is_hidden_markov and bool(((self.tensor > 0).sum(axis=2) <= 1).all())

    @cached_property
    def ergodic(self) -> bool:
        """Whether almost every sequence shows the whole process."""
        if self.composition is not None and self.composition.kind == "mixture":
            return False
        return len(self.recurrent_classes) == 1 if self.is_hidden_markov else len(self._invariant_rows()) == 1

    @cached_property
    def recurrent_classes(self) -> list[list[int]]:
        """States that keep returning to each other, one list per class; hidden Markov models only."""
        return recurrent_classes(self.tensor.sum(axis=0) > 0)

    @cached_property
    def digest(self) -> bytes:
        """8 bytes over the numbers themselves, whatever the process is called."""
        state = hashlib.blake2b(repr(self.tensor.shape).encode(), digest_size=8)
        for array in (self.tensor, self.stationary, self.right_vector):
            state.update(np.ascontiguousarray(array, "<f8").tobytes())
        return state.digest()

    def _invariant_rows(self) -> list[list[Any]]:
        n = self.n_states
        return null_vectors([[sum(m[j][i] for m in self.transitions) - (i == j) for j in range(n)] for i in range(n)])

    @cached_property
    def matrices(self) -> Matrices:
        """What the compiled kernels take."""
        return as_matrices(self.tensor, self.right_vector, self.stationary, self.emission)

    @cached_property
    def walk(self) -> Walk:
        """How symbols are drawn: through states where there are any."""
        return StateWalk(self.stationary_numbers, self.transitions) if self.is_hidden_markov else BeliefWalk(self.matrices)

    def generate(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` symbols from a stationary start, uint8 (n,); the same on every machine for a seed."""
        return generate(self.walk, n, seed)

    def generate_pieces(self, n: int, seed: int = 0) -> Iterator[np.ndarray]:
        """The same as `generate`, a million symbols at a time: memory stays flat."""
        return generate_pieces(self.walk, n, seed)

    def generate_windows(self, count: int, length: int, seed: int = 0) -> np.ndarray:
        """Independent stationary sequences, uint8 (count, length)."""
        return generate_windows(self.walk, count, length, seed)

    def filter(self, symbols: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """Probability of each symbol given those before it, float64 of `symbols`' shape, (L,) or (B, L).

        Example:
            >>> from mdlbench.processes import find
            >>> find("z1r").filter(np.array([1, 1]))
            array([0.5       , 0.33333333])
        """
        _check_symbols(self, symbols)
        return filter_probabilities(self.matrices, symbols, start)

    def beliefs(self, symbols: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """Belief before each symbol and after the last, float64 (..., L + 1, N).

        Example:
            >>> from mdlbench.processes import find
            >>> find("z1r").beliefs(np.array([1]))[-1]  # the belief after a 1: it was S1 or SR
            array([0.33333333, 0.        , 0.66666667])
        """
        _check_symbols(self, symbols)
        return filter_beliefs(self.matrices, symbols, start)


def recurrent_classes(edges: np.ndarray) -> list[list[int]]:
    """The closed communicating classes of a graph given as a boolean matrix (N, N), in order of their first state."""
    reach = edges | np.eye(len(edges), dtype=bool)
    while True:
        further = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
        if (further == reach).all():
            break
        reach = further
    recurrent = (reach <= reach.T).all(axis=1)  # whatever is reached leads back
    classes = {tuple(np.flatnonzero(reach[state]).tolist()) for state in np.flatnonzero(recurrent)}
    return [list(states) for states in sorted(classes)]


def _read_only(values: Any) -> np.ndarray:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _check(process: Process) -> None:
    """Raise ProcessError unless the numbers are those of a process."""
    name, k, n = process.name, len(process.transitions), len(process.transitions[0]) if process.transitions else 0
    if not 1 <= k <= MAX_SYMBOLS:
        raise ProcessError(f"process {name} has {k} symbols; a symbol is one byte: 1 to {MAX_SYMBOLS}")
    if n == 0 or any(len(matrix) != n or any(len(row) != n for row in matrix) for matrix in process.transitions):
        raise ProcessError(f"process {name}: its matrices are not all square and of one size")
    if k * n * n > MOST_ENTRIES:
        raise ProcessError(f"process {name}: {k} symbols and {n} states are {k * n * n:,} entries; at most {MOST_ENTRIES:,}")
    if not np.isfinite(process.tensor).all():
        raise ProcessError(f"process {name}: an entry is infinite or not a number")
    for what, vector in (("right", process.right), ("start", process.start)):
        if vector is not None and len(vector) != n:
            raise ProcessError(f"process {name}: `{what}` has {len(vector)} entries for {n} states")
    whole = process.tensor.sum(axis=0)
    if process.right is None:
        _check_rows(process, whole)
    elif abs(whole @ process.right_vector - process.right_vector).max() > _CLOSE:
        raise ProcessError(f"process {name}: `right` is not an eigenvector of the summed matrices with eigenvalue 1")
    if abs(process.stationary @ whole - process.stationary).max() > _CLOSE:
        raise ProcessError(f"process {name}: `start` is not stationary; leave it out to have it computed")
    if abs(process.stationary @ process.right_vector - 1) > _CLOSE:
        raise ProcessError(f"process {name}: `start` does not sum to 1")
    if not process.is_hidden_markov:
        _check_words(process)
    elif (process.stationary < -_CLOSE).any():
        raise ProcessError(f"process {name}: `start` has a negative entry")


def _check_rows(process: Process, whole: np.ndarray) -> None:
    sums = whole.sum(axis=1)
    worst = int(abs(sums - 1).argmax())
    if abs(sums[worst] - 1) > _CLOSE:
        hint = "" if (process.tensor >= 0).all() else " (a generalised process may give `right` instead)"
        raise ProcessError(f"process {process.name}: state {worst} is left with probability {sums[worst]:.10g}, not 1{hint}")


def _check_words(process: Process) -> None:
    """Look at every word up to about 20,000 of them: none may have a negative probability."""
    level, seen, length = process.stationary[None, :], 0, 0
    while seen + len(level) * process.alphabet_size <= _CHECKED_WORDS and length < 64:
        level = np.concatenate([level @ matrix for matrix in process.tensor])
        masses = level @ process.right_vector
        seen, length = seen + len(level), length + 1
        if masses.min() < -_CLOSE:
            raise ProcessError(f"process {process.name}: a word of length {length} has probability {masses.min():.3g}")
        level = level[masses > _CLOSE]


def _check_symbols(process: Process, symbols: np.ndarray) -> None:
    given = np.asarray(symbols)
    if given.ndim not in (1, 2) or given.dtype.kind not in "iu":
        raise ValueError(f"symbols have shape {given.shape} and type {given.dtype}; expected integers (L,) or (B, L)")
    if given.size and not 0 <= int(given.min()) <= int(given.max()) < process.alphabet_size:
        raise ProcessError(
            f"symbols run from {given.min()} to {given.max()}; {process.name} has 0 to {process.alphabet_size - 1}"
        )


def as_numbers(values: Sequence[Number]) -> tuple[Number, ...]:
    """Numbers as the process keeps them: int and Fraction exact, anything else float."""
    return tuple(Fraction(value) if isinstance(value, int | Fraction) else float(value) for value in values)


def as_transitions(tensor: Tensor) -> tuple[tuple[tuple[Number, ...], ...], ...]:
    """Nested sequences (K, N, N) as `Process.transitions`."""
    return tuple(tuple(as_numbers(row) for row in matrix) for matrix in tensor)
