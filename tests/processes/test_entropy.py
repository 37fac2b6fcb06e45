"""Entropy rates, memories and mixed states against closed forms and published values.

Unless said otherwise the numbers are those of the project's reference page, computed there from closed forms and by
enumeration: Mess3, Z1R, RRXOR as in Shai et al. 2024 (arXiv:2405.15943); golden mean, even: Crutchfield & Feldman 2003; SNS:
Marzen & Crutchfield 2017 (arXiv:1702.08565).
"""

import math
import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mdlbench.processes import Process, find
from mdlbench.processes.base import as_transitions
from mdlbench.processes.contexts import context_bounds
from mdlbench.processes.dimension import complexity_dimension
from mdlbench.processes.entropy import entropy_rate, joint_entropy_rate
from mdlbench.processes.epsilon import causal_states, minimise
from mdlbench.processes.information import Analysis, analyse
from mdlbench.processes.mixed_states import mixed_states
from mdlbench.processes.poisson import Converged, solve_poisson
from mdlbench.processes.resets import reset_chain, reset_symbols
from mdlbench.processes.result import EntropyRate
from mdlbench.processes.words import levels, merge, myopic_entropies, state_uncertainty
from mdlbench.processes.zoo import binary_entropy
from mdlbench.units import bits_to_nats
from tests.processes.reference import MESS3_MYOPIC_BITS

TABLE = {  # h bits, C, E, mixed states
    "z1r": (1 / 3, math.log2(3), 1.5849625007, 7),
    "golden-mean": (2 / 3, 0.9182958341, 0.2516291674, 3),
    "even": (2 / 3, 0.9182958341, 0.9182958341, 4),
    "rrxor": (2 / 3, 2.2516291674, 2.2516291674, 36),
}


@pytest.fixture(scope="module")
def mess3() -> Analysis:
    return analyse(find("mess3", {"x": "0.05", "a": "0.85"}))


@pytest.mark.parametrize("name", TABLE)
def test_the_reference_table(name: str) -> None:
    found = analyse(find(name))
    h, complexity, excess, count = TABLE[name]
    rate = found.entropy_rate
    assert rate.lower is not None
    assert rate.lower <= h <= rate.upper
    assert rate.upper - rate.lower < 1e-12
    assert rate.method == "closed form: unifilar"
    assert found.statistical_complexity.value == pytest.approx(complexity, abs=5e-11)
    assert found.excess_entropy.value == pytest.approx(excess, abs=5e-11)
    assert found.crypticity.value == pytest.approx(complexity - excess, abs=1e-10)
    assert (len(found.mixed), found.mixed.closed, found.mixed.exact) == (count, True, True)


def test_sns() -> None:
    """h, C and E of SNS at p = q = 1/2; its beliefs never end, so equal ones must be merged for this to finish."""
    found = analyse(find("sns"))
    rate = found.entropy_rate
    assert rate.lower is not None
    assert rate.lower <= 0.677867181055153 <= rate.upper
    assert rate.upper - rate.lower < 1e-9
    assert found.statistical_complexity.value == pytest.approx(2.711468724220611, abs=1e-12)
    assert found.excess_entropy.value == pytest.approx(0.1472319416, abs=5e-11)
    assert found.kind == "countable"
    assert found.source().mixed_states.count is None
    tree = context_bounds(find("sns"), 1e-9, 10_000)  # the other method, which knows nothing of resets
    assert tree.upper - tree.lower < 1e-9
    assert tree.lower <= 0.677867181055153 <= tree.upper


def test_mess3_bounds_are_rigorous_and_narrow(mess3: Analysis) -> None:
    """1.144717266 to nine decimals between bounds; 1.14471726639683 beyond them, labelled converged."""
    rate = mess3.entropy_rate
    assert rate.lower is not None
    assert rate.converged is not None
    assert rate.lower < 1.14471726639683 < rate.upper
    assert rate.upper - rate.lower < 1e-9
    assert rate.converged.value == pytest.approx(1.14471726639683, abs=5e-12)
    assert rate.converged.rigorous is False
    assert mess3.excess_entropy.value == pytest.approx(0.570870342079, abs=2e-11)
    assert (mess3.statistical_complexity.value, mess3.crypticity.value) == (None, None)
    assert "infinite" in mess3.statistical_complexity.note


def test_mess3_at_the_other_parameters() -> None:
    """Mess3(0.15, 0.60): h = 1.570933619028 bits = 1.088888208876 nats, E = 0.0181158956."""
    process = find("mess3", {"x": 0.15, "a": 0.6})
    bounds = context_bounds(process, 1e-9, 2_000_000)
    assert bounds.upper - bounds.lower < 1e-9
    assert bounds.lower < 1.570933619028 < bounds.upper
    solution = solve_poisson(process)
    assert solution is not None
    assert solution.entropy_rate == pytest.approx(1.570933619028, abs=1e-12)
    assert bits_to_nats(solution.entropy_rate) == pytest.approx(1.088888208876, abs=1e-12)
    assert solution.excess_entropy == pytest.approx(0.0181158956, abs=5e-11)


def test_the_enumeration_bounds_of_the_reference_page() -> None:
    """Mess3(0.05, 0.85), twelve symbols of context (the page's L = 12): [1.144717253432, 1.144717304217], the lower one
    with the first state known too."""
    process = find("mess3")
    upper = myopic_entropies(process, 13)[-1]
    assert upper == pytest.approx(1.144717304217, abs=2e-12)
    *_, last = (level for _, level in zip(range(13), levels(process, np.array([1.0, 0, 0])), strict=False))
    assert len(last.weights) == 3**12
    p = last.beliefs @ process.emission
    assert -(last.weights @ (p * np.log2(p)).sum(axis=1)) == pytest.approx(1.144717253432, abs=2e-12)


def test_the_unifilar_shortcut_is_a_trap() -> None:
    """H(X, S' | S) gives 1.3288 for Mess3, which is not its entropy rate: it must never be printed as one."""
    process = find("mess3")
    assert joint_entropy_rate(process) == pytest.approx(1.3288, abs=5e-5)
    found = context_bounds(process, 1e-3, 10_000)
    assert found.upper < 1.15 < joint_entropy_rate(process)
    assert joint_entropy_rate(find("rrxor")) == pytest.approx(2 / 3, abs=1e-12)  # unifilar: there it is right


def test_myopic_entropies_of_the_reference_page() -> None:
    np.testing.assert_allclose(myopic_entropies(find("mess3"), 11), MESS3_MYOPIC_BITS, atol=5e-11)
    expected = [
        1,
        1,
        0.91829583,
        0.90671538,
        0.86371066,
        0.83333333,
        0.81001218,
        0.77883496,
        0.76021302,
        0.74416971,
        0.72616239,
    ]
    np.testing.assert_allclose(myopic_entropies(find("rrxor"), 11), expected, atol=5e-9)


def test_bayes_floors_of_the_reference_page() -> None:
    """In nats: Mess3 contexts 1-9 0.803517757, 1-10 0.802511775; RRXOR 0.586501487, 0.578185079."""
    for name, nine, ten in (("mess3", 0.803517757, 0.802511775), ("rrxor", 0.586501487, 0.578185079)):
        myopic = myopic_entropies(find(name), 11)
        assert bits_to_nats(myopic[1:10].mean()) == pytest.approx(nine, abs=5e-10)
        assert bits_to_nats(myopic[1:].mean()) == pytest.approx(ten, abs=5e-10)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("coin", {"p": 0.1}),
        ("period", {"length": 5}),
        ("golden-mean", {"p": 0.3}),
        ("even", {"p": 0.7}),
        ("z1r", {"p": 0.2}),
        ("nemo", {"p": 0.3, "q": 0.6}),
        ("rrxor", {"p1": 0.3, "p2": 0.4}),
        ("clock", {"days": 5, "weekend": 1, "named": 0.2}),
        ("mixture:coin@p=0.1+golden-mean", {"weight": 0.3}),
        ("product:coin@p=0.1+golden-mean", {}),
    ],
)
def test_closed_forms_hold_away_from_the_defaults(name: str, parameters: dict[str, float]) -> None:
    found = analyse(find(name, parameters), contexts=3)
    closed = found.process.closed_form
    assert found.entropy_rate.value == pytest.approx(closed["entropy_rate"], abs=1e-12)
    if "statistical_complexity" in closed:
        assert found.statistical_complexity.value == pytest.approx(closed["statistical_complexity"], abs=1e-12)
    if "excess_entropy" in closed:
        assert found.excess_entropy.value == pytest.approx(closed["excess_entropy"], abs=1e-9)


def test_mixed_states_of_z1r_by_hand() -> None:
    """Seven: uniform; after 0 and after 1; after 10; and the three sure ones (Shai et al. 2024, fig. 2)."""
    found = mixed_states(find("z1r"))
    expected = {(2, 2, 2), (1, 0, 2), (2, 4, 0), (3, 3, 0), (6, 0, 0), (0, 6, 0), (0, 0, 6)}
    rounded = {tuple(row) for row in (found.beliefs * 6).round(9).astype(int).tolist()}
    assert len(found) == 7
    assert sum(map(len, found.recurrent)) == 3
    assert {(6, 0, 0), (0, 6, 0), (0, 0, 6), (2, 2, 2), (2, 0, 4), (3, 3, 0)} <= rounded
    assert len(rounded) == len(expected)


def test_rrxor_has_36_mixed_states() -> None:
    """Shai et al. 2024: 36, of which the five of its machine recur."""
    found = mixed_states(find("rrxor"))
    assert (len(found), [len(states) for states in found.recurrent]) == (36, [5])
    np.testing.assert_allclose(found.settling.chain.sum(axis=1), 1, atol=1e-12)
    assert sum(found.by_depth) == 36


def test_causal_states_merge_what_predicts_the_same() -> None:
    """A golden mean with one state doubled has two causal states all the same; the even process has two."""
    doubled = Process(
        "doubled",
        (((0.25, 0.25, 0.0), (0.25, 0.25, 0.0), (0.5, 0.5, 0.0)), ((0.0, 0.0, 0.5), (0.0, 0.0, 0.5), (0.0, 0.0, 0.0))),
    )
    found = causal_states(mixed_states(doubled))
    assert len(found) == 2
    np.testing.assert_allclose(sorted(found.weights), [1 / 3, 2 / 3])
    assert len(minimise(find("even"))) == 2
    machine = minimise(find("period", {"length": 4})).as_process("period")
    assert machine.n_states == 4
    np.testing.assert_allclose(myopic_entropies(machine, 5), myopic_entropies(find("period", {"length": 4}), 5), atol=1e-12)
    with pytest.raises(ValueError, match="not unifilar"):
        minimise(find("sns"))


def test_period_quantities_by_hand() -> None:
    """Period 2: H(1) = 1 and H(L) = 1, so E = 1, T = 1 (1 bit short at L = 0), synchronised after one symbol: S = 1."""
    found = analyse(find("period", {"length": 2}))
    for quantity in (found.excess_entropy, found.transient_information, found.synchronisation_information):
        assert quantity.value == pytest.approx(1, abs=1e-12)


def test_synchronisation_information_is_a_sum_over_the_curve() -> None:
    process = find("even")
    found = analyse(process)
    assert found.synchronisation_information.value == pytest.approx(state_uncertainty(process, 80).sum(), abs=1e-9)
    transient = sum((n + 1) * (h - 2 / 3) for n, h in enumerate(myopic_entropies(process, 80)))
    assert found.transient_information.value == pytest.approx(transient, abs=1e-9)


@pytest.mark.parametrize("name", ["mess3", "sns", "nemo", "leaky-rrxor"])
def test_bounds_hold_whatever_the_gap(name: str) -> None:
    """Looser trees must enclose tighter ones (Cover & Thomas, theorem 4.5.1)."""
    process = find(name)
    loose, tight = context_bounds(process, 1e-2, 100_000), context_bounds(process, 1e-4, 100_000)
    assert loose.lower <= tight.lower + 1e-12
    assert tight.upper <= loose.upper + 1e-12
    value = joint_entropy_rate(process) if process.unifilar else None
    if value is not None:
        assert tight.lower <= value <= tight.upper


def test_frdn_is_a_renewal_process() -> None:
    """h = H(wait)/(1 + mean wait), the waits lambda^n sin^2(n alpha/2) (Fox & Rubin 1968): a sum done here independently."""
    n = np.arange(200)
    waits = 0.5**n * np.sin(n * math.atan(0.5)) ** 2  # alpha/2 = atan(1/2)
    waits /= waits.sum()
    h = -(waits[1:] * np.log2(waits[1:])).sum() / (1 + (n * waits).sum())
    found = entropy_rate(find("frdn"))
    assert found.lower is not None
    assert found.lower <= h <= found.upper
    assert found.upper - found.lower < 1e-9
    chain = reset_chain(find("frdn"))
    assert chain is not None
    assert chain.weights.sum() + chain.tail == pytest.approx(1, abs=1e-12)
    assert reset_symbols(find("frdn")) == [0]


def test_post_quantum_rate_is_that_of_its_samples() -> None:
    process = find("post-quantum")
    found = entropy_rate(process)
    assert found.lower is not None
    bits = -np.log2(process.filter(process.generate(400_000, 3)))
    error = bits[: 600 * 600].reshape(600, 600).sum(axis=1).std() / 600**0.5 / 600  # batch means
    assert abs(bits.mean() - found.value) < 4 * max(error, 1e-4)
    assert found.upper - found.lower < 1e-9


def test_a_generalised_process_without_resets_has_no_lower_bound() -> None:
    found = entropy_rate(find("tom-quantum"), solution=Converged(1.97144, 1e-5, 0.0, 0.0, 0.0, 0.0, 1, 0.0, 0.0))
    assert found.lower is None
    assert found.reason is not None
    assert "converged" in found.reason
    assert found.upper > 1.9714


def test_reversal_keeps_rate_and_excess_entropy_but_not_complexity() -> None:
    """Crutchfield, Ellison & Mahoney, PRL 103 (2009): E is symmetric in time, C need not be."""
    process = find("nemo", {"p": 0.3, "q": 0.6})
    forward, backward = analyse(process), analyse(find("reversed:nemo", {"p": 0.3, "q": 0.6}))
    assert backward.entropy_rate.value == pytest.approx(forward.entropy_rate.value, abs=1e-12)
    assert backward.excess_entropy.value == pytest.approx(forward.excess_entropy.value, abs=1e-9)
    np.testing.assert_allclose(backward.myopic, forward.myopic, atol=1e-12)


def test_compositions_add_up() -> None:
    """Independent factors add; a mixture of two different processes has E = H(weights) + the mean of theirs."""
    both = analyse(find("product:golden-mean+z1r"))
    assert both.entropy_rate.value == pytest.approx(1, abs=1e-12)
    assert both.excess_entropy.value == pytest.approx(0.2516291674 + 1.5849625007, abs=1e-9)
    either = analyse(find("mixture:golden-mean+even", {"weight": 0.25}))
    assert either.entropy_rate.value == pytest.approx(2 / 3, abs=1e-12)
    expected = binary_entropy(0.25) + 0.25 * 0.2516291674 + 0.75 * 0.9182958341
    assert either.excess_entropy.value == pytest.approx(expected, abs=1e-9)
    assert not either.process.ergodic


def test_poisson_agrees_with_linear_algebra_where_both_apply() -> None:
    """The polynomial method knows nothing of the 2-state chain of beliefs that the even process ends in."""
    found = solve_poisson(find("leaky-rrxor", {"epsilon": 0.8}))
    process = find("leaky-rrxor", {"epsilon": 0.8})
    bounds = context_bounds(process, 1e-9, 500_000)
    assert found is not None
    assert bounds.lower - 1e-9 <= found.entropy_rate <= bounds.upper + 1e-9
    above = myopic_entropies(process, 12) - found.entropy_rate
    assert found.excess_entropy == pytest.approx(above.sum(), abs=1e-6)


def test_dimension_of_a_cantor_set() -> None:
    """Belief maps that are similarities with ratio r = 1/3 and disjoint images: d = ln 2 / ln 3, the Cantor set's.

    T[x] = (1/2) [[r + (1 - r)(1 - x), (1 - r) x], [(1 - r)(1 - x), r + (1 - r) x]]: p(x|b) = 1/2 whatever b, so every word is
    equally likely (h = 1) and b moves affinely, by r, towards one corner.
    """
    r = 1 / 3
    tensor = [
        [[0.5 * (r + (1 - r) * (1 - x)), 0.5 * (1 - r) * x], [0.5 * (1 - r) * (1 - x), 0.5 * (r + (1 - r) * x)]] for x in (0, 1)
    ]
    process = Process("cantor", tuple(tuple(map(tuple, matrix)) for matrix in tensor))
    found = complexity_dimension(process, 1.0)
    assert found.value == pytest.approx(math.log(2) / math.log(3), abs=1e-6)


def test_levels_merge_equal_beliefs_and_keep_their_probability() -> None:
    beliefs = np.array([[0.5, 0.5], [0.2, 0.8], [0.5, 0.5 + 1e-16], [0.2, 0.8], [0.9, 0.1]])
    level = merge(beliefs, np.array([0.1, 0.2, 0.3, 0.15, 0.25]))
    assert sorted(level.weights.round(12).tolist()) == [0.25, 0.35, 0.4]
    sizes = [len(level.weights) for _, level in zip(range(30), levels(find("sns")), strict=False)]
    assert sizes[29] <= 31
    for _, level in zip(range(12), levels(find("clock")), strict=False):
        assert level.weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", ["rrxor", "sns", "nemo"])
def test_block_entropy_is_that_of_all_words(name: str) -> None:
    process = find(name)
    words = np.array(list(product(range(process.alphabet_size), repeat=7)))
    p = process.filter(words).prod(axis=1)
    p = p[p > 0]
    assert myopic_entropies(process, 7).sum() == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-10)


@pytest.mark.parametrize("x", ["1e-8", "1e-12"])
def test_sums_that_no_polynomial_settles_are_not_told(x: str) -> None:
    found = analyse(find("mess3", {"x": x}), contexts=1)
    assert (found.excess_entropy.value, found.transient_information.value) == (None, None)
    assert found.excess_entropy.note.startswith(("not known", "between"))


def _periodic(seed: int, period: int) -> Process:
    """Random, three symbols, two hidden states in each phase of a period: nothing says the phase but statistics."""
    draw, n, k = random.Random(seed), 2 * period, 3
    tensor = [[[Fraction(0)] * n for _ in range(n)] for _ in range(k)]
    for i in range(n):
        ways = [(x, (i // 2 + 1) % period * 2 + j, draw.randrange(1, 20)) for x in range(k) for j in range(2)]
        for x, j, weight in ways:
            tensor[x][i][j] += Fraction(weight, sum(w for *_, w in ways))
    return Process("periodic", as_transitions(tensor))


@pytest.mark.parametrize(("seed", "period"), [(0, 2), (1, 3), (4, 2)])
def test_bounds_of_periodic_processes_meet(seed: int, period: int) -> None:
    """The phase is worth log2 D bits once, so it may be known: without it these ended 1.6e-2 to 3e-2 apart."""
    process = _periodic(seed, period)
    found = context_bounds(process, 1e-9, 100_000)
    assert 0 <= found.upper - found.lower <= 1e-9
    bits = -np.log2(process.filter(process.generate(400_000, 3)))
    error = bits[: 600 * 600].reshape(600, 600).sum(axis=1).std() / 600**0.5 / 600
    assert abs(bits.mean() - found.lower) < 4.5 * error


def test_refinement_goes_on_after_a_wide_first_pass() -> None:
    """Above 2,828 leaves in its first pass it once stopped there, 1e-4 and more apart."""
    process = find("leaky-rrxor", {"epsilon": "0.001"})
    loose, tight = context_bounds(process, 1.0, 1 << 20), context_bounds(process, 1e-9, 1 << 20)
    assert loose.leaves > 2828
    assert tight.leaves > 4 * loose.leaves
    assert loose.lower <= tight.lower <= tight.upper <= loose.upper
    assert tight.upper - tight.lower < (loose.upper - loose.lower) / 2


@pytest.mark.parametrize("name", ["mess3", "mess3@x=0.01@a=0.95", "mess3@x=0.001"])
def test_a_converged_value_states_an_error_that_holds(name: str) -> None:
    solution, bounds = solve_poisson(find(name)), context_bounds(find(name), 1e-9, 1 << 20)
    assert solution is not None
    assert bounds.lower - solution.error <= solution.entropy_rate <= bounds.upper + solution.error


def test_excess_entropy_lies_between_what_words_prove() -> None:
    """H(L) - L h from below, H(S_L | X_1 .. L) more from above; told where no sum settles."""
    found = analyse(find("mess3", {"x": "1e-12"}), contexts=1)
    assert found.excess_entropy.value is None
    assert (found.excess_entropy.reason or "").startswith("between 1.5")
    settled = analyse(find("parentheses"), contexts=1)  # its phase is found out, but never for sure
    assert settled.excess_entropy.value == pytest.approx(2.25, abs=1e-11)
    assert settled.synchronisation_information.value == pytest.approx(settled.transient_information.value, abs=2e-8)


def test_a_rate_is_shown_with_its_sure_digits() -> None:
    for low, high, text in ((0.731, 0.733, "0.73"), (0.5, 0.5 + 2e-13, "0.500000000000"), (None, 0.75, "≤ 0.750000")):
        assert EntropyRate.between(low, high, "by hand").text == text
