"""What gives the lean kernel its inputs: contexts of bit histories, and a match model, which also codes whole bytes.

As in `inputs`, a `fetch` has cache lines brought near some time before they are needed; `so_far` is the bits of this byte,
`node` those of this nibble, after a leading 1.
"""

from typing import NamedTuple

import numpy as np

from mdlbench.models.cm.block import code_bit
from mdlbench.models.cm.contexts import U32, is_letter
from mdlbench.models.cm.levels import WORD
from mdlbench.models.cm.vectors import prefetch
from mdlbench.numerics.compiled import inline

LONG = 28  # matches from here on are coded as whole bytes
LEAST_MATCH = 5
MAX_MATCH = np.int64(65535)
MOST_CHECKED = 40  # bytes of a match that is looked for
MAP_RATE, RUN_RATE = 7, 6
PRECISION = 16  # of probabilities that are coded
_1, _3 = np.uint64(1), np.uint64(3)


class Past(NamedTuple):
    """What is remembered of the bytes so far."""

    last4: np.int64
    last8: np.int64  # the four bytes before these
    word: np.int64
    word1: np.int64


@inline
def scramble(value):
    """Mix the bits of a number below 2**32."""
    value = (value ^ (value >> 15)) * 0x2F0B4C47 & U32
    return value ^ (value >> 16)


@inline
def toward(p, goal, rate):
    return p + ((goal - p) >> rate)


# ---- contexts


@inline
def observe(past, c1):
    """Take in byte `c1`."""
    word, word1 = past.word, past.word1
    if is_letter(c1):
        word = (word + (c1 | 32)) * 0x2F0B4C47 & U32
    elif word != 0:
        word, word1 = 0, word
    return Past((past.last4 << 8 | c1) & U32, (past.last8 << 8 | past.last4 >> 24) & U32, word, word1)


@inline
def context_key(kind, past):
    """The 32-bit key of one context: an order, the letters of the word and the last byte, or these and the word before."""
    if kind >= WORD:
        value = past.word * 0x2F0B4C47 + (past.last4 & 0xFF) + (kind - WORD) * past.word1 * 0x1B873593
    elif kind > 4:
        value = past.last4 * 0x2F0B4C47 + (past.last8 & (1 << 8 * kind - 32) - 1) * 0x1B873593
    else:
        value = past.last4 & (1 << 8 * kind) - 1
    return scramble(((value & U32) + kind * 0x1E3779B1) * 0x2545F491 & U32)


@inline
def fetch_slots(contexts, past):
    """Choose the slots of a new byte's first nibble."""
    for i in range(len(contexts.kinds)):
        key = context_key(contexts.kinds[i], past)
        contexts.keys[np.uint64(i)] = key
        prefetch(contexts.table, (key & (contexts.table.size >> 4) - 1) << 4)


@inline
def fetch_second_slots(contexts, so_far):
    """Choose the slots of the second nibble, by the first."""
    for i in range(len(contexts.kinds)):
        key = scramble((contexts.keys[np.uint64(i)] + so_far * 0x3D4D51CB) & U32)
        contexts.keys[np.uint64(i)] = key
        prefetch(contexts.table, (key & (contexts.table.size >> 4) - 1) << 4)


@inline
def find_slots(contexts):
    """Find the chosen slots; how many have been seen."""
    known = np.int64(0)
    for i in range(len(contexts.kinds)):
        slot = _find_slot(contexts.table, contexts.words, contexts.keys[np.uint64(i)])
        contexts.slots[np.uint64(i)] = slot
        known += np.int64(contexts.table[slot + _1] != 0)
    return known


@inline
def _find_slot(table, words, key):
    """The 16-byte slot of `key`, [check, 15 bit histories]: one of two; the younger is cleared if neither is the key's."""
    check = np.uint8(key >> 24)
    first = np.uint64((key & (table.size >> 4) - 1) << 4)
    second = first ^ np.uint64(16)
    slot = second if table[second] == check else first
    slot = first if table[first] == check else slot
    if table[slot] != check:
        slot = second if table[second + _1] < table[first + _1] else first
        words[slot >> _3] = 0
        words[(slot >> _3) + _1] = 0
        table[slot] = check
    return slot


@inline
def predict_contexts(contexts, tables, order1_at, node, x):
    """A logit for each context, and one for order 1."""
    n = len(contexts.kinds)
    for i in range(n + 1):
        if i < n:
            history = np.int64(contexts.table[contexts.slots[np.uint64(i)] + np.uint64(node)])
        else:
            history = np.int64(contexts.order1[order1_at])
        at = np.uint64(i << 8 | history)
        contexts.map_at[np.uint64(i)] = at
        x[np.uint64(i)] = tables.stretch[np.uint64(contexts.maps[at] >> 10)]


@inline
def learn_contexts(contexts, tables, order1_at, node, y):
    n, table, order1 = len(contexts.kinds), contexts.table, contexts.order1
    for i in range(n + 1):
        at = contexts.map_at[np.uint64(i)]
        contexts.maps[at] = toward(np.int64(contexts.maps[at]), (y << 22) - y, MAP_RATE)
    for i in range(n):
        at = contexts.slots[np.uint64(i)] + np.uint64(node)
        table[at] = tables.successor[np.uint64(2 * np.int64(table[at]) + y)]
    order1[order1_at] = tables.successor[np.uint64(2 * np.int64(order1[order1_at]) + y)]


# ---- match model


@inline
def find_match(heads, line, c1, data, position):
    """Where the bytes before `position` were last seen, by the hash table of matches, and how many of them agree."""
    entry = np.int64(heads[_head(line, c1)])
    pointer, length = position - ((position - entry) & 0xFFFFFF), 0
    if entry >> 24 == c1 and 0 < pointer < position:
        while (
            length < MOST_CHECKED
            and length < pointer
            and data[np.uint64(pointer - 1 - length)] == data[np.uint64(position - 1 - length)]
        ):
            length += 1
    return pointer, length if length >= LEAST_MATCH else 0


@inline
def enter_match(heads, line, c1, last4, position):
    """Note `position` for matches to come, and choose the next line, a byte before it is needed."""
    heads[_head(line, c1)] = position & 0xFFFFFF | c1 << 24
    line = scramble(last4 * 0x2545F491 & U32) & (heads.size >> 4) - 1
    prefetch(heads, line << 4)
    return line


@inline
def _head(line, c1):
    return np.uint64(line << 4 | (c1 ^ c1 >> 4) & 15)


@inline
def code_long(block, maps, length, expected, position):
    """Code whether the byte is as a long match predicts; 1 if it is, and the probability of what it is."""
    at = np.uint64(min(length >> 2, 255))
    p = np.int64(maps[at])
    y = code_bit(block, np.int64(np.int64(block.data[np.uint64(position)]) | 256 == expected), p, PRECISION)
    maps[at] = max(32, min(65534, toward(p, y << 16, RUN_RATE)))
    return y, (p if y else 65536 - p) * (1.0 / 65536)


@inline
def length_bucket(length):
    return length if length < 16 else min(12 + (length >> 2), 23)
