"""Windows of symbols to train on, each batch a function of seed and step alone: there is no position to keep or to lose.

Batches are drawn many steps at a time, since one call of a generator costs more than what it returns.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdlbench.errors import MissingInputError, UsageError
from mdlbench.training.config import Source, TrainingConfig

if TYPE_CHECKING:
    from mdlbench.processes import Process

_CHUNK_SYMBOLS = 1 << 20  # drawn at a time, about


class Windows(ABC):
    """Batches of windows, int64 (batch_size, length)."""

    def __init__(self, batch_size: int, length: int, seed: int) -> None:
        self._shape, self._seed = (batch_size, length), seed
        self._steps_per_chunk = max(1, _CHUNK_SYMBOLS // (batch_size * length))
        self._held: tuple[int, np.ndarray] = (-1, np.zeros(0))

    def batch(self, step: int) -> np.ndarray:
        """The windows of a step, the first being 0."""
        chunk, place = divmod(step, self._steps_per_chunk)
        if self._held[0] != chunk:
            drawn = self._draw(self._steps_per_chunk * self._shape[0], chunk_seed(self._seed, chunk))
            self._held = chunk, drawn.reshape(self._steps_per_chunk, *self._shape)
        return self._held[1][place].astype(np.int64)

    @abstractmethod
    def _draw(self, count: int, seed: int) -> np.ndarray:
        """`count` windows, (count, length) of any integer type."""


class ProcessWindows(Windows):
    """Independent windows of a stationary process, never the same twice."""

    def __init__(self, process: "Process", batch_size: int, length: int, seed: int) -> None:
        super().__init__(batch_size, length, seed)
        self._process = process

    def _draw(self, count: int, seed: int) -> np.ndarray:
        return self._process.generate_windows(count, self._shape[1], seed)


class StreamWindows(Windows):
    """Windows that begin at random places of one stream, uint8 (n,)."""

    def __init__(self, stream: np.ndarray, batch_size: int, length: int, seed: int) -> None:
        super().__init__(batch_size, length, seed)
        if len(stream) < length:
            raise UsageError(f"{len(stream)} symbols are fewer than one window of {length}; give a longer file or less context")
        self._windows = np.lib.stride_tricks.sliding_window_view(stream, length)

    def _draw(self, count: int, seed: int) -> np.ndarray:
        return self._windows[np.random.default_rng(seed).integers(len(self._windows), size=count)]


def chunk_seed(seed: int, chunk: int) -> int:
    """A seed of its own for each stretch of each seed's data."""
    return int(np.random.SeedSequence([seed, chunk]).generate_state(1, np.uint64)[0] >> 1)


def windows_of(config: TrainingConfig, seed: int) -> Windows:
    """The windows that a seed of a run is trained on."""
    length = config.architecture.context + 1
    if config.source.process is not None:
        return ProcessWindows(find_process(config.source), config.batch_size, length, seed)
    return StreamWindows(read_stream(config.source), config.batch_size, length, seed)


def process_source(name: str, parameters: Mapping[str, Any]) -> Source:
    """The source that draws from a process; parameters that are its defaults are left out."""
    from mdlbench.processes import find
    from mdlbench.processes.names import parameters_of
    from mdlbench.processes.numbers import text_of

    process = find(name, parameters)
    defaults = {key: parameter.default for key, parameter in parameters_of(name).items()}
    given = {key: text_of(value) for key, value in process.parameters.items() if value != defaults.get(key)}
    return Source(name, given, symbols=max(2, process.alphabet_size), digest=process.digest.hex())


def file_source(paths: tuple[str, ...], symbols: int = 256) -> Source:
    """The source that reads files; `UsageError` if a byte is outside the alphabet, `MissingInputError` without a file."""
    for path in paths:
        if not Path(path).is_file():
            raise MissingInputError(f"{path} is no file; name files to train on")
    digest = stream_digest(read_stream(Source(paths=paths, symbols=symbols)))
    return Source(paths=tuple(str(Path(path).resolve()) for path in paths), symbols=symbols, digest=digest)


def find_process(source: Source) -> "Process":
    """The process of a source; `UsageError` if it is no longer the one the run began with."""
    from mdlbench.processes import find

    assert source.process is not None
    process = find(source.process, source.params)
    if source.digest not in (None, process.digest.hex()):
        raise UsageError(f"the process {source.process} is not the one this run began with; name another folder with -o")
    return process


def read_stream(source: Source) -> np.ndarray:
    """The files of a source, one after the other, as uint8 (n,).

    Raises:
        UsageError: a byte is outside the alphabet, or the bytes are not those that the run began with.
    """
    stream = np.concatenate([np.fromfile(path, dtype=np.uint8) for path in source.paths])
    if len(stream) and stream.max() >= source.symbols:
        place = int((stream >= source.symbols).argmax())
        raise UsageError(
            f"{_name_of_place(source, place)} is {stream[place]}, outside symbols 0 to {source.symbols - 1}; "
            "leave out --symbols to train on any bytes"
        )
    if source.digest not in (None, stream_digest(stream)):
        raise UsageError(f"{', '.join(source.paths)}: not the bytes that this run began with; name another folder with -o")
    return stream


def stream_digest(stream: np.ndarray) -> str:
    """8 bytes over a stream, in hexadecimal."""
    return hashlib.blake2b(np.ascontiguousarray(stream).tobytes(), digest_size=8).hexdigest()


def _name_of_place(source: Source, place: int) -> str:
    for path in source.paths:
        size = Path(path).stat().st_size
        if place < size:
            return f"{path}: byte {place}"
        place -= size
    raise AssertionError("a place lies in one of the files")
