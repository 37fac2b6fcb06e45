"""Streams of symbols coded with a `Predictor`: predict, code, update, all streams in step.

Encoding asks the predictor for one distribution after the other exactly as decoding will, so that both see the same numbers
even where a model's arithmetic depends on the shape of its batch. Streams that have ended are fed symbol 0 until all have.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mdlbench.coder.ans import Decoder, decoder_rows, encode_intervals
from mdlbench.models.base import Encoded, Predictor
from mdlbench.numerics.frequencies import quantised_bits


class Intervals(NamedTuple):
    """What one stream's symbols became.

    Attributes:
        left, count: int64 (symbols * levels,), in the order they are decoded.
        ideal: float64 (symbols,), -log2 p of each symbol before quantisation.
    """

    left: np.ndarray
    count: np.ndarray
    ideal: np.ndarray


def stream_intervals(predictor: Predictor, streams: Sequence[np.ndarray]) -> list[Intervals]:
    """Run the predictor over streams of symbols, int64 (n,) each, and collect the interval of every symbol."""
    lengths = np.array([len(stream) for stream in streams], dtype=np.int64)
    steps = int(lengths.max(initial=0))
    symbols = np.zeros((steps, len(streams)), dtype=np.int64)
    for column, stream in enumerate(streams):
        symbols[: len(stream), column] = stream
    left, count, ideal = [], [], []
    predictor.reset(len(streams))
    for step in range(steps):
        frequencies = predictor.predict()
        lefts, counts = frequencies.intervals(symbols[step])
        left.append(lefts)
        count.append(counts)
        ideal.append(frequencies.ideal_bits(symbols[step]))
        predictor.update(symbols[step])
    if not steps:
        return [Intervals(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)) for _ in streams]
    lefts, counts, ideals = np.stack(left), np.stack(count), np.stack(ideal)
    return [
        Intervals(lefts[:n, column].ravel(), counts[:n, column].ravel(), ideals[:n, column]) for column, n in enumerate(lengths)
    ]


def encode_streams(predictor: Predictor, streams: Sequence[np.ndarray]) -> list[Encoded]:
    """Code streams of symbols; the number of symbols is not part of the payload."""
    return [
        Encoded(
            encode_intervals(stream.left, stream.count),
            float(stream.ideal.sum()),
            float(quantised_bits(stream.count).sum()),
        )
        for stream in stream_intervals(predictor, streams)
    ]


def decode_streams(predictor: Predictor, payloads: Sequence[bytes | Decoder], lengths: Sequence[int]) -> list[np.ndarray]:
    """Decode streams of `lengths` symbols, int64 (n,) each.

    Args:
        payloads: what `encode_intervals` gave; or decoders, which may go on to what else their payloads hold.
    """
    decoders = [payload if isinstance(payload, Decoder) else Decoder(payload) for payload in payloads]
    symbols = np.zeros((max(lengths, default=0), len(decoders)), dtype=np.int64)
    predictor.reset(len(decoders))
    for step in range(len(symbols)):
        live = [column for column, length in enumerate(lengths) if step < length]
        frequencies = predictor.predict()
        rows = decoder_rows(frequencies.top_rows())
        for column in live:
            symbols[step, column] = decoders[column].decode_row(rows[column])
        if frequencies.levels == 2:
            groups = symbols[step].copy()
            rows = decoder_rows(frequencies.group_rows(groups))
            for column in live:
                place = decoders[column].decode_row(rows[column])
                symbols[step, column] = min(groups[column] * frequencies.width + place, frequencies.alphabet_size - 1)
        predictor.update(symbols[step])
    return [symbols[:length, column] for column, length in enumerate(lengths)]
