"""The fast levels as data, and their memory: a row of contexts and mixers for the lean kernel, `fast`.

A context is an order (how many bytes back), `word`, or `word_pair`; beside them every level has order 1 and a match model.
The mixers choose their weights by the bits of this byte so far (`node`), and by the match and how much is known (`state`).
"""

from typing import NamedTuple

import numpy as np

from mdlbench.models.cm.levels import aligned, power_of_two
from mdlbench.models.cm.tables import history_tables, squash_table, stretch_table

KERNEL = "fast"
WORD, WORD_PAIR = 9, 10  # kinds of contexts; those below are orders
ROW = 16  # inputs of a mixer
MOST_CONTEXTS = ROW - 3  # order 1, the match model and a constant are inputs too
_KINDS = {f"order{order}": order for order in range(2, 8)} | {"word": WORD, "word_pair": WORD_PAIR}
_STEPS = 16  # of an adaptive probability map; 13 are used
_INITIAL_WEIGHT = 20_000  # of every context, 65536 = 1


class FastLevel(NamedTuple):
    contexts: str
    selectors: str
    bytes_per_byte: int  # of table, for every byte of the block


LEVELS = {
    1: FastLevel("order3 word", "node", 4),
    2: FastLevel("order2 order3 order4 order6 word", "node state", 16),
    3: FastLevel("order2 order3 order4 order5 order6 word word_pair", "node state", 32),
}


def layout(level: FastLevel) -> tuple[tuple[int, ...], ...]:
    """The row as tuples, whose lengths the kernel is compiled for."""
    return tuple(_KINDS[name] for name in level.contexts.split()), tuple(range(len(level.selectors.split())))


def table_bytes(level: FastLevel, size: int, memory: int) -> int:
    """Bytes of the table of bit histories for a block of `size` bytes, at most `memory`."""
    return power_of_two(max(level.bytes_per_byte * size, 1 << 12), memory)


def fresh_memory(level: FastLevel, size: int, memory: int) -> tuple[np.ndarray, ...]:
    """Everything the kernel learns into, for a block of `size` bytes, in the order that the kernel unpacks it."""
    n_contexts = len(level.contexts.split())
    assert n_contexts <= MOST_CONTEXTS, level.contexts
    table = aligned(table_bytes(level, size, memory), np.uint8)
    counts = history_tables()[1]
    initial = (2 * counts[:, 1] + 1 << 22) // (2 * counts.sum(axis=1) + 2)
    weights = aligned((256 + 256) * ROW, np.int32)
    weights.reshape(-1, ROW)[:, : n_contexts + 1] = _INITIAL_WEIGHT
    apm = aligned(65536 * _STEPS, np.uint16)
    apm.reshape(-1, _STEPS)[:, :13] = squash_table()[np.minimum(np.arange(13) * 512, 6143)] >> 6
    doubt = (1 << 22) >> np.arange(2, 34) // 2 + 1  # of a match, by its length
    match_maps = np.stack([doubt, (1 << 22) - 1 - doubt], axis=1)
    match_maps[0] = 1 << 21
    return (
        table,
        table.view(np.uint64),
        np.tile(initial, n_contexts + 1).astype(np.int32),
        weights,
        np.zeros(1 << 16, np.uint8),  # order 1
        aligned(power_of_two(max(size >> 2, 256), 1 << 20), np.uint32),  # where matches may be
        apm,
        match_maps.reshape(-1).astype(np.int32),
        np.full(256, 65_000, np.int32),  # that a long match goes on
        np.zeros(ROW, np.uint64),  # what the kernel notes for each context and mixer
        np.zeros(ROW, np.uint64),
        np.zeros(ROW, np.int32),
        np.zeros(ROW, np.int64),
        np.zeros(ROW, np.int64),
        np.array([0, 0xFFFFFFFFFFFFFFFF, 0, 0], np.uint64),  # the coder's state, as `coder.bits.new_coder`
    )


def kernel_tables() -> tuple[np.ndarray, ...]:
    """The constant tables in the order that the kernel unpacks them; probabilities of 16 bits."""
    return (squash_table() >> 6).astype(np.uint16), stretch_table(), history_tables()[0]
