"""What the kernel of levels 1 to 3 learns into, by component, and the tables that it looks up; without numba, as `memory`."""

from typing import NamedTuple

import numpy as np

from mdlbench.models.cm.levels import KINDS, FastLevel
from mdlbench.models.cm.memory import Each, aligned, each, power_of_two
from mdlbench.models.cm.tables import history_tables, squash_table, stretch_table

KERNEL = "fast"
ROW = 16  # inputs of a mixer
MOST_CONTEXTS = ROW - 3  # order 1, the match model and a constant are inputs too
_STEPS = 16  # of an adaptive probability map; 13 are used
_INITIAL_WEIGHT = 20_000  # of every context, 65536 = 1


class Contexts(NamedTuple):
    """The bit histories of each context and of order 1, what they predict, and where the kernel found them."""

    kinds: tuple[int, ...]  # their number is known to the compiler
    table: np.ndarray  # uint8, slots of 16: check, 15 histories
    words: np.ndarray  # the table as uint64
    order1: np.ndarray  # uint8 (65536,), histories, no check
    maps: np.ndarray  # int32 (256 a context)
    keys: np.ndarray
    slots: np.ndarray
    map_at: np.ndarray


class Mixers(NamedTuple):
    """One for each selector: a dot product of all inputs and the chosen row of weights."""

    selectors: Each
    inputs: np.ndarray  # int32
    weights: np.ndarray  # int32 (rows, ROW)
    guesses: np.ndarray


class Memory(NamedTuple):
    """Everything the kernel learns into."""

    contexts: Contexts
    mixers: Mixers
    heads: np.ndarray  # uint32, where matches may be
    match_maps: np.ndarray  # int32, by length and bit
    run_maps: np.ndarray  # int32, that a long match goes on
    apm: np.ndarray  # uint16 (65536, _STEPS)


class Tables(NamedTuple):
    """What the kernel looks up and never changes; see `tables`."""

    squash: np.ndarray  # probabilities of 16 bits
    stretch: np.ndarray
    successor: np.ndarray


def kernel_tables() -> Tables:
    return Tables((squash_table() >> 6).astype(np.uint16), stretch_table(), history_tables()[0])


def table_bytes(level: FastLevel, size: int, memory: int) -> int:
    """Bytes of the table of bit histories for a block of `size` bytes, at most `memory`."""
    return power_of_two(max(level.bytes_per_byte * size, 1 << 12), memory)


def fresh_memory(level: FastLevel, size: int, memory: int) -> Memory:
    """For a block of `size` bytes."""
    kinds = tuple(KINDS[name] for name in level.contexts.split())
    assert len(kinds) <= MOST_CONTEXTS, level.contexts
    apm = aligned(65536 * _STEPS, np.uint16)
    apm.reshape(-1, _STEPS)[:, :13] = squash_table()[np.minimum(np.arange(13) * 512, 6143)] >> 6
    doubt = (1 << 22) >> np.arange(2, 34) // 2 + 1  # of a match, by its length
    match_maps = np.stack([doubt, (1 << 22) - 1 - doubt], axis=1)
    match_maps[0] = 1 << 21
    return Memory(
        contexts=_contexts(kinds, table_bytes(level, size, memory)),
        mixers=_mixers(len(level.selectors.split()), len(kinds)),
        heads=aligned(power_of_two(max(size >> 2, 256), 1 << 20), np.uint32),
        match_maps=match_maps.reshape(-1).astype(np.int32),
        run_maps=np.full(256, 65_000, np.int32),
        apm=apm,
    )


def _contexts(kinds: tuple[int, ...], size: int) -> Contexts:
    table, counts = aligned(size, np.uint8), history_tables()[1]
    initial = (2 * counts[:, 1] + 1 << 22) // (2 * counts.sum(axis=1) + 2)
    return Contexts(
        kinds=kinds,
        table=table,
        words=table.view(np.uint64),
        order1=np.zeros(1 << 16, np.uint8),
        maps=np.tile(initial, len(kinds) + 1).astype(np.int32),
        keys=np.zeros(ROW, np.int64),
        slots=np.zeros(ROW, np.uint64),
        map_at=np.zeros(ROW, np.uint64),
    )


def _mixers(count: int, n_contexts: int) -> Mixers:
    weights = aligned((256 + 256) * ROW, np.int32)
    weights.reshape(-1, ROW)[:, : n_contexts + 1] = _INITIAL_WEIGHT
    return Mixers(each(count), np.zeros(ROW, np.int32), weights, np.zeros(ROW, np.int64))
