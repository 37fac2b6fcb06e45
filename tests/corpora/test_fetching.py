"""Fetching from a real server on this machine: cut, lied to, and refused; nothing wrong is ever left behind."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mdlbench.corpora import KnownCorpus, KnownFile, archives, downloading, find_corpus
from mdlbench.corpora.fetching import fetch, verify
from mdlbench.errors import CorpusError, UsageError
from tests.corpora.server import Behaviour, serving

BOOK = random.Random(1).randbytes(300_000)
FILES = {"alice.txt": b"alice " * 500, "sum": bytes(2000), "empty": b""}


def known(files: dict[str, bytes], name: str = "small", *addresses: str) -> KnownCorpus:
    rows = tuple(KnownFile(key, len(data), (("sha256", hashlib.sha256(data).hexdigest()),)) for key, data in files.items())
    return KnownCorpus(name, "for tests", rows, addresses, "here")


SINGLE, SEVERAL = known({"book": BOOK}), known(FILES)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloading, "PAUSE", 0.0)
    monkeypatch.setattr(archives, "SLACK", 10**6)
    return tmp_path / "cache" / "corpora"


def left_in(cache: Path) -> list[str]:
    """Every file in the cache folder but locks."""
    return sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock")


def packed_zip(files: dict[str, bytes], folder: str = "") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return sink.getvalue()


def packed_tar(files: dict[str, bytes], kind: int = tarfile.USTAR_FORMAT) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=kind) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return sink.getvalue()


def old_tar(files: dict[str, bytes]) -> bytes:
    """A tar as it was before "ustar": the same header without the word, its checksum put right."""
    packed = bytearray(packed_tar(files))
    place = 0
    for data in files.values():
        packed[place + 257 : place + 265] = bytes(8)
        packed[place + 148 : place + 156] = b" " * 8
        packed[place + 148 : place + 156] = b"%06o\0 " % sum(packed[place : place + 512])
        place += 512 + -(-len(data) // 512) * 512
    return bytes(packed)


PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": packed_zip,
    "zip with folders": lambda files: packed_zip(files, "corpus/data/"),
    "zip with windows folders": lambda files: packed_zip(files, "corpus\\"),
    "tar": packed_tar,
    "tar.gz": lambda files: gzip.compress(packed_tar(files)),
    "tar.bz2": lambda files: bz2.compress(packed_tar(files)),
    "tar.xz": lambda files: lzma.compress(packed_tar(files)),
    "pax": lambda files: gzip.compress(packed_tar(files, tarfile.PAX_FORMAT)),
    "old tar.gz": lambda files: gzip.compress(old_tar(files)),
}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("files", [FILES, {"book": BOOK}], ids=["several", "one"])
def test_archives_are_unpacked_to_the_files_of_the_corpus(
    packer: str, files: dict[str, bytes], cache: Path, tmp_path: Path
) -> None:
    corpus = known(files)
    archive = tmp_path / "archive"
    archive.write_bytes(PACKERS[packer]({"README": b"not of the corpus", **files}))
    done = fetch(corpus, str(archive))
    assert left_in(cache) == sorted(f"small/{name}" for name in files)
    assert {name: (done.folder / name).read_bytes() for name in files} == files
    assert [check.problem for check in done.checks] == [None] * len(files)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_single_file_needs_no_archive(pack: Callable[[bytes], bytes], cache: Path) -> None:
    with serving(Behaviour({"/book": pack(BOOK)})) as server:
        fetch(SINGLE, f"{server.address}/book")
    assert (cache / "small/book").read_bytes() == BOOK


def test_a_folder_is_a_source(cache: Path, tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    fetch(SEVERAL, str(tmp_path))
    assert left_in(cache) == sorted(f"small/{name}" for name in FILES)
    (tmp_path / "sum").unlink()
    with pytest.raises(CorpusError, match=r": sum of small is not in it"):
        fetch(SEVERAL, str(tmp_path), force=True)
    assert verify(SEVERAL)[1].problem is None  # what was there before stays


def test_a_cut_download_goes_on_where_it_stopped(cache: Path) -> None:
    archive = packed_zip({"book": BOOK})
    with serving(Behaviour({"/a.zip": archive}, cuts=[100_000, 50_000])) as server:
        seen: list[tuple[str, int, int | None]] = []
        fetch(SINGLE, f"{server.address}/a.zip", progress=lambda *step: seen.append(step))
    assert server.requests == [
        ("/a.zip", None, None),
        ("/a.zip", "bytes=100000-", '"one"'),
        ("/a.zip", "bytes=150000-", '"one"'),
    ]
    assert left_in(cache) == ["small/book"]
    assert ("fetching", len(archive), len(archive)) in seen
    assert seen[-1] == ("unpacking", len(BOOK), len(BOOK))


def test_a_later_call_goes_on_with_what_an_earlier_one_kept(cache: Path) -> None:
    archive = packed_zip({"book": BOOK})
    with serving(Behaviour({"/a.zip": archive}, cuts=[50_000] * downloading.ATTEMPTS)) as server:
        message = r"the connection was cut after 250,000 of \d\d\d,\d\d\d bytes, 5 times; 250,000 bytes are kept, run the same"
        with pytest.raises(CorpusError, match=message):
            fetch(SINGLE, f"{server.address}/a.zip")
        assert not (cache / "small").exists()
        fetch(SINGLE, f"{server.address}/a.zip")
    assert server.requests[-1] == ("/a.zip", "bytes=250000-", '"one"')
    assert (cache / "small/book").read_bytes() == BOOK


def test_a_changed_file_is_read_from_the_start(cache: Path) -> None:
    with serving(Behaviour({"/a.zip": b"?" * 200_000}, cuts=[60_000, 0, 0, 0, 0])) as server:
        with pytest.raises(CorpusError, match="60,000 bytes are kept"):
            fetch(SINGLE, f"{server.address}/a.zip")
        server.files["/a.zip"], server.etag = packed_zip({"book": BOOK}), '"two"'
        fetch(SINGLE, f"{server.address}/a.zip")
    assert server.requests[-1] == ("/a.zip", "bytes=60000-", '"one"')  # refused by If-Range: all of it came
    assert (cache / "small/book").read_bytes() == BOOK


@pytest.mark.parametrize(
    "behaviour", [{"ranges": False}, {"shift": 1}, {"etag": None}, {"etag": 'W/"weak"'}], ids=lambda value: str(value)
)
def test_servers_without_sound_ranges(behaviour: dict, cache: Path) -> None:
    with serving(Behaviour({"/a.zip": packed_zip({"book": BOOK})}, cuts=[100_000], **behaviour)) as server:
        fetch(SINGLE, f"{server.address}/a.zip")
    assert (cache / "small/book").read_bytes() == BOOK
    assert server.requests[1][1:] == ("bytes=100000-", '"one"' if server.etag == '"one"' else None)


def test_a_file_of_another_length_is_not_gone_on_with(cache: Path) -> None:
    """Without a validator the length is what tells."""
    with serving(Behaviour({"/a": BOOK + b"?"}, etag=None, cuts=[100_000, 0, 0, 0, 0])) as server:
        with pytest.raises(CorpusError, match="100,000 bytes are kept"):
            fetch(SINGLE, f"{server.address}/a")
        server.files["/a"] = BOOK
        fetch(SINGLE, f"{server.address}/a")
    assert [request[1] for request in server.requests[-2:]] == ["bytes=100000-", None]
    assert (cache / "small/book").read_bytes() == BOOK


def test_a_download_complete_but_not_unpacked_is_not_fetched_again(cache: Path) -> None:
    with serving(Behaviour({"/book": BOOK})) as server:
        address = f"{server.address}/book"
        part = cache / ".downloads" / f"small-{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
        downloading.download(address, part, 10**6, lambda *step: None)
        fetch(SINGLE, address)
    assert len(server.requests) == 1
    assert left_in(cache) == ["small/book"]


def test_an_interrupt_while_unpacking_keeps_the_download(cache: Path) -> None:
    def stop(what: str, done: int, total: int | None) -> None:
        if what == "unpacking":
            raise KeyboardInterrupt

    (cache / ".small.killed").mkdir(parents=True)
    (cache / ".small.killed" / "book").write_bytes(b"half")
    with serving(Behaviour({"/book": BOOK})) as server:
        with pytest.raises(KeyboardInterrupt):
            fetch(SINGLE, f"{server.address}/book", progress=stop)
        assert not (cache / "small").exists()
        fetch(SINGLE, f"{server.address}/book")
    assert len(server.requests) == 1
    assert left_in(cache) == ["small/book"]  # nor does what a killed process left stay


def test_unknown_length_is_fine_and_too_much_is_not(cache: Path) -> None:
    with serving(Behaviour({"/book": BOOK, "/flood": bytes(2_000_000)}, length=False)) as server:
        fetch(SINGLE, f"{server.address}/book")
        with pytest.raises(CorpusError, match="sends more than 1,386,076 bytes"):
            fetch(SINGLE, f"{server.address}/flood", force=True)
        server.length = True
        with pytest.raises(CorpusError, match="offers 2,000,000 bytes, but no archive of this corpus has more than 1,386,076"):
            fetch(SINGLE, f"{server.address}/flood", force=True)
    assert left_in(cache) == ["small/book"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed_zip({"book": BOOK[:-1] + b"?"}), r"/a: book: sha256 is [0-9a-f]{64}, not [0-9a-f]{64}; it was not kept"),
        (packed_zip({"book": BOOK[:-1]}), "book: 299,999 bytes, not 300,000"),
        (packed_zip({"book": BOOK + bytes(10**5)}), "book: 300,001 bytes, not 300,000"),  # no more is unpacked than that
        (packed_zip({"../../book": BOOK, "book": BOOK}), "holds book twice"),
        (packed_zip({"other": BOOK}), "book of small is not in it"),
        (packed_zip({"book": BOOK})[:-50_000], "damaged or cut short"),
        (packed_zip({"book": BOOK})[:100] + b"??" + packed_zip({"book": BOOK})[102:], "damaged or cut short"),
        (gzip.compress(BOOK)[:-100], "damaged or cut short"),
        (bz2.compress(BOOK)[:-100], "damaged or cut short"),
        (bz2.compress(BOOK)[:100] + bytes(1000), "damaged or cut short"),
        (lzma.compress(BOOK)[:-100], "damaged or cut short"),
        (gzip.compress(packed_tar({"book": BOOK})[:100_000]), "damaged or cut short"),
        (gzip.compress(packed_tar({"book": BOOK}))[:100_000], "damaged or cut short"),
        (gzip.compress(packed_tar({"other": bytes(3_000_000)})), "expands to far more than the corpus"),
        (b"<html>moved</html>", "book: 18 bytes, not 300,000"),
        (b"", "book: 0 bytes, not 300,000"),
    ],
)
def test_wrong_content_is_refused_and_leaves_nothing(content: bytes, message: str, cache: Path) -> None:
    with serving(Behaviour({"/a": content})) as server, pytest.raises(CorpusError, match=message):
        fetch(SINGLE, f"{server.address}/a")
    assert left_in(cache) == []


def test_wrong_content_leaves_what_was_there(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(BOOK)
    fetch(SINGLE, str(tmp_path / "book"))
    (tmp_path / "book").write_bytes(BOOK[::-1])
    with pytest.raises(CorpusError, match="sha256 is"):
        fetch(SINGLE, str(tmp_path / "book"), force=True)
    assert (cache / "small/book").read_bytes() == BOOK
    assert left_in(cache) == ["small/book"]


def test_no_name_in_an_archive_becomes_a_path(cache: Path, tmp_path: Path) -> None:
    hostile = {"/etc/book2": b"x", "../outside": b"x", "../../book": BOOK}
    (tmp_path / "hostile.tar").write_bytes(packed_tar(hostile))
    fetch(SINGLE, str(tmp_path / "hostile.tar"))
    assert left_in(cache) == ["small/book"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "hostile.tar"]


def test_links_in_a_tar_are_not_followed(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(BOOK)
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        link = tarfile.TarInfo("book")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
        archive.addfile(link)
    with pytest.raises(CorpusError, match="book of small is not in it"):
        fetch(SINGLE, str(tmp_path / "links.tar"))
    assert left_in(cache) == []


def odd_zip(name: str, flags: int = 0, mode: int = 0, n: int = 1) -> bytes:
    """A zip of a member with this name, or several, its bytes `?` changed to ff: not UTF-8 if the flags say that it is."""
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as archive:  # of a name given twice
        for _ in range(n):
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, BOOK)
    packed = bytearray(out.getvalue().replace(b"?", b"\xff"))
    packed[6:8] = flags.to_bytes(2, "little")
    central = packed.index(b"PK\x01\x02")
    packed[central + 8 : central + 10] = flags.to_bytes(2, "little")
    return bytes(packed)


@pytest.mark.parametrize(
    "content",
    [
        odd_zip("/etc/passwd"),
        odd_zip("../../outside"),
        odd_zip("C:\\outside"),
        odd_zip("??", flags=0x800),
        odd_zip("book", n=2),
        odd_zip("book", flags=1),
        odd_zip("book/"),
        odd_zip("a\nb"),
        packed_zip({"book": bytes(10**8)}),
    ],
)
def test_zips_with_bad_members_are_one_line_and_leave_nothing(content: bytes, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(CorpusError, match=r"^[ -~]+$"):
        fetch(SINGLE, str(tmp_path / "a.zip"))
    assert left_in(cache) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "cache"]


def test_whatever_an_archive_holds_it_is_unpacked_or_refused(cache: Path, tmp_path: Path) -> None:
    short = known({"book": b"short"}, "short")
    drawn = random.Random(7)
    archives_of = [
        packed_zip({"book": b"short"}),
        packed_tar({"book": b"short"}),
        gzip.compress(packed_tar({"book": b"short"})),
    ]
    for packed in archives_of * 100:
        damaged = bytearray(packed)
        for _ in range(drawn.randint(1, 6)):
            place = drawn.randrange(min(len(damaged), 700))
            damaged[place] = drawn.choice([0, 255, drawn.randrange(256)])
        (tmp_path / "a").write_bytes(damaged[: drawn.choice([len(damaged), drawn.randrange(len(damaged))])])
        with suppress(CorpusError):
            fetch(short, str(tmp_path / "a"), force=True)
    assert set(left_in(cache)) <= {"short/book"}


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX's")
def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a folder; save it to a file first"):
        fetch(SINGLE, str(tmp_path / "pipe"))


def test_refusals_name_the_address(cache: Path) -> None:
    with serving(Behaviour({"/book": BOOK})) as server:
        with pytest.raises(CorpusError, match=r"^http://127.0.0.1:\d+/none: 404 Not Found; give another address"):
            fetch(SINGLE, f"{server.address}/none")
        server.status[:] = [503, 500]
        fetch(SINGLE, f"{server.address}/book")  # tried again
        assert len(server.requests) == 4
    with pytest.raises(CorpusError, match=r"ConnectionRefusedError.*, 5 times; try again later"):
        fetch(SINGLE, f"{server.address}/gone", force=True)
    assert left_in(cache) == ["small/book"]


def test_addresses_are_tried_in_turn(cache: Path) -> None:
    with serving(Behaviour({"/old": packed_zip({"book": b"?"}), "/new": packed_zip({"book": BOOK})})) as server:
        places = [f"{server.address}/{name}" for name in ("none", "old", "new")]
        assert fetch(known({"book": BOOK}, "small", *places)).source == places[2]
        with pytest.raises(CorpusError, match=r"404 Not Found.* \| .*book: 1 byte, not 300,000"):
            fetch(known({"book": BOOK}, "other", *places[:2]))
    assert left_in(cache) == ["small/book"]


def test_what_is_here_and_right_is_not_fetched_again(cache: Path) -> None:
    with serving(Behaviour({"/book": BOOK})) as server:
        address = f"{server.address}/book"
        assert fetch(SINGLE, address).source == address
        assert fetch(SINGLE, address).source is None
        assert fetch(SINGLE, address, force=True).source == address
        (cache / "small/book").write_bytes(BOOK[::-1])
        assert fetch(SINGLE, address).source == address  # wrong: fetched anew
    assert len(server.requests) == 3
    assert (cache / "small/book").read_bytes() == BOOK
    assert left_in(cache) == ["small/book"]


def test_sources_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder; --from takes a path or an http address"):
        fetch(SINGLE, str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match=r"file:// is not supported"):
        fetch(SINGLE, "file:///etc/passwd")
    with pytest.raises(UsageError, match="small has no public address; give a file, folder or archive with --from"):
        fetch(SINGLE)
    (tmp_path / "plain").write_bytes(b"text")
    with pytest.raises(CorpusError, match="neither a zip nor a tar, and small has 3 files"):
        fetch(SEVERAL, str(tmp_path / "plain"))


@pytest.mark.skipif(os.name != "posix", reason="file locks as here are POSIX's")
def test_two_fetches_at_once(cache: Path) -> None:
    import fcntl

    (cache / ".downloads").mkdir(parents=True)
    with open(cache / ".downloads/small.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="small is being fetched by another process"):
            fetch(SINGLE, "anything")
    assert left_in(cache) == []


def test_a_note_that_is_not_ours_is_ignored(cache: Path) -> None:
    with serving(Behaviour({"/book": BOOK})) as server:
        address = f"{server.address}/book"
        part = cache / ".downloads" / f"small-{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"?" * 1000)
        for note in ("not json", "[]", json.dumps({"url": "http://elsewhere", "validator": None, "total": None})):
            part.with_name(part.name + ".json").write_text(note)
            fetch(SINGLE, address, force=True)
            part.write_bytes(b"?" * 1000)
    assert [request[1] for request in server.requests] == [None] * 3


def test_size_only_is_said(cache: Path, tmp_path: Path) -> None:
    corpus = KnownCorpus("bare", "without digests", (KnownFile("book", len(BOOK)),), (), "nowhere")
    (tmp_path / "book").write_bytes(BOOK[::-1])
    assert fetch(corpus, str(tmp_path / "book")).checks[0].problem is None
    assert (corpus.check, corpus.files[0].check) == ("size only", "size only")
    (cache / "bare/book").write_bytes(b"")
    assert verify(corpus)[0].problem == "0 bytes, not 300,000"


def test_a_real_corpus_from_an_archive(shared_data: Path, cache: Path, tmp_path: Path) -> None:
    from mdlbench.corpora import known_corpus

    files = {path.name: path.read_bytes() for path in (shared_data / "canterbury").iterdir()}
    with serving(Behaviour({"/c.tar.gz": gzip.compress(packed_tar(files))}, cuts=[200_000])) as server:
        fetch(known_corpus("canterbury"), f"{server.address}/c.tar.gz")
    assert find_corpus("canterbury").sha256() == find_corpus(str(shared_data / "canterbury")).sha256()
    assert find_corpus("canterbury/ptt5").recognised == "canterbury/ptt5"  # the same bytes as calgary/pic
