"""Exhibits as text: the same figures in each form, escaped for where they go."""

import csv
import io

import pytest

from mdlbench.report import terminal
from mdlbench.result.exhibits import Measure, Note, Row, Table, Text
from tests.report import sample


def test_a_table_has_ranks_units_and_notes() -> None:
    text = terminal.render([sample.table()])
    lines = text.splitlines()
    assert lines[0] == "The leaderboard"
    assert lines[2].split("  ")[-1] == "notes"
    assert lines[4].split() == ["1", "cm", "500,000", "1.7000", "300", "kB/s"]
    assert lines[5].split()[-1] == "baseline"
    assert lines[-2].split() == ["nncp", "123,456", "1.1000", "–"]
    assert lines[-1] == "  * speeds of two machines"


def test_a_section_leaves_pictures_out_and_opens_folders() -> None:
    text = terminal.render_section(sample.section())
    assert text.startswith("enwik8, first 4,000,000 bytes\n9 rows\n\nThe leaderboard")
    for part in ("A note.", "mess3", "A sentence.", "1.2500 [1.0000, 1.5000]"):
        assert part in text, part
    assert "Emergence" not in text


def test_what_comes_from_a_file_does_not_move_the_cursor() -> None:
    for form in terminal.FORMS:
        text = terminal.render_section(sample.section(hostile=sample.HOSTILE), form)
        assert not [c for c in text if not c.isprintable() and c != "\n"], form


def test_markdown_is_escaped() -> None:
    hostile = Table("*t*", (Measure("model"),), (Row(("a|b*<img src=x>[x](y)",)),))
    text = terminal.render([hostile], "markdown")
    assert text.splitlines() == [r"**\*t\***", "", "| model |", "| --- |", r"| a\|b\*&lt;img src=x&gt;\[x\](y) |"]


def test_csv_has_figures_in_full_and_no_formulas() -> None:
    table = Table("t", (Measure("model"), Measure("rate", form="fixed", digits=1)), (Row(("=1+1", 1.23456)), Row(("b", None))))
    assert list(csv.reader(io.StringIO(terminal.render([table], "csv")))) == [
        ["model", "rate"],
        ["'=1+1", "1.23456"],
        ["b", ""],
    ]


def test_an_empty_table_has_its_heads() -> None:
    assert terminal.render([Table("none", (Measure("model"),), ())]).splitlines()[2].strip() == "model"


@pytest.mark.parametrize("form", terminal.FORMS)
def test_nothing_that_is_shown_moves_the_cursor(form: str) -> None:
    """Names in cells, headings, titles and notes."""
    name = "\x1b[2Jgone\r\x07\x9b\u202e"
    table = Table.of(name, [Measure(name, name)], [(name,)], notes=(name,))
    for shown in (terminal.render([table, Text(name), Note(name)], form), terminal.marked_down(name)):
        assert shown.replace("\n", "").isprintable()


def test_a_wide_table_goes_on_below_beside_its_names() -> None:
    """Every column once, none beyond 80, and notes broken there too."""
    columns = (Measure("model"), *(Measure(f"a figure, number {n}", form="count") for n in range(9)))
    rows = tuple(Row((name, *(1000 * n for n in range(9))), tags=(("baseline", ""),)) for name in ("cm", "external:xz"))
    text = terminal.render([Table("wide", columns, rows, notes=("a note that goes on, " * 9,), ranked=True)])
    assert max(map(len, text.splitlines())) <= 80
    heads = [line for line in text.splitlines() if "model" in line]
    assert len(heads) > 1
    assert [sum(column.name in head for head in heads) for column in columns[1:]] == [1] * 9
    assert all(line.split()[:2] == ["1", "cm"] for line in text.splitlines() if " cm " in line)
    narrow = terminal.render([Table("narrow", columns[:3], tuple(Row(row.cells[:3]) for row in rows))])
    assert narrow.count("external:xz") == 1


def test_a_last_column_of_sentences_stays_beside_its_figures() -> None:
    columns = (Measure("quantity"), Measure("value", form="fixed"), Measure("how"))
    text = terminal.render([Table.of("", columns, [("excess entropy E", 0.9183, "exact: " + "linear algebra, " * 6)])])
    assert len(text.splitlines()) == 3
