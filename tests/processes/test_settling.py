"""Sums over the way to equilibrium where transitions are rare: against formulas of Markov chains in fractions and decimals.

A chain whose last k symbols are its state has E = H(k symbols) - k h and T = sum over L <= k of L (h_L - h); its stationary
distribution is a sum over trees (the Markov chain tree theorem), in which nothing cancels. None of it is what mdlbench does.
"""

import random
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mdlbench.processes import Process, find
from mdlbench.processes.base import as_transitions
from mdlbench.processes.information import Analysis, analyse
from mdlbench.processes.linear import long_run, null_vectors, solve_exact
from mdlbench.processes.mixed_states import mixed_states
from mdlbench.processes.settling import Settling

RARE = [Fraction(1, 10**power) for power in (1, 3, 8, 9, 12, 20, 30)]


def _entropy(p: list[Fraction]) -> Decimal:
    return -sum((_decimal(q) * _decimal(q).ln() for q in p if q), Decimal(0)) / Decimal(2).ln()


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _by_trees(matrix: list[list[Fraction]]) -> list[Fraction]:
    """The stationary distribution: for each root the trees that lead to it."""
    n, weights = len(matrix), []
    for root in range(n):
        others, total = [i for i in range(n) if i != root], Fraction(0)
        for targets in product(range(n), repeat=n - 1):
            leads = dict(zip(others, targets, strict=True))
            if all(_reaches(leads, i, root) for i in others):
                total += np.prod([matrix[i][j] for i, j in leads.items()], initial=Fraction(1))
        weights.append(total)
    return [weight / sum(weights) for weight in weights]


def _reaches(leads: dict[int, int], state: int, root: int) -> bool:
    for _ in leads:
        state = leads.get(state, root)
    return state == root


def _order_one(matrix: list[list[Fraction]]) -> Process:
    """A Markov chain that says its state: symbol = next state."""
    n = len(matrix)
    return Process(
        "chain",
        as_transitions([[[matrix[i][j] if j == x else Fraction(0) for j in range(n)] for i in range(n)] for x in range(n)]),
    )


def _random_chain(draw: random.Random, n: int) -> list[list[Fraction]]:
    rows = []
    for state in range(n):
        leave = {
            j: draw.choice(RARE) * Fraction(draw.randrange(1, 9), 9 * n) for j in range(n) if j != state and draw.random() < 0.8
        }
        leave.setdefault((state + 1) % n, draw.choice(RARE) / n)
        rows.append([leave.get(j, Fraction(0)) if j != state else 1 - sum(leave.values()) for j in range(n)])
    return rows


def _holds(found: Analysis) -> bool:
    """What is true of every process."""
    rate, most = found.entropy_rate, float(np.log2(found.process.alphabet_size))
    excess, complexity, transient = (
        found.excess_entropy.value,
        found.statistical_complexity.value,
        found.transient_information.value,
    )
    crypticity, synchronisation = found.crypticity.value, found.synchronisation_information.value
    assert rate.lower is None or 0 <= rate.lower <= rate.value <= rate.upper
    assert rate.upper <= most + 1e-12
    assert all(value is None or value >= 0 for value in (excess, complexity, transient, crypticity, synchronisation))
    return excess is None or complexity is None or excess <= complexity


@pytest.mark.parametrize("power", [3, 8, 9, 12, 20, 30])
def test_two_rare_transitions(power: int) -> None:
    """Rates e and 3 e: E = C - h and T = E, below 0.8113."""
    e = Fraction(1, 10**power)
    found = analyse(_order_one([[1 - e, e], [3 * e, 1 - 3 * e]]), contexts=2)
    with localcontext() as context:
        context.prec = 90
        complexity = _entropy([Fraction(3, 4), Fraction(1, 4)])
        rate = _decimal(Fraction(3, 4)) * _entropy([e, 1 - e]) + _decimal(Fraction(1, 4)) * _entropy([3 * e, 1 - 3 * e])
        excess = float(complexity - rate)
    assert found.excess_entropy.value == excess
    assert found.transient_information.value == excess
    assert found.crypticity.value == pytest.approx(float(rate), abs=3e-16)


@pytest.mark.parametrize("seed", range(12))
def test_random_chains_with_rare_transitions(seed: int) -> None:
    matrix = _random_chain(random.Random(seed), 2 + seed % 3)
    found = analyse(_order_one(matrix), contexts=2)
    stationary = _by_trees(matrix)
    with localcontext() as context:
        context.prec = 120
        complexity = _entropy(stationary)
        rate = sum(_decimal(p) * _entropy(row) for p, row in zip(stationary, matrix, strict=True))
        expected = float(complexity - rate)
    assert found.excess_entropy.value == pytest.approx(expected, rel=1e-14, abs=1e-30)
    assert found.transient_information.value == pytest.approx(expected, rel=1e-14, abs=1e-30)
    assert found.entropy_rate.lower is not None
    assert found.entropy_rate.lower <= float(rate) <= found.entropy_rate.upper
    assert _holds(found)


@pytest.mark.parametrize("seed", range(6))
def test_random_chains_of_order_two(seed: int) -> None:
    """Two symbols are the state: E = H(2) - 2 h, T = (h_1 - h) + 2 (h_2 - h)."""
    draw = random.Random(100 + seed)
    ones = {(a, b): draw.choice([*RARE, Fraction(1, 3)]) for a in (0, 1) for b in (0, 1)}
    states = list(ones)
    edges = [[[Fraction(0)] * 4 for _ in states] for _ in (0, 1)]
    whole = [[Fraction(0)] * 4 for _ in states]
    for i, (a, b) in enumerate(states):
        for x in (0, 1):
            p = ones[a, b] if x != b else 1 - ones[a, b]
            edges[x][i][states.index((b, x))] = whole[i][states.index((b, x))] = p
    found = analyse(Process("order two", as_transitions(edges)), contexts=2)
    pairs = _by_trees(whole)
    with localcontext() as context:
        context.prec = 120
        two = _entropy(pairs)
        one = _entropy([pairs[0] + pairs[1], pairs[2] + pairs[3]])
        rate = sum(_decimal(p) * _entropy([ones[s], 1 - ones[s]]) for s, p in zip(states, pairs, strict=True))
        excess, transient = float(two - 2 * rate), float((one - rate) + 2 * (two - one - rate))
    assert found.excess_entropy.value == pytest.approx(excess, rel=1e-13, abs=1e-30)
    assert found.transient_information.value == pytest.approx(transient, rel=1e-13, abs=1e-30)
    assert _holds(found)


@pytest.mark.parametrize("p", ["0.999999999", "1e-9", "0.5", "0.999999999999999"])
def test_the_even_process_is_never_cryptic(p: str) -> None:
    """E = C whatever p: 1.0000027 above C = 1 was once printed."""
    found = analyse(find("even", {"p": p}), contexts=2)
    assert found.excess_entropy.value == found.statistical_complexity.value
    assert found.crypticity.value == 0.0
    assert _holds(found)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_what_is_printed_of_any_machine_can_be_true(seed: int) -> None:
    """Random machines, unifilar and not, with transitions as rare as 1e-30: bounds hold, or there is a reason instead."""
    draw = random.Random(seed)
    n, k = draw.randrange(1, 4), 2
    tensor = [[[Fraction(0)] * n for _ in range(n)] for _ in range(k)]
    for i in range(n):
        weights = [(draw.randrange(k), draw.randrange(n), draw.choice([*RARE, Fraction(1), Fraction(1)])) for _ in range(3)]
        weights.append((draw.randrange(k), (i + 1) % n, draw.choice([*RARE[:3], Fraction(1)])))
        whole = sum(weight for *_, weight in weights)
        for x, j, weight in weights:
            tensor[x][i][j] += weight / whole
    found = analyse(Process("random", as_transitions(tensor)), contexts=2)
    assert _holds(found)
    hidden = sum(-p * np.log2(p) for p in found.process.stationary if p > 0)
    assert found.excess_entropy.value is None or found.excess_entropy.value <= hidden + 1e-12


def test_floats_come_with_a_bound_on_rounding() -> None:
    """The same sums in doubles: within what is claimed, and far from it where nothing cancels."""
    for p, digits in (("0.5", 1e-12), ("0.999", 1e-9), ("0.99999", 1e-6)):
        exact = mixed_states(find("even", {"p": p}))
        rounded = Settling([[float(value) for value in row] for row in exact.probabilities], exact.successors)
        assert (exact.settling.exact, rounded.exact) == (True, False)
        for times in (1, 2):
            truth, found = exact.settling.of_entropies(times), rounded.of_entropies(times)
            assert abs(truth.value - found.value) <= found.error
            assert found.error < digits * max(1.0, truth.value) or times == 2


def test_exact_systems_and_long_run_weights() -> None:
    draw = random.Random(3)
    matrix = _random_chain(draw, 4)
    expected = _by_trees(matrix)
    n = len(matrix)
    (found,) = null_vectors([[matrix[j][i] - (i == j) for j in range(n)] for i in range(n)])
    assert [value / sum(found) for value in found] == expected
    rounded = long_run(np.array([[float(value) for value in row] for row in matrix]))
    np.testing.assert_allclose(rounded, [float(value) for value in expected], rtol=1e-14)
    with pytest.raises(ValueError, match="singular"):
        solve_exact([{0: Fraction(1)}, {0: Fraction(2)}], [Fraction(1), Fraction(2)], 2)
    with pytest.raises(ValueError, match="no solution"):
        solve_exact([{0: Fraction(1)}, {0: Fraction(2)}], [Fraction(1), Fraction(1)], 1)
