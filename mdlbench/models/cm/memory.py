"""What the kernel of levels 4 to 9 learns into, by component, and the tables that it looks up.

Nothing here imports numba, directly or not: a warm start makes this memory for machine code that llvmlite loads by itself.
"""

from typing import Any, NamedTuple

import numpy as np

from mdlbench.models.cm.contexts import Past, no_past
from mdlbench.models.cm.levels import REFINERS, SELECTORS, Level
from mdlbench.models.cm.tables import (
    counter_rate_table,
    history_tables,
    reciprocal_table,
    rough_squash_table,
    squash_table,
    stretch_table,
)

KERNEL = "kernel"
FINAL_INPUTS = 32  # most mixers
LANES = 8  # inputs that a mixer takes at a time
MATCH_BUCKETS = 32
APM_STEPS = 16  # one cache line, room for the 13 nodes of an adaptive probability map
INITIAL_WEIGHTS = 1 << 22  # shared by the contexts of a mixer: a plain average of logits to begin with

Each = tuple[int, ...]  # zeros: their number is part of the type, so the compiler knows how many there are of something


class Histories(NamedTuple):
    """The bit histories of each context, what they predict, and where the kernel found them."""

    each: Each
    counted: Each  # one for each context if histories have counters beside them
    limit: int  # of counts in `maps`
    table: np.ndarray  # uint8, slots of 16: check, 15 histories
    words: np.ndarray  # the table as uint64
    counters: np.ndarray  # uint16, one beside each history, or none
    maps: np.ndarray  # uint32 (256 a context), probability << 10 | count
    values: np.ndarray  # of the contexts
    notes: np.ndarray  # key, slot, at, map_at


class Matches(NamedTuple):
    """The match models, longest first, and the place and length of the match that each follows."""

    each: Each
    heads: np.ndarray  # int32 (matches, hashes), where each hash was last seen
    maps: np.ndarray  # uint32 (2 * MATCH_BUCKETS a match)
    notes: np.ndarray  # least, pointer, length, expected (256 | byte, or 0), map_at (or -1)


class Runs(NamedTuple):
    """The last byte of each context and how often it came: check << 16 | byte << 8 | count."""

    each: Each
    mask: int
    table: np.ndarray  # uint32
    maps: np.ndarray  # uint32 (256 a context)
    notes: np.ndarray  # at, current, map_at (or -1)


class Orders(NamedTuple):
    """Direct counters of orders 0, 1 and 2: no check, one number a bit, 0 for even odds."""

    order0: np.ndarray  # int32 (256,)
    order1: np.ndarray  # int16 (65536,)
    order2: np.ndarray  # int16
    at: np.ndarray  # of each order
    line: np.ndarray  # of order 2, for this nibble


class Mixers(NamedTuple):
    """One for each selector and speed: a dot product of all inputs and the chosen row of weights."""

    each: Each
    vectors: Each  # of `LANES` inputs
    inputs: np.ndarray  # int32
    weights: np.ndarray  # int32
    slow: np.ndarray  # of each kind its value now
    fast: np.ndarray
    rates: np.ndarray  # now, in the long run
    logits: np.ndarray
    notes: np.ndarray  # start of its rows, kinds slow and fast, speed, at, guess


class Finals(NamedTuple):
    """Final mixers of the mixers' logits."""

    each: Each
    rate: int
    weights: np.ndarray  # int32
    notes: np.ndarray  # at, guess


class Refiners(NamedTuple):
    """Adaptive probability maps: from a context and a logit to a probability."""

    each: Each
    maps: np.ndarray  # int32 (maps, contexts, APM_STEPS)
    now: np.ndarray  # the value of each kind of context
    notes: np.ndarray  # kind, key, at, guess


class Memory(NamedTuple):
    """Everything the kernel learns into."""

    past: Past
    histories: Histories
    matches: Matches
    runs: Runs
    orders: Orders
    mixers: Mixers
    finals: Finals
    refiners: Refiners


class Tables(NamedTuple):
    """What the kernel looks up and never changes; see `tables`."""

    squash: np.ndarray
    rough_squash: np.ndarray
    stretch: np.ndarray
    successor: np.ndarray
    reciprocal: np.ndarray
    counter_rate: np.ndarray


def kernel_tables() -> Tables:
    return Tables(
        squash_table(), rough_squash_table(), stretch_table(), history_tables()[0], reciprocal_table(), counter_rate_table()
    )


def each(count: int) -> Each:
    return (0,) * count


def notes(count: int, fields: str, **known: Any) -> np.ndarray:
    """Records of int64 fields, one for each of `count` things: what is `known` from the start, and zeros."""
    records = np.zeros(count, np.dtype([(field, np.int64) for field in fields.split()], align=True))
    for field, values in known.items():
        records[field] = values
    return records


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
    return power_of_two(max(4 * size * len(level.contexts), 1 << 12), memory)


def fresh_memory(level: Level, size: int, memory: int) -> Memory:
    """For a block of `size` bytes."""
    n_contexts, n_mixers = len(level.contexts), len(level.selectors.split()) * len(level.speeds)
    return Memory(
        past=no_past(),
        histories=_histories(n_contexts, level, table_bytes(level, size, memory)),
        matches=_matches(level.matches, power_of_two(max(size, 256), 1 << 22)),
        runs=_runs(n_contexts if level.runs else 0, power_of_two(max(size >> 1, 256), 1 << 20)),
        orders=_orders(power_of_two(max(32 * size, 256), 1 << 22)),
        mixers=_mixers(n_contexts, level),
        finals=_finals(level.finals, n_mixers, level.mixer_rate[2]),
        refiners=_refiners(level.refiners.split(), power_of_two(max(8 * size, 256), 1 << 16)),
    )


def _histories(count: int, level: Level, size: int) -> Histories:
    table, counts = aligned(size, np.uint8), history_tables()[1]
    return Histories(
        each=each(count),
        counted=each(count if level.counters else 0),
        limit=level.map_limit,
        table=table,
        words=table.view(np.uint64),
        counters=np.full(size if level.counters else 0, 1 << 15, np.uint16),
        maps=np.tile(((2 * counts[:, 1] + 1 << 22) // (2 * counts.sum(axis=1) + 2) << 10).astype(np.uint32), count),
        values=np.zeros(count, np.int64),
        notes=notes(count, "key slot at map_at"),
    )


def _matches(least: tuple[int, ...], hashes: int) -> Matches:
    count = len(least)
    return Matches(
        each=each(count),
        heads=np.zeros((count, hashes), np.int32),
        maps=np.full(2 * MATCH_BUCKETS * count, 1 << 31, np.uint32),
        notes=notes(count, "least pointer length expected map_at", least=least),
    )


def _runs(count: int, size: int) -> Runs:
    return Runs(
        each=each(count),
        mask=size - 1,
        table=np.zeros(count * size, np.uint32),
        maps=np.full(256 * count, 1 << 31, np.uint32),
        notes=notes(count, "at current map_at"),
    )


def _orders(size: int) -> Orders:
    return Orders(
        np.zeros(256, np.int32),
        np.zeros(1 << 16, np.int16),
        aligned(size, np.int16),
        at=np.zeros(3, np.int64),
        line=np.zeros(1, np.int64),
    )


def n_inputs(level: Level) -> int:
    """Inputs of a mixer: two for each context and match, one for a run and for a counter, four more; a multiple of `LANES`."""
    of_contexts = (2 + level.runs + level.counters) * len(level.contexts)
    return -(-(of_contexts + 2 * len(level.matches) + 4) // LANES) * LANES


def _mixers(n_contexts: int, level: Level) -> Mixers:
    selectors = [SELECTORS[name] for name in level.selectors.split()] * len(level.speeds)
    starts = np.cumsum([0, *(selector.rows for selector in selectors)])
    weights = np.zeros((starts[-1], n_inputs(level)), np.int32)
    weights[:, 0 : 2 * n_contexts : 2] = INITIAL_WEIGHTS // n_contexts
    return Mixers(
        each=each(len(selectors)),
        vectors=each(n_inputs(level) // LANES),
        inputs=aligned(n_inputs(level), np.int32),
        weights=weights.reshape(-1),
        slow=np.zeros(5, np.int64),
        fast=np.zeros(5, np.int64),
        rates=np.array(level.mixer_rate[:2], np.int64),
        logits=np.zeros(len(selectors), np.int64),
        notes=notes(
            len(selectors),
            "start slow fast speed at guess",
            start=starts[:-1],
            slow=[selector.slow for selector in selectors],
            fast=[selector.fast for selector in selectors],
            speed=np.repeat(level.speeds, len(selectors) // len(level.speeds)),
        ),
    )


def _finals(count: int, n_mixers: int, rate: int) -> Finals:
    weights = np.zeros((256 + 80 + 256, FINAL_INPUTS), np.int32)
    weights[:, :n_mixers] = INITIAL_WEIGHTS // n_mixers
    return Finals(each(count), rate, weights.reshape(-1), notes(3, "at guess"))


def _refiners(names: list[str], contexts: int) -> Refiners:
    count = len(names)
    return Refiners(
        each=each(count),
        maps=aligned(count * contexts * APM_STEPS, np.int32),
        now=np.zeros(len(REFINERS), np.int64),
        notes=notes(count, "kind key at guess", kind=[REFINERS.index(name) for name in names]),
    )
