"""The crossing from floats to integers: sums, minima, closeness, and the same integers whoever computes them."""

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mdlbench.errors import NotADistributionError
from mdlbench.numerics.frequencies import ONE_LEVEL_UP_TO, TOTAL, Frequencies, quantise, quantised_bits

SIZES = [1, 2, 3, 5, 255, 256, 512, 513, 1000, 50_257]
weights_of = st.floats(min_value=0, max_value=1e300, allow_subnormal=True)


def rows(size: int, seed: int = 0) -> np.ndarray:
    """Five unlike distributions: flat, skewed, one spike, a tail of zeros, tiny numbers."""
    rng = np.random.default_rng(seed)
    spike = np.full(size, 1e-12)
    spike[-1] = 1.0
    tail = rng.random(size)
    tail[(size + 1) // 2 :] = 0
    return np.stack([np.ones(size), rng.random(size) ** 9 + 1e-15, spike, tail, rng.random(size) * 1e-300])


@pytest.mark.parametrize("size", [size for size in SIZES if size <= 1 << 16])
def test_counts_sum_to_the_total_and_none_is_zero(size: int) -> None:
    cumulative = quantise(rows(size))
    assert cumulative.dtype == np.int64
    assert (cumulative[:, 0] == 0).all()
    assert (cumulative[:, -1] == TOTAL).all()
    assert (np.diff(cumulative) >= 1).all()


@settings(deadline=None)
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=weights_of))
def test_any_weights_give_a_distribution(weights: np.ndarray) -> None:
    counts = np.diff(quantise(weights))
    assert (counts.sum(axis=1) == TOTAL).all()
    assert (counts >= (2 if weights.shape[1] == 2 else 1)).all()


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=30).filter(any))
def test_counts_are_within_two_of_exact_shares(weights: list[int]) -> None:
    """The oracle is rational arithmetic; every symbol's floor of 1 comes off the top."""
    counts = np.diff(quantise(np.array([weights], dtype=np.float64)))[0]
    least = 2 if len(weights) == 2 else 1
    for weight, count in zip(weights, counts, strict=True):
        share = Fraction(weight, sum(weights)) * (TOTAL - least * len(weights)) + least
        assert abs(int(count) - share) <= 2


def test_small_rows_by_hand() -> None:
    """Each cut is the floor of its share of 2**24 - 3, plus the counts of 1 that lie before it."""
    assert np.diff(quantise(np.array([[0.5, 0.25, 0.25]])))[0].tolist() == [8_388_607, 4_194_304, 4_194_305]
    assert np.diff(quantise(np.array([[1.0, 0.0]])))[0].tolist() == [TOTAL - 2, 2]
    assert quantise(np.array([[3.0]])).tolist() == [[0, TOTAL]]


def test_a_row_of_zeros_is_uniform() -> None:
    assert np.diff(quantise(np.zeros((1, 4))))[0].tolist() == [TOTAL // 4] * 4


@pytest.mark.parametrize("size", [3, 256, 700])
def test_scaling_by_powers_of_two_changes_nothing(size: int) -> None:
    weights = rows(size)[:3]
    assert (quantise(weights) == quantise(weights * 2.0**-40)).all()


@pytest.mark.parametrize("size", [2, 256, 4097])
def test_counts_belong_to_symbols_not_to_places(size: int) -> None:
    """Shuffling the symbols moves a count by one at most: the cut of a sum of integers, never the order of a float sum."""
    weights = rows(size)
    order = np.random.default_rng(2).permutation(size)
    before, after = np.diff(quantise(weights)), np.diff(quantise(weights[:, order]))
    assert np.abs(before[:, order] - after).max() <= 1


@pytest.mark.parametrize("size", [3, 256, 513, 5000])
def test_torch_and_numpy_and_any_batch_give_the_same_integers(size: int) -> None:
    torch = pytest.importorskip("torch")
    weights, symbols = rows(size), np.arange(5) % size
    ours, theirs = Frequencies(weights), Frequencies(torch.from_numpy(weights))
    alone = [Frequencies(row[None, :]) for row in weights]
    for frequencies in (theirs, Frequencies(np.asfortranarray(weights))):
        assert (frequencies.top_rows() == ours.top_rows()).all()
        for mine, other in zip(ours.intervals(symbols), frequencies.intervals(symbols), strict=True):
            assert (mine == other).all()
    assert (np.concatenate([one.top_rows() for one in alone]) == ours.top_rows()).all()
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        assert (Frequencies(torch.from_numpy(weights)).top_rows() == ours.top_rows()).all()
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("size", SIZES)
def test_levels_tile_the_alphabet(size: int) -> None:
    """Every symbol has an interval on each level, and the product of their shares is its probability."""
    weights = rows(size)[1:2]
    frequencies = Frequencies(weights)
    assert frequencies.levels == (1 if size <= ONE_LEVEL_UP_TO else 2)
    symbols = np.unique(np.linspace(0, size - 1, 40).astype(np.int64))
    many = Frequencies(np.repeat(weights, len(symbols), axis=0))
    left, count = many.intervals(symbols)
    assert left.shape == count.shape == (len(symbols), frequencies.levels)
    top = frequencies.row(0)
    for symbol, lefts, counts in zip(symbols, left, count, strict=True):
        group, place = divmod(int(symbol), frequencies.width)
        path = [(top, symbol)] if frequencies.levels == 1 else [(top, group), (frequencies.row(0, group), place)]
        for level, (cuts, at) in enumerate(path):
            assert (lefts[level], counts[level]) == (cuts[at], cuts[at + 1] - cuts[at])
    if frequencies.levels == 2:
        groups = symbols // frequencies.width
        assert (many.group_rows(groups) == [frequencies.row(0, int(group)) for group in groups]).all()
    ideal, coded = many.ideal_bits(symbols), quantised_bits(count).sum(axis=1)
    likely = ideal < 17
    np.testing.assert_allclose(coded[likely], ideal[likely], atol=0.02)


@pytest.mark.parametrize("size", [2, 256, 50_257, 256_000])
@pytest.mark.parametrize("skewed", [False, True])
def test_quantising_costs_next_to_nothing(size: int, skewed: bool) -> None:
    """Expected excess over the entropy: far inside the 0.02 % + 1e-5 bits an interval that a file is held to."""
    rng = np.random.default_rng(3)
    p = rng.permutation(1.0 / np.arange(1, size + 1) ** (1.1 * skewed))
    p /= p.sum()
    symbols = rng.choice(size, size=200, p=p)
    frequencies = Frequencies(p[None, :])
    one = [quantised_bits(frequencies.intervals(np.array([symbol]))[1]).sum() for symbol in symbols]
    entropy, ideal = -(p * np.log2(p)).sum(), -np.log2(p[symbols])
    assert np.mean(one - ideal) <= 2e-4 * entropy + 1e-5 * frequencies.levels


@pytest.mark.parametrize(("bad", "place"), [(np.nan, 0), (np.inf, 1), (-1e-9, 2)])
@pytest.mark.parametrize("size", [4, 600])
def test_bad_weights_are_refused_by_row(bad: float, place: int, size: int) -> None:
    weights = np.ones((3, size))
    weights[place, size // 2] = bad
    with pytest.raises(ValueError, match=f"row {place} is not a distribution: weights must be non-negative, finite"):
        Frequencies(weights)


def test_other_refusals() -> None:
    with pytest.raises(ValueError, match="row 1 is not a distribution"):
        Frequencies(np.array([[1.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match=r"shape \(4,\); expected \(streams, symbols"):
        Frequencies(np.ones(4))
    with pytest.raises(ValueError, match="row 0 is not a distribution"):
        Frequencies.from_logits(np.array([[0.0, np.nan]]))


@pytest.mark.parametrize("size", [2, 600])
def test_a_sum_beyond_the_largest_double_is_no_matter(size: int) -> None:
    """Weights of 1e308 are finite, and two of them are as likely as two of 1."""
    weights = np.ones((2, size))
    weights[0] = 1e308
    frequencies = Frequencies(weights)
    assert frequencies.ideal_bits(np.array([0, 1])) == pytest.approx([np.log2(size)] * 2)
    left, count = frequencies.intervals(np.array([1, 1]))
    assert (left[0] == left[1]).all()
    assert (count[0] == count[1]).all()


def test_what_cannot_come_costs_infinitely_many_bits() -> None:
    assert Frequencies(np.array([[0.0, 1.0]])).ideal_bits(np.array([0])).tolist() == [np.inf]


def test_what_is_no_array_of_real_numbers_is_called_so() -> None:
    for made in (Frequencies, Frequencies.from_logits):
        for other in (None, [1, 2]):
            with pytest.raises(TypeError, match=f"of type {type(other).__name__}, not a numpy or torch array"):
                made(other)
        with pytest.raises(NotADistributionError, match="are of type complex128; a probability is a real number"):
            made(np.ones((1, 2)) * 1j)
    with pytest.raises(NotADistributionError, match="row 0"):
        Frequencies.from_logits(np.array([[np.inf, 0.0]]))


def test_logits_become_their_softmax() -> None:
    logits = np.array([[0.0, np.log(3.0), -2000.0], [1000.0, 1000.0, -np.inf]])
    frequencies = Frequencies.from_logits(logits)
    shares = np.diff(frequencies.top_rows()) / TOTAL
    np.testing.assert_allclose(shares, [[0.25, 0.75, 0], [0.5, 0.5, 0]], atol=1e-6)
    assert frequencies.ideal_bits(np.array([2, 0])) == pytest.approx([2000 / np.log(2) + 2, 1.0])


def test_golden_integers() -> None:
    """A digest of the integers for weights that are exact in any arithmetic: every machine that runs this agrees on them."""
    state = hashlib.blake2b(digest_size=8)
    for size in (2, 3, 256, 513, 50_257):
        weights = ((np.arange(size) * 7919 % 1009) ** 2 / 4096.0)[None, :]
        frequencies = Frequencies(weights)
        left, count = frequencies.intervals(np.array([size - 1]))
        state.update(frequencies.top_rows().tobytes() + left.tobytes() + count.tobytes())
    assert state.hexdigest() == GOLDEN


GOLDEN = "731da66da2ae2e97"
