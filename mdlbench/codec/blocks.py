"""A stream cut into blocks, and blocks into batches."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from mdlbench.container import MAX_BLOCK
from mdlbench.errors import UsageError


class Batch(NamedTuple):
    """Consecutive blocks that go to a model together: number of the first, where it starts, their bytes."""

    number: int
    start: int
    blocks: list[bytes]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(map(len, self.blocks))


def batches_of(source: BinaryIO, block_size: int, batch_size: int) -> Iterator[Batch]:
    """Cut a stream into blocks of `block_size` bytes, the last one shorter, in batches of up to `batch_size`.

    Raises:
        UsageError: a container could not hold blocks of this size.
    """
    if not isinstance(block_size, int) or not 1 <= block_size <= MAX_BLOCK:
        raise UsageError(f"block size {block_size}; a block has 1 to {MAX_BLOCK:,} bytes")
    return _batches(groups(_blocks(source, block_size), batch_size))


def _batches(groups: Iterable[list[bytes]]) -> Iterator[Batch]:
    number = start = 0
    for group in groups:
        yield Batch(number, start, group)
        number, start = number + len(group), start + sum(map(len, group))


def _blocks(source: BinaryIO, size: int) -> Iterator[bytes]:
    """Blocks of `size` bytes, the last one shorter; short reads of a pipe are joined."""
    while True:
        parts, missing = [], size
        while missing and (part := source.read(missing)):
            parts.append(part)
            missing -= len(part)
        if parts:
            yield b"".join(parts)
        if missing:
            return


def groups(items: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """Consecutive items in lists of up to `most`."""
    group: list[Any] = []
    for item in items:
        group.append(item)
        if len(group) == most:
            yield group
            group = []
    if group:
        yield group
