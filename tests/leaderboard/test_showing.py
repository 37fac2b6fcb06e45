"""Tables: what is ranked with what, in which order, and that nothing in a row's file can break out of any format."""

import csv
import html
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mdlbench.cli.leaderboard.show import FORMS
from mdlbench.errors import UsageError
from mdlbench.leaderboard import Query, Row, load_board, published_rows
from mdlbench.leaderboard.contamination import contamination_note
from mdlbench.result import Found
from mdlbench.text import visible
from tests.leaderboard.made import changed, document_of, written

Measured = tuple[Path, dict[str, Found[Row]]]
HOSTILE = "=cmd|' /C calc'!A0,<script>alert(1)</script>\x1b[2J|`*_"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))


def test_rows_are_ranked_by_what_is_asked(measured: Measured, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    seconds = {"uniform": 3.0, "external:gzip": 1.0, "cm,level=1": 2.0, "external:xz": 4.0}
    for spec, row in measured[1].items():
        written(folder, changed(document_of(row), encode__coding_seconds=[0.5], encode__wall_seconds=[seconds[spec]]))

    def order(sort: str) -> list[str]:
        (group,) = load_board(folder, Query(sort=sort)).groups
        return [row.payload.model.spec for row in group.rows]

    assert order("bpb") == order("size")
    assert order("bpb")[0] == "cm,level=1"
    assert order("bpb")[-1] == "uniform"
    assert order("speed") == sorted(seconds, key=lambda spec: seconds[spec])
    totals = {spec: document_of(row)["adjusted"]["total"] for spec, row in measured[1].items()}
    assert order("adjusted") == sorted(totals, key=lambda spec: totals[spec])
    with pytest.raises(UsageError, match="choose from bpb, size, speed, adjusted"):
        load_board(folder, Query(sort="beauty"))


def test_other_bytes_and_imposed_blocks_are_not_ranked_together(measured: Measured, tmp_path: Path) -> None:
    document = document_of(measured[1]["cm,level=1"])
    folder = tmp_path / "results"
    written(folder, document)
    policy = [{**document["model"]["policies"][0], "block_size": 2048}]
    written(folder, changed(document, block_size__used=2048, model__policies=policy), "imposed")
    end = 100 + document["corpus"]["bytes"]
    part = {"corpus__start": 100, "corpus__end": end, "corpus__cut": f"bytes 100 to {end}"}
    written(folder, changed(document, corpus__sha256="0" * 64, **part), "slice")
    groups = load_board(folder).groups
    assert [len(group.rows) for group in groups] == [1, 1, 1]
    titles = [group.title for group in groups]
    assert sum("in blocks of 2,048 bytes" in title for title in titles) == 1
    assert sum(f"bytes 100 to {end}" in title for title in titles) == 1
    assert len(load_board(folder, Query((f"words.txt:100:{end}",))).groups) == 1
    assert len(load_board(folder, Query(("000000",))).groups) == 1
    with pytest.raises(UsageError, match=r"has no rows of enwik8; it has words.txt:0:"):
        load_board(folder, Query(("enwik8",)))


def test_the_newest_row_of_a_cell_counts(measured: Measured, tmp_path: Path) -> None:
    document, folder = document_of(measured[1]["uniform"]), tmp_path / "results"
    for name, time in (("a", "2026-01-02T00:00:00Z"), ("b", "2026-01-03T00:00:00Z"), ("c", "2026-01-01T00:00:00Z")):
        written(folder, changed(document, provenance__time=time), name)
    written(folder, changed(document, jobs=4), "j")
    (group,) = load_board(folder).groups
    assert sorted((row.payload.jobs, Path(row.path).stem) for row in group.rows) == [(1, "b"), (4, "j")]
    assert any("more than one row" in note for note in group.notes)
    (group,) = load_board(folder, Query(every=True)).groups
    assert len(group.rows) == 4


def test_what_a_reader_must_know_is_said(measured: Measured, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    written(folder, changed(document_of(measured[1]["uniform"]), load_before=0.5, contamination="seen it"))
    written(
        folder,
        changed(
            document_of(measured[1]["cm,level=1"]), load_before=99.0, provenance__processor="abacus", device="cuda", jobs=2
        ),
    )
    (group,) = load_board(folder).groups
    text = "\n".join(group.notes)
    assert "different processors: " in text
    assert "abacus" in text
    assert "busy with something else: cm,level=1" in text
    assert "uniform: seen it" in text
    lines = FORMS["table"](load_board(folder)).splitlines()
    assert any("cm,level=1" in line and line.endswith("cuda, -j 2, busy") for line in lines)
    assert any("uniform" in line and line.endswith("contaminated?") for line in lines)


@pytest.fixture
def hostile(measured: Measured, tmp_path: Path) -> Path:
    document = changed(
        document_of(measured[1]["uniform"]), model__spec=HOSTILE, corpus__name="<b>&", contamination="\x1b]0;x\x07"
    )
    written(tmp_path / "results", document)
    return tmp_path / "results"


def test_nothing_moves_the_cursor(hostile: Path) -> None:
    text = FORMS["table"](load_board(hostile))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert r"\x1b[2J" in text


def test_markdown_cells_stay_cells(hostile: Path) -> None:
    table = [line for line in FORMS["markdown"](load_board(hostile)).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {12}
    assert "<script" not in "\n".join(table)


def test_spreadsheets_see_no_formula(hostile: Path) -> None:
    (line,) = csv.DictReader(io.StringIO(FORMS["csv"](load_board(hostile))))
    assert line["model_spec"] == "'" + visible(HOSTILE)
    assert not any(str(cell).startswith(("=", "+", "-", "@")) for cell in line.values())


def test_html_is_text_in_cells(hostile: Path) -> None:
    seen: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            seen.add(tag)

    page = FORMS["html"](load_board(hostile))
    Tags().feed(page)
    assert not {"b", "img"} & seen
    assert page.count("</script>") == 3  # the page's own: data, library, script
    assert html.escape("<script>alert(1)</script>") in page
    assert "src=" not in page


def test_json_holds_the_figures_themselves(measured: Measured) -> None:
    board = json.loads(FORMS["json"](load_board(measured[0].parent / "results", Query(published=True))))
    (group,) = board["groups"]
    rows = {row["model_spec"]: row for row in group["rows"]}
    for spec, row in measured[1].items():
        assert rows[spec]["container_bytes"] == document_of(row)["container_bytes"]
        assert rows[spec]["baseline"] is False
    assert [row["rank"] for row in group["rows"]] == [1, 2, 3, 4]
    assert all(row["published"] for row in board["published"])


def test_csv_has_measured_and_published_lines_apart(measured: Measured) -> None:
    text = FORMS["csv"](load_board(measured[0].parent / "results", Query(published=True)))
    lines = list(csv.DictReader(io.StringIO(text)))
    marks = {line["published"] for line in lines if line["table"].startswith("words.txt")}
    assert marks == {"False"}
    (cmix,) = [line for line in lines if line["model_spec"] == "cmix v21" and line["corpus_name"] == "enwik8"]
    assert (cmix["container_bytes"], cmix["published"], cmix["mark"], cmix["rank"]) == ("14623723", "True", "2nd", "")


def test_published_rows_stand_in_a_table_of_their_own(measured: Measured) -> None:
    folder = measured[0].parent / "results"
    assert "published" not in FORMS["table"](load_board(folder))
    measured_part, _, published_part = FORMS["table"](load_board(folder, Query(published=True))).partition(
        "published by others"
    )
    assert "cmix v21" not in measured_part
    assert re.search(r"cmix v21 +14,623,723 +1\.170", published_part)
    assert re.search(r"cmix v21 +.* 2nd", published_part)


def test_every_published_figure_is_that_of_the_reference(shared_data: Path) -> None:
    text = (shared_data.parent / "reference" / "published.md").read_text(encoding="utf8")
    rows = published_rows()
    sizes = {row.container_bytes for row in rows if row.container_bytes is not None}
    table = [line.split("|") for line in text.partition("## Language")[0].splitlines() if line.startswith("| ")]
    cells = [cell for line in table for cell in line[2:4] if "(" not in cell]
    expected = {int(found.replace(",", "")) for cell in cells for found in re.findall(r"\d[\d,]{7,}", cell)}
    assert len(expected) == 24
    assert sizes == expected
    second = {line[1].strip() for line in table if "2nd" in line[5]}
    assert {row.model for row in rows if row.mark == "2nd"} == second
    percentages = text.partition("raw % (adjusted %)")[2].partition("## ")[0]
    for row in rows:
        if row.container_bytes is None:
            assert re.search(rf"\b{re.escape(row.note.split(' %')[0])}\b", percentages), row
            assert row.mark == ("" if row.model == "Chinchilla 70B" else "unverified")


def test_known_training_data_is_said() -> None:
    assert "the Pile" in str(contamination_note("hf:EleutherAI/pythia-70m", "enwik8"))
    assert "leaves out Wikipedia" in str(contamination_note("hf:openai-community/gpt2", "enwik9"))
    assert "may include" in str(contamination_note("hf:Qwen/Qwen2.5-0.5B", "text8"))
    assert "Gutenberg" in str(contamination_note("hf:EleutherAI/gpt-neo-125m,dtype=float16", "canterbury"))
    assert "unknown" in str(contamination_note("hf:./mine", "enwik8"))
    assert "Gutenberg" in str(contamination_note("hf:EleutherAI/pythia-70m", "canterbury-alice29.txt"))
    assert contamination_note("hf:./mine", "my-diary.txt") is None
    assert contamination_note("hf:EleutherAI/pythia-70m", "my-diary.txt") is None
    assert contamination_note("external:xz", "enwik8") is None
