"""Finds the blocks of a damaged container: reconciles the marks found in it with what its indices list.

README.md beside this file draws the cases. Whether a block found is whole is for its checksum to say, once it is decoded.
"""

import itertools
import mmap
import os
from bisect import bisect_left, bisect_right
from typing import BinaryIO

from mdlbench.container.claims import Container, Layout, backs_of
from mdlbench.container.format import DIGEST_SIZE, RAW, SALVAGE, Header
from mdlbench.container.reader import Hole, Place
from mdlbench.container.search import BlockMark, HeaderMark, Mark, TrailerMark, find_marks
from mdlbench.errors import ContainerError, TruncatedError

_LEAST_CONTAINER = 28  # one without blocks: header 9, trailer 7, its size 4, digest 8


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
        return reconcile(find_marks(data, len(supplied.models) if supplied else 0), len(data), supplied)


def reconcile(marks: list[Mark], size: int, supplied: Header | None) -> list[Place | Hole]:
    """What the marks in a file of `size` bytes say of its blocks; result and errors as of `locate_blocks`."""
    headers = [mark.header for mark in marks if isinstance(mark, HeaderMark) and mark.header]
    if supplied is None and not headers:
        raise ContainerError(f"the container's header is damaged: name the model that wrote it, {SALVAGE} -m SPEC")
    marks = _outermost(marks, size)
    payloads = {mark.payload for mark in marks if isinstance(mark, BlockMark) and mark.model == RAW}
    begun = [mark.offset for mark in marks if not _can_be_read(mark, size)]
    items: list[tuple[BlockMark | Hole, Header]] = []
    header, end = supplied or headers[0], 0
    others = [supplied or header, max([header, *headers], key=lambda other: len(other.models))]
    for container in _containers([mark for mark in marks if _can_be_read(mark, size)], payloads, header):
        model = max((item.model for item in container.items if isinstance(item, BlockMark)), default=RAW)
        named = (other for other in (header, *others) if model < len(other.models))
        header = container.header or next(named, header)
        if _hides_another(container, end, header, begun):
            items.append((Hole(0, None), header))
        items += [(item, header) for item in container.items]
        end = container.end
    if end == 0 or bisect_left(begun, end) < len(begun):
        items.append((Hole(0, None), header))
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


def _hides_another(container: Container, end: int, header: Header, begun: list[int]) -> bool:
    """Whether another container may have stood between `end`, where the one before ends, and this one."""
    if container.header:
        has_begun = bisect_left(begun, end) < bisect_left(begun, container.begin)
        return has_begun or container.begin - end >= _LEAST_CONTAINER
    room = container.body - end - len(header.to_bytes())
    return room >= _LEAST_CONTAINER or (room != 0 and not container.is_closed)


def _outermost(marks: list[Mark], size: int) -> list[Mark]:
    """Those that are not within a header, a trailer, or a block: a raw one that is whole, or where something ends with it.

    Within a coded block, which is noise, a block with nothing behind it is there by chance.
    """
    trailers = [mark for mark in marks if isinstance(mark, TrailerMark)]
    edges = {mark.offset for mark in marks} | {mark.end for mark in trailers} | {size}
    edges |= {start for mark in trailers for start in backs_of(mark)}
    outermost: list[Mark] = []
    held = filled = noise = 0
    payload = range(0)
    for mark in marks:
        is_joined = not isinstance(mark, BlockMark) or mark.whole or mark.end in edges
        is_data = mark.offset < filled and (mark.end <= filled or not is_joined)
        if mark.offset < held or is_data or (mark.offset < noise and not is_joined):
            continue
        if isinstance(mark, TrailerMark):
            if (first := backs_of(mark)[0]) in payload and mark.end <= payload.stop:
                while outermost[-1].offset >= first:
                    outermost.pop()
                continue
            payload = range(0)
        outermost.append(mark)
        if isinstance(mark, BlockMark) and mark.model == RAW and mark.offset not in payload:
            payload = range(mark.payload, mark.end)
        if not isinstance(mark, BlockMark) or mark.whole:
            has_digest = not isinstance(mark, HeaderMark) and (isinstance(mark, TrailerMark) or mark.only)
            held = mark.end - DIGEST_SIZE if has_digest else mark.end
        elif is_joined and mark.model == RAW:
            filled = max(filled, mark.end)
        elif is_joined:
            noise = max(noise, mark.end)
    return outermost


def _containers(marks: list[Mark], payloads: set[int], assumed: Header) -> list[Container]:
    """The containers that marks belong to, in order: from the last trailer to the first, then what no trailer claims.

    One whose header is the beginning of a raw block's payload is data.
    """
    layout, offsets = Layout(marks, payloads, assumed), [mark.offset for mark in marks]
    containers: list[Container] = []
    unlisted: list[list[Mark]] = []
    end = len(marks)
    for number in reversed(range(len(layout.trailers))):
        behind = bisect_right(offsets, layout.trailer_offsets[number])
        if behind <= end:  # or else it is nested in another one
            claimed = layout.claim(number)
            unlisted.append(marks[behind:end])
            end = bisect_left(offsets, claimed.begin)
            if claimed.header is None or claimed.begin not in payloads:
                containers += [*reversed(_unlisted(unlisted, payloads)), claimed]
                unlisted = []
    return [*_unlisted([*unlisted, marks[:end]], payloads), *reversed(containers)]


def _unlisted(parts: list[list[Mark]], payloads: set[int]) -> list[Container]:
    """Containers whose trailer is gone, or is but a digest, of marks in parts, the last first."""
    groups: list[list[Mark]] = [[]]
    data_end = -1
    for mark in itertools.chain.from_iterable(reversed(parts)):
        is_only = isinstance(mark, BlockMark) and mark.only
        if mark.offset == data_end or (isinstance(mark, HeaderMark) and mark.offset in payloads):
            data_end = mark.end
            continue
        if isinstance(mark, HeaderMark) or (is_only and groups[-1] and isinstance(groups[-1][-1], BlockMark)):
            groups.append([])
        groups[-1].append(mark)
        if is_only:
            groups.append([])
    return [_without_index(group) for group in groups if group]


def _without_index(marks: list[Mark]) -> Container:
    """A container of a header, blocks, or both, with unknown holes wherever they are not side by side."""
    items: list[BlockMark | Hole] = []
    first = marks[0]
    end = body = first.end if isinstance(first, HeaderMark) else first.offset
    for mark in marks:
        if isinstance(mark, BlockMark):
            items += [mark] if mark.offset == end else [Hole(0, None), mark]
            end = mark.end
    is_closed = isinstance(mark, BlockMark) and mark.only
    header = first.header if isinstance(first, HeaderMark) else None
    return Container(first.offset, body, end, header, is_closed, items if is_closed else [*items, Hole(0, None)])
