"""What stands at each place of a damaged file: container headers, block headers and trailers, known by their own checks.

Whatever the bytes are, the work is in proportion to their number: what is long, and so may overlap with many others, is read
only if the bytes in front of its end pay for it. A trailer's own bytes are among those, so that nothing in front can hide it.
"""

import binascii
import io
import zlib
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from mdlbench.container.format import (
    DIGEST_SIZE,
    MAGIC,
    MAX_MODELS,
    RAW,
    BlockHeader,
    Header,
    IndexEntry,
    ModelEntry,
    checksum,
    read_trailer,
    reader_of,
)
from mdlbench.errors import ContainerError, TruncatedError

READ_AT_ONCE = 1 << 20
_LEAST_READ = 1 << 12  # the next structure is often near
_PAID_BY_ONE = 4  # how many bytes of trailers, and of headers and raw blocks, may be read for each byte in front of them
_SHORT_HEADER = 64  # a container's header of so many bytes is read in any case
_LEAST_TRAILER = 7  # tag, number of blocks, original size, check
_CHECKED, _CHECK = 17, 2  # bytes of the longest block header: tag, two lengths of four, checksum; its check
_ANY_MODELS = Header((ModelEntry(bytes(DIGEST_SIZE), "any"),) * MAX_MODELS)
_CRC16 = np.array([binascii.crc_hqx(bytes([byte]), 0) for byte in range(256)], dtype=np.uint16)


class Structures:
    """The bytes of a damaged file and the structures in them.

    Attributes:
        trailers: index of each trailer with a right check, by the offset of its tag, and the end of its size field.
        listed: what those indices say of blocks.

    What stands between the first block that an index lists and its trailer is no structure of the file, but for the blocks: it
    belongs to a container that is stored raw in one of them.
    """

    def __init__(self, data: Any) -> None:
        self.data, self.size = data, len(data)
        self.trailers: dict[int, tuple[list[IndexEntry], int]] = {}
        self._find_trailers()
        self._headers: dict[int, tuple[Header, int] | None] = {}
        self._next_header = -1
        self._spent = 0
        self._spans: list[tuple[int, int]] = []  # from a trailer's first block to its tag, in the order of the file
        self._drop_nested()
        self._starts = sorted(self.trailers)
        self.listed = {entry for index, _ in self.trailers.values() for entry in index}

    def header_at(self, position: int) -> tuple[Header, int] | None:
        """A container's header, and where it ends."""
        if position < 0 or self.data[position : position + len(MAGIC)] != MAGIC or self._is_nested(position):
            return None
        if position not in self._headers:
            header, end = self._parse(position, self.size if self._pays(position) else position + _SHORT_HEADER, Header.read)
            self._spent += end - position
            self._headers[position] = None if header is None else (header, end)
        return self._headers[position]

    def block_at(self, position: int, container: Header | None) -> tuple[BlockHeader, int] | None:
        """A block header whose payload fits into the file, and the payload's end; None without a container's header."""
        if container is None:
            return None
        header, end = self._parse(position, self.size, BlockHeader.read, len(container.models))
        return (header, end + header.payload_size) if header is not None and end + header.payload_size <= self.size else None

    def is_listed(self, position: int, entry: IndexEntry, container: Header | None) -> bool:
        """Whether a block with the sizes of an index's entry stands at `position`."""
        block = self.block_at(position, container)
        return block is not None and IndexEntry(block[1] - position, block[0].original_size) == entry

    def is_whole_raw(self, position: int, container: Header) -> bool:
        """Whether a block is stored raw, so that its payload can be held against its checksum here, and matches it."""
        header, end = self.block_at(position, container) or (None, 0)
        if header is None or header.model != RAW or not self._pays(end, header.payload_size):
            return False
        self._spent += header.payload_size
        return checksum(self.data[end - header.payload_size : end]) == header.checksum

    def search(self, position: int, container: Header | None) -> int:
        """The next place where a header, a trailer or a block begins; no search begins in front of an earlier one's place."""
        stop = min(self._header_from(position), self._trailer_from(position))
        if container is None:
            return stop
        at_once = _LEAST_READ
        while position < stop:
            end = min(stop, position + at_once)
            for offset in _block_headers(
                self.data[position : end + _CHECKED + _CHECK - 1], end - position, len(container.models)
            ):
                if self.starts_block(position + offset, container):
                    return position + offset
            position, at_once = end, min(2 * at_once, READ_AT_ONCE)
        return stop

    def starts_block(self, position: int, container: Header) -> bool:
        """Whether a block stands at `position`: one whose sizes an index lists, or with a structure or the end behind it."""
        block = self.block_at(position, container)
        if block is None:
            return False
        end = block[1] + (DIGEST_SIZE if block[0].only else 0)
        if IndexEntry(block[1] - position, block[0].original_size) in self.listed or end == self.size or end in self.trailers:
            return True
        return self.block_at(end, container) is not None or self.header_at(end) is not None

    def _header_from(self, position: int) -> int:
        """Where the first container's header from `position` on stands, or the end of the file."""
        if self._next_header < position:
            at = self.data.find(MAGIC, position)
            while at >= 0 and self.header_at(at) is None:
                at = self.data.find(MAGIC, at + 1)
            self._next_header = at if at >= 0 else self.size
        return self._next_header

    def _trailer_from(self, position: int) -> int:
        """Where the first trailer from `position` on stands, or the end of the file."""
        number = bisect_left(self._starts, position)
        return self._starts[number] if number < len(self._starts) else self.size

    def _pays(self, position: int, size: int = 0) -> bool:
        """Whether the bytes in front of `position`, and a few for free, pay for what was read so far and `size` bytes more."""
        return self._spent + size <= _PAID_BY_ONE * position + READ_AT_ONCE

    def _parse(self, position: int, end: int, parser: Callable[..., Any], *more: Any) -> tuple[Any, int]:
        """What `parser` reads at `position`, or None if nothing valid stands in front of `end`; where it stopped reading."""
        at = position

        def read(size: int) -> bytes:
            nonlocal at
            if at + size > min(end, self.size):
                raise TruncatedError("too short")
            at += size
            return self.data[at - size : at]

        with suppress(ContainerError):
            return parser(read, *more), at
        return None, at

    def _find_trailers(self) -> None:
        """Find them from the size field behind each, which says how far in front of it the tag lies; no two overlap."""
        spent = free = 0
        for begin in range(0, self.size - 3, READ_AT_ONCE):
            window = np.frombuffer(self.data[begin : begin + READ_AT_ONCE + 3], dtype=np.uint8).astype(np.int64)
            sizes = window[:-3] | window[1:-2] << 8 | window[2:-1] << 16 | window[3:] << 24
            places = begin + np.arange(len(sizes))
            for place in np.flatnonzero((sizes >= _LEAST_TRAILER) & (sizes <= places - free)):
                end, size = begin + int(place), int(sizes[place])
                if end - size < free or not self._may_be_trailer(end - size, size) or spent + size > _PAID_BY_ONE * end:
                    continue
                spent += size
                packed = self.data[end - size : end + 4]
                if zlib.crc32(packed[:-8]) == int.from_bytes(packed[-8:-4], "little"):
                    with suppress(ContainerError):
                        self.trailers[end - size] = read_trailer(reader_of(io.BytesIO(packed[1:])), size=size), end + 4
                        free = end

    def _drop_nested(self) -> None:
        """Forget trailers among the blocks that another one lists."""
        for end in sorted(self.trailers):
            begin = self._first_block(self.trailers[end][0], end)
            while self._spans and self._spans[-1][1] > begin:
                del self.trailers[self._spans.pop()[1]]
            self._spans.append((begin, end))

    def _first_block(self, index: list[IndexEntry], end: int) -> int:
        """Where the blocks of an index begin, counted from their `end`; if no container's header stands in front of them, where
        the first of them does that is in its place."""
        begin = end - sum(entry.stored_size for entry in index)
        header = self.header_at(self.data.rfind(MAGIC, max(0, begin - _LEAST_READ), max(0, begin)))
        if header is not None and header[1] == begin:
            return begin
        for entry in index:
            if begin >= 0 and self.is_listed(begin, entry, _ANY_MODELS):
                break
            begin += entry.stored_size
        return begin

    def _is_nested(self, position: int) -> bool:
        number = bisect_left(self._spans, (position, 0)) - 1
        return number >= 0 and position < self._spans[number][1]

    def _may_be_trailer(self, start: int, size: int) -> bool:
        """Whether the number of blocks said at `start` fits a trailer of this size, each taking two to ten bytes."""
        if self.data[start]:
            return False
        blocks = shift = 0
        for byte in self.data[start + 1 : start + 6]:
            blocks |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        return 2 * blocks <= size - _LEAST_TRAILER <= 10 * blocks + 4 + 9  # the number itself and the sum may be longer


def _block_headers(data: bytes, n_places: int, n_models: int) -> list[int]:
    """Those of the first `n_places` places of `data` where a block header with a right check stands."""
    tags = np.zeros(256, dtype=bool)
    tags[1 : 2 + n_models] = tags[129 : 130 + n_models] = True
    packed = np.frombuffer(data + bytes(_CHECKED + _CHECK), dtype=np.uint8)
    places = np.flatnonzero(tags[packed[:n_places]])
    rows = np.lib.stride_tricks.sliding_window_view(packed, _CHECKED + _CHECK)[places]
    lengths = 1 + _varint_lengths(rows, np.ones(len(rows), dtype=np.int64))
    lengths += np.where(rows[:, 0] & 0x7F == 1, 0, _varint_lengths(rows, lengths)) + DIGEST_SIZE
    check, right = np.zeros(len(rows), dtype=np.uint16), np.zeros(len(rows), dtype=bool)
    for column in range(_CHECKED):
        check = check << 8 ^ _CRC16[check >> 8 ^ rows[:, column]]
        right |= (lengths == column + 1) & (check == (rows[:, column + 1] | rows[:, column + 2].astype(np.uint16) << 8))
    return places[right].tolist()


def _varint_lengths(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """How many bytes the varint of up to four has that begins in this column of each row."""
    return 1 + np.argmin(np.take_along_axis(rows, columns[:, None] + np.arange(4), axis=1) >= 0x80, axis=1)
