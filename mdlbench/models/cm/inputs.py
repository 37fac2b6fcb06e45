"""What gives the mixers their inputs: bit histories, match models, runs and direct counters.

A `fetch` has cache lines brought near, some time before they are needed; a `predict` writes logits into `x`, the inputs of all
mixers, from place `first` on, and notes where it took them from; a `learn` moves what is there towards the bit that came.
`so_far` is the bits of this byte after a leading 1, `node` the bits of this nibble after a leading 1.
"""

import numpy as np

from mdlbench.models.cm.contexts import CONTEXTS, hash2
from mdlbench.models.cm.memory import MATCH_BUCKETS
from mdlbench.models.cm.vectors import evaluate, prefetch
from mdlbench.numerics.compiled import inline

MAX_MATCH = 65535
MOST_CHECKED = 400  # bytes of a match that is looked for
_NUMBERS = np.array([context.number for context in CONTEXTS])


@inline
def adapt(maps, index, bit, limit, reciprocal):
    """Move an adaptive map entry, probability << 10 | count, towards `bit` by 1 / (count + 1.5)."""
    entry = np.int64(maps[np.uint64(index)])
    count = entry & 1023
    p = entry >> 10
    p += (((bit << 22) - bit - p) * np.int64(reciprocal[count])) >> 16
    maps[np.uint64(index)] = (p << 10) | min(count + 1, limit)


# ---- bit histories


@inline
def fill_keys(histories, sight):
    """The key of each context for a new byte: its value, apart from the same value of another context."""
    evaluate(histories.values, histories.each, sight)
    for i in range(len(histories.each)):
        histories.notes[i].key = hash2(histories.values[i], _NUMBERS[i] * 0x1E3779B1 + 1)


@inline
def fetch_slots(histories, so_far):
    """Hash each key with the bits so far, for a new nibble; slots are hashes until `find_slots`."""
    mask = (histories.table.size >> 6) - 1
    for i in range(len(histories.each)):
        context = histories.notes[i]
        context.slot = hash2(context.key, so_far)
        prefetch(histories.table, ((context.slot >> 8) & mask) << 6)


@inline
def find_slots(histories):
    """The slots of these hashes; how many of the first six contexts have been seen."""
    known = 0
    for i in range(len(histories.each)):
        context = histories.notes[i]
        context.slot = _find_slot(histories, context.slot)
        known += i < 6 and histories.table[np.uint64(context.slot + 1)] != 0
    return known


@inline
def _find_slot(histories, h):
    """The 16-byte slot of hash `h` in its 64-byte line: [check, 15 bit histories].

    Found by the check byte, or else the slot whose first history is shortest is cleared for it, and its counters, if any.
    """
    table, one = histories.table, np.uint64(1)
    line = np.uint64(((h >> 8) & (table.size >> 6) - 1) << 6)
    slot1, slot2, slot3 = line + np.uint64(16), line + np.uint64(32), line + np.uint64(48)
    check = np.uint8(h & 0xFF)
    slot = slot3 if table[slot3] == check else line
    slot = slot2 if table[slot2] == check else slot
    slot = slot1 if table[slot1] == check else slot
    slot = line if table[line] == check else slot
    if table[slot] != check:
        length1, length2, length3 = table[slot1 + one], table[slot2 + one], table[slot3 + one]
        shortest = table[line + one]
        slot, shortest = (slot1, length1) if length1 < shortest else (slot, shortest)
        slot, shortest = (slot2, length2) if length2 < shortest else (slot, shortest)
        slot = slot3 if length3 < shortest else slot
        histories.words[slot >> np.uint64(3)] = 0
        histories.words[(slot >> np.uint64(3)) + one] = 0
        table[slot] = check
        if len(histories.counted) > 0:
            for i in range(16):
                histories.counters[slot + np.uint64(i)] = 1 << 15
    return np.int64(slot)


@inline
def predict_histories(histories, tables, node, x, first_counter):
    """Two logits for each history, from the first place on, and one for its counter; all 0 if nothing has been seen."""
    for i in range(len(histories.each)):
        context = histories.notes[i]
        context.at = context.slot + node
        history = np.int64(histories.table[np.uint64(context.at)])
        seen = np.int64(history > 0)
        context.map_at = (i << 8) + history
        p = np.int64(histories.maps[np.uint64(context.map_at)]) >> 20
        x[np.uint64(2 * i)] = tables.stretch[np.uint64(p)] * seen
        x[np.uint64(2 * i + 1)] = ((p - 2048) >> 1) * seen
        if len(histories.counted) > 0:
            counted = np.uint64(histories.counters[np.uint64(context.at)] >> 4)
            x[np.uint64(first_counter + i)] = tables.stretch[counted] * seen


@inline
def learn_histories(histories, tables, y):
    table, counters = histories.table, histories.counters
    for i in range(len(histories.each)):
        context = histories.notes[i]
        adapt(histories.maps, context.map_at, y, histories.limit, tables.reciprocal)
        at = np.uint64(context.at)
        if len(histories.counted) > 0:
            p = np.int64(counters[at])
            counters[at] = p + (((y << 16) - y - p) * np.int64(tables.counter_rate[np.uint64(table[at])]) >> 16)
        table[at] = tables.successor[np.uint64(2 * np.int64(table[at]) + y)]


# ---- match models


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
def find_matches(matches, last4, last8, data, position):
    """Follow each match to the byte at `position`, or look for another."""
    for m in range(len(matches.each)):
        match = matches.notes[m]
        recent = last8 if match.least >= 8 else last8 & 0xFFFF if match.least >= 6 else last8 & 0xFF
        hashed = hash2(last4, recent) & (matches.heads.shape[1] - 1)
        _find_match(match, np.int64(matches.heads[m, hashed]), data, position)
        matches.heads[m, hashed] = position
        match.expected = np.int64(data[match.pointer]) | 256 if match.length > 0 else 0


@inline
def _find_match(match, candidate, data, position):
    """Follow a match, or count how far back the last place with the same hash agrees."""
    pointer, length = match.pointer, match.length
    if length > 0 and data[pointer] == data[position - 1]:
        pointer += 1
        length = min(length + 1, MAX_MATCH)
    else:
        pointer, length = candidate, 0
        if pointer > 0:
            while length < MOST_CHECKED and length < pointer and data[pointer - 1 - length] == data[position - 1 - length]:
                length += 1
            if length < match.least:
                length = 0
    match.pointer, match.length = pointer, length


@inline
def predict_matches(matches, tables, bit, so_far, x, first):
    """Two logits for each match; length and bit of the longest as a number below 64, or -1 if it has none."""
    longest = -1
    for m in range(len(matches.each)):
        match = matches.notes[m]
        match.map_at = -1
        x[first + 2 * m] = 0
        x[first + 2 * m + 1] = 0
        if match.expected >> (8 - bit) == so_far:
            at = match_bucket(match.length) * 2 + ((match.expected >> (7 - bit)) & 1)
            if m == 0:
                longest = at
            match.map_at = m * 2 * MATCH_BUCKETS + at
            p = np.int64(matches.maps[np.uint64(match.map_at)]) >> 20
            x[first + 2 * m] = tables.stretch[np.uint64(p)]
            x[first + 2 * m + 1] = (p - 2048) >> 1
    return longest


@inline
def learn_matches(matches, tables, y):
    for m in range(len(matches.each)):
        if matches.notes[m].map_at >= 0:
            adapt(matches.maps, matches.notes[m].map_at, y, 1023, tables.reciprocal)


# ---- runs


@inline
def lengthen_runs(runs, c):
    """Take in byte `c` where the last one was predicted."""
    for i in range(len(runs.each)):
        runs.table[np.uint64(runs.notes[i].at)] = _longer_run(runs.notes[i].current, c)


@inline
def _longer_run(run, c):
    if run >> 8 & 0xFF == c:
        return (run & 0xFFFFFF00) | min((run & 0xFF) + 1, 255)
    return (run & 0xFFFF0000) | c << 8 | 1


@inline
def fetch_runs(runs, histories):
    """Choose the run of each context's key, for a new byte; `current` is an empty one until `find_runs`."""
    for i in range(len(runs.each)):
        h, run = hash2(histories.notes[i].key, 2), runs.notes[i]
        run.at = i * (runs.mask + 1) + (h & runs.mask)
        prefetch(runs.table, run.at)
        run.current = h & 0xFFFF0000


@inline
def find_runs(runs):
    for i in range(len(runs.each)):
        run = runs.notes[i]
        entry = np.int64(runs.table[np.uint64(run.at)])
        run.current = entry if (entry ^ run.current) >> 16 == 0 else run.current


@inline
def _run_bucket(count):
    """Lengths of runs in 16 classes: exact below 8."""
    if count < 8:
        return count
    return 8 + (count >> 3) if count < 32 else 12 + (count >> 6)


@inline
def predict_runs(runs, tables, bit, so_far, x, first):
    """A logit for each run, 0 where it is not what comes."""
    for i in range(len(runs.each)):
        run = runs.notes[i]
        run.map_at = -1
        x[first + i] = 0
        expected, count = run.current >> 8 & 0xFF | 256, run.current & 0xFF
        if count > 0 and expected >> (8 - bit) == so_far:
            run.map_at = ((i << 4 | _run_bucket(count)) << 3 | bit) << 1 | expected >> (7 - bit) & 1
            x[first + i] = tables.stretch[np.uint64(runs.maps[np.uint64(run.map_at)] >> 20)]


@inline
def learn_runs(runs, tables, y):
    for i in range(len(runs.each)):
        if runs.notes[i].map_at >= 0:
            adapt(runs.maps, runs.notes[i].map_at, y, 1023, tables.reciprocal)


# ---- direct counters


@inline
def fetch_orders(orders, last4, so_far):
    """Choose the line of order 2, for a new nibble."""
    orders.line[0] = (hash2(hash2(last4 & 0xFFFF, 0), so_far) << 4) & (orders.order2.size - 1)
    prefetch(orders.order2, orders.line[0])


@inline
def predict_orders(orders, tables, c1, so_far, node, x, first):
    """A logit for each order."""
    at = orders.at
    at[0], at[1], at[2] = so_far, c1 << 8 | so_far, orders.line[0] | node
    x[first] = tables.stretch[np.uint64((np.int64(orders.order0[np.uint64(at[0])]) + 32768) >> 4)]
    x[first + 1] = tables.stretch[np.uint64((np.int64(orders.order1[np.uint64(at[1])]) + 32768) >> 4)]
    x[first + 2] = tables.stretch[np.uint64((np.int64(orders.order2[np.uint64(at[2])]) + 32768) >> 4)]


@inline
def learn_orders(orders, y):
    """Higher orders, which see fewer bits, learn faster."""
    aim = (y << 16) - 32768 - y
    order0, order1, order2 = np.uint64(orders.at[0]), np.uint64(orders.at[1]), np.uint64(orders.at[2])
    orders.order0[order0] += (aim - orders.order0[order0]) >> 5
    orders.order1[order1] += (aim - orders.order1[order1]) >> 4
    orders.order2[order2] += (aim - orders.order2[order2]) >> 3
