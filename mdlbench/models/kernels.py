"""Models that are compiled kernels: probabilities and coder in one loop, each block from fresh state.

    KernelModel      block -> payload, payload -> block, block -> bits of each symbol; an empty block is an empty payload
    StretchedModel   the same by one function, `Step`, which is called for one stretch of the block after the other

Nothing here imports numba.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import numpy as np

from mdlbench.models.base import Check, Encoded, Measured, Model
from mdlbench.models.invariance import kernel_checks
from mdlbench.progress import each, watch

ENCODE, DECODE, MEASURE = 0, 1, 2

# (mode, symbols, coder, buffer, ideal, quantised) -> symbols done: ENCODE uint8 (n,) into the buffer, DECODE the buffer into
# them, or MEASURE them; ideal and quantised, float64 (n,), take each one's probability as meant and as coded. Where fewer than
# n were done, it is called again with the others.
Step = Callable[[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], int]


class KernelModel(Model):
    """A whole block in compiled code; the three abstract methods are given blocks of at least one byte."""

    @classmethod
    def decodes_alone(cls, argument: str = "") -> bool:
        return True

    @abstractmethod
    def encode_block(self, block: bytes) -> Encoded:
        """Code a block."""

    @abstractmethod
    def decode_block(self, payload: bytes, size: int) -> bytes:
        """The block of `size` bytes; wrong bytes, or a `DamagedBlockError`, if the payload is damaged."""

    @abstractmethod
    def measure_block(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        """Bits of each symbol, float64 (n,): as meant, and as the coder sees it."""

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        return [self.encode_block(block) if block else Encoded(b"", 0.0, 0.0) for block in each(blocks)]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        pairs = each(zip(payloads, sizes, strict=True), size=lambda pair: pair[1])
        return [self.decode_block(payload, size) if size else b"" for payload, size in pairs]

    def measure(self, blocks: Sequence[bytes], *, quantised: bool = False, beside: bool = False) -> list[Measured]:
        nothing = np.zeros(0), np.zeros(0)
        return [Measured(*(self.measure_block(block) if block else nothing)) for block in each(blocks)]

    def doctor(self, block: bytes) -> list[Check]:
        return kernel_checks(self, block)


class StretchedModel(KernelModel):
    """A kernel that is called for a stretch of symbols at a time: that bounds the coder's buffer, and lets an interrupt in.

    Attributes:
        stretch: symbols a call.
        decisions: binary decisions that a symbol is coded with, at most.
    """

    stretch: ClassVar[int]
    decisions: int = 8

    @abstractmethod
    def start(self, size: int) -> Step:
        """The kernel with fresh state for a block of `size` symbols."""

    def encode_block(self, block: bytes) -> Encoded:
        return Encoded(*self.encode_symbols(writable(block)))

    def decode_block(self, payload: bytes, size: int) -> bytes:
        return self.decode_symbols(payload, size).tobytes()

    def measure_block(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        return self.measure_symbols(writable(block))

    def encode_symbols(self, symbols: np.ndarray) -> tuple[bytes, float, float]:
        """Code symbols, uint8 (n,): payload, and the bits of all, as meant and as coded."""
        from mdlbench.coder import bits

        coder, payload, sums = bits.new_coder(), bytearray(), np.zeros(2)
        buffer = np.empty(bits.bound(self.decisions * min(self.stretch, len(symbols))), np.uint8)
        for _, lengths in self._stretches(ENCODE, symbols, coder, buffer):
            payload += buffer[: int(coder[-1])].tobytes()
            coder[-1] = 0
            sums += lengths.sum(axis=1)
        payload += buffer[: bits.finish_encode(coder, buffer)].tobytes()
        return bytes(payload), float(sums[0]), float(sums[1])

    def decode_symbols(self, payload: bytes, size: int) -> np.ndarray:
        """The next `size` symbols of a payload, uint8 (size,)."""
        from mdlbench.coder import bits

        coder, buffer, symbols = bits.new_coder(), writable(payload), np.zeros(size, np.uint8)
        bits.start_decode(coder, buffer)
        for _ in self._stretches(DECODE, symbols, coder, buffer):
            pass
        return symbols

    def measure_symbols(self, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bits of symbols, uint8 (n,): as meant, and as the coder would see them, float64 (n,) each."""
        from mdlbench.coder import bits

        lengths = np.zeros((2, len(symbols)))
        for stretch, part in self._stretches(MEASURE, symbols, bits.new_coder(), np.empty(0, np.uint8)):
            lengths[:, stretch] = part
        return lengths[0], lengths[1]

    def _stretches(
        self, mode: int, symbols: np.ndarray, coder: np.ndarray, buffer: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Where each stretch lies, and its bits, float64 (2, n)."""
        step, begin, count = self.start(len(symbols)), 0, [0]
        watch(count, len(symbols))
        while begin < len(symbols):
            part = symbols[begin : begin + self.stretch]
            p = np.ones((2, len(part)))
            done = step(mode, part, coder, buffer, *p)
            yield slice(begin, begin + done), 0.0 - np.log2(p[:, :done])  # no -0.0 for what is certain
            begin += done
            count[0] = begin


def writable(data: bytes) -> np.ndarray:
    """A writable copy, uint8 (n,): kernels are compiled for one kind of array only."""
    return np.frombuffer(bytearray(data), np.uint8)
