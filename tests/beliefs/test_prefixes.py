"""Prefixes against the filter, published variance, and what a held-out split must be."""

from dataclasses import replace

import numpy as np
import pytest

from mdlbench.beliefs.prefixes import Prefixes, enumerate_prefixes
from mdlbench.errors import UsageError
from mdlbench.processes import find


@pytest.fixture(scope="module")
def mess3() -> Prefixes:
    return enumerate_prefixes(find("mess3", {"x": 0.05, "a": 0.85}), 10)


def test_every_distinct_prefix_once(mess3: Prefixes) -> None:
    assert len(mess3) == sum(3**length for length in range(1, 11)) == 88_572
    assert len(np.unique(mess3.hashes)) == len(mess3)
    assert mess3.words.shape == (59_049, 10)
    assert len({bytes(word) for word in mess3.words}) == 59_049
    assert mess3.text(0) == "0"
    assert mess3.text(len(mess3) - 1) == " ".join("2" * 10)


def test_beliefs_are_those_of_the_filter() -> None:
    process = find("z1r")
    prefixes = enumerate_prefixes(process, 5)
    for index in range(len(prefixes)):
        word = prefixes.words[prefixes.first_leaves[index], : prefixes.lengths[index]]
        assert prefixes.text(index) == " ".join(map(str, word))
        np.testing.assert_allclose(prefixes.beliefs[index], process.beliefs(word)[-1], atol=1e-12)
        np.testing.assert_allclose(prefixes.probabilities[index], np.prod(process.filter(word)), atol=1e-12)


def test_forbidden_words_are_left_out() -> None:
    prefixes = enumerate_prefixes(find("golden-mean"), 6)
    assert not any("1 1" in prefixes.text(index) for index in range(len(prefixes)))
    assert (prefixes.lengths == 6).sum() == 21  # a Fibonacci number
    assert prefixes.leaves[prefixes.level(1)].sum() == 21


@pytest.mark.parametrize("weighting", ["probability", "prefix", "word"])
def test_weights_sum_to_one(mess3: Prefixes, weighting: str) -> None:
    weights = mess3.weights(weighting)
    assert weights.sum() == pytest.approx(1)
    by_length = np.bincount(mess3.lengths, weights)[1:]
    if weighting == "prefix":
        np.testing.assert_allclose(by_length, 3.0 ** np.arange(1, 11) / 88_572)
    else:
        np.testing.assert_allclose(by_length, 0.1)


def test_published_variance(mess3: Prefixes) -> None:
    """Shai et al. 2024, notebooks: target variance 0.111151, mean over elements, of all words of length 10 at all positions."""
    weights = mess3.weights("word")
    mean = weights @ mess3.beliefs
    assert float((weights @ (mess3.beliefs - mean) ** 2).mean()) == pytest.approx(0.111151, abs=5e-7)


def test_unknown_weighting(mess3: Prefixes) -> None:
    with pytest.raises(UsageError, match="choose from probability, prefix, word"):
        mess3.weights("uniform")


def test_too_many() -> None:
    with pytest.raises(UsageError, match="over 2,000,000 prefixes"):
        enumerate_prefixes(find("mess3"), 20)


def test_folds_hold_out_prefixes(mess3: Prefixes) -> None:
    """Each prefix is in one fold, decided by the prefix itself: a shorter enumeration puts its hash in the same order."""
    folds = mess3.folds(5, "prefix")
    assert set(folds) == set(range(5))
    for length in range(2, 11):
        counts = np.bincount(folds[mess3.level(length)], minlength=5)
        assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(folds[:363], enumerate_prefixes(find("mess3"), 5).folds(5, "prefix"))


@pytest.mark.parametrize("process", ["rrxor", "even", "nemo", "mess3", "sns"])
def test_no_belief_is_on_both_sides(process: str) -> None:
    prefixes = enumerate_prefixes(find(process), 7)
    folds = prefixes.folds(3)
    for fold in range(3):
        ours, theirs = prefixes.beliefs[folds == fold], prefixes.beliefs[folds != fold]
        nearest = min(np.abs(theirs - belief).max(axis=1).min() for belief in ours)
        assert nearest > 1e-10


def test_beliefs_of_rrxor() -> None:
    """35 different ones for 1,046 prefixes: by belief and by prefix are different splits; the first is the honest one."""
    prefixes = enumerate_prefixes(find("rrxor"), 10)
    assert (len(prefixes), prefixes.different_beliefs) == (1046, 35)
    assert list(prefixes.splits(5)) == ["belief", "prefix"]
    assert prefixes.effective_beliefs("prefix") < prefixes.effective_beliefs("probability") < 35


@pytest.mark.parametrize(
    ("process", "splits"), [("mess3", ["belief"]), ("golden-mean", ["prefix"]), ("rrxor", ["belief", "prefix"])]
)
def test_splits_that_say_something(process: str, splits: list[str]) -> None:
    """Mess3's prefixes lead to beliefs of their own; golden mean has two beliefs, too few to hold any out."""
    assert list(enumerate_prefixes(find(process), 6).splits(5)) == splits


def test_beliefs_on_the_edge_of_rounding_are_one() -> None:
    """Told apart by gaps: 0.5e-9 and what rounding makes of it are alike, wherever decimals would be cut."""
    prefixes = enumerate_prefixes(find("mess3"), 2)
    beliefs = np.array([[0.1234567885 + sign * 1e-12, 0.5, 0.3765432115] for sign in (-1, 0, 1)])
    moved = replace(prefixes, beliefs=np.vstack([beliefs, prefixes.beliefs[3:]]))
    assert len(set(moved.belief_numbers[:3])) == 1
    assert moved.different_beliefs == 1 + len(np.unique(prefixes.beliefs[3:].round(9), axis=0))


def test_shuffled_stays_within_lengths(mess3: Prefixes) -> None:
    other = mess3.shuffled(3)
    np.testing.assert_array_equal(mess3.lengths[other], mess3.lengths)
    np.testing.assert_array_equal(np.sort(other), np.arange(len(mess3)))
    assert (other != np.arange(len(mess3))).mean() > 0.99
