"""What a file must be to become a result, and that one bad file hides no other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from mdlbench.errors import ResultError, UsageError
from mdlbench.result import Figures, Found, Result, collect, read, result_kind
from mdlbench.result.exhibits import Measure, Section, mean, sections, shows
from mdlbench.result.record import kind_of


@dataclass(frozen=True)
class Inner:
    bits: float
    note: str | None = None


@result_kind("test-sample", schema=2, upgrades={1: lambda values: {**values, "side": "left"}})
@dataclass(frozen=True)
class Sample:
    count: int
    rate: float | None
    inner: Inner
    curve: tuple[float, ...]
    pair: tuple[str, int]
    by_name: Mapping[str, Inner]
    side: Literal["left", "right"]
    flag: bool = False
    anything: Any = None
    parts: tuple[Inner, ...] = field(default=())


GOOD = Sample(3, 1.5, Inner(2.0), (1.0, 2.5), ("a", 1), {"x": Inner(1.0, "n")}, "right", True, [1, {"a": None}], (Inner(4.0),))


def document(**changes: Any) -> dict[str, Any]:
    return {**json.loads(Result(GOOD, {}).to_json()), **changes}


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = Result(GOOD, {"time": "2026-01-01T00:00:00Z"}).write(tmp_path)
    found = read(path)
    assert found.payload == GOOD
    assert (found.result.kind, found.result.time) == ("test-sample", "2026-01-01T00:00:00Z")
    assert path.name == "test-sample-20260101T000000Z.json"


def test_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    old = document(schema="mdlbench.test-sample/1")
    del old["side"]
    assert read(write(tmp_path, "old.json", old)).payload.side == "left"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "mdlbench.test-sample/3"}, r"was written by a later version \(this one reads up to 2\); update mdlbench"),
        ({"schema": "mdlbench.test-sample/x"}, "is not mdlbench.KIND/NUMBER; write the file again"),
        ({"schema": "mdlbench.test-sample/²"}, "is not mdlbench.KIND/NUMBER"),
        ({"schema": 7}, "schema 7 is none of"),
        ({"count": 1.5}, "field count is 1.5, must be a whole number; run it again or remove the file"),
        ({"count": True}, "field count is true, must be a whole number"),
        ({"count": 10**400}, "field count is 1000"),
        ({"rate": "fast"}, 'field rate is "fast", must be a finite number'),
        ({"rate": 10**309}, "field rate is 1000"),
        ({"inner": {"bits": None}}, "field inner.bits is null, must be a finite number"),
        ({"inner": []}, r"field inner is \[\], must be an object"),
        ({"curve": [1, "x"]}, r"field curve\[1\] is \"x\", must be a finite number"),
        ({"curve": 3}, "field curve is 3, must be a list"),
        ({"pair": ["a"]}, r"field pair is \[\"a\"\], must be a list of 2"),
        ({"by_name": {"x": 1}}, "field by_name.x is 1, must be an object"),
        ({"side": "up"}, 'field side is "up", must be one of left, right'),
        ({"flag": 1}, "field flag is 1, must be true or false"),
        ({"unheard": 1}, "field unheard is unknown; update mdlbench, or remove the field"),
        ({"provenance": "yesterday"}, 'field provenance is "yesterday", must be an object'),
    ],
)
def test_a_wrong_field_is_one_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = write(tmp_path, "x.json", document(**changes))
    with pytest.raises(ResultError, match=message) as raised:
        read(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_a_missing_field_is_one_line(tmp_path: Path) -> None:
    short = document()
    del short["inner"]
    with pytest.raises(ResultError, match="field inner is missing; run it again or remove the file"):
        read(write(tmp_path, "x.json", short))


@pytest.mark.parametrize(
    "content",
    ["{", "", "[" * 100_000, '{"a": NaN}', '{"a": 1e999}', '{"a": 1, "a": 2}', '{"a": -Infinity}', "\ufeff{}", '"\\ud800'],
)
def test_what_is_not_json_is_one_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(ResultError, match=r"x\.json: not JSON \(") as raised:
        read(write(tmp_path, "x.json", content))
    assert "\n" not in str(raised.value)


def test_one_bad_file_hides_no_other(tmp_path: Path) -> None:
    write(tmp_path, "a.json", document())
    write(tmp_path, "b.json", document(count="x"))
    write(tmp_path, "c.json", "{")
    write(tmp_path, "d.json", [])
    write(tmp_path, "e.json", {"schema": "mdlbench.unheard/1"})
    (tmp_path / "e.json").with_name("f.txt").write_text("not looked at")
    found = collect([tmp_path])
    assert [Path(one.path).name for one in found.found] == ["a.json"]
    assert [Path(path).name for path, _ in found.refused] == ["b.json", "c.json"]
    assert found.others == {"other": 1, "unheard": 1}
    with pytest.raises(UsageError, match="no such file or folder"):
        collect([tmp_path / "nowhere"])


def test_figures_without_a_type_are_written_and_counted(tmp_path: Path) -> None:
    Result(Figures("benchmark-x", {"rows": [1]}), {"time": "2026-01-01T00:00:00Z"}).write(tmp_path)
    assert collect([tmp_path]).others == {"benchmark-x": 1}


def test_nothing_that_is_no_number_is_written() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        Result(Figures("benchmark-x", {"rate": float("nan")}), {}).to_json()


def test_a_new_kind_needs_a_payload_and_a_function() -> None:
    @shows(Sample)
    def section(results: Any) -> Section:
        return Section("Samples", f"{len(results)} of them", (), rank=1)

    assert [one.summary for one in sections([*map(found_of, (GOOD, GOOD))])] == ["2 of them"]


def found_of(payload: Any) -> Any:
    from mdlbench.result import Found

    return Found("here", Result(payload, {}))


def test_a_mean_is_known_where_all_are() -> None:
    assert mean([1.0, 2.0]) == 1.5
    assert mean([1.0, None]) is None
    assert mean([]) is None
    assert mean([1.0, float("nan")]) is None


def test_figures_are_written_the_same_everywhere() -> None:
    assert Measure("a", form="bytes").text(1.5e6) == "1.5 MB"
    assert Measure("a", form="rate").text(335_000) == "335 kB/s"
    assert Measure("a", form="digits", digits=3).text(-0.000123456) == "−0.000123"
    assert Measure("a", form="count").text(None) == "–"
    assert Measure("a", form="fixed").text(float("nan")) == "–"
    assert Measure("rate", "bits").heading == "rate, bits"


@pytest.mark.parametrize(
    ("recorded", "field"),
    [
        ("text", "provenance"),
        ("", "provenance"),
        ([], "provenance"),
        ({"time": 5}, "provenance.time"),
        ({"cores": "many"}, "provenance.cores"),
        ({"cores": 10**309}, "provenance.cores"),
        ({"packages": {"numpy": 2}}, "provenance.packages.numpy"),
        ({"command": "mdlbench"}, "provenance.command"),
    ],
)
def test_provenance_has_its_types(tmp_path: Path, recorded: object, field: str) -> None:
    with pytest.raises(ResultError, match=rf"field {field}(\[.*\])? is .*, must be"):
        read(write(tmp_path, "x.json", document(provenance=recorded)))


def test_an_upgrade_that_stumbles_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kind_of(GOOD).upgrades, 1, lambda values: {"rate": values["none"]})  # type: ignore[arg-type]
    with pytest.raises(ResultError, match=r"x.json: cannot be read as a file of schema 1 \(KeyError: 'none'\)"):
        read(write(tmp_path, "x.json", {"schema": "mdlbench.test-sample/1"}))


def test_results_that_contradict_themselves_hide_no_others(tmp_path: Path) -> None:
    """Each alone is of the right types, but no section can be made of it."""

    @result_kind("test-contradiction")
    @dataclass(frozen=True)
    class Named:
        parts: Mapping[str, int]
        name: str

    @shows(Named)
    def section(results: Sequence[Found[Named]]) -> Section:
        return Section("t", " ".join(str(found.payload.parts[found.payload.name]) for found in results), ())

    for name, parts in (("a", {"a": 1}), ("b", {"a": 2}), ("c", {"c": 3})):
        Result(Named(parts, name), {"time": "2026-01-01T00:00:00Z"}).write(tmp_path / name)
    found, refused = collect([tmp_path]).found, list[tuple[str, str]]()
    with pytest.raises(KeyError):
        sections(found)
    assert [made.summary for made in sections(found, refused)] == ["1 3"]
    assert [Path(path).parent.name for path, _ in refused] == ["b"]
    assert "its figures do not fit together (KeyError: 'b')" in refused[0][1]
