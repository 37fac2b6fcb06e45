"""What is shown of sources: figures with their units and definitions, the newest result of each, bounds rounded outward."""

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

import pytest

from mdlbench.processes.exhibits import facts, known, outward, overview, section
from mdlbench.processes.result import EntropyRate, Source
from mdlbench.result import Found, Result, collect
from mdlbench.result.exhibits import Folder, Note, Panels, Table, Text, sections, walk

COMMITTED = Path(__file__).parents[2] / "results" / "processes"


@pytest.fixture(scope="module")
def kept() -> dict[str, Source]:
    return {found.payload.process: found.payload for found in collect([COMMITTED]).found}


def table_of(source: Source, title: str) -> Table:
    return next(part for part in known(source) if isinstance(part, Table) and part.title == title)


def written(table: Table) -> list[list[str]]:
    return [[column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)] for row in table.rows]


def test_every_committed_source_has_a_part_with_its_pictures() -> None:
    collection = collect([COMMITTED])
    (shown,) = sections(collection.found)
    assert (shown.title, shown.counts) == ("Processes", {"processes": len(collection.found)})
    assert shown.summary == f"{len(collection.found)} processes of known entropy rate"
    for part in shown.parts[1:]:
        panels, folder = part.exhibits
        assert isinstance(panels, Panels)
        assert isinstance(folder, Folder)
        assert len(panels.parts) == 3


def test_the_overview_says_what_is_known_and_what_is_not(kept: dict[str, Source]) -> None:
    """h, E and C of RRXOR and SNS as published; Mess3 and the Bloch walk have no finite C, the latter no lower bound."""
    table = overview([kept[name] for name in ("rrxor", "sns", "mess3", "tom-quantum", "parentheses")])
    rows = {row[0].partition(" ")[0]: row[1:] for row in written(table)}
    assert rows["rrxor"][:1] + rows["rrxor"][2:5] == ["0.666666666667", "2.251629167", "2.251629167", "36"]
    assert rows["sns"][2:5] == ["0.147231942", "2.711468724", "countable"]
    assert rows["mess3"][1:5] == ["7e−10", "0.570870342", "–", "uncountable"]
    assert rows["tom-quantum"][1] == "no lower bound"
    assert rows["parentheses"][4] == "infinite in transit"
    assert all(column.definition for column in table.columns if column.numeric)
    assert [column.unit for column in table.columns] == ["", "bits per symbol", "bits per symbol", "bits", "bits", "", ""]


def test_only_the_newest_result_of_a_source_is_shown(kept: dict[str, Source]) -> None:
    """Also where two were written within a second: `-2` is the later one, though its name sorts before."""
    early, late = kept["even"], replace(kept["even"], summary="measured again")
    of_a_second = {"time": "2026-01-01T00:00:00Z"}
    results = [
        Found("a/hmm-entropy-20260101T000000Z-2.json", Result(late, of_a_second)),
        Found("a/hmm-entropy-20260101T000000Z.json", Result(early, of_a_second)),
        Found("b/hmm-entropy-20250101T000000Z.json", Result(early, {"time": "2025-01-01T00:00:00Z"})),
        Found("c/hmm-entropy-20250101T000000Z.json", Result(kept["coin"], {"time": "2025-01-01T00:00:00Z"})),
    ]
    shown = section(results)
    assert [part.title for part in shown.parts] == ["", "even p=0.5", "coin p=0.5"]
    assert shown.parts[1].facts.startswith("measured again")
    assert shown.summary == "2 processes of known entropy rate"


def test_a_bound_stays_one_when_it_is_written() -> None:
    assert outward(1 / 3, 3, ROUND_FLOOR) == "0.333"
    assert outward(1 / 3, 3, ROUND_CEILING) == "0.334"
    low, high = (Decimal(outward(0.1, 14, rounding)) for rounding in (ROUND_FLOOR, ROUND_CEILING))
    assert low <= Decimal.from_float(0.1) <= high
    assert high - low <= Decimal("1e-14")


def test_the_rate_is_told_with_method_in_bits(kept: dict[str, Source]) -> None:
    bounds, converged = known(kept["mess3"])[:2]
    assert isinstance(bounds, Text)
    assert bounds.text == (
        "entropy rate h: 1.14471726620084 .. 1.14471726692025 bits per symbol (gap 7.2e-10); "
        "tree of 4,752,573 contexts up to 19 symbols"
    )
    assert isinstance(converged, Text)
    assert converged.text.startswith("converged, beyond the bounds: 1.144717266")
    notes = [part.text for part in known(kept["mess3"]) if isinstance(part, Note)]
    assert notes == ["not H(X, S' | S) = 1.3288 bits: that is the rate of symbols and states together"]


def test_what_has_no_lower_bound_says_why(kept: dict[str, Source]) -> None:
    rate, _, reason = known(kept["tom-quantum"])[:3]
    assert isinstance(rate, Text)
    assert rate.text.startswith("entropy rate h: no lower bound .. 1.98526333298628 bits per symbol; ")
    assert isinstance(reason, Note)
    assert reason.text == kept["tom-quantum"].entropy_rate.reason


def test_a_unifilar_source_has_no_remark(kept: dict[str, Source]) -> None:
    assert not [part for part in walk(known(kept["rrxor"])) if isinstance(part, Note)]


def test_quantities_have_a_value_or_a_reason(kept: dict[str, Source]) -> None:
    rows = {row[0]: row[1:] for row in written(table_of(kept["mess3"], "Memory and synchronisation"))}
    assert rows["excess entropy E"][0].startswith("0.570870342")
    assert rows["statistical complexity C"][0] == "–"
    assert "taken as infinite" in rows["statistical complexity C"][1]
    assert rows["crypticity C − E"] == ["–", "infinite where C is"]


def test_the_dimension_stands_with_its_error(kept: dict[str, Source]) -> None:
    table = table_of(kept["mess3"], "Statistical complexity dimension")
    assert written(table)[0][:3] == ["0.5200", "0.0008", "−2.2013, −2.5362"]
    assert not any(isinstance(part, Table) and part.title == table.title for part in known(kept["z1r"]))


def test_mixed_states_are_counted_or_said_to_have_no_end(kept: dict[str, Source]) -> None:
    texts = [[part.text for part in known(kept[name]) if isinstance(part, Text)][-1] for name in ("golden-mean", "mess3")]
    assert texts == [
        "mixed states: 3, 1 transient and 2 recurrent (exact rationals)",
        "mixed states: uncountable; followed to 1,093 without an end",
    ]


def test_myopic_entropies_end_with_the_floor_of_a_loss(kept: dict[str, Source]) -> None:
    table = table_of(kept["z1r"], "Entropy of the next symbol")
    assert written(table)[:3] == [["0", "1.0000000000"], ["1", "0.9182958341"], ["2", "0.6666666667"]]
    assert table.notes == ("mean over contexts 1 to 10: 0.425162917 bits, the Bayes floor of a loss taken there",)
    short = replace(kept["z1r"], myopic_entropies=(1.0, 0.9))
    assert table_of(short, "Entropy of the next symbol").notes == ()


def test_a_source_without_text_or_curves_is_shown_all_the_same(kept: dict[str, Source]) -> None:
    bare = replace(kept["coin"], summary="", citation="", curves=None, entropy_rate=EntropyRate.between(1.0, 1.0, "by hand"))
    shown = section([Found("bare.json", Result(bare, {}))])
    assert len(shown.parts[1].exhibits) == 1
    assert facts(bare) == "2 symbols, 1 states, hidden Markov, unifilar, ergodic"
    assert shown.summary == "1 process of known entropy rate"
