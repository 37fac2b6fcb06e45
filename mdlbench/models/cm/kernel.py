"""The context mixer, compiled: prediction, mixing, refinement, and the update that encoder and decoder share.

    past bytes -> contexts -> slots of bit histories -> adaptive maps -\
               -> match models (longest earlier match) ----------------+
               -> runs (last byte of each context), counters ----------+-> logits -> mixers -> final mixers -> p
               -> direct counters (orders 0, 1, 2) --------------------/    (one weight row each,     |
                                                                             chosen by a selector)     v
    bit <- arithmetic coder <-------------------------------- probability <- average <- adaptive probability maps

Everything is integers. Probabilities have 22 bits, logits 8 fractional bits (see `tables`), weights 22.
"""

from math import log2

import numpy as np

from mdlbench.coder.bits import decode_bit, encode_bit
from mdlbench.models.cm.block import DECODE, ENCODE, begin, finish
from mdlbench.models.cm.contexts import CLASSES, LAST4, LAST8, WORD, fill_keys, hash2, observe
from mdlbench.models.cm.levels import FINAL_INPUTS, LANES
from mdlbench.models.cm.vectors import dot, prefetch, train
from mdlbench.numerics.compiled import inline

ONE = 1 << 22  # probabilities are integers 1 .. ONE - 1
LIMIT = 3071  # of logits
LARGEST_WEIGHT = 1 << 25
APM_STEPS = 16  # one cache line, room for the 13 nodes of an adaptive probability map
APM_SHIFT = 9  # log2 of the logit between two of them
APM_RATE = 6
MATCH_BUCKETS = 32
MAX_MATCH = 65535


@inline
def find_slot(table, words, counters, mask, h):
    """The 16-byte slot of hash `h` in its 64-byte line: [check, 15 bit histories]; `words` are the table's, of 8 bytes.

    Found by the check byte, or else the slot whose first history is shortest is cleared for it, and its counters, if any.
    """
    line = np.uint64(((h >> 8) & mask) << 6)
    slot1, slot2, slot3 = line + np.uint64(16), line + np.uint64(32), line + np.uint64(48)
    check = np.uint8(h & 0xFF)
    slot = slot3 if table[slot3] == check else line
    slot = slot2 if table[slot2] == check else slot
    slot = slot1 if table[slot1] == check else slot
    slot = line if table[line] == check else slot
    if table[slot] != check:
        one = np.uint64(1)
        length1, length2, length3 = table[slot1 + one], table[slot2 + one], table[slot3 + one]
        shortest = table[line + one]
        slot, shortest = (slot1, length1) if length1 < shortest else (slot, shortest)
        slot, shortest = (slot2, length2) if length2 < shortest else (slot, shortest)
        slot = slot3 if length3 < shortest else slot
        words[slot >> np.uint64(3)] = 0
        words[(slot >> np.uint64(3)) + one] = 0
        table[slot] = check
        if counters.size > 0:
            for i in range(16):
                counters[slot + np.uint64(i)] = 1 << 15
    return np.int64(slot)


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
def find_match(pointers, lengths, heads, m, hashed, least, data, position):
    """Follow match `m`, or look for the last place with the same hash and count how far back it agrees."""
    pointer, length = pointers[m], lengths[m]
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
    pointers[m], lengths[m] = pointer, length


@inline
def longer_run(run, c):
    """A run, check << 16 | byte << 8 | count, after one more byte `c` in its context."""
    if run >> 8 & 0xFF == c:
        return (run & 0xFFFFFF00) | min((run & 0xFF) + 1, 255)
    return (run & 0xFFFF0000) | c << 8 | 1


@inline
def run_bucket(count):
    """Lengths of runs in 16 classes: exact below 8."""
    if count < 8:
        return count
    return 8 + (count >> 3) if count < 32 else 12 + (count >> 6)


def run(mode, data, payload, lengths, segments, layout, memory, tables):
    """Code `data` (uint8, filled in when decoding) against `payload`; bits per byte go to `lengths` if it has room.

    `segments` says which parts are machine code; `block.begin` changes them in place, `block.finish` changes them back.

    Compiled and called by `native`; it allocates nothing. A bit is learned at the start of the next one, while the cache
    lines that the next one needs are on their way.

    Returns:
        payload bytes written, total ideal code length in bits.
    """
    sizes, picks, slow_kinds, fast_kinds, row_starts, speeds, match_least, apm_kinds, rates = layout
    n_contexts, n_mixers, n_matches, n_apms = len(sizes[0]), len(sizes[1]), len(sizes[2]), len(sizes[3])
    n_runs, n_counters, n_finals, n_inputs = len(sizes[4]), len(sizes[5]), len(sizes[6]), len(sizes[7]) * LANES
    table, words, counters, maps, runs, run_maps, weights, weights2, direct1, direct2, apms, heads = memory[:12]
    summary, followers1, followers2, last_seen, votes, order0, scratch, x, coder = memory[12:]
    squash, rough_squash, stretch, successor, reciprocal, counter_rate = tables
    mask = (table.size >> 6) - 1
    match_maps = n_contexts << 8
    apm_mask = apms.size // (max(n_apms, 1) * APM_STEPS) - 1
    share = 65536 // (n_apms + 1)
    rate, limit, first_run = rates[0], rates[3], 2 * (n_contexts + n_matches) + 4
    first_counter = first_run + n_runs
    runs_mask = runs.size // n_contexts - 1
    keys, slot, history_at, map_at = scratch[0], scratch[1], scratch[2], scratch[3]
    row, logits, guess, apm_at, apm_p = scratch[4], scratch[5], scratch[6], scratch[7], scratch[8]
    refined, refiners, slow, fast = scratch[9], scratch[10], scratch[11], scratch[12]
    pointers, match_lengths, match_at, predicted = scratch[13], scratch[14], scratch[15], scratch[16]
    run_at, final_row, final_guess, current, run_map_at = scratch[17], scratch[18], scratch[19], scratch[20], scratch[21]

    total, product = begin(mode, data, payload, segments, coder), 1.0
    y, node0, mixed, near, known, bucket = 0, 1, 0, 0, 0, 0
    c1, order2, order0_at, direct1_at, direct2_at, direct2_now = 0, 0, 0, 0, 0, 0
    for step in range(8 * data.size):
        position, bit = step >> 3, step & 7
        # ---- look: contexts of a new byte, hashes of a new nibble
        if bit == 0:
            if position > 0:
                observe(summary, followers1, followers2, last_seen, votes, data, position)
            node0 = 1  # the bits of this byte so far, after a leading 1
            last4, last8 = summary[LAST4], summary[LAST8]
            for m in range(n_matches):
                least = match_least[m]
                recent = last8 if least >= 8 else last8 & 0xFFFF if least >= 6 else last8 & 0xFF
                recent = hash2(last4, recent) & (heads.shape[1] - 1)
                find_match(pointers, match_lengths, heads, m, recent, least, data, position)
                predicted[m] = np.int64(data[pointers[m]]) | 256 if match_lengths[m] > 0 else 0
            bucket = match_bucket(match_lengths[0])
            expected = (predicted[0] & 0xFF) | min(bucket, 20) << 8
            if position > 0:
                c = np.int64(data[position - 1])
                for i in range(n_runs):
                    runs[np.uint64(run_at[i])] = longer_run(current[i], c)
            c1, c2, above = fill_keys(keys, picks, summary, followers1, followers2, expected, data, position)
            for i in range(n_runs):
                h = hash2(keys[i], 2)
                run_at[i] = i * (runs_mask + 1) + (h & runs_mask)
                prefetch(runs, run_at[i])
                current[i] = h & 0xFFFF0000
            order2 = hash2(last4 & 0xFFFF, 0)
            refiners[0] = c1
            refiners[1] = last4 & 0xFFFFFF
            refiners[2] = expected | 1 << 20
            refiners[3] = last4 & 0xFFFF
            refiners[4] = hash2(summary[WORD], c1)
            for k in range(n_apms):
                refined[k] = hash2(refiners[apm_kinds[k]], k)
            slow[1] = c1
            slow[2] = c2
            slow[3] = (summary[CLASSES] & 0xFF) << 3
            slow[4] = above
        if bit & 3 == 0:
            for i in range(n_contexts):
                slot[i] = hash2(keys[i], node0)
                prefetch(table, ((slot[i] >> 8) & mask) << 6)
            direct2_at = (hash2(order2, node0) << 4) & (direct2.size - 1)
            prefetch(direct2, direct2_at)
        # ---- learn the last bit
        if step > 0:
            goal = y * (ONE - 1)
            for k in range(n_apms):
                apms[np.uint64(apm_at[k] + near)] += (goal - apm_p[k]) >> APM_RATE
            if n_mixers > 1:
                for f in range(n_finals):
                    error = ((y << 16) - (final_guess[f] >> 6)) * rates[2] >> 8
                    for s in range(n_mixers):
                        w = np.uint64(final_row[f] + s)
                        moved = weights2[w] + ((logits[s] * error + 128) >> 8)
                        weights2[w] = max(-LARGEST_WEIGHT, min(LARGEST_WEIGHT, moved))
            for s in range(n_mixers):
                error = ((y << 16) - guess[s]) * rate * speeds[s] >> 12
                if error != 0 and error != -1:  # smaller ones hardly move a weight
                    train(x, weights, row[s], n_inputs, error)
            for i in range(n_contexts):
                adapt(maps, map_at[i], y, limit, reciprocal)
                at = np.uint64(history_at[i])
                if n_counters > 0:
                    p = np.int64(counters[at])
                    counters[at] = p + (((y << 16) - y - p) * np.int64(counter_rate[np.uint64(table[at])]) >> 16)
                table[at] = successor[np.uint64(2 * np.int64(table[at]) + y)]
            for i in range(n_runs):
                if run_map_at[i] >= 0:
                    adapt(run_maps, run_map_at[i], y, 1023, reciprocal)
            for m in range(n_matches):
                if match_at[m] >= 0:
                    adapt(maps, match_at[m], y, 1023, reciprocal)
            aim = (y << 16) - 32768 - y
            order0[np.uint64(order0_at)] += (aim - order0[np.uint64(order0_at)]) >> 5
            direct1[np.uint64(direct1_at)] += (aim - direct1[np.uint64(direct1_at)]) >> 4
            direct2[np.uint64(direct2_now)] += (aim - direct2[np.uint64(direct2_now)]) >> 3
        # ---- find the slots of a new nibble
        if bit & 3 == 0:
            known = 0
            if bit == 0:
                for i in range(n_runs):
                    entry = np.int64(runs[np.uint64(run_at[i])])
                    current[i] = entry if (entry ^ current[i]) >> 16 == 0 else current[i]
            for i in range(n_contexts):
                slot[i] = find_slot(table, words, counters, mask, slot[i])
                known += i < 6 and table[np.uint64(slot[i] + 1)] != 0
        node = node0 if bit < 4 else (node0 & ((1 << (bit - 4)) - 1)) | (1 << (bit - 4))
        for k in range(n_apms):
            apm_at[k] = ((hash2(refined[k], node0) & apm_mask) + k * (apm_mask + 1)) * APM_STEPS
            prefetch(apms, apm_at[k])
        # ---- predict: two logits from each bit history
        for i in range(n_contexts):
            history_at[i] = slot[i] + node
            history = np.int64(table[np.uint64(history_at[i])])
            seen = np.int64(history > 0)
            map_at[i] = (i << 8) + history
            p = np.int64(maps[np.uint64(map_at[i])]) >> 20
            x[np.uint64(2 * i)] = stretch[np.uint64(p)] * seen
            x[np.uint64(2 * i + 1)] = ((p - 2048) >> 1) * seen
            if n_counters > 0:
                counted = np.uint64(counters[np.uint64(history_at[i])] >> 4)
                x[np.uint64(first_counter + i)] = stretch[counted] * seen
        j = 2 * n_contexts
        fast[3] = 64 + known
        for m in range(n_matches):
            match_at[m] = -1
            x[j] = 0
            x[j + 1] = 0
            if predicted[m] >> (8 - bit) == node0:
                next_bit = (predicted[m] >> (7 - bit)) & 1
                at = match_bucket(match_lengths[m]) * 2 + next_bit
                if m == 0:
                    fast[3] = at
                match_at[m] = match_maps + m * 2 * MATCH_BUCKETS + at
                p = np.int64(maps[np.uint64(match_at[m])]) >> 20
                x[j] = stretch[np.uint64(p)]
                x[j + 1] = (p - 2048) >> 1
            j += 2
        for i in range(n_runs):
            run_map_at[i] = -1
            x[first_run + i] = 0
            expected, count = current[i] >> 8 & 0xFF | 256, current[i] & 0xFF
            if count > 0 and expected >> (8 - bit) == node0:
                run_map_at[i] = ((i << 4 | run_bucket(count)) << 3 | bit) << 1 | expected >> (7 - bit) & 1
                x[first_run + i] = stretch[np.uint64(run_maps[np.uint64(run_map_at[i])] >> 20)]
        order0_at = node0
        direct1_at = c1 << 8 | node0
        direct2_now = direct2_at | node
        x[j] = stretch[np.uint64((order0[np.uint64(order0_at)] + 32768) >> 4)]
        x[j + 1] = stretch[np.uint64((np.int64(direct1[np.uint64(direct1_at)]) + 32768) >> 4)]
        x[j + 2] = stretch[np.uint64((np.int64(direct2[np.uint64(direct2_now)]) + 32768) >> 4)]
        x[j + 3] = 256
        # ---- mix
        fast[1] = node0
        fast[2] = bit
        fast[4] = known << 3 | bit
        final_row[0] = node0 * FINAL_INPUTS
        final_row[1] = (256 + fast[3]) * FINAL_INPUTS
        final_row[2] = (256 + 80 + c1) * FINAL_INPUTS
        logit, final = 0, 0
        for s in range(n_mixers):
            row[s] = (row_starts[s] + slow[slow_kinds[s]] + fast[fast_kinds[s]]) * n_inputs
            logit = clip(np.int64(dot(x, weights, row[s], n_inputs)) >> 8)
            logits[s] = logit
            guess[s] = rough_squash[np.uint64((logit + LIMIT + 1) >> 2)]
        if n_mixers > 1:
            logit = 0
            for f in range(n_finals):
                final = 0
                for s in range(n_mixers):
                    final += (logits[s] * (np.int64(weights2[np.uint64(final_row[f] + s)]) >> 6)) >> 8
                final = clip(final >> 8)
                final_guess[f] = np.int64(squash[np.uint64(final + LIMIT + 1)])
                logit += final
            logit = logit // n_finals
        mixed = np.int64(squash[np.uint64(logit + LIMIT + 1)])
        # ---- refine
        low = (logit + LIMIT + 1) >> APM_SHIFT
        part = (logit + LIMIT + 1) & ((1 << APM_SHIFT) - 1)
        near = part >> (APM_SHIFT - 1)
        p = mixed
        for k in range(n_apms):
            apm_at[k] += low
            at = np.uint64(apm_at[k])
            shift = apms[at] * ((1 << APM_SHIFT) - part) + apms[at + np.uint64(1)] * part
            apm_p[k] = mixed + (shift >> APM_SHIFT)
            p += apm_p[k]
        p = max(1, min(ONE - 1, p * share >> 16))
        # ---- code
        if mode == DECODE:
            y = decode_bit(coder, payload, p << 2)
        else:
            y = np.int64(data[position]) >> (7 - bit) & 1
            if mode == ENCODE:
                encode_bit(coder, payload, y, p << 2)
        product *= (p if y else ONE - p) * (1.0 / ONE)
        node0 = node0 << 1 | y
        if bit == 7:
            if mode == DECODE:
                data[position] = node0 & 0xFF
            if lengths.size > 0:
                lengths[position] = total - log2(product)
                total, product = 0.0, 1.0
            elif product < 1e-200:
                total -= log2(product)
                product = 1.0
            if position & 255 == 255:
                rate -= (rate - rates[1]) >> 6
    length = finish(mode, data, payload, segments, coder)
    return length, total - log2(product)
