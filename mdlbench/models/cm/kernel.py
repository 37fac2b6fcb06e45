"""The context mixer, compiled: prediction, mixing, refinement, and the update that encoder and decoder share.

    past bytes -> contexts -> slots of bit histories -> adaptive maps -\
               -> match models (longest earlier match) ----------------+-> logits -> mixers -> final mixer -> p
               -> direct counters (orders 0, 1, 2) --------------------/    (one weight row each,     |
                                                                             chosen by a selector)     v
    bit <- arithmetic coder <-------------------------------- probability <- average <- adaptive probability maps

Everything is integers. Probabilities have 22 bits, logits 8 fractional bits (see `tables`), weights 22.
"""

from math import log2

import numpy as np

from mdlbench.coder.bits import decode_bit, encode_bit, finish_encode, start_decode
from mdlbench.models.cm.contexts import (
    CLASSES,
    CONTEXTS,
    LAST4,
    LAST8,
    LONGEST_PERIOD,
    SUMMARY_SIZE,
    WORD,
    fill_contexts,
    hash2,
    observe,
)
from mdlbench.models.cm.vectors import dot, prefetch, train
from mdlbench.numerics.compiled import inline, kernel

ENCODE, DECODE, MEASURE = 0, 1, 2
ONE = 1 << 22  # probabilities are integers 1 .. ONE - 1
LIMIT = 3071  # of logits
APM_STEPS = 32  # room for the 25 nodes of an adaptive probability map, 256 apart in logit
APM_RATE = 6
MATCH_BUCKETS = 32
MAX_MATCH = 65535


@inline
def find_slot(table, mask, h):
    """The 16-byte slot of hash `h` in its 64-byte line: [check, 15 bit histories].

    Found by the check byte, or else the slot whose first history is shortest is cleared for it.
    """
    line = ((h >> 8) & mask) << 6
    check = h & 0xFF
    shortest, length = line, 256
    for slot in range(line, line + 64, 16):
        if table[slot] == check:
            return slot
        if table[slot + 1] < length:
            shortest, length = slot, np.int64(table[slot + 1])
    table[shortest] = check
    table[shortest + 1 : shortest + 16] = 0
    return shortest


@inline
def adapt(maps, index, bit, limit, reciprocal):
    """Move an adaptive map entry, probability << 10 | count, towards `bit` by 1 / (count + 1.5)."""
    entry = np.int64(maps[np.uint64(index)])
    count = entry & 1023
    p = entry >> 10
    p += (((bit << 22) - bit - p) * np.int64(reciprocal[count])) >> 16
    maps[np.uint64(index)] = (p << 10) | min(count + 1, limit)


@inline
def clip(logit):
    """Keep a logit within the table of `squash`."""
    return max(-LIMIT, min(LIMIT, logit))


@inline
def match_bucket(length):
    """Match lengths in 32 classes: exact below 16, then in steps of 4, 8 and 64."""
    if length < 16:
        return length
    if length < 32:
        return 16 + ((length - 16) >> 2)
    if length < 64:
        return 20 + ((length - 32) >> 3)
    return min(24 + ((length - 64) >> 6), MATCH_BUCKETS - 1)


@inline
def find_match(match, heads, m, hashed, least, data, position):
    """Follow match `m`, or look for the last place with the same hash and count how far back it agrees."""
    pointer, length = match[m, 0], match[m, 1]
    if length > 0 and data[pointer] == data[position - 1]:
        pointer += 1
        length = min(length + 1, MAX_MATCH)
    else:
        length = 0
        pointer = np.int64(heads[m, hashed])
        if pointer > 0:
            while length < 400 and length < pointer and data[pointer - 1 - length] == data[position - 1 - length]:
                length += 1
            if length < least:
                length = 0
    heads[m, hashed] = position
    match[m, 0], match[m, 1] = pointer, length


@kernel
def run(mode, data, payload, lengths, coder, layout, memory, tables):
    """Code `data` (uint8, filled in when decoding) against `payload`; bits per byte go to `lengths` if it has room.

    Returns:
        payload bytes written, total ideal code length in bits.
    """
    picks, slow_kinds, fast_kinds, row_starts, match_least, apm_kinds, rates = layout
    table, maps, weights, weights2, direct1, direct2, apms, heads = memory
    squash, stretch, successor, reciprocal = tables
    n_contexts, n_mixers, n_matches = picks.size, slow_kinds.size, match_least.size
    n_views = rates[4]
    n_inputs = ((n_views * n_contexts + 2 * n_matches + 4 + 15) >> 4) << 4
    mask = (table.size >> 6) - 1
    match_maps = n_contexts << 8
    node_maps = match_maps + n_matches * 2 * MATCH_BUCKETS
    n_apms = apm_kinds.size
    apm_mask = apms.size // (max(n_apms, 1) * APM_STEPS) - 1
    limit = rates[3]
    with_node = n_views == 3

    x = np.zeros(n_inputs, np.int32)
    x2 = np.zeros(16, np.int32)
    contexts = np.zeros(len(CONTEXTS), np.int64)
    key = np.zeros(n_contexts, np.int64)
    slot = np.zeros(n_contexts, np.int64)
    history_at = np.zeros(n_contexts, np.uint64)
    map_at = np.zeros(n_contexts, np.uint64)
    node_map_at = np.zeros(n_contexts, np.uint64)
    row = np.zeros(n_mixers, np.int64)
    guess = np.zeros(n_mixers, np.int64)
    match = np.zeros((n_matches, 2), np.int64)
    match_at = np.zeros(n_matches, np.int64)
    predicted = np.zeros(n_matches, np.int64)
    apm_at = np.zeros(n_apms, np.int64)
    apm_p = np.zeros(n_apms, np.int64)
    refined = np.zeros(n_apms, np.int64)
    refiners = np.zeros(8, np.int64)
    slow = np.zeros(8, np.int64)
    fast = np.zeros(5, np.int64)
    summary = np.zeros(SUMMARY_SIZE, np.int64)
    followers1 = np.zeros(1 << 8, np.int64)
    followers2 = np.zeros(1 << 16, np.int32)
    last_seen = np.zeros(1 << 16, np.int32)
    votes = np.zeros(LONGEST_PERIOD, np.int64)
    order0 = np.zeros(256, np.int32)

    total, product = 0.0, 1.0
    rate = rates[0]
    if mode == DECODE:
        start_decode(coder, payload)
    for position in range(data.size):
        if position > 0:
            observe(summary, followers1, followers2, last_seen, votes, data, position)
        last4 = summary[LAST4]
        for m in range(n_matches):
            least = match_least[m]
            recent = summary[LAST8] if least >= 8 else summary[LAST8] & 0xFFFF if least >= 6 else summary[LAST8] & 0xFF
            recent = hash2(last4, recent) & (heads.shape[1] - 1)
            find_match(match, heads, m, recent, least, data, position)
            predicted[m] = np.int64(data[match[m, 0]]) | 256 if match[m, 1] > 0 else 0
        bucket = match_bucket(match[0, 1])
        expected = (predicted[0] & 0xFF) | min(bucket, 20) << 8
        c1, c2, above = fill_contexts(contexts, summary, followers1, followers2, expected, data, position)
        for i in range(n_contexts):
            key[i] = hash2(contexts[picks[i]], picks[i] * 0x1E3779B1 + 1)
        refiners[0] = c1
        refiners[1] = last4 & 0xFFFFFF
        refiners[2] = expected | 1 << 20
        refiners[3] = last4 & 0xFFFF
        refiners[4] = hash2(summary[WORD], c1)
        for k in range(n_apms):
            refined[k] = hash2(refiners[apm_kinds[k]], k)
        order2 = hash2(last4 & 0xFFFF, 0)
        slow[1] = c1
        slow[2] = c2
        slow[3] = (summary[CLASSES] & 0xFF) << 3
        slow[4] = above
        byte = np.int64(data[position]) if mode != DECODE else 0
        node0 = 1  # the bits of this byte so far, after a leading 1
        for bit in range(8):
            # ---- slots: a new one for each nibble
            if bit == 0 or bit == 4:
                for i in range(n_contexts):
                    slot[i] = key[i] if bit == 0 else hash2(key[i], node0)
                    prefetch(table, ((slot[i] >> 8) & mask) << 6)
                direct2_at = (hash2(order2, node0) << 4) & (direct2.size - 1)
                prefetch(direct2, direct2_at)
                known = 0
                for i in range(n_contexts):
                    slot[i] = find_slot(table, mask, slot[i])
                    known += i < 6 and table[slot[i] + 1] != 0
            node = node0 if bit < 4 else (node0 & ((1 << (bit - 4)) - 1)) | (1 << (bit - 4))
            for k in range(n_apms):
                apm_at[k] = ((hash2(refined[k], node0) & apm_mask) + k * (apm_mask + 1)) * APM_STEPS
                prefetch(apms, apm_at[k])
                prefetch(apms, apm_at[k] + APM_STEPS // 2)
            # ---- prediction: two logits from each bit history
            for i in range(n_contexts):
                history_at[i] = slot[i] + node
                history = np.int64(table[history_at[i]])
                map_at[i] = (i << 8) + history
                p = np.int64(maps[map_at[i]]) >> 20
                x[2 * i] = stretch[p] if history else 0
                x[2 * i + 1] = (p - 2048) >> 1 if history else 0
            j = 2 * n_contexts
            if with_node:
                for i in range(n_contexts):
                    history = map_at[i] & np.uint64(0xFF)
                    node_map_at[i] = node_maps + (i << 16 | node0 << 8 | np.int64(history))
                    x[j + i] = stretch[np.int64(maps[node_map_at[i]]) >> 20] if history else 0
                j += n_contexts
            fast[3] = 64 + known
            for m in range(n_matches):
                if predicted[m] >> (8 - bit) == node0:
                    next_bit = (predicted[m] >> (7 - bit)) & 1
                    at = match_bucket(match[m, 1]) * 2 + next_bit
                    if m == 0:
                        fast[3] = at
                    match_at[m] = match_maps + m * 2 * MATCH_BUCKETS + at
                    p = np.int64(maps[match_at[m]]) >> 20
                    x[j] = stretch[p]
                    x[j + 1] = (p - 2048) >> 1
                else:
                    predicted[m] = 0
                    match_at[m] = -1
                    x[j] = 0
                    x[j + 1] = 0
                j += 2
            direct1_at = c1 << 8 | node0
            direct2_now = direct2_at | node
            x[j] = stretch[(order0[node0] + 32768) >> 4]
            x[j + 1] = stretch[(np.int64(direct1[direct1_at]) + 32768) >> 4]
            x[j + 2] = stretch[(np.int64(direct2[direct2_now]) + 32768) >> 4]
            x[j + 3] = 256
            # ---- mixing
            fast[1] = node0
            fast[2] = bit
            fast[4] = known << 3 | bit
            logit = 0
            for s in range(n_mixers):
                row[s] = (row_starts[s] + slow[slow_kinds[s]] + fast[fast_kinds[s]]) * n_inputs
                logit = clip(np.int64(dot(x, weights, row[s], n_inputs)) >> 8)
                x2[s] = logit
                guess[s] = squash[logit + LIMIT + 1] >> 6
            row2 = node0 * 16
            if n_mixers > 1:
                logit = clip(np.int64(dot(x2, weights2, row2, 16)) >> 8)
            mixed = np.int64(squash[logit + LIMIT + 1])
            # ---- refinement
            low = (logit + LIMIT + 1) >> 8
            part = (logit + LIMIT + 1) & 255
            p = mixed
            for k in range(n_apms):
                apm_at[k] += low
                shift = apms[apm_at[k]] * (256 - part) + apms[apm_at[k] + 1] * part
                apm_p[k] = mixed + (shift >> 8)
                p += apm_p[k]
            p = max(1, min(ONE - 1, p // (n_apms + 1)))
            # ---- code
            if mode == DECODE:
                y = decode_bit(coder, payload, p << 2)
            else:
                y = (byte >> (7 - bit)) & 1
                if mode == ENCODE:
                    encode_bit(coder, payload, y, p << 2)
            product *= (p if y else ONE - p) * (1.0 / ONE)
            # ---- update
            goal = y * (ONE - 1)
            near = part >> 7
            for k in range(n_apms):
                apms[apm_at[k] + near] += (goal - apm_p[k]) >> APM_RATE
            if n_mixers > 1:
                train(x2, weights2, row2, 16, ((y << 16) - (mixed >> 6)) * rates[2] >> 8)
            for s in range(n_mixers):
                error = ((y << 16) - guess[s]) * rate >> 8
                if error != 0 and error != -1:  # smaller ones hardly move a weight
                    train(x, weights, row[s], n_inputs, error)
            for i in range(n_contexts):
                adapt(maps, map_at[i], y, limit, reciprocal)
                at = history_at[i]
                table[at] = successor[np.uint64(2 * np.int64(table[at]) + y)]
            if with_node:
                for i in range(n_contexts):
                    adapt(maps, node_map_at[i], y, limit, reciprocal)
            for m in range(n_matches):
                if match_at[m] >= 0:
                    adapt(maps, match_at[m], y, 1023, reciprocal)
            aim = (y << 16) - 32768 - y
            order0[node0] += (aim - order0[node0]) >> 5
            direct1[direct1_at] += (aim - direct1[direct1_at]) >> 4
            direct2[direct2_now] += (aim - direct2[direct2_now]) >> 3
            node0 = node0 << 1 | y
        if mode == DECODE:
            data[position] = node0 & 0xFF
        if lengths.size > 0:
            lengths[position] = -log2(product)
            product = 1.0
        elif product < 1e-200:
            total -= log2(product)
            product = 1.0
        if position & 255 == 255:
            rate -= (rate - rates[1]) >> 6
    length = 0
    if mode == ENCODE:
        length = finish_encode(coder, payload)
    return length, total - log2(product)
