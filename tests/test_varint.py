"""LEB128: round trips, published examples, and what is refused."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlbench import varint


@given(st.integers(0, 2**70 - 1), st.binary(max_size=3))
def test_what_is_packed_is_unpacked_and_no_byte_more_is_read(value: int, behind: bytes) -> None:
    stream = io.BytesIO(varint.pack(value) + behind)
    assert varint.unpack(stream.read, 10) == value
    assert stream.read() == behind


def test_the_dwarf_standards_examples() -> None:
    """DWARF 5, section 7.6: its examples of unsigned LEB128."""
    for value, packed in {2: "02", 127: "7f", 128: "8001", 129: "8101", 12857: "b964"}.items():
        assert varint.pack(value).hex() == packed


@pytest.mark.parametrize("data", [b"\x80\x00", b"\xff\xff\xff\xff\xff", b"\x80" * 9])
def test_long_forms_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a number of at most 5 bytes in its shortest form"):
        varint.unpack(io.BytesIO(data).read)
