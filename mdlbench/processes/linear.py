"""Elimination in plain Python: the same digits on every machine, and exact where the numbers are fractions.

What it does: null vectors and linear systems of the size of a process, a few dozen states. What it does not do: anything
fast. Numbers are `fractions.Fraction` or float; LAPACK would be quicker but differs in the last bit from machine to machine,
and what is computed here shapes probabilities that must decode anywhere.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

Number = Fraction | float
Matrix = Sequence[Sequence[Number]]
Tensor = Sequence[Matrix]  # T[x][i][j]
_NEGLIGIBLE = 1e-10  # a float pivot this much smaller than the largest entry is a zero that was rounded


def null_vectors(matrix: Matrix) -> list[list[Any]]:
    """A basis of the vectors v with matrix @ v = 0, each with one free entry equal to 1.

    Example:
        >>> null_vectors([[Fraction(1), Fraction(-2)], [Fraction(-1), Fraction(2)]])
        [[Fraction(2, 1), Fraction(1, 1)]]
    """
    rows, columns = _reduce([list(row) for row in matrix])
    n, rank = len(matrix[0]), len(columns)
    free = [column for column in range(n) if column not in columns]
    basis = []
    for chosen in free:
        vector: list[Any] = [Fraction(0) if _exact(matrix) else 0.0] * n
        vector[chosen] += 1
        for row in range(rank):
            vector[columns[row]] = -rows[row][chosen]
        basis.append(vector)
    return basis


def solve(matrix: Matrix, right: Sequence[Number]) -> list[Any]:
    """The v with matrix @ v = right; ValueError if there is none or more than one."""
    n = len(matrix)
    rows, columns = _reduce([[*row, value] for row, value in zip(matrix, right, strict=True)], n)
    if len(columns) < n:
        raise ValueError("the system is singular")
    found: list[Any] = [0.0] * n
    for row, column in enumerate(columns):
        found[column] = rows[row][n]
    return found


def _reduce(rows: list[list[Any]], n_columns: int | None = None) -> tuple[list[list[Any]], list[int]]:
    """Gauss-Jordan with complete pivoting: reduced rows, and the pivot column of each."""
    n_columns = len(rows[0]) if n_columns is None else n_columns
    exact = _exact(rows)
    scale = max((abs(value) for row in rows for value in row[:n_columns]), default=0)
    columns: list[int] = []
    for step in range(min(len(rows), n_columns)):
        places = ((i, j) for i in range(step, len(rows)) for j in range(n_columns) if j not in columns)
        i, j = max(places, key=lambda place: abs(rows[place[0]][place[1]])) if not exact else _first_non_zero(rows, places)
        if abs(rows[i][j]) <= (0 if exact else _NEGLIGIBLE * scale):
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


def _first_non_zero(rows: list[list[Any]], places: Iterator[tuple[int, int]]) -> tuple[int, int]:
    first = next(places)
    if rows[first[0]][first[1]]:
        return first
    return next((place for place in places if rows[place[0]][place[1]]), first)


def _exact(matrix: Matrix) -> bool:
    return all(isinstance(value, Fraction | int) for row in matrix for value in row)
