"""What stands where in a damaged file: marks, each known by its own check. What they mean together is `salvage`'s to say.

Whatever the bytes are, the work is in proportion to their number: what is long, and so may overlap with many others, is read
only if the bytes in front of its end pay for it. A trailer's own bytes are among those, so that nothing in front can hide it.
"""

import binascii
import hashlib
import io
import os
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mdlbench import varint
from mdlbench.container.format import (
    DIGEST_SIZE,
    LEAST_STORED,
    MAGIC,
    RAW,
    BlockHeader,
    Header,
    IndexEntry,
    Scanner,
    read_trailer,
    trailer_bytes,
)
from mdlbench.errors import ContainerError, TruncatedError

_READ_AT_ONCE = 1 << 20
_PAID_BY_ONE = 4  # how many bytes of trailers, of headers, and of raw blocks, may be read for each byte in front of them
_FREE_ENTRIES = 1 << 16  # of an index, whatever is left of the blocks that it lists
_SHORT_HEADER = 64  # a container's header of so many bytes is read in any case
_LEAST_TRAILER = 7  # tag, number of blocks, original size, check
_CHECKED, _CHECK = 17, 2  # bytes of the longest block header: tag, two lengths of four, checksum; its check
_CRC16 = np.array([binascii.crc_hqx(bytes([byte]), 0) for byte in range(256)], dtype=np.uint16)


class HeaderMark(NamedTuple):
    """A container's header, from `offset` up to `end`; `header` is None where only its magic can be read."""

    offset: int
    end: int
    header: Header | None


class BlockMark(NamedTuple):
    """A block whose header is right, from `offset` up to `end`, an only block's digest included, be it behind the file's end.

    `payload` is where its payload begins; `whole` is True if it is stored raw and was seen to match its checksum.
    """

    offset: int
    payload: int
    end: int
    sizes: IndexEntry
    model: int
    only: bool
    whole: bool


class TrailerMark(NamedTuple):
    """A trailer from its tag up to the digest's end, and the index that it holds, or must have held."""

    offset: int
    end: int
    entries: list[IndexEntry]


Mark = HeaderMark | BlockMark | TrailerMark


class FileBytes:
    """The bytes of a file, read where they are looked at; where a map of one that became shorter would end the process, this
    raises TruncatedError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size = file, os.fstat(file.fileno()).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        begin, end, _ = place.indices(self._size)
        self._file.seek(begin)
        data = self._file.read(max(0, end - begin))
        if begin + len(data) < end:
            raise TruncatedError(f"the file had {self._size:,} bytes and became shorter while it was read; try again")
        return data


def find_marks(data: Any, n_models: int) -> list[Mark]:
    """Every mark in the bytes of a file, in the order of their offsets.

    Args:
        data: bytes, or those of a file.
        n_models: how many models a container has at least whose header cannot be read.
    """
    headers = list(_headers(data))
    known = [len(mark.header.models) for mark in headers if mark.header] or [1]
    blocks = list(_blocks(data, max([n_models, *known])))
    trailers = list(_trailers(data))
    trailers += _proven_trailers(data, headers, blocks, {mark.offset for mark in trailers})
    return sorted([*headers, *blocks, *trailers], key=lambda mark: mark.offset)


class _Account:
    """What may be read: for each byte in front of a place so many, and a few for free."""

    def __init__(self) -> None:
        self.spent = 0

    def pays(self, position: int, size: int) -> bool:
        """Whether `size` bytes may be read that end at `position`; they are then accounted for."""
        if self.spent + size > _PAID_BY_ONE * position + _READ_AT_ONCE:
            return False
        self.spent += size
        return True


def _parse(data: Any, position: int, end: int, parser: Callable[..., Any], *more: Any) -> tuple[Any, int]:
    """What `parser` reads at `position`, or None if nothing valid stands in front of `end`; where it stopped reading."""
    field = Scanner.over(data, position, end)
    with suppress(ContainerError):
        return parser(field, *more), field.position
    return None, field.position


def _headers(data: Any) -> Iterator[HeaderMark]:
    account = _Account()
    for at in _places(data, MAGIC, 0, len(data)):
        header, end = _parse(data, at, len(data) if account.pays(at, 0) else at + _SHORT_HEADER, Header.read)
        account.spent += end - at
        yield HeaderMark(at, end if header else at, header)
    for cut in range(max(0, len(data) - len(MAGIC) + 1), len(data)):
        if MAGIC.startswith(data[cut:]):
            yield HeaderMark(cut, cut, None)


def _blocks(data: Any, n_models: int) -> Iterator[BlockMark]:
    """Blocks, but for those within a raw one whose payload matches its checksum."""
    account, free = _Account(), 0
    for begin in range(0, len(data), _READ_AT_ONCE):
        window = data[begin : begin + _READ_AT_ONCE + _CHECKED + _CHECK - 1]
        for offset in block_headers(window, min(_READ_AT_ONCE, len(data) - begin), n_models):
            header, payload = _parse(data, begin + offset, len(data), BlockHeader.read, n_models)
            if begin + offset < free or header is None:
                continue
            end = payload + header.payload_size
            whole = header.model == RAW and end <= len(data) and account.pays(end, header.payload_size)
            whole = whole and _digest(data, payload, end) == header.checksum
            free = end if whole else free
            sizes = IndexEntry(end - begin - offset, header.original_size)
            behind = min(end + (DIGEST_SIZE if header.only else 0), max(end, len(data)))
            yield BlockMark(begin + offset, payload, behind, sizes, header.model, header.only, whole)


def _trailers(data: Any) -> Iterator[TrailerMark]:
    """Find them from the size field behind each, which says how far in front of it the tag lies; no two overlap."""
    spent = free = 0
    for begin in range(0, len(data) - 3, _READ_AT_ONCE):
        window = np.frombuffer(data[begin : begin + _READ_AT_ONCE + 3], dtype=np.uint8).astype(np.int64)
        sizes = window[:-3] | window[1:-2] << 8 | window[2:-1] << 16 | window[3:] << 24
        places = begin + np.arange(len(sizes))
        for place in np.flatnonzero((sizes >= _LEAST_TRAILER) & (sizes <= places - free)):
            end, size = begin + int(place), int(sizes[place])
            if end - size < free or not _may_be_trailer(data, end - size, size) or spent + size > _PAID_BY_ONE * end:
                continue
            spent += size
            packed = data[end - size : end + 4]
            if zlib.crc32(packed[:-8]) == int.from_bytes(packed[-8:-4], "little"):
                with suppress(ContainerError):
                    room = LEAST_STORED * _FREE_ENTRIES + _PAID_BY_ONE * (end - size)
                    index = read_trailer(Scanner.over(packed, 1, len(packed)), size=size, room=room)
                    yield TrailerMark(end - size, min(end + 4 + DIGEST_SIZE, len(data)), index)
                    free = end


def _may_be_trailer(data: Any, start: int, size: int) -> bool:
    """Whether the number of blocks said at `start` fits a trailer of this size, each taking two to ten bytes."""
    first = data[start : start + 6]
    if first[0]:
        return False
    try:
        blocks = varint.unpack(io.BytesIO(first[1:]).read)
    except (ValueError, IndexError):
        return False
    return 2 * blocks <= size - _LEAST_TRAILER <= 10 * blocks + 4 + 9  # number and sum may be longer


def _proven_trailers(data: Any, headers: list[HeaderMark], blocks: list[BlockMark], known: set[int]) -> Iterator[TrailerMark]:
    """Damaged trailers that must have held the index of the blocks between header and trailer.

    What they should be gives the container's digest, and that is there; or the file ends within one that begins so, up to the
    number of blocks at least.
    """
    starts = [mark.offset for mark in headers if mark.header]
    at, seen, account = {block.offset: block for block in blocks}, set[int](), _Account()
    for mark in headers:
        index, position = [], mark.end
        while mark.header and position not in seen and position in at:
            seen.add(position)
            index.append(at[position].sizes)
            position = at[position].end
        if position in known or position in seen or len(index) < 2:
            continue
        trailer = trailer_bytes(index, only_block=False)
        number = bisect_left(starts, position)
        end = starts[number] if number < len(starts) else len(data)
        there = data[position : position + len(trailer)] if end == len(data) else b""
        if len(there) > len(varint.pack(len(index))) and trailer.startswith(there):
            yield TrailerMark(position, end, index)
        elif account.pays(end, end - mark.offset):
            place = next(_places(data, _digest(data, mark.offset, position, trailer), position, end), None)
            if place is not None:
                yield TrailerMark(position, place + DIGEST_SIZE, index)


def _places(data: Any, wanted: bytes, begin: int, end: int) -> Iterator[int]:
    """Where `wanted` stands from `begin` up to `end`."""
    for at in range(begin, end, _READ_AT_ONCE):
        window = data[at : min(at + _READ_AT_ONCE + len(wanted) - 1, end)]
        place = window.find(wanted)
        while place >= 0:
            yield at + place
            place = window.find(wanted, place + 1)


def _digest(data: Any, begin: int, end: int, more: bytes = b"") -> bytes:
    """The 64-bit digest of a stretch of the file and `more`."""
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
    for at in range(begin, end, _READ_AT_ONCE):
        digest.update(data[at : min(at + _READ_AT_ONCE, end)])
    digest.update(more)
    return digest.digest()


def block_headers(data: bytes, n_places: int, n_models: int) -> list[int]:
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
