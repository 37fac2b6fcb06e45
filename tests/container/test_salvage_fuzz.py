"""Salvage held against what is known of random damage: which blocks survive it, and where they belong.

What no salvage can know is left out, and nothing else; each time the bytes left are also those of another file, damaged in
another way.

* A container that left no trace (no magic behind the end of another, no header of a block, no trailer as it was): nothing of it
  can be missed.
* A border between two containers that is gone, the trailer in front of it and the header behind: the blocks on both sides are
  also those of one container that lost some. They are found, but their places are not asked for.
* A container stored raw in a damaged block, where one of their headers or the index of the outer one is gone as well: it is
  also one behind another. Its blocks may be taken for the file's own.
* A block within the raw block in front of it, which lost just as many bytes as it has: it is also a part of that one's payload.
"""

import functools
import io
import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from mdlbench.codec import decode_blocks
from mdlbench.codec.matching import header_for
from mdlbench.container import RAW, BlockHeader, Header, Hole, Place, Writer, locate_blocks, read_block, read_containers
from mdlbench.errors import ContainerError
from mdlbench.models import load_model
from mdlbench.models.base import Model
from tests.check_codec import TEXT

SIZES = (40, 40, 40, 57, 100, 100, 230)  # few, so that many blocks fit the same entries of an index
DIGEST_SIZE, LEAST_HEADER = 8, 9


@functools.cache
def models() -> tuple[Model, ...]:
    return load_model("kt"), load_model("uniform")


@functools.cache
def payload(block: bytes) -> bytes:
    return models()[0].encode([block])[0].payload


class Piece(NamedTuple):
    """One block of the undamaged file: its number, where it is stored, where its original bytes belong, its container."""

    offset: int
    header_size: int
    size: int
    start: int
    original: bytes
    container: int


@dataclass
class Part:
    """One container of the undamaged file: from where to where it, its header, and its trailer but for the digest stand."""

    begin: int
    header_end: int
    trailer: int
    end: int


@dataclass
class Original:
    """An undamaged file: its bytes, containers, and all their blocks."""

    data: bytes = b""
    parts: list[Part] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def add(self, container: bytes) -> None:
        begin = offset = len(self.data)
        start = sum(len(piece.original) for piece in self.pieces)
        for item in read_containers(io.BytesIO(container)):
            if isinstance(item, Header):
                offset = header_end = begin + len(item.to_bytes())
                continue
            header_size, original = len(item.header.to_bytes()), decode_blocks(list(models()), [item])[0]
            size = header_size + len(item.payload)
            self.pieces.append(Piece(offset, header_size, size, start + item.start, original, len(self.parts)))
            offset += size
        self.data += container
        self.parts.append(Part(begin, header_end, offset, len(self.data)))


def random_block(rng: random.Random, size: int, nested: bool) -> bytes:
    if nested and rng.random() < 0.3:
        return random_container(rng, rng.randrange(1, 4), nested=False)
    start = rng.randrange(len(TEXT) - size)
    return rng.choice((rng.randbytes(size), TEXT[start : start + size]))


def random_container(rng: random.Random, n_blocks: int, nested: bool) -> bytes:
    sink = io.BytesIO()
    writer = Writer(sink, header_for(models()[: rng.randrange(1, 3)]))
    usual, all_raw = rng.choice(SIZES), rng.random() < 0.3
    for _ in range(n_blocks):
        block = random_block(rng, rng.choice((usual, usual, usual, rng.choice(SIZES))), nested)
        is_raw = all_raw or len(payload(block)) >= len(block)
        writer.add(block, *((RAW, block) if is_raw else (0, payload(block))))
    writer.finish()
    return sink.getvalue()


def random_original(rng: random.Random) -> Original:
    original, nested = Original(), rng.random() < 0.2
    for _ in range(rng.choice((1, 1, 2, 3))):
        original.add(random_container(rng, rng.choice((0, 1, 2, 3, 5, 6, 9)), nested))
    return original


class Damaged:
    """Bytes of a file, and for each of them where it stood in the undamaged one, or -1 where it is another."""

    def __init__(self, original: Original) -> None:
        self.original, self.data, self.origins = original, bytearray(original.data), list(range(len(original.data)))
        self.damages: list[str] = []

    def damage(self, rng: random.Random) -> None:
        edges = [piece.offset for piece in self.original.pieces] + [part.trailer for part in self.original.parts]
        edges += [part.end for part in self.original.parts]
        at = rng.choice((rng.randrange(len(self.data)), rng.choice(edges) + rng.randrange(-12, 24)))
        at = min(max(0, at), len(self.data) - 1)
        size = rng.choice((1, 1, 2, rng.randrange(1, 30), rng.randrange(1, 300)))
        kind = rng.choice(("flip", "flip", "overwrite", "zero", "delete", "delete", "insert", "truncate"))
        self.damages.append(f"{kind} {size} at {at}")
        there = bytes(self.data[at : at + size])
        put = {
            "flip": bytes([there[0] ^ 1 << rng.randrange(8)]),
            "overwrite": rng.randbytes(len(there)),
            "zero": bytes(len(there)),
            "insert": rng.randbytes(size),
        }.get(kind, b"")
        end = {"insert": at, "truncate": len(self.data)}.get(kind, at + max(len(put), size * (kind == "delete")))
        is_same = kind in ("overwrite", "zero", "flip")
        origins = [self.origins[at + n] if is_same and there[n] == byte else -1 for n, byte in enumerate(put)]
        self.data[at:end], self.origins[at:end] = put, origins
        self.place_of = {origin: place for place, origin in enumerate(self.origins) if origin >= 0}

    def is_intact(self, begin: int, end: int) -> bool:
        """Whether these bytes of the undamaged file stand side by side."""
        place = self.place_of.get(begin, len(self.data))
        return self.origins[place : place + end - begin] == list(range(begin, end))

    def survives(self, piece: Piece) -> bool:
        return self.is_intact(piece.offset, piece.offset + piece.size)

    def left_a_trace(self, number: int) -> bool:
        part = self.original.parts[number]
        headers = [(p.offset, p.offset + p.header_size) for p in self.original.pieces if p.container == number]
        has_magic = self.is_intact(max(0, part.begin - DIGEST_SIZE), part.begin + 3)
        return has_magic or self.has_index(number) or any(self.is_intact(*place) for place in headers)

    def has_index(self, number: int) -> bool:
        trailer, end = self.original.parts[number].trailer, self.original.parts[number].end - DIGEST_SIZE
        return trailer < end and self.is_intact(trailer, end)

    def is_closed(self, number: int) -> bool:
        only = [piece for piece in self.original.pieces if piece.container == number]
        return self.has_index(number) or (len(only) == 1 and self.survives(only[0]))

    def is_border_gone(self) -> bool:
        """Whether somewhere neither the end of a container nor the header behind it can be read."""
        return any(
            not self.is_closed(number) and not self.is_intact(part.begin, part.header_end)
            for number, part in enumerate(self.original.parts[1:])
        )

    def may_show_data(self) -> bool:
        """Whether a block that holds a container is damaged, and one of their headers or the outer index as well."""
        holders = [piece for piece in self.original.pieces if b"mdl" in piece.original and not self.survives(piece)]
        parts = [(number, self.original.parts[number]) for number in {piece.container for piece in holders}]
        places = [(part.begin, part.header_end) for _, part in parts]
        places += [(piece.offset, piece.offset + piece.header_size + LEAST_HEADER) for piece in holders]
        return not all(self.has_index(number) for number, _ in parts) or not all(self.is_intact(*place) for place in places)


class Recovered(NamedTuple):
    """A block of the undamaged file in the output, and how many unknown holes are in front of it."""

    piece: Piece
    start: int
    unknown: int


class Output(NamedTuple):
    """What salvage makes of a damaged file: blocks, bytes, and what it says is lost."""

    recovered: list[Recovered]
    size: int
    is_anything_lost: bool
    is_size_known: bool
    took_data_for_blocks: bool


def salvaged(damaged: Damaged, path: Path) -> Output:
    """Locate the blocks of a damaged file, decode all of them, and tell by their bytes which they are."""
    path.write_bytes(damaged.data)
    pieces = {piece.offset: piece for piece in damaged.original.pieces}  # by their first byte, and by their last
    pieces |= {piece.offset + piece.size - 1: piece for piece in damaged.original.pieces}
    recovered: list[Recovered] = []
    size, lost, unknown, took_data = 0, False, 0, False
    with path.open("rb") as file:
        for item in locate_blocks(file, header_for(models())):
            if isinstance(item, Hole):
                lost, unknown, size = True, unknown + (item.size is None), size + (item.size or 0)
                continue
            original = decoded(file, item)
            first, last = damaged.origins[item.offset], damaged.origins[item.offset + item.stored_size - 1]
            piece = next((p for p in (pieces.get(first), pieces.get(last)) if p and p.original == original), None)
            if original is None:
                lost = True
            elif piece is not None:
                recovered.append(Recovered(piece, size, unknown))
            else:
                took_data = True
            size += item.original_size
    return Output(recovered, size, lost, not unknown, took_data)


def decoded(file: io.BufferedReader, place: Place) -> bytes | None:
    try:
        return decode_blocks(list(models()[: len(place.container.models)]), [read_block(file, place)])[0]
    except ContainerError:
        return None


def check(seed: int, path: Path) -> None:
    rng = random.Random(seed)
    original = random_original(rng)
    damaged = Damaged(original)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if damaged.data:
            damaged.damage(rng)
    if damaged.data:
        output = salvaged(damaged, path)
        said = f"seed {seed}: {damaged.damages}, {output}"
        assert_blocks(damaged, output, said)
        if not damaged.may_show_data():
            assert_places(damaged, output, said)
            assert_claims(damaged, output, said)


def assert_blocks(damaged: Damaged, output: Output, said: str) -> None:
    """Every block that survives is recovered, once, in order; nothing else is, but for what cannot be told from a block."""
    starts = [piece.start for piece, _, _ in output.recovered]
    assert starts == sorted(set(starts)), said
    missing = {piece for piece in damaged.original.pieces if damaged.survives(piece)}
    missing -= {piece for piece, _, _ in output.recovered}
    assert not missing or damaged.is_border_gone() or all(is_within_another(damaged, piece) for piece in missing), said
    assert not output.took_data_for_blocks or damaged.may_show_data(), said


def is_within_another(damaged: Damaged, missing: Piece) -> bool:
    """Whether a raw block in front of it claims its bytes as well, and ends where a block behind it begins or ends."""
    begin = damaged.place_of[missing.offset]
    places = {damaged.place_of.get(piece.offset, -1): piece for piece in damaged.original.pieces}
    edges = {edge for place, piece in places.items() for edge in (place, place + piece.size)}
    return any(place < begin < place + piece.size and place + piece.size in edges for place, piece in places.items())


def assert_places(damaged: Damaged, output: Output, said: str) -> None:
    """Blocks are in their place; behind an unknown hole, those next to each other were so."""
    if damaged.is_border_gone():
        return
    for (piece, start, unknown), (behind, later, still) in itertools.pairwise(output.recovered):
        is_known = unknown == 0 or start + len(piece.original) == later
        assert not is_known or unknown != still or later - start == behind.start - piece.start, said
    assert all(start == piece.start for piece, start, unknown in output.recovered if not unknown), said


def assert_claims(damaged: Damaged, output: Output, said: str) -> None:
    """That nothing is lost, or how much, is said only where it is so; damage in place leaves nothing unknown."""
    pieces, recovered = damaged.original.pieces, {piece for piece, _, _ in output.recovered}
    traces = [damaged.left_a_trace(number) for number in range(len(damaged.original.parts))]
    lost = {piece for piece in pieces if traces[piece.container]} - recovered
    assert output.is_anything_lost or not lost, said
    if all(traces) and not damaged.is_border_gone():
        assert not output.is_size_known or output.size == sum(len(piece.original) for piece in pieces), said
    headers = [damaged.is_intact(part.begin, part.header_end) for part in damaged.original.parts]
    if all(headers) and all(map(damaged.has_index, range(len(headers)))) and len(damaged.data) == len(damaged.original.data):
        is_in_place = all(damage.split()[0] in ("flip", "overwrite", "zero") for damage in damaged.damages)
        assert output.is_size_known or not is_in_place, said


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_salvage_of_randomly_damaged_files(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 50):
        check(seed, tmp_path / "damaged.mdlz")


def container_of(*blocks: bytes) -> bytes:
    sink = io.BytesIO()
    writer = Writer(sink, Header(()))
    for block in blocks:
        writer.add(block, RAW, block)
    writer.finish()
    return sink.getvalue()


def test_what_is_left_out_above_cannot_be_known() -> None:
    """Two files, damaged at no more than two places each, are the same bytes."""
    rng = random.Random(1)
    inner = container_of(rng.randbytes(40), rng.randbytes(40))
    outer = container_of(inner, b"another block")
    header = len(Header(()).to_bytes())
    holder = header + len(BlockHeader(RAW, len(inner), len(inner), bytes(8)).to_bytes())
    in_a_block = outer[:header] + outer[holder : holder + len(inner)]
    behind_another = container_of()[:header] + inner
    assert in_a_block == behind_another
    first, second, third = (rng.randbytes(40) for _ in range(3))
    assert container_of(first) + b"" == container_of(first) + container_of(second)[:0]
    blocks = [BlockHeader(RAW, 40, 40, bytes(8)).to_bytes() + block for block in (first, second, third)]
    assert blocks[0] + blocks[2] == (blocks[0] + blocks[1] + blocks[2]).replace(blocks[1], b"")
