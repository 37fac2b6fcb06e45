"""Ideal code length of a file under a model: bits, bits per byte, perplexities. Nothing is coded; no size is claimed."""

import io
from dataclasses import dataclass
from typing import Any, BinaryIO

from mdlbench.codec import DEFAULT_MODEL, Progress, batches_of, no_progress
from mdlbench.models import load_model
from mdlbench.models.base import Model
from mdlbench.units import bits_per_byte, ratio


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


def evaluate(source: BinaryIO, model: Model, *, block_size: int | None = None, progress: Progress = no_progress) -> Evaluation:
    """The ideal code length of all of `source`, in blocks that each start from fresh state."""
    size = model.block_size if block_size is None else block_size
    n_bytes = symbols = words = 0
    beside: dict[str, float] = {}
    bits, inside_word = 0.0, False
    for batch in batches_of(source, size, model.batch_size):
        for block, lengths in zip(batch.blocks, model.code_length(batch.blocks), strict=True):
            bits += float(lengths.sum())
            symbols += len(lengths)
            n_bytes += len(block)
            words += len(block.split()) - (inside_word and not block[:1].isspace())
            inside_word = not block[-1:].isspace()
            progress(len(block))
        for name, value in model.beside(batch.blocks).items():
            beside[name] = beside.get(name, 0.0) + value
    policy = {"block_size": size, **model.policy()}
    return Evaluation(model.spec, model.digest.hex(), n_bytes, symbols, words, bits, policy, beside)


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
