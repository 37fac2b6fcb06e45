"""Ideal code length of a file under a model: bits, bits per byte, perplexities. Nothing is coded; no size is claimed."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mdlbench.codec import DEFAULT_MODEL, Progress, batches_of, no_progress
from mdlbench.errors import UsageError
from mdlbench.models import load_model
from mdlbench.models.base import Model, Places
from mdlbench.units import bits_per_byte, ratio
from mdlbench.workers import interruptible


@dataclass(frozen=True)
class Evaluation:
    """Ideal code length of `input_bytes` bytes, each coded exactly once.

    Attributes:
        ideal_bits: sum of -log2 p over all symbols, in bits.
        symbols: how many symbols the bytes became; words: runs of non-white-space bytes.
    """

    model: str
    digest: str
    input_bytes: int
    symbols: int
    words: int
    ideal_bits: float
    policy: dict[str, Any]
    beside: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain data; perplexities and rates of an empty input are null."""
        return {
            "input_bytes": self.input_bytes,
            "symbols": self.symbols,
            "ideal_bits": self.ideal_bits,
            "ideal_bits_per_byte": bits_per_byte(self.ideal_bits, self.input_bytes),
            "symbol_perplexity": _perplexity(self.ideal_bits, self.symbols),
            "byte_perplexity": _perplexity(self.ideal_bits, self.input_bytes),
            "word_perplexity": _perplexity(self.ideal_bits, self.words),
            "model": self.model,
            "digest": self.digest,
            "policy": self.policy,
            "beside": self.beside,
        }


class Measured(NamedTuple):
    """One block and the ideal bits of its symbols, float64 (n,); `start` is its offset in the file."""

    start: int
    block: bytes
    bits: np.ndarray


def evaluate(
    source: BinaryIO, model: Model, *, block_size: int | None = None, progress: Progress = no_progress,
    observe: Callable[[Measured], None] | None = None,
) -> Evaluation:  # fmt: skip
    """The ideal code length of all of `source`, in blocks that each start from fresh state.

    Args:
        observe: called with every block, in order.
    """
    size = model.block_size if block_size is None else block_size
    n_bytes = symbols = words = 0
    beside: dict[str, float] = {}
    bits, inside_word = 0.0, False
    for batch in batches_of(source, size, model.batch_size):
        for block, lengths in zip(batch.blocks, interruptible(model.code_length, batch.blocks), strict=True):
            if observe is not None:
                observe(Measured(n_bytes, block, lengths))
            bits += float(lengths.sum())
            symbols += len(lengths)
            n_bytes += len(block)
            words += len(block.split()) - (inside_word and not block[:1].isspace())
            inside_word = not block[-1:].isspace()
            progress(len(block))
        for name, value in interruptible(model.beside, batch.blocks).items():
            beside[name] = beside.get(name, 0.0) + value
    policy = {"block_size": size, **model.policy()}
    return Evaluation(model.spec, model.digest.hex(), n_bytes, symbols, words, bits, policy, beside)


def evaluate_units(
    source: BinaryIO, model: Model, *, unit_bytes: int = 4096, block_size: int | None = None, progress: Progress = no_progress,
) -> tuple[np.ndarray, Evaluation]:  # fmt: skip
    """The ideal code length of `source`, and how it is spread over units of the file, whatever symbols the model is made of.

    A symbol's bits are spread evenly over its bytes, so units can be compared between models; what stands for no byte is
    charged where it begins.

    Returns:
        float64 (units,), bits of each `unit_bytes` bytes of the file, the last unit maybe shorter; and their evaluation.

    Example:
        >>> units, found = evaluate_units(io.BytesIO(bytes(10)), load_model("uniform"), unit_bytes=4)
        >>> units, found.ideal_bits
        (array([32., 32., 16.]), 80.0)
    """
    if unit_bytes < 1:
        raise UsageError(f"units of {unit_bytes} bytes; a unit has at least 1")
    parts: list[tuple[int, np.ndarray]] = []  # a block's first unit, and its units' bits

    def add(measured: Measured) -> None:
        if measured.block:
            first = measured.start // unit_bytes
            edges = np.arange(first * unit_bytes, measured.start + len(measured.block), unit_bytes) - measured.start
            bits = byte_bits(measured, model.symbol_places([measured.block])[0])
            parts.append((first, np.add.reduceat(bits, np.maximum(edges, 0))))

    found = evaluate(source, model, block_size=block_size, progress=progress, observe=add)
    units = np.zeros(-(-found.input_bytes // unit_bytes))
    for first, sums in parts:
        units[first : first + len(sums)] += sums
    return units, found


def byte_bits(measured: Measured, places: Places) -> np.ndarray:
    """The bits of each byte of a block, float64 (bytes,): a symbol's spread evenly over its bytes.

    Example:
        >>> byte_bits(Measured(0, b"abcd", np.array([6.0, 1.0, 4.0])), Places(np.array([0, 2, 3]), np.array([3, 0, 1])))
        array([2., 2., 3., 4.])
    """
    starts, sizes = places
    assert len(starts) == len(measured.bits)
    assert int(sizes.sum()) == len(measured.block), "every byte is some symbol's"
    bits = np.zeros(len(measured.block))
    before = np.cumsum(sizes) - sizes  # bytes of the symbols listed earlier
    bits[np.repeat(starts - before, sizes) + np.arange(len(bits))] = np.repeat(measured.bits / np.maximum(sizes, 1), sizes)
    none = sizes == 0
    np.add.at(bits, np.minimum(starts[none], len(bits) - 1), measured.bits[none])
    return bits


def code_length(data: bytes, model: str = DEFAULT_MODEL, *, block_size: int | None = None) -> float:
    """The ideal code length of `data` in bits: the sum of -log2 p over its symbols, without coding anything.

    This is not the size of a file; `compress` gives one of those.

    Example:
        >>> code_length(b"abcd", model="uniform")
        32.0
    """
    return evaluate(io.BytesIO(data), load_model(model), block_size=block_size).ideal_bits


def _perplexity(bits: float, units: int) -> float | None:
    per_unit = ratio(bits, units)
    return None if per_unit is None or per_unit > 1000 else 2.0**per_unit
