"""What is shown of rows: one ranking for terminal and page, sums that come out, and pictures that say what the rows say."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mdlbench.corpora import find_corpus
from mdlbench.errors import ResultError
from mdlbench.leaderboard import Row, groups, load_board, published_rows
from mdlbench.leaderboard.exhibits import ranked_table, section
from mdlbench.leaderboard.pictures import (
    COLOURS,
    CURVE_POINTS,
    _front,
    _front_first,
    _points,
    chosen,
    curve,
    parts_of,
    pictures,
)
from mdlbench.leaderboard.published import published_results
from mdlbench.leaderboard.ranking import title
from mdlbench.result import Found, collect
from mdlbench.result.exhibits import Bars, Chart, Panels, Table, sections
from tests.leaderboard.made import changed, document_of, row_of, written

Measured = tuple[Path, dict[str, Found[Row]]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))


def long_row(measured: Measured, size: int, seed: int = 0) -> Found[Row]:
    """A row over `size` bytes whose units cost about two bits a byte."""
    drawn = random.Random(seed)
    bits = [round(min(4096, size - at) * drawn.uniform(1.5, 2.5), 3) for at in range(0, size, 4096)]
    document = document_of(measured[1]["cm,level=1"])
    archives = [{**document["archives"][0], "bytes": size}]
    units = {"unit_bytes": 4096, "ideal_bits": bits}
    return row_of(changed(document, units=units, ideal_bits=sum(bits), archives=archives))


def pictures_of(measured: Measured, *rows: Found[Row]) -> dict[str, Any]:
    (group,) = groups(rows or measured[1].values())
    return {picture.title: picture for picture in pictures(group)}  # type: ignore[union-attr]


def test_terminal_and_page_show_the_same_rows(measured: Measured, tmp_path: Path) -> None:
    """Of rows of one second the one with the larger number is newer, on the page as in the terminal."""
    document = document_of(measured[1]["uniform"])
    stamp, another = "20260101T000000Z", "20260101T000001Z"
    for name, jobs in ((stamp, 1), (f"{stamp}-2", 1), (f"{stamp}-10", 1), (another, 2)):
        written(tmp_path / "results", changed(document, jobs=jobs, load_before=float(len(name))), name)
    (listed,) = load_board(tmp_path / "results").groups
    (shown,) = groups(collect([tmp_path / "results"]).found)
    names = [Path(row.path).stem for row in listed.rows]
    assert sorted(names) == [f"{stamp}-10", another]
    assert names == [Path(row.path).stem for row in shown.rows]
    assert (shown.older, shown.title) == (2, listed.title)
    first, second = ranked_table(listed), ranked_table(shown, details=True)
    assert [row.cells for row in first.rows] == [row.cells for row in second.rows]


def test_a_section_has_a_part_for_each_corpus(measured: Measured) -> None:
    found = section([*measured[1].values(), *published_results()])
    assert found.counts == {"rows": 4, "published": len(published_rows()), "slices": 3, "older": 0}
    assert found.parts[0].title == "words.txt, 52,098 bytes"
    assert [part.facts for part in found.parts[1:]] == ["published figures only"] * 2
    (table,) = [one for one in found.parts[0].exhibits if isinstance(one, Table) and one.ranked]
    assert {row.facets["baseline"] for row in table.rows} == {"no"}
    details = table.rows[0].details
    assert details is not None
    assert dict(details.groups)["Model"][0] == ("Spec", "cm,level=1")
    (again,) = sections(list(measured[1].values()))
    assert again.title == "Leaderboard"


def test_published_figures_of_the_same_bytes_stand_below(measured: Measured) -> None:
    whole = {"corpus__name": "enwik8", "corpus__bytes": 10**8, "corpus__end": 10**8, "corpus__recognised": "enwik8"}
    row = row_of(changed(document_of(measured[1]["uniform"]), **whole))
    (group, other) = groups([row], published_rows())
    assert (group.title, len(group.rows), bool(group.published)) == ("enwik8, 100,000,000 bytes", 1, True)
    table = ranked_table(group)
    assert [line.published for line in table.rows] == [False] + [True] * len(group.published)
    assert not other.rows


def test_parts_of_a_container_sum_to_it(measured: Measured) -> None:
    for row in measured[1].values():
        assert sum(parts_of(row.payload).values()) == pytest.approx(row.payload.container_bytes)
    whole, overhead = pictures_of(measured)["Where the bytes went"].parts
    assert isinstance(whole, Bars)
    assert whole.order == overhead.order
    assert "ideal code length" not in {name for bar in overhead.bars for name, _ in bar.parts}


def test_a_thinned_curve_keeps_the_bits(measured: Measured) -> None:
    row = long_row(measured, 3_000_001).payload
    found = curve(row)
    assert found is not None
    edges, values = found
    assert (edges[0], edges[-1], len(values)) == (0, 3_000_001, len(edges) - 1)
    assert len(values) <= CURVE_POINTS
    bits = sum(v * (b - a) for v, (a, b) in zip(values, pairwise(edges), strict=True))
    assert bits == pytest.approx(row.ideal_bits, rel=1e-4)
    assert curve(measured[1]["external:gzip"].payload) is None


def test_units_that_do_not_fit_are_refused(measured: Measured) -> None:
    document = document_of(measured[1]["uniform"])
    document["units"]["ideal_bits"].pop()
    with pytest.raises(ResultError, match=r"uniform: 407 units of 128 bytes do not make 52,098 bytes; run the row again"):
        curve(row_of(document).payload)


def test_the_strip_names_who_needs_fewest_bits(measured: Measured) -> None:
    one, two = long_row(measured, 400_000, 1), long_row(measured, 400_000, 2)
    other = row_of(changed(document_of(two), model__spec="ngram", model__digest="0" * 16))
    chart = pictures_of(measured, one, other)["Along the file"]
    assert isinstance(chart, Chart)
    assert chart.strip[0].start == 0
    assert all(a.end == b.start and a.series != b.series for a, b in pairwise(chart.strip))
    assert chart.strip[-1].end == 400_000
    best = {x: min(chart.series, key=lambda s, n=n: s.y[n] or 0).name for n, x in enumerate(chart.series[0].x)}  # type: ignore[misc]
    for span in chart.strip:
        assert {name for x, name in best.items() if span.start <= x < span.end} == {span.series}


def test_nothing_beats_the_front_on_both(measured: Measured) -> None:
    panels = pictures_of(measured)["Size against speed"]
    assert isinstance(panels, Panels)
    for chart in panels.parts:
        assert isinstance(chart, Chart)
        front = next(series for series in chart.series if series.name == "front")
        assert front.role == "null"
        points = [(s.x[0], s.y[0]) for s in chart.series if s.mark == "points"]
        assert set(zip(front.x, front.y, strict=True)) <= set(points)
        for x, y in zip(front.x, front.y, strict=True):
            assert not [p for p in points if p[0] > x and (p[1] or 0) < (y or 0)]


def test_rows_on_a_front_have_colours_before_others(measured: Measured) -> None:
    """In both panels the same, however many others have a colour elsewhere."""
    rows = [found.payload for found in measured[1].values()]
    slots = _front_first(rows, {id(row): slot for slot, row in enumerate(rows[:COLOURS])})
    fronts = [row for way in ("encode", "decode") for *_, row in _front(_points(rows, way))]
    assert {id(row) for row in fronts} <= slots.keys()
    assert len(set(slots.values())) == len(slots) <= COLOURS
    last = min(fronts, key=lambda row: row.bits_per_byte or 0)
    assert id(last) in _front_first(rows, {id(row): n for n, row in enumerate(row for row in rows if row is not last)})


def test_rows_in_colour_are_the_best_of_their_families(measured: Measured) -> None:
    document = document_of(measured[1]["cm,level=1"])
    specs = [f"{name},order={n}" for n in range(3) for name in ("cm", "kt", "ngram", "a", "b", "c", "d", "e", "f")]
    rows = [row_of(changed(document, model__spec=spec)).payload for spec in specs]
    assert len(chosen(rows)) == COLOURS
    assert all(specs[at].endswith("order=0") for at in chosen(rows))
    charts = [picture for picture in pictures_of(measured).values() if isinstance(picture, Chart)]
    slots = [{s.name: s.slot for s in chart.series if s.slot is not None} for chart in charts]
    assert all(one.get(name, slot) == slot for one in slots for other in slots for name, slot in other.items())


def test_a_limit_over_a_folder_says_what_was_cut(tmp_path: Path, measured: Measured) -> None:
    """In the title of the table; and no whole file is called its own first bytes."""
    corpora = tmp_path / "corpora"
    corpora.mkdir()
    for name, size in (("a", 100), ("b", 500), ("c", 900)):
        (corpora / name).write_bytes(b"x" * size)
    document = document_of(measured[1]["uniform"])
    titles = {
        (str(corpora), None): "corpora, 1,500 bytes",
        (str(corpora), 300): "corpora, first 300 bytes at most of each of 3 files, 700 bytes in all",
        (str(corpora), 90): "corpora, first 90 bytes of each of 3 files, 270 bytes in all",
        (str(corpora / "a"), None): "a, 100 bytes",
        (str(corpora / "a"), 100): "a, 100 bytes",
        (str(corpora / "a"), 99): "a, first 99 bytes",
        (f"{corpora}/a:10:20", None): "a, bytes 10 to 20",
    }
    for (text, limit), title_ in titles.items():
        row = row_of(changed(document, corpus=find_corpus(text, limit).to_json()))
        assert title(row.payload) == title_


def test_what_older_rows_call_their_cut(measured: Measured) -> None:
    document = document_of(measured[1]["uniform"])
    older = {**document, "schema": "mdlbench.leaderboard-row/1"}
    for edit, expected in (
        ({"recognised": "enwik8:0:52098"}, "words.txt, first 52,098 bytes"),
        ({"start": 5, "end": 52103}, "words.txt, bytes 5 to 52,103"),
        ({"note": "only the first 10 bytes of each file"}, "words.txt, first 10 bytes of each file, 52,098 bytes in all"),
        ({}, "words.txt, 52,098 bytes"),
    ):
        corpus = {key: value for key, value in document["corpus"].items() if key != "cut"} | edit
        assert title(row_of({**older, "corpus": corpus}).payload) == expected


def test_framing_is_told_where_it_is_much(measured: Measured, tmp_path: Path) -> None:
    document = document_of(measured[1]["cm,level=1"])
    parts = document["ledger"]["bytes"]
    assert row_of(document).payload.framing_bytes == sum(parts.values()) - parts["payloads"] - parts["raw_blocks"]
    heavy = {
        **parts,
        "header": parts["header"] + parts["payloads"] // 2,
        "payloads": parts["payloads"] - parts["payloads"] // 2,
    }
    written(tmp_path, changed(document, ledger__bytes=heavy))
    (group,) = load_board(tmp_path).groups
    assert any(note.startswith("framing, which does not grow with the text") for note in group.notes)
    assert any(tag.startswith("framing ") for tag, _ in ranked_table(group).rows[0].tags)
    (plain,) = groups([measured[1]["cm,level=1"]])
    assert not [note for note in plain.notes if "framing" in note]


def test_constants_are_not_extrapolated(measured: Measured) -> None:
    """Adjusted size against length: only payloads grow; dashed but for what was measured; and no further than ten times it."""
    chart = pictures_of(measured)["When a model pays for itself"]
    assert isinstance(chart, Chart)
    row = measured[1]["cm,level=1"].payload
    (line,) = [series for series in chart.series if series.name == "cm,level=1"]
    payloads = row.container_bytes - row.framing_bytes
    assert line.y[-1] is not None
    for length, rate in zip(line.x, line.y, strict=True):
        assert rate is None or rate * length / 8 == pytest.approx(
            payloads * length / row.input_bytes + row.framing_bytes + (row.adjusted.code or 0)
        )
    xs = [x for series in chart.series for x in series.x]
    assert max(xs) <= 10 * row.input_bytes * (1 + 1e-9)
    assert min(xs) >= row.input_bytes / 10 * (1 - 1e-9)
    assert all(series.dashed for series in chart.series if series.mark == "line")
    (dot,) = [series for series in chart.series if series.name == "cm,level=1, measured"]
    assert (list(dot.x), list(dot.y)) == ([row.input_bytes], [pytest.approx(8 * (row.adjusted.total or 0) / row.input_bytes)])
