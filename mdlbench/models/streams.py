"""Streams of symbols through a `Predictor`: predict, code, update, all streams in step.

Encoding asks the predictor for one distribution after the other exactly as decoding will, so that both see the same numbers
even where a model's arithmetic depends on the shape of its batch. Streams that have ended are fed symbol 0 until all have.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import array_api_compat
import numpy as np

from mdlbench import progress
from mdlbench.coder.ans import Decoder, decoder_rows
from mdlbench.errors import MdlbenchError, NotADistributionError, PredictorError
from mdlbench.models.base import Predictor
from mdlbench.numerics.frequencies import ONE_LEVEL_UP_TO, Frequencies, quantised_bits
from mdlbench.text import first_line


class Intervals(NamedTuple):
    """What one stream's symbols became.

    Attributes:
        left, count: int64 (symbols * levels,), in the order they are decoded.
        ideal: float64 (symbols,), -log2 p of each symbol before quantisation.
    """

    left: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # hides tuple.count, which nobody asks an interval for
    ideal: np.ndarray

    def quantised(self) -> np.ndarray:
        """Bits of each symbol under its counts, float64 (symbols,), where all have as many levels."""
        levels = len(self.count) // max(len(self.ideal), 1)
        return quantised_bits(self.count).reshape(len(self.ideal), levels).sum(axis=1)


def asked(predictor: Predictor, verb: str, *arguments: Any, step: int | None = None) -> Any:
    """What a method of the predictor returns.

    Raises:
        PredictorError: it raised something, or wanted to exit; the text names class, method and symbol.
    """
    try:
        return getattr(predictor, verb)(*arguments)
    except (MdlbenchError, MemoryError):  # which say by themselves what is wrong
        raise
    except (Exception, SystemExit) as error:
        raise PredictorError(f"{_call(predictor, verb, step)}: {first_line(error)}") from error


def _call(predictor: Predictor, verb: str, step: int | None) -> str:
    return f"{type(predictor).__name__}.{verb}()" + ("" if step is None else f" at symbol {step}")


def predicted(predictor: Predictor, n_streams: int, step: int) -> Frequencies:
    """What the predictor predicts for symbol `step` of each stream.

    Raises:
        NotADistributionError: another shape, or weights that are no probabilities; the text names the class and the symbol.
        PredictorError: it raised something.
    """
    try:
        found = asked(predictor, "predict", step=step)
        frequencies = found if isinstance(found, Frequencies) else _of_weights(found, (n_streams, predictor.alphabet_size))
        if (frequencies.n_streams, frequencies.alphabet_size) != (n_streams, predictor.alphabet_size):
            wanted = f"{n_streams} streams of {predictor.alphabet_size} symbols"
            raise NotADistributionError(f"{frequencies.n_streams} rows of {frequencies.alphabet_size} for {wanted}")
    except NotADistributionError as error:
        raise NotADistributionError(f"{_call(predictor, 'predict', step)}: {error}") from None
    return frequencies


def _of_weights(found: Any, shape: tuple[int, int]) -> Frequencies:
    try:
        weights = found if array_api_compat.is_torch_array(found) else np.asarray(found)
        if weights.dtype == object:  # numbers of another kind, such as fractions
            weights = weights.astype(np.float64)
    except (ValueError, TypeError):
        raise NotADistributionError(f"{type(found).__name__} is no array of weights") from None
    if tuple(weights.shape) != shape:
        raise NotADistributionError(f"weights of shape {tuple(weights.shape)}; a row of {shape[1]} a stream is {shape}")
    return Frequencies(weights)


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
    asked(predictor, "reset", len(streams))
    for step in progress.steps(steps):
        frequencies = predicted(predictor, len(streams), step)
        left[step], count[step] = frequencies.intervals(symbols[step])
        ideal[step] = frequencies.ideal_bits(symbols[step])
        asked(predictor, "update", symbols[step], step=step)
    return [
        Intervals(left[: len(stream), column].ravel(), count[: len(stream), column].ravel(), ideal[: len(stream), column])
        for column, stream in enumerate(streams)
    ]


def decode_streams(predictor: Predictor, payloads: Sequence[bytes | Decoder], lengths: Sequence[int]) -> list[np.ndarray]:
    """Decode streams of `lengths` symbols, int64 (n,) each.

    Args:
        payloads: what `encode_intervals` gave; or decoders, which may go on to what else their payloads hold.
    """
    decoders = [payload if isinstance(payload, Decoder) else Decoder(payload) for payload in payloads]
    symbols = np.zeros((max(lengths, default=0), len(decoders)), dtype=np.int64)
    asked(predictor, "reset", len(decoders))
    for step in progress.steps(len(symbols)):
        live = [column for column, length in enumerate(lengths) if step < length]
        frequencies = predicted(predictor, len(decoders), step)
        rows = decoder_rows(frequencies.top_rows())
        for column in live:
            symbols[step, column] = decoders[column].decode_row(rows[column])
        if frequencies.levels == 2:
            groups = symbols[step].copy()
            rows = decoder_rows(frequencies.group_rows(groups))
            for column in live:
                place = decoders[column].decode_row(rows[column])
                symbols[step, column] = min(groups[column] * frequencies.width + place, frequencies.alphabet_size - 1)
        asked(predictor, "update", symbols[step], step=step)
    return [symbols[:length, column] for column, length in enumerate(lengths)]
