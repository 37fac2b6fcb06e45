"""Round trips through a clean process: that what comes back is compared, and what is said where it is not the same."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mdlbench import compress, verify_round_trip
from mdlbench.errors import SpecError, VerificationError
from mdlbench.fresh import Fresh, fresh

DATA = b"0123456789" * 300_000  # more than is compared at once


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("data", [b"", b"abc" * 700])
def test_a_file_comes_back(data: bytes, file: Path) -> None:
    file.write_bytes(data)
    told: list[int] = []
    done = verify_round_trip(file, ["kt", "uniform"], block_size=1000, progress=told.append)
    assert done.compression.verified
    assert done.compression.output_bytes == len(compress(data, ["kt", "uniform"], block_size=1000))
    assert sum(told) == len(data)
    assert done.decompression.wall_seconds > 0
    assert done.decompression.command[3] == "decompress"


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("out.write(data[:2_000_000] + b'?' + data[2_000_001:])", "byte 2,000,000 differs after a round trip through uniform"),
        ("out.write(data[:-1])", "byte 2,999,999 differs"),
        ("out.write(data + b'x')", "byte 3,000,000 differs"),
        ("out.write(b'?' + data); out.flush(); time.sleep(600)", "byte 0 differs"),
        ("out.write(data[:5]); out.flush(); sys.exit('mdlbench: disk on fire')", "^the fresh process failed: disk on fire$"),
        ("sys.exit(7)", "^the fresh process failed: its process failed with exit code 7$"),
    ],
)
def test_what_does_not_come_back_is_told(file: Path, monkeypatch: pytest.MonkeyPatch, program: str, complaint: str) -> None:
    def another(arguments: Sequence[str]) -> AbstractContextManager[Fresh]:
        return fresh(["-c", f"import sys, time; out = sys.stdout.buffer; data = open({str(file)!r}, 'rb').read(); {program}"])

    monkeypatch.setattr("mdlbench.codec.verification.fresh", another)
    with pytest.raises(VerificationError, match=complaint):
        verify_round_trip(file, "uniform")


def test_what_cannot_begin_is_told_as_by_compress(file: Path) -> None:
    with pytest.raises(SpecError):
        verify_round_trip(file, "nosuch")
    with pytest.raises(FileNotFoundError):
        verify_round_trip(file.parent / "none", "uniform")
