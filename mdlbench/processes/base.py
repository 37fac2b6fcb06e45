"""`Process`: a stationary source of symbols given by one matrix per symbol, and what follows from the matrices alone.

    P(x_1 .. x_L) = start T[x_1] ... T[x_L] right

A hidden Markov model has T[x, i, j] = P(emit x, go to j | in i) and right = 1. A generalised one (an observable operator
model; Jaeger, Neural Computation 12 (2000)) has any real matrices whose words all have probabilities: sum_x T[x] has the
eigenvalue 1 with `right` on its right and `start` on its left. Beliefs are row vectors; the start is stationary.

Matrices of rational parameters are kept as fractions, so that what is exact stays exact.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import gcd
from typing import Any

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.processes.belief import Matrices, as_matrices, filter_beliefs, filter_probabilities
from mdlbench.processes.generator import BeliefWalk, StateWalk, Walk, generate, generate_pieces, generate_windows
from mdlbench.processes.linear import Number, Tensor, TooLargeError, is_exact, long_run, null_vectors
from mdlbench.processes.numbers import text_of

MAX_SYMBOLS = 256  # a symbol is one byte
MOST_ENTRIES = 600_000  # K N^2, of it and what it is made of: a name in a container's header must not take a second
CLOSE = 1e-9  # floats written by hand: a row may miss its sum by this much
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
        try:
            _check(self)
        except ProcessError as error:
            at = ", ".join(f"{key}={text_of(value)}" for key, value in self.parameters.items())
            raise ProcessError(f"{error} (at {at}; choose less extreme parameters)" if at else str(error)) from None

    @property
    def alphabet_size(self) -> int:
        """K, the number of symbols."""
        return len(self.transitions)

    @property
    def n_states(self) -> int:
        """N, the number of states (dimensions, for a generalised process)."""
        return len(self.transitions[0])

    @cached_property
    def entries(self) -> int:
        """How many numbers it and the processes that it is made of are: K N^2 each."""
        parts = self.composition.parts if self.composition is not None else ()
        return self.alphabet_size * self.n_states**2 + sum(part.entries for part in parts)

    @cached_property
    def exact(self) -> bool:
        """Whether every number is a fraction, those of the stationary distribution too."""
        return self._rational and all(isinstance(value, Fraction) for value in self.stationary_numbers)

    @cached_property
    def _rational(self) -> bool:
        return is_exact([[value for *_, value in self.links], self.right or ()])

    @cached_property
    def links(self) -> list[tuple[int, int, int, Number]]:
        """What is not zero of the matrices: symbol, state, next state, number."""
        return [
            (x, i, j, value)
            for x, matrix in enumerate(self.transitions)
            for i, row in enumerate(matrix)
            for j, value in enumerate(row)
            if value
        ]

    @cached_property
    def tensor(self) -> np.ndarray:
        """T as float64 (K, N, N), read-only; fractions correctly rounded."""
        found = np.zeros((self.alphabet_size, self.n_states, self.n_states))
        places, numbers = [link[:3] for link in self.links], [value for *_, value in self.links]
        found[tuple(np.array(places, np.int64).reshape(-1, 3).T)] = self._doubles(numbers)
        return _read_only(found)

    @cached_property
    def stationary_numbers(self) -> tuple[Number, ...]:
        """The stationary row vector as fractions, or floats where the process has floats; start . right = 1."""
        if self.start is not None:
            return self.start
        count = len(self.recurrent_classes) if self.is_hidden_markov else len(self._invariant_rows)
        if count != 1:
            many = f"{count} stationary distributions; give `start`, which mixes them"
            what = many if count else "no stationary distribution"
            raise ProcessError(f"process {self.name} has {what}")
        if self.is_hidden_markov:
            return self._time_in_states()
        found = self._invariant_rows[0]
        weight = sum(value * w for value, w in zip(found, self.right_numbers, strict=True))
        if abs(weight) < CLOSE:
            raise ProcessError(
                f"process {self.name}: its left and right eigenvectors are orthogonal; no word has a probability"
            )
        return tuple(value / weight for value in found)

    def _time_in_states(self) -> tuple[Number, ...]:
        """The stationary distribution of the one recurrent class: fractions, or floats where exact would take too long."""
        with suppress(TooLargeError):
            if self._rational:
                (found,) = null_vectors(self._balance())
                whole = sum(found)
                return tuple(value / whole for value in found)
        (states,) = self.recurrent_classes
        times = dict(zip(states, long_run(self.tensor.sum(axis=0)[np.ix_(states, states)]).tolist(), strict=True))
        return tuple(times.get(state, 0.0) for state in range(self.n_states))

    @cached_property
    def right_numbers(self) -> tuple[Number, ...]:
        """The right eigenvector: ones for a hidden Markov model."""
        return self.right if self.right is not None else (Fraction(1),) * self.n_states

    @cached_property
    def stationary(self) -> np.ndarray:
        """The stationary belief, float64 (N,), read-only: where every sequence starts."""
        return _read_only(self._doubles(self.stationary_numbers))

    @cached_property
    def right_vector(self) -> np.ndarray:
        """The right eigenvector, float64 (N,), read-only."""
        return _read_only(self._doubles(self.right_numbers))

    @cached_property
    def emission(self) -> np.ndarray:
        """float64 (N, K): column x is T[x] right, so that belief @ emission is the next symbol's distribution."""
        sums: list[list[Number]] = [[Fraction(0)] * self.alphabet_size for _ in range(self.n_states)]
        for x, i, j, value in self.links:
            sums[i][x] += value * self.right_numbers[j]
        return _read_only([self._doubles(row) for row in sums])

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
        return len(self.recurrent_classes) == 1 if self.is_hidden_markov else len(self._invariant_rows) == 1

    @cached_property
    def recurrent_classes(self) -> list[list[int]]:
        """States that keep returning to each other, one list per class; hidden Markov models only."""
        return recurrent_classes(self.tensor.sum(axis=0) > 0)

    @cached_property
    def forgetting(self) -> float:
        """The largest modulus below 1 of an eigenvalue of the summed matrices: what is left of the past after a symbol."""
        edges = self.tensor.sum(axis=0) > 0
        classes = self.recurrent_classes if self.is_hidden_markov else []
        lasting = sum(1 + max(phases_of(edges, states).values()) for states in classes) or 1
        moduli = sorted(abs(np.linalg.eigvals(self.tensor.sum(axis=0))), reverse=True)
        return float(min(moduli[lasting], 1 - 2.0**-53)) if len(moduli) > lasting else 0.0

    @cached_property
    def digest(self) -> bytes:
        """8 bytes over the numbers themselves, whatever the process is called."""
        state = hashlib.blake2b(repr(self.tensor.shape).encode(), digest_size=8)
        for array in (self.tensor, self.stationary, self.right_vector):
            state.update(np.ascontiguousarray(array, "<f8").tobytes())
        return state.digest()

    @cached_property
    def _invariant_rows(self) -> list[list[Any]]:
        try:
            return null_vectors(self._balance())
        except TooLargeError as error:
            raise ProcessError(f"process {self.name}: {error}") from None

    def _balance(self) -> list[list[Number]]:
        """What a stationary row vector, as a column, meets with zeros: the transposed sum of the matrices, less 1."""
        found: list[list[Number]] = [[Fraction(-int(i == j)) for j in range(self.n_states)] for i in range(self.n_states)]
        for _, i, j, value in self.links:
            found[j][i] += value
        return found

    def _doubles(self, values: Sequence[Number]) -> list[float]:
        """Each number as the nearest double: the only place where fractions become floats.

        Raises:
            ProcessError: one is too large, or too small to be told from zero.
        """
        try:
            found = [float(value) if value else 0.0 for value in values]
        except OverflowError:
            raise ProcessError(f"process {self.name}: a number is too large for a double; choose smaller ones") from None
        if not all(number or not value for number, value in zip(found, values, strict=True)):
            raise ProcessError(f"process {self.name}: a number is too small for a double; choose larger ones")
        return found

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


def phases_of(edges: np.ndarray, states: Sequence[int]) -> dict[int, int]:
    """The phase 0 .. D-1 of each state of a communicating class of a graph (N, N), D its period: edges lead to the next."""
    depth, waiting, whole, inside = {states[0]: 0}, [states[0]], 0, set(states)
    for state in waiting:  # breadth first; grows while it is walked
        for target in np.flatnonzero(edges[state]).tolist():
            if target in inside:
                if target not in depth:
                    depth[target] = depth[state] + 1
                    waiting.append(target)
                whole = gcd(whole, depth[state] + 1 - depth[target])
    return {state: steps % whole for state, steps in depth.items()}


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
    check_entries(name, k, n, process.composition.parts if process.composition is not None else ())
    if not np.isfinite(process.tensor).all():
        raise ProcessError(f"process {name}: an entry is infinite or not a number")
    for what, vector in (("right", process.right), ("start", process.start)):
        if vector is not None and len(vector) != n:
            raise ProcessError(f"process {name}: `{what}` has {len(vector)} entries for {n} states")
    whole = process.tensor.sum(axis=0)
    if process.right is None:
        _check_rows(process, whole)
    elif abs(whole @ process.right_vector - process.right_vector).max() > CLOSE:
        raise ProcessError(f"process {name}: `right` is not an eigenvector of the summed matrices with eigenvalue 1")
    if abs(process.stationary @ whole - process.stationary).max() > CLOSE:
        raise ProcessError(f"process {name}: `start` is not stationary; leave it out to have it computed")
    if abs(process.stationary @ process.right_vector - 1) > CLOSE:
        raise ProcessError(f"process {name}: `start` does not sum to 1")
    assert process.emission.shape == (n, k)  # made here, where what cannot be a double is told
    if not process.is_hidden_markov:
        if process.composition is None:  # words of others are theirs
            _check_words(process)
    elif (process.stationary < -CLOSE).any():
        raise ProcessError(f"process {name}: `start` has a negative entry")


def check_entries(name: str, n_symbols: int, n_states: int, parts: Sequence[Process] = ()) -> None:
    """Raise ProcessError if matrices of this size, with those of the parts, are more than anybody should have to build."""
    entries = n_symbols * n_states**2 + sum(part.entries for part in parts)
    if entries > MOST_ENTRIES:
        made = " with its parts" if parts else ""
        raise ProcessError(
            f"process {name}: {n_symbols} symbols and {n_states} states{made} are {entries:,} entries; at most {MOST_ENTRIES:,}"
        )


def _check_rows(process: Process, whole: np.ndarray) -> None:
    sums = whole.sum(axis=1)
    worst = int(abs(sums - 1).argmax())
    if abs(sums[worst] - 1) > CLOSE:
        hint = "" if (process.tensor >= 0).all() else " (a generalised process may give `right` instead)"
        raise ProcessError(f"process {process.name}: state {worst} is left with probability {sums[worst]:.10g}, not 1{hint}")


def _check_words(process: Process) -> None:
    """Look at every word up to about 20,000 of them: none may have a negative probability."""
    level, seen, length = process.stationary[None, :], 0, 0
    while seen + len(level) * process.alphabet_size <= _CHECKED_WORDS and length < 64:
        level = np.concatenate([level @ matrix for matrix in process.tensor])
        masses = level @ process.right_vector
        seen, length = seen + len(level), length + 1
        if masses.min() < -CLOSE:
            raise ProcessError(f"process {process.name}: a word of length {length} has probability {masses.min():.3g}")
        level = level[masses > CLOSE]


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
    return tuple(value if type(value) is Fraction else _as_number(value) for value in values)


def _as_number(value: Number) -> Number:
    return Fraction(value) if isinstance(value, int | Fraction) else float(value)


def as_transitions(tensor: Tensor) -> tuple[tuple[tuple[Number, ...], ...], ...]:
    """Nested sequences (K, N, N) as `Process.transitions`."""
    return tuple(tuple(as_numbers(row) for row in matrix) for matrix in tensor)
