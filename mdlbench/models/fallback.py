"""Raw spans in the payload: where they lie, and their bytes, both coded with an adaptive byte model.

    table: n_spans, then for each span (tokens before it, length), as base-128 numbers
    raw:   the bytes of all spans, one after the other

Each part has a fresh model: a mixture of orders none to 2, weighted by how well each has predicted so far, so that a few
bytes or noise cost 8 bits each and anything with an order costs what its statistics allow. Order k is order k - 1 corrected
by counts as Witten and Bell do (IEEE Trans. Inf. Theory 37(4), 1991). Arithmetic is element-wise, hence portable.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np

from mdlbench import varint
from mdlbench.coder.ans import Decoder
from mdlbench.errors import DamagedBlockError
from mdlbench.models.base import Places
from mdlbench.models.streams import Intervals, joined
from mdlbench.numerics.frequencies import quantise
from mdlbench.tokens.base import RawSpan, Symbols

ORDERS = 3
SHARE = 0.01  # of trust that every expert keeps, so that none is lost for good
_CHUNK = 1024  # bytes whose distributions are quantised together


class ByteModel:
    """Predicts the next byte from those before it; memory grows with the bytes seen."""

    def __init__(self) -> None:
        self._counts: list[dict[int, np.ndarray]] = [defaultdict(lambda: np.zeros(256, dtype=np.int32)) for _ in range(ORDERS)]
        self._sizes: list[dict[int, tuple[int, int]]] = [{} for _ in range(ORDERS)]  # symbols seen, distinct ones
        self._past = 0
        self._trust = [1.0] * (ORDERS + 1)  # in each expert: the uniform distribution and each order

    def predict(self) -> np.ndarray:
        """Probabilities, float64 (256,)."""
        self._experts = [np.full(256, 1 / 256)]
        for order, context in self._contexts():
            chances = self._experts[-1]
            if context in self._sizes[order]:
                seen, distinct = self._sizes[order][context]
                chances = (self._counts[order][context] + distinct * chances) / (seen + distinct)
            self._experts.append(chances)
        mixed = np.zeros(256)
        for trust, chances in zip(self._trust, self._experts, strict=True):
            mixed += trust * chances
        return mixed / sum(self._trust)

    def update(self, byte: int) -> None:
        """Learn the byte that came, after `predict`."""
        for order, context in self._contexts():
            seen, distinct = self._sizes[order].get(context, (0, 0))
            counts = self._counts[order][context]
            self._sizes[order][context] = seen + 1, distinct + int(counts[byte] == 0)
            counts[byte] += 1
        trust = [trust * float(chances[byte]) for trust, chances in zip(self._trust, self._experts, strict=True)]
        self._trust = [one / sum(trust) + SHARE for one in trust]
        self._past = self._past << 8 | byte

    def _contexts(self) -> Iterator[tuple[int, int]]:
        self._past &= (1 << 8 * (ORDERS - 1)) - 1
        for order in range(ORDERS):
            yield order, self._past & (1 << 8 * order) - 1


def encode_bytes(data: bytes) -> Intervals:
    """The intervals of bytes under a fresh model."""
    model = ByteModel()
    parts = [Intervals(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for start in range(0, len(data), _CHUNK):
        symbols = np.frombuffer(data[start : start + _CHUNK], dtype=np.uint8).astype(np.int64)
        chances = np.empty((len(symbols), 256))
        for at, byte in enumerate(symbols.tolist()):
            chances[at] = model.predict()
            model.update(byte)
        cuts, rows = quantise(chances), np.arange(len(symbols))
        left = cuts[rows, symbols]
        parts.append(Intervals(left, cuts[rows, symbols + 1] - left, -np.log2(chances[rows, symbols])))
    return joined(parts)


def decode_bytes(decoder: Decoder, model: ByteModel, n_bytes: int) -> bytes:
    """The next `n_bytes` bytes of a payload."""
    data = bytearray()
    for _ in range(n_bytes):
        data.append(decoder.decode(quantise(model.predict()[None, :])[0]))
        model.update(data[-1])
    return bytes(data)


def encode_spans(spans: tuple[RawSpan, ...]) -> Intervals:
    """The intervals of raw spans, table first; nothing for none."""
    if not spans:
        return encode_bytes(b"")
    parts = encode_bytes(b"".join(_table(spans))), encode_bytes(b"".join(span.raw for span in spans))
    return joined(parts)


def places(symbols: Symbols, sizes: np.ndarray) -> Places:
    """Where a block's tokens of `sizes` bytes lie, then the entries of `encode_spans`: a span's row of the table where it
    begins, their number where the first does."""
    spans, rest = symbols.raw_spans, len(sizes) - sum(span.n_tokens for span in symbols.raw_spans)
    tokens, table, raw, at, done = [], [], [], 0, 0
    for span in (*spans, RawSpan(rest, b"")):
        piece = sizes[done : done + span.n_tokens]
        tokens.append(at + np.cumsum(piece) - piece)
        at, done = at + int(piece.sum()), done + span.n_tokens
        table += [at, at]
        raw.append(np.arange(at, at + len(span.raw)))
        at += len(span.raw)
    lengths = [len(number) for number in _table(spans)] if spans else []
    starts = np.repeat([table[0], *table[:-2]], lengths) if spans else np.zeros(0)
    raw_starts = np.concatenate(raw)
    every_start = np.concatenate([*tokens, starts, raw_starts]).astype(np.int64)
    return Places(every_start, np.concatenate([sizes, np.zeros(len(starts), np.int64), np.ones(len(raw_starts), np.int64)]))


def _table(spans: tuple[RawSpan, ...]) -> list[bytes]:
    """The numbers of the table: how many spans, then two for each."""
    table = [len(spans), *(number for span in spans for number in (span.n_tokens, len(span.raw)))]
    return [varint.pack(number) for number in table]


def decode_spans(decoder: Decoder, size: int) -> tuple[RawSpan, ...]:
    """Raw spans of a block of `size` bytes.

    Raises:
        DamagedBlockError: the table asks for more than such a block can hold.
    """
    model = ByteModel()
    n_spans = _read_number(decoder, model, 2 * size)
    places, left = [], size
    for _ in range(n_spans):
        n_tokens, length = _read_number(decoder, model, 2 * size), _read_number(decoder, model, left)
        left -= length
        places.append((n_tokens, length))
    raw, spans, start = decode_bytes(decoder, ByteModel(), size - left), [], 0
    for n_tokens, length in places:
        spans.append(RawSpan(n_tokens, raw[start : start + length]))
        start += length
    return tuple(spans)


def leading_number(data: bytes) -> tuple[int, int]:
    """The number that `data` begins with, and the bytes it takes; `DamagedBlockError` if it has no end within 10."""
    file = BytesIO(data)
    return _number(file.read), file.tell()


def _number(read: Callable[[int], bytes]) -> int:
    try:
        return varint.unpack(read, 10)
    except (ValueError, IndexError):
        raise DamagedBlockError("a number in the payload has no end") from None


def _read_number(decoder: Decoder, model: ByteModel, largest: int) -> int:
    number = _number(lambda size: decode_bytes(decoder, model, size))
    if number > largest:
        raise DamagedBlockError(f"the table of raw spans holds {number}, beyond {largest}: the block is damaged")
    return number
