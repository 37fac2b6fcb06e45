"""Which blocks of a damaged container file are whole: what `inspect` shows in front of the error."""

from dataclasses import dataclass
from typing import BinaryIO

from mdlbench.codec.decompression import decode_blocks
from mdlbench.codec.matching import models_for
from mdlbench.container import RAW, Header, Place, locate_blocks, read_block
from mdlbench.errors import ContainerError, EnvironmentMismatchError, ModelMismatchError
from mdlbench.models import ModelsLike, as_models
from mdlbench.models.base import Model
from mdlbench.workers import interruptible


@dataclass(frozen=True)
class SurveyedBlock:
    """A block that was found, or what is missing between two.

    Attributes:
        number: None for what is missing.
        start: of its original bytes.
        original_size, payload_size: bytes; None where nothing tells.
        model: spec, or "raw"; empty where nothing tells.
        state: whole, damaged, lost, or "not checked": its model is not at hand.
    """

    number: int | None
    start: int
    original_size: int | None
    payload_size: int | None
    model: str
    state: str


def survey(
    file: BinaryIO, models: ModelsLike = (), *, force_environment: bool = False
) -> tuple[list[Header], list[SurveyedBlock]]:
    """The headers of a damaged file and its blocks, each decoded and held against its checksum.

    Args:
        file: an open file on disk.
        models: specs of models that are not built in.

    Raises:
        ContainerError: no header can be read.
    """
    supplied = as_models(models)
    headers: list[Header] = []
    known: dict[int, list[Model] | None] = {}  # the models of each container, by its header's identity; None: not at hand
    rows = []
    for item in locate_blocks(file, None):
        if not isinstance(item, Place):
            rows.append(SurveyedBlock(None, item.start, item.size, None, "", "lost"))
            continue
        if id(item.container) not in known:
            headers.append(item.container)
            try:
                known[id(item.container)] = models_for(item.container, supplied, force_environment=force_environment)
            except (ModelMismatchError, EnvironmentMismatchError):
                known[id(item.container)] = None
        rows.append(_checked(file, item, known[id(item.container)]))
    return headers, rows


def _checked(file: BinaryIO, place: Place, models: list[Model] | None) -> SurveyedBlock:
    """One block, read and decoded."""
    payload_size, name, state = None, "", "damaged"
    try:
        block = read_block(file, place)
        is_raw = block.header.model == RAW
        payload_size, name = len(block.payload), "raw" if is_raw else place.container.models[block.header.model].spec
        if models is None and not is_raw:
            state = "not checked"
        else:
            interruptible(decode_blocks, models or [], [block])
            state = "whole"
    except ContainerError:
        pass
    return SurveyedBlock(place.number, place.start, place.original_size, payload_size, name, state)
