"""What stands where in damaged bytes: nothing that is there is missed, and no bytes make it more than proportional work."""

import random
import zlib
from pathlib import Path

import pytest

from mdlbench import varint
from mdlbench.codec import compress
from mdlbench.codec.salvage import salvage_stream
from mdlbench.container import search
from mdlbench.container.format import MAGIC, BlockHeader
from mdlbench.container.search import HeaderMark, TrailerMark, block_headers, find_marks
from tests.check_codec import TEXT

MIB = 1 << 20
LONG_HEADER = MAGIC + b"\1\x80" + varint.pack(1 << 16)  # names no model and has 64 KiB of metadata
NESTED_TRAILERS = b"\0" + varint.pack(16383) + (40_004).to_bytes(4, "little") + b"\1"  # each ends the one 40,004 bytes in front


@pytest.mark.parametrize(
    "hostile",
    [
        b"\0\0\1\0",  # the size of a trailer, in front of which its tag stands
        NESTED_TRAILERS,
        LONG_HEADER,
        b"\1",  # the tag of a raw block
        b"\2\x90\3\5",
        b"",
    ],
)
@pytest.mark.parametrize("twice", [False, True])
def test_work_is_in_proportion_to_the_file(
    hostile: bytes, twice: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: bytes that a CRC-32 is taken of, four of trailers and four of headers for each, and one MiB; places read."""
    checked: list[int] = []
    read: list[int] = []
    crc32, parse = zlib.crc32, search._parse
    monkeypatch.setattr(zlib, "crc32", lambda data, *start: checked.append(len(data)) or crc32(data, *start))
    monkeypatch.setattr(search, "_parse", lambda data, place, *more: read.append(place) or parse(data, place, *more))
    container = compress(TEXT, "kt", block_size=100)
    filling = hostile * (MIB // len(hostile)) if hostile else random.Random(2).randbytes(MIB)
    path = tmp_path / "hostile.mdlz"
    path.write_bytes(container[:200] + filling + container[200:] + container * twice)
    checked.clear()
    with path.open("rb") as file, (tmp_path / "out").open("wb") as sink:
        salvage_stream(file, sink)
    assert (tmp_path / "out").read_bytes().endswith(TEXT[200:] + TEXT * twice)
    assert sum(checked) <= 9.5 * path.stat().st_size
    assert len(read) <= path.stat().st_size / len(LONG_HEADER) + 100


def test_block_headers_are_found_where_they_are_read() -> None:
    """Every length of both varints, raw and coded, alone and as the only block, up to the end of the data."""
    rng = random.Random(3)
    planted = [
        BlockHeader(model, original, original if model < 0 else payload, rng.randbytes(8), only).to_bytes()
        for model in (-1, 0, 1)
        for original in (1, 127, 128, 1 << 14, 1 << 21, (1 << 28) - 1)
        for payload in {0, min(127, original - 1), original // 2, original - 1}
        for only in (False, True)
    ]
    data = b"".join(rng.randbytes(rng.randrange(30)) + header for header in planted)
    found = block_headers(data, len(data), 2)
    assert found == [
        place for place in range(len(data)) if search._parse(data, place, len(data), BlockHeader.read, 2)[0] is not None
    ]
    assert len(found) >= len(planted)
    assert block_headers(data[:-1], len(data) - 1, 2) == found[:-1]


@pytest.mark.parametrize("hostile", [NESTED_TRAILERS, LONG_HEADER])
def test_what_was_wasted_does_not_hide_what_follows(hostile: bytes) -> None:
    container = compress(TEXT, "kt", block_size=100)
    data = hostile * (MIB // len(hostile)) + container
    marks = find_marks(data, 0)
    assert [mark.offset for mark in marks if isinstance(mark, HeaderMark) and mark.header] == [len(data) - len(container)]
    assert [mark.end for mark in marks if isinstance(mark, TrailerMark)] == [len(data)]
