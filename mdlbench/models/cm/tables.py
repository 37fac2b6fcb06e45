"""Integer tables behind the context mixer: the logistic pair and the bit-history state machine.

Everything here is made by integer arithmetic, so the tables, and with
them every probability, are the same on every machine.

* `squash` turns a logit (8 fractional bits: 256 is odds of e : 1; from -12 to 12) into a probability of 22 bits, `stretch` a
  probability in 1/4096 into a logit.
* A *bit history* is one byte that summarises the bits seen in a context: exactly up to four bits, and after
  that how many zeros and ones (bounded) and which came last. A surprise discounts the opposite count: the
  recent past speaks louder.
"""

from functools import cache

import numpy as np

LOGIT_LIMIT = 3072  # 12 * 256
EXACT_LENGTH = 4  # histories up to this many bits are remembered bit by bit
# The larger count allowed beside a smaller one; a pair outside is pulled back to the bound.
LARGER_COUNT = (40, 40, 12, 8, 6, 5)


@cache
def squash_table() -> np.ndarray:
    """Logit + LOGIT_LIMIT (0..6143) -> probability of a one out of 2**22, int32 of shape (6144,)."""
    one = 1 << 128
    step, term, k = one, one, 1  # exp(1 / 256), the sum of its series
    while term:
        term //= 256 * k
        step, k = step + term, k + 1
    odds, upper = one, []
    for _ in range(LOGIT_LIMIT + 1):
        upper.append(((odds << 23) // (one + odds) + 1) >> 1)
        odds = odds * step >> 128
    lower = [(1 << 22) - p for p in upper[:0:-1]]
    return np.array(lower + upper[:-1], np.int32)


@cache
def rough_squash_table() -> np.ndarray:
    """(Logit + LOGIT_LIMIT) / 4 (0..1535) -> probability of a one out of 65536, uint16 of shape (1536,).

    What a mixer's error is taken from: 3 kB that stay in the nearest cache, where the whole table would not.
    """
    return (squash_table()[2::4] >> 6).astype(np.uint16)


@cache
def stretch_table() -> np.ndarray:
    """Probability in 1/4096 (its middle taken) -> logit in -2047..2047, int16 of shape (4096,)."""
    squash = squash_table()
    centres = np.arange(4096, dtype=np.int32) * 1024 + 512
    return np.clip(np.searchsorted(squash, centres) - LOGIT_LIMIT, -2047, 2047).astype(np.int16)


def _discount(count: int) -> int:
    """What is left of a count when the opposite bit appears."""
    return count if count <= 3 else min(7, (count + 4) // 2)


def _successor(history: tuple, bit: int) -> tuple:
    """The history after one more bit: ("exact", bits) while short, then ("counts", zeros, ones, last bit)."""
    if history[0] == "exact":
        bits = (*history[1], bit)
        if len(bits) <= EXACT_LENGTH:
            return ("exact", bits)
        counts = [bits[:-1].count(0), bits[:-1].count(1)]
    else:
        counts = [history[1], history[2]]
    counts[1 - bit] = _discount(counts[1 - bit])
    limit = LARGER_COUNT[counts[1 - bit]] if counts[1 - bit] < len(LARGER_COUNT) else 0
    counts[bit] = min(counts[bit] + 1, max(limit, counts[bit] if counts[bit] < counts[1 - bit] else 0))
    while not _allowed(counts):
        counts[1 - bit] -= 1
    return ("counts", counts[0], counts[1], bit)


def _allowed(counts: list[int]) -> bool:
    smaller, larger = sorted(counts)
    return smaller < len(LARGER_COUNT) and larger <= LARGER_COUNT[smaller]


@cache
def history_tables() -> tuple[np.ndarray, np.ndarray]:
    """Every reachable bit history, numbered by its length (0 is empty), at most 256 of them.

    Returns:
        successor: uint8 (512,), the history after `bit` at index `2 * history + bit`.
        counts: int32 (256, 2), how many zeros and ones each history stands for.
    """
    empty = ("exact", ())
    seen, frontier = {empty}, [empty]
    while frontier:
        frontier = sorted({_successor(history, bit) for history in frontier for bit in (0, 1)} - seen)
        seen |= set(frontier)

    def zeros_ones(history):
        return (history[1].count(0), history[1].count(1)) if history[0] == "exact" else history[1:3]

    ordered = sorted(seen, key=lambda history: (sum(zeros_ones(history)), history))
    assert len(ordered) <= 256, len(ordered)
    number = {history: index for index, history in enumerate(ordered)}
    successor = np.zeros(512, np.uint8)
    counts = np.zeros((256, 2), np.int32)
    for history, index in number.items():
        successor[2 * index : 2 * index + 2] = [number[_successor(history, bit)] for bit in (0, 1)]
        counts[index] = zeros_ones(history)
    return successor, counts


@cache
def reciprocal_table() -> np.ndarray:
    """65536 / (count + 1.5), the rate of an adaptive map that has seen `count` bits, int32 of shape (1024,)."""
    return np.array([2 * 65536 // (2 * count + 3) for count in range(1024)], np.int32)


@cache
def counter_rate_table() -> np.ndarray:
    """65536 / (bits seen + 1.5), 30 bits at most: the rate of the counter beside a bit history, int32 of shape (256,)."""
    return reciprocal_table()[np.minimum(history_tables()[1].sum(axis=1), 30)]
