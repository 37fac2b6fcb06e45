"""Which blocks found are which entries of an index: by counting, then by sizes and order; README.md draws the cases."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import accumulate

from mdlbench.container.format import IndexEntry
from mdlbench.container.reader import Hole
from mdlbench.container.search import BlockMark, TrailerMark


def backs_of(trailer: TrailerMark) -> list[int]:
    """Where the blocks of an index begin, counted from behind, and where the last of them ends."""
    stored = [entry.stored_size for entry in trailer.entries]
    return list(accumulate(stored, initial=trailer.offset - sum(stored)))


def align(index: list[IndexEntry], blocks: list[BlockMark], fronts: list[int], backs: list[int]) -> list[BlockMark | Hole]:
    """A block or a hole for every entry, and an unknown hole in front of each block that may as well be another entry.

    A block may be the entries of its sizes that begin where it stands, counted from either end, or if there are none, all
    entries of its sizes, as far as the order of all blocks allows.

    Args:
        blocks: in the order of their offsets, which entries keep.
        fronts, backs: where each entry's block begins, counted from the header and from the trailer.
    """
    alike: dict[IndexEntry, list[int]] = defaultdict(list)
    for number, entry in enumerate(index):
        alike[entry].append(number)
    counts = [{start: number for number, start in enumerate(starts[: len(index)])} for starts in (fronts, backs)]
    by_sizes = [(fitting := alike.get(block.sizes, []), 0, len(fitting)) for block in blocks]
    by_place: list[tuple[list[int], int, int]] = []
    for block, (fitting, first, end) in zip(blocks, by_sizes, strict=True):
        counted = {count[block.offset] for count in counts if block.offset in count}
        numbers = sorted(number for number in counted if index[number] == block.sizes)
        near = _between(block, fitting, fronts, backs) if fronts else (first, end)
        by_place.append((numbers, 0, len(numbers)) if numbers else (fitting, *(near if near[0] < near[1] else (first, end))))
    ranges = max(_ranges(by_place, by_sizes, len(index)), _ranges(by_sizes, by_sizes, len(index)), key=len)
    found = {low: (blocks[number], low == high) for number, low, high in ranges}
    items: list[BlockMark | Hole] = []
    unsure_end = None  # where a block ends that may be another entry: what stands side by side with it stays so
    for number, entry in enumerate(index):
        if number not in found:
            items.append(Hole(0, entry.original_size))
            continue
        block, is_certain = found[number]
        items += [block] if is_certain or block.offset == unsure_end else [Hole(0, None), block]
        unsure_end = None if is_certain else block.end
    return items


def _between(block: BlockMark, fitting: list[int], fronts: list[int], backs: list[int]) -> tuple[int, int]:
    """From which to which of these entries the block stands between where both counts have them, give or take half a block."""
    first, last = (block.offset + sign * block.sizes.stored_size // 2 for sign in (-1, 1))
    low = bisect_left(fitting, first, key=lambda number: max(fronts[number], backs[number]))
    return low, bisect_right(fitting, last, key=lambda number: min(fronts[number], backs[number]))


def _ranges(
    choices: list[tuple[list[int], int, int]], by_sizes: list[tuple[list[int], int, int]], n_entries: int
) -> list[tuple[int, int, int]]:
    """The numbers of the blocks that have an entry, in order, and the first and the last entry that each may be.

    Args:
        choices: for each block the entries that it may be: a list of numbers, and from where to where in it.
        by_sizes: the same for all entries of its sizes.
    """
    bounds, bound = [], n_entries
    for (fitting, first, end), (_, least, most) in zip(reversed(choices), reversed(by_sizes), strict=True):
        bounds.append(bound)
        if end - first < most - least:
            bound = min(bound, fitting[end - 1])
    lows: list[tuple[int, int]] = []
    least = 0
    for number, ((fitting, first, end), bound) in enumerate(zip(choices, reversed(bounds), strict=True)):
        place = bisect_left(fitting, least, first, end)
        if place < end and fitting[place] < bound:
            lows.append((number, fitting[place]))
            least = fitting[place] + 1
    ranges, bound = [], n_entries
    for number, low in reversed(lows):
        fitting, first, end = choices[number]
        bound = fitting[bisect_left(fitting, bound, first, end) - 1]
        ranges.append((number, low, bound))
    return ranges[::-1]
