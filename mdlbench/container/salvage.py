"""Finds the blocks of a damaged container: by walking it, by searching for the next block header, by its index.

Whether a block found is whole is for its checksum to say, once it is decoded.
"""

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np

from mdlbench.container.format import DIGEST_SIZE, BlockHeader, Header, IndexEntry, read_trailer
from mdlbench.container.reader import Place
from mdlbench.errors import ContainerError, TruncatedError

_SEARCHED_AT_ONCE = 1 << 20


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

    def items(self) -> list[Place | Hole]:
        done: list[Place | Hole] = []
        found: list[Place | Hole] = []  # of the current container
        position = 0
        while position < self.size:
            if (parsed := self.parse(position, Header.read)) is not None:
                done, found = done + found, []
                self.header, position = parsed
            elif (block := self.block_at(position)) is not None:
                header, position, end = block[0], position, block[1]
                found.append(Place(0, position, end - position, 0, header.original_size, self._header()))
                position = end + (DIGEST_SIZE if header.only else 0)
            elif (trailer := self.trailer_at(position)) is not None:
                done, found = done + self.against_index(trailer[0], position, found), []
                position = trailer[1] + DIGEST_SIZE
            else:
                if not (found and isinstance(found[-1], Hole)):
                    found.append(Hole(0, None))
                position = self.search(position + 1)
        if self.header is None:
            raise ContainerError("the container's header is damaged: name the model that wrote it, --salvage -m SPEC")
        return done + found

    def against_index(self, index: list[IndexEntry], end: int, found: list[Place | Hole]) -> list[Place | Hole]:
        """The blocks that the index lists, those found at their place and holes for the rest."""
        places = {place.offset: place for place in found if isinstance(place, Place)}
        offset = end - sum(entry.stored_size for entry in index)
        items: list[Place | Hole] = []
        for entry in index:
            place = places.get(offset)
            matches = place is not None and place.original_size == entry.original_size
            items.append(place if place is not None and matches else Hole(0, entry.original_size))
            offset += entry.stored_size
        return items

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
        n_models = len(self.header.models) if self.header else 64
        parsed = self.parse(position, BlockHeader.read, n_models)
        if parsed is None or parsed[0] is None:
            return None
        end = parsed[1] + parsed[0].payload_size
        return (parsed[0], end) if end <= self.size else None

    def trailer_at(self, position: int) -> tuple[list[IndexEntry], int] | None:
        """The index that stands at `position`, and its end."""
        return self.parse(position + 1, read_trailer) if self.data[position] == 0 else None

    def search(self, position: int) -> int:
        """The next place where a header, a trailer or a block followed by another structure begins."""
        n_models = len(self.header.models) if self.header else 64
        tags = np.zeros(256, dtype=bool)
        tags[[0, ord("m")]] = True
        tags[1 : 2 + n_models] = tags[129 : 130 + n_models] = True
        while position < self.size:
            part = np.frombuffer(self.data[position : position + _SEARCHED_AT_ONCE], dtype=np.uint8)
            for offset in np.flatnonzero(tags[part]):
                if self.starts_structure(position + int(offset)):
                    return position + int(offset)
            position += len(part)
        return self.size

    def starts_structure(self, position: int) -> bool:
        if self.parse(position, Header.read) is not None or self.trailer_at(position) is not None:
            return True
        block = self.block_at(position)
        if block is None:
            return False
        end = block[1] + (DIGEST_SIZE if block[0].only else 0)
        follows = (self.block_at, self.trailer_at, lambda at: self.parse(at, Header.read))
        return end == self.size or any(end < self.size and follow(end) is not None for follow in follows)

    def _header(self) -> Header:
        if self.header is None:
            raise ContainerError("the container's header is damaged: name the model that wrote it, --salvage -m SPEC")
        return self.header


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
