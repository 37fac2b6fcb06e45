"""`uniform`: every byte equally likely. The ruler's zero: 8 bits a byte, and the plainest user of the lockstep path."""

from collections.abc import Sequence

import numpy as np

from mdlbench.models.base import Description, Encoded, Model, Predictor
from mdlbench.models.lockstep import decode_streams, encode_streams
from mdlbench.numerics.frequencies import Frequencies


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
        return encode_streams(UniformPredictor(), [_symbols(block) for block in blocks])

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        return [symbols.astype(np.uint8).tobytes() for symbols in decode_streams(UniformPredictor(), payloads, sizes)]

    def code_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        return [np.full(len(block), 8.0) for block in blocks]


def _symbols(block: bytes) -> np.ndarray:
    return np.frombuffer(block, dtype=np.uint8).astype(np.int64)
