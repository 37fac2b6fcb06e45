"""What a page shows unfolded, whatever kinds of results there are: bounded, told in words, nothing of this machine in it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdlbench.leaderboard.published import published_results
from mdlbench.report import charts
from mdlbench.report.front import FINDINGS, LINES, chosen, for_others, layouts, shares
from mdlbench.report.html import Writer
from mdlbench.result import collect
from mdlbench.result.exhibits import (
    Axis,
    Chart,
    Exhibit,
    Finding,
    Folder,
    Measure,
    Panels,
    Part,
    Row,
    Section,
    Series,
    Simplex,
    Stages,
    Table,
    sections,
    walk,
)
from mdlbench.result.glossary import glossary, undefined
from mdlbench.result.origin import origin
from mdlbench.text import shareable
from tests.report import sample

RESULTS = Path(__file__).parents[2] / "results"
NUMBER = re.compile(r"−?\d[\d,.]*\d(?:e−\d+)?|\d(?:e−\d+)?")
NAME = Measure("name", definition="of the thing")


def table_of(rows: int, title: str = "") -> Table:
    return Table.of(title, (NAME, Measure("bits", form="count")), [(f"{title} {n}", n) for n in range(rows)])


def kind(number: int, rows: int, **more: Any) -> Section:
    title = f"Kind {number}"
    parts = tuple(Part(f"run {number}.{n}", (table_of(rows, f"{title} run {n}"), sample.bars())) for n in range(3))
    return Section(title, "of a test", parts, **more)


@pytest.fixture(scope="module")
def shown() -> list[Section]:
    return sections([*collect([RESULTS]).found, *published_results()])


def exhibits(section: Section) -> Iterator[Exhibit]:
    yield from section.front
    for part in section.parts:
        yield from walk(part.exhibits)


@pytest.mark.parametrize(("kinds", "rows"), [(1, 5), (3, 400), (12, 60), (45, 9), (200, 4)])
def test_tables_share_what_there_is(kinds: int, rows: int) -> None:
    found = layouts([kind(n, rows) for n in range(kinds)])
    printed = [one.printed for layout in found for one in layout.front]
    assert sum(printed) + 6 * len(printed) <= LINES
    assert kinds > 40 or len(printed) == kinds
    assert max(printed, default=0) - min(printed, default=0) <= 1
    assert kinds * rows > 100 or printed == [rows] * kinds


def test_what_is_given_is_never_more_than_there_is() -> None:
    assert shares([], 10) == []
    assert shares([3, 3], 0) == shares([3, 3], -4) == [0, 0]
    for wanted in ([1, 2, 3], [50, 1, 50], [7, 7, 7]):
        for total in range(120):
            given = shares(wanted, total)
            assert sum(given) <= total
            assert all(0 <= got <= want for got, want in zip(given, wanted, strict=True))


def test_a_kind_of_which_nothing_is_known_has_its_first_table_at_once_and_the_rest_folded() -> None:
    (layout,) = layouts([kind(1, 4)])
    (front,) = layout.front
    assert (front.heading, front.printed) == ("run 1.0: Kind 1 run 0", 4)
    folded = [one for part in layout.folded for one in walk(part.exhibits)]
    assert front.table not in folded
    assert len([one for one in folded if isinstance(one, Table)]) == 2
    writer = Writer()
    text = writer.section(layout, "s")
    at_once = re.sub("<details.*</details>", "", text, flags=re.DOTALL)
    assert (text.count("<table"), at_once.count("<table"), at_once.count('class="chart"')) == (3, 1, 0)
    (emptied,) = layouts([Section("Kind", "", (Part("run", (Folder("more", (table_of(3),)),)),))])
    assert emptied.folded == ()


def test_a_kind_may_have_several_tables_at_once_and_none_twice() -> None:
    tables = (table_of(3, "enwik8"), table_of(4, "canterbury"))
    sections = [Section("Board", "", (Part("", (*tables, sample.bars())),), tables), Section("Alone", "", (), tables[:1])]
    both, alone = layouts(sections)
    assert [(one.heading, one.printed) for one in both.front] == [("enwik8", 3), ("canterbury", 4)]
    assert [exhibit for part in both.folded for exhibit in part.exhibits] == [sample.bars()]
    assert len(alone.front) == 1
    assert alone.folded == ()
    (crowded,) = layouts([replace(sections[0], parts=(), front=tuple(table_of(9, f"corpus {n}") for n in range(99)))])
    assert crowded.front == ()
    assert len(crowded.folded[0].exhibits) == 99


def test_a_row_opens_its_part() -> None:
    section = replace(kind(2, 3), front=(Table.of("All", (NAME,), [("run 2.1",), ("another",)]),))
    text = Writer().section(layouts([section])[0], "s")
    assert '<a class="name" href="#s-1">run 2.1</a>' in text
    assert '<span class="name">another</span>' in text
    assert 'id="s-1"><summary>run 2.1</summary>' in text


def test_findings_are_of_different_kinds_and_first_those_held_against_something() -> None:
    def found(name: str, *against: str) -> Section:
        return Section(name, "", (), findings=tuple(Finding(f"{name}{n}", text) for n, text in enumerate(against)))

    kinds = [found("a", "", "null"), found("b", "null", "null"), found("c"), found("d", ""), found("e", "rival")]
    assert [one.claim for one in chosen(kinds)] == ["b0", "e0", "a0"]
    assert [one.claim for one in chosen(kinds[:2])] == ["b0", "a0", "a1"]
    assert Finding("x", "y").text == "x; y."
    assert Finding("x").text == "x."


def test_findings_say_what_the_tables_say(shown: list[Section]) -> None:
    """Every number of a finding stands in a table of its section, digit for digit, or is said of the section itself."""
    assert 0 < len({one.claim for one in chosen(shown)}) == len(chosen(shown)) <= FINDINGS
    for section in shown:
        assert section.findings, section.title
        tables = [one for one in exhibits(section) if isinstance(one, Table)]
        cells = [pair for one in tables for row in one.rows for pair in zip(one.columns, row.cells, strict=True)]
        said = [
            *(f"{column.text(cell)} {column.definition}" for column, cell in cells),
            section.summary,
            *(part.title for part in section.parts),
        ]
        known = set(NUMBER.findall(" ".join(said)))
        for finding in section.findings:
            assert len(NUMBER.findall(finding.text)) > 1
            assert set(NUMBER.findall(finding.text)) <= known, finding.text


def test_every_word_of_the_results_is_in_the_glossary(shown: list[Section]) -> None:
    """Whoever adds a column or an axis gives its Measure a definition."""
    assert undefined(shown) == []
    words = {name: term.definitions for term in glossary(shown) for name in term.names}
    for name in (
        "bits per byte",
        "ideal code length",
        "entropy rate h",
        "excess entropy E",
        "statistical complexity C",
        "belief",
    ):
        assert words[name], name
    names = [name for term in glossary(shown) for name in term.names]
    assert len(names) == len(set(names))


def test_a_word_without_a_definition_is_named() -> None:
    section = Section("Kind", "", (Part("", (Table.of("", (Measure("frobs", "glops"), NAME), []),)),))
    assert undefined([section]) == ["frobs", "glops"]
    assert undefined([replace(section, terms={"frobs": "what it is", "glops": "its unit"})]) == []


PRIVATE = (
    "hf:/tmp/w/hmm,context=64",
    "C:\\Users\\ada\\texts\\a.txt",
    "~/runs/x",
    "'/home/ada b/c d.txt'",
    "torch 2.13.0+cpu",
    "file:///srv/x",
)
PUBLIC = ("hf:hmm,context=64", "a.txt", "x", "'c d.txt'", "torch 2.13.0", "x")


@pytest.mark.parametrize(("private", "public"), list(zip(PRIVATE, PUBLIC, strict=True)))
def test_paths_and_local_versions_are_not_for_others(private: str, public: str) -> None:
    assert shareable(private) == public
    assert shareable(f"read {private}: no") == f"read {public}: no"
    section = sample.section(hostile=private)
    cleaned = for_others(section)
    assert private in repr(section).replace("\\\\", "\\")
    assert private not in repr(cleaned).replace("\\\\", "\\")
    assert for_others(cleaned) == cleaned


@pytest.mark.parametrize(
    "text", ["and/or", "1/2", "10 kB/s", "https://x.org/a/b", "a / b / c", "results/a.json", "p=0.5+even", "</b>"]
)
def test_what_only_looks_like_a_path_stays(text: str) -> None:
    assert shareable(text) == text


def test_provenance_is_one_table(shown: list[Section]) -> None:
    found = collect([RESULTS]).found
    table = origin(found)
    assert sum(row.cells[2] for row in table.rows if isinstance(row.cells[2], int)) == len(found)
    assert all(row.details is not None and dict(row.details.groups)["Files"] for row in table.rows)
    assert "/tmp/" not in repr(for_others(table))


def test_no_picture_is_shown_twice(shown: list[Section]) -> None:
    drawn = [one for section in shown for one in exhibits(section) if isinstance(one, Simplex)]
    places = [repr([list(place) for place in one.cloud.places]) for one in drawn]
    assert len(places) == len(set(places)) > 5


def test_an_empty_chart_is_said_in_words() -> None:
    axis = Axis(Measure("x", form="count"), "log")
    empty = Chart("Converges", axis, axis, (Series("exact at once", [1.0, 2.0], [None, 0.0]),))
    assert charts.is_empty(empty)
    assert not charts.is_empty(sample.pareto())
    writer = Writer()
    text = writer.exhibit(Panels("Two", (empty, sample.bars())))
    assert "Nothing to draw: exact at once." in text
    assert text.count('class="chart"') == len(writer.charts) == 1


def test_a_single_stage_has_no_slider() -> None:
    text = Writer().exhibit(Stages("Emergence", "checkpoint", (("64k tokens", sample.cloud(9)),)))
    assert "<input" not in text
    assert "<svg" in text


def test_the_principal_figure_follows_the_name() -> None:
    text = Writer().exhibit(sample.table())
    heads = re.findall(r"<th scope=\"col\"[^>]*>([^<]*)", text)
    assert heads == ["#", "model", "bits per byte", "bytes", "encode"]
    assert re.findall(r"</th><td[^>]*>([^<]*)", text)[0] == "1.7000"


def test_rows_that_are_not_printed_are_said_to_be() -> None:
    rows = tuple(Row((f"row {n}", n)) for n in range(900))
    (layout,) = layouts([Section("Many", "", (Part("", (Table("", (NAME, Measure("bits", form="count")), rows),)),))])
    text = Writer().section(layout, "s")
    assert 200 < layout.front[0].printed < 400
    assert f"Printed are the first {layout.front[0].printed} of 900 rows." in text
    assert text.count("<tr class=beyond>") == 900 - layout.front[0].printed
