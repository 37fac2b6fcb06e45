"""Ideal code length of a file under a model: bits, bits per byte, perplexities. Nothing is coded; no size is claimed."""

import functools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mdlbench.codec import DEFAULT_MODEL, Batch, Progress, batches_of, no_progress
from mdlbench.codec.sources import Data, opened
from mdlbench.corpora import Corpus
from mdlbench.errors import NotADistributionError
from mdlbench.evaluation.result import Comparison, IdealCodeLength, perplexity
from mdlbench.models import ModelLike, as_model, at_level
from mdlbench.models.base import Places
from mdlbench.notebook import Shown
from mdlbench.progress import part, telling
from mdlbench.text import counted
from mdlbench.units import bits_per_byte
from mdlbench.workers import interruptible


@dataclass(frozen=True, repr=False)
class Evaluation(Shown):
    """Ideal code length of `input_bytes` bytes, each coded exactly once.

    Attributes:
        ideal_bits: sum of -log2 p over all symbols, in bits.
        symbols: how many symbols the bytes became; words: runs of non-white-space bytes.
        seconds: from the first byte read, once the model was ready, to the last symbol; what stands beside is in it.
        device, dtype: where and in what arithmetic a network ran; none for other models.
    """

    model: str
    digest: str
    input_bytes: int
    symbols: int
    words: int
    ideal_bits: float
    policy: dict[str, Any]
    beside: dict[str, float]
    seconds: float = field(compare=False)
    device: str | None = None
    dtype: str | None = None

    @property
    def bits_per_byte(self) -> float | None:
        """Ideal bits a byte of the input; None if that is empty."""
        return bits_per_byte(self.ideal_bits, self.input_bytes)

    @property
    def symbols_per_second(self) -> float:
        """Of the whole evaluation."""
        return self.symbols / max(self.seconds, 1e-9)

    def shown(self) -> dict[str, str]:
        rate = self.bits_per_byte
        return {
            "model": self.model,
            "input": f"{counted(self.input_bytes, 'byte')}, {counted(self.symbols, 'symbol')}",
            "ideal bits": f"{self.ideal_bits:,.1f}",
            "ideal bits per byte": "–" if rate is None else f"{rate:.4f}",
        }

    def result(self, name: str, lm_eval: Comparison | None = None, cut: str | None = None) -> IdealCodeLength:
        """What is kept of it.

        Args:
            name: how reports call the input; cut: what part of it this is, None for all of it.
            lm_eval: what the harness says of the same text, if that was asked for.
        """
        return IdealCodeLength(
            input=name,
            input_bytes=self.input_bytes,
            cut=cut,
            symbols=self.symbols,
            ideal_bits=self.ideal_bits,
            ideal_bits_per_byte=self.bits_per_byte,
            symbol_perplexity=perplexity(self.ideal_bits, self.symbols),
            byte_perplexity=perplexity(self.ideal_bits, self.input_bytes),
            word_perplexity=perplexity(self.ideal_bits, self.words),
            model=self.model,
            digest=self.digest,
            policy=self.policy,
            beside=self.beside,
            seconds=self.seconds,
            device=self.device,
            dtype=self.dtype,
            lm_eval=lm_eval,
        )


class Observed(NamedTuple):
    """One block and the ideal bits of its symbols, float64 (n,); `start` is its offset in the file."""

    start: int
    block: bytes
    bits: np.ndarray


def evaluate(
    data: Data | Corpus,
    model: ModelLike = DEFAULT_MODEL,
    *,
    level: int | None = None,
    block_size: int | None = None,
    progress: Progress = no_progress,
    observe: Callable[[Observed], None] | None = None,
    observing: float = 0.0,
) -> Evaluation:
    """The ideal code length of all of `data`, in blocks that each start from fresh state.

    Args:
        data: bytes, the path of a file, a binary stream, or a corpus (`mdlbench.find_corpus("enwik8:0:1M")`), each of whose
            files starts afresh.
        level: of a model that has levels and is named by its spec: 1 to 9.
        block_size: bytes per block; the model's own by default.
        progress: called with the number of bytes that were measured since it was last called.
        observe: called with every block, in order.
        observing: how long that takes, measuring the block being 1; for `progress`.

    Raises:
        TypeError: `data` is a str. NotADistributionError: the code length is infinite.

    Example:
        >>> evaluate(b"abracadabra" * 10, "kt,order=2")
        <Evaluation: model kt,order=2, input 110 bytes, 110 symbols, ideal bits 535.6, ideal bits per byte 4.8693>
    """
    model = as_model(at_level(model, level))
    size = model.block_size if block_size is None else block_size
    measure = functools.partial(model.measure, beside=True)
    interruptible(model.prepare)
    began, counts, beside = time.perf_counter(), _Counts(), dict[str, float]()
    with telling(progress):
        for batch in _batches(data, size, model.batch_size, counts):
            with part(batch.size):
                with part(1 / (1 + observing)):
                    found = interruptible(measure, batch.blocks)
                for block, measured in zip(batch.blocks, found, strict=True):
                    if observe is not None:
                        with part(len(block) / batch.size * observing / (1 + observing)):
                            observe(Observed(counts.n_bytes, block, measured.ideal))
                    counts.add(block, measured.ideal)
                    for name, value in measured.beside.items():
                        beside[name] = beside.get(name, 0.0) + value
    if not math.isfinite(counts.bits):
        raise NotADistributionError(f"{model.spec}: a symbol that came has weight zero, which is infinitely many bits")
    return Evaluation(
        model=model.spec,
        digest=model.digest.hex(),
        input_bytes=counts.n_bytes,
        symbols=counts.symbols,
        words=counts.words,
        ideal_bits=counts.bits,
        policy={"block_size": size, **model.policy()},
        beside=beside,
        seconds=time.perf_counter() - began,
        device=getattr(model, "device", None),
        dtype=getattr(model, "dtype", None),
    )


@dataclass
class _Counts:
    """Sums over the blocks, kept while they go by."""

    n_bytes: int = 0
    symbols: int = 0
    words: int = 0
    bits: float = 0.0
    inside_word: bool = False

    def add(self, block: bytes, ideal: np.ndarray) -> None:
        self.n_bytes += len(block)
        self.symbols += len(ideal)
        self.words += len(block.split()) - (self.inside_word and not block[:1].isspace())
        self.inside_word = not block[-1:].isspace()
        self.bits += float(ideal.sum())


def _batches(data: Data | Corpus, block_size: int, batch_size: int, counts: _Counts) -> Iterator[Batch]:
    """Blocks of one file after the other; no word goes on in the next file."""
    for stream in _streams(data):
        with stream as source:
            yield from batches_of(source, block_size, batch_size)
        counts.inside_word = False


def _streams(data: Data | Corpus) -> Iterator[AbstractContextManager[BinaryIO]]:
    if isinstance(data, Corpus):
        yield from (file.open() for file in data.files)
    else:
        yield opened(data)


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


def code_length(
    data: Data, model: ModelLike = DEFAULT_MODEL, *, level: int | None = None, block_size: int | None = None
) -> float:
    """The ideal code length of `data` in bits: the sum of -log2 p over its symbols, without coding anything.

    Arguments are those of `evaluate`, which says more. This is not the size of a file; `compress` gives one of those.

    Example:
        >>> code_length(b"abcd", model="uniform")
        32.0
    """
    chosen = as_model(at_level(model, level))
    with opened(data) as source:
        batches = batches_of(source, chosen.block_size if block_size is None else block_size, chosen.batch_size)
        return sum(float(bits.sum()) for batch in batches for bits in interruptible(chosen.code_length, batch.blocks))
