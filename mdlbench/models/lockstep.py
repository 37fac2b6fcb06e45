"""Streams of symbols coded with a `Predictor`: predict, code, update, all streams in step.

Encoding asks the predictor for one distribution after the other exactly as decoding will, so that both see the same numbers
even where a model's arithmetic depends on the shape of its batch. Streams that have ended are fed symbol 0 until all have.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mdlbench.coder.ans import Decoder, decoder_rows, encode_intervals
from mdlbench.models.base import Encoded, Predictor
from mdlbench.numerics.frequencies import ONE_LEVEL_UP_TO, quantised_bits


class Intervals(NamedTuple):
    """What one stream's symbols became.

    Attributes:
        left, count: int64 (symbols * levels,), in the order they are decoded.
        ideal: float64 (symbols,), -log2 p of each symbol before quantisation.
    """

    left: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # hides tuple.count, which nobody asks an interval for
    ideal: np.ndarray


def joined(parts: Iterable[Intervals]) -> Intervals:
    """One stream after the other, of at least one."""
    return Intervals(*map(np.concatenate, zip(*parts, strict=True)))


def stream_intervals(predictor: Predictor, streams: Sequence[np.ndarray]) -> list[Intervals]:
    """Run the predictor over streams of symbols, int64 (n,) each, and collect the interval of every symbol."""
    steps, levels = max(map(len, streams), default=0), 1 if predictor.alphabet_size <= ONE_LEVEL_UP_TO else 2
    symbols = np.zeros((steps, len(streams)), dtype=np.int64)
    for column, stream in enumerate(streams):
        symbols[: len(stream), column] = stream
    left, count = np.zeros((2, steps, len(streams), levels), dtype=np.int64)
    ideal = np.zeros((steps, len(streams)))
    predictor.reset(len(streams))
    for step in range(steps):
        frequencies = predictor.predict()
        left[step], count[step] = frequencies.intervals(symbols[step])
        ideal[step] = frequencies.ideal_bits(symbols[step])
        predictor.update(symbols[step])
    return [
        Intervals(left[: len(stream), column].ravel(), count[: len(stream), column].ravel(), ideal[: len(stream), column])
        for column, stream in enumerate(streams)
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
