"""The container's fields: bytes as FORMAT.md says, bounds, and what is refused."""

import io
import re
import zlib
from contextlib import suppress
from importlib.resources import files

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdlbench import varint
from mdlbench.codec import decompress
from mdlbench.container import Writer
from mdlbench.container.format import (
    MAX_BLOCK,
    RAW,
    BlockHeader,
    Header,
    IndexEntry,
    ModelEntry,
    Scanner,
    pack_spec,
    read_trailer,
    reader_of,
    trailer_bytes,
    unpack_spec,
)
from mdlbench.errors import ContainerError, DamagedError, TruncatedError, UsageError

DIGEST = bytes(range(8))
METADATA = {"portability": "environment", "environment": {"torch": "2"}, "policy": {"block_size": 4}}


def read_of(data: bytes):  # type: ignore[no-untyped-def]
    return reader_of(io.BytesIO(data))


def test_a_scanner_reads_no_further_than_it_may() -> None:
    field = Scanner.over(b"abc\x80\x01defgh", 1, 8)
    assert (field(2), field.varint(), field(2), field.position) == (b"bc", 128, b"de", 7)
    assert field.taken == b"bc\x80\x01de"
    for end, size in ((8, 2), (99, 4)):
        with pytest.raises(TruncatedError):
            Scanner.over(b"abcdefghij", 7, end)(size)
    with pytest.raises(DamagedError, match="is not a number"):
        Scanner(read_of(b"\x80\x00")).varint()


def test_the_documents_example_is_a_container() -> None:
    """Every line of hexadecimal digits in FORMAT.md's example, put together, decodes to what the text says."""
    document = files("mdlbench.container").joinpath("FORMAT.md").read_text()
    lines = document.split("```hex\n")[1].split("```")[0].splitlines()
    container = bytes.fromhex("".join(re.match("(?:[0-9a-f]{2}(?: |$))+", line)[0] for line in lines))  # type: ignore[index]
    assert decompress(container) == b"one\ntwo\n"
    sink = io.BytesIO()
    writer = Writer(sink, Header(()))
    for block in (b"one\n", b"two\n"):
        writer.add(block, RAW, block)
    writer.finish()
    assert sink.getvalue() == container


def test_header_bytes_are_as_documented() -> None:
    """FORMAT.md, section Header, by hand."""
    body = b"mdl\x01\x01" + DIGEST + b"\x03\x80\x849"
    assert Header((ModelEntry(DIGEST, "cm,level=9"),)).to_bytes() == body + zlib.crc32(body).to_bytes(4, "little")


def test_block_header_bytes_are_as_documented() -> None:
    """FORMAT.md, section Block: CRC-16/XMODEM of "123456789" is 31C3, so the check is that one."""
    import binascii

    assert binascii.crc_hqx(b"123456789", 0) == 0x31C3
    body = b"\x82" + b"\xe8\x07" + b"\x0a" + DIGEST
    assert BlockHeader(0, 1000, 10, DIGEST, only=True).to_bytes() == body + binascii.crc_hqx(body, 0).to_bytes(2, "little")


@pytest.mark.parametrize("spec", ["cm", "cm,level=9", "kt,order=2", "ngram,order=4", "uniform", "mix"])
def test_specs_of_built_in_models_pack_small(spec: str) -> None:
    assert unpack_spec(pack_spec(spec)) == spec
    assert len(pack_spec(spec)) <= 3


@pytest.mark.parametrize(
    "header",
    [
        Header((ModelEntry(DIGEST, "cm"),)),
        Header((ModelEntry(DIGEST, "hf:./modèle,context=4"), ModelEntry(DIGEST, "cm")), (METADATA, METADATA)),
        Header(()),
    ],
)
def test_header_round_trips(header: Header) -> None:
    assert Header.read(read_of(header.to_bytes())) == header


@given(st.integers(-1, 3), st.integers(1, MAX_BLOCK), st.booleans(), st.data())
def test_block_header_round_trips(model: int, original: int, only: bool, data: st.DataObject) -> None:
    payload = original if model == RAW else data.draw(st.integers(0, original - 1))
    header = BlockHeader(model, original, payload, DIGEST, only)
    assert BlockHeader.read(read_of(header.to_bytes()), 4) == header


def test_every_bit_of_a_header_is_guarded() -> None:
    """But for the one that turns a block's tag into the trailer's: there the trailer's own check fails."""
    for packed, read in (
        (Header((ModelEntry(DIGEST, "cm"),)).to_bytes(), Header.read),
        (BlockHeader(0, 1000, 10, DIGEST).to_bytes(), lambda r: BlockHeader.read(r, 1)),
    ):
        for place in range(8 * len(packed)):
            damaged = bytearray(packed)
            damaged[place // 8] ^= 1 << place % 8
            if damaged[0] == 0:
                assert read(read_of(bytes(damaged))) is None
                continue
            with pytest.raises((DamagedError, TruncatedError)):
                read(read_of(bytes(damaged)))


def test_lengths_are_bounded_before_anything_is_read() -> None:
    huge = b"\x02" + varint.pack(MAX_BLOCK + 1) + varint.pack(1)
    with pytest.raises(DamagedError, match="original size of a block is 268,435,456; a container has 1 to 268,435,455"):
        BlockHeader.read(read_of(huge), 1)
    with pytest.raises(DamagedError, match="payload size of a block is 12; a container has 0 to 11"):
        BlockHeader.read(read_of(b"\x02" + varint.pack(12) + varint.pack(12)), 1)
    with pytest.raises(DamagedError, match="number of models is 65"):
        Header.read(read_of(b"mdl\x01\x41"))
    with pytest.raises(DamagedError, match="length of a model spec is 5,000"):
        Header.read(read_of(b"mdl\x01\x01" + DIGEST + varint.pack(5000)))


@pytest.mark.parametrize(("tag", "n_models"), [("03", 1), ("02", 0), ("80", 1), ("84", 2), ("7f", 64)])
def test_a_tag_that_means_nothing_is_told_in_words(tag: str, n_models: int) -> None:
    text = rf"^a block begins with {tag}, which means neither raw nor any model .* \(it names {n_models}\)$"
    with pytest.raises(DamagedError, match=text):
        BlockHeader.read(read_of(bytes.fromhex(tag)), n_models)


def test_what_is_not_a_container_is_named() -> None:
    with pytest.raises(DamagedError, match="it starts with 50 4b 03, not 6d 64 6c"):
        Header.read(read_of(b"PK\x03\x04...."))
    with pytest.raises(DamagedError, match="container version 2; this mdlbench reads version 1"):
        Header.read(read_of(b"mdl\x02...."))


def test_metadata_that_are_not_maps_are_refused() -> None:
    wrong = [{**METADATA, "spec": "cm"}, {**METADATA, "portability": "any"}, {**METADATA, "policy": {"x": float("nan")}}]
    wrong += [
        {**METADATA, "environment": {b"x": "y"}},
        {**METADATA, "environment": ["torch"]},
        {**METADATA, "policy": {"a\n": 1}},
    ]
    wrong += [{}, {"portability": "exact"}]
    for metadata in (b"\xc1", b"\x01", b"\x92\x80\x80", *(msgpack.packb([model]) for model in wrong)):
        body = b"mdl\x01\x81" + DIGEST + b"\x02hf" + varint.pack(len(metadata)) + metadata
        with pytest.raises(DamagedError, match="metadata"):
            Header.read(read_of(body + zlib.crc32(body).to_bytes(4, "little")))


def test_a_spec_that_cannot_be_read_is_refused() -> None:
    for spec in (b"a\xff", b"\x80\xf0", b"kt\x1b[2J", b"kt\nall is well"):
        body = b"mdl\x01\x01" + DIGEST + varint.pack(len(spec)) + spec
        with pytest.raises(DamagedError, match="spec that cannot be read"):
            Header.read(read_of(body + zlib.crc32(body).to_bytes(4, "little")))


def header_with(spec: bytes, more: bytes = b"") -> bytes:
    """A header with a right check that names one model; `more` are its metadata."""
    body = b"mdl\x01" + bytes([0x81 if more else 1]) + DIGEST + varint.pack(len(spec)) + spec
    body += varint.pack(len(more)) + more if more else b""
    return body + zlib.crc32(body).to_bytes(4, "little")


BOMBS = {f"{word:02x}": bytes([word]) * n for word in (0x80, 0x82, 0x84, 0x86, 0x88) for n in (586, 4096)}


@pytest.mark.parametrize("spec", [*BOMBS.values(), b"k" * 4097, b"\x80" + b"\x84" * 700 + b"9"])
def test_a_spec_is_no_longer_unpacked_than_packed(spec: bytes) -> None:
    with pytest.raises(DamagedError):
        Header.read(read_of(header_with(spec)))


@pytest.mark.parametrize("spec", ["k" * 4097, "kt" + ",order=" * 700, "hf:\udcff", "hf:two\nlines", "", "uniform\x7f"])
def test_a_writer_refuses_what_no_reader_takes(spec: str) -> None:
    with pytest.raises(UsageError, match="cannot name this model"):
        Header((ModelEntry(DIGEST, spec),)).to_bytes()


words = st.lists(
    st.sampled_from([bytes([0x80 + n]) for n in range(10)] + [b"cm", b"=9", b",", b"\xc3\xa9", b"\0"]), max_size=800
)
packed = st.recursive(
    st.none() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=9) | st.binary(max_size=9) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
keys = {"portability": st.just("exact"), "environment": packed, "policy": packed}


@given(words.map(b"".join) | st.binary(max_size=4200), (packed | st.lists(st.fixed_dictionaries(keys))).map(msgpack.packb))
@settings(deadline=None)
def test_whatever_a_header_with_a_right_check_holds_it_is_read_or_refused(spec: bytes, metadata: bytes) -> None:
    for header in (header_with(spec), header_with(spec, metadata), header_with(b"kt", metadata)):
        with suppress(ContainerError):
            assert Header.read(read_of(header)).to_bytes() == header


def test_an_index_lists_no_more_blocks_than_there_is_room_for() -> None:
    """Two bytes of an index cost a hundred of memory: nothing of it is read if the blocks that it counts cannot be there."""
    for entry in (IndexEntry(0, 1), IndexEntry(12, 1), IndexEntry(MAX_BLOCK + 21, 1)):
        packed = trailer_bytes([entry, entry], only_block=False)
        with pytest.raises(DamagedError, match="stored size"):
            read_trailer(read_of(packed[1:]), size=len(packed), room=1 << 30)
    with pytest.raises(DamagedError, match="does not describe"):
        read_trailer(read_of(varint.pack(1000)), size=1 << 20, room=12_999)


def test_trailer_round_trips_and_must_add_up() -> None:
    index = [IndexEntry(13, 100), IndexEntry(20, 200)]
    packed = trailer_bytes(index, only_block=False)
    assert read_trailer(read_of(packed[1:]), index) == read_trailer(read_of(packed[1:]), size=len(packed), room=33) == index
    body = b"\x00" + varint.pack(1) + varint.pack(13) + varint.pack(100) + varint.pack(99)
    body += zlib.crc32(body).to_bytes(4, "little")
    with pytest.raises(DamagedError, match="does not add up"):
        read_trailer(read_of((body + len(body).to_bytes(4, "little"))[1:]), size=len(body), room=13)


def test_a_header_is_read_only_in_the_form_a_writer_gives_it() -> None:
    body = b"mdl\x01\x01" + DIGEST + b"\x02kt"
    with pytest.raises(DamagedError, match="not in the form"):
        Header.read(read_of(body + zlib.crc32(body).to_bytes(4, "little")))


def test_what_does_not_fit_a_header_is_refused_before_it_is_written() -> None:
    with pytest.raises(UsageError, match="65 models; a container has at most 64"):
        Header((ModelEntry(DIGEST, "kt"),) * 65).to_bytes()
    with pytest.raises(UsageError, match="length of a model spec is 5,003; a container has 1 to 4,096"):
        Header((ModelEntry(DIGEST, "hf:" + "a" * 5000),)).to_bytes()
