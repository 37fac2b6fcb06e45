"""Reading at any place decodes only what is needed."""

import io
import os
import random
from pathlib import Path

import pytest

import mdlbench
from mdlbench.codec import compress
from mdlbench.codec.seekable import ContainerFile, copy_range
from mdlbench.errors import ContainerError, UsageError
from tests.check_codec import TEXT

DATA = TEXT * 8


class Counting(io.BytesIO):
    """Counts the bytes read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.fixture
def container() -> bytes:
    return compress(DATA, "kt", block_size=500)


def test_a_range_reads_and_decodes_only_its_blocks(container: bytes) -> None:
    file = Counting(container)
    reader, sink = ContainerFile(file), io.BytesIO()
    assert copy_range(reader, sink, 1234, 1334) == 100
    assert sink.getvalue() == DATA[1234:1334]
    assert reader.blocks_decoded == 1
    one_block = len(container) / (len(DATA) / 500)
    index = 12 * len(DATA) / 500
    assert file.taken < 2 * one_block + index
    copy_range(reader, sink, 499, 1001)
    assert reader.blocks_decoded == 4


def test_it_behaves_as_a_file(tmp_path: Path, container: bytes) -> None:
    path = tmp_path / "x.mdlz"
    path.write_bytes(container)
    with mdlbench.open(path) as file:
        assert file.read() == DATA
        assert file.seek(-10, os.SEEK_END) == len(DATA) - 10
        assert file.read(20) == DATA[-10:]
        assert file.read(1) == b""
        rng = random.Random(3)
        for _ in range(30):
            at = rng.randrange(len(DATA))
            file.seek(at)
            assert file.read(70) == DATA[at : at + 70]
        with pytest.raises(ValueError, match="before the start"):
            file.seek(-1)


@pytest.mark.parametrize("parts", [[DATA], [DATA[:700], b"", DATA[700:]], [b""]])
def test_single_concatenated_and_empty_containers(parts: list[bytes]) -> None:
    joined = b"".join(
        compress(part, spec, block_size=size)
        for part, spec, size in zip(parts, ["kt", "uniform", "kt"], [None, None, 300], strict=False)
    )
    reader = ContainerFile(io.BytesIO(joined))
    assert reader.size == len(b"".join(parts))
    assert reader.read() == b"".join(parts)


def test_ranges_outside_the_file(container: bytes) -> None:
    for start, end in ((0, len(DATA) + 1), (5, 4), (-1, 3)):
        with pytest.raises(UsageError, match="is not within the"):
            copy_range(ContainerFile(io.BytesIO(container)), io.BytesIO(), start, end)


def test_damage_where_it_is_read(container: bytes) -> None:
    damaged = bytearray(container)
    damaged[30] ^= 1
    reader = ContainerFile(io.BytesIO(bytes(damaged)))
    with pytest.raises(ContainerError, match=r"block 0 \(bytes 0-499\)"):
        reader.read(10)
    reader.seek(2000)
    assert reader.read(10) == DATA[2000:2010]
    for size in (len(container) // 2, len(container) - 4):
        with pytest.raises(ContainerError):
            ContainerFile(io.BytesIO(container[:size])).read()
