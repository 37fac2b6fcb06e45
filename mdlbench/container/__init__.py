"""The `.mdlz` container: `Writer`, readers, salvage; FORMAT.md beside this file is the format's definition."""

from mdlbench.container.format import MAX_BLOCK, RAW, BlockHeader, Header, ModelEntry
from mdlbench.container.reader import Block, Hole, Place, block_name, read_block, read_containers, table_of_contents
from mdlbench.container.salvage import locate_blocks
from mdlbench.container.writer import Writer

__all__ = [
    "MAX_BLOCK",
    "RAW",
    "Block",
    "BlockHeader",
    "Header",
    "Hole",
    "ModelEntry",
    "Place",
    "Writer",
    "block_name",
    "locate_blocks",
    "read_block",
    "read_containers",
    "table_of_contents",
]
