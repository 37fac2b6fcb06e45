"""All that an observer may have seen: every distinct prefix of lengths 1 .. L that can occur, with its probability and belief.

A causal network's activation depends on the prefix alone, so L * K**L positions of words hold only (K + ... + K**L) different
activations; each is kept once and counted by a stated weight. Prefixes lie level by level, each level in lexicographic order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdlbench.beliefs.seed_result import Split
from mdlbench.errors import UsageError
from mdlbench.processes import Process

SPLITS: Mapping[Split, str] = {
    "belief": "all prefixes that lead to one belief are held out together: no belief is on both sides",
    "prefix": "each prefix is held out by itself: its belief may be on the other side under another prefix",
}
WEIGHTINGS = {
    "probability": "each prefix by its probability, each length alike",
    "prefix": "every distinct prefix alike",
    "word": "every word of the greatest length alike, at each of its positions (the published figures' weighting)",
}
MAX_PREFIXES = 2_000_000
_SAME = 1e-9  # of an entry: beliefs that differ by less are one
_IMPOSSIBLE = 1e-14  # probability of a next symbol below which it is rounding
_MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)  # splitmix64


@dataclass(frozen=True, eq=False)
class Prefixes:
    """Distinct prefixes of lengths 1 .. L of a process; n of them.

    Attributes:
        lengths: int64 (n,), 1 .. L, not falling.
        parents: int64 (n,), the prefix without its last symbol; -1 for length 1.
        symbols: int64 (n,), the last symbol.
        beliefs: float64 (n, N), the belief after the prefix from the stationary start.
        probabilities: float64 (n,); those of a length sum to 1.
        hashes: uint64 (n,), of the symbols.
    """

    lengths: np.ndarray
    parents: np.ndarray
    symbols: np.ndarray
    beliefs: np.ndarray
    probabilities: np.ndarray
    hashes: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def length(self) -> int:
        """L, the greatest length."""
        return int(self.lengths[-1])

    def level(self, length: int) -> slice:
        """Where the prefixes of a length lie."""
        return slice(*np.searchsorted(self.lengths, [length, length + 1]).tolist())

    @property
    def levels(self) -> list[slice]:
        """Where those of lengths 1 .. L lie."""
        return [self.level(length) for length in range(1, self.length + 1)]

    @cached_property
    def leaves(self) -> np.ndarray:
        """int64 (n,): how many words of length L begin with each prefix."""
        counts = np.zeros(len(self), np.int64)
        counts[self.level(self.length)] = 1
        for children in self.levels[:0:-1]:
            np.add.at(counts, self.parents[children], counts[children])
        return counts

    @cached_property
    def first_leaves(self) -> np.ndarray:
        """int64 (n,): of the words of length L in their order, the first that begins with each prefix."""
        before = np.cumsum(self.leaves) - self.leaves
        return before % len(self.words)  # each level has all words below it

    @cached_property
    def words(self) -> np.ndarray:
        """uint8 (n_L, L): the words of length L in lexicographic order."""
        symbols = self.symbols.astype(np.uint8)
        return np.column_stack([np.repeat(symbols[level], self.leaves[level]) for level in self.levels])

    def weights(self, weighting: str) -> np.ndarray:
        """float64 (n,), summing to 1: see WEIGHTINGS."""
        if weighting == "prefix":
            return np.full(len(self), 1 / len(self))
        if weighting not in WEIGHTINGS:
            raise UsageError(f"weighting {weighting!r} does not exist; choose from {', '.join(WEIGHTINGS)}")
        counts = self.probabilities if weighting == "probability" else self.leaves
        return counts / counts.sum()

    @cached_property
    def belief_numbers(self) -> np.ndarray:
        """int64 (n,), 0 .. M - 1: which of the M different beliefs each prefix leads to; entries within 1e-9 are alike."""
        apart = np.column_stack([_told_apart(entries) for entries in self.beliefs.T])
        return np.unique(apart, axis=0, return_inverse=True)[1].ravel()

    @property
    def different_beliefs(self) -> int:
        """M, how many beliefs the prefixes lead to."""
        return int(self.belief_numbers.max()) + 1

    def effective_beliefs(self, weighting: str) -> float:
        """How many beliefs of one weight those of these weights are worth: (sum W)^2 / sum W^2 (Kish 1965)."""
        weights = np.bincount(self.belief_numbers, self.weights(weighting))
        return float(weights.sum() ** 2 / (weights**2).sum())

    def folds(self, count: int, split: Split = "belief") -> np.ndarray:
        """int64 (n,): the part 0 .. count - 1 in which each prefix is held out, see SPLITS.

        What is held out together is dealt out by its shortest prefix, length by length and there in the order of a hash of the
        symbols, so that no part lacks the short prefixes, which carry most weight, and so that nothing else decides.
        """
        groups = self.belief_numbers if split == "belief" else np.arange(len(self))
        firsts = np.unique(groups, return_index=True)[1]
        found = np.empty(len(firsts), np.int64)
        found[np.lexsort((self.hashes[firsts], self.lengths[firsts]))] = np.arange(len(firsts)) % count
        return found[groups]

    def splits(self, count: int) -> dict[Split, np.ndarray]:
        """The folds that say something, the more honest first.

        By belief wherever there are beliefs for every part; by prefix as well where most prefixes share theirs, which is what
        the two then differ by; by prefix alone where there are too few beliefs.
        """
        named: list[Split] = ["belief"] if self.different_beliefs >= count else []
        named += ["prefix"] if 2 * self.different_beliefs < len(self) or not named else []
        return {split: self.folds(count, split) for split in named}

    def shuffled(self, seed: int) -> np.ndarray:
        """int64 (n,): another prefix of the same length for each, at random; the control whose labels mean nothing."""
        generator = np.random.default_rng(seed)
        return np.concatenate([level.start + generator.permutation(level.stop - level.start) for level in self.levels])

    def text(self, index: int) -> str:
        """A prefix written out, as in `0 2 1`."""
        found = []
        while index >= 0:
            found.append(str(self.symbols[index]))
            index = int(self.parents[index])
        return " ".join(reversed(found))


def enumerate_prefixes(process: Process, length: int = 10) -> Prefixes:
    """Every prefix of lengths 1 .. `length` with positive probability.

    Args:
        length: L, the longest.

    Raises:
        UsageError: there are more than two million; ask for a smaller length.

    Example:
        >>> from mdlbench.processes import find
        >>> len(enumerate_prefixes(find("mess3"), 10))  # 3 + 9 + ... + 59,049
        88572
    """
    if length < 1:
        raise UsageError(f"length {length}: prefixes have at least one symbol")
    level = {"beliefs": process.stationary[None], "probabilities": np.ones(1), "hashes": np.zeros(1, np.uint64)}
    levels: list[dict[str, np.ndarray]] = []
    first, total = -1, 0  # the empty prefix is no parent
    for _ in range(length):
        level = _children(process, level["beliefs"], level["probabilities"], level["hashes"], first)
        first, total = total, total + len(level["parents"])
        if total > MAX_PREFIXES:
            raise UsageError(f"{process.name} has over {MAX_PREFIXES:,} prefixes of up to {length} symbols; take fewer symbols")
        levels.append(level)
    lengths = np.repeat(np.arange(1, length + 1), [len(level["parents"]) for level in levels])
    return Prefixes(lengths=lengths, **{key: np.concatenate([level[key] for level in levels]) for key in levels[0]})


def _told_apart(values: np.ndarray) -> np.ndarray:
    """int64 (n,): a number for each value, the same for those that no gap of 1e-9 separates."""
    order = np.argsort(values)
    found = np.zeros(len(values), np.int64)
    found[order[1:]] = np.cumsum(np.diff(values[order]) > _SAME)
    return found


def _children(
    process: Process, beliefs: np.ndarray, probabilities: np.ndarray, hashes: np.ndarray, first: int
) -> dict[str, np.ndarray]:
    """One symbol more: the next level's arrays; `first` is the number of the first parent, -1 for the empty prefix."""
    after = np.einsum("pi,xij->pxj", beliefs, process.tensor)  # parent-major: stays in lexicographic order
    mass = after @ process.right_vector
    parent, symbol = np.nonzero(mass > _IMPOSSIBLE)
    chosen = mass[parent, symbol]
    return {
        "parents": parent + first,
        "symbols": symbol,
        "beliefs": after[parent, symbol] / chosen[:, None],
        "probabilities": probabilities[parent] * chosen,
        "hashes": _mixed(hashes[parent], symbol.astype(np.uint64)),
    }


def _mixed(before: np.ndarray, symbol: np.ndarray) -> np.ndarray:
    """splitmix64 of a running hash and one more symbol (Steele, Lea & Flood, OOPSLA 2014)."""
    value = before + (symbol + np.uint64(1)) * np.uint64(_MIX[0])
    value = (value ^ (value >> np.uint64(30))) * np.uint64(_MIX[1])
    value = (value ^ (value >> np.uint64(27))) * np.uint64(_MIX[2])
    return value ^ (value >> np.uint64(31))
