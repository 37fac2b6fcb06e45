"""The lean kernel of the fast levels: few contexts, one logit each, no summary of the past beyond eight bytes and two words.

    past bytes -> 2 to 7 contexts -> slots of bit histories -> adaptive maps -\
               -> order 1, a direct table of bit histories -------------------+-> logits -> mixers -> average -> p
               -> match model ------------------------------------------------/
                    |
                    +-> where the match is long: one decision for the whole byte ("as predicted")

A second kernel because the general one spends longer looking at what it will mix than this one takes altogether. How many
contexts and mixers there are is the length of a tuple, thus known to the compiler, which unrolls every loop over them.

Probabilities in the maps have 22 bits, those that are coded 16; logits 8 fractional bits, weights 16.
"""

from math import log2
from typing import NamedTuple

import numpy as np

from mdlbench.models.cm import fast_inputs as inputs
from mdlbench.models.cm.block import begin, code_bit, end_byte, finish
from mdlbench.models.cm.fast_inputs import LONG, MAP_RATE, MAX_MATCH, PRECISION, Past, toward
from mdlbench.models.cm.fast_memory import ROW
from mdlbench.models.cm.vectors import prefetch
from mdlbench.numerics.compiled import inline

LIMIT = 3071  # of logits
APM_RATE, WEIGHT_RATE = 6, 4


class Forecast(NamedTuple):
    """What is said of the next bit, as `kernel.Forecast`, and what it was made from."""

    logit: np.int64  # of the mixers
    p: np.int64  # refined, 1 .. 2**PRECISION - 1
    order1_at: np.uint64
    match_at: np.uint64
    alive: np.bool_  # whether the match predicts this bit
    state: np.int64  # of the second mixer
    apm_at: np.uint64
    refined: np.int64


@inline
def logistic(squash, logit):
    """Probability of 16 bits."""
    return np.int64(squash[np.uint64(max(-LIMIT, min(LIMIT, logit)) + LIMIT + 1)])


@inline
def codable(p):
    """Leave no bit without probability."""
    return max(1, min(65535, p))


# ---- mixers


@inline
def predict_mixers(mixers, tables, n_inputs, so_far, state):
    """The average of the mixers' logits, their weights chosen by the bits so far and by `state`."""
    x, logit, n_mixers = mixers.inputs, np.int64(0), len(mixers.selectors)
    for s in range(n_mixers):
        row = np.uint64((256 + state if s else so_far) * ROW)
        dot = np.int64(0)
        for i in range(n_inputs):
            dot += np.int64(x[np.uint64(i)]) * np.int64(mixers.weights[row + np.uint64(i)])
        mixers.guesses[np.uint64(s)] = logistic(tables.squash, dot >> 16)
        logit += dot >> 16
    return max(-LIMIT, min(LIMIT, logit >> n_mixers - 1))


@inline
def learn_mixers(mixers, n_inputs, so_far, state, y):
    for s in range(len(mixers.selectors)):
        row = np.uint64((256 + state if s else so_far) * ROW)
        error = ((y << 16) - mixers.guesses[np.uint64(s)]) * WEIGHT_RATE
        for i in range(n_inputs):
            change = (np.int64(mixers.inputs[np.uint64(i)]) * error + (1 << 15)) >> 16
            mixers.weights[row + np.uint64(i)] += np.int32(change)


# ---- all of them


@inline
def predict_bit(memory, tables, c1, bit, so_far, node, known, expected, length):
    """The `Forecast` of the next bit; `so_far` are those of its byte, `node` those of its nibble, after a leading 1."""
    contexts, mixers = memory.contexts, memory.mixers
    n, x = len(contexts.kinds), mixers.inputs
    order1_at = np.uint64(c1 << 8 | so_far)
    inputs.predict_contexts(contexts, tables, order1_at, node, x)
    shift, bucket = 7 - bit, inputs.length_bucket(length)
    alive = expected >> shift + 1 == so_far
    match_at = np.uint64(2 * bucket + (expected >> shift & 1)) if alive else np.uint64(0)
    x[np.uint64(n + 1)] = tables.stretch[np.uint64(memory.match_maps[match_at] >> 10)]
    x[np.uint64(n + 2)] = 256
    state = (8 + min(bucket, 15) if alive else known) << 3 | bit
    logit = predict_mixers(mixers, tables, n + 3, so_far, state)
    apm_at = (order1_at << np.uint64(4)) + np.uint64(logit + LIMIT + 257 >> 9)
    refined = np.int64(memory.apm[apm_at])
    p = codable((np.int64(tables.squash[np.uint64(logit + LIMIT + 1)]) + refined) >> 1)
    prefetch(memory.apm, ((c1 << 8 | so_far << 1) & 0xFFFF) << 4)
    return Forecast(logit, p, order1_at, match_at, alive, state, apm_at, refined)


@inline
def learn_bit(memory, tables, forecast, so_far, node, y):
    """Move everything that took part in `forecast` towards `y`; `so_far` and `node` as they were."""
    memory.apm[forecast.apm_at] = toward(forecast.refined, (y << 16) - y, APM_RATE)
    learn_mixers(memory.mixers, len(memory.contexts.kinds) + 3, so_far, forecast.state, y)
    inputs.learn_contexts(memory.contexts, tables, forecast.order1_at, node, y)
    moved = toward(np.int64(memory.match_maps[forecast.match_at]), (y << 22) - y, MAP_RATE)
    memory.match_maps[forecast.match_at] = moved if forecast.alive else 1 << 21


def run(block, memory, tables):
    """As `kernel.run`, which see: code a `Block`.

    Returns:
        payload bytes written, total ideal code length in bits.
    """
    data, contexts, zero = block.data, memory.contexts, np.int64(0)
    bits, product = begin(block), 1.0
    past = Past(zero, zero, zero, zero)
    pointer, length, line, known = zero, zero, zero, zero
    for position in range(data.size):
        c1 = past.last4 & 0xFF
        if length > 0:
            pointer, length = pointer + 1, min(length + 1, MAX_MATCH)
        else:
            pointer, length = inputs.find_match(memory.heads, line, c1, data, position)
        line = inputs.enter_match(memory.heads, line, c1, past.last4, position)
        expected = np.int64(data[np.uint64(pointer)]) | 256 if length > 0 else zero
        so_far, n_bits = np.int64(1), 8
        if length >= LONG:
            y, p_long = inputs.code_long(block, memory.run_maps, length, expected, position)
            product *= p_long
            so_far, n_bits = (expected, 0) if y else (np.int64(1), 8)
            length, expected = (length, expected) if y else (zero, zero)
        node = np.int64(1)
        for bit in range(n_bits):
            if bit & 3 == 0:
                node, known = np.int64(1), inputs.find_slots(contexts)
            forecast = predict_bit(memory, tables, c1, bit, so_far, node, known, expected, length)
            p = forecast.p
            y = code_bit(block, np.int64(data[np.uint64(position)]) >> 7 - bit & 1, p, PRECISION)
            product *= (p if y else 65536 - p) * (1.0 / 65536)
            if bit == 3:
                inputs.fetch_second_slots(contexts, so_far << 1 | y)
            learn_bit(memory, tables, forecast, so_far, node, y)
            so_far, node = so_far << 1 | y, node << 1 | y
        c1 = so_far & 0xFF
        length = length if so_far == expected else zero
        past = inputs.observe(past, c1)
        inputs.fetch_slots(contexts, past)
        bits, product = end_byte(block, position, c1, bits, product)
    return finish(block), bits - log2(product)
