"""What a container file holds: header, blocks, and the account of every byte; with `decode`, of every bit of the payloads."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from mdlbench.codec.decompression import decode_blocks
from mdlbench.codec.ledger import Ledger, PayloadSplit
from mdlbench.codec.matching import models_for
from mdlbench.container import RAW, Block, Header, read_containers
from mdlbench.container.format import DIGEST_SIZE, IndexEntry, trailer_bytes
from mdlbench.container.writer import PARTS
from mdlbench.errors import MdlbenchError
from mdlbench.models import ModelsLike, as_models
from mdlbench.models.base import Model
from mdlbench.progress import Meter, Progress, measured, no_progress, part
from mdlbench.units import bytes_to_bits
from mdlbench.workers import interruptible

_FRAMING, _CODER = 1024, 0.02  # bits of a block, and its share, that a coder may add to the code length of its symbols


@dataclass(frozen=True)
class BlockRow:
    """One block: number, where its original bytes start, sizes in bytes, and the model's spec or "raw"."""

    number: int
    start: int
    original_size: int
    payload_size: int
    model: str


@dataclass(frozen=True)
class Inspection:
    """A container file as it is; every check in it was made."""

    headers: tuple[Header, ...]
    blocks: tuple[BlockRow, ...]
    original_size: int
    ledger: Ledger

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        models = [
            {**(header.metadata[place] if header.metadata else {}), "spec": model.spec, "digest": model.digest.hex()}
            for header in self.headers
            for place, model in enumerate(header.models)
        ]
        return {
            "input_bytes": self.original_size,
            "output_bytes": self.ledger.file_size,
            "containers": len(self.headers),
            "models": models,
            "blocks": [vars(block) for block in self.blocks],
            "ledger": self.ledger.to_json(),
        }


def inspect_stream(
    source: BinaryIO,
    models: ModelsLike = (),
    *,
    decode: bool = False,
    force_environment: bool = False,
    progress: Progress = no_progress,
) -> Inspection:
    """Read containers to their end, checking digests.

    Args:
        models: specs of models that are not built in; needed only with `decode`.
        decode: also decode every block and split the payloads' bits into ideal, quantisation and coder, from a pass of the
            model that does not involve the coder.
        progress: called with the number of original bytes that were decoded and measured since it was last called.
    """
    supplied = as_models(models)
    counted = _Counted(source)
    sizes = dict.fromkeys(PARTS, 0)
    headers: list[Header] = []
    rows: list[BlockRow] = []
    container: list[Model] = []
    split = _Split()
    index: list[IndexEntry] = []  # of the current container
    coders: dict[str, Model] = {}
    meter = Meter(progress)
    for item in read_containers(counted):  # type: ignore[arg-type]
        if isinstance(item, Header):
            if headers:
                sizes["index"] += _index_size(index)
            index = []
            headers.append(item)
            sizes["header"] += len(item.to_bytes())
            sizes["trailer"] += DIGEST_SIZE
            if decode:
                container = models_for(item, supplied, force_environment=force_environment)
                coders |= {model.spec: model for model in container}
            continue
        raw = item.header.model == RAW
        index.append(IndexEntry(len(item.header.to_bytes()) + len(item.payload), item.header.original_size))
        sizes["block_headers"] += len(item.header.to_bytes())
        sizes["raw_blocks" if raw else "payloads"] += len(item.payload)
        name = "raw" if raw else headers[-1].models[item.header.model].spec
        rows.append(BlockRow(item.number, item.start, item.header.original_size, len(item.payload), name))
        if decode:
            with measured(meter), part(item.header.original_size):
                split.add(container, item)
            meter.tell()
    sizes["index"] += _index_size(index)
    ledger = Ledger(sizes, split.result(sizes["payloads"]) if decode else None, split.beside, tuple(coders.values()))
    assert ledger.file_size == counted.bytes, "the parts do not add up to the file"
    return Inspection(tuple(headers), tuple(rows), sum(row.original_size for row in rows), ledger)


def inspect_file(path: str | os.PathLike[str], models: ModelsLike = (), *, decode: bool = False) -> Inspection:
    """`inspect_stream` of the file at `path`."""
    with open(path, "rb") as file:
        return inspect_stream(file, models, decode=decode)


def _index_size(index: list[IndexEntry]) -> int:
    return len(trailer_bytes(index, only_block=len(index) == 1))


class _Split:
    """Sums of code lengths over the coded blocks; None once a model gives none."""

    def __init__(self) -> None:
        self.ideal: float | None = 0.0
        self.quantised: float | None = 0.0
        self.beside: dict[str, float] = {}

    def add(self, models: Sequence[Model], block: Block) -> None:
        """Decode a block, and add its code length.

        Raises:
            MdlbenchError: its payload is not what these code lengths need, beyond anything that a coder adds.
        """
        with part(0.5):
            (original,) = interruptible(decode_blocks, models, [block])
        index = block.header.model
        if index == RAW or self.ideal is None or self.quantised is None:
            return
        model = models[index]
        if not model.has_probabilities:
            self.ideal = self.quantised = None
            return
        with part(0.5):
            (found,) = interruptible(functools.partial(model.measure, quantised=True, beside=True), [original])
        assert found.quantised is not None
        quantised, coded = float(found.quantised.sum()), bytes_to_bits(len(block.payload))
        if abs(coded - quantised) > _FRAMING + _CODER * quantised:
            raise MdlbenchError(
                f"block {block.number} has {coded:,} bits, and its symbols {quantised:,.0f} from {model.spec} in one pass: the "
                "model predicts otherwise in one pass than step by step, which is no coder's loss; inspect without --decode"
            )
        self.ideal += float(found.ideal.sum())
        self.quantised += quantised
        for name, value in found.beside.items():
            self.beside[name] = self.beside.get(name, 0.0) + value

    def result(self, payload_bytes: int) -> PayloadSplit | None:
        if self.ideal is None or self.quantised is None:
            return None
        return PayloadSplit.of(payload_bytes, self.ideal, self.quantised)


class _Counted:
    """A stream that counts the bytes read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.bytes = stream, 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.bytes += len(data)
        return data
