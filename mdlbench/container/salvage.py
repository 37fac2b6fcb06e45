"""Finds the blocks of a damaged container: by walking it, by searching for the next block header, by its index.

Whether a block found is whole is for its checksum to say, once it is decoded.
"""

import io
import itertools
import mmap
import os
import zlib
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from mdlbench.container.format import (
    DIGEST_SIZE,
    MAGIC,
    RAW,
    SALVAGE,
    BlockHeader,
    Header,
    IndexEntry,
    checksum,
    read_trailer,
    reader_of,
)
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
        self.listed = {entry for index, _ in self.trailers.values() for entry in index}

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
                body = position
            else:
                last = found[-1] if found else None
                doubtful = isinstance(last, Place) and not self.is_whole_raw(last)  # its payload may have lost bytes
                behind = self.search((last.offset if isinstance(last, Place) and doubtful else position) + 1)
                if behind > position and not isinstance(last, Hole):
                    found.append(Hole(0, None))
                position = behind
        self._header()
        return done + found

    def against_index(self, index: list[IndexEntry], body: int, end: int, found: list[Place | Hole]) -> list[Place | Hole]:
        """The blocks that the index lists: where counting from the back or from the front finds them, or else a hole.

        Counting from both sides, bytes lost or gained in one block move no other; blocks between two such ones are among what
        was found. What was found in front of the blocks listed belongs to a container whose own trailer is gone: it is kept,
        with a hole behind it.
        """
        stored = [entry.stored_size for entry in index]
        fronts = list(itertools.accumulate(stored, initial=body))
        backs = list(itertools.accumulate(stored, initial=end - sum(stored)))
        listed: list[Place | Hole] = []
        for entry, *offsets in reversed(list(zip(index, backs, fronts, strict=False))):
            item = self.place_at(entry, end, *offsets)
            end = item.offset if isinstance(item, Place) else end  # no two entries are given the same block
            listed.append(item)
        listed.reverse()
        others = _fill(listed, index, fronts, [item for item in found if isinstance(item, Place)])
        in_front = [place for place in others if place.offset < backs[0]]
        return [*in_front, Hole(0, None), *listed] if in_front else listed

    def place_at(self, entry: IndexEntry, end: int, *offsets: int) -> Place | Hole:
        """The block of an index entry, at the first of `offsets` in front of `end` where one of its sizes stands."""
        for offset in offsets:
            block = self.block_at(offset) if 0 <= offset < end else None
            if block and (block[1] - offset, block[0].original_size) == (entry.stored_size, entry.original_size):
                return Place(0, offset, entry.stored_size, 0, entry.original_size, self._header())
        return Hole(0, entry.original_size)

    def is_whole_raw(self, place: Place) -> bool:
        """Whether a block is stored raw, so that its payload can be held against its checksum here, and matches it."""
        header, end = self.block_at(place.offset) or (None, 0)
        return (
            header is not None
            and header.model == RAW
            and checksum(self.data[end - header.payload_size : end]) == header.checksum
        )

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
        """The next place where a header, a trailer or a block begins."""
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
        """Whether a block stands at `position`: one whose sizes an index lists, or with a structure or the end behind it."""
        block = self.block_at(position)
        if block is None:
            return False
        if IndexEntry(block[1] - position, block[0].original_size) in self.listed:
            return True
        end = block[1] + (DIGEST_SIZE if block[0].only else 0)
        if end == self.size or end in self.trailers:
            return True
        return end < self.size and (self.block_at(end) is not None or self.parse(end, Header.read) is not None)

    def _header(self) -> Header:
        if self.header is None:
            raise ContainerError(f"the container's header is damaged: name the model that wrote it, {SALVAGE} -m SPEC")
        return self.header


def _fill(listed: list[Place | Hole], index: list[IndexEntry], fronts: list[int], found: list[Place]) -> list[Place]:
    """Put blocks that were found, but are not listed, into the nearest hole of their sizes; those that fit none.

    Args:
        listed: a block or a hole for every entry of the index; blocks in the order of their offsets, which they keep.
        fronts: where each of them begins if nothing in front of it was lost or gained.
    """
    known = [(item.offset, number) for number, item in enumerate(listed) if isinstance(item, Place)]
    holes: dict[IndexEntry, list[int]] = {}
    for number, item in enumerate(listed):
        if isinstance(item, Hole):
            holes.setdefault(index[number], []).append(number)
    others, least = [], 0
    for place in found:
        behind = bisect_left(known, (place.offset, 0))
        if behind < len(known) and known[behind][0] == place.offset:
            continue
        least = max(least, known[behind - 1][1]) if behind else least
        most = known[behind][1] if behind < len(known) else len(index)
        numbers = holes.get(IndexEntry(place.stored_size, place.original_size), [])
        first, end = bisect_left(numbers, least), bisect_left(numbers, most)
        near = bisect_left(numbers, bisect_left(fronts, place.offset), first, end)
        nearest = sorted(numbers[max(first, near - 1) : min(end, near + 1)], key=lambda n: abs(fronts[n] - place.offset))
        if nearest:
            listed[nearest[0]], least = place, nearest[0] + 1
        else:
            others.append(place)
    return others


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
            with suppress(ContainerError):
                found[start] = read_trailer(reader_of(io.BytesIO(data[start + 1 : end + 4])), size=end - start), end + 4
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
