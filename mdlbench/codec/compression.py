"""Blocks of bytes → a model's payloads → a container.

Blocks are coded independently, in batches of the size the model asks for, on any number of worker processes; the container is
the same for all of them.
"""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from mdlbench.codec.blocks import Batch, batches_of
from mdlbench.codec.ledger import Ledger, PayloadSplit
from mdlbench.codec.matching import build, header_for, prepare, recipes_for
from mdlbench.codec.sources import Data, binary, opened
from mdlbench.container import RAW, Writer, block_name, read_containers
from mdlbench.errors import UsageError, VerificationError
from mdlbench.models import ModelsLike, as_models, at_level
from mdlbench.models.base import Encoded, Model
from mdlbench.notebook import Shown
from mdlbench.progress import Progress, each, no_progress, part, telling
from mdlbench.text import counted
from mdlbench.units import bits_per_byte, bytes_to_bits
from mdlbench.workers import interruptible, ordered_map

DEFAULT_MODEL = "cm"


@dataclass(frozen=True, repr=False)
class Compression(Shown):
    """What `compress_stream` did; sizes are of the container as written.

    Attributes:
        models, digests: canonical specs and digests (hexadecimal), in the header's order.
        ideal_bits: ideal code length of all blocks, raw ones at 8 bits a byte; None if a model gives none.
        seconds: of everything, once the models were ready; verify_seconds: the part of them that went into verification.
        verified: every payload was decoded to its block again before it was written.
    """

    input_bytes: int
    output_bytes: int
    ideal_bits: float | None
    models: tuple[str, ...]
    digests: tuple[str, ...]
    portability: str
    policies: tuple[dict[str, Any], ...]
    seconds: float
    verified: bool
    ledger: Ledger
    verify_seconds: float = 0.0

    @property
    def bits_per_byte(self) -> float | None:
        """Of the container, a byte of the input; None if that is empty."""
        return bits_per_byte(bytes_to_bits(self.output_bytes), self.input_bytes)

    def shown(self) -> dict[str, str]:
        rate = self.bits_per_byte
        return {
            "model": " ".join(self.models),
            "input": counted(self.input_bytes, "byte"),
            "container": f"{counted(self.output_bytes, 'byte')}, {'verified' if self.verified else 'not verified'}",
            "bits per byte": "–" if rate is None else f"{rate:.4f}",
            "ideal bits": "–" if self.ideal_bits is None else f"{self.ideal_bits:,.1f}",
        }


class Coded(NamedTuple):
    """One block after encoding: index of the model or RAW, and what it became."""

    model: int
    encoded: Encoded


class _Batch(NamedTuple):
    """The blocks of a batch, and the seconds that a worker spent on coding and on verifying them."""

    coded: list[Coded]
    coding: float
    verifying: float = 0.0


@dataclass
class _Account:
    """Sums over the blocks, kept while they go by."""

    original: int = 0
    ideal: float | None = 0.0
    quantised: float | None = 0.0

    def add(self, original: bytes, coded: Coded) -> None:
        self.original += len(original)
        if coded.model == RAW:
            return
        ideal, quantised = coded.encoded.ideal_bits, coded.encoded.quantised_bits
        self.ideal = None if ideal is None or self.ideal is None else self.ideal + ideal
        self.quantised = None if quantised is None or self.quantised is None else self.quantised + quantised

    def split(self, payload_bytes: int) -> PayloadSplit | None:
        if self.ideal is None or self.quantised is None:
            return None
        return PayloadSplit.of(payload_bytes, self.ideal, self.quantised)


def compress_stream(
    source: BinaryIO,
    sink: BinaryIO,
    models: ModelsLike = (DEFAULT_MODEL,),
    *,
    block_size: int | None = None,
    jobs: int = 1,
    verify: bool = True,
    progress: Progress = no_progress,
) -> Compression:
    """Compress all of `source` into a container written to `sink`.

    With several models, each block is coded with each and the smallest is kept; its tag in the container pays for the choice.
    A block that every model would expand is stored raw.

    Args:
        models: specs, models or predictors; or one of them.
        block_size: original bytes per block; by default the first model's own.
        jobs: worker processes; the container does not depend on it.
        verify: decode every payload with fresh state and compare, before it is written.
        progress: called with the number of original bytes that are done since it was last called, within a block too; coding
            is half of the work on them, and decoding them again the other half.

    Raises:
        VerificationError: naming the block that did not decode to what went in.
    """
    loaded = as_models(models)
    if not loaded:
        raise UsageError("no model was named; name at least one, such as cm")
    source = binary(source)
    interruptible(prepare, loaded)
    began = time.perf_counter()
    size = loaded[0].block_size if block_size is None else block_size
    tasks = batches_of(source, size, max(model.batch_size for model in loaded))
    writer = Writer(sink, header_for(loaded))
    account = _Account()
    work = _encode_verified if verify else _encode
    coding = verifying = 0.0
    with telling(progress):
        for batch, done in ordered_map(work, tasks, jobs, loaded, build, recipes_for(loaded, jobs)):
            coding, verifying = coding + done.coding, verifying + done.verifying
            for original, block in zip(batch.blocks, done.coded, strict=True):
                writer.add(original, block.model, original if block.model == RAW else block.encoded.payload)
                account.add(original, block)
    writer.finish()
    if not writer.names_models:
        account = _Account(account.original)  # no payload was worth naming a model
    seconds = time.perf_counter() - began
    return Compression(
        input_bytes=account.original,
        output_bytes=sum(writer.sizes.values()),
        ideal_bits=None if account.ideal is None else account.ideal + bytes_to_bits(writer.sizes["raw_blocks"]),
        models=tuple(model.spec for model in loaded),
        digests=tuple(model.digest.hex() for model in loaded),
        portability="exact" if all(model.portability == "exact" for model in loaded) else "environment",
        policies=tuple({"block_size": size, **model.policy()} for model in loaded),
        seconds=seconds,
        verify_seconds=seconds * verifying / (coding + verifying) if verifying else 0.0,
        verified=verify,
        ledger=Ledger(dict(writer.sizes), account.split(writer.sizes["payloads"]), models=loaded),
    )


def compress(
    data: Data,
    model: ModelsLike = DEFAULT_MODEL,
    *,
    level: int | None = None,
    block_size: int | None = None,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> bytes:
    """Compress bytes into a container, decoding it again before it is returned.

    Args:
        data: any bytes, the path of a file, or a binary stream.
        model: a model spec, a model or a predictor; or several, of which each block uses the best.
        level: of a model that has levels and is named by its spec, such as `cm`: 1 (fast) to 9 (small).
        block_size: bytes per block; the model's own by default.
        progress: called with the number of bytes that were coded since it was last called, such as `tqdm(...).update`.

    Returns:
        The container; `decompress` gives `data` back.

    Raises:
        SpecError: the model does not exist, or has no levels.
        TypeError: `data` is a str.

    Example:
        >>> container = compress(b"abracadabra" * 100, model="kt,order=2")
        >>> from mdlbench import decompress
        >>> decompress(container) == b"abracadabra" * 100
        True
    """
    sink = io.BytesIO()
    with opened(data) as source:
        compress_stream(source, sink, at_level(model, level), block_size=block_size, jobs=jobs, progress=progress)
    read_back(io.BytesIO(sink.getvalue()))
    return sink.getvalue()


def read_back(container: BinaryIO) -> None:
    """Read a container that was just written: structure and digest; its payloads were decoded before they were written."""
    for _ in read_containers(container):
        pass


def _encode(models: Sequence[Model], batch: Batch) -> _Batch:
    with part(batch.size):
        return _timed(models, batch)


def _timed(models: Sequence[Model], batch: Batch) -> _Batch:
    began = time.perf_counter()
    return _Batch(_smallest(models, batch), time.perf_counter() - began)


def _smallest(models: Sequence[Model], batch: Batch) -> list[Coded]:
    """Code each block with every model and keep the smallest, or RAW where none is smaller than the block."""
    best = [Coded(RAW, Encoded(block, None, None)) for block in batch.blocks]
    for index, model in each(enumerate(models), size=lambda model: 1):
        for place, encoded in enumerate(model.encode(batch.blocks)):
            if len(encoded.payload) < len(best[place].encoded.payload):
                best[place] = Coded(index, encoded)
    return best


def _encode_verified(models: Sequence[Model], batch: Batch) -> _Batch:
    with part(batch.size):
        with part(0.5):
            done = _timed(models, batch)
        began = time.perf_counter()
        with part(0.5):
            _verify(models, batch, done.coded)
    return done._replace(verifying=time.perf_counter() - began)


def _verify(models: Sequence[Model], batch: Batch, coded: Sequence[Coded]) -> None:
    """Decode the payloads with fresh state, and compare."""
    start = batch.start
    chosen = [[place for place, block in enumerate(coded) if block.model == index] for index in range(len(models))]
    for model, places in each(zip(models, chosen, strict=True), size=lambda pair: len(pair[1])):
        payloads = [coded[place].encoded.payload for place in places]
        decoded = model.decode(payloads, [len(batch.blocks[place]) for place in places]) if places else []
        for place, data in zip(places, decoded, strict=True):
            if data != batch.blocks[place]:
                name = block_name(batch.number + place, start + sum(map(len, batch.blocks[:place])), len(batch.blocks[place]))
                raise VerificationError(f"{name} does not decode to the same bytes with {model.spec}; nothing was written")
