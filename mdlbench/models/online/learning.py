"""A block through an `OnlineLearner`: step by step where it is coded, chunk by chunk where only its code length is wanted.

The intervals of all streams are one payload: at each step those of streams 0, 1, ... that have not ended.
"""

import time
from typing import TYPE_CHECKING

import numpy as np

from mdlbench.coder.ans import Decoder, decoder_rows, encode_intervals
from mdlbench.errors import DamagedBlockError, NotADistributionError
from mdlbench.models.base import Check, Encoded, Measured
from mdlbench.numerics.frequencies import Frequencies, quantised_bits
from mdlbench.progress import steps
from mdlbench.training.online import NO_SYMBOL, OnlineLearner, in_streams

if TYPE_CHECKING:
    from mdlbench.models.online import Online

_TIMED = 4  # chunks
_COMPARED = 512  # bytes


def learner_of(model: "Online", n_streams: int) -> OnlineLearner:
    """A learner that knows nothing yet."""
    return OnlineLearner(model.config(), n_streams, model.settings.seed)


def encode_block(model: "Online", block: bytes) -> Encoded:
    """Code a block, learning it on the way."""
    if not block:
        return Encoded(b"", 0.0, 0.0)
    left, count, ideal = _stepwise(model, block)
    return Encoded(encode_intervals(left, count), ideal, float(quantised_bits(count).sum()))


def decode_block(model: "Online", payload: bytes, size: int) -> bytes:
    """The block of `size` bytes; wrong bytes if the payload is damaged."""
    if not size:
        return b""
    decoder, streams = Decoder(payload), in_streams(np.zeros(size, np.uint8), model.streams_of(size))
    learner = learner_of(model, len(streams))
    try:
        for step in steps(streams.shape[1]):
            live = streams[:, step] != NO_SYMBOL
            rows = decoder_rows(_frequencies(learner).top_rows())
            for stream in np.flatnonzero(live):
                streams[stream, step] = decoder.decode_row(rows[stream])
            learner.observe(streams[:, step])
    except (FloatingPointError, NotADistributionError) as error:  # other symbols than those it was written with
        raise DamagedBlockError(str(error)) from None
    return streams.flatten()[:size].numpy().astype(np.uint8).tobytes()


def measure_block(model: "Online", block: bytes, quantised: bool) -> Measured:
    """Bits of each byte, in the order of the block."""
    streams = in_streams(np.frombuffer(block, np.uint8), model.streams_of(len(block)))
    learner, horizon = learner_of(model, len(streams)), model.settings.horizon
    ideal, counted = np.zeros((2, *streams.shape))
    for number in steps(-(-streams.shape[1] // horizon)):
        part = slice(number * horizon, (number + 1) * horizon)
        chunk = streams[:, part]
        frequencies = Frequencies.from_logits(learner.learn(chunk).logits.flatten(0, 1).double().numpy())
        symbols = chunk.clamp(min=0).flatten().numpy()
        ideal[:, part] = frequencies.ideal_bits(symbols).reshape(chunk.shape)
        if quantised:
            counted[:, part] = quantised_bits(frequencies.intervals(symbols)[1]).reshape(chunk.shape)
    ideal, counted = ideal.ravel()[: len(block)], counted.ravel()[: len(block)]
    return Measured(ideal, counted if quantised else None)


def chunks_against_steps(model: "Online", block: bytes) -> Check:
    """Whether a symbol costs the same in the pass over its chunk as it did one by one."""
    block = block[:_COMPARED]
    together = measure_block(model, block, quantised=True).quantised
    assert together is not None
    apart = quantised_bits(_stepwise(model, block)[1])
    difference = float(np.abs(together.sum() - apart.sum()))
    return Check(
        "parallel against stepwise", difference == 0, f"{difference:.6f} of {apart.sum():,.1f} bits; files are stepwise"
    )


def seconds_of_a_byte(model: "Online", sample: bytes, size: int, *, coding: bool) -> float:
    """As many streams as a block of `size` bytes has, for some chunks."""
    streams = model.streams_of(size)
    block = np.resize(np.frombuffer(sample, np.uint8), _TIMED * streams * model.settings.horizon)
    learner, chunks = learner_of(model, streams), in_streams(block, streams)
    began = time.perf_counter()
    for chunk in chunks.split(model.settings.horizon, dim=1):
        if coding:
            for symbols in chunk.T:
                _frequencies(learner)
                learner.observe(symbols)
        else:
            learner.learn(chunk)
    return (time.perf_counter() - began) / len(block)


def _stepwise(model: "Online", block: bytes) -> tuple[np.ndarray, np.ndarray, float]:
    """Every symbol's interval in the order in which they are decoded, left and count, int32 (n,); the ideal bits of all."""
    streams = in_streams(np.frombuffer(block, np.uint8), model.streams_of(len(block)))
    learner, there = learner_of(model, len(streams)), (streams != NO_SYMBOL).numpy().T
    left, count = np.zeros((2, *there.shape), np.int32)
    ideal = 0.0
    for step in steps(len(there)):
        symbols = streams[:, step].clamp(min=0).numpy()
        frequencies = _frequencies(learner)
        found = frequencies.intervals(symbols)
        left[step], count[step] = found[0][:, 0], found[1][:, 0]
        ideal += float(frequencies.ideal_bits(symbols)[there[step]].sum())
        learner.observe(streams[:, step])
    return left[there], count[there], ideal


def _frequencies(learner: OnlineLearner) -> Frequencies:
    return Frequencies.from_logits(learner.predict().double().numpy())
