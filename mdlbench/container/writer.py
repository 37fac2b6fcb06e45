"""Writes a container, block by block, to anything that has `write`."""

import hashlib
from typing import BinaryIO

from mdlbench.container.format import (
    DIGEST_SIZE,
    MAX_BLOCK,
    RAW,
    BlockHeader,
    Header,
    IndexEntry,
    checksum,
    trailer_bytes,
)


class Writer:
    """Writes header, blocks and trailer in order; never seeks.

    The last block added is held back until it is known whether it is the only one.

    Attributes:
        sizes: bytes written so far, by part of the container.
    """

    def __init__(self, sink: BinaryIO, header: Header) -> None:
        self._sink = sink
        self._digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
        self._held: tuple[BlockHeader, bytes] | None = None
        self._index: list[IndexEntry] = []
        self.sizes = dict.fromkeys(("header", "block_headers", "payloads", "raw_blocks", "index", "trailer"), 0)
        self._put(header.to_bytes(), "header")

    def add(self, original: bytes, model: int, payload: bytes) -> None:
        """Append a block: its original bytes (for size and checksum), the model's index or RAW, and what to store."""
        assert 1 <= len(original) <= MAX_BLOCK
        assert len(payload) == len(original) if model == RAW else len(payload) < len(original)
        self._flush(only=False)
        self._held = BlockHeader(model, len(original), len(payload), checksum(original)), payload

    def finish(self) -> None:
        """Write what is held back, the index and the trailer."""
        only = self._held is not None and not self._index
        self._flush(only=only)
        self._put(trailer_bytes(self._index, only_block=only), "index")
        self._put(self._digest.digest(), "trailer")

    def _flush(self, *, only: bool) -> None:
        if self._held is None:
            return
        held, payload = self._held
        header = BlockHeader(held.model, held.original_size, held.payload_size, held.checksum, only).to_bytes()
        self._put(header, "block_headers")
        self._put(payload, "raw_blocks" if held.model == RAW else "payloads")
        self._index.append(IndexEntry(len(header) + len(payload), held.original_size))
        self._held = None

    def _put(self, data: bytes, part: str) -> None:
        self._digest.update(data)
        self._sink.write(data)
        self.sizes[part] += len(data)
