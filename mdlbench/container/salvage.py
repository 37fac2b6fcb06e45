"""Finds the blocks of a damaged container: by walking it, by searching for the next block header, by its index.

Whether a block found is whole is for its checksum to say, once it is decoded.
"""

import io
import itertools
import mmap
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from mdlbench.container.format import DIGEST_SIZE, MAGIC, SALVAGE, BlockHeader, Header, IndexEntry, read_trailer, reader_of
from mdlbench.container.reader import Place
from mdlbench.errors import ContainerError, TruncatedError

_SEARCHED_AT_ONCE = 1 << 20
_LEAST_TRAILER = 7  # tag, number of blocks, original size, check


@dataclass(frozen=True)
class Hole:
    """Original bytes that cannot be recovered; `size` is None where nothing tells how many they were."""

    start: int
    size: int | None


def locate_blocks(file: BinaryIO, supplied: Header | None) -> list[Place | Hole]:
    """Every block that can be found in a damaged file, in order, and holes for those known to be lost.

    Args:
        file: an open file on disk.
        supplied: stands in for container headers that are damaged; None if the user named no model.

    Raises:
        ContainerError: no header can be read and none was supplied.
    """
    if os.fstat(file.fileno()).st_size == 0:
        raise TruncatedError("the file is empty: there is nothing to salvage")
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _number(_Walk(data, supplied).items())


class _Walk:
    """One pass over the bytes: what stands at each place, and where the next structure begins after damage."""

    def __init__(self, data: Any, supplied: Header | None) -> None:
        self.data, self.size, self.header, self.supplied = data, len(data), supplied, supplied
        self.trailers = _find_trailers(data)

    def items(self) -> list[Place | Hole]:
        done: list[Place | Hole] = []
        found: list[Place | Hole] = []  # of the current container
        position = body = 0  # body: where the current container's blocks begin
        while position < self.size:
            if (parsed := self.parse(position, Header.read)) is not None:
                done.extend(found)
                found = []
                self.header, position = parsed
                body = position
            elif (block := self.block_at(position)) is not None:
                header, end = block
                found.append(Place(0, position, end - position, 0, header.original_size, self._header()))
                position = end + (DIGEST_SIZE if header.only else 0)
            elif position in self.trailers:
                index, end = self.trailers[position]
                done.extend(self.against_index(index, body, position, found))
                found, position = [], end + DIGEST_SIZE
            else:
                if not (found and isinstance(found[-1], Hole)):
                    found.append(Hole(0, None))
                position = self.search(position + 1)
        self._header()
        return done + found

    def against_index(self, index: list[IndexEntry], body: int, end: int, found: list[Place | Hole]) -> list[Place | Hole]:
        """The blocks that the index lists: where counting from the back or from the front finds them, or else a hole.

        Counting from both sides, bytes lost or gained in one block move no other. What was found but is not in the index
        belongs to a container in front, whose own trailer is gone: it is kept, with a hole behind it.
        """
        stored = [entry.stored_size for entry in index]
        fronts = [body + before for before in itertools.accumulate(stored, initial=0)]
        backs = [end - sum(stored) + before for before in itertools.accumulate(stored, initial=0)]
        listed = [self.place_at(entry, *offsets) for entry, *offsets in zip(index, backs, fronts, strict=False)]
        known = {place.offset for place in listed if isinstance(place, Place)}
        others: list[Place | Hole] = [place for place in found if isinstance(place, Place) and place.offset not in known]
        return [*others, Hole(0, None), *listed] if others else listed

    def place_at(self, entry: IndexEntry, *offsets: int) -> Place | Hole:
        """The block of an index entry, at the first of `offsets` where one of its sizes stands."""
        for offset in offsets:
            block = self.block_at(offset) if 0 <= offset < self.size else None
            if block and (block[1] - offset, block[0].original_size) == (entry.stored_size, entry.original_size):
                return Place(0, offset, entry.stored_size, 0, entry.original_size, self._header())
        return Hole(0, entry.original_size)

    def parse(self, position: int, parser: Callable[..., Any], *more: Any) -> tuple[Any, int] | None:
        """What `parser` reads at `position` and where it ends; None if it reads nothing valid there."""
        at = position

        def read(size: int) -> bytes:
            nonlocal at
            if at + size > self.size:
                raise TruncatedError("end of file")
            at += size
            return self.data[at - size : at]

        try:
            value = parser(read, *more)
        except ContainerError:
            return None
        return value, at

    def block_at(self, position: int) -> tuple[BlockHeader, int] | None:
        """A block header whose payload fits into the file, and the payload's end."""
        if self.header is None:
            return None
        parsed = self.parse(position, BlockHeader.read, len(self.header.models))
        if parsed is None or parsed[0] is None:
            return None
        end = parsed[1] + parsed[0].payload_size
        return (parsed[0], end) if end <= self.size else None

    def search(self, position: int) -> int:
        """The next place where a header, a trailer or a block followed by another structure begins."""
        trailer = min((at for at in self.trailers if at >= position), default=self.size)
        magic = self.data.find(MAGIC, position)
        while magic >= 0 and self.parse(magic, Header.read) is None:
            magic = self.data.find(MAGIC, magic + 1)
        stop = min(trailer, magic) if magic >= 0 else trailer
        if self.header is None:
            return stop
        tags = np.zeros(256, dtype=bool)
        tags[1 : 2 + len(self.header.models)] = tags[129 : 130 + len(self.header.models)] = True
        while position < stop:
            part = np.frombuffer(self.data[position : min(stop, position + _SEARCHED_AT_ONCE)], dtype=np.uint8)
            for offset in np.flatnonzero(tags[part]):
                if self.starts_block(position + int(offset)):
                    return position + int(offset)
            position += len(part)
        return stop

    def starts_block(self, position: int) -> bool:
        """Whether a block stands at `position` and another structure, or the end of the file, behind it."""
        block = self.block_at(position)
        if block is None:
            return False
        end = block[1] + (DIGEST_SIZE if block[0].only else 0)
        if end == self.size or end in self.trailers:
            return True
        return end < self.size and (self.block_at(end) is not None or self.parse(end, Header.read) is not None)

    def _header(self) -> Header:
        if self.header is None:
            raise ContainerError(f"the container's header is damaged: name the model that wrote it, {SALVAGE} -m SPEC")
        return self.header


def _find_trailers(data: Any) -> dict[int, tuple[list[IndexEntry], int]]:
    """Every trailer with a right check, by the offset of its tag, and the end of its size field.

    Found from that field: it stands behind the trailer and says how far in front of it the tag lies.
    """
    found = {}
    for begin in range(0, len(data) - 3, _SEARCHED_AT_ONCE):
        window = np.frombuffer(data[begin : begin + _SEARCHED_AT_ONCE + 3], dtype=np.uint8).astype(np.int64)
        sizes = window[:-3] | window[1:-2] << 8 | window[2:-1] << 16 | window[3:] << 24
        places = begin + np.arange(len(sizes))
        for place in np.flatnonzero((sizes >= _LEAST_TRAILER) & (sizes <= places)):
            end = begin + int(place)
            start = end - int(sizes[place])
            if data[start] or zlib.crc32(data[start : end - 4]) != int.from_bytes(data[end - 4 : end], "little"):
                continue
            try:
                index = read_trailer(reader_of(io.BytesIO(data[start + 1 : end + 4])), size=end - start)
            except ContainerError:
                continue
            if sum(entry.stored_size for entry in index) <= start:
                found[start] = index, end + 4
    return found


def _number(items: list[Place | Hole]) -> list[Place | Hole]:
    """Give blocks their numbers and all items their start in the output."""
    numbered: list[Place | Hole] = []
    start = 0
    for number, item in enumerate(items):
        if isinstance(item, Place):
            numbered.append(replace(item, number=number, start=start))
            start += item.original_size
        else:
            numbered.append(Hole(start, item.size))
            start += item.size or 0
    return numbered
