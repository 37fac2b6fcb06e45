"""Which block is which entry: what counting, sizes and order tell, and where they do not."""

from itertools import accumulate

from mdlbench.container import Hole
from mdlbench.container.alignment import align
from mdlbench.container.format import IndexEntry
from mdlbench.container.search import BlockMark

UNKNOWN = Hole(0, None)


def entries(*sizes: int) -> list[IndexEntry]:
    return [IndexEntry(size, 10 * size) for size in sizes]


def block(offset: int, size: int) -> BlockMark:
    return BlockMark(offset, offset + 12, offset + size, IndexEntry(size, 10 * size), model=-1, only=False, whole=True)


def counted(index: list[IndexEntry], first: int) -> list[int]:
    return list(accumulate((entry.stored_size for entry in index), initial=first))


def test_a_block_that_neither_count_finds_is_known_by_its_sizes() -> None:
    index = entries(50, 60, 70, 50)
    blocks = [block(0, 50), block(43, 60), block(165, 50)]
    items = align(index, blocks, counted(index, 0), counted(index, -15))
    assert items == [blocks[0], blocks[1], Hole(0, 700), blocks[2]]


def test_of_equal_blocks_the_one_between_both_counts_is_taken() -> None:
    """Five bytes are lost in the second and seven in the fourth."""
    index = entries(50, 50, 50, 50, 50)
    blocks = [block(0, 50), block(95, 50), block(188, 50)]
    items = align(index, blocks, counted(index, 0), counted(index, -12))
    assert items == [blocks[0], Hole(0, 500), blocks[1], Hole(0, 500), blocks[2]]


def test_which_of_equal_blocks_was_lost_whole_is_not_known() -> None:
    index = entries(50, 50, 50)
    blocks = [block(0, 50), block(50, 50)]
    assert align(index, blocks, counted(index, 0), counted(index, -50)) == [UNKNOWN, *blocks, Hole(0, 500)]


def test_what_no_entry_lists_is_left_out() -> None:
    index = entries(50, 60)
    blocks = [block(0, 50), block(20, 30), block(50, 60)]
    assert align(index, blocks, counted(index, 0), counted(index, 0)) == [blocks[0], blocks[2]]
