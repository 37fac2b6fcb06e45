"""From the inputs' logits to one probability: mixers, final mixers, and the adaptive probability maps that refine it.

Each `predict` notes what its `learn` needs once the bit is known. Weights have 22 bits.
"""

import numpy as np

from mdlbench.models.cm.contexts import hash2
from mdlbench.models.cm.levels import ABOVE, BIT, BYTE1, BYTE2, CLASSES, KNOWN, MATCH, NODE
from mdlbench.models.cm.memory import APM_STEPS, FINAL_INPUTS, LANES
from mdlbench.models.cm.vectors import dot, prefetch, train
from mdlbench.numerics.compiled import inline

ONE = 1 << 22  # probabilities are integers 1 .. ONE - 1
LIMIT = 3071  # of logits
LARGEST_WEIGHT = 1 << 25
APM_SHIFT = 9  # log2 of the logit between two nodes of an adaptive probability map
APM_RATE = 6


@inline
def clip(logit):
    """Keep a logit within the table of `squash`."""
    return max(-LIMIT, min(LIMIT, logit))


# ---- mixers


@inline
def select_by_byte(slow, sight):
    """What chooses weights for the whole of a byte."""
    slow[BYTE1], slow[BYTE2], slow[ABOVE] = sight.c1, (sight.last4 >> 8) & 0xFF, sight.above
    slow[CLASSES] = (sight.classes & 0xFF) << 3


@inline
def select_by_bit(fast, bit, so_far, longest, known):
    """What chooses weights for one bit; `longest` is of `inputs.predict_matches`."""
    fast[NODE], fast[BIT], fast[KNOWN] = so_far, bit, known << 3 | bit
    fast[MATCH] = 64 + known if longest < 0 else longest


@inline
def predict_mixers(mixers, tables):
    """A logit from each mixer."""
    n_inputs = len(mixers.vectors) * LANES
    for s in range(len(mixers.each)):
        mixer = mixers.notes[s]
        mixer.at = (mixer.start + mixers.slow[mixer.slow] + mixers.fast[mixer.fast]) * n_inputs
        logit = clip(np.int64(dot(mixers.inputs, mixers.weights, mixer.at, n_inputs)) >> 8)
        mixers.logits[s] = logit
        mixer.guess = tables.rough_squash[np.uint64((logit + LIMIT + 1) >> 2)]


@inline
def learn_mixers(mixers, y):
    n_inputs = len(mixers.vectors) * LANES
    for s in range(len(mixers.each)):
        mixer = mixers.notes[s]
        error = ((y << 16) - mixer.guess) * mixers.rates[0] * mixer.speed >> 12
        if error != 0 and error != -1:  # smaller ones hardly move a weight
            train(mixers.inputs, mixers.weights, mixer.at, n_inputs, error)


@inline
def slow_down(mixers):
    """Move the rate of learning towards what it is in the long run."""
    mixers.rates[0] -= (mixers.rates[0] - mixers.rates[1]) >> 6


# ---- final mixers


@inline
def predict_finals(finals, mixers, tables, c1):
    """The average of the final mixers' logits; their weights are chosen by the bits so far, the match, the last byte."""
    finals.notes[0].at = mixers.fast[NODE] * FINAL_INPUTS
    finals.notes[1].at = (256 + mixers.fast[MATCH]) * FINAL_INPUTS
    finals.notes[2].at = (256 + 80 + c1) * FINAL_INPUTS
    total = 0
    for f in range(len(finals.each)):
        final, logit = finals.notes[f], 0
        for s in range(len(mixers.each)):
            logit += (mixers.logits[s] * (np.int64(finals.weights[np.uint64(final.at + s)]) >> 6)) >> 8
        logit = clip(logit >> 8)
        final.guess = np.int64(tables.squash[np.uint64(logit + LIMIT + 1)])
        total += logit
    return total // len(finals.each)


@inline
def learn_finals(finals, mixers, y):
    for f in range(len(finals.each)):
        final = finals.notes[f]
        error = ((y << 16) - (final.guess >> 6)) * finals.rate >> 8
        for s in range(len(mixers.each)):
            at = np.uint64(final.at + s)
            moved = finals.weights[at] + ((mixers.logits[s] * error + 128) >> 8)
            finals.weights[at] = max(-LARGEST_WEIGHT, min(LARGEST_WEIGHT, moved))


# ---- adaptive probability maps


@inline
def choose_refiners(refiners, sight):
    """Hash the context of each map, for a new byte; in the order of `levels.REFINERS`."""
    now = refiners.now
    now[0], now[1], now[2] = sight.c1, sight.last4 & 0xFFFFFF, sight.expected | 1 << 20
    now[3], now[4] = sight.last4 & 0xFFFF, hash2(sight.word, sight.c1)
    for k in range(len(refiners.each)):
        refiners.notes[k].key = hash2(now[refiners.notes[k].kind], k)


@inline
def fetch_refiners(refiners, so_far):
    count = len(refiners.each)
    mask = refiners.maps.size // (count * APM_STEPS) - 1
    for k in range(count):
        refiner = refiners.notes[k]
        refiner.at = ((hash2(refiner.key, so_far) & mask) + k * (mask + 1)) * APM_STEPS
        prefetch(refiners.maps, refiner.at)


@inline
def predict_refiners(refiners, tables, logit):
    """The average of the logit's probability and what each map, between its two nearest nodes, makes of it."""
    mixed, count = np.int64(tables.squash[np.uint64(logit + LIMIT + 1)]), len(refiners.each)
    low, part = (logit + LIMIT + 1) >> APM_SHIFT, (logit + LIMIT + 1) & ((1 << APM_SHIFT) - 1)
    total = mixed
    for k in range(count):
        refiner = refiners.notes[k]
        at = np.uint64(refiner.at + low)
        shift = refiners.maps[at] * ((1 << APM_SHIFT) - part) + refiners.maps[at + np.uint64(1)] * part
        refiner.guess = mixed + (shift >> APM_SHIFT)
        refiner.at += low + (part >> (APM_SHIFT - 1))  # the nearer node learns
        total += refiner.guess
    return max(1, min(ONE - 1, total * (65536 // (count + 1)) >> 16))


@inline
def learn_refiners(refiners, y):
    for k in range(len(refiners.each)):
        refiner = refiners.notes[k]
        refiners.maps[np.uint64(refiner.at)] += (y * (ONE - 1) - refiner.guess) >> APM_RATE
