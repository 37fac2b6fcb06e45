"""The page as a file: whole without a script, small, closed to the network, inert whatever rows hold."""

import html.parser
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mdlbench.cli.report import command
from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.report import collect, render, section, sections
from mdlbench.report.page import embedded
from mdlbench.report.published import published as published_figures
from mdlbench.report.rows import CURVE_POINTS, curve, row_of, slices
from mdlbench.units import bits_per_byte
from tests.report import rows


class Reader(html.parser.HTMLParser):
    """Start tags with their attributes, and the text of each table cell of the leaderboards."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.names: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "span" and dict(attrs).get("class") == "name"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.names.append(data)
        self._inside = False

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(*places: Path, extra: list[Any] | None = None) -> str:
    return render(sections([*collect(places), *(extra or [])]), title="report", subtitle="of a test")


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["leaderboard"]


def run(*arguments: object) -> Any:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=True)


def test_structure(tmp_path: Path) -> None:
    rows.make_rows(tmp_path)
    page = page_of(tmp_path)
    read = Reader(page)
    assert sorted(read.names) == sorted(m[0] for m in rows.MODELS)
    for tag in ("main", "header", "footer", "h1", "dialog", "nav"):
        assert len(read.all(tag)) == 1, tag
    assert len(read.all("caption")) == len(read.all("table")) == 2
    assert len(read.all("figure")) == 4
    identifiers = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for attributes in (a for _, a in read.tags if "aria-labelledby" in a):
        assert attributes["aria-labelledby"] in identifiers


def test_nothing_is_fetched(tmp_path: Path) -> None:
    rows.make_rows(tmp_path)
    page = page_of(tmp_path)
    read = Reader(page)
    assert not [a for _, a in read.tags if "src" in a or a.get("href", "#")[:1] != "#"]  # type: ignore[index]
    assert not {"link", "iframe", "object", "img"} & {tag for tag, _ in read.tags}
    assert set(re.findall(r"https?://[^\s\"'`)]+", page)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert "url(" not in page
    assert "@import" not in page
    policy = next(a["content"] for a in read.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_hostile_strings_are_inert(tmp_path: Path) -> None:
    row = rows.make_row((rows.HOSTILE, 2.0, 1e5, 1e5, 10, 10), 40_000, seed=1)
    for place in (
        "corpus.name",
        "corpus.recognised",
        "corpus.source",
        "model.version",
        "contamination",
        "provenance.processor",
    ):
        *way, last = place.split(".")
        target = row
        for key in way:
            target = target[key]
        target[last] = rows.HOSTILE + "\ud800"
    row["model"]["policies"] = [{rows.HOSTILE: rows.HOSTILE}]
    row["archives"][0]["name"] = rows.HOSTILE
    row["provenance"]["command"] = [rows.HOSTILE]
    rows.write(tmp_path, row)
    page = page_of(tmp_path)
    read = Reader(page)
    assert page.encode().decode() == page
    assert len(read.all("script")) == 2
    assert not read.all("img")
    assert "window.hacked=1</script>" not in page
    assert read.names == [rows.HOSTILE.replace("\u202e", r"\u202e").replace("\u2028", r"\u2028")]
    assert data_of(page)[0]["rows"][0]["spec"] == read.names[0]
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]


def test_embedded_json_round_trips() -> None:
    text = embedded([rows.HOSTILE, "</SCRIPT ", "<!--", "\ud800", 1.5, None])
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == [rows.HOSTILE, "</SCRIPT ", "<!--", "\ud800", 1.5, None]


def test_200_rows_of_4_mb_make_less_than_2_mb(tmp_path: Path) -> None:
    rows.make_rows(tmp_path, 200)
    page = page_of(tmp_path)
    assert len(page.encode()) < 2_000_000
    made = data_of(page)[0]
    assert len(made["rows"]) == 200
    assert max(len(row["curve"] or []) for row in made["rows"]) <= CURVE_POINTS
    assert f"at most {CURVE_POINTS} averages" in page


def test_a_thinned_curve_keeps_the_bits(tmp_path: Path) -> None:
    rows.make_rows(tmp_path, 2, size=3_000_001)
    row = row_of(collect([tmp_path])[0])
    found = curve(row)
    assert found is not None
    edges, values = found
    assert (edges[0], edges[-1], len(values)) == (0, 3_000_001, len(edges) - 1)
    bits = sum(v * (b - a) for v, a, b in zip(values, edges, edges[1:], strict=False))
    assert bits == pytest.approx(row.fields.number("ideal_bits"), rel=1e-4)
    unthinned = curve(row, points=10**6)
    assert unthinned is not None
    assert unthinned[1][0] == pytest.approx(bits_per_byte(row.fields.numbers("units.ideal_bits")[0], rows.UNIT), abs=1e-4)


def test_units_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = rows.make_rows(tmp_path, 1)[0]
    row = json.loads(path.read_text())
    row["units"]["ideal_bits"].pop()
    path.write_text(json.dumps(row))
    with pytest.raises(MdlbenchError, match="976 units of 4096 bytes do not make 4,000,000 bytes; run the row again"):
        page_of(tmp_path)


def test_other_bytes_and_imposed_blocks_are_never_ranked_together(tmp_path: Path) -> None:
    rows.make_rows(tmp_path, 6)
    rows.make_rows(tmp_path, 3, size=1_000_000)
    rows.make_rows(tmp_path, 2, block_size={"used": 65536, "default": 2**20}, policy_hash="ab" * 8)
    parts = slices(collect([tmp_path]))
    assert [(len(p.measured), p.title) for p in parts] == [
        (6, "enwik8, bytes 0 to 4,000,000"),
        (3, "enwik8, bytes 0 to 1,000,000"),
        (2, "enwik8, bytes 0 to 4,000,000, in blocks of 65,536 bytes"),
    ]


def test_rows_of_another_policy_are_marked(tmp_path: Path) -> None:
    rows.make_rows(tmp_path, 5)
    odd = rows.make_row(("ngram,order=2", 2.5, 1e6, 1e6, 100, 0), 4_000_000, seed=9) | {"policy_hash": "cd" * 8}
    odd["model"]["policies"] = [{"block_size": 77}]
    rows.write(tmp_path, odd)
    page = page_of(tmp_path)
    assert len(re.findall(r">policy B</span>", page)) == 1
    assert "policy A</span>" not in page
    assert "<dt>B</dt><dd>block_size 77</dd>" in page


def test_newest_run_of_a_setting_is_shown(tmp_path: Path) -> None:
    for hour, rate in ((3, 2.0), (5, 2.1), (4, 2.2)):
        row = rows.make_row(("cm", rate, 1e5, 1e5, 10, 0), 40_960, seed=0)
        row["provenance"]["time"] = f"2026-01-01T0{hour}:00:00Z"
        rows.write(tmp_path, row)
    (part,) = slices(collect([tmp_path]))
    assert (len(part.measured), part.older) == (1, 2)
    assert part.measured[0].time == "2026-01-01T05:00:00Z"


def test_published_rows_stand_apart_and_are_not_ranked(tmp_path: Path) -> None:
    rows.make_rows(tmp_path, 3)
    rows.write(tmp_path, rows.published("nncp v3.2", 0.9, 4_000_000))
    (part,) = slices(collect([tmp_path]))
    assert [row.spec for row in part.published] == ["nncp v3.2"]
    page = page_of(tmp_path)
    assert re.search(r'<tbody class="published">.*Published by others.*<td class="number rank">–</td>', page, re.DOTALL)
    whole = page_of(tmp_path, extra=published_figures())
    assert "enwik9, 1,000,000,000 bytes" in whole
    assert whole.count('class="divider"') == 3


def test_sections_are_found_by_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(section.MODULES, "probe-*", "somewhere")
    assert section.module_of("probe-anisotropy") == "somewhere"
    assert section.module_of("leaderboard-row") == "mdlbench.report.leaderboard"
    assert section.module_of("eval") is None


def test_command_gives_a_page_in_a_folder_a_name_that_browsers_know(tmp_path: Path) -> None:
    rows.make_rows(tmp_path / "results", 1)
    (tmp_path / "pages").mkdir()
    assert run(tmp_path / "results", "-o", tmp_path / "pages").exit_code == 0
    assert [path.name for path in (tmp_path / "pages").iterdir()] == ["report.html"]


def test_command_writes_no_page_if_the_plots_have_no_place(tmp_path: Path) -> None:
    rows.make_rows(tmp_path / "results", 1)
    (tmp_path / "file").write_text("kept")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        refused = run(tmp_path / "results", "-o", tmp_path / "page.html", "--plots", folder)
        assert isinstance(refused.exception, UsageError)
        assert "file is no folder; name another folder with --plots" in str(refused.exception)
    assert not (tmp_path / "page.html").exists()


def test_command_writes_whole_pages_and_refuses_to_overwrite(tmp_path: Path) -> None:
    rows.make_rows(tmp_path / "results", 3)
    (tmp_path / "results" / "size.json").write_text('{"schema": "mdlbench.size_speed/1", "rows": []}')
    (tmp_path / "results" / "list.json").write_text("[]")
    target = tmp_path / "report.html"
    first = run(tmp_path / "results", "-o", target)
    assert first.exit_code == 0, first.output
    assert "3 rows measured" in first.output
    assert "2 other JSON files left out: other 1, size_speed 1." in first.output
    assert "2 other JSON files left out: other 1, size_speed 1." in target.read_text()
    again = run(tmp_path / "results", "-o", target)
    assert isinstance(again.exception, UsageError)
    assert "exists; overwrite it with -f" in str(again.exception)
    told = json.loads(run(tmp_path / "results", "-o", target, "-f", "--json").output)
    assert (told["schema"], told["sections"]["leaderboard"]["rows"]) == ("mdlbench.report/1", 3)
    assert told["bytes"] == target.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "results"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no result that the report shows; `mdlbench leaderboard run"),
        ('{"schema": "mdlbench.eval/1"}', r"no result that the report shows \(1 of other kinds\)"),
        ("{", r"x\.json: not JSON"),
        (
            '{"schema": "mdlbench.leaderboard-row/1"}',
            r"x\.json: field bits_per_byte is missing, must be a number; run the row again",
        ),
        ('{"schema": "mdlbench.leaderboard-row/x"}', r"is not mdlbench\.KIND/NUMBER"),
        ('{"schema": "mdlbench.leaderboard-row/1", "bits_per_byte": NaN}', "bits_per_byte is NaN, must be a finite number"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_written(tmp_path: Path, content: str | None, message: str) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    if content is not None:
        (folder / "x.json").write_text(content)
    done = run(folder, "-o", tmp_path / "report.html")
    assert isinstance(done.exception, MdlbenchError)
    assert re.search(message, str(done.exception))
    assert "\n" not in str(done.exception)
    assert not (tmp_path / "report.html").exists()


def test_missing_folder(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere", "-o", tmp_path / "report.html")
    assert isinstance(done.exception, UsageError)
    assert "nowhere: no such file or folder" in str(done.exception)


def test_page_is_the_same_but_for_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda *_: "NOW")
    rows.make_rows(tmp_path / "results", 4)
    pages = []
    for name in ("a.html", "b.html"):
        assert run(tmp_path / "results", "-o", tmp_path / name).exit_code == 0
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]
