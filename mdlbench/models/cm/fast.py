"""The lean kernel of the fast levels: few contexts, one logit each, no summary of the past beyond eight bytes and two words.

    past bytes -> 2 to 6 contexts -> slots of bit histories -> adaptive maps -\
               -> order 1, a direct table of bit histories -------------------+-> logits -> mixers -> average -> p
               -> match model ------------------------------------------------/
                    |
                    +-> where the match is long: one decision for the whole byte ("as predicted")

A second kernel because the general one spends longer looking at what it will mix than this one takes altogether. How many
contexts and mixers there are is the length of a tuple, thus known to the compiler, which unrolls every loop over them.

Probabilities in the maps have 22 bits, those that are coded 16; logits 8 fractional bits, weights 16.
"""

from math import log2

import numpy as np

from mdlbench.coder.bits import decode_bit, encode_bit
from mdlbench.models.cm.block import DECODE, ENCODE, begin, finish
from mdlbench.models.cm.contexts import U32, is_letter
from mdlbench.models.cm.fast_levels import ROW, WORD
from mdlbench.models.cm.vectors import prefetch
from mdlbench.numerics.compiled import inline

LIMIT = 3071  # of logits
LONG = 28  # matches from here on are coded as whole bytes
LEAST_MATCH = 5
MAP_RATE, APM_RATE, RUN_RATE, WEIGHT_RATE = 7, 6, 6, 4
_1, _3 = np.uint64(1), np.uint64(3)


@inline
def scramble(value):
    """Mix the bits of a number below 2**32."""
    value = (value ^ (value >> 15)) * 0x2F0B4C47 & U32
    return value ^ (value >> 16)


@inline
def context_key(kind, last4, last8, word, word1):
    """The 32-bit key of one context: an order, the letters of the word and the last byte, or these and the word before."""
    if kind >= WORD:
        value = word * 0x2F0B4C47 + (last4 & 0xFF) + (kind - WORD) * word1 * 0x1B873593
    elif kind > 4:
        value = last4 * 0x2F0B4C47 + (last8 & (1 << 8 * kind - 32) - 1) * 0x1B873593
    else:
        value = last4 & (1 << 8 * kind) - 1
    return scramble(((value & U32) + kind * 0x1E3779B1) * 0x2545F491 & U32)


@inline
def find_slot(table, words, key, mask):
    """The 16-byte slot of `key`, [check, 15 bit histories]: one of two; the younger is cleared if neither is the key's."""
    check = np.uint8(key >> 24)
    first = np.uint64((key & mask) << 4)
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
def candidate(heads, at, data, position, newest):
    """Where the bytes before `position` were last seen, by the hash table of matches, and how many of them agree (to 40)."""
    entry = np.int64(heads[at])
    pointer, length = position - ((position - entry) & 0xFFFFFF), 0
    if entry >> 24 == newest and 0 < pointer < position:
        while (
            length < 40 and length < pointer and data[np.uint64(pointer - 1 - length)] == data[np.uint64(position - 1 - length)]
        ):
            length += 1
    return pointer, length if length >= LEAST_MATCH else 0


@inline
def toward(p, goal, rate):
    return p + ((goal - p) >> rate)


@inline
def logistic(squash, logit):
    """Probability of 16 bits."""
    return np.int64(squash[np.uint64(max(-LIMIT, min(LIMIT, logit)) + LIMIT + 1)])


def run(mode, data, payload, lengths, segments, layout, memory, tables):
    """As `kernel.run`, which see: code `data` against `payload`, bits per byte into `lengths` if it has room.

    Returns:
        payload bytes written, total ideal code length in bits.
    """
    kinds, selectors = layout
    table, words, maps, weights, order1, heads, apm, match_maps, run_maps, slot, map_at, x, keys, guess, coder = memory
    squash, stretch, successor = tables
    n, n_mixers = len(kinds), len(selectors)
    mask, heads_mask = (table.size >> 4) - 1, (heads.size >> 4) - 1
    total, product = begin(mode, data, payload, segments, coder), 1.0
    last4, last8, word, word1 = 0, 0, 0, 0
    pointer, length, heads_line, known = 0, 0, 0, 0
    for position in range(data.size):
        c1 = last4 & 0xFF
        # ---- match: the hash table's line was chosen, and fetched, a byte ago
        heads_at = np.uint64(heads_line << 4 | (c1 ^ c1 >> 4) & 15)
        if length > 0:
            length, pointer = min(length + 1, 65535), pointer + 1
        else:
            pointer, length = candidate(heads, heads_at, data, position, c1)
        heads[heads_at] = position & 0xFFFFFF | c1 << 24
        heads_line = scramble(last4 * 0x2545F491 & U32) & heads_mask
        prefetch(heads, heads_line << 4)
        expected = np.int64(data[np.uint64(pointer)]) | 256 if length > 0 else 0
        # ---- a long match: is the byte as predicted?
        so_far, n_bits = 1, 8
        if length >= LONG:
            run_at = np.uint64(min(length >> 2, 255))
            p = np.int64(run_maps[run_at])
            if mode == DECODE:
                y = np.int64(decode_bit(coder, payload, p, 16))
            else:
                y = np.int64(np.int64(data[np.uint64(position)]) | 256 == expected)
                if mode == ENCODE:
                    encode_bit(coder, payload, y, p, 16)
            product *= (p if y else 65536 - p) * (1.0 / 65536)
            run_maps[run_at] = max(32, min(65534, toward(p, y << 16, RUN_RATE)))
            so_far, n_bits = (expected, 0) if y else (1, 8)
            length, expected = (length, expected) if y else (0, 0)
        bucket = length if length < 16 else min(12 + (length >> 2), 23)
        node = 1  # the bits of this nibble, after a leading 1; `so_far`: of this byte
        for bit in range(n_bits):
            if bit & 3 == 0:
                node, known = 1, 0
                for i in range(n):
                    slot[np.uint64(i)] = find_slot(table, words, keys[np.uint64(i)], mask)
                    known += np.int64(table[slot[np.uint64(i)] + _1] != 0)
            # ---- predict
            order1_at = np.uint64(c1 << 8 | so_far)
            for i in range(n + 1):
                history = np.int64(table[slot[np.uint64(i)] + np.uint64(node)]) if i < n else np.int64(order1[order1_at])
                at = np.uint64(i << 8 | history)
                map_at[np.uint64(i)] = at
                x[np.uint64(i)] = stretch[np.uint64(maps[at] >> 10)]
            shift = 7 - bit
            alive = expected >> shift + 1 == so_far
            match_at = np.uint64(2 * bucket + (expected >> shift & 1)) if alive else np.uint64(0)
            x[np.uint64(n + 1)] = stretch[np.uint64(match_maps[match_at] >> 10)]
            x[np.uint64(n + 2)] = 256
            # ---- mix
            logit = 0
            state = (8 + min(bucket, 15) if alive else known) << 3 | bit
            for s in range(n_mixers):
                row = np.uint64((256 + state if s else so_far) * ROW)
                dot = 0
                for i in range(n + 3):
                    dot += np.int64(x[np.uint64(i)]) * np.int64(weights[row + np.uint64(i)])
                guess[np.uint64(s)] = logistic(squash, dot >> 16)
                logit += dot >> 16
            logit = max(-LIMIT, min(LIMIT, logit >> n_mixers - 1)) + LIMIT + 1
            # ---- refine
            apm_at = (order1_at << np.uint64(4)) + np.uint64(logit + 256 >> 9)
            refined = np.int64(apm[apm_at])
            p = max(1, min(65535, (np.int64(squash[np.uint64(logit)]) + refined) >> 1))
            prefetch(apm, ((c1 << 8 | so_far << 1) & 0xFFFF) << 4)
            # ---- code
            if mode == DECODE:
                y = np.int64(decode_bit(coder, payload, p, 16))
            else:
                y = np.int64(data[np.uint64(position)]) >> shift & 1
                if mode == ENCODE:
                    encode_bit(coder, payload, y, p, 16)
            product *= (p if y else 65536 - p) * (1.0 / 65536)
            # ---- fetch the slots of the second nibble
            so_far = so_far << 1 | y
            if bit == 3:
                for i in range(n):
                    keys[np.uint64(i)] = scramble((keys[np.uint64(i)] + so_far * 0x3D4D51CB) & U32)
                    prefetch(table, (keys[np.uint64(i)] & mask) << 4)
            # ---- learn
            apm[apm_at] = toward(refined, (y << 16) - y, APM_RATE)
            for s in range(n_mixers):
                row = np.uint64((256 + state if s else so_far >> 1) * ROW)
                error = ((y << 16) - guess[np.uint64(s)]) * WEIGHT_RATE
                for i in range(n + 3):
                    weights[row + np.uint64(i)] += np.int32((np.int64(x[np.uint64(i)]) * error + (1 << 15)) >> 16)
            goal = (y << 22) - y
            for i in range(n + 1):
                at = map_at[np.uint64(i)]
                maps[at] = toward(np.int64(maps[at]), goal, MAP_RATE)
            for i in range(n):
                at = slot[np.uint64(i)] + np.uint64(node)
                table[at] = successor[np.uint64(2 * np.int64(table[at]) + y)]
            order1[order1_at] = successor[np.uint64(2 * np.int64(order1[order1_at]) + y)]
            match_maps[match_at] = toward(np.int64(match_maps[match_at]), goal, MAP_RATE) if alive else 1 << 21
            node = node << 1 | y
        # ---- take in the byte, fetch the slots of the next one's first nibble
        c1 = so_far & 0xFF
        if mode == DECODE:
            data[np.uint64(position)] = c1
        length = length if so_far == expected else 0
        last8 = (last8 << 8 | last4 >> 24) & U32
        last4 = (last4 << 8 | c1) & U32
        if is_letter(c1):
            word = (word + (c1 | 32)) * 0x2F0B4C47 & U32
        elif word != 0:
            word, word1 = 0, word
        for i in range(n):
            keys[np.uint64(i)] = context_key(kinds[i], last4, last8, word, word1)
            prefetch(table, (keys[np.uint64(i)] & mask) << 4)
        if lengths.size > 0:
            lengths[np.uint64(position)] = total - log2(product)
            total, product = 0.0, 1.0
        elif product < 1e-200:
            total -= log2(product)
            product = 1.0
    written = finish(mode, data, payload, segments, coder)
    return written, total - log2(product)
