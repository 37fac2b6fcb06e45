"""`PredictorModel`: a `Predictor` as a codec.

    block -> symbols, raw spans (mdlbench.tokens) -> one distribution a symbol (the predictor) -> ANS
    payload: a frame, the number (symbols << 1 | whether there are raw spans) * batch_size + the stream's row in the batch;
             then the coder's words

Blocks are coded `batch_size` at a time in lockstep. A batch that is not full is padded, and the row a stream had is written
down and used again: a block decoded alone, in another order or by another worker meets the very same arithmetic.
"""

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress

import numpy as np

from mdlbench import varint
from mdlbench.coder.ans import Decoder, encode_intervals
from mdlbench.errors import DamagedBlockError
from mdlbench.models.base import Check, Encoded, Measured, Model, Places, Portability, Predictor
from mdlbench.models.fallback import decode_spans, encode_spans, leading_number, places
from mdlbench.models.invariance import predictor_checks
from mdlbench.models.streams import Intervals, decode_streams, joined, stream_intervals
from mdlbench.numerics.frequencies import quantised_bits
from mdlbench.progress import each, part
from mdlbench.tokens import Symbols, Tokens


class PredictorModel(Model):
    """A predictor of the symbols that `tokens` makes of bytes.

    A subclass says what predicts and of what; it may know a faster way to the code length than step by step (`symbol_bits`).
    """

    portability: Portability = "environment"

    @property
    @abstractmethod
    def predictor(self) -> Predictor:
        """What predicts; always reset to `batch_size` streams."""

    @property
    @abstractmethod
    def tokens(self) -> Tokens:
        """Bytes <-> symbols of the predictor's alphabet."""

    def arithmetic(self) -> AbstractContextManager[None]:
        """Within this the predictor runs: settings of the process that its numbers depend on."""
        return nullcontext()

    def symbol_bits(self, batch: Sequence[Symbols], *, quantised: bool) -> list[Measured]:
        """Code length of the symbols of up to `batch_size` streams; by default step by step, as they are coded."""
        return [Measured(stream.ideal, stream.quantised()) for stream in self._intervals(batch)]

    def work_beside(self, symbols: Symbols) -> float:
        """How long `figures_beside` takes, `symbol_bits` being 1; by default no time."""
        return 0.0

    def figures_beside(self, symbols: Symbols, ideal: np.ndarray) -> Mapping[str, float]:
        """`Measured.beside` of a block whose symbols' bits are `ideal`; by default none."""
        return {}

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        coded = []
        for batch in self._batches(blocks):
            for row, (symbols, stream) in enumerate(zip(batch, self._intervals(batch), strict=True)):
                assert len(stream.ideal) == len(symbols.tokens), "every symbol is coded once"
                left, count, ideal = joined([stream, encode_spans(symbols.raw_spans)])
                flags = (len(symbols.tokens) << 1 | bool(symbols.raw_spans)) * self.batch_size + row
                payload = varint.pack(flags) + encode_intervals(left, count)
                bits = float(ideal.sum())  # infinite where a weight was zero; a count is not
                coded.append(Encoded(payload, bits if math.isfinite(bits) else None, float(quantised_bits(count).sum())))
        return coded

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        """As `Model.decode`: a damaged payload gives wrong bytes of the right length, so that its checksum names the block."""
        pairs = zip(payloads, sizes, strict=True)
        waiting = {at: _Stream.of(payload, size, self.batch_size) for at, (payload, size) in enumerate(pairs)}
        blocks = [b""] * len(payloads)
        rounds = max(Counter(stream.row for stream in waiting.values()).values(), default=0)
        for _ in each(range(rounds), size=lambda number: 1):
            batch = {stream.row: at for at, stream in reversed(waiting.items())}  # one stream a row
            rows = [waiting[batch[row]] if row in batch else _Stream(row) for row in range(self.batch_size)]
            with self.arithmetic():
                tokens = decode_streams(self.predictor, [s.decoder for s in rows], [s.n_tokens for s in rows])
            for row, at in batch.items():
                blocks[at] = self._block(waiting.pop(at), tokens[row], sizes[at])
        return blocks

    def measure(self, blocks: Sequence[bytes], *, quantised: bool = False, beside: bool = False) -> list[Measured]:
        """Bits of each symbol, of the bytes that say where raw spans lie, and of the raw bytes."""
        measured = []
        for batch in self._batches(blocks):
            work = sum(map(self.work_beside, batch)) / len(batch) if beside else 0.0
            with part(1 / (1 + work)):
                bits_of_each = self.symbol_bits(batch, quantised=quantised)
            for symbols, bits in zip(batch, bits_of_each, strict=True):
                assert len(bits.ideal) == len(symbols.tokens), "every symbol is measured once"
                spans = encode_spans(symbols.raw_spans)
                ideal = np.concatenate([bits.ideal, spans.ideal])
                counted = None if bits.quantised is None else np.concatenate([bits.quantised, spans.quantised()])
                with part(self.work_beside(symbols) / len(batch) / (1 + work) if beside else 0.0):
                    figures = self.figures_beside(symbols, bits.ideal) if beside else {}
                measured.append(Measured(ideal, counted, figures))
        return measured

    def symbol_places(self, blocks: Sequence[bytes]) -> list[Places]:
        return [places(symbols, self.tokens.sizes(symbols)) for symbols in map(self.tokens.encode, blocks)]

    def doctor(self, block: bytes) -> list[Check]:
        return predictor_checks(self, block)

    def _batches(self, blocks: Sequence[bytes]) -> Iterator[list[Symbols]]:
        batches = (blocks[first : first + self.batch_size] for first in range(0, len(blocks), self.batch_size))
        for batch in each(batches, size=lambda batch: sum(map(len, batch))):
            yield [self.tokens.encode(block) for block in batch]

    def _intervals(self, batch: Sequence[Symbols]) -> list[Intervals]:
        """The intervals of each stream of a batch, which is padded with empty ones."""
        empty = [np.zeros(0, dtype=np.int64)] * (self.batch_size - len(batch))
        with self.arithmetic():
            streams = stream_intervals(self.predictor, [symbols.tokens for symbols in batch] + empty)
        return streams[: len(batch)]

    def _block(self, stream: "_Stream", tokens: np.ndarray, size: int) -> bytes:
        block = b""
        with suppress(DamagedBlockError):
            spans = decode_spans(stream.decoder, size) if stream.has_spans else ()
            block = self.tokens.decode(Symbols(tokens, spans))
        return block[:size].ljust(size, b"\0")


class _Stream:
    """A payload taken apart; nothing in it unless given."""

    def __init__(self, row: int, n_tokens: int = 0, has_spans: bool = False, words: bytes = b"\1") -> None:
        self.row, self.n_tokens, self.has_spans, self.decoder = row, n_tokens, has_spans, Decoder(words)

    @classmethod
    def of(cls, payload: bytes, size: int, batch_size: int) -> "_Stream":
        """What a block of `size` bytes became; an empty stream if it cannot be that."""
        with suppress(DamagedBlockError):
            flags, length = leading_number(payload)
            flags, row = divmod(flags, batch_size)
            if flags >> 1 <= 2 * size:
                return cls(row, flags >> 1, bool(flags & 1), payload[length:])
        return cls(0)
