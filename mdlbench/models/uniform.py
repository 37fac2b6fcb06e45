"""`uniform`: every byte equally likely. The ruler's zero: 8 bits a byte.

No `PredictorModel`: its intervals are known without asking for one symbol after the other, and its payloads have no frame.
"""

from collections.abc import Sequence

import numpy as np

from mdlbench.coder.ans import Decoder, decoder_rows, encode_intervals
from mdlbench.errors import DamagedBlockError
from mdlbench.models.base import Check, Encoded, Measured, Model
from mdlbench.models.invariance import kernel_checks
from mdlbench.numerics.frequencies import TOTAL

_COUNT = TOTAL // 256


class Uniform(Model):
    """The uniform model over bytes."""

    name = "uniform"
    block_size = 1 << 20

    @classmethod
    def decodes_alone(cls, argument: str = "") -> bool:
        return True

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        return [self._encode(np.frombuffer(block, dtype=np.uint8).astype(np.int64)) for block in blocks]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        return [self._decode(payload, size) for payload, size in zip(payloads, sizes, strict=True)]

    def measure(self, blocks: Sequence[bytes], *, quantised: bool = False, beside: bool = False) -> list[Measured]:
        lengths = [np.full(len(block), 8.0) for block in blocks]
        return [Measured(each, each) for each in lengths]

    def doctor(self, block: bytes) -> list[Check]:
        return kernel_checks(self, block)

    def _encode(self, symbols: np.ndarray) -> Encoded:
        count = np.full(len(symbols), _COUNT)
        return Encoded(encode_intervals(symbols * _COUNT, count), 8.0 * len(symbols), 8.0 * len(symbols))

    def _decode(self, payload: bytes, size: int) -> bytes:
        if len(payload) < size:
            raise DamagedBlockError(f"a payload of {len(payload)} bytes cannot hold {size} uniform bytes")
        decoder, row = Decoder(payload), decoder_rows(np.arange(257)[None, :] * _COUNT)[0]
        return bytes(decoder.decode_row(row) for _ in range(size))
