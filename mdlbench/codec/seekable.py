"""Reading a container file at any place; only the blocks needed are decoded."""

import bisect
import builtins
import io
import os
from typing import BinaryIO

from mdlbench.arguments import file_path
from mdlbench.codec.decompression import decode_blocks
from mdlbench.codec.matching import models_for
from mdlbench.container import Header, Place, read_block, table_of_contents
from mdlbench.errors import UsageError
from mdlbench.models import ModelsLike, as_models
from mdlbench.models.base import Model
from mdlbench.progress import Progress, no_progress, part, telling
from mdlbench.workers import interruptible


class ContainerFile(io.RawIOBase):
    """The original bytes of a container file as a seekable, read-only binary file.

    The block at the current position is decoded when it is first read and kept until another one is needed.

    Attributes:
        size: original bytes.
        blocks_decoded: how many blocks have been decoded so far.
        progress: called with the number of bytes that were decoded since it was last called.
    """

    def __init__(self, file: BinaryIO, models: ModelsLike = (), *, force_environment: bool = False) -> None:
        self._file, self._position, self.blocks_decoded = file, 0, 0
        self._places = table_of_contents(file)
        self._supplied = as_models(models)
        self._force = force_environment
        self.progress: Progress = no_progress
        self._cache: list[tuple[Header, list[Model]]] = []  # the models of each container met so far
        self._number, self._data = -1, b""
        self.size = self._places[-1].start + self._places[-1].original_size if self._places else 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}
        if whence not in bases:
            raise ValueError(f"whence is {whence}; write os.SEEK_SET, os.SEEK_CUR or os.SEEK_END")
        base = bases[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to byte {base + offset}: before the start of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def, override]
        if self._position >= self.size:
            return 0
        place = self._place_of(self._position)
        if self._number != place.number:
            self._number, self._data = place.number, self._decode(place)
        inside = self._position - place.start
        part = memoryview(self._data)[inside : inside + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _place_of(self, position: int) -> Place:
        return self._places[bisect.bisect_right(self._places, position, key=lambda place: place.start) - 1]

    def _decode(self, place: Place) -> bytes:
        block = read_block(self._file, place)
        models = next((models for header, models in self._cache if header == place.container), None)
        if models is None:
            models = models_for(place.container, self._supplied, force_environment=self._force)
            self._cache.append((place.container, models))
        self.blocks_decoded += 1
        with telling(self.progress), part(place.original_size):
            return interruptible(decode_blocks, models, [block])[0]

    def sized(self, start: int, end: int) -> int:
        """Original bytes of the blocks in which start..end-1 lie."""
        met = (place for place in self._places if place.start < end and place.start + place.original_size > start)
        return sum(place.original_size for place in met)


def open_container(path: str | os.PathLike[str], model: ModelsLike = ()) -> io.BufferedReader:
    """Open a container file for reading its original bytes at any place.

    Args:
        path: an `.mdlz` file.
        model: spec or specs of the models that wrote it, or the models themselves, if they are not built in.

    Returns:
        A buffered, seekable, read-only binary file; its `raw` is a `ContainerFile`.

    Raises:
        OSError: the file cannot be read. ContainerError: it is not a container, or is damaged.
    """
    file = builtins.open(file_path("path", path), "rb")  # noqa: SIM115  (the reader closes it)
    try:
        return io.BufferedReader(ContainerFile(file, model))
    except BaseException:
        file.close()
        raise


def copy_range(source: io.RawIOBase, sink: BinaryIO, start: int, end: int) -> int:
    """Copy original bytes start..end-1 into `sink`, decoding only their blocks; the number of bytes.

    Raises:
        UsageError: the range is not within the file.
    """
    size = source.seek(0, os.SEEK_END)
    if not 0 <= start <= end <= size:
        raise UsageError(f"--range {start}:{end} is not within the {size:,} bytes of the original")
    source.seek(start)
    left = end - start
    while left:
        data = source.read(min(left, 1 << 20))
        assert data
        sink.write(data)
        left -= len(data)
    return end - start
