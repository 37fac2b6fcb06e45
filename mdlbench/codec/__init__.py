"""The codec: compress, decompress, verify; read a container at any place, account for it, recover a damaged one.

`compress_stream` and `decompress_stream` are the whole path of a byte; `compress` and `decompress` do the same in memory.
"""

from mdlbench.codec.blocks import Batch, batches_of
from mdlbench.codec.compression import DEFAULT_MODEL, Compression, compress, compress_stream, read_back
from mdlbench.codec.decompression import Decompression, decode_blocks, decompress, decompress_stream, verify
from mdlbench.codec.ledger import Ledger, PayloadSplit
from mdlbench.progress import Progress, no_progress

__all__ = [
    "DEFAULT_MODEL",
    "Batch",
    "Compression",
    "Decompression",
    "Ledger",
    "PayloadSplit",
    "Progress",
    "batches_of",
    "compress",
    "compress_stream",
    "decode_blocks",
    "decompress",
    "decompress_stream",
    "no_progress",
    "read_back",
    "verify",
]
