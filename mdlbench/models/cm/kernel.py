"""The context mixer, compiled: prediction, mixing, refinement, and the update that encoder and decoder share.

    past bytes -> contexts -> slots of bit histories -> adaptive maps -\
               -> match models (longest earlier match) ----------------+
               -> runs (last byte of each context), counters ----------+-> logits -> mixers -> final mixers -> p
               -> direct counters (orders 0, 1, 2) --------------------/    (one weight row each,     |
                      `inputs`                                              chosen by a selector)     v
    bit <- arithmetic coder <-------------------------------- probability <- average <- adaptive probability maps
                                                                      `mixing`

Everything is integers. Probabilities have 22 bits, logits 8 fractional bits (see `tables`).
"""

from math import log2
from typing import NamedTuple

import numpy as np

from mdlbench.coder.bits import PRECISION
from mdlbench.models.cm import inputs, mixing
from mdlbench.models.cm.block import begin, code_bit, end_byte, finish
from mdlbench.models.cm.contexts import observe, see
from mdlbench.models.cm.mixing import ONE
from mdlbench.numerics.compiled import inline


class Forecast(NamedTuple):
    """What is said of the next bit: the place to mix in what another model says of it."""

    logit: int  # of the final mixers, that it is 1
    p: int  # refined, 1 .. ONE - 1


@inline
def look(memory, data, position):
    """Take in the byte before `position`, and choose what will be looked at for the next one."""
    past, histories = memory.past, memory.histories
    if position > 0:
        observe(past, data, position)
        inputs.lengthen_runs(memory.runs, np.int64(data[position - 1]))
    summary = past.summary[0]
    inputs.find_matches(memory.matches, summary.last4, summary.last8, data, position)
    longest = memory.matches.notes[0]
    expected = (longest.expected & 0xFF) | min(inputs.match_bucket(longest.length), 20) << 8
    sight = see(past, expected, data, position)
    inputs.fill_keys(histories, sight)
    inputs.fetch_runs(memory.runs, histories)
    mixing.select_by_byte(memory.mixers.slow, sight)
    mixing.choose_refiners(memory.refiners, sight)


@inline
def learn_bit(memory, tables, y):
    """Move everything that took part in the last prediction towards `y`."""
    mixing.learn_refiners(memory.refiners, y)
    mixing.learn_finals(memory.finals, memory.mixers, y)
    mixing.learn_mixers(memory.mixers, y)
    inputs.learn_histories(memory.histories, tables, y)
    inputs.learn_runs(memory.runs, tables, y)
    inputs.learn_matches(memory.matches, tables, y)
    inputs.learn_orders(memory.orders, y)


@inline
def predict_bit(memory, tables, bit, so_far, known):
    """The `Forecast` of the next bit, after `bit` others of its byte."""
    histories, matches, runs, mixers = memory.histories, memory.matches, memory.runs, memory.mixers
    x, c1 = mixers.inputs, memory.past.summary[0].last4 & 0xFF
    node = so_far if bit < 4 else (so_far & ((1 << (bit - 4)) - 1)) | (1 << (bit - 4))
    first_match = 2 * len(histories.each)
    first_order = first_match + 2 * len(matches.each)
    first_run = first_order + 4
    mixing.fetch_refiners(memory.refiners, so_far)
    inputs.predict_histories(histories, tables, node, x, first_run + len(runs.each))
    longest = inputs.predict_matches(matches, tables, bit, so_far, x, first_match)
    inputs.predict_runs(runs, tables, bit, so_far, x, first_run)
    inputs.predict_orders(memory.orders, tables, c1, so_far, node, x, first_order)
    x[first_order + 3] = 256
    mixing.select_by_bit(mixers.fast, bit, so_far, longest, known)
    mixing.predict_mixers(mixers, tables)
    logit = mixing.predict_finals(memory.finals, mixers, tables, c1)
    return Forecast(logit, mixing.predict_refiners(memory.refiners, tables, logit))


def run(block, memory, tables):
    """Code a `Block`.

    Compiled and called by `native`; it allocates nothing. A bit is learned at the start of the next one, while the cache
    lines that the next one needs are on their way.

    Returns:
        payload bytes written, total ideal code length in bits.
    """
    data = block.data
    bits, product = begin(block), 1.0
    y, so_far, known = np.int64(0), np.int64(1), np.int64(0)  # for constants, helpers would be compiled a second time
    for step in range(8 * data.size):
        position, bit = step >> 3, step & 7
        if bit == 0:
            so_far = np.int64(1)
            look(memory, data, position)
        if bit & 3 == 0:
            inputs.fetch_slots(memory.histories, so_far)
            inputs.fetch_orders(memory.orders, memory.past.summary[0].last4, so_far)
        if step > 0:
            learn_bit(memory, tables, y)
        if bit == 0:
            inputs.find_runs(memory.runs)
        if bit & 3 == 0:
            known = inputs.find_slots(memory.histories)
        p = predict_bit(memory, tables, bit, so_far, known).p
        y = code_bit(block, np.int64(data[position]) >> (7 - bit) & 1, p << 2, PRECISION)
        product *= (p if y else ONE - p) * (1.0 / ONE)
        so_far = so_far << 1 | y
        if bit == 7:
            bits, product = end_byte(block, position, so_far & 0xFF, bits, product)
            if position & 255 == 255:
                mixing.slow_down(memory.mixers)
    return finish(block), bits - log2(product)
