"""The fields of a container and their bytes. FORMAT.md beside this file is the definition; this is its code."""

import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgpack

from mdlbench import varint
from mdlbench.errors import DamagedError, TruncatedError, UsageError

MAGIC = b"mdl"
VERSION = 1
MAX_MODELS = 64
MAX_SPEC = 4096
MAX_METADATA = 1 << 16
MAX_BLOCK = (1 << 28) - 1  # original bytes of one block
LEAST_STORED = 13  # bytes of a block with its header: tag, two lengths, checksum, check; or one length and a raw byte
RAW = -1  # model index of a block stored as it is
DIGEST_SIZE = 8
SALVAGE = "mdlbench decompress --salvage"  # the remedy, as a user of any command or of the API can type it

_MAX_STORED = MAX_BLOCK + 20  # bytes of a block with its header
_HAS_METADATA, _ONLY_BLOCK = 0x80, 0x80
_TRAILER_TAG, _RAW_TAG, _FIRST_MODEL_TAG = 0x00, 0x01, 0x02
_WORDS = ("cm", "kt", "ngram", "uniform", ",level=", ",order=", ",memory=", ",alpha=", "mix")

Read = Callable[[int], bytes]


@dataclass(frozen=True)
class ModelEntry:
    """A model that a container's blocks may use."""

    digest: bytes
    spec: str


@dataclass(frozen=True)
class Header:
    """A container's header; `metadata` holds one map per model, or is empty if all of them are exact."""

    models: tuple[ModelEntry, ...]
    metadata: tuple[dict[str, Any], ...] = ()

    def to_bytes(self) -> bytes:
        """The header as stored, check included.

        Raises:
            UsageError: more models than a header holds, or a spec that it cannot hold.
        """
        if len(self.models) > MAX_MODELS:
            raise UsageError(f"{len(self.models)} models; a container has at most {MAX_MODELS}")
        packed = bytearray(MAGIC + bytes([VERSION, len(self.models) | (_HAS_METADATA if self.metadata else 0)]))
        for model in self.models:
            spec = pack_spec(model.spec)
            try:
                unpack_spec(spec)
            except DamagedError as error:
                raise UsageError(f"a container cannot name this model: {error}") from None
            packed += model.digest + varint.pack(len(spec)) + spec
        if self.metadata:
            metadata = msgpack.packb(list(self.metadata))
            packed += varint.pack(len(metadata)) + metadata
        return bytes(packed) + zlib.crc32(packed).to_bytes(4, "little")

    @classmethod
    def read(cls, read: Read) -> "Header":
        """Read a header; `read(n)` returns n bytes or raises TruncatedError."""
        field = Scanner(read)
        magic = field(4)
        check_magic(magic[:3])
        if magic[3] != VERSION:
            raise DamagedError(f"container version {magic[3]}; this mdlbench reads version {VERSION}; update mdlbench")
        with located(f"{SALVAGE} -m SPEC may recover the blocks"):
            return cls._read_fields(field, read)

    @classmethod
    def _read_fields(cls, field: "Scanner", read: Read) -> "Header":
        """Read what follows magic and version."""
        count = field(1)[0]
        models = []
        for _ in range(_within(count & ~_HAS_METADATA, 0, MAX_MODELS, "number of models")):
            digest = field(DIGEST_SIZE)
            spec = field(_within(field.varint(), 1, MAX_SPEC, "length of a model spec"))
            models.append((digest, spec))
        metadata = field(_within(field.varint(), 1, MAX_METADATA, "length of the metadata")) if count & 0x80 else None
        if zlib.crc32(field.taken) != int.from_bytes(read(4), "little"):
            raise DamagedError("the container's header does not match its check")
        entries = tuple(ModelEntry(digest, unpack_spec(spec)) for digest, spec in models)
        header = cls(entries, _unpack_metadata(metadata, len(entries)) if metadata is not None else ())
        if header.to_bytes()[:-4] != field.taken:
            raise DamagedError("the container's header is not in the form that a writer gives it")
        return header


@dataclass(frozen=True)
class BlockHeader:
    """What stands before a payload.

    Attributes:
        model: index into the header's models, or RAW.
        original_size, payload_size: bytes.
        checksum: 8 bytes, of the original bytes.
        only: whether the container has no other block.
    """

    model: int
    original_size: int
    payload_size: int
    checksum: bytes
    only: bool = False

    def to_bytes(self) -> bytes:
        """The block header as stored, check included."""
        tag = (_RAW_TAG if self.model == RAW else _FIRST_MODEL_TAG + self.model) | (_ONLY_BLOCK if self.only else 0)
        sizes = varint.pack(self.original_size) + (b"" if self.model == RAW else varint.pack(self.payload_size))
        packed = bytes([tag]) + sizes + self.checksum
        return packed + binascii.crc_hqx(packed, 0).to_bytes(2, "little")

    @classmethod
    def read(cls, read: Read, n_models: int) -> "BlockHeader | None":
        """Read the header of the next block; None where the trailer's tag stands instead (the tag is consumed)."""
        field = Scanner(read)
        tag = field(1)[0]
        if tag == _TRAILER_TAG:
            return None
        kind = tag & ~_ONLY_BLOCK
        model = RAW if kind == _RAW_TAG else kind - _FIRST_MODEL_TAG
        if not RAW <= model < n_models:
            named = f"which means neither raw nor any model that the container names (it names {n_models})"
            raise DamagedError(f"a block begins with {tag:02x}, {named}")
        original = _within(field.varint(), 1, MAX_BLOCK, "original size of a block")
        payload = original if model == RAW else _within(field.varint(), 0, original - 1, "payload size of a block")
        checksum = field(DIGEST_SIZE)
        if binascii.crc_hqx(field.taken, 0) != int.from_bytes(read(2), "little"):
            raise DamagedError("a block header does not match its check")
        header = cls(model, original, payload, checksum, bool(tag & _ONLY_BLOCK))
        assert header.to_bytes()[:-2] == field.taken, "varints are read in their shortest form only"
        return header


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One block in the index: its bytes in the container (header and payload) and its original bytes."""

    stored_size: int
    original_size: int


def trailer_bytes(index: list[IndexEntry], *, only_block: bool) -> bytes:
    """The trailer without its digest; empty after an only block."""
    if only_block:
        return b""
    sizes = b"".join(varint.pack(entry.stored_size) + varint.pack(entry.original_size) for entry in index)
    packed = bytes([_TRAILER_TAG]) + varint.pack(len(index)) + sizes + varint.pack(sum(entry.original_size for entry in index))
    packed += zlib.crc32(packed).to_bytes(4, "little")
    return packed + len(packed).to_bytes(4, "little")


def read_trailer(read: Read, expected: list[IndexEntry] | None = None, size: int = 0, room: int = 0) -> list[IndexEntry]:
    """Read what follows a trailer's tag, up to the digest.

    Args:
        expected: the blocks that were read before it; another index is refused at its first difference.
        size, room: where that is not known, the bytes of the trailer from its tag to its check and how many the blocks may
            have; they bound what is read.

    Raises:
        DamagedError: the check, the sizes or the sum do not agree.
    """
    field = Scanner(read, taken=bytes([_TRAILER_TAG]))
    count = field.varint()
    if count != len(expected) if expected is not None else 2 * count > size or LEAST_STORED * count > room:
        raise DamagedError("the container's index does not describe its blocks")
    index = []
    for place in range(count):
        stored = _within(field.varint(), LEAST_STORED, _MAX_STORED, "stored size in the index")
        index.append(IndexEntry(stored, _within(field.varint(), 1, MAX_BLOCK, "original size in the index")))
        if expected is not None and index[-1] != expected[place]:
            raise DamagedError("the container's index does not describe its blocks")
    original = field.varint(10)
    check, stored_size = read(4), read(4)
    if zlib.crc32(field.taken) != int.from_bytes(check, "little"):
        raise DamagedError("the container's index does not match its check")
    if int.from_bytes(stored_size, "little") != len(field.taken) + 4 or original != sum(e.original_size for e in index):
        raise DamagedError("the container's index does not add up")
    return index


def check_magic(first: bytes) -> None:
    """Refuse a file's first three bytes, or all of a shorter file, unless a container begins so."""
    if not MAGIC.startswith(first):
        raise DamagedError(f"not an mdlbench container: it starts with {first.hex(' ')}, not {MAGIC.hex(' ')}")


@contextmanager
def located(remedy: str, place: str = "") -> Iterator[None]:
    """Put `place` in front of the text of a DamagedError raised within, and `remedy` behind it."""
    try:
        yield
    except DamagedError as error:
        raise DamagedError(f"{place}{': ' if place else ''}{error}; {remedy}") from None


def checksum(block: bytes | memoryview) -> bytes:
    """The 64-bit checksum of a block's original bytes."""
    return hashlib.blake2b(block, digest_size=DIGEST_SIZE).digest()


def pack_spec(spec: str) -> bytes:
    """A built-in model's spec with the format's words as single bytes, the longest first; another's as UTF-8."""
    if not spec.isascii() or spec.partition(",")[0] not in _WORDS:
        return spec.encode(errors="surrogateescape")
    packed = spec.encode()
    for place in sorted(range(len(_WORDS)), key=lambda place: -len(_WORDS[place])):
        packed = packed.replace(_WORDS[place].encode(), bytes([0x80 + place]))
    return packed


def unpack_spec(packed: bytes) -> str:
    """The inverse of `pack_spec`; plain UTF-8 (first byte below 0x80) is returned as it is.

    Raises:
        DamagedError: it is no text that can be shown, or a longer one than a container holds.
    """
    try:
        if packed[0] < 0x80:
            spec = packed.decode()
        else:
            spec = "".join(_WORDS[byte - 0x80] if byte >= 0x80 else chr(byte) for byte in packed)
    except (UnicodeDecodeError, IndexError):
        spec = ""
    if not spec or not spec.isprintable():
        raise DamagedError(f"the container's header holds a model spec that cannot be read: {packed[:40]!r}")
    _within(len(spec.encode()), 1, MAX_SPEC, "length of a model spec")
    return spec


class Scanner:
    """The fields of a container one after the other; itself a `Read`.

    Attributes:
        position: where the next field begins, counted as the caller does.
        taken: the bytes read so far, for the check that follows them.
    """

    def __init__(self, read: Read, position: int = 0, taken: bytes = b"") -> None:
        self._read, self.position, self.taken = read, position, bytearray(taken)

    @classmethod
    def over(cls, data: Any, position: int, end: int) -> "Scanner":
        """Over bytes at hand, mapped or not, from `position` up to `end`."""

        def read(size: int) -> bytes:
            if scanner.position + size > min(end, len(data)):
                raise TruncatedError("the container ends early")
            return data[scanner.position : scanner.position + size]

        scanner = cls(read, position)
        return scanner

    def __call__(self, size: int) -> bytes:
        """Exactly `size` bytes; TruncatedError if there are fewer."""
        taken = self._read(size)
        self.position += size
        self.taken += taken
        return taken

    def varint(self, at_most: int = 5) -> int:
        """A number of at most `at_most` bytes in its shortest form."""
        try:
            return varint.unpack(self, at_most)
        except ValueError:
            raise DamagedError("a length in the container is not a number") from None


def reader_of(stream: Any) -> Read:
    """`read(n)` on a binary stream: exactly n bytes, or TruncatedError."""

    def read(size: int) -> bytes:
        parts, missing = [], size
        while missing:
            part = stream.read(missing)
            if not part:
                raise TruncatedError("the container ends early")
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    return read


def _within(value: int, least: int, most: int, what: str) -> int:
    if not least <= value <= most:
        raise DamagedError(f"{what} is {value:,}; a container has {least:,} to {most:,}")
    return value


def _unpack_metadata(packed: bytes, n_models: int) -> tuple[dict[str, Any], ...]:
    """One map per model, each with `portability`, `environment` and `policy` and nothing else; texts printable."""
    try:
        metadata = msgpack.unpackb(packed)
        wanted = {"portability", "environment", "policy"}
        good = isinstance(metadata, list) and len(metadata) == n_models
        good = good and all(isinstance(model, dict) and set(model) == wanted for model in metadata)
        good = good and all(model["portability"] in ("exact", "environment") for model in metadata)
        maps = [model[key] for model in metadata for key in ("environment", "policy")] if good else []
        good = good and all(isinstance(entries, dict) and all(map(_is_text, entries)) for entries in maps)
        good = good and all(_is_text(value) for model in metadata for value in model["environment"].values())
        good = good and all(_is_text(value) or type(value) is int for model in metadata for value in model["policy"].values())
    except Exception:
        good = False
    if not good:
        raise DamagedError("the container's metadata are not one map per model, as FORMAT.md says")
    return tuple(metadata)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()
