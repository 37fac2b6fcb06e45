"""Which blocks found are which entries of an index: by counting, then by sizes and order; README.md draws the cases."""

from bisect import bisect_left, bisect_right
from collections import defaultdict

from mdlbench.container.format import IndexEntry
from mdlbench.container.reader import Hole
from mdlbench.container.search import BlockMark


def align(index: list[IndexEntry], blocks: list[BlockMark], fronts: list[int], backs: list[int]) -> list[BlockMark | Hole]:
    """A block or a hole for every entry, and an unknown hole wherever the blocks that follow fit more than one entry.

    Args:
        blocks: in the order of their offsets, which entries keep.
        fronts, backs: where each entry's block begins, counted from the header and from the trailer.
    """
    fixed = _fixed(_counted(index, blocks, fronts), _counted(index, blocks, backs))
    between = [sorted(pair) for pair in zip(fronts, backs, strict=True)] if fronts else []
    free: list[int | None] = [None] * len(blocks)
    attempts = [_choices(index, blocks, *known) for known in ((fixed, between), (fixed, []), (free, between))]
    choices = max(attempts, key=len)  # the first by which no block is left over that another finds an entry for
    found: dict[int, tuple[BlockMark, bool]] = {}
    bound = len(index)
    for block, fitting, low, high in reversed(choices):
        place = min(high, bisect_left(fitting, bound)) - 1
        bound = fitting[place]
        found[fitting[low]] = block, place == low
    items: list[BlockMark | Hole] = []
    was_certain = True
    for number, entry in enumerate(index):
        item, is_certain = found.get(number, (Hole(0, entry.original_size), was_certain))
        items += [item] if is_certain or not was_certain else [Hole(0, None), item]
        was_certain = is_certain
    return items


def _choices(
    index: list[IndexEntry], blocks: list[BlockMark], fixed: list[int | None], between: list[list[int]]
) -> list[tuple[BlockMark, list[int], int, int]]:
    """For each block that fits an entry the numbers of all entries of its sizes, and from which to which it may be.

    Args:
        fixed: the entry's number, where it is known.
        between: from where to where each entry's block may begin, if possible.
    """
    numbers: dict[IndexEntry, list[int]] = defaultdict(list)
    for number, entry in enumerate(index):
        numbers[entry].append(number)
    bounds = [len(index)]
    for known in reversed(fixed):
        bounds.append(bounds[-1] if known is None else known)
    bounds.reverse()
    choices: list[tuple[BlockMark, list[int], int, int]] = []
    least = 0
    for block, known, bound in zip(blocks, fixed, bounds[1:], strict=True):
        fitting = numbers.get(block.sizes, [])
        ends = (least, bound) if known is None else (known, known + 1)
        low, high = (bisect_left(fitting, end) for end in ends)
        if known is None and between:
            slack = block.sizes.stored_size // 2
            first, last = block.offset - slack, block.offset + slack
            nearest = bisect_left(between, first, key=max), bisect_right(between, last, key=min)
            near = max(low, bisect_left(fitting, nearest[0])), min(high, bisect_left(fitting, nearest[1]))
            is_next = bool(choices) and choices[-1][0].end == block.offset and fitting[low : low + 1] == [least]
            near = (low, max(near[1], low + 1)) if is_next else near  # side by side, they may be so in the index
            low, high = near if near[0] < near[1] else (low, high)
        if low < high:
            choices.append((block, fitting, low, high))
            least = fitting[low] + 1
    return choices


def _counted(index: list[IndexEntry], blocks: list[BlockMark], starts: list[int]) -> list[int | None]:
    """For each block the number of the entry that begins there and has its sizes."""
    at = {start: number for number, start in enumerate(starts[: len(index)])}
    numbers = [at.get(block.offset) for block in blocks]
    return [n if n is not None and index[n] == block.sizes else None for n, block in zip(numbers, blocks, strict=True)]


def _fixed(front: list[int | None], back: list[int | None]) -> list[int | None]:
    """The entries that counting gives: from the front up to one place, from the back behind it; None where that may be either.

    Bytes lost or gained at one place move no other block: those known to stand in front of it from one count alone are counted
    from the front, those known to stand behind it from the back.
    """
    if front == back:
        return back
    pairs = list(enumerate(zip(front, back, strict=True)))
    last = max((place for place, (f, b) in pairs if f is not None and b is None), default=-1)
    first = min((place for place, (f, b) in pairs if b is not None and f is None), default=len(pairs))
    least = min((b for place, (_, b) in pairs if b is not None and first <= place > last), default=len(front) + 1 << 60)
    return [
        f if place <= last and place < first and f is not None and f < least else b if first <= place > last else None
        for place, (f, b) in pairs
    ]
