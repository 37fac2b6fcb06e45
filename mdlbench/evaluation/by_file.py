"""Ideal code length of a file under a model: bits, bits per byte, perplexities. Nothing is coded; no size is claimed."""

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mdlbench.codec import DEFAULT_MODEL, Progress, batches_of, no_progress
from mdlbench.evaluation.result import Comparison, IdealCodeLength
from mdlbench.models import ModelLike, as_model
from mdlbench.models.base import Places
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

    def result(self, name: str, lm_eval: Comparison | None = None) -> IdealCodeLength:
        """What is kept of it.

        Args:
            name: how reports call the input.
            lm_eval: what the harness says of the same text, if that was asked for.
        """
        return IdealCodeLength(
            input=name,
            input_bytes=self.input_bytes,
            symbols=self.symbols,
            ideal_bits=self.ideal_bits,
            ideal_bits_per_byte=bits_per_byte(self.ideal_bits, self.input_bytes),
            symbol_perplexity=_perplexity(self.ideal_bits, self.symbols),
            byte_perplexity=_perplexity(self.ideal_bits, self.input_bytes),
            word_perplexity=_perplexity(self.ideal_bits, self.words),
            model=self.model,
            digest=self.digest,
            policy=self.policy,
            beside=self.beside,
            lm_eval=lm_eval,
        )


class Observed(NamedTuple):
    """One block and the ideal bits of its symbols, float64 (n,); `start` is its offset in the file."""

    start: int
    block: bytes
    bits: np.ndarray


def evaluate(
    source: BinaryIO,
    model: ModelLike,
    *,
    block_size: int | None = None,
    progress: Progress = no_progress,
    observe: Callable[[Observed], None] | None = None,
) -> Evaluation:
    """The ideal code length of all of `source`, in blocks that each start from fresh state.

    Args:
        observe: called with every block, in order.
    """
    model = as_model(model)
    size = model.block_size if block_size is None else block_size
    measure = functools.partial(model.measure, beside=True)
    n_bytes = symbols = words = 0
    beside: dict[str, float] = {}
    bits, inside_word = 0.0, False
    for batch in batches_of(source, size, model.batch_size):
        for block, measured in zip(batch.blocks, interruptible(measure, batch.blocks), strict=True):
            if observe is not None:
                observe(Observed(n_bytes, block, measured.ideal))
            bits += float(measured.ideal.sum())
            symbols += len(measured.ideal)
            for name, value in measured.beside.items():
                beside[name] = beside.get(name, 0.0) + value
            n_bytes += len(block)
            words += len(block.split()) - (inside_word and not block[:1].isspace())
            inside_word = not block[-1:].isspace()
            progress(len(block))
    policy = {"block_size": size, **model.policy()}
    return Evaluation(model.spec, model.digest.hex(), n_bytes, symbols, words, bits, policy, beside)


def byte_bits(observed: Observed, places: Places) -> np.ndarray:
    """The bits of each byte of a block, float64 (bytes,): a symbol's spread evenly over its bytes.

    Example:
        >>> byte_bits(Observed(0, b"abcd", np.array([6.0, 1.0, 4.0])), Places(np.array([0, 2, 3]), np.array([3, 0, 1])))
        array([2., 2., 3., 4.])
    """
    starts, sizes = places
    assert len(starts) == len(observed.bits)
    assert int(sizes.sum()) == len(observed.block), "every byte is some symbol's"
    bits = np.zeros(len(observed.block))
    before = np.cumsum(sizes) - sizes  # bytes of the symbols listed earlier
    bits[np.repeat(starts - before, sizes) + np.arange(len(bits))] = np.repeat(observed.bits / np.maximum(sizes, 1), sizes)
    none = sizes == 0
    np.add.at(bits, np.minimum(starts[none], len(bits) - 1), observed.bits[none])
    return bits


def code_length(data: bytes, model: ModelLike = DEFAULT_MODEL, *, block_size: int | None = None) -> float:
    """The ideal code length of `data` in bits: the sum of -log2 p over its symbols, without coding anything.

    This is not the size of a file; `compress` gives one of those.

    Example:
        >>> code_length(b"abcd", model="uniform")
        32.0
    """
    chosen = as_model(model)
    batches = batches_of(io.BytesIO(data), chosen.block_size if block_size is None else block_size, chosen.batch_size)
    return sum(float(bits.sum()) for batch in batches for bits in interruptible(chosen.code_length, batch.blocks))


def _perplexity(bits: float, units: int) -> float | None:
    per_unit = ratio(bits, units)
    return None if per_unit is None or per_unit > 1000 else 2.0**per_unit
