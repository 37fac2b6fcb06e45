"""How a finite unifilar chain settles from its start: where it ends up, and what it adds up to on the way.

    weights   w   where the chain is in the long run
    first     sum over t >= 0 of         (start P^t - w)
    second    sum over t >= 0 of (t + 1) (start P^t - w)

so that first . f and second . f are the sums over L of f_L - f and of L (f_L - f) for any f of the states. Where transitions
are rare these rows are large and what they sum to is small. So fractions are solved in fractions, and met with entropies of as
many decimals as then cancel; floats, and systems too large for fractions, come with a bound on what rounding did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mdlbench.processes.base import recurrent_classes
from mdlbench.processes.linear import Number, TooLargeError, long_run, null_vectors, solve_exact

_GUARD = 40  # decimals kept beyond those that cancel
_UNIT = 2.0**-53


class Total(NamedTuple):
    """A sum and a bound on its error; 0.0 where it is correctly rounded."""

    value: float
    error: float


@dataclass(frozen=True, eq=False)
class Settling:
    """The rows of the module's docstring for a chain that starts in state 0.

    Args:
        probabilities: M rows of K numbers.
        successors: int64 (M, K), -1 where a symbol cannot come.
    """

    probabilities: Sequence[Sequence[Number]]
    successors: np.ndarray

    @cached_property
    def links(self) -> list[dict[int, Number]]:
        """For each state where it leads, and with which probability."""
        rows: list[dict[int, Number]] = [{} for _ in self.probabilities]
        for row, numbers, targets in zip(rows, self.probabilities, self.successors.tolist(), strict=True):
            for value, target in zip(numbers, targets, strict=True):
                if value and target >= 0:
                    row[target] = row.get(target, Fraction(0)) + value
        return rows

    @cached_property
    def chain(self) -> np.ndarray:
        """Transition matrix, float64 (M, M)."""
        matrix = np.zeros((len(self.links),) * 2)
        for state, row in enumerate(self.links):
            matrix[state, list(row)] = [float(value) for value in row.values()]
        return matrix

    @cached_property
    def recurrent(self) -> list[list[int]]:
        """Recurrent classes; the other states are transient."""
        edges = np.zeros((len(self.links),) * 2, bool)
        for state, row in enumerate(self.links):
            edges[state, list(row)] = True
        return recurrent_classes(edges)

    @cached_property
    def transient(self) -> list[int]:
        """States that are left for ever."""
        return sorted(set(range(len(self.links))) - {state for states in self.recurrent for state in states})

    @cached_property
    def exact(self) -> bool:
        """Whether everything is in fractions."""
        return self._rows is not None

    @cached_property
    def weight_numbers(self) -> list[Number]:
        """Long-run probability of each state, fractions where `exact`; zero for transient ones."""
        return list(self._rows.weights) if self._rows is not None else self._rounded_limit[0].tolist()

    @cached_property
    def weights(self) -> np.ndarray:
        """The same as float64 (M,)."""
        return np.array([float(value) for value in self.weight_numbers])

    def of_entropies(self, times: int) -> Total:
        """What the entropies of the rows add up to, in bits, with `first` (1) or `second` (2)."""
        if self._rows is not None:
            return self._rows.total(times, self.probabilities)
        rows = np.array([[float(value) for value in row] for row in self.probabilities])
        return self._rounded_total(times, -(rows * np.log2(np.where(rows > 0, rows, 1.0))).sum(axis=1))

    def until_settled(self, values: np.ndarray) -> Total:
        """The sum over time of `values`, float64 (M,), which are zero for recurrent states: nothing cancels."""
        if self._rows is not None:
            row = self._rows.first
            return Total(float(sum(float(row[state]) * values[state] for state in self.transient)), 0.0)
        return self._rounded_total(1, values)

    @cached_property
    def _rows(self) -> "_Rows | None":
        if not all(isinstance(value, Fraction) for row in self.links for value in row.values()):
            return None
        try:
            return _Rows.of(self)
        except TooLargeError:
            return None

    @cached_property
    def _rounded_limit(self) -> np.ndarray:
        """Where each state ends up in the long run, float64 (M, M)."""
        found, transient = np.zeros_like(self.chain), self.transient
        for states in self.recurrent:
            found[np.ix_(states, states)] = long_run(self.chain[np.ix_(states, states)])
        if transient:
            left = np.eye(len(transient)) - self.chain[np.ix_(transient, transient)]
            recurrent = [state for states in self.recurrent for state in states]
            found[transient] = np.linalg.solve(left, self.chain[np.ix_(transient, recurrent)] @ found[recurrent])
        return found

    @cached_property
    def _rounded_rows(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """`first` and `second`, each with what rounding can have done to it, if that is little."""
        m, limit = len(self.chain), self._rounded_limit
        system, size = (np.eye(m) - self.chain + limit).T, (np.eye(m) + self.chain + limit).T
        inverse = abs(np.linalg.inv(system))
        right, error, found = np.eye(m)[0], np.zeros(m), []
        for _ in range(2):
            row = np.linalg.solve(system, right)
            error = inverse @ (4.0 * m * _UNIT * (size @ abs(row) + abs(right)) + error)
            found.append((row - limit[0], error))
            right = row
        return found

    def _rounded_total(self, times: int, values: np.ndarray) -> Total:
        row, error = self._rounded_rows[times - 1]
        return Total(float(row @ values), float((error + 4.0 * len(row) * _UNIT * abs(row)) @ abs(values)))


class _Rows(NamedTuple):
    """Fractions; see the module's docstring."""

    weights: list[Fraction]
    first: list[Fraction]
    second: list[Fraction]

    @classmethod
    def of(cls, chain: Settling) -> "_Rows":
        """Solve for the transient states, then for each recurrent class with what flows into it.

        A row on a class is known up to a multiple of its stationary distribution. What settles it: the row, met with the
        probabilities of ending in the class, is zero.
        """
        m, links, transient = len(chain.links), chain.links, chain.transient
        start = [Fraction(int(state == 0)) for state in range(m)]
        visits = _flow(links, transient, start)
        again = _flow(links, transient, visits)
        weights, first, second = [Fraction(0)] * m, visits[:], again[:]
        for states in chain.recurrent:
            (stationary,) = null_vectors(_balance(links, states))
            whole = sum(stationary)
            ends = _ends(links, transient, states, len(chain.recurrent))
            inflow = _moved(links, transient, visits, states)
            share = start[0] * (0 in states) + sum(inflow)
            for state, value, came in zip(states, stationary, inflow, strict=True):
                weights[state] = share * value / whole
                first[state] = start[state] + came - weights[state]
            _settle(links, states, stationary, first, -_met(visits, ends))
            for state, came in zip(states, _moved(links, transient, again, states), strict=True):
                second[state] = first[state] + came
            _settle(links, states, stationary, second, -_met(again, ends))
        return cls(weights, first, second)

    def total(self, times: int, rows: Sequence[Sequence[Number]]) -> Total:
        """The row met with the entropies of `rows`, in bits, correctly rounded."""
        row = (self.first, self.second)[times - 1]
        largest = max((abs(value.numerator) // value.denominator for value in row), default=0)
        with localcontext() as context:
            context.prec = _GUARD + len(str(largest * len(row)))
            found = sum(
                (as_decimal(value) * entropy_decimal(p) for value, p in zip(row, rows, strict=True) if value), Decimal(0)
            )
            return Total(float(found) if abs(found) > Decimal(10) ** (5 - _GUARD) else 0.0, 0.0)


def as_decimal(value: Any) -> Decimal:
    """A fraction to the precision in force."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def entropy_decimal(numbers: Sequence[Any]) -> Decimal:
    """The entropy of fractions in bits, to the precision in force."""
    logarithms = (as_decimal(value) * as_decimal(value).ln() for value in numbers if 0 < value < 1)
    return -sum(logarithms, Decimal(0)) / Decimal(2).ln()


def exact_entropy(numbers: Sequence[Number]) -> float:
    """The entropy of a distribution in bits; correctly rounded for fractions."""
    if not all(isinstance(value, Fraction) for value in numbers):
        p = np.array([float(value) for value in numbers])
        return float(-(p * np.log2(np.where(p > 0, p, 1.0))).sum())
    with localcontext() as context:
        context.prec = _GUARD
        return float(entropy_decimal(numbers))


def _flow(links: list[dict[int, Any]], states: list[int], source: list[Fraction]) -> list[Fraction]:
    """The row v over `states` with v = v P + source, zero elsewhere."""
    found, place = [Fraction(0)] * len(links), {state: at for at, state in enumerate(states)}
    rows: list[dict[int, Fraction]] = [{at: Fraction(1)} for at in range(len(states))]
    for state in states:
        for target, value in links[state].items():
            if target in place:
                row = rows[place[target]]
                row[place[state]] = row.get(place[state], Fraction(0)) - value
    for state, value in zip(states, solve_exact(rows, [source[state] for state in states], len(states)), strict=True):
        found[state] = value
    return found


def _ends(links: list[dict[int, Any]], transient: list[int], states: list[int], classes: int) -> dict[int, Fraction]:
    """The probability with which each transient state ends in the class `states`."""
    if classes == 1:
        return {state: Fraction(1) for state in transient}
    place, inside = {state: at for at, state in enumerate(transient)}, set(states)
    rows, right = [], []
    for state in transient:
        row: dict[int, Fraction] = {place[state]: Fraction(1)}
        for target, value in links[state].items():
            if target in place:
                row[place[target]] = row.get(place[target], Fraction(0)) - value
        rows.append(row)
        right.append(sum((value for target, value in links[state].items() if target in inside), Fraction(0)))
    return dict(zip(transient, solve_exact(rows, right, len(transient)), strict=True))


def _balance(links: list[dict[int, Any]], states: list[int]) -> list[list[Fraction]]:
    place = {state: at for at, state in enumerate(states)}
    found = [[Fraction(-int(i == j)) for j in range(len(states))] for i in range(len(states))]
    for state in states:
        for target, value in links[state].items():
            found[place[target]][place[state]] += value
    return found


def _moved(links: list[dict[int, Any]], transient: list[int], row: list[Fraction], states: list[int]) -> list[Fraction]:
    """What a row over transient states sends into each of `states`."""
    found = dict.fromkeys(states, Fraction(0))
    for state in transient:
        for target, value in links[state].items():
            if target in found:
                found[target] += row[state] * value
    return list(found.values())


def _settle(
    links: list[dict[int, Any]], states: list[int], stationary: list[Fraction], row: list[Fraction], whole: Fraction
) -> None:
    """Put in place of `row` on a recurrent class, the source, the solution v = v P + source whose sum is `whole`."""
    kept = states[1:]
    solved = _flow(links, kept, row)
    shift = (whole - sum((solved[state] for state in kept), Fraction(0))) / sum(stationary)
    for state, value in zip(states, stationary, strict=True):
        row[state] = solved[state] + shift * value


def _met(row: list[Fraction], ends: dict[int, Fraction]) -> Fraction:
    return sum((row[state] * value for state, value in ends.items()), Fraction(0))
