"""Writes a container, block by block, to anything that has `write`."""

import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO

from mdlbench.container.format import DIGEST_SIZE, MAX_BLOCK, RAW, BlockHeader, Header, IndexEntry, checksum, trailer_bytes

PARTS = ("header", "block_headers", "payloads", "raw_blocks", "index", "trailer")  # of a container: what `sizes` counts
CONTENT = ("payloads", "raw_blocks")
HELD = 1 << 20  # original bytes kept back until the models have saved what naming them costs


def framing(parts: Mapping[str, int]) -> int:
    """Of the parts of a container, the bytes that are no content: headers, index, trailer."""
    return sum(size for part, size in parts.items() if part not in CONTENT)


class Writer:
    """Writes header, blocks and trailer in order; never seeks.

    The last block added is held back until it is known whether it is the only one; the first, up to 1 MiB of them, until
    their payloads have saved more than it costs the header to name the models. Blocks that never do are stored raw.

    Attributes:
        sizes: bytes written so far, by part of the container.
        names_models: whether the header names the models; without them every block is raw.
    """

    def __init__(self, sink: BinaryIO, header: Header) -> None:
        self._sink = sink
        self._header = header.to_bytes()  # now, so that what does not fit is refused before any work
        self._digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
        self._held: deque[tuple[BlockHeader, bytes, bytes]] = deque()
        self._held_size = self._saved = 0  # of the blocks held: original bytes, and how many fewer their payloads have
        self._index: list[IndexEntry] = []
        self.names_models = False
        self.sizes = dict.fromkeys(PARTS, 0)

    def add(self, original: bytes, model: int, payload: bytes) -> None:
        """Append a block: its original bytes, the model's index or RAW, and what to store."""
        assert 1 <= len(original) <= MAX_BLOCK
        assert len(payload) == len(original) if model == RAW else len(payload) < len(original)
        self._held.append((BlockHeader(model, len(original), len(payload), checksum(original)), payload, original))
        if not self.names_models:
            self._held_size += len(original)
            self._saved += len(original) - len(payload)
            if self._saved <= len(self._header) and self._held_size <= HELD:
                return
            self.names_models = True
            self._put(self._header, "header")
        while len(self._held) > 1:
            self._flush(*self._held.popleft()[:2])

    def finish(self) -> None:
        """Write what is held back, the index and the trailer."""
        if not self.names_models:
            self._put(Header(()).to_bytes(), "header")
            self._held = deque((replace(block, model=RAW, payload_size=len(o)), o, o) for block, _, o in self._held)
        only = len(self._held) == 1 and not self._index
        for block, payload, _ in self._held:
            self._flush(replace(block, only=only), payload)
        self._put(trailer_bytes(self._index, only_block=only), "index")
        self._put(self._digest.digest(), "trailer")

    def _flush(self, block: BlockHeader, payload: bytes) -> None:
        header = block.to_bytes()
        self._put(header, "block_headers")
        self._put(payload, "raw_blocks" if block.model == RAW else "payloads")
        self._index.append(IndexEntry(len(header) + len(payload), block.original_size))

    def _put(self, data: bytes, part: str) -> None:
        self._digest.update(data)
        self._sink.write(data)
        self.sizes[part] += len(data)
