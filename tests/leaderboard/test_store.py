"""Rows on disk: names, whole files, what is left out; the index says what the files say, whatever happens to it."""

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mdlbench.errors import ResultError, UsageError
from mdlbench.leaderboard import Row, load_rows, read_row
from mdlbench.leaderboard.derived import figures
from mdlbench.leaderboard.index import index_path, load_index
from mdlbench.leaderboard.store import row_files, slug, write_row
from mdlbench.result import Found, collect
from tests.leaderboard.made import changed, document_of, put, written

Measured = tuple[Path, dict[str, Found[Row]]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("text", ["hf:../x", "hf:a/b", "..", "/etc/passwd", "a b", "=1+1", "x" * 500, "hf:é", ".hidden", "-"])
def test_slugs_are_plain_names(text: str) -> None:
    name = slug(text)
    assert name == Path(name).name
    assert not name.startswith((".", "-x"))
    assert name.isascii()
    assert len(name) < 100


def test_slugs_of_different_specs_differ() -> None:
    specs = ["hf:a/b", "hf:a-b", "hf:a b", "hf:./a", "hf:../a", "cm", "cm,level=9"]
    assert len({slug(spec) for spec in specs}) == len(specs)
    assert slug("cm,level=9") == "cm,level=9"


def test_rows_of_one_second_do_not_replace_each_other(measured: Measured, tmp_path: Path) -> None:
    values = measured[1]["uniform"].payload
    rows = [write_row(tmp_path, values) for _ in range(3)]
    assert len({row.path for row in rows}) == 3
    assert len(load_rows(tmp_path).rows) == 3
    assert all(row == read_row(row.path) for row in rows)
    assert not [path for path in Path(rows[0].path).parent.iterdir() if path.name.startswith(".")]


def test_a_row_cut_off_leaves_nothing(measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = measured[1]["uniform"].payload

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_row(tmp_path, values)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_lists_of_numbers_take_a_line_each(measured: Measured) -> None:
    row = measured[1]["uniform"]
    lines = Path(row.path).read_text().splitlines()
    assert sum(str(document_of(row)["units"]["ideal_bits"])[1:-1] in line for line in lines) == 1


def test_what_is_no_row_is_named_and_the_others_read(measured: Measured, tmp_path: Path) -> None:
    good = written(tmp_path, document_of(measured[1]["uniform"]))
    bad = good.with_name("bad.json")
    bad.write_text("{")
    found = load_rows(tmp_path)
    assert [row.path for row in found.rows] == [str(good)]
    assert [path for path, _ in found.refused] == [str(bad)]
    with pytest.raises(ResultError, match="not JSON"):
        read_row(bad)
    with pytest.raises(UsageError, match="no such folder"):
        load_rows(tmp_path / "nowhere")


def test_only_files_are_opened(measured: Measured, tmp_path: Path) -> None:
    good = written(tmp_path, document_of(measured[1]["uniform"]))
    os.mkfifo(good.with_name("pipe.json"))  # reading it would wait for ever
    good.with_name("link.json").symlink_to("nowhere")
    good.with_name("folder.json").mkdir()
    assert [entry.path for entry in row_files(tmp_path)] == [str(good)]
    assert [row.path for row in load_index(tmp_path).rows] == [str(good)]


def test_names_that_are_not_utf8_are_shown_escaped(measured: Measured, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    good = written(folder, changed(document_of(measured[1]["uniform"]), corpus__source="\udcff.txt"))
    stray = good.with_name(os.fsdecode(b"\xff.json"))
    stray.write_bytes(good.read_bytes())
    for cached in (True, False):
        found = load_index(folder, cached=cached)
        assert [row.payload.corpus.source for row in found.rows] == [r"\udcff.txt"]
        assert found.refused == ((str(stray.relative_to(folder)), "the file's name is not UTF-8; rename it"),)


def test_the_index_follows_the_files(measured: Measured, tmp_path: Path) -> None:
    document, folder = document_of(measured[1]["uniform"]), tmp_path / "results"
    first = written(folder, document)
    written(folder, document_of(measured[1]["cm,level=1"]))
    assert load_index(folder) == load_index(folder, cached=False)
    assert index_path(folder).exists()
    assert [row.payload.model.spec for row in load_index(folder).rows] == ["cm,level=1", "uniform"]
    written(folder, changed(document, contamination="edited"))
    (first.parent / "bad.json").write_text("[]")
    again = load_index(folder)
    assert again == load_index(folder, cached=False)
    assert [row.payload.contamination for row in again.rows] == [None, "edited"]
    assert [path for path, _ in again.refused] == ["words.txt/uniform/bad.json"]
    first.unlink()
    (first.parent / "bad.json").unlink()
    assert [row.payload.model.spec for row in load_index(folder).rows] == ["cm,level=1"]
    assert load_index(str(folder) + "/") == load_index(folder)


def test_unchanged_files_are_not_read_again(measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "results"
    written(folder, document_of(measured[1]["uniform"]))
    known = load_index(folder)

    def unwanted(path: str) -> None:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr("mdlbench.leaderboard.index.read_row", unwanted)
    assert load_index(folder) == known


def test_a_damaged_index_is_made_anew(measured: Measured, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    written(folder, document_of(measured[1]["uniform"]))
    known = load_index(folder)
    index_path(folder).write_bytes(b"not a database" * 1000)
    assert load_index(folder) == known
    with sqlite3.connect(index_path(folder)) as database:
        database.execute("drop table row")
        database.execute("create table row (something)")
    assert load_index(folder) == known


def of_other_types(path: Path) -> None:
    """The same columns, but they hold anything."""
    with sqlite3.connect(path) as database:
        ((sql,),) = database.execute("select sql from sqlite_master where name = 'row'")
        database.execute("create table kept as select * from row")
        database.execute("drop table row")
        database.execute(sql.replace(" strict", ""))
        database.execute("insert into row select * from kept")
        database.execute("drop table kept")
        database.execute("update row set container_bytes = 'many', model_spec = x'ff', bits_per_byte = 'few'")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def in_the_way(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.unlink()
        make(path)

    return put


@pytest.mark.skipif(os.name != "posix", reason="pipes and links as POSIX has them")
@pytest.mark.parametrize(
    "spoil",
    [
        of_other_types,
        emptied,
        cut,
        in_the_way(os.mkfifo),
        in_the_way(Path.mkdir),
        in_the_way(lambda path: path.symlink_to(path)),
        in_the_way(lambda path: path.symlink_to("/dev/zero")),
    ],
)
def test_whatever_stands_for_the_index_the_rows_are_those_of_the_files(
    spoil: Callable[[Path], None], measured: Measured, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    written(folder, document_of(measured[1]["uniform"]))
    known = load_index(folder)
    spoil(index_path(folder))
    assert load_index(folder) == known
    assert load_index(folder) == known


def test_a_locked_index_is_done_without(measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda path, timeout: connect(path, timeout=0))
    folder = tmp_path / "results"
    written(folder, document_of(measured[1]["uniform"]))
    known = load_index(folder)
    with closing(connect(index_path(folder))) as other:
        other.execute("begin exclusive")
        assert load_index(folder) == known


@pytest.mark.parametrize("edit", [{"container_bytes": "many"}, {"model__spec": None}, {"bits_per_byte": True}, {"jobs": []}])
def test_a_row_with_a_misshapen_figure_is_refused(edit: dict[str, object], measured: Measured, tmp_path: Path) -> None:
    document = json.loads(json.dumps(document_of(measured[1]["uniform"])))
    for name, value in edit.items():
        *way, last = name.split("__")
        (document[way[0]] if way else document)[last] = value
    path = tmp_path / "results" / "c" / "m" / "x.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(document))
    found = load_index(tmp_path / "results")
    assert found.rows == ()
    assert next(iter(edit)).replace("__", ".") in found.refused[0][1]


@pytest.mark.parametrize(
    ("way", "value", "message"),
    [
        (("decode_log", 0, "exit_code"), 7, r"decode_log\[0\]: .* was not decoded by a fresh process with exit code 0"),
        (("decode_log", 0, "output_sha256"), "0" * 64, r"decode_log\[0\]: what was decoded is not"),
        (("decode_log",), [], "1 archives and 0 decode logs of 1 files"),
        (("archives", 0, "sha256"), "", r"decode_log\[0\]: what was decoded is not"),
        (("seal",), "x", "seal is 'x', which is no SHA-256"),
        (("corpus", "end"), 0, "corpus.end is 0, but other figures make it"),
        (("input_bytes",), 0, "input_bytes is 0, but other figures make it"),
        (("bits_per_byte",), 1e308, r"bits_per_byte is 1e\+308, but"),
        (("decode", "bytes_per_second"), -5.0, "decode.bytes_per_second is -5, but"),
        (("adjusted", "total"), -1, "adjusted.total is -1, but"),
        (("ideal_bits",), -1.0, "ideal_bits is -1, must be at least 0"),
    ],
)
def test_a_row_that_contradicts_itself_is_not_ranked(
    way: tuple[str | int, ...], value: object, message: str, measured: Measured, tmp_path: Path
) -> None:
    document = document_of(measured[1]["cm,level=1"])
    written(tmp_path, document, "good")
    put(document, way, value)
    bad = written(tmp_path, document, "bad")
    index, collection = load_index(tmp_path), collect([tmp_path])
    assert len(index.rows) == len(collection.found) == 1
    for ((path, reason),) in (index.refused, collection.refused):
        assert bad.name in path
        assert re.search(message, reason)


def test_the_index_has_every_single_figure_of_a_row_and_nothing_else(measured: Measured) -> None:
    folder = measured[0].parent / "results"
    rows = {row.payload.model.spec: row for row in load_index(folder).rows}
    for spec, whole in measured[1].items():
        assert figures(rows[spec].payload) == figures(whole.payload)
        assert (rows[spec].path, rows[spec].result.time) == (whole.path, whole.result.time)
        assert (rows[spec].payload.archives, rows[spec].payload.units) == ((), None)
