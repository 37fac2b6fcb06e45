"""A container → a model's payloads → blocks of bytes, each checked against its checksum."""

import io
import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from mdlbench.codec.blocks import groups
from mdlbench.codec.matching import build, models_for, prepare, recipes_for
from mdlbench.codec.sources import Data, binary, opened
from mdlbench.container import RAW, Block, Header, read_containers
from mdlbench.container.format import checksum
from mdlbench.errors import DamagedBlockError
from mdlbench.models import ModelsLike, as_models
from mdlbench.models.base import Model
from mdlbench.progress import Progress, each, no_progress, part, telling
from mdlbench.workers import interruptible, ordered_map


class Decompression(NamedTuple):
    """What `decompress_stream` did: original bytes, and the seconds it took once the models were ready."""

    size: int
    seconds: float


def decompress_stream(
    source: BinaryIO,
    sink: BinaryIO,
    models: ModelsLike = (),
    *,
    jobs: int = 1,
    force_environment: bool = False,
    progress: Progress = no_progress,
) -> Decompression:
    """Decompress all containers in `source` into `sink`.

    Bytes reach `sink` block by block, each checked against its checksum; a caller that must not show a damaged file's first
    blocks gives a temporary file.

    Args:
        models: specs of models that are not built in, or the models, matched by digest.
        force_environment: decode although software or device differ from those recorded.

    Raises:
        ContainerError: damaged or truncated; DamagedBlockError names the block and its bytes.
        ModelMismatchError, EnvironmentMismatchError: the container cannot be decoded here, and why.
    """
    supplied = as_models(models)
    total, seconds = 0, 0.0
    items = read_containers(binary(source))
    item = next(items, None)
    while isinstance(item, Header):
        container = models_for(item, supplied, force_environment=force_environment)
        interruptible(prepare, container)
        began = time.perf_counter()
        blocks = _Until(items)
        tasks = groups(blocks, max((model.batch_size for model in container), default=1))
        recipes = recipes_for(container, jobs)
        with telling(progress):
            for _, decoded in ordered_map(_decode, tasks, jobs, container, build, recipes):
                for data in decoded:
                    sink.write(data)
                    total += len(data)
        item = blocks.stopped_at
        seconds += time.perf_counter() - began
    return Decompression(total, seconds)


def decompress(container: Data, model: ModelsLike = (), *, jobs: int = 1, progress: Progress = no_progress) -> bytes:
    """The bytes that a container, or several one after the other, hold.

    Args:
        container: its bytes, the path of its file, or a binary stream.
        model: spec or specs of the models that wrote it, or the models themselves, if they are not built in.

    Raises:
        ContainerError: the container is damaged; ModelMismatchError: `model` is not what wrote it.
    """
    sink = io.BytesIO()
    with opened(container) as source:
        decompress_stream(source, sink, model, jobs=jobs, progress=progress)
    return sink.getvalue()


def verify(container: Data, model: ModelsLike = (), *, jobs: int = 1) -> int:
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
    originals = _decoded(models, blocks)
    for block in blocks:
        if checksum(originals[block.number]) != block.header.checksum:
            raise DamagedBlockError(f"{block.name} does not match its checksum; --salvage keeps the others")
    return [originals[block.number] for block in blocks]


def _decoded(models: Sequence[Model], blocks: Sequence[Block]) -> dict[int, bytes]:
    originals: dict[int, bytes] = {block.number: block.payload for block in blocks if block.header.model == RAW}
    chosen = ((model, [block for block in blocks if block.header.model == index]) for index, model in enumerate(models))
    for model, own in each(chosen, size=lambda pair: sum(block.header.original_size for block in pair[1])):
        for group in groups(own, model.batch_size):
            sizes = [block.header.original_size for block in group]
            try:
                decoded = model.decode([block.payload for block in group], sizes)
            except DamagedBlockError as error:
                names = " or ".join(block.name for block in group)
                raise DamagedBlockError(f"{names} cannot be decoded: {error}; --salvage keeps the others") from None
            originals |= {block.number: data for block, data in zip(group, decoded, strict=True)}
    return originals


def _decode(models: Sequence[Model], blocks: list[Block]) -> list[bytes]:
    with part(sum(block.header.original_size for block in blocks)):
        return decode_blocks(models, blocks)


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
