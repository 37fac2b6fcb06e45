"""What can be recovered from a damaged container file, written out."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from mdlbench.codec.decompression import decode_blocks
from mdlbench.codec.matching import models_for
from mdlbench.container import Header, ModelEntry, Place, block_name, locate_blocks, read_block
from mdlbench.errors import ContainerError, EnvironmentMismatchError, ModelMismatchError
from mdlbench.models import ModelsLike, as_models
from mdlbench.models.base import Model
from mdlbench.progress import Progress, no_progress, part, telling
from mdlbench.text import counted
from mdlbench.workers import interruptible

_ZEROS = bytes(1 << 20)
_LEAST_ZEROS, _ZEROS_BY_ONE = 1 << 30, 1000  # zeros that are written in any case; and for each byte of the file


@dataclass(frozen=True)
class Salvage:
    """What was recovered: names of blocks, what was lost and why, original bytes with their holes."""

    recovered: list[str]
    lost: list[str]
    size: int


def salvage_stream(
    file: BinaryIO,
    sink: BinaryIO,
    models: ModelsLike = (),
    *,
    force_environment: bool = False,
    most_zeros: int | None = None,
    progress: Progress = no_progress,
) -> Salvage:
    """Write every undamaged block of a container file; lost ranges become zeros, so that what is found keeps its place.

    A range whose length nothing tells (no index, or one that the blocks found fit in several ways) is left out, and the text
    says so. Blocks are held against their checksums; that none is missing is known from the index, or from the digest where
    the index is damaged.

    Args:
        sink: holes are left in it where it can seek, else zeros are written.
        models: specs for models that are not built in, or to stand in for a damaged header.
        most_zeros: bytes that may stand for what is lost; None for 1 GiB, or 1,000 times the file if that is more.
        progress: called with the number of bytes that were recovered since it was last called.

    Raises:
        ContainerError: no block is recovered, and nothing written; or more than `most_zeros` is lost, by what the file says of
            itself: a few bytes of it can say anything.
    """
    if most_zeros is None:
        most_zeros = max(_LEAST_ZEROS, _ZEROS_BY_ONE * os.fstat(file.fileno()).st_size)
    supplied = as_models(models)
    stand_in = Header(tuple(ModelEntry(model.digest, model.spec) for model in supplied)) if supplied else None
    found: dict[int, list[Model]] = {}  # the models of each container, by its header's identity
    given = " ".join(f"-m {model.spec}" for model in supplied)
    recovered, lost, size, zeros, hole = [], [], 0, 0, 0  # the hole is left once a block follows, or at the end
    reasons: list[str] = []
    for item in locate_blocks(file, stand_in):
        length = item.original_size if isinstance(item, Place) else item.size
        reason = "not found"
        if isinstance(item, Place):
            try:
                if id(item.container) not in found:
                    found[id(item.container)] = models_for(item.container, supplied, force_environment=force_environment)
                with telling(progress), part(item.original_size):
                    (data,) = interruptible(decode_blocks, found[id(item.container)], [read_block(file, item)])
                _leave_hole(sink, hole)
                sink.write(data)
                hole = 0
                recovered.append(block_name(item.number, size, len(data)))
                size += len(data)
                continue
            except (ContainerError, ModelMismatchError, EnvironmentMismatchError) as error:
                reason = "damaged" if isinstance(error, ContainerError) else str(error)
                is_unsure = reason == "damaged" and item.container is stand_in
                reasons.append(f"none decodes with {given}, another model probably wrote the file" if is_unsure else reason)
        if length is None:
            lost.append(f"from byte {size}, length unknown, perhaps 0 (nothing tells)")
            continue
        zeros += length
        if zeros > most_zeros:
            lines = f"what is lost has {zeros:,} bytes or more, if the file is to be believed: more than {most_zeros:,} zeros"
            raise ContainerError(f"{lines} are not written in its place; allow them with --zeros SIZE")
        lost.append(f"bytes {size}-{size + length - 1} ({reason})")
        hole += length
        size += length
    if lost and not recovered:
        raise ContainerError(f"{_none_of(reasons)}; nothing is written")
    _leave_hole(sink, hole)
    return Salvage(recovered, lost, size)


def _none_of(reasons: Sequence[str]) -> str:
    """Why nothing is recovered, from what is wrong with each block that was found."""
    if not reasons:
        return "nothing is left to salvage: no mdlbench blocks found"
    return f"of {counted(len(reasons), 'block')} found none is recovered: {'; '.join(dict.fromkeys(reasons))}"


def _leave_hole(sink: BinaryIO, length: int) -> None:
    """Skip `length` bytes, which read as zeros; they take no room in a file."""
    if length and sink.seekable():
        sink.seek(length - 1, os.SEEK_CUR)
        length = 1
    for at in range(0, length, len(_ZEROS)):
        sink.write(_ZEROS[: length - at])
