"""What is shown of sequences: tables, pictures, findings; and results that are read back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mdlbench.algorithmic import find, tables
from mdlbench.algorithmic.exhibits import shown
from mdlbench.algorithmic.measuring import against_program
from mdlbench.algorithmic.result import AgainstProgram, Code, Described, Length, Spread, Wording
from mdlbench.models import load_model
from mdlbench.result import Found, Result, read
from mdlbench.result.exhibits import Bars, Chart, Panels, Table, sections
from mdlbench.result.glossary import undefined

FIELDS = ["sequence", "definition", "encoding", "source", "program", "source_bytes", "compressor", "runtime", "lengths"]
DESCRIBED = [
    *("sequence", "encoding", "count", "bytes", "tokens", "network", "parameters", "digest", "start", "bits", "wordings"),
    *("control", "controls", "saved", "saved_by_control", "beyond_control", "net", "net_of_bytes"),
]


def program(name: str, *counts: int, specs: tuple[str, ...] = ("uniform", "kt")) -> AgainstProgram:
    return against_program(find(name), [load_model(spec) for spec in specs], counts)


def told(name: str, beyond: Spread, net: Spread, network: str = "hf:net") -> Described:
    """As it would be measured, with invented figures."""
    said = (Wording("A sentence.", 12, 40.0, 90.0), Wording("Another.", 9, 30.0, 80.0))
    flat = Spread(15.0, -5.0, 35.0)
    spreads = (flat, flat, beyond, net, Spread(-61.0, -80.0, -42.0))
    return Described(name, "decimal digits", 100, 60, 60, network, 1000, "ab", "none", 100.0, said, "e", said, *spreads)


def found(payload: AgainstProgram | Described, time: str = "2026-01-01T00:00:00Z") -> Found[AgainstProgram | Described]:
    return Found("a.json", Result(payload, {"time": time}))


def written(table: Table) -> list[list[str]]:
    return [[column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)] for row in table.rows]


def test_files_are_read_back_with_the_fields_of_ever(tmp_path: Path) -> None:
    for payload, kind, fields in (
        (program("pi", 50), "algorithmic", FIELDS),
        (told("pi", Spread(1.0, None, None), Spread(1.0, None, None)), "algorithmic-description", DESCRIBED),
    ):
        path = Result(payload).write(tmp_path)
        document = json.loads(path.read_text())
        assert document["schema"] == f"mdlbench.{kind}/1"
        assert [*document][1:-1] == fields
        assert read(path).payload == payload


def test_bits_and_how_often_they_hold_the_program() -> None:
    one = program("squares", 100)
    (length,) = one.lengths
    spent, times = tables.against_programs([one])
    assert written(spent)[0][:3] == ["squares", "100", "454"]
    assert written(spent)[0][3] == f"{8 * length.program_bytes:,}"
    assert written(spent)[0][5] == "3,632"
    assert written(times)[0][3] == f"{3632 / (8 * length.program_bytes):.4g}"
    assert spent.notes[0].startswith("Of models: IDEAL")
    assert "are not charged" in spent.notes[1]


def test_files_stand_apart_from_ideal_code_lengths() -> None:
    one = program("squares", 100, specs=("kt", "external:xz"))
    spent, times, files = tables.against_programs([one])
    assert "external:xz" not in [column.name for column in (*spent.columns, *times.columns)]
    assert files.columns[-1].name == "external:xz"
    assert tables.best(one, one.lengths[0]).code.model == "kt"  # type: ignore[union-attr]


def test_growth_is_of_the_best_model_at_each_length() -> None:
    one = program("primes", 10, 1000)
    growth = tables.growth([one])
    least = [min(code.bits for code in length.codes) / (8 * length.program_bytes) for length in one.lengths]
    assert written(growth) == [["primes", *(f"{times:.4g}" for times in least)]]


def test_newer_results_add_models_and_lengths_and_replace_their_own() -> None:
    old = program("pi", 50, 100)
    codes = (Code("uniform", "ab", "ideal", 1.0), Code("cm", "cd", "ideal", 2.0))
    new = replace(old, lengths=(Length(100, 100, 10, 332.2, 140, codes), Length(200, 200, 10, 664.4, 140, codes)))
    (one,) = tables.merged([found(new, "2026-02-01T00:00:00Z"), found(old)])  # type: ignore[list-item]
    assert [length.count for length in one.lengths] == [50, 100, 200]
    assert [(code.model, code.bits) for code in one.lengths[1].codes][::2] == [("uniform", 1.0), ("cm", 2.0)]
    assert len(one.lengths[1].codes) == 3


def test_a_section_in_the_catalogue_s_order_with_every_word_defined() -> None:
    clear, flat = Spread(9.0, 2.0, 16.0), Spread(-20.0, -30.0, -10.0)
    results = [
        found(program("pi", 10, 100)),
        found(program("primes", 10, 100)),
        found(told("pi", clear, flat)),
        found(told("e", flat, flat)),
    ]
    (section,) = sections(results)
    assert [part.title for part in section.parts] == [*("All sequences", "Does a sentence help?", "primes", "pi", "hf:net")]
    assert section.counts == {"sequences": 2, "descriptions": 2}
    assert undefined([section]) == []
    first, second = section.findings
    assert first.claim.startswith("On 2 sequences of 100 terms the best model spends ")
    assert "more than one about another sequence on 1 of 2 (pi), and pays for its own bits on 0" in second.claim
    assert second.against == "counted where the 95 % interval over wordings is above 0"
    assert [table.title for table in section.front] == [
        "Times the bits of the program",
        "Does a sentence about the sequence help?",
    ]
    assert written(section.front[1]) == [["hf:net", "1,000", "1 of 2", "0 of 2"]]


def test_an_interval_over_zero_or_none_is_no_gain() -> None:
    for low, high in ((-1.0, 5.0), (0.0, 4.0), (None, None)):
        assert not tables.above(Spread(2.0, low, high))
    assert tables.above(Spread(2.0, 0.1, 3.9))


def test_pictures_have_the_program_beside_every_model() -> None:
    (section,) = sections([found(program("pi", 10, 100)), found(program("rule30", 10, 100))])
    panels = section.parts[0].exhibits[0]
    assert isinstance(panels, Panels)
    dots, *grown = panels.parts
    assert isinstance(dots, Chart)
    assert [series.name for series in dots.series] == ["uniform", "kt", "its program"]
    assert dots.y.scale == "log"
    assert list(dots.series[-1].x) == list(dots.series[-1].y), "the program against itself"
    assert [chart.title for chart in grown] == ["pi"]


def test_bars_have_the_null_beside_the_gain() -> None:
    flat = Spread(1.0, -1.0, 3.0)
    (section,) = sections([found(told("pi", flat, flat)), found(told("pi", flat, flat, "hf:other"))])
    _, panels, *rest = section.parts[0].exhibits
    assert isinstance(panels, Panels)
    assert [bars.title for bars in panels.parts] == ["hf:net", "hf:other"]  # type: ignore[union-attr]
    for bars in panels.parts:
        assert isinstance(bars, Bars)
        (bar,) = bars.bars
        assert (bar.name, bar.parts[0][1], bar.low, bar.high) == ("pi", 15.0, -5.0, 35.0)
        assert bar.marks == (("sentences about another sequence", 15.0),)
    assert [table.title for table in rest if isinstance(table, Table)] == [
        *("What a sentence about the sequence saves hf:net", "What a sentence about the sequence saves hf:other")
    ]


def test_sentences_are_charged_in_the_table() -> None:
    (table,) = tables.sentences([told("pi", Spread(9.0, 2.0, 16.0), Spread(-20.0, -30.0, -10.0))])
    saved, net = "15 [−5, 35]", "−20 [−30, −10]"
    assert written(table) == [["pi", "100.0", saved, saved, "9.0 [2.0, 16.0]", "35.0", net, "−61"]]
    assert "1 of 1 do" in table.notes[1]


def test_without_models_nothing_is_compared() -> None:
    one = program("pi", 10, specs=())
    assert tables.best(one, one.lengths[0]) is None
    (section,) = sections([found(one)])
    assert section.findings == ()
    assert len(shown([one], [])) == 2


@pytest.mark.parametrize("name", ["unknown-of-later"])
def test_a_sequence_that_is_not_known_here_comes_last(name: str) -> None:
    later = replace(program("pi", 10), sequence=name)
    assert [one.sequence for one in tables.ordered([later, program("rule110", 10)])] == ["rule110", name]
