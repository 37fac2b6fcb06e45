"""Every byte of a small container, of every model family: flipped bits, truncations, hostile headers, salvage."""

import io
import os
import random
import re
import time
import zlib
from contextlib import nullcontext
from pathlib import Path

import pytest

from mdlbench.codec import compress, decompress
from mdlbench.codec.matching import header_for
from mdlbench.codec.salvage import salvage_stream
from mdlbench.codec.seekable import ContainerFile
from mdlbench.container import read_containers, table_of_contents
from mdlbench.container.format import MAX_BLOCK, BlockHeader, Header, IndexEntry, ModelEntry, checksum, trailer_bytes
from mdlbench.container.search import FileBytes, find_marks
from mdlbench.errors import ContainerError, DamagedError, MdlbenchError, TruncatedError
from mdlbench.models import ModelsLike, load_model
from tests.check_codec import TEXT

FAMILIES = {"uniform": (), "kt,order=1": (), "ngram,order=2": (), "cm,level=1": (), "cm": (), "external:xz": "external:xz"}
DATA = TEXT[:260]


@pytest.mark.parametrize("spec", FAMILIES)
@pytest.mark.parametrize("block_size", [None, 100])
def test_any_flipped_bit_and_any_truncation_is_a_clean_error(spec: str, block_size: int | None) -> None:
    assert_every_change_is_seen(compress(DATA, spec, block_size=block_size), FAMILIES[spec])


def test_any_change_to_a_language_models_container_is_a_clean_error(tmp_path: Path) -> None:
    """As above; the model is loaded once, or this would take minutes."""
    pytest.importorskip("transformers")
    from tests.models.tiny import tiny_model

    tiny_model(tmp_path / "tiny", "gpt2", "bytelevel", layers=1)
    spec = f"hf:{tmp_path / 'tiny'},context=16,batch_size=1"
    model, data = load_model(spec), DATA[:48] + b"\xff"  # too little for the writer to name a model: put together by hand
    payload = model.encode([data])[0].payload
    block = BlockHeader(0, len(data), len(payload), checksum(data), only=True)
    body = header_for([model]).to_bytes() + block.to_bytes() + payload
    container = body + checksum(body)
    assert decompress(container, spec) == data
    assert_every_change_is_seen(container, model)


def assert_every_change_is_seen(container: bytes, model: ModelsLike) -> None:
    """Flip every bit, cut at every byte."""
    for place in range(8 * len(container)):
        damaged = bytearray(container)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(MdlbenchError):
            decompress(bytes(damaged), model)
    for size in range(len(container)):
        with pytest.raises(ContainerError):
            decompress(container[:size], model)


@pytest.mark.parametrize(("garbage", "shown"), [(bytes(8), "00 00 00"), (b"garbage", "67 61 72"), (b"m", "6d"), (b"\n", "0a")])
@pytest.mark.parametrize("block_size", [None, 100])
def test_trailing_garbage_is_an_error_that_says_where_it_begins(garbage: bytes, shown: str, block_size: int | None) -> None:
    container = compress(DATA, "kt", block_size=block_size)
    text = f"unexpected bytes after the container, at offset {len(container)}: not an mdlbench container, "
    text += f"they start with {shown}; mdlbench decompress --salvage passes over them"
    for read in (decompress, lambda data: ContainerFile(io.BytesIO(data))):
        with pytest.raises(DamagedError, match=f"^{re.escape(text)}$"):
            read(container + garbage)


@pytest.mark.parametrize(("file", "shown"), [(b"x", "78"), (b"mb", "6d 62"), (b"PK\x03\x04 and more", "50 4b 03")])
def test_a_file_that_is_no_container_is_called_so_however_short(file: bytes, shown: str) -> None:
    for read in (decompress, lambda data: ContainerFile(io.BytesIO(data))):
        with pytest.raises(DamagedError, match=f"^not an mdlbench container: it starts with {shown}, not 6d 64 6c$"):
            read(file)
        with pytest.raises(TruncatedError, match="the file is empty"):
            read(b"")


@pytest.mark.parametrize("block_size", [None, 100])
def test_a_cut_container_says_where_it_ends_and_what_is_whole(block_size: int | None) -> None:
    """Cut anywhere: in the header, at and between the ends of blocks, in index and digest; alone and behind another one."""
    container = compress(DATA, "kt", block_size=block_size)
    ends = [place.offset + place.stored_size for place in table_of_contents(io.BytesIO(container))]
    for front in (b"", compress(b"one" * 50, "kt")):
        in_front = 1 if front else 0
        for size in range(1 if not front else 3, len(container)):
            whole = sum(end <= size for end in ends)
            original = 150 * in_front + min(whole * (block_size or len(DATA)), len(DATA))
            blocks = f"after {in_front + whole} whole block{'s' * (in_front + whole > 1)} \\(bytes 0-{original - 1}\\); "
            blocks += "mdlbench decompress --salvage recovers what is whole$"
            if in_front + whole == 0:
                blocks = "before its first block is whole: nothing is left to salvage$"
            for read in (decompress, lambda data: ContainerFile(io.BytesIO(data))):
                with pytest.raises(TruncatedError, match=f"^the container ends early, at offset {len(front) + size}, {blocks}"):
                    read(front + container[:size])


def flipped(container: bytes, place: int, mask: int = 0x10) -> bytes:
    return container[:place] + bytes([container[place] ^ mask]) + container[place + 1 :]


def test_every_check_says_where_it_failed_and_what_helps() -> None:
    """Read without decoding, as `inspect` does: a payload's flipped byte shows only in the digest over all blocks."""
    container = compress(DATA, "kt", block_size=100)
    block, last = table_of_contents(io.BytesIO(container))[1:]
    one = compress(DATA, "kt")
    digest = "the container's digest does not match its bytes: at least one changed; "
    digest += "{} names the damaged blocks and keeps the others"
    index = "after byte {}: the container's index {}; {{}} recovers the blocks"
    for damaged, text in {
        flipped(container, 8): "the container's header does not match its check; {} -m SPEC may recover the blocks",
        flipped(container, block.offset + 5): "block 1 (from byte 100): a block header does not match its check; "
        "{} keeps the others",
        flipped(container, block.offset, 2): index.format(99, "does not describe its blocks"),
        flipped(container, last.offset - 1): "blocks 0-2 (bytes 0-259): " + digest,
        flipped(container, last.offset + last.stored_size + 9): index.format(259, "does not match its check"),
        flipped(container, len(container) - 9): index.format(259, "does not add up"),
        container + flipped(one, len(one) - 1): "block 3 (bytes 260-519): " + digest,
    }.items():
        with pytest.raises(DamagedError, match=f"^{re.escape(text.format('mdlbench decompress --salvage'))}$"):
            list(read_containers(io.BytesIO(damaged)))


def test_a_range_in_a_damaged_container_names_the_block() -> None:
    """In a file of one block and in one of several containers, which have no index that is read first; and with an index."""
    one, several = compress(DATA, "kt"), compress(DATA, "kt", block_size=100)
    places = table_of_contents(io.BytesIO(several))
    remedy = "mdlbench decompress --salvage keeps the others$"
    for damaged, name in {
        flipped(one, table_of_contents(io.BytesIO(one))[0].offset + 5): r"block 0 \(from byte 0\)",
        one + flipped(several, places[1].offset + 5): r"block 2 \(from byte 360\)",
        flipped(several, places[1].offset + 5): r"block 1 \(bytes 100-199\)",
    }.items():
        with pytest.raises(DamagedError, match=f"^{name}: a block header does not match its check; {remedy}"):
            ContainerFile(io.BytesIO(damaged)).readall()
    other = bytearray(several)
    header = BlockHeader(-1, 100, 100, bytes(8)).to_bytes()
    other[places[1].offset : places[1].offset + len(header)] = header
    with pytest.raises(DamagedError, match=rf"^block 1 \(bytes 100-199\): its sizes are not those in .* index; {remedy}"):
        ContainerFile(io.BytesIO(bytes(other))).readall()


def hostile(blocks: list[tuple[BlockHeader, bytes]], index: list[IndexEntry] | None = None) -> bytes:
    """A container with correct checks and made-up contents."""
    body = Header((ModelEntry(load_model("kt").digest, "kt"),)).to_bytes()
    body += b"".join(header.to_bytes() + payload for header, payload in blocks)
    if index is not None:
        body += trailer_bytes(index, only_block=False)
    return body + checksum(body)


def test_hostile_sizes_do_not_cost_more_than_they_say() -> None:
    """A payload of one byte that claims a megabyte decodes to a megabyte of something, and fails its checksum."""
    with pytest.raises(ContainerError, match=r"block 0 \(bytes 0-999999\)"):
        decompress(hostile([(BlockHeader(0, 1_000_000, 1, bytes(8), only=True), b"\x01")]))


def test_an_index_that_lies_is_refused() -> None:
    block = BlockHeader(-1, 3, 3, checksum(b"abc")), b"abc"
    stored = len(block[0].to_bytes()) + 3
    right = [IndexEntry(stored, 3)] * 2
    assert decompress(hostile([block] * 2, right)) == b"abcabc"
    for index in ([IndexEntry(stored + 1, 3), IndexEntry(stored - 1, 3)], right[:1], []):
        with pytest.raises(ContainerError, match="index does not describe its blocks"):
            decompress(hostile([block] * 2, index))


def test_an_index_that_claims_billions_of_blocks_is_refused_at_its_beginning() -> None:
    body = hostile([])[:-8] + b"\x00" + b"\xff\xff\xff\xff\x0f" + b"\x01" * 50
    with pytest.raises(DamagedError, match="index does not describe its blocks"):
        decompress(body)


def salvage(tmp_path: Path, container: bytes, *models: str) -> tuple[bytes, int, list[str]]:
    path = tmp_path / "damaged.mdlz"
    path.write_bytes(container)
    sink = io.BytesIO()
    with path.open("rb") as file:
        try:
            done = salvage_stream(file, sink, models)
        except ContainerError:
            assert sink.getvalue() == b""
            raise
    return sink.getvalue(), len(done.recovered), done.lost


def test_salvage_recovers_all_but_the_damaged_block(tmp_path: Path) -> None:
    data = TEXT * 2
    container = compress(data, "kt", block_size=100)
    n_blocks = -(-len(data) // 100)
    rng = random.Random(5)
    for place in rng.sample(range(len(container)), 150):
        damaged = bytearray(container)
        damaged[place] ^= 0x10
        output, recovered, _ = salvage(tmp_path, bytes(damaged), "kt")
        assert len(output) == len(data)
        assert recovered >= n_blocks - 1
        wrong = [at for at in range(len(data)) if output[at] != data[at]]
        assert not wrong or wrong[-1] // 100 == wrong[0] // 100
        assert all(output[at] == 0 for at in wrong)


def test_salvage_of_a_cut_file_keeps_the_whole_blocks(tmp_path: Path) -> None:
    container = compress(TEXT, "kt", block_size=100)
    output, recovered, lost = salvage(tmp_path, container[: len(container) // 2])
    assert recovered >= 2
    assert output == TEXT[: 100 * recovered]
    assert lost == [NOT_KNOWN.format(100 * recovered)]


NOT_KNOWN = "from byte {}, length unknown, perhaps 0 (nothing tells)"


@pytest.mark.parametrize("block_size", [None, 100])
def test_salvage_reports_nothing_lost_where_it_is_known_that_nothing_is(tmp_path: Path, block_size: int | None) -> None:
    """The index, or the digest over what the blocks found would have as index, or being the only block tells."""
    container = compress(DATA, "kt", block_size=block_size)
    last = table_of_contents(io.BytesIO(container))[-1]
    end = last.offset + last.stored_size
    whole = [flipped(container, place) for place in range(end, len(container))]
    whole += [container[:size] for size in range(end + 2 if block_size else end, len(container))]
    whole += [container[:end] + b"??" + container[end:], container[: end + 1] + container[end + 3 :]]
    whole += [container + garbage for garbage in (b"\n", bytes(1000), b"garbage" * 100)]
    whole += [
        container + b"\n" + container,
        b"#!/bin/true\n" + container,
        flipped(container, 0),
        container[:4] + b"!" + container[4:],
    ]
    for damaged in whole:
        output, _, lost = salvage(tmp_path, damaged, "kt")
        assert (output.replace(DATA, b""), lost) == (b"", [])


def test_salvage_says_where_it_is_not_known_whether_anything_is_lost(tmp_path: Path) -> None:
    container = compress(DATA, "kt", block_size=100)
    places = table_of_contents(io.BytesIO(container))
    end = places[-1].offset + places[-1].stored_size
    hidden = flipped(container, 1)
    for damaged, size in {
        container[:end]: 260,  # nothing behind the last block, or too little to tell how many there were
        container[: end + 1]: 260,
        container[: places[2].offset]: 200,
        container[: places[2].offset + 5]: 200,
        flipped(flipped(container, end + 5), len(container) - 1): 260,  # neither index nor digest
        container + container[:8]: 260,  # another one began
        container + compress(b"", "kt")[:-19]: 260,
    }.items():
        assert salvage(tmp_path, damaged, "kt")[2] == [NOT_KNOWN.format(size)]
    garbage = b"garbage" * 9  # another container may have stood there
    assert salvage(tmp_path, container + garbage + container)[2] == [NOT_KNOWN.format(260)]
    assert salvage(tmp_path, garbage + container)[2] == [NOT_KNOWN.format(0)]
    assert salvage(tmp_path, garbage + hidden, "kt")[2] == [NOT_KNOWN.format(0)]
    assert salvage(tmp_path, container + garbage + compress(DATA, "kt"))[2] == [NOT_KNOWN.format(260)]
    assert salvage(tmp_path, garbage + flipped(compress(DATA, "kt"), 1), "kt")[2] == [NOT_KNOWN.format(0)]
    assert salvage(tmp_path, flipped(flipped(container, places[1].offset + 40), end + 5))[2] == [
        "bytes 100-199 (damaged)",
        NOT_KNOWN.format(260),
    ]


def test_salvage_with_a_damaged_header_needs_the_model(tmp_path: Path) -> None:
    container = bytearray(compress(DATA, "kt,order=1"))
    container[9] ^= 1
    with pytest.raises(ContainerError, match="name the model that wrote it, mdlbench decompress --salvage -m SPEC"):
        salvage(tmp_path, bytes(container))
    assert salvage(tmp_path, bytes(container), "kt,order=1")[0] == DATA


def test_salvage_of_concatenated_containers(tmp_path: Path) -> None:
    parts = [compress(TEXT, "kt", block_size=200), compress(TEXT, "uniform")]
    damaged = bytearray(b"".join(parts))
    damaged[len(parts[0]) + 3] ^= 1  # the second container's version
    output, _, _ = salvage(tmp_path, bytes(damaged), "kt", "uniform")
    assert output.startswith(TEXT)


def test_salvage_keeps_every_block_it_finds(tmp_path: Path) -> None:
    """Bytes inserted or lost in one block, or two containers with the first's trailer and the second's header gone."""
    container, size = compress(TEXT, "kt", block_size=100), len(TEXT)
    middle = len(container) // 2
    for damaged in (container[:middle] + b"??" + container[middle:], container[:middle] + container[middle + 3 :]):
        output, recovered, _ = salvage(tmp_path, damaged, "kt")
        assert len(output) == size
        assert recovered >= -(-size // 100) - 1
    first, second = compress(TEXT, "kt", block_size=150), compress(DATA, "kt", block_size=90)
    joined = first[:-30] + bytes(30) + bytes(6) + second[6:]
    output, _, lost = salvage(tmp_path, joined)
    assert output == TEXT + DATA
    assert lost


@pytest.mark.parametrize("change", [-60, -40, -25, -3, 3, 50, 300])
def test_bytes_lost_or_gained_in_one_block_move_no_other(tmp_path: Path, change: int) -> None:
    container = compress(TEXT, "kt", block_size=100)
    for place in table_of_contents(io.BytesIO(container)):
        for inside in range(max(0, place.stored_size + min(change, 0)) + 1):
            at = place.offset + inside
            damaged = container[:at] + b"?" * change + container[at + max(0, -change) :]
            output, recovered, lost = salvage(tmp_path, damaged)
            assert recovered >= -(-len(TEXT) // 100) - 1
            assert sum(text.startswith("bytes") for text in lost) <= 1
            assert output[: place.start] == TEXT[: place.start]
            assert output[place.start + place.original_size :] == TEXT[place.start + place.original_size :]


def test_blocks_between_two_that_lost_bytes_keep_their_place(tmp_path: Path) -> None:
    """They stand where neither counting from the front nor from the back expects them."""
    container = compress(TEXT, "kt", block_size=100)
    places = table_of_contents(io.BytesIO(container))
    for first, second in ((0, 4), (1, 3), (0, 2)):
        for inside in (1, 30):  # in the block's header; in its payload
            damaged = container
            for place in (places[second], places[first]):
                damaged = damaged[: place.offset + inside] + damaged[place.offset + inside + 26 :]
            output, recovered, lost = salvage(tmp_path, damaged)
            assert recovered == len(places) - 2
            names = [f"bytes {100 * n}-{min(100 * n + 100, len(TEXT)) - 1}" for n in (first, second)]
            assert lost == [f"{name} ({'damaged' if inside == 30 else 'not found'})" for name in names]
            expected = bytearray(TEXT)
            for place in (places[first], places[second]):
                expected[place.start : place.start + place.original_size] = bytes(place.original_size)
            assert output == expected


def test_a_container_within_a_damaged_block_is_data(tmp_path: Path) -> None:
    """What compresses no further is stored raw, containers among it: their structures are not those of the file."""
    data = compress(TEXT * 4, "kt", block_size=60) * 3
    container = compress(data, "kt", block_size=900)
    for place in table_of_contents(io.BytesIO(container)):
        expected = bytearray(data)
        expected[place.start : place.start + place.original_size] = bytes(place.original_size)
        for inside in (0, 5, 25):  # in the block's header; in its payload
            output, _, lost = salvage(tmp_path, flipped(container, place.offset + inside))
            assert len(lost) == 1
            assert output == expected


def test_salvage_writes_no_block_twice(tmp_path: Path) -> None:
    """Raw blocks are all of one size: where one is gone, or a header and the block behind it, others stand in its place."""
    rng = random.Random(7)
    data = [rng.randbytes(600) for _ in range(2)]
    first, second = (compress(part, "uniform", block_size=100) for part in data)
    lost = table_of_contents(io.BytesIO(first))[2]
    output, recovered, _ = salvage(tmp_path, first[: lost.offset] + first[lost.offset + lost.stored_size :])
    assert recovered == 5
    assert sorted(output[at : at + 100] for at in range(0, 600, 100) if any(output[at : at + 100])) == sorted(
        data[0][at : at + 100] for at in range(0, 600, 100) if at != 200
    )
    output, recovered, _ = salvage(tmp_path, first + flipped(flipped(second, 0), 12))
    assert recovered == 11
    assert output == data[0] + bytes(100) + data[1][100:]


def test_salvage_takes_time_in_proportion(tmp_path: Path) -> None:
    """Zeroed sectors, noise, and bytes that all look like the start of an index."""
    container = compress(TEXT, "kt", block_size=100)
    rng = random.Random(2)
    for filling in (bytes(1 << 20), rng.randbytes(1 << 19), b"\x00\xff\xff\xff\x0f" * (1 << 16)):
        began = time.monotonic()
        output, recovered, _ = salvage(tmp_path, container[:200] + filling + container[200:])
        assert recovered >= -(-len(TEXT) // 100) - 1
        assert len(output) == len(TEXT)
        assert time.monotonic() - began < 30


def test_salvage_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(ContainerError):
        salvage(tmp_path, b"")
    text = b"not a container at all, nor of mdlbench" * 20
    with pytest.raises(ContainerError, match=r"^no mdlbench blocks found: not an mdlbench container$"):
        salvage(tmp_path, text)
    with pytest.raises(ContainerError, match=r"^nothing is left to salvage: no mdlbench blocks found; nothing is written$"):
        salvage(tmp_path, text, "kt")


@pytest.mark.parametrize("size", [1, 2, 10, 40])
def test_salvage_of_a_beginning_without_a_block(size: int, tmp_path: Path) -> None:
    for models in ((), ("kt",)):
        with pytest.raises(ContainerError, match=r"^nothing is left to salvage: "):
            salvage(tmp_path, compress(TEXT, "kt")[:size], *models)


def test_salvage_that_recovers_nothing_writes_nothing(tmp_path: Path) -> None:
    """Its only block is damaged; or, the header damaged, another model is named than the one that wrote ten blocks."""
    (place,) = table_of_contents(io.BytesIO(compress(DATA, "kt")))
    with pytest.raises(ContainerError, match=r"^of 1 block found none is recovered: damaged; nothing is written$"):
        salvage(tmp_path, flipped(compress(DATA, "kt"), place.offset + 30))
    text = bytes(1000)
    blocks = flipped(compress(text, "kt,order=2", block_size=100), 9)
    wrong = "^of 10 blocks found none is recovered: none decodes with -m uniform, another model probably wrote the file; "
    with pytest.raises(ContainerError, match=wrong):
        salvage(tmp_path, blocks, "uniform")
    assert salvage(tmp_path, blocks, "kt,order=2") == (text, 10, [])


def test_random_bytes_never_do_anything_but_fail() -> None:
    rng = random.Random(11)
    good = compress(DATA, "kt", block_size=90)
    for _ in range(300):
        head = good[: rng.randrange(len(good))]
        with pytest.raises(ContainerError):
            decompress(head + rng.randbytes(rng.randrange(1, 80)))


def test_crc32_is_zlibs() -> None:
    """FORMAT.md says CRC-32 without more: the common one, whose value of "123456789" is CBF43926."""
    assert zlib.crc32(b"123456789") == 0xCBF43926


def test_salvage_passes_over_a_header_that_no_reader_takes(tmp_path: Path) -> None:
    """Its check is right, but its spec would be 4,102 bytes unpacked."""
    body = b"mdl\x01\x01" + bytes(8) + b"\xca\x04" + b"\x84" * 586
    hostile = body + zlib.crc32(body).to_bytes(4, "little") + b"\x00\x00\x00" + bytes(12)
    assert salvage(tmp_path, hostile + compress(DATA, "kt"))[0] == DATA


def test_salvage_writes_no_more_zeros_than_a_file_may_stand_for(tmp_path: Path) -> None:
    header = Header(()).to_bytes()
    index = [IndexEntry(13, MAX_BLOCK)] * 3000
    trailer = trailer_bytes(index, only_block=False)
    with pytest.raises(
        ContainerError, match=r"^what is lost has 1,\d{3},\d{3},\d{3} bytes or more.*allow them with --zeros SIZE$"
    ):
        salvage(tmp_path, header + trailer + checksum(header + trailer))


@pytest.mark.parametrize("most", [99, 100])
def test_zeros_for_what_is_lost_can_be_bounded(most: int, tmp_path: Path) -> None:
    container = compress(DATA, "uniform", block_size=100)
    path = tmp_path / "damaged"
    path.write_bytes(flipped(container, len(Header(()).to_bytes()) + 15))
    with open(path, "rb") as file, pytest.raises(ContainerError, match="--zeros") if most < 100 else nullcontext():
        assert salvage_stream(file, io.BytesIO(), most_zeros=most).size == len(DATA)


@pytest.mark.parametrize("left", [0, 5000])
def test_a_file_that_becomes_shorter_is_told_of(left: int, tmp_path: Path) -> None:
    path = tmp_path / "shrinking"
    path.write_bytes(bytes(3 << 20))
    with open(path, "rb") as file:
        data = FileBytes(file)
        os.truncate(path, left)
        with pytest.raises(TruncatedError, match="had 3,145,728 bytes and became shorter while it was read"):
            find_marks(data, 0)
