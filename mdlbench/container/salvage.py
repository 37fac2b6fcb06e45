"""Finds the blocks of a damaged container: by walking it, by searching for the next block header, by its index.

Whether a block found is whole is for its checksum to say, once it is decoded.
"""

import hashlib
import itertools
import mmap
import os
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from mdlbench import varint
from mdlbench.container.format import DIGEST_SIZE, MAGIC, SALVAGE, Header, IndexEntry, trailer_bytes
from mdlbench.container.reader import Place
from mdlbench.container.search import READ_AT_ONCE, Structures
from mdlbench.errors import ContainerError, TruncatedError

_LEAST_CONTAINER = 28  # one without blocks: header 9, trailer 7, its size 4, digest 8


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
    """One pass over the bytes: what stands at each place, and where the next structure begins after damage.

    Attributes:
        header, header_size: of the current container; where that is damaged, of the one before it, or what the user named.
        begin: where the current container's header stands; None if it cannot be read.
        body: where its blocks begin; where the container before it ended, if the header cannot be read.
        found: its blocks, and holes of unknown size where bytes mean nothing.
        inside: whether anything of it was met.
        done: the items of all containers before it.
    """

    def __init__(self, data: Any, supplied: Header | None) -> None:
        self.data, self.size, self.header = data, len(data), supplied
        self.header_size = len(supplied.to_bytes()) if supplied else 0
        self.structures = Structures(data)
        self.begin: int | None = None
        self.body, self.inside = 0, False
        self.found: list[Place | Hole] = []
        self.done: list[Place | Hole] = []

    def items(self) -> list[Place | Hole]:
        position = 0
        while position < self.size:
            if (parsed := self.structures.header_at(position)) is not None:
                self.break_off(position)
                self.header, self.body = parsed
                self.begin, self.header_size, self.inside = position, self.body - position, True
                position = self.body
            elif (block := self.structures.block_at(position, self.header)) is not None:
                header, end = block
                self.found.append(Place(0, position, end - position, 0, header.original_size, self._header()))
                self.inside, position = True, end
                if header.only:
                    position += DIGEST_SIZE
                    self.finish(self.with_only_block(), position)
            elif position in self.structures.trailers:
                index, end = self.structures.trailers[position]
                self.finish(self.against_index(index, position), end + DIGEST_SIZE)
                position = self.body
            else:
                position = self.pass_over(position)
        self.break_off(self.size)
        self._header()
        return self.done

    def finish(self, items: list[Place | Hole], end: int) -> None:
        """Take over the items of a container that ends at `end`; another one may begin there."""
        self.done += items
        self.begin, self.body, self.inside, self.found = None, end, False, []

    def break_off(self, position: int) -> None:
        """End a container whose trailer was not found in front of `position`: blocks may be missing, unless something proves
        that none is."""
        if self.is_garbage(position) or self.is_proven_whole(position):
            self.found = [item for item in self.found if isinstance(item, Place)]
        elif self.inside and not (self.found and isinstance(self.found[-1], Hole)):
            self.found.append(Hole(0, None))
        self.finish(self.found, position)

    def is_garbage(self, end: int) -> bool:
        """Whether the bytes up to `end`, none of them recognised, are too few for a container, or follow the last one."""
        if self.begin is not None or any(isinstance(item, Place) for item in self.found):
            return False
        fits = end - self.body >= _LEAST_CONTAINER if end < self.size else self.body == 0
        return not fits and self.data.find(MAGIC, self.body, end) < 0

    def is_proven_whole(self, end: int) -> bool:
        """Whether the blocks found are all that the current container, which ends in front of `end`, was written with.

        The trailer that they should have either gives the container's digest, and that is there; or it begins as what is there,
        up to the number of blocks at least.
        """
        places = [item for item in self.found if isinstance(item, Place)]
        if self.begin is None or len(places) == 1 or any(isinstance(item, Hole) for item in self.found[:-1]):
            return False
        blocks_end = places[-1].offset + places[-1].stored_size if places else self.body
        trailer = trailer_bytes([IndexEntry(place.stored_size, place.original_size) for place in places], only_block=False)
        there = self.data[blocks_end : min(end, blocks_end + len(trailer))]
        if len(there) > len(varint.pack(len(places))) and trailer.startswith(there):
            return True
        digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
        for at in range(self.begin, blocks_end, READ_AT_ONCE):
            digest.update(self.data[at : min(at + READ_AT_ONCE, blocks_end)])
        digest.update(trailer)
        return self.data.find(digest.digest(), blocks_end, end) >= 0

    def pass_over(self, position: int) -> int:
        """Note a hole at `position`, where nothing is recognised; where the next structure begins."""
        last, since = self.found[-1] if self.found else None, position
        if isinstance(last, Place) and not self.structures.is_whole_raw(last.offset, last.container):
            since = last.offset  # its payload may have lost bytes
        behind = self.structures.search(since + 1, self.header)
        if behind > position and not isinstance(last, Hole):
            self.found.append(Hole(0, None))
        self.inside = True
        return behind

    def with_only_block(self) -> list[Place | Hole]:
        """The items found, the last a container's only block; bytes in front of it that can be no more than its header are no
        hole."""
        block = self.found[-1]
        assert isinstance(block, Place)
        in_front = [item for item in self.found if isinstance(item, Place)][:-1]
        return self.found if in_front or self.hides_another(block.offset) else [block]

    def hides_another(self, body: int) -> bool:
        """Whether there is room for another container in front of the current one's first block, at or due at `body`."""
        return body - self.body - (self.header_size if self.begin is None else 0) >= _LEAST_CONTAINER

    def against_index(self, index: list[IndexEntry], end: int) -> list[Place | Hole]:
        """The blocks that the index lists: where counting from the back or from the front finds them, or else a hole.

        Counting from both sides, bytes lost or gained in one block move no other; blocks between two such ones are among what
        was found. What was found in front of the blocks listed belongs to a container whose own trailer is gone: it is kept,
        with a hole behind it.
        """
        stored = [entry.stored_size for entry in index]
        fronts = list(itertools.accumulate(stored, initial=self.body))
        backs = list(itertools.accumulate(stored, initial=end - sum(stored)))
        listed: list[Place | Hole] = []
        first = end
        for entry, *offsets in reversed(list(zip(index, backs, fronts, strict=False))):
            item = self.place_at(entry, first, *offsets)
            first = item.offset if isinstance(item, Place) else first  # no two entries are given the same block
            listed.append(item)
        listed.reverse()
        others = _fill(listed, index, fronts, [item for item in self.found if isinstance(item, Place)])
        in_front = [place for place in others if place.offset < backs[0]]
        if in_front or (first != self.body and self.hides_another(backs[0])):
            return [*in_front, Hole(0, None), *listed]
        return listed

    def place_at(self, entry: IndexEntry, end: int, *offsets: int) -> Place | Hole:
        """The block of an index entry, at the first of `offsets` in front of `end` where one of its sizes stands."""
        for offset in offsets:
            if 0 <= offset < end and self.structures.is_listed(offset, entry, self.header):
                return Place(0, offset, entry.stored_size, 0, entry.original_size, self._header())
        return Hole(0, entry.original_size)

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
