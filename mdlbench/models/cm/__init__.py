"""`cm`: context mixing in integers, compiled with numba. No weights are shipped; everything is learned from the block.

`levels` and `tables` are data, `contexts` what is looked at, `kernel` the mixer, made of `inputs` and `mixing`; levels 1 to 3
have a lean mixer, `fast`, made of `fast_inputs`. They learn into `memory` and `fast_memory`. Both begin and end a block by
`block`, where x86 machine code gets absolute addresses (`x86`). The integers are the same on every machine, so a payload
written anywhere decodes anywhere.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.models.base import Encoded
from mdlbench.models.cm.block import Block
from mdlbench.models.kernels import DECODE, ENCODE, MEASURE, KernelModel, writable
from mdlbench.models.spec import option
from mdlbench.progress import watch

LEAST_MEMORY = 1 << 16


@dataclass(frozen=True)
class ContextMixingOptions:
    level: int = option(5, "1 (fast) to 9 (small)")
    memory: int = option(
        256 << 20, "most bytes for the table of contexts, such as 64Mi; three times that for level 9", size=True
    )

    def __post_init__(self) -> None:
        if not 1 <= self.level <= 9:
            raise ValueError(f"level={self.level} is not one of 1 to 9")
        most = most_memory(self.level)
        if not LEAST_MEMORY <= self.memory <= most:
            raise ValueError(
                f"memory={self.memory} is not between 64Ki and {most >> 30}Gi, the most that level {self.level} can use"
            )


def most_memory(level: int) -> int:
    """The largest table that anything is found in, in bytes: 24 bits of a hash choose a line of 64; levels 1 to 3 have longer
    hashes, but no use for more than a block of the largest size fills."""
    from mdlbench.models.cm.levels import FAST_LEVELS

    return FAST_LEVELS[level].bytes_per_byte << 28 if level in FAST_LEVELS else 64 << 24


class ContextMixing(KernelModel):
    """Bitwise context mixing: many small predictors, a gated logistic mixer, adaptive probability maps."""

    name = "cm"
    block_size = 16 << 20
    Options = ContextMixingOptions

    def encode_block(self, block: bytes) -> Encoded:
        payload = np.empty(32 + 24 * len(block), np.uint8)  # the least probability, 2**-22, 8 times a byte
        length, bits = self._run(ENCODE, writable(block), payload)
        return Encoded(payload[:length].tobytes(), bits, bits)

    def decode_block(self, payload: bytes, size: int) -> bytes:
        data = np.zeros(size, np.uint8)
        self._run(DECODE, data, writable(payload))
        return data.tobytes()

    def measure_block(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        lengths = np.zeros(len(block))
        self._run(MEASURE, writable(block), np.empty(0, np.uint8), lengths)
        return lengths, lengths

    def _run(self, mode: int, data: np.ndarray, payload: np.ndarray, lengths: np.ndarray | None = None) -> tuple[int, float]:
        """One block through the kernel, from fresh state; payload length (when encoding) and total bits."""
        from mdlbench.coder.bits import new_coder
        from mdlbench.models.cm import detection, fast_memory, memory, native
        from mdlbench.models.cm.levels import FAST_LEVELS, LEVELS

        room: Any = fast_memory if self.options.level in FAST_LEVELS else memory
        level = (FAST_LEVELS | LEVELS)[self.options.level]
        segments = detection.no_segments(data.size) if mode == DECODE else detection.x86_segments(data)
        done = np.zeros(1, np.int64)
        watch(done, data.size)
        block = Block(mode, data, payload, np.empty(0) if lengths is None else lengths, segments, new_coder(), done)
        return native.run(room.KERNEL, block, room.fresh_memory(level, data.size, self.options.memory), room.kernel_tables())
