"""Asymmetric numeral systems over integer intervals: constriction's `AnsCoder`, fed exact integers.

An interval (left, count) is a part of 0 .. 2**24. Constriction takes floating-point rows and turns an entry x into x + 1
counts after scaling so that all counts sum to 2**24; rows of `count - 1` already do, every partial sum is an integer below
2**24, and the conversion is exact in float32. To encode, only the interval matters, so the row has three entries: what lies
left of it, the interval, what lies right. ANS is last in, first out: a block's intervals are encoded from the last to the
first and decoded from the first (J. Duda, arXiv:1311.2540; R. Bamler, arXiv:2201.01741).
"""

import constriction
import numpy as np

from mdlbench.errors import DamagedBlockError
from mdlbench.numerics.frequencies import TOTAL

_Categorical = constriction.stream.model.Categorical
_FAMILY = _Categorical(perfect=False)
_START = np.array([0, 1], dtype=np.uint32)  # state 2**32: from state 0, intervals at the left edge would cost nothing
_CHUNK = 1 << 18  # intervals turned into rows at a time: 3 MiB of float32


class Encoder:
    """Encodes intervals from the last to the first."""

    def __init__(self) -> None:
        self._coder = constriction.stream.stack.AnsCoder(_START)

    def push(self, left: np.ndarray, count: np.ndarray) -> None:
        """Encode intervals (n,) in reverse, so that they decode in the order given, before any pushed earlier.

        Args:
            left, count: integers (n,) with 0 <= left, 1 <= count <= 2**24 - 2, left + count <= 2**24; certain symbols
                (count 2**24) cost nothing and are passed over.
        """
        for end in range(len(left), 0, -_CHUNK):
            part = slice(max(0, end - _CHUNK), end)
            self._coder.encode_reverse(*_three_entry_rows(left[part], count[part]))

    def finish(self) -> bytes:
        """The payload: little-endian 32-bit words, the last without its leading zero bytes."""
        return self._coder.get_compressed().astype("<u4").tobytes().rstrip(b"\0")


def encode_intervals(left: np.ndarray, count: np.ndarray) -> bytes:
    """The payload of intervals (n,), in the order in which a `Decoder` will meet them."""
    encoder = Encoder()
    encoder.push(left, count)
    return encoder.finish()


class Decoder:
    """Decodes symbols, given the same cumulative counts that the encoder's intervals came from."""

    def __init__(self, payload: bytes) -> None:
        """Take a payload; any bytes will decode to something, the block's checksum tells whether it is right.

        Raises:
            DamagedBlockError: the payload is empty or ends in a zero byte, which no encoder writes.
        """
        if not payload or payload[-1] == 0:
            raise DamagedBlockError(f"a payload of {len(payload)} bytes is not what the coder writes")
        words = np.frombuffer(payload + bytes(-len(payload) % 4), dtype="<u4")
        self._coder = constriction.stream.stack.AnsCoder(words.astype(np.uint32))

    def decode(self, cumulative: np.ndarray) -> int:
        """The next symbol, given cumulative counts (K + 1,) from 0 to 2**24."""
        return self.decode_row(decoder_rows(cumulative[None, :])[0])

    def decode_row(self, row: np.ndarray) -> int:
        """The next symbol, given its row (K,) of `decoder_rows`."""
        if len(row) == 1:
            return 0  # a single symbol is certain: no interval was coded
        return int(self._coder.decode(_Categorical(row, True, False)))  # lazy, not perfect; by name, half a microsecond more


def decoder_rows(cumulative: np.ndarray) -> np.ndarray:
    """Cumulative counts (B, K + 1) as constriction wants them: count - 1 as float32, (B, K), one conversion for all."""
    return (cumulative[:, 1:] - cumulative[:, :-1] - 1).astype(np.float32)


def _three_entry_rows(left: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, object, np.ndarray]:
    """Symbols, family and rows for constriction: each interval is one of three parts of 0 .. 2**24."""
    if count.max(initial=0) == TOTAL:
        kept = count < TOTAL
        left, count = left[kept], count[kept]
    right = TOTAL - left - count
    assert min(left.min(initial=0), right.min(initial=0)) >= 0, "not an interval: it leaves 0 .. 2**24"
    assert count.min(initial=1) >= 1, "not an interval: it is empty"
    assert count.max(initial=1) <= TOTAL - 2, "not an interval the coder can cut"
    which = np.ones(len(left), dtype=np.int32)
    rows = np.empty((len(left), 3), dtype=np.float32)
    rows[:, 0], rows[:, 1], rows[:, 2] = left, count, right
    (first,) = np.nonzero(left == 0)
    which[first] = 0
    rows[first] = np.stack([count[first], np.ones(len(first)), right[first] - 1], axis=1)
    (last,) = np.nonzero(right == 0)
    which[last] = 2
    rows[last] = np.stack([np.ones(len(last)), left[last] - 1, count[last]], axis=1)
    rows -= np.float32(1)
    return which, _FAMILY, rows
