"""What a user writes becomes the bytes that were meant, and known bytes are recognised under whatever name."""

import hashlib
import os
from pathlib import Path

import pytest

from mdlbench.corpora import Corpus, find_corpus, known_corpus, registry
from mdlbench.corpora import recognition as recognition_module
from mdlbench.corpora.corpus import slug
from mdlbench.corpora.known import KnownCorpus, KnownFile
from mdlbench.errors import CorpusError, MissingCorpusError, UsageError

DATA = bytes(range(256)) * 40  # 10,240 bytes


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "corpora"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some data.bin"
    path.write_bytes(DATA)
    return path


def read(corpus: Corpus) -> bytes:
    contents = []
    for part in corpus.files:
        with part.open() as stream:
            contents.append(stream.read())
        assert len(contents[-1]) == part.size
    return b"".join(contents)


@pytest.mark.parametrize(
    ("slice_", "limit", "start", "end"),
    [
        ("", None, 0, 10240),
        ("", 1000, 0, 1000),
        ("", 10**9, 0, 10240),
        (":0:4k", None, 0, 4000),
        (":1Ki:2Ki", None, 1024, 2048),
        (":10k:", None, 10000, 10240),
        ("::7", None, 0, 7),
        ("::", None, 0, 10240),
        (":100:5000", 50, 100, 150),
    ],
)
def test_slices_and_limits(file: Path, slice_: str, limit: int | None, start: int, end: int) -> None:
    corpus = find_corpus(f"{file}{slice_}", limit)
    assert read(corpus) == DATA[start:end]
    assert (corpus.start, corpus.end, corpus.size) == (start, end, end - start)
    expected = f"bytes {start:,} to {end:,}" if start else f"first {end:,} bytes"
    assert corpus.cut == (None if end - start == len(DATA) else expected)
    assert (corpus.name, corpus.source, corpus.recognised) == ("some-data.bin", "some data.bin", None)
    assert corpus.sha256() == corpus.files[0].sha256() == hashlib.sha256(DATA[start:end]).hexdigest()


@pytest.mark.parametrize(
    ("slice_", "message"),
    [
        (":0:10241", "the slice ends at byte 10,241, but there are 10,240"),
        (":5:5", "the slice 5 to 5 is empty"),
        (":5:4", "START comes before END"),
        (":a:4", "'a' is not a size"),
        (":-4:", "'-4' is not a size"),
        (":4M", "no such corpus, file or folder; .*a slice is NAME:START:END"),
    ],
)
def test_slices_that_do_not_fit(file: Path, slice_: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_corpus(f"{file}{slice_}")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no colons in names")
def test_a_path_with_colons_is_the_file_if_it_exists(file: Path) -> None:
    odd = file.rename(file.with_name("log:10:20"))
    assert read(find_corpus(str(odd))) == DATA
    assert read(find_corpus(f"{odd}:1:3")) == DATA[1:3]
    odd.rename(file.with_name("log"))
    assert read(find_corpus(str(odd))) == DATA[10:20]


def test_a_folder_is_its_files_in_order_of_name(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden", ".git/config"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name * 3)
    corpus = find_corpus(str(folder))
    assert [part.name for part in corpus.files] == ["a.txt", "b.txt", "sub/c.txt"]
    assert read(corpus) == b"a.txt" * 3 + b"b.txt" * 3 + b"sub/c.txt" * 3
    assert (corpus.name, corpus.start, corpus.end, corpus.note) == ("texts", 0, corpus.size, None)
    cut = find_corpus(str(folder), limit=4)
    assert (read(cut), cut.cut) == (b"a.txb.txsub/", "first 4 bytes of each of 3 files, 12 bytes in all")
    cut = find_corpus(str(folder), limit=20)
    assert (cut.size, cut.cut) == (15 + 15 + 20, "first 20 bytes at most of each of 3 files, 50 bytes in all")
    assert find_corpus(str(folder), limit=27).cut is None
    with pytest.raises(UsageError, match=r"has 3 files, and a slice is of one; name it, as in .*texts/a.txt:0:4"):
        find_corpus(f"{folder}:0:4")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UsageError, match="no files in this folder"):
        find_corpus(str(tmp_path / "nothing"))


def test_identity_of_several_files_covers_names_and_borders(tmp_path: Path) -> None:
    def identity(files: dict[str, bytes]) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return find_corpus(str(folder)).sha256()

    parts = [(b"a", b"xy"), (b"b", b"z")]
    framed = b"".join(len(name).to_bytes(8, "little") + name + hashlib.sha256(data).digest() for name, data in parts)
    assert identity({"a": b"xy", "b": b"z"}) == hashlib.sha256(framed).hexdigest()
    others = [{"a": b"x", "b": b"yz"}, {"a": b"xy", "c": b"z"}, {"a": b"xyz", "b": b""}]
    assert len({identity(files) for files in others} | {identity({"a": b"xy", "b": b"z"})}) == 4


def test_reading_is_confined_and_seekable(file: Path) -> None:
    with find_corpus(f"{file}:100:200").files[0].open() as stream:
        assert stream.seek(-10, os.SEEK_END) == 90
        assert stream.read(100) == DATA[190:200]
        assert stream.seek(500) == 500
        assert stream.read() == b""
        assert (stream.seek(5), stream.read(2)) == (5, DATA[105:107])
        with pytest.raises(ValueError, match="before the start"):
            stream.seek(-1000, os.SEEK_CUR)


def test_a_file_that_shrinks_is_noticed(file: Path) -> None:
    corpus = find_corpus(str(file))
    file.write_bytes(DATA[:1000])
    with pytest.raises(CorpusError, match="ends at byte 1,000, but 10,240 were there"):
        read(corpus)


def test_known_names_win_over_paths_and_say_how_to_get_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingCorpusError, match=r"^enwik8 is not fetched; run: mdlbench corpus fetch enwik8$"):
        find_corpus("enwik8:0:1000")
    Path("enwik8").write_bytes(DATA)
    with pytest.raises(MissingCorpusError, match=r"fetch enwik8; ./enwik8 is the file of that name here"):
        find_corpus("enwik8")
    assert read(find_corpus("./enwik8")) == DATA
    with pytest.raises(UsageError, match=r"canterbury has no file 'alice'; its files are: alice29.txt, "):
        find_corpus("canterbury/alice")
    with pytest.raises(UsageError, match=r"did you mean enwik8\?"):
        known_corpus("enwiki8")


@pytest.fixture
def small_registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, KnownCorpus]:
    """`one`, a file with known prefixes; `two`, a pair of files."""

    def digest(data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    prefixes = tuple((length, digest(DATA[:length])) for length in (100, 1000, 4000))
    one = KnownFile("one", len(DATA), (("sha256", digest(DATA)),), prefixes)
    pair = tuple(
        KnownFile(name, 5, (("md5", hashlib.md5(data).hexdigest()),)) for name, data in (("z", b"zzzzz"), ("a", b"aaaaa"))
    )
    known = {"one": KnownCorpus("one", "a file", (one,), (), "here"), "two": KnownCorpus("two", "a pair", pair, (), "here")}
    for module in ("known", "recognition", "finding"):
        monkeypatch.setattr(f"mdlbench.corpora.{module}.registry", lambda: known)
    recognition_module._recognise.cache_clear()
    return known


@pytest.mark.usefixtures("small_registry")
def test_prefixes_are_recognised_as_far_as_they_are_proven(tmp_path: Path) -> None:
    def found(data: bytes, slice_: str = "") -> tuple[str, str | None, str | None]:
        path = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        path.write_bytes(data)
        corpus = find_corpus(f"{path}{slice_}")
        return corpus.name, corpus.recognised, corpus.note

    assert found(DATA) == ("one", "one", None)
    assert found(DATA[:4000]) == ("one", "one:0:4000", None)
    assert found(DATA[:4500], ":50:4000") == ("one", "one:50:4000", None)
    name, recognised, note = found(DATA[:4500])
    assert (name[:4], recognised) == ("copy", None)
    assert note == "the first 4,000 bytes are proven to be those of one; bytes 4,000 to 4,500 are not"
    assert found(DATA + b"more", ":0:10240") == ("one", "one", None)
    changed = bytearray(DATA)
    changed[2000] ^= 1
    assert found(bytes(changed))[2] == "the first 1,000 bytes are proven to be those of one; bytes 1,000 to 10,240 are not"
    assert found(b"?" + DATA[1:])[1:] == (None, None)
    assert found(b"aaaaa") == ("two-a", "two/a", None)
    assert found(b"aaaab")[1:] == (None, None)


def test_known_corpora_are_found_where_they_were_fetched(empty_cache: Path, small_registry: dict[str, KnownCorpus]) -> None:
    for name, data in {"one/one": DATA, "two/a": b"aaaaa", "two/z": b"zzzzz"}.items():
        (empty_cache / name).parent.mkdir(parents=True, exist_ok=True)
        (empty_cache / name).write_bytes(data)
    assert (find_corpus("one:1k:2k").recognised, find_corpus("one").recognised) == ("one:1000:2000", "one")
    both = find_corpus("two")
    assert ([part.name for part in both.files], both.recognised) == (["z", "a"], "two")  # the registry's order
    folder = find_corpus(str(empty_cache / "two"))
    assert (folder.sha256(), folder.recognised, folder.source) == (both.sha256(), "two", "two")
    assert find_corpus("two/a:0:2").recognised == "two/a:0:2"
    assert find_corpus("two", limit=3).recognised is None
    (empty_cache / "one/one").write_bytes(DATA[1:])
    with pytest.raises(CorpusError, match=r"10,239 bytes, not 10,240; run: mdlbench corpus fetch one --force"):
        find_corpus("one")


def test_to_json_has_the_fields_of_a_leaderboard_row(file: Path) -> None:
    corpus = find_corpus(f"{file}:0:100")
    digest = hashlib.sha256(DATA[:100]).hexdigest()
    assert corpus.to_json() == {
        "name": "some-data.bin",
        "start": 0,
        "end": 100,
        "bytes": 100,
        "sha256": digest,
        "source": "some data.bin",
        "files": [{"name": "some data.bin", "bytes": 100, "sha256": digest}],
        "recognised": None,
        "cut": "first 100 bytes",
        "note": None,
    }


@pytest.mark.parametrize(
    ("text", "name"), [("../..", "corpus"), (".x", "x"), ("a/b c", "a-b-c"), ("é" * 300, "é" * 60), ("x" * 99, "x" * 60)]
)
def test_names_are_fit_for_folders(text: str, name: str) -> None:
    assert slug(text) == name


def test_registry_is_consistent() -> None:
    assert list(registry())[:2] == ["enwik8", "enwik9"]
    totals = {
        "enwik8": 10**8,
        "enwik9": 10**9,
        "text8": 10**8,
        "canterbury": 2_810_784,
        "silesia": 211_938_580,
        "calgary": 3_141_622,
    }
    for name, known in registry().items():
        assert known.size == totals.get(name, known.size)
        assert slug(name) == name
        lengths = {"sha256": 64, "sha1": 40, "md5": 32}
        for file in known.files:
            assert all(len(bytes.fromhex(digest)) * 2 == lengths[key] for key, digest in file.digests)
            assert [length for length, _ in file.prefixes] == sorted({length for length, _ in file.prefixes})


def test_real_prefix_of_enwik8(shared_data: Path) -> None:
    path = shared_data / "enwik8.first4000000"
    data = path.read_bytes()
    prefixes = dict(known_corpus("enwik8").files[0].prefixes)
    assert {length: hashlib.sha256(data[:length]).hexdigest() for length in prefixes} == prefixes
    corpus = find_corpus(str(path))
    assert (corpus.name, corpus.recognised) == ("enwik8", "enwik8:0:4000000")
    assert corpus.sha256() == "9f9ca3a41e2b87a0268d00380577e2c308e07959b22a94c8d7b1e8901bdefc37"


def test_real_canterbury_files(shared_data: Path, tmp_path: Path) -> None:
    """The published files are recognised; with other line ends in one of them, the folder is no known corpus."""
    corpus = find_corpus(str(shared_data / "canterbury"))
    assert (corpus.name, corpus.recognised, len(corpus.files), corpus.size) == ("canterbury", "canterbury", 11, 2_810_784)
    for part in corpus.files:
        data = part.path.read_bytes()
        (tmp_path / part.name).write_bytes(data.replace(b"\r\n", b"\n") if part.name == "alice29.txt" else data)
    assert find_corpus(str(tmp_path)).recognised is None
    folder = tmp_path.rename(tmp_path.with_name("canterbury"))
    assert find_corpus(str(folder)).name == find_corpus(str(folder), 1000).name == "unproven-canterbury"


@pytest.mark.usefixtures("small_registry")
@pytest.mark.parametrize("name", ["one", "ONE", "two", "two-a"])
def test_the_name_of_a_known_corpus_is_kept_for_proven_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"something else")
    corpus = find_corpus(f"{tmp_path}/{name}")
    assert (corpus.name, corpus.recognised) == (f"unproven-{name}", None)
    (tmp_path / "f" / name).mkdir(parents=True)
    (tmp_path / "f" / name / "x").write_bytes(b"x")
    assert find_corpus(f"{tmp_path}/f/{name}").name == f"unproven-{name}"


@pytest.mark.usefixtures("small_registry")
def test_a_cut_of_a_known_corpus_says_what_of_it(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(DATA[:4000])
    assert find_corpus(f"{tmp_path}/copy").cut == "first 4,000 bytes"
    assert find_corpus(f"{tmp_path}/copy:10:20").cut == "bytes 10 to 20"
    (tmp_path / "copy").write_bytes(DATA)
    assert find_corpus(f"{tmp_path}/copy").cut is None


def test_fetched_files_that_were_edited_are_not_the_corpus(empty_cache: Path, small_registry: dict[str, KnownCorpus]) -> None:
    for name, data in {"two/a": b"aaaaa", "two/z": b"zzzz?"}.items():
        (empty_cache / name).parent.mkdir(parents=True, exist_ok=True)
        (empty_cache / name).write_bytes(data)
    assert (find_corpus("two").name, find_corpus("two").recognised) == ("unproven-two", None)
