"""Writes a container, block by block, to anything that has `write`."""

import hashlib
from dataclasses import replace
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
from mdlbench.ledger import PARTS

RAW_HELD = 1 << 20  # raw bytes kept back before the header: a container of nothing else names no model


class Writer:
    """Writes header, blocks and trailer in order; never seeks.

    The last block added is held back until it is known whether it is the only one; leading raw blocks, up to 1 MiB of them,
    until it is known whether any block needs a model.

    Attributes:
        sizes: bytes written so far, by part of the container.
    """

    def __init__(self, sink: BinaryIO, header: Header) -> None:
        self._sink = sink
        self._header_bytes = header.to_bytes()  # now, so that what does not fit is refused before any work
        self._digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
        self._held: list[tuple[BlockHeader, bytes]] = []
        self._index: list[IndexEntry] = []
        self._begun = False
        self.sizes = dict.fromkeys(PARTS, 0)

    def add(self, original: bytes, model: int, payload: bytes) -> None:
        """Append a block: its original bytes (for size and checksum), the model's index or RAW, and what to store."""
        assert 1 <= len(original) <= MAX_BLOCK
        assert len(payload) == len(original) if model == RAW else len(payload) < len(original)
        self._held.append((BlockHeader(model, len(original), len(payload), checksum(original)), payload))
        if self._begun or model != RAW or sum(len(held) for _, held in self._held) > RAW_HELD:
            self._begin(self._header_bytes)
            while len(self._held) > 1:
                self._flush(*self._held.pop(0))

    def finish(self) -> None:
        """Write what is held back, the index and the trailer."""
        self._begin(Header(()).to_bytes())
        only = len(self._held) == 1 and not self._index
        for block, payload in self._held:
            self._flush(replace(block, only=only), payload)
        self._put(trailer_bytes(self._index, only_block=only), "index")
        self._put(self._digest.digest(), "trailer")

    def _begin(self, header: bytes) -> None:
        if not self._begun:
            self._begun = True
            self._put(header, "header")

    def _flush(self, block: BlockHeader, payload: bytes) -> None:
        header = block.to_bytes()
        self._put(header, "block_headers")
        self._put(payload, "raw_blocks" if block.model == RAW else "payloads")
        self._index.append(IndexEntry(len(header) + len(payload), block.original_size))

    def _put(self, data: bytes, part: str) -> None:
        self._digest.update(data)
        self._sink.write(data)
        self.sizes[part] += len(data)
