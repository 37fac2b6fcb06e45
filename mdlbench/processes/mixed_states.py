"""The mixed-state presentation: every belief that some word leads to from the stationary start, each listed once.

It is unifilar (belief and symbol give the next belief), whatever the process was; where it is finite, everything else is
linear algebra (J. Crutchfield, P. Riechers & C. Ellison, Phys. Lett. A 380 (2016)). For rational processes beliefs are kept
as primitive integer vectors: equality is exact, and so is the count.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.linear import Number
from mdlbench.processes.settling import Settling
from mdlbench.processes.words import SAME

MOST_STATES = 2000
_MOST_BITS = 8192  # of a number in an exact belief: those of beliefs that come back stay far below


@dataclass(frozen=True, eq=False)
class MixedStates:
    """A mixed-state presentation, whole or as far as it was followed.

    Attributes:
        beliefs: float64 (M, N), in order of discovery; the first is the stationary start.
        probabilities: M rows of K numbers, P(x | belief); fractions where the process is exact.
        successors: int64 (M, K), the next mixed state, -1 where the symbol cannot come or was not followed.
        closed: whether these are all.
        exact: whether equality was decided exactly.
        by_depth: how many beliefs words of length 0, 1, ... lead to for the first time.
    """

    beliefs: np.ndarray
    probabilities: Sequence[Sequence[Number]]
    successors: np.ndarray
    closed: bool
    exact: bool
    by_depth: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.beliefs)

    @cached_property
    def p(self) -> np.ndarray:
        """`probabilities` as float64 (M, K)."""
        return np.array([[float(value) for value in row] for row in self.probabilities])

    @cached_property
    def settling(self) -> Settling:
        """The chain between mixed states: what is recurrent, and what adds up on the way there."""
        return Settling(self.probabilities, self.successors)

    @property
    def recurrent(self) -> list[list[int]]:
        """Recurrent classes of mixed states; the others are transient, met only while synchronising."""
        return self.settling.recurrent

    @property
    def weights(self) -> np.ndarray:
        """Long-run probability of each mixed state from the start, float64 (M,); zero for transient ones."""
        return self.settling.weights


def mixed_states(process: Process, most: int = MOST_STATES) -> MixedStates:
    """The mixed-state presentation, followed breadth first up to `most` beliefs.

    Example:
        >>> from mdlbench.processes import find
        >>> found = mixed_states(find("rrxor"))
        >>> len(found), found.closed, found.exact, len(found.recurrent[0])
        (36, True, True, 5)
    """
    space: Any = _Rational(process) if process.exact else _Rounded(process)
    vectors, index = [space.start], {space.key(space.start): 0}
    successors, by_depth, level = [], [1], [0]
    closed = True
    while level and closed:
        found = []
        for state in level:
            row = []
            for symbol in range(process.alphabet_size):
                after = space.after(vectors[state], symbol)
                place = -1 if after is None else index.setdefault(space.key(after), len(vectors))
                if place == len(vectors):
                    assert after is not None
                    vectors.append(after)
                    found.append(place)
                row.append(place)
            successors.append(row)
        level = found
        if found:
            by_depth.append(len(found))
        closed = len(vectors) <= most and not any(space.is_long(vectors[place]) for place in found)
    kept = len(vectors) if closed else len(successors)
    table = np.array(successors[:kept])
    table[table >= kept] = -1
    return MixedStates(
        np.array([space.belief(vector) for vector in vectors[:kept]]),
        [space.emission(vector) for vector in vectors[:kept]],
        table,
        closed,
        process.exact,
        tuple(by_depth),
    )


class _Rational:
    """Beliefs as integer vectors without a common factor."""

    def __init__(self, process: Process) -> None:
        numbers = [value for matrix in process.transitions for row in matrix for value in row]
        scale = lcm(*(Fraction(value).denominator for value in numbers))
        self._scale = scale
        self._columns = [
            [[(i, int(matrix[i][j] * scale)) for i in range(len(matrix)) if matrix[i][j]] for j in range(len(matrix))]
            for matrix in process.transitions
        ]
        self._right = [Fraction(value) for value in process.right_numbers]
        start = [Fraction(value) for value in process.stationary_numbers]
        whole = lcm(*(value.denominator for value in start))
        self.start = self._reduced([int(value * whole) for value in start])

    def _reduced(self, vector: list[int]) -> tuple[int, ...]:
        factor = gcd(*vector)
        return tuple(value // factor for value in vector)

    def _mass(self, vector: Sequence[int]) -> Fraction:
        return sum((value * w for value, w in zip(vector, self._right, strict=True) if value), Fraction(0))

    def _moved(self, vector: tuple[int, ...], symbol: int) -> list[int]:
        return [sum(vector[i] * weight for i, weight in column) for column in self._columns[symbol]]

    def after(self, vector: tuple[int, ...], symbol: int) -> tuple[int, ...] | None:
        moved = self._moved(vector, symbol)
        return self._reduced(moved) if self._mass(moved) > 0 else None

    def is_long(self, vector: tuple[int, ...]) -> bool:
        return max(map(abs, vector)).bit_length() > _MOST_BITS

    def key(self, vector: tuple[int, ...]) -> Hashable:
        return vector

    def belief(self, vector: tuple[int, ...]) -> list[float]:
        mass = self._mass(vector)
        return [float(value / mass) for value in vector]

    def emission(self, vector: tuple[int, ...]) -> list[Number]:
        mass = self._mass(vector) * self._scale
        return [self._mass(self._moved(vector, symbol)) / mass for symbol in range(len(self._columns))]


class _Rounded:
    """Beliefs as doubles; those that round to the same grid point are one (a pair may fall on either side of a border)."""

    def __init__(self, process: Process) -> None:
        self._process, self.start = process, process.stationary

    def after(self, vector: np.ndarray, symbol: int) -> np.ndarray | None:
        moved = vector @ self._process.tensor[symbol]
        mass = moved @ self._process.right_vector
        return moved / mass if mass > SAME else None

    def is_long(self, vector: np.ndarray) -> bool:
        return False

    def key(self, vector: np.ndarray) -> Hashable:
        return tuple(np.rint(vector * 1e10).astype(np.int64).tolist())

    def belief(self, vector: np.ndarray) -> np.ndarray:
        return vector

    def emission(self, vector: np.ndarray) -> list[float]:
        return np.maximum(vector @ self._process.emission, 0.0).tolist()
