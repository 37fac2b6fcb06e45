"""The nine levels as data, and how much memory each takes: a level is a row, the kernel is one.

A row lists contexts (what each looks at: `contexts`), mixer selectors (`SELECTORS`), the least length of each match model,
longest first, and the refiners (`REFINERS`) that choose adaptive probability maps.
"""

from typing import Any, NamedTuple

import numpy as np

from mdlbench.models.cm.tables import (
    counter_rate_table,
    history_tables,
    reciprocal_table,
    rough_squash_table,
    squash_table,
    stretch_table,
)

KERNEL = "kernel"
CONTEXTS = (
    "order1", "order2", "order3", "order4", "order5", "order6", "order7", "order8",
    "word", "word_pair", "word_gap", "word_triple", "word_order2", "letters", "word_line",
    "skip1", "skip2", "skip1_order3", "sixth", "third_fourth", "high_bits", "classes",
    "followers1", "followers2", "followers2_order1", "match", "match_order2",
    "record", "record_above2", "record_order2", "record_next",
    "column", "column_next", "classes_column", "line_start", "field", "opener",
)  # fmt: skip
LONGEST_PERIOD = 4096  # of records
FINAL_INPUTS = 32  # most mixers
LANES = 8  # inputs that a mixer takes at a time
# A selector chooses one weight row: a part fixed through the byte + a part that moves with each bit, and the rows.
SLOW = ("none", "byte1", "byte2", "classes", "above")
FAST = ("none", "node", "bit", "match", "known")
SELECTORS = {
    "node": ("none", "node", 256),  # the bits of this byte so far
    "match": ("none", "match", 80),  # length and bit of the longest match, or how many orders have been seen
    "byte1": ("byte1", "none", 256),
    "byte2": ("byte2", "none", 256),
    "classes": ("classes", "bit", 2048),  # classes of the last two bytes
    "above": ("above", "none", 256),  # the byte above in a table of fixed-length records
    "known": ("none", "known", 64),
}
REFINERS = ("order1", "order3", "match", "order2", "word")


INITIAL_WEIGHTS = 1 << 22  # shared by the contexts of a mixer: a plain average of logits to begin with


class Level(NamedTuple):
    contexts: str
    selectors: str
    matches: tuple[int, ...]
    refiners: str
    mixer_rate: tuple[int, int, int] = (300, 10, 8)  # at the start, in the long run, of the final mixer; 256 = 1
    map_limit: int = 1000  # counts at which adaptive maps stop slowing down
    runs: bool = False  # whether each context remembers its last byte and how often it came
    speeds: tuple[int, ...] = (16,)  # each selector has a mixer for every speed of learning, 16 = the rate above
    finals: int = 1  # final mixers, averaged: chosen by the bits of this byte, the match, the last byte
    counters: bool = False  # whether each bit history has a probability of its own beside it


_FOUR = "order2 order3 order4 order6 word word_pair record_above2 third_fourth column"
_FIVE = f"{_FOUR} classes_column record match classes word_gap"
_SIX = f"{_FIVE} order1 order5 followers2 skip1"
_SEVEN = f"{_SIX} order8 followers1 opener field high_bits record_next"
_EIGHT = f"{_SEVEN} sixth column_next match_order2 word_triple record_order2"
_NINE = f"{_EIGHT} followers2_order1 line_start letters word_line word_order2 skip1_order3 skip2 order7"
_SELECT = "match node classes byte1"
LEVELS = {
    4: Level(_FOUR, "match node", (6,), "order1"),
    5: Level(_FIVE, _SELECT, (6,), "order1 order3", (200, 6, 8)),
    6: Level(_SIX, _SELECT, (6,), "order1 order3", (200, 6, 8)),
    7: Level(_SEVEN, f"{_SELECT} byte2 above", (12, 6), "order1 order3 match", (200, 6, 14), finals=3),
    8: Level(_EIGHT, " ".join(SELECTORS), (20, 6), "order1 order3 match word", (200, 5, 14), 1000, True, (24, 4), 3),
    9: Level(_NINE, " ".join(SELECTORS), (20, 10, 5), " ".join(REFINERS), (150, 5, 14), 1000, True, (32, 8, 2), 3, True),
}


def layout(level: Level) -> tuple[Any, ...]:
    """The row as int64 index arrays, in the order that the kernel unpacks them, after `sizes`.

    `sizes` are tuples of zeros: what they hold says nothing, but their lengths are part of their type, so the compiler knows
    how many contexts, mixers, matches, maps, runs and final mixers there are, and the vectors of inputs.
    """
    selectors = [SELECTORS[name] for name in level.selectors.split()] * len(level.speeds)
    rows = np.cumsum([0, *(rows for _, _, rows in selectors)])
    columns = (
        [CONTEXTS.index(name) for name in level.contexts.split()],
        [SLOW.index(slow) for slow, _, _ in selectors],
        [FAST.index(fast) for _, fast, _ in selectors],
        rows[:-1],
        np.repeat(level.speeds, len(selectors) // len(level.speeds)),
        level.matches,
        [REFINERS.index(name) for name in level.refiners.split()],
        [*level.mixer_rate, level.map_limit],
    )
    n_contexts, n_mixers, _, _, _, n_matches, n_maps, _ = (len(column) for column in columns)
    n_runs, n_counters = level.runs * n_contexts, level.counters * n_contexts
    counts = (n_contexts, n_mixers, n_matches, n_maps, n_runs, n_counters, level.finals, n_inputs(level) // LANES)
    return tuple((0,) * count for count in counts), *(np.array(column, np.int64) for column in columns)


def n_inputs(level: Level) -> int:
    """Inputs of a mixer: two for each context and match, one for a run and for a counter, four more; a multiple of `LANES`."""
    of_contexts = (2 + level.runs + level.counters) * len(level.contexts.split())
    return -(-(of_contexts + 2 * len(level.matches) + 4) // LANES) * LANES


def power_of_two(least: int, most: int) -> int:
    """The smallest power of two that is at least `least`, or the largest that is at most `most`."""
    return min(1 << max(least - 1, 0).bit_length(), 1 << most.bit_length() - 1)


def aligned(size: int, kind: type) -> np.ndarray:
    """Zeros that begin on a cache line."""
    raw = np.zeros(size * np.dtype(kind).itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + raw.size - 64].view(kind)


def table_bytes(level: Level, size: int, memory: int) -> int:
    """Bytes of the table of bit histories for a block of `size` bytes: room for all its contexts, or `memory`."""
    return power_of_two(max(4 * size * len(level.contexts.split()), 1 << 12), memory)


def fresh_memory(level: Level, size: int, memory: int) -> tuple[np.ndarray, ...]:
    """Everything the kernel learns into, for a block of `size` bytes, in the order that the kernel unpacks it."""
    n_contexts, n_mixers = len(level.contexts.split()), len(level.selectors.split()) * len(level.speeds)
    rows = sum(SELECTORS[name][2] for name in level.selectors.split()) * len(level.speeds)
    weights = np.zeros((rows, n_inputs(level)), np.int32)
    weights[:, 0 : 2 * n_contexts : 2] = INITIAL_WEIGHTS // n_contexts
    final_weights = np.zeros((256 + 80 + 256, FINAL_INPUTS), np.int32)
    final_weights[:, :n_mixers] = (1 << 22) // n_mixers
    counts = history_tables()[1]
    initial = ((2 * counts[:, 1] + 1 << 22) // (2 * counts.sum(axis=1) + 2) << 10).astype(np.uint32)
    maps = np.concatenate([np.tile(initial, n_contexts), np.full(64 * len(level.matches), 1 << 31, np.uint32)])
    refined = power_of_two(max(8 * size, 256), 1 << 16)
    table = aligned(table_bytes(level, size, memory), np.uint8)
    return (
        table,
        table.view(np.uint64),
        np.full(table.size if level.counters else 0, 1 << 15, np.uint16),  # counters, one beside each bit history
        maps,
        np.zeros(n_contexts * (power_of_two(max(size >> 1, 256), 1 << 20) if level.runs else 1), np.uint32),
        np.full(256 * n_contexts, 1 << 31, np.uint32),  # what a run predicts
        weights.reshape(-1),
        final_weights.reshape(-1),
        np.zeros(1 << 16, np.int16),
        aligned(power_of_two(max(32 * size, 256), 1 << 22), np.int16),
        aligned(len(level.refiners.split()) * refined * 16, np.int32),
        np.zeros((len(level.matches), power_of_two(max(size, 256), 1 << 22)), np.int32),
        np.zeros(12, np.int64),  # the summary of the past
        np.zeros(1 << 8, np.int64),  # followers of one byte
        np.zeros(1 << 16, np.int32),  # followers of two
        np.zeros(1 << 16, np.int32),  # where pairs were last seen
        np.zeros(LONGEST_PERIOD, np.int64),  # votes for periods
        np.zeros(256, np.int32),  # order 0
        np.zeros((22, 64), np.int64),  # what the kernel notes for each context, mixer, match and map
        aligned(n_inputs(level), np.int32),
        np.array([0, 0xFFFFFFFFFFFFFFFF, 0, 0], np.uint64),  # the coder's state, as `coder.bits.new_coder`
    )


def kernel_tables() -> tuple[np.ndarray, ...]:
    """The constant tables in the order that the kernel unpacks them."""
    return squash_table(), rough_squash_table(), stretch_table(), history_tables()[0], reciprocal_table(), counter_rate_table()
