"""Ideal code length of each unit of original bytes, from a pass of the model that does not involve the coder.

    python -m mdlbench.leaderboard.unit_bits SPEC BLOCK_SIZE FILE ARCHIVE [FILE ARCHIVE]...

prints {"ideal_bits": [...]}; in a process of its own, so that what the model holds is given back. Files count as one run of
bytes: a unit may begin in one and end in the next. Blocks that the archive stores raw cost 8 bits a byte. The bits of a symbol
are spread evenly over its bytes.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.codec import batches_of
from mdlbench.container import RAW, Header, read_containers
from mdlbench.evaluation import Observed, byte_bits
from mdlbench.leaderboard.derived import unit_bytes
from mdlbench.models import load_model
from mdlbench.models.base import Model
from mdlbench.units import bytes_to_bits


def unit_bits(model: Model, block_size: int, files: Sequence[tuple[Path, Path]]) -> np.ndarray:
    """Bits of each unit, float64 (ceil(bytes / unit_bytes),).

    Args:
        block_size: original bytes per block, as the archives were made.
        files: (original, archive) pairs, in the corpus's order.
    """
    total = sum(original.stat().st_size for original, _ in files)
    unit = unit_bytes(total)
    units = np.zeros(-(-total // unit))
    start = 0
    for original, archive in files:
        raw = _raw_blocks(archive)
        with open(original, "rb") as source:
            for batch in batches_of(source, block_size, model.batch_size):
                numbers = [batch.number + place for place in range(len(batch.blocks))]
                coded = [block for number, block in zip(numbers, batch.blocks, strict=True) if number not in raw]
                lengths = _byte_bits(model, coded) if coded else iter(())
                for number, block in zip(numbers, batch.blocks, strict=True):
                    bits = np.full(len(block), bytes_to_bits(1)) if number in raw else next(lengths)
                    _add(units, unit, start, bits)
                    start += len(block)
    return units


def _raw_blocks(archive: Path) -> set[int]:
    with open(archive, "rb") as file:
        items = (item for item in read_containers(file) if not isinstance(item, Header))
        return {item.number for item in items if item.header.model == RAW}


def _byte_bits(model: Model, blocks: list[bytes]) -> Iterator[np.ndarray]:
    """The bits of each byte of each block, float64 (bytes,)."""
    for block, bits, places in zip(blocks, model.code_length(blocks), model.symbol_places(blocks), strict=True):
        yield byte_bits(Observed(0, block, bits), places)


def _add(units: np.ndarray, unit: int, start: int, bits: np.ndarray) -> None:
    """Add the bits of bytes that begin at `start` to the units that they lie in."""
    first = start // unit
    edges = np.arange(first * unit, start + len(bits), unit) - start
    sums = np.add.reduceat(bits, np.maximum(edges, 0))
    units[first : first + len(sums)] += sums


def main(spec: str, block_size: str, *names: str) -> dict[str, Any]:
    """What the process prints."""
    files = [(Path(names[at]), Path(names[at + 1])) for at in range(0, len(names), 2)]
    return {"ideal_bits": unit_bits(load_model(spec), int(block_size), files).tolist()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
