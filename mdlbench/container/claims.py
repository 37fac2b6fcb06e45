"""Which header and which blocks belong to a trailer, or to none; README.md draws the cases."""

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from mdlbench.container.alignment import align
from mdlbench.container.format import RAW, Header, IndexEntry
from mdlbench.container.reader import Hole
from mdlbench.container.search import BlockMark, HeaderMark, Mark, TrailerMark

_MOST_PASSED = 64  # blocks of nested containers that are passed over to find out whether a header leads a container


class Container(NamedTuple):
    """One container: where its header, its first block and what follows it stand or are due.

    `header` is None if it cannot be read; `is_closed` says whether all its blocks are accounted for, found or not.
    """

    begin: int
    body: int
    end: int
    header: Header | None
    is_closed: bool
    items: list[BlockMark | Hole]


def backs_of(trailer: TrailerMark) -> list[int]:
    """Where the blocks of an index begin, counted from behind, and where the last of them ends."""
    stored = [entry.stored_size for entry in trailer.entries]
    return list(itertools.accumulate(stored, initial=trailer.offset - sum(stored)))


class Layout:
    """Marks by kind and by place, for finding what belongs to a trailer.

    An anchor is a header, or the place where one that cannot be read is due: at the beginning, and where a container ends.
    """

    def __init__(self, marks: list[Mark], payloads: set[int], assumed: Header) -> None:
        self.blocks = [mark for mark in marks if isinstance(mark, BlockMark) and not mark.only]
        self.only = [mark for mark in marks if isinstance(mark, BlockMark) and mark.only]
        self.trailers = [mark for mark in marks if isinstance(mark, TrailerMark)]
        self.block_offsets = [mark.offset for mark in self.blocks]
        self.trailer_offsets = [mark.offset for mark in self.trailers]
        self.block_at = dict(zip(self.block_offsets, self.blocks, strict=True))
        self.starts = {mark.offset for mark in marks}
        self.ends = {mark.end for mark in marks}
        self.firsts = [backs_of(mark)[0] for mark in self.trailers]
        self.listed = [set(mark.entries) for mark in self.trailers]
        self.leaders: dict[int, int] = {}
        for mark in marks:
            end = mark.end if isinstance(mark, HeaderMark) else None
            while end in self.block_at and end not in self.leaders:
                self.leaders[end] = mark.offset
                end = self.block_at[end].end
        self.within: set[int] = set()  # where blocks begin that a raw block in front of them, if it lost nothing, contains
        held = 0
        for block in self.blocks:
            if block.end <= held:
                self.within.add(block.offset)
            elif block.model == RAW and not block.whole:
                held = block.end
        anchors = sorted(self._anchors(marks, len(assumed.to_bytes())), key=lambda mark: mark.end)
        self.leading: dict[IndexEntry, list[HeaderMark]] = defaultdict(list)
        for anchor in anchors:
            if anchor.end in self.block_at:
                self.leading[self.block_at[anchor.end].sizes].append(anchor)
        self.inner = [mark for mark in anchors if mark.offset in payloads]
        self.outer = [mark for mark in anchors if mark.offset not in payloads]
        self.led: dict[int, tuple[bool, int, int]] = defaultdict(lambda: (True, 0, marks[-1].offset))
        self.counted: dict[int, int] = {}
        claims = [(mark.offset, backs_of(mark)[0], mark.entries) for mark in reversed(self.trailers)]
        for at, first, index in [*claims, *((mark.offset, mark.offset, []) for mark in self.only if mark.offset in self.ends)]:
            anchor = self._candidates(index, first, at)[0]
            claim = not (index and self._stands(index[0], anchor.end)), abs(anchor.end - first), at
            self.led[anchor.offset] = min(claim, self.led.get(anchor.offset, claim))
            self.counted[first] = min(at, self.counted.get(first, at))

    def claim(self, number: int) -> Container:
        """The container that a trailer ends: a block or a hole for every entry of its index."""
        trailer, backs = self.trailers[number], backs_of(self.trailers[number])
        index = trailer.entries
        in_place = (n for n, entry in enumerate(index) if self._stands(entry, backs[n]))
        first = next(in_place, len(index))
        anchor = self._anchor(index, first, backs)
        begin = anchor.offset if anchor else self._begin(index[:first], backs[0], backs[first])
        closed = bisect_left(self.only, backs[first], key=lambda mark: mark.offset)
        if closed and not (anchor and anchor.header):
            begin = max(begin, min(self.only[closed - 1].end, backs[first]))
        fronts: list[int] = []
        if anchor and (anchor.header or anchor.end == backs[0]):
            fronts = [start + anchor.end - backs[0] for start in backs]
        on_any = set(fronts) | set(backs)
        own = self.blocks[slice(*self._numbers(begin, trailer.offset))]
        blocks = [b for b in own if b.offset in on_any or not self._is_nested(b, begin, trailer.offset)]
        items = align(index, blocks, fronts, backs)
        if anchor and anchor.header and first == 0 and anchor.end != backs[0]:  # is it this one's header?
            items.insert(0, Hole(0, None))
        body = min(backs[0], next((item.offset for item in items if isinstance(item, BlockMark)), trailer.offset))
        return Container(begin, body, trailer.end, anchor.header if anchor else None, True, items)

    def _anchors(self, marks: list[Mark], size: int) -> Iterator[HeaderMark]:
        due: int | None = 0
        for mark in marks:
            if isinstance(mark, HeaderMark):
                yield mark
                size, due = mark.end - mark.offset, None
                continue
            if due is not None:
                yield HeaderMark(due, due + size, None)
                due = None
            if not isinstance(mark, BlockMark) or (mark.only and not self._is_alone(mark)):
                due = mark.end

    def _stands(self, entry: IndexEntry, offset: int) -> bool:
        return offset in self.block_at and self.block_at[offset].sizes == entry

    def _is_nested(self, block: BlockMark, begin: int, end: int) -> bool:
        """Whether between `begin` and `end` a header leads it, or the next trailer behind it counts this place its own."""
        behind = bisect_right(self.trailer_offsets, block.offset)
        is_counted = behind < len(self.trailers) and self.trailer_offsets[behind] < end
        is_counted = is_counted and begin < self.firsts[behind] <= block.offset and block.sizes in self.listed[behind]
        return is_counted or self.leaders.get(block.offset, begin) > begin

    def _is_alone(self, block: BlockMark) -> bool:
        """Whether nothing joins it to another mark, so that it may be there by chance."""
        return not block.whole and block.offset not in self.ends and block.end not in self.starts

    def _begin(self, entries: list[IndexEntry], first: int, reach: int) -> int:
        """Where a container without an anchor begins: where its `first` block, counted from behind, is due, or where blocks
        side by side across that place, or a trailer that counts its blocks from in front of it, end."""
        number = bisect_left(self.trailer_offsets, reach) - 1
        while number >= 0 and self.trailer_offsets[number] >= first:
            if self.firsts[number] < first:
                return min(self.trailers[number].end, reach)
            number -= 1
        left, least = reversed(entries), max(0, first)
        for number in reversed(range(*self._numbers(least, reach))[-len(entries) - _MOST_PASSED :]):
            block = self.blocks[number]
            if not self._is_nested(block, first, reach) and not any(entry == block.sizes for entry in left):
                return min(block.end, reach)
        return least

    def _numbers(self, begin: int, end: int) -> tuple[int, int]:
        """The number of the first block that begins between two places, and that of the first behind them."""
        return bisect_left(self.block_offsets, begin), bisect_left(self.block_offsets, end)

    def _anchor(self, index: list[IndexEntry], first: int, backs: list[int]) -> HeaderMark | None:
        """The anchor next to where blocks begin, counted from behind; None if another trailer is nearer to it, or if blocks
        between it and the first one in place are not of the entries in front of that."""
        reach = backs[first]
        for anchor in self._candidates(index, backs[0], reach):
            if anchor.end == backs[0]:
                if self.counted[backs[0]] >= reach:
                    return anchor
            elif anchor.offset < reach <= self.led[anchor.offset][2] and self._leads(anchor, index[:first], reach):
                return anchor
        return None

    def _candidates(self, index: list[IndexEntry], first: int, reach: int) -> list[HeaderMark]:
        """The anchors near the place where blocks begin, counted from behind, the likelier ones first."""
        leading = self.leading[index[0]] if index else []
        near = [anchor for anchors in (leading, self.outer, self.inner) for anchor in _nearest(anchors, first, reach)]
        return sorted(near, key=lambda mark: (mark.end != first, not (index and self._stands(index[0], mark.end))))

    def _leads(self, anchor: HeaderMark, entries: list[IndexEntry], reach: int) -> bool:
        left, numbers = iter(entries), range(*self._numbers(anchor.end, reach))
        blocks = (self.blocks[number] for number in numbers[: len(entries) + _MOST_PASSED])
        own = (b for b in blocks if b.offset not in self.within and not self._is_nested(b, anchor.offset, reach))
        return all(any(entry == block.sizes for entry in left) for block in own if not (entries and self._is_alone(block)))


def _nearest(anchors: list[HeaderMark], first: int, reach: int) -> list[HeaderMark]:
    """The anchors on either side of where blocks begin, and the last in front of `reach`; the nearest to the former first."""
    numbers = {bisect_left(anchors, place, key=lambda mark: mark.end) for place in (first, reach)}
    near = {anchors[n].end: anchors[n] for number in numbers for n in range(number - 2, number + 1) if 0 <= n < len(anchors)}
    return sorted(near.values(), key=lambda mark: abs(mark.end - first))
