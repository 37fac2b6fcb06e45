"""Reads containers: one after the other from a stream, or a file's table of contents for reading at any place."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mdlbench.container.format import (
    DIGEST_SIZE,
    MAGIC,
    SALVAGE,
    BlockHeader,
    Header,
    IndexEntry,
    Read,
    Scanner,
    check_magic,
    located,
    read_trailer,
    reader_of,
)
from mdlbench.errors import ContainerError, DamagedError, TruncatedError


@dataclass(frozen=True)
class Block:
    """A block as stored: number within its file, where its original bytes lie in the output, header and payload."""

    number: int
    start: int
    header: BlockHeader
    payload: bytes

    @property
    def name(self) -> str:
        """How messages call it: `block 7 (bytes 458752-524287)`."""
        return block_name(self.number, self.start, self.header.original_size)


@dataclass(frozen=True)
class Place:
    """Where a block lies: its number, its offset and size in the file, its start and size in the output."""

    number: int
    offset: int
    stored_size: int
    start: int
    original_size: int
    container: Header


@dataclass(frozen=True)
class Hole:
    """Original bytes that cannot be recovered; `size` is None where nothing tells how many they were.

    What follows one of unknown size is in order, but not known to be in its place, up to the end of its container.
    """

    start: int
    size: int | None


def block_name(number: int, start: int, size: int) -> str:
    """How messages call a block: number and the range of original bytes, first to last."""
    return f"block {number} (bytes {start}-{start + size - 1})"


def read_containers(stream: BinaryIO) -> Iterator[Header | Block]:
    """Read concatenated containers from a stream that need not seek: each Header, then its Blocks.

    When a container's last block has been passed on, its digest is checked: a caller that exhausts the iterator has seen
    nothing but what was written.

    Raises:
        DamagedError, TruncatedError: naming where; also for bytes after the last container.
    """
    source = _Source(stream)
    number = start = 0
    while begins_container(source.peek(len(MAGIC)), source.offset):
        try:
            for item in _read_container(source, number, start):
                if isinstance(item, Block):
                    number, start = item.number + 1, item.start + item.header.original_size
                yield item
        except TruncatedError:
            raise ends_early(source.offset, number, start) from None


def _read_container(source: "_Source", number: int, start: int) -> Iterator[Header | Block]:
    """Read one container, whose first block has this number and starts at this original byte of the file."""
    raw = reader_of(source)
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE)

    def read(size: int) -> bytes:
        data = raw(size)
        digest.update(data)
        return data

    header = Header.read(read)
    yield header
    index: list[IndexEntry] = []
    while True:
        with located(f"{SALVAGE} keeps the others", f"block {number} (from byte {start})"):
            block_header = BlockHeader.read(read, len(header.models))
        if block_header is None:
            break
        payload = read(block_header.payload_size)
        index.append(IndexEntry(len(block_header.to_bytes()) + len(payload), block_header.original_size))
        yield Block(number, start, block_header, payload)
        start, number = start + block_header.original_size, number + 1
        if block_header.only:
            break
    if block_header is None:
        _read_index(read, index, start)
    with located(f"{SALVAGE} names the damaged blocks and keeps the others", _blocks_name(number, start, index)):
        if digest.digest() != raw(DIGEST_SIZE):
            raise DamagedError("the container's digest does not match its bytes: at least one changed")


def _read_index(read: Read, index: list[IndexEntry], start: int) -> None:
    """Read the trailer's index, which must be that of the blocks before it; they end in front of original byte `start`."""
    with located(f"{SALVAGE} recovers the blocks", f"after byte {start - 1}" if start else ""):
        read_trailer(read, index)
        if len(index) == 1:
            raise DamagedError("the container's index does not describe its blocks")


def _blocks_name(number: int, start: int, index: list[IndexEntry]) -> str:
    """How messages call all blocks of a container, up to but without the block with this number and start."""
    first, size = number - len(index), sum(entry.original_size for entry in index)
    if len(index) < 2:
        return block_name(first, start - size, size) if index else ""
    return f"blocks {first}-{number - 1} (bytes {start - size}-{start - 1})"


def begins_container(first: bytes, offset: int) -> bool:
    """Whether a container stands at `offset` of a file: its first three bytes there, or as many as there are.

    Raises:
        DamagedError, TruncatedError: the file is empty or something else, or has something else behind its containers.
    """
    if offset == 0:
        if not first:
            raise TruncatedError("the file is empty: not an mdlbench container (an empty file compresses to a few bytes)")
        check_magic(first)
    elif first and first != MAGIC:
        raise DamagedError(
            f"unexpected bytes after the container, at offset {offset}: not an mdlbench container, they start with "
            f"{first.hex(' ')}; {SALVAGE} passes over them"
        )
    return bool(first)


def ends_early(offset: int, n_blocks: int, size: int) -> TruncatedError:
    """The error of a file that ends at `offset`, where a container does not, behind whole blocks of `size` original bytes."""
    if n_blocks == 0:
        return TruncatedError(
            f"the container ends early, at offset {offset}, before its first block is whole: nothing is left to salvage"
        )
    blocks = f"{n_blocks} whole block{'' if n_blocks == 1 else 's'} (bytes 0-{size - 1})"
    return TruncatedError(f"the container ends early, at offset {offset}, after {blocks}; {SALVAGE} recovers what is whole")


class _Source:
    """A stream that counts the bytes read from it and can be looked at ahead.

    Attributes:
        offset: how many bytes have been read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._ahead, self.offset = stream, b"", 0

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or as many as there are; they are still to be read."""
        while len(self._ahead) < size and (part := self._stream.read(size - len(self._ahead))):
            self._ahead += part
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """At least one byte and up to `size` of them; none at the end."""
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        data = data or self._stream.read(size)
        self.offset += len(data)
        return data


def table_of_contents(file: BinaryIO) -> list[Place]:
    """Locate every block of a seekable file without reading a payload.

    A file of one container is located by its index, at a cost that does not grow with its size; a file of several, or one
    with a single block, is walked from block header to block header.
    """
    return _by_index(file) or _by_walking(file)


def read_block(file: BinaryIO, place: Place) -> Block:
    """Read one block of a seekable file."""
    file.seek(place.offset)
    read = reader_of(file)
    with located(f"{SALVAGE} keeps the others", block_name(place.number, place.start, place.original_size)):
        field = Scanner(read)
        header = BlockHeader.read(field, len(place.container.models))
        stored_size = field.position + (header.payload_size if header else 0)
        if header is None or (stored_size, header.original_size) != (place.stored_size, place.original_size):
            raise DamagedError("its sizes are not those in the container's index")
    return Block(place.number, place.start, header, read(header.payload_size))


def _by_index(file: BinaryIO) -> list[Place] | None:
    """The places that the index at the end of the file gives; None if there is none, or it does not span the whole file."""
    file_size = file.seek(0, os.SEEK_END)
    try:
        file.seek(0)
        field = Scanner(reader_of(file))
        container = Header.read(field)
        offset = field.position
        file.seek(max(offset, file_size - DIGEST_SIZE - 4))
        trailer_size = int.from_bytes(reader_of(file)(4), "little")
        start = file_size - DIGEST_SIZE - 4 - trailer_size
        if start < offset:
            return None
        file.seek(start)
        tag = reader_of(file)(1)
        index = read_trailer(reader_of(file), size=trailer_size, room=start - offset) if tag == b"\0" else []
    except ContainerError:
        return None
    if not index or offset + sum(entry.stored_size for entry in index) + trailer_size + 4 + DIGEST_SIZE != file_size:
        return None
    places, start = [], 0
    for number, entry in enumerate(index):
        places.append(Place(number, offset, entry.stored_size, start, entry.original_size, container))
        offset, start = offset + entry.stored_size, start + entry.original_size
    return places


def _by_walking(file: BinaryIO) -> list[Place]:
    file_size = file.seek(0, os.SEEK_END)
    places: list[Place] = []
    position = 0
    while True:
        file.seek(position)
        if not begins_container(file.read(len(MAGIC)), position):
            return places
        try:
            position = _walk(file, file_size, position, places)
        except TruncatedError:
            raise ends_early(file_size, len(places), _end_of(places)) from None


def _walk(file: BinaryIO, file_size: int, position: int, places: list[Place]) -> int:
    """Add the places of the blocks of the container at `position`; where it ends."""
    file.seek(position)
    read = reader_of(file)
    field = Scanner(read, position)
    container = Header.read(field)
    position = field.position
    start = _end_of(places)
    index: list[IndexEntry] = []
    while True:
        file.seek(position)
        field = Scanner(read, position)
        with located(f"{SALVAGE} keeps the others", f"block {len(places)} (from byte {start})"):
            block = BlockHeader.read(field, len(container.models))
        if block is None:
            _read_index(read, index, start)
            break
        stored_size = field.position - position + block.payload_size
        if position + stored_size > file_size:
            raise TruncatedError("the container ends early")
        index.append(IndexEntry(stored_size, block.original_size))
        places.append(Place(len(places), position, stored_size, start, block.original_size, container))
        position, start = position + stored_size, start + block.original_size
        if block.only:
            file.seek(position)
            break
    read(DIGEST_SIZE)  # must be there; ranges are held against the checksums of their blocks
    return file.tell()


def _end_of(places: list[Place]) -> int:
    """How many original bytes the blocks at `places` have, one after the other."""
    return places[-1].start + places[-1].original_size if places else 0
