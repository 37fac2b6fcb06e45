"""A new kind of result needs a payload and an exhibit, and nothing is edited elsewhere: reading and sections find both."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdlbench.cli import main
from mdlbench.errors import ResultError
from mdlbench.result import Result, collect, exhibits, read, record

ROOM = {
    "__init__.py": "",
    "result.py": """
from dataclasses import dataclass
from mdlbench.result import result_kind

@result_kind("tiny")
@dataclass(frozen=True)
class Tiny:
    name: str
    bits: float
""",
    "exhibits.py": """
from collections.abc import Sequence
from mdlbench.result import Found
from mdlbench.result.exhibits import Measure, Part, Section, Table, mean, shows
from tiny_room.result import Tiny

@shows(Tiny)
def section(results: Sequence[Found[Tiny]]) -> Section:
    rows = [(found.payload.name, found.payload.bits) for found in results]
    rows.append(("mean", mean(bits for _, bits in rows)))
    table = Table.of("Tiny", (Measure("name"), Measure("code length", "bits", "fixed", 1)), rows)
    return Section("Tiny", f"{len(results)} tiny", (Part("", (table,)),))
""",
}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with a room's two files; what it registers is forgotten afterwards."""
    folder = tmp_path / "tiny_room"
    folder.mkdir()
    for name, text in ROOM.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    record.known_kinds()  # every room of the package has registered its own
    monkeypatch.setattr(record, "_KINDS", dict(record._KINDS))
    monkeypatch.setattr(exhibits, "_SHOWN", dict(exhibits._SHOWN))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "tiny_room"]:
        del sys.modules[name]


@pytest.mark.usefixtures("room")
def test_two_files_make_a_kind(tmp_path: Path) -> None:
    tiny = importlib.import_module("tiny_room.result").Tiny
    for name, bits in (("a", 1.0), ("b", 2.5)):
        Result(tiny(name, bits)).write(tmp_path / "results")
    (tmp_path / "results" / "other.json").write_text('{"schema": "mdlbench.huge/1"}')
    collection = collect([tmp_path / "results"])
    assert collection.others == {"huge": 1}
    (section,) = exhibits.sections(collection.found)
    (table,) = section.parts[0].exhibits
    assert isinstance(table, exhibits.Table)
    shown = [[column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)] for row in table.rows]
    assert sorted(shown) == [["a", "1.0"], ["b", "2.5"], ["mean", "1.8"]]
    assert table.columns[1].heading == "code length, bits"


@pytest.mark.usefixtures("room")
def test_its_files_are_checked_as_all_are(tmp_path: Path) -> None:
    importlib.import_module("tiny_room.result")
    (tmp_path / "wrong.json").write_text('{"schema": "mdlbench.tiny/1", "name": "a", "bits": "1"}')
    (found,) = collect([tmp_path / "wrong.json"]).refused
    assert found[1].endswith('field bits is "1", must be a finite number; run it again or remove the file')
    (tmp_path / "later.json").write_text('{"schema": "mdlbench.tiny/2", "name": "a", "bits": 1}')
    with pytest.raises(ResultError, match="later version"):
        read(tmp_path / "later.json")


@pytest.mark.usefixtures("room")
def test_a_kind_without_an_exhibit_is_counted_as_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiny_room" / "exhibits.py").unlink()
    tiny = importlib.import_module("tiny_room.result").Tiny
    Result(tiny("a", 1.0)).write(tmp_path / "results")
    with pytest.raises(SystemExit, match="2"):
        main(["report", str(tmp_path / "results"), "-o", str(tmp_path / "page.html")])
    assert "no result that the report shows (1 of other kinds)" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_a_payload_of_a_module_in_no_room_is_not_shown() -> None:
    assert exhibits.shown_by(type("Alone", (), {"__module__": "__main__"})) is None


@pytest.mark.usefixtures("room")
def test_every_broken_file_is_named_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = importlib.import_module("tiny_room.result").Tiny
    results = tmp_path / "results"
    for name, text in {"a": "{", "b": '{"schema": "mdlbench.tiny/1"}', "c": '{"schema": "mdlbench.tiny/9"}'}.items():
        results.mkdir(exist_ok=True)
        (results / f"{name}.json").write_text(text)
    command = ["report", str(results), "-o", str(tmp_path / "page.html")]
    for shown in (False, True):
        with pytest.raises(SystemExit, match="1"):
            main(command)
        err = capsys.readouterr().err
        assert [err.count(f"left out: {results / name}.json: ") for name in "abc"] == [1, 1, 1]
        assert (tmp_path / "page.html").exists() == shown
        Result(tiny("a", 1.0)).write(results)
