"""Finds the blocks of a damaged container: reconciles the marks found in it with what its indices list.

README.md beside this file draws the cases. Whether a block found is whole is for its checksum to say, once it is decoded.
"""

import os
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from mdlbench.container.alignment import align, backs_of
from mdlbench.container.format import DIGEST_SIZE, RAW, SALVAGE, Header, IndexEntry
from mdlbench.container.reader import Hole, Place
from mdlbench.container.search import BlockMark, FileBytes, HeaderMark, Mark, TrailerMark, find_marks
from mdlbench.errors import ContainerError, TruncatedError

_LEAST_CONTAINER = 28  # one without blocks: header 9, trailer 7, its size 4, digest 8
_MOST_NESTED = 64  # headers of nested containers that a trailer is held against
_UNKNOWN = Hole(0, None)


@dataclass
class Container:
    """What is left of one container; `begin` is where its header stands, or is due at the earliest."""

    begin: int
    header: HeaderMark | None = None
    blocks: list[BlockMark] = field(default_factory=list)
    trailer: TrailerMark | None = None
    nested: list[HeaderMark] = field(default_factory=list)  # headers of containers in raw blocks, whose end was not seen


def locate_blocks(file: BinaryIO, supplied: Header | None) -> list[Place | Hole]:
    """Every block that can be found in a damaged file, in order, and holes for those known to be lost.

    Args:
        file: an open file on disk.
        supplied: stands in for container headers that are damaged; None if the user named no model.

    Raises:
        ContainerError: no header can be read and none was supplied; the text says whether any block is there.
    """
    if os.fstat(file.fileno()).st_size == 0:
        raise TruncatedError("the file is empty: there is nothing to salvage")
    data = FileBytes(file)
    return reconcile(find_marks(data, len(supplied.models) if supplied else 0), len(data), supplied)


def reconcile(marks: list[Mark], size: int, supplied: Header | None) -> list[Place | Hole]:
    """What the marks in a file of `size` bytes say of its blocks; result and errors as of `locate_blocks`."""
    headers = [mark.header for mark in marks if isinstance(mark, HeaderMark) and mark.header]
    if supplied is None and not headers:
        if any(not isinstance(mark, HeaderMark) for mark in marks):
            raise ContainerError(f"the container's header is damaged: name the model that wrote it, {SALVAGE} -m SPEC")
        if marks and marks[0].offset == 0:
            raise ContainerError("nothing is left to salvage: the file begins as a container, and no block was found in it")
        raise ContainerError("no mdlbench blocks found: not an mdlbench container")
    marks = _outermost(marks, size)
    begun = [mark.offset for mark in marks if not _can_be_read(mark, size)]
    cut = [mark.offset for mark in marks if isinstance(mark, BlockMark) and mark.end > size]
    items: list[tuple[BlockMark | Hole, Header]] = []
    header, end = supplied or headers[0], 0
    others = [supplied or header, max([header, *headers], key=lambda other: len(other.models))]
    for container in _containers(marks, size, len(header.to_bytes())):
        model = max((block.model for block in container.blocks), default=RAW)
        named = (other for other in (header, *others) if model < len(other.models))
        header = container.header.header if container.header and container.header.header else next(named, header)
        found, body, is_closed = _found(container)
        if container.header:
            begin = container.header.offset
            has_begun = bisect_left(begun, end) < bisect_left(begun, begin)
            hides_another = has_begun or begin - end >= _LEAST_CONTAINER
        else:
            room = body - end - len(header.to_bytes())
            hides_another = room >= _LEAST_CONTAINER or (room != 0 and not is_closed)
        items += [(item, header) for item in ([_UNKNOWN, *found] if hides_another else found)]
        end = max([end, *(mark.end for mark in (container.header, *container.blocks[-1:], container.trailer) if mark)])
    if end == 0 or max(begun, default=-1) >= end or max(cut, default=-1) >= end - DIGEST_SIZE:  # the digest may have lost bytes
        items.append((_UNKNOWN, header))
    return _number(items)


def _can_be_read(mark: Mark, size: int) -> bool:
    """Whether more of it is there than its beginning."""
    return mark.header is not None if isinstance(mark, HeaderMark) else mark.end <= size


def _number(items: list[tuple[BlockMark | Hole, Header]]) -> list[Place | Hole]:
    """Give blocks their numbers and all items their start in the output; of unknown holes side by side, keep one."""
    numbered: list[Place | Hole] = []
    start = number = 0
    for item, header in items:
        if isinstance(item, BlockMark):
            numbered.append(Place(number, item.offset, item.sizes.stored_size, start, item.sizes.original_size, header))
            start, number = start + item.sizes.original_size, number + 1
        elif item.size is not None or not numbered or numbered[-1] != Hole(start, None):
            numbered.append(Hole(start, item.size))
            start += item.size or 0
    return numbered


def _outermost(marks: list[Mark], size: int) -> list[Mark]:
    """Those that are no data: not within a header, a trailer, a raw block that is whole or ends where something else begins
    or ends, nor, if they are blocks with nothing behind them, within a coded one; nor in front of a trailer that counts back
    to a header, if other containers are there and it does not count them.
    """
    trailers = [mark for mark in marks if isinstance(mark, TrailerMark)]
    bodies = {mark.end for mark in marks if isinstance(mark, HeaderMark) and mark.header}
    edges = {mark.offset for mark in marks} | {mark.end for mark in trailers} | {size}
    edges |= {start for mark in trailers for start in backs_of(mark)}
    nearest = {backs_of(trailer)[0]: trailer for trailer in reversed(trailers)}
    claimed: dict[int, TrailerMark] = {}
    least = size
    for first, trailer in sorted(nearest.items(), key=lambda pair: pair[1].offset, reverse=True):
        if trailer.end <= least and first in bodies:
            claimed[first], least = trailer, first
    outermost: list[Mark] = []
    held = noise = own_end = led = 0
    own, listed = set[int](), set[IndexEntry]()
    others = {start for trailer in trailers for start in backs_of(trailer)[:-1]}
    for mark in marks:
        block = mark if isinstance(mark, BlockMark) else None
        is_alone = block is not None and not block.whole and block.end not in edges
        is_led = block is None or block.sizes not in listed or mark.offset == led or mark.offset in others
        if mark.offset < held or (mark.offset < noise and is_alone):
            continue
        if mark.offset < own_end and mark.offset not in own and is_led:
            led = -1 if isinstance(mark, TrailerMark) else mark.end
            continue
        outermost.append(mark)
        if isinstance(mark, HeaderMark) and mark.end in claimed:
            trailer = claimed[mark.end]
            own, own_end, listed = {*backs_of(trailer)}, trailer.offset, {*trailer.entries}
        if block and block.model != RAW:
            noise = noise if is_alone else max(noise, mark.end)
        elif not is_alone:
            held = mark.end - DIGEST_SIZE * (isinstance(mark, TrailerMark) or (block is not None and block.only))
    return outermost


def _containers(marks: list[Mark], size: int, due: int) -> Iterator[Container]:
    """What is left of each container: a header, blocks and a trailer, or some of these, in order.

    A header that begins the payload of a raw block is data, and so are the marks side by side behind it, and all up to a
    trailer that counts back to it rather than to the container's own header.
    """
    container, data_end = Container(0), -1
    sizes_at = {mark.offset: mark.sizes for mark in marks if isinstance(mark, BlockMark)}
    payloads = {mark.payload for mark in marks if isinstance(mark, BlockMark) and mark.model == RAW}
    ends, tops = {mark.end for mark in marks}, [mark for mark in marks if not isinstance(mark, BlockMark)]
    for mark in marks:
        if isinstance(mark, HeaderMark) and mark.offset in payloads:
            container.nested.append(mark)
            data_end = mark.end
        elif not _can_be_read(mark, size):
            continue
        elif isinstance(mark, HeaderMark):
            if container.header or container.blocks:
                yield container
            container = Container(mark.offset, mark)
        elif isinstance(mark, TrailerMark):
            first = backs_of(mark)[0]
            body = container.header or HeaderMark(container.begin, container.begin + due, None)
            led = mark.entries[:1]
            nearest = min(
                [body, *container.nested[-_MOST_NESTED:]], key=lambda h: ([sizes_at.get(h.end)] != led, abs(h.end - first))
            )
            if nearest is not body:
                for inside in (container.blocks, container.nested):
                    while inside and inside[-1].offset >= nearest.offset:
                        inside.pop()
                continue
            container.trailer = mark
            yield container
            container = Container(mark.end)
        elif mark.offset == data_end:
            data_end = mark.end
        elif not mark.only:
            container.blocks.append(mark)
        else:
            above = bisect_left(tops, mark.offset, key=lambda top: top.offset)
            is_amid = (container.header or container.blocks) and isinstance((*tops, None)[above], TrailerMark)
            if is_amid and not mark.whole and mark.offset not in ends:  # there by chance
                continue
            if container.blocks:
                yield container
                container = Container(container.blocks[-1].end)
            container.blocks.append(mark)
            yield container
            container = Container(mark.end)
    if container.header or container.blocks:
        yield container


def _found(container: Container) -> tuple[list[BlockMark | Hole], int, bool]:
    """Blocks and holes of a container, where its first block stands or is due, and whether all blocks are accounted for."""
    header, blocks, trailer = container.header, container.blocks, container.trailer
    body = blocks[0].offset if blocks else header.end if header else container.begin
    if trailer is None:
        items = _side_by_side(blocks, header.end if header else body)
        is_closed = bool(blocks) and blocks[-1].only
        return (items if is_closed else [*items, _UNKNOWN]), body, is_closed
    backs = backs_of(trailer)
    fronts = [start + header.end - backs[0] for start in backs] if header else []
    items = align(trailer.entries, blocks, fronts, backs)
    if cut := _border(blocks, items, header):
        first, _, _ = _found(Container(container.begin, header, blocks[:cut]))
        return [*first, *align(trailer.entries, blocks[cut:], [], backs)], body, True
    placed = next((item.offset for item in items if isinstance(item, BlockMark)), backs[0])
    if header and header.end != backs[0] == placed:  # is it this one's header?
        items = [_UNKNOWN, *items]
    return items, min(backs[0], placed), True


def _border(blocks: list[BlockMark], items: list[BlockMark | Hole], header: HeaderMark | None) -> int:
    """How many blocks are another container's: a trailer lists all of its own, so one that has no place ends the one before.

    One that nothing stands side by side with may be there by chance.
    """
    placed = {item.offset for item in items if isinstance(item, BlockMark)}
    ends, begins = {mark.end for mark in (*blocks, header) if mark}, {block.offset for block in blocks}
    numbers = (number for number, block in enumerate(blocks, 1) if block.offset not in placed)
    return max((n for n in numbers if (b := blocks[n - 1]).whole or b.offset in ends or b.end in begins), default=0)


def _side_by_side(blocks: list[BlockMark], end: int) -> list[BlockMark | Hole]:
    """Blocks that no index lists, with unknown holes wherever they are not side by side."""
    items: list[BlockMark | Hole] = []
    for block in blocks:
        items += [block] if block.offset == end else [_UNKNOWN, block]
        end = block.end
    return items
