"""The codec: blocks of bytes → a model's payloads → a container, and back.

`compress_stream` and `decompress_stream` are the whole path of a byte. Blocks are coded independently, in batches of the size
the model asks for, on any number of worker processes; the container is the same for all of them. `compress` and `decompress`
do the same for bytes in memory.
"""

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from mdlbench.container import MAX_BLOCK, RAW, Block, Header, Writer, block_name, read_containers
from mdlbench.container.format import checksum
from mdlbench.container.matching import Recipe, build, header_for, models_for
from mdlbench.errors import DamagedBlockError, UsageError, VerificationError
from mdlbench.ledger import Ledger, PayloadSplit
from mdlbench.models import load_model
from mdlbench.models.base import Encoded, Model
from mdlbench.units import bytes_to_bits
from mdlbench.workers import interruptible, ordered_map

DEFAULT_MODEL = "cm"
Progress = Callable[[int], None]  # told how many more original bytes are done


def no_progress(n_bytes: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Compression:
    """What `compress_stream` did; sizes are of the container as written.

    Attributes:
        models, digests: canonical specs and digests (hexadecimal), in the header's order.
        ideal_bits: ideal code length of all blocks, raw ones at 8 bits a byte; None if a model gives none.
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


class Decompression(NamedTuple):
    """What `decompress_stream` did: original bytes, and the seconds it took once the models were ready."""

    size: int
    seconds: float


class Batch(NamedTuple):
    """Consecutive blocks that go to a model together: number of the first, where it starts, their bytes."""

    number: int
    start: int
    blocks: list[bytes]


class Coded(NamedTuple):
    """One block after encoding: index of the model or RAW, and what it became."""

    model: int
    encoded: Encoded


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
    models: Sequence[str] = (DEFAULT_MODEL,),
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
        block_size: original bytes per block; by default the first model's own.
        jobs: worker processes; the container does not depend on it.
        verify: decode every payload with fresh state and compare, before it is written.
        progress: called with the number of original bytes that each batch completed.

    Raises:
        VerificationError: naming the block that did not decode to what went in.
    """
    loaded = [load_model(spec) for spec in models]
    if not loaded:
        raise UsageError("no model was named; name at least one, such as cm")
    interruptible(_prepare, loaded)
    began = time.perf_counter()
    size = loaded[0].block_size if block_size is None else block_size
    tasks = batches_of(source, size, max(model.batch_size for model in loaded))
    writer = Writer(sink, header_for(loaded))
    account = _Account()
    work = _encode_verified if verify else _encode
    for batch, coded in ordered_map(work, tasks, jobs, loaded, build, [Recipe.of(model) for model in loaded]):
        for original, block in zip(batch.blocks, coded, strict=True):
            writer.add(original, block.model, original if block.model == RAW else block.encoded.payload)
            account.add(original, block)
            progress(len(original))
    writer.finish()
    if not writer.names_models:
        account = _Account(account.original)  # no payload was worth naming a model
    return Compression(
        input_bytes=account.original,
        output_bytes=sum(writer.sizes.values()),
        ideal_bits=None if account.ideal is None else account.ideal + bytes_to_bits(writer.sizes["raw_blocks"]),
        models=tuple(model.spec for model in loaded),
        digests=tuple(model.digest.hex() for model in loaded),
        portability="exact" if all(model.portability == "exact" for model in loaded) else "environment",
        policies=tuple({"block_size": size, **model.policy()} for model in loaded),
        seconds=time.perf_counter() - began,
        verified=verify,
        ledger=Ledger(dict(writer.sizes), account.split(writer.sizes["payloads"]), model_descriptions(loaded)),
    )


def decompress_stream(
    source: BinaryIO,
    sink: BinaryIO,
    models: Sequence[str] = (),
    *,
    jobs: int = 1,
    force_environment: bool = False,
    progress: Progress = no_progress,
) -> Decompression:
    """Decompress all containers in `source` into `sink`.

    Bytes reach `sink` block by block, each checked against its checksum; a caller that must not show a damaged file's first
    blocks gives a temporary file.

    Args:
        models: specs of models that are not built in, matched by digest.
        force_environment: decode although software or device differ from those recorded.

    Raises:
        ContainerError: damaged or truncated; DamagedBlockError names the block and its bytes.
        ModelMismatchError, EnvironmentMismatchError: the container cannot be decoded here, and why.
    """
    supplied = [load_model(spec) for spec in models]
    total, seconds = 0, 0.0
    items = read_containers(source)
    item = next(items, None)
    while isinstance(item, Header):
        container = models_for(item, supplied, force_environment=force_environment)
        interruptible(_prepare, container)
        began = time.perf_counter()
        blocks = _Until(items)
        tasks = _groups(blocks, max((model.batch_size for model in container), default=1))
        recipes = [Recipe.of(model) for model in container]
        for _, decoded in ordered_map(_decode, tasks, jobs, container, build, recipes):
            for data in decoded:
                sink.write(data)
                total += len(data)
                progress(len(data))
        item = blocks.stopped_at
        seconds += time.perf_counter() - began
    return Decompression(total, seconds)


def compress(data: bytes, model: str | Sequence[str] = DEFAULT_MODEL, *, block_size: int | None = None, jobs: int = 1) -> bytes:
    """Compress bytes into a container, decoding it again before it is returned.

    Args:
        data: any bytes.
        model: a model spec, or several, of which each block uses the best.
        block_size: bytes per block; the model's own by default.

    Returns:
        The container; `decompress` gives `data` back.

    Raises:
        SpecError: the model does not exist.

    Example:
        >>> container = compress(b"abracadabra" * 100, model="kt,order=2")
        >>> decompress(container) == b"abracadabra" * 100
        True
    """
    sink = io.BytesIO()
    compress_stream(io.BytesIO(memoryview(data)), sink, _specs(model), block_size=block_size, jobs=jobs)
    read_back(io.BytesIO(sink.getvalue()))
    return sink.getvalue()


def decompress(container: bytes, model: str | Sequence[str] = (), *, jobs: int = 1) -> bytes:
    """The bytes that a container, or several one after the other, hold.

    Args:
        model: spec or specs of the models that wrote it, if they are not built in.

    Raises:
        ContainerError: the container is damaged; ModelMismatchError: `model` is not what wrote it.
    """
    sink = io.BytesIO()
    decompress_stream(io.BytesIO(memoryview(container)), sink, _specs(model), jobs=jobs)
    return sink.getvalue()


def read_back(container: BinaryIO) -> None:
    """Read a container that was just written: structure and digest; its payloads were decoded before they were written."""
    for _ in read_containers(container):
        pass


def verify(container: bytes, model: str | Sequence[str] = (), *, jobs: int = 1) -> int:
    """Decode a container against every checksum and digest in it; the number of original bytes.

    Raises:
        ContainerError: naming what does not match.
    """
    return len(decompress(container, model, jobs=jobs))


def decode_blocks(models: Sequence[Model], blocks: Sequence[Block]) -> list[bytes]:
    """The original bytes of blocks of one container, each checked against its checksum.

    Raises:
        DamagedBlockError: naming the first block that does not match, and its bytes.
    """
    originals: dict[int, bytes] = {block.number: block.payload for block in blocks if block.header.model == RAW}
    for index, model in enumerate(models):
        chosen = [block for block in blocks if block.header.model == index]
        for group in (chosen[at : at + model.batch_size] for at in range(0, len(chosen), model.batch_size)):
            sizes = [block.header.original_size for block in group]
            try:
                decoded = model.decode([block.payload for block in group], sizes)
            except DamagedBlockError as error:
                names = " or ".join(block.name for block in group)
                raise DamagedBlockError(f"{names} cannot be decoded: {error}; --salvage keeps the others") from None
            originals |= {block.number: data for block, data in zip(group, decoded, strict=True)}
    for block in blocks:
        if checksum(originals[block.number]) != block.header.checksum:
            raise DamagedBlockError(f"{block.name} does not match its checksum; --salvage keeps the others")
    return [originals[block.number] for block in blocks]


def model_descriptions(models: Sequence[Model]) -> dict[str, Any]:
    """What the models themselves weigh, in bytes: for the ledger's figures beside the sums."""
    return {
        "model_bytes": {
            model.spec: {"code": d.code, "weights": d.weights, "weights_16bit": d.weights_16bit}
            for model in models
            for d in [model.description()]
        }
    }


def batches_of(source: BinaryIO, block_size: int, batch_size: int) -> Iterator[Batch]:
    """Cut a stream into blocks of `block_size` bytes, the last one shorter, in batches of up to `batch_size`.

    Raises:
        UsageError: a container could not hold blocks of this size.
    """
    if not isinstance(block_size, int) or not 1 <= block_size <= MAX_BLOCK:
        raise UsageError(f"block size {block_size}; a block has 1 to {MAX_BLOCK:,} bytes")
    return _batches(_groups(_blocks(source, block_size), batch_size))


def _batches(groups: Iterable[list[bytes]]) -> Iterator[Batch]:
    number = start = 0
    for group in groups:
        yield Batch(number, start, group)
        number, start = number + len(group), start + sum(map(len, group))


def _prepare(models: Sequence[Model]) -> None:
    for model in models:
        model.prepare()


def _specs(model: str | Sequence[str]) -> Sequence[str]:
    return [model] if isinstance(model, str) else model


def _encode(models: Sequence[Model], batch: Batch) -> list[Coded]:
    """Code each block with every model and keep the smallest, or RAW where none is smaller than the block."""
    best = [Coded(RAW, Encoded(block, None, None)) for block in batch.blocks]
    for index, model in enumerate(models):
        for place, encoded in enumerate(model.encode(batch.blocks)):
            if len(encoded.payload) < len(best[place].encoded.payload):
                best[place] = Coded(index, encoded)
    return best


def _encode_verified(models: Sequence[Model], batch: Batch) -> list[Coded]:
    coded = _encode(models, batch)
    start = batch.start
    for index, model in enumerate(models):
        places = [place for place, block in enumerate(coded) if block.model == index]
        payloads = [coded[place].encoded.payload for place in places]
        decoded = model.decode(payloads, [len(batch.blocks[place]) for place in places]) if places else []
        for place, data in zip(places, decoded, strict=True):
            if data != batch.blocks[place]:
                name = block_name(batch.number + place, start + sum(map(len, batch.blocks[:place])), len(batch.blocks[place]))
                raise VerificationError(f"{name} does not decode to the same bytes with {model.spec}; nothing was written")
    return coded


def _decode(models: Sequence[Model], blocks: list[Block]) -> list[bytes]:
    return decode_blocks(models, blocks)


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


def _groups(items: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """Consecutive items in lists of up to `most`."""
    group: list[Any] = []
    for item in items:
        group.append(item)
        if len(group) == most:
            yield group
            group = []
    if group:
        yield group


class _Until:
    """The blocks of one container; remembers the header of the next, which ended them."""

    def __init__(self, items: Iterator[Header | Block]) -> None:
        self._items = items
        self.stopped_at: Header | None = None

    def __iter__(self) -> Iterator[Block]:
        for item in self._items:
            if isinstance(item, Header):
                self.stopped_at = item
                return
            yield item
