"""`uniform`: every byte equally likely. The ruler's zero: 8 bits a byte, and the plainest of predictors."""

from collections.abc import Sequence

import numpy as np

from mdlbench.coder.ans import Decoder, decoder_rows, encode_intervals
from mdlbench.errors import DamagedBlockError
from mdlbench.models.base import Description, Encoded, Model, Predictor
from mdlbench.numerics.frequencies import TOTAL, Frequencies

_COUNT = TOTAL // 256


class UniformPredictor(Predictor):
    """Predicts each of `alphabet_size` symbols with the same probability, whatever came before."""

    portability = "exact"

    def __init__(self, alphabet_size: int = 256) -> None:
        self.alphabet_size = alphabet_size

    def reset(self, n_streams: int) -> None:
        self._frequencies = Frequencies(np.ones((n_streams, self.alphabet_size)))

    def predict(self) -> Frequencies:
        return self._frequencies

    def update(self, symbols: np.ndarray) -> None:
        pass


class Uniform(Model):
    """The uniform model over bytes."""

    name = "uniform"
    block_size = 1 << 20

    def description(self) -> Description:
        return Description(code=len(__doc__ or ""))

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        return [self._encode(np.frombuffer(block, dtype=np.uint8).astype(np.int64)) for block in blocks]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        return [self._decode(payload, size) for payload, size in zip(payloads, sizes, strict=True)]

    def code_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        return [np.full(len(block), 8.0) for block in blocks]

    def _encode(self, symbols: np.ndarray) -> Encoded:
        count = np.full(len(symbols), _COUNT)
        return Encoded(encode_intervals(symbols * _COUNT, count), 8.0 * len(symbols), 8.0 * len(symbols))

    def _decode(self, payload: bytes, size: int) -> bytes:
        if len(payload) < size:
            raise DamagedBlockError(f"a payload of {len(payload)} bytes cannot hold {size} uniform bytes")
        decoder, row = Decoder(payload), decoder_rows(np.arange(257)[None, :] * _COUNT)[0]
        return bytes(decoder.decode_row(row) for _ in range(size))
