"""Linear algebra in plain Python: exact where the numbers are fractions, and the same digits on every machine.

What it does: null vectors, ranks and systems of the size of a process; long-run probabilities of a chain. LAPACK would be
quicker but differs in the last bit from machine to machine, and what is computed here shapes probabilities that must decode
anywhere. Exact elimination is of sparse integer rows and counts its work in machine words, so that a hostile process ends it
(`TooLargeError`) after the same step everywhere. Floats have complete pivoting, or, for a chain, elimination of its states
without a subtraction: every digit holds however rare a transition is (Grassmann, Taksar & Heyman, Oper. Res. 33 (1985)).
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import fsum, gcd, lcm
from typing import Any

import numpy as np

Number = Fraction | float
Matrix = Sequence[Sequence[Number]]
Tensor = Sequence[Matrix]  # T[x][i][j]
Row = dict[int, int]  # column to whole number; what is not named is zero
MOST_WORK = 1_000_000  # 64-bit words written by an elimination: about a third of a second
_NEGLIGIBLE = 1e-10  # a float pivot this much smaller than the largest entry is a zero that was rounded


class TooLargeError(ArithmeticError):
    """An exact elimination would take longer than it may."""


def is_exact(matrix: Matrix) -> bool:
    """Whether every number is a fraction."""
    return all(isinstance(value, Fraction | int) for row in matrix for value in row)


def null_vectors(matrix: Matrix) -> list[list[Any]]:
    """A basis of the vectors v with matrix @ v = 0, each with one free entry equal to 1.

    Raises:
        TooLargeError: the numbers are fractions, and too many or too long.

    Example:
        >>> null_vectors([[Fraction(1), Fraction(-2)], [Fraction(-1), Fraction(2)]])
        [[Fraction(2, 1), Fraction(1, 1)]]
    """
    n = len(matrix[0])
    if not is_exact(matrix):
        return _float_null_vectors(matrix)
    pivots = _eliminate([dict(enumerate(row)) for row in matrix], n)
    taken = {column for column, _ in pivots}
    return [_substitute(pivots, n, {free: Fraction(1)}) for free in range(n) if free not in taken]


def solve_exact(rows: Sequence[Mapping[int, Number]], right: Sequence[Number], n: int) -> list[Fraction]:
    """The v with rows @ v = right, for sparse rows of fractions over columns 0 .. n-1.

    Raises:
        ValueError: there is none, or more than one.
        TooLargeError: the system is too large, or its numbers too long.

    Example:
        >>> solve_exact([{0: Fraction(2)}, {0: Fraction(1), 1: Fraction(1)}], [Fraction(1), Fraction(1)], 2)
        [Fraction(1, 2), Fraction(1, 2)]
    """
    pivots = _eliminate([{**row, n: -value} for row, value in zip(rows, right, strict=True)], n)
    if len(pivots) < n:
        raise ValueError("the system is singular")
    return _substitute(pivots, n, {n: Fraction(1)})


def long_run(chain: np.ndarray) -> np.ndarray:
    """The stationary distribution of an irreducible stochastic matrix (N, N), float64 (N,), to nearly all its digits.

    The diagonal is not looked at: a state is left with what its other entries sum to.
    """
    left, n = np.array(chain, np.float64), len(chain)
    leaving = np.zeros(n)
    for k in range(n - 1, 0, -1):
        leaving[k] = fsum(left[k, :k])
        left[:k, :k] += (left[:k, k, None] / leaving[k]) * left[k, :k]
    found = np.ones(n)
    for k in range(1, n):
        found[k] = fsum(found[:k] * left[:k, k]) / leaving[k]
        found[: k + 1] /= max(found[k], 1.0)  # no weight overflows
    return np.asarray(found / fsum(found))


class _Work:
    """Counts the words written, and ends what takes too many."""

    def __init__(self) -> None:
        self._left = MOST_WORK

    def wrote(self, count: int, bits: int) -> None:
        self._left -= count * (8 + bits // 64)
        if self._left < 0:
            raise TooLargeError(
                "too many numbers, or numbers of too many digits, to be solved exactly; use fewer or shorter ones"
            )


def _whole(row: Mapping[int, Number], work: _Work) -> Row:
    """A row of fractions times what makes its numbers whole, without a common factor."""
    fractions = {column: Fraction(value) for column, value in row.items() if value}
    scale = lcm(*{value.denominator for value in fractions.values()})
    work.wrote(len(fractions), scale.bit_length())
    return _primitive({column: value.numerator * (scale // value.denominator) for column, value in fractions.items()})


def _primitive(row: Row) -> Row:
    factor = gcd(*row.values())
    return {column: value // factor for column, value in row.items()} if factor > 1 else row


def _without(other: Row, row: Row, at: int, work: _Work) -> Row:
    """`other` less what of `row` takes its column `at` away."""
    common = gcd(row[at], other[at])
    mine, theirs = other[at] // common, row[at] // common
    changed = {column: theirs * value for column, value in other.items()}
    for column, value in row.items():
        changed[column] = changed.get(column, 0) - mine * value
    work.wrote(len(changed), max(mine.bit_length(), theirs.bit_length()) + max(value.bit_length() for value in row.values()))
    return _primitive({column: value for column, value in changed.items() if value})


def _eliminate(given: Sequence[Mapping[int, Number]], n: int) -> list[tuple[int, Row]]:
    """Pivot columns below n, each with its row, in which no earlier pivot column occurs: sparse rows and columns first."""
    work, pivots = _Work(), []
    rows = dict(enumerate(_whole(row, work) for row in given))
    holders: list[set[int]] = [set() for _ in range(n)]  # rows with an entry in a column
    for index, row in rows.items():
        for column in _pivotable(row, n):
            holders[column].add(index)
    waiting = [(len(_pivotable(row, n)), index) for index, row in rows.items()]
    heapify(waiting)
    while waiting:
        size, chosen = heappop(waiting)
        if chosen not in rows or not (own := _pivotable(rows[chosen], n)) or len(own) != size:
            continue  # an entry that is out of date: the row changed, and waits under its new size
        row = rows.pop(chosen)
        for column in own:
            holders[column].discard(chosen)
        at = min(own, key=lambda column: (len(holders[column]), column))
        for index in sorted(holders[at]):
            before, after = rows[index], _without(rows[index], row, at, work)
            for column in _pivotable(before, n) ^ _pivotable(after, n):
                (holders[column].add if column in after else holders[column].discard)(index)
            rows[index] = after
            heappush(waiting, (len(_pivotable(after, n)), index))
        pivots.append((at, row))
    if any(rows.values()):
        raise ValueError("the system has no solution")
    return pivots


def _pivotable(row: Row, n: int) -> set[int]:
    return {column for column in row if column < n}


def _substitute(pivots: list[tuple[int, Row]], n: int, known: dict[int, Fraction]) -> list[Fraction]:
    """What the pivots' columns are where other columns are as `known` says, and zero where it does not."""
    for at, row in reversed(pivots):
        total = sum((value * known[column] for column, value in row.items() if column != at and column in known), Fraction(0))
        known[at] = -total / row[at]
    return [known.get(column, Fraction(0)) for column in range(n)]


def _float_null_vectors(matrix: Matrix) -> list[list[Any]]:
    rows, columns = _reduce([list(map(float, row)) for row in matrix])
    n = len(matrix[0])
    basis = []
    for chosen in (column for column in range(n) if column not in columns):
        vector = [0.0] * n
        vector[chosen] = 1.0
        for row, column in enumerate(columns):
            vector[column] = -rows[row][chosen]
        basis.append(vector)
    return basis


def _reduce(rows: list[list[float]]) -> tuple[list[list[float]], list[int]]:
    """Gauss-Jordan with complete pivoting: reduced rows, and the pivot column of each."""
    n = len(rows[0])
    scale = max((abs(value) for row in rows for value in row), default=0.0)
    columns: list[int] = []
    for step in range(min(len(rows), n)):
        i, j = max(_places(len(rows), n, step, columns), key=lambda place: abs(rows[place[0]][place[1]]))
        if abs(rows[i][j]) <= _NEGLIGIBLE * scale:
            break
        rows[step], rows[i] = rows[i], rows[step]
        pivot = rows[step][j]
        rows[step] = [value / pivot for value in rows[step]]
        for other in range(len(rows)):
            factor = rows[other][j]
            if other != step and factor:
                rows[other] = [a - factor * b if b else a for a, b in zip(rows[other], rows[step], strict=True)]
        columns.append(j)
    return rows, columns


def _places(n_rows: int, n_columns: int, step: int, columns: list[int]) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(step, n_rows) for j in range(n_columns) if j not in columns)
