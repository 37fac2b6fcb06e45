"""Compressors that are Python packages: what each calls to write and to read its own plain file.

A reader takes the size that must come out and never makes much more than that: a small file that would inflate to
gigabytes (a "bomb") is cut off after `size + 1` bytes, and dictionaries are bounded.
"""

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from mdlbench.errors import MissingExtraError
from mdlbench.models.decoders import Binaries, Decoder, Unknown
from mdlbench.models.external.programs import run_bounded

_MAX_DICTIONARY = 1 << 28  # bytes; xz -9 and zstd --ultra -22 want 64 and 128 MiB


@dataclass(frozen=True)
class Package:
    """One row of the table.

    Attributes:
        levels: what `level=` may say, weakest first.
        default: the level when none is given: the strongest that is ordinary.
        format: names the file format and the settings that are fixed here; part of the model's digest.
        write: (data, level) -> file.
        read: (file, level, size) -> data, at most a little over `size` bytes.
        module: the package to import; `pip_name` where pip calls it something else.
        extension: the extension module in it that decodes, if it is not `module`.
        usual_speed: bytes a second, as `Program.usual_speed`.
    """

    levels: tuple[str, ...]
    default: str
    format: str
    write: Callable[[bytes, str], bytes]
    read: Callable[[bytes, str, int], bytes]
    module: str
    pip_name: str = ""
    extension: str = ""
    usual_speed: float = 1e6

    portability: Literal["exact"] = "exact"
    dated: Literal[False] = False

    def check_installed(self) -> None:
        """Raise `MissingExtraError` if the package is not there."""
        _need(self.module, self.pip_name or self.module)

    def version(self) -> str:
        """What is installed, for results."""
        return f"{self.pip_name} {version(self.pip_name)}" if self.pip_name else f"Python {sys.version.split()[0]}"

    def decoder(self) -> Decoder:
        """The package's extension module; of Python's own, the library that it calls."""
        try:
            place = getattr(import_module(self.extension or self.module), "__file__", None)
        except ImportError:
            place = None
        if place is None:
            return Unknown(f"{self.extension or self.module} is no file of its own here, so what decodes cannot be told apart")
        return Binaries((Path(place),), wrapper=not self.pip_name, shared=("CPython",))


def _need(module: str, pip_name: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError(pip_name, "external") from None


def _numbers(first: int, last: int, suffix: str = "") -> tuple[str, ...]:
    return tuple(f"{level}{suffix}" for level in range(first, last + 1))


def _write_gzip(data: bytes, level: str) -> bytes:
    return gzip.compress(data, int(level), mtime=0)


def _read_gzip(payload: bytes, level: str, size: int) -> bytes:
    return _whole(zlib.decompressobj(wbits=31), payload, size)


def _write_bz2(data: bytes, level: str) -> bytes:
    return bz2.compress(data, int(level))


def _read_bz2(payload: bytes, level: str, size: int) -> bytes:
    return _whole(bz2.BZ2Decompressor(), payload, size)


def _write_xz(data: bytes, level: str) -> bytes:
    return lzma.compress(data, preset=int(level[0]) | (lzma.PRESET_EXTREME if level.endswith("e") else 0))


def _read_xz(payload: bytes, level: str, size: int) -> bytes:
    return _whole(lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MAX_DICTIONARY), payload, size)


def _whole(decompressor: Any, payload: bytes, size: int) -> bytes:
    data = decompressor.decompress(payload, size + 1)
    if len(data) <= size and (not decompressor.eof or decompressor.unused_data):
        raise ValueError("the file does not end where its data does")
    return data


def _write_zstd(data: bytes, level: str) -> bytes:
    zstandard = _need("zstandard", "zstandard")
    return zstandard.ZstdCompressor(level=int(level), write_checksum=True).compress(data)


def _read_zstd(payload: bytes, level: str, size: int) -> bytes:
    decompressor = _need("zstandard", "zstandard").ZstdDecompressor(max_window_size=_MAX_DICTIONARY)
    return decompressor.stream_reader(payload).read(size + 1)


def _write_brotli(data: bytes, level: str) -> bytes:
    return _need("brotli", "brotli").compress(data, quality=int(level), lgwin=24)


def _read_brotli(payload: bytes, level: str, size: int) -> bytes:
    decompressor = _need("brotli", "brotli").Decompressor()
    data = decompressor.process(payload, output_buffer_limit=size + 1)
    while not decompressor.is_finished() and len(data) <= size:
        more = decompressor.process(b"", output_buffer_limit=size + 1 - len(data))
        if not more:
            raise ValueError("the file ends too early")
        data += more
    return data


def ppmd_memory(size: int) -> int:
    """The model's memory in bytes, from the size of the data alone: 16 bytes per byte, 1 MiB to 1 GiB, a power of two."""
    return 1 << max(20, min(30, (16 * size - 1).bit_length()))


def _write_ppmd(data: bytes, level: str) -> bytes:
    encoder = _need("pyppmd", "pyppmd").Ppmd7Encoder(int(level), ppmd_memory(len(data)))
    return encoder.encode(data) + encoder.flush()


def _read_ppmd(payload: bytes, level: str, size: int) -> bytes:
    # in a process of its own: on damaged files pyppmd 1.3 has crashed the interpreter
    argv = [sys.executable, "-I", "-c", _PPMD_READER, level, str(ppmd_memory(size)), str(size)]
    return run_bounded(argv, "packed", "data", payload, size, seconds=60 + size * 1e-5)


_PPMD_READER = """
import os, sys
from pyppmd import Ppmd7Decoder
order, memory, size = map(int, sys.argv[1:])
data = Ppmd7Decoder(order, memory).decode(sys.stdin.buffer.read(), size)
sys.stdout.buffer.write(data)
sys.stdout.buffer.flush()
os._exit(0)
"""

PACKAGES = {
    "gzip": Package(_numbers(1, 9), "9", "gzip", _write_gzip, _read_gzip, "zlib", usual_speed=1e7),
    "bz2": Package(_numbers(1, 9), "9", "bzip2", _write_bz2, _read_bz2, "_bz2", usual_speed=1e7),
    "xz": Package(_numbers(0, 9) + _numbers(0, 9, "e"), "9e", "xz", _write_xz, _read_xz, "_lzma", usual_speed=1.5e6),
    "zstd": Package(
        _numbers(1, 22),
        "19",
        "zstd, checksum",
        _write_zstd,
        _read_zstd,
        "zstandard",
        "zstandard",
        "zstandard.backend_c",
        usual_speed=1.5e6,
    ),
    "brotli": Package(
        _numbers(0, 11), "11", "brotli, lgwin 24", _write_brotli, _read_brotli, "brotli", "brotli", "_brotli", usual_speed=4e5
    ),
    "ppmd": Package(
        _numbers(2, 64),
        "16",
        "PPMd var. H, level = order, memory 16x",
        _write_ppmd,
        _read_ppmd,
        "pyppmd",
        "pyppmd",
        "pyppmd.c._ppmd",
        usual_speed=4e6,
    ),
}
