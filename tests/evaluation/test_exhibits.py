"""Results of kind "eval": what is kept of an evaluation, and how it is shown: as ideal, never as a size."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdlbench.errors import ResultError
from mdlbench.evaluation import evaluate
from mdlbench.evaluation.exhibits import beside_lm_eval, tables
from mdlbench.evaluation.result import Comparison, IdealCodeLength, Line
from mdlbench.models import load_model
from mdlbench.result import Found, Result, collect, read
from mdlbench.result.exhibits import Bars, Folder, Note, Table, sections
from mdlbench.result.glossary import undefined

FIELDS = [  # of a file, and of `eval --json`; stable
    *("input", "input_bytes", "symbols", "ideal_bits", "ideal_bits_per_byte"),
    *("symbol_perplexity", "byte_perplexity", "word_perplexity", "model", "digest", "policy", "beside"),
    *("seconds", "device", "dtype"),
]
COMPARED = Comparison(
    12.5, 1.5, 0.6, -41.6, 4, 100, 30, 32, "bos", 60.0, (Line("windows", 4.0, 0.04), Line("bos", 1e-3, 1e-5)), ("same dtype",)
)


def measured(data: bytes, model: str, name: str = "text", **settings: Any) -> IdealCodeLength:
    return evaluate(io.BytesIO(data), load_model(model), **settings).result(name)


def of_bits(one: IdealCodeLength, bits: float) -> IdealCodeLength:
    """The same, had it cost so many bits."""
    perplexities = {"symbol_perplexity": 2.0 ** (bits / one.symbols), "byte_perplexity": 2.0 ** (bits / one.input_bytes)}
    return replace(one, ideal_bits=bits, ideal_bits_per_byte=bits / one.input_bytes, **perplexities)


def found(payload: IdealCodeLength, time: str = "2026-01-01T00:00:00Z", path: str = "a.json") -> Found[IdealCodeLength]:
    return Found(path, Result(payload, {"time": time, "processor": "a processor"}))


def written(table: Table) -> list[list[str]]:
    return [[column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)] for row in table.rows]


def test_what_is_kept_is_derived_from_what_was_measured() -> None:
    one = measured(b"one two  three\nfour", "uniform")
    assert (one.ideal_bits, one.ideal_bits_per_byte, one.symbol_perplexity) == (152.0, 8.0, 256.0)
    assert one.word_perplexity == 2.0 ** (152 / 4)
    empty = measured(b"", "uniform")
    assert (empty.ideal_bits_per_byte, empty.symbol_perplexity, empty.byte_perplexity, empty.word_perplexity) == (None,) * 4


def test_a_file_is_read_back_with_the_fields_of_ever(tmp_path: Path) -> None:
    one = replace(measured(b"abab" * 20, "kt"), lm_eval=COMPARED)
    path = Result(one).write(tmp_path)
    document = json.loads(path.read_text())
    assert document["schema"] == "mdlbench.eval/1"
    assert [*document][1:-1] == [*FIELDS, "lm_eval", "cut"]
    assert read(path).payload == one
    del document["lm_eval"], document["cut"]  # as files of wholes without a comparison were written before
    path.write_text(json.dumps(document))
    assert read(path).payload == replace(one, lm_eval=None)


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    document = Result(measured(b"abc", "uniform"), {}).document() | {"policy": {"block_size": [1]}}
    (tmp_path / "wrong.json").write_text(json.dumps(document))
    with pytest.raises(ResultError, match=r"wrong\.json: field policy\.block_size is \[1\]"):
        read(tmp_path / "wrong.json")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ideal_bits", 1.0, "ideal_bits_per_byte is 8, but other figures make it 0.333333333333"),
        ("ideal_bits", -1.0, "ideal_bits is -1, must be at least 0"),
        ("ideal_bits_per_byte", 1e308, r"ideal_bits_per_byte is 1e\+308, but other figures make it 8"),
        ("ideal_bits_per_byte", None, "ideal_bits_per_byte is null, but"),
        ("byte_perplexity", 2.0, "byte_perplexity is 2, but other figures make it 256"),
        ("seconds", -5.0, "seconds is -5, must be at least 0"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(field: str, value: float | None, message: str, tmp_path: Path) -> None:
    document = Result(measured(b"abc", "uniform"), {}).document() | {field: value}
    (tmp_path / "wrong.json").write_text(json.dumps(document))
    ((path, reason),) = collect([tmp_path]).refused
    assert path.endswith("wrong.json")
    assert re.search(message, reason)


def test_each_input_is_a_table_with_its_models_best_first(tmp_path: Path) -> None:
    data = b"the cat sat on the mat. " * 40
    for model in ("uniform", "kt,order=2", "kt"):
        Result(measured(data, model)).write(tmp_path)
    Result(measured(b"short", "kt", "other")).write(tmp_path)
    (section,) = sections(collect([tmp_path]).found)
    assert [part.title for part in section.parts] == ["other, 5 bytes", "text, 960 bytes"]
    assert section.counts == {"inputs": 2, "evaluations": 4}
    assert section.summary == "ideal code lengths (no sizes) of 2 inputs under 3 models"
    table, bars = section.parts[1].exhibits
    assert isinstance(table, Table)
    assert [row[0] for row in written(table)] == ["kt,order=2", "kt", "uniform"]
    assert written(table)[2][1:5] == ["960", "7,680.0", "8.0000", "256"]
    assert isinstance(bars, Bars)
    assert [bar.name for bar in bars.bars] == ["kt,order=2", "kt", "uniform"]
    assert bars.bars[2].parts == (("ideal bits per byte", 8.0),)
    assert len(section.parts[0].exhibits) == 1, "one model alone needs no chart"


def test_every_table_says_that_it_is_no_size() -> None:
    one = measured(b"abc", "uniform")
    (section,) = sections([found(one)])
    for table in (*tables([one]), section.parts[0].exhibits[0]):
        assert isinstance(table, Table)
        assert "deal code length" in table.title
        assert table.notes[0].startswith("IDEAL: ")
        assert "this is no size" in table.notes[0]
        assert not any("size" in column.heading or column.heading == "bytes" for column in table.columns)


def test_a_page_has_one_table_of_all_inputs_and_every_word_is_defined() -> None:
    results = [measured(b"abab" * 20, model, name) for name in ("b", "a") for model in ("uniform", "kt")]
    (section,) = sections([found(one) for one in (*results[1:], replace(results[0], lm_eval=COMPARED))])
    (table,) = section.front
    assert [row[:3] for row in written(table)] == [
        [one.model, f"{one.ideal_bits_per_byte:.4f}", one.input] for one in (results[3], results[2], results[1], results[0])
    ]
    assert "IDEAL" in table.notes[0]
    assert "ideal bits per byte" in table.columns[1].heading
    assert [finding.claim.partition(" (")[0] for finding in section.findings] == ["On a", "On b"]
    assert section.findings[0].against == "next is uniform, 8.0000"
    assert undefined([section]) == []


def test_only_the_newest_of_a_model_and_policy_is_shown() -> None:
    """Another size of block is another evaluation, and then the rows' names tell them apart."""
    early, late = measured(b"abc", "uniform"), of_bits(measured(b"abc", "uniform"), 23.0)
    small = measured(b"abc", "uniform", block_size=2)
    shown = [found(late, "2026-02-01T00:00:00Z"), found(early), found(small, "2025-01-01T00:00:00Z")]
    (section,) = sections(shown)
    (table, _) = section.parts[0].exhibits
    assert isinstance(table, Table)
    assert [row[0] for row in written(table)] == [
        f"uniform, blocks of {early.policy['block_size']:,} bytes",
        "uniform, blocks of 2 bytes",
    ]
    assert table.rows[0].cells[2] == 23.0


def test_what_a_trained_network_may_have_seen_is_said_beside_its_figures() -> None:
    """At the headline, at the table that a page shows unfolded, and at that of the input; not of models without weights."""
    network = replace(measured(b"abc", "uniform"), model="hf:./folder,context=64")
    said = "whether this text was among its training data is not known"
    (section,) = sections([found(network)])
    assert said in section.findings[0].claim
    for table in (*section.front, section.parts[0].exhibits[0]):
        assert isinstance(table, Table)
        assert [note for note in table.notes if said in note] == [
            f"hf:./folder,context=64: {said}, nothing in the record says so"
        ]
    (section,) = sections([found(measured(b"abc", "uniform"))])
    assert said not in repr(section)


def test_bits_beside_the_sums_are_notes_and_policies_are_details() -> None:
    beside = {"byte_fallback_bits": 12.25, "context_reset_bits": 0.0}
    one = replace(measured(b"abc", "uniform"), beside=beside, device="cpu", dtype="float32")
    (section,) = sections([found(one)])
    table = section.parts[0].exhibits[0]
    assert isinstance(table, Table)
    assert all(column.definition for column in table.columns[1:])
    assert table.notes[1:] == (
        "uniform: on cpu in float32",
        "uniform: 12.2 bits of the ideal bits, spent on bytes that no token gives back",
    )
    worse = replace(one, beside={"context_reset_bits": -98.6})
    (told,) = sections([found(worse)])[0].parts[0].exhibits[0].notes[2:]  # type: ignore[union-attr]
    assert told == "uniform: 98.6 bits more it would cost if the context restarted twice as often with half the stride"
    details = table.rows[0].details
    assert details is not None
    groups = dict(details.groups)
    assert groups["Beside"] == (
        ("symbol perplexity", "256, comparable between models of the same symbols"),
        ("byte fallback bits", "12.2"),
        ("context reset bits", "0.0"),
    )
    assert ("block size", f"{one.policy['block_size']:,}") in groups["What a prediction may see"]
    assert groups["Model"] == (("digest", one.digest),)
    assert ("processor", "a processor") in groups["Measured"]


def test_what_the_harness_says_and_why_that_differs() -> None:
    one = replace(of_bits(measured(b"a" * 100, "uniform"), 64.0), lm_eval=COMPARED)
    (section,) = sections([found(one)])
    folder = section.parts[0].exhibits[-1]
    assert isinstance(folder, Folder)
    assert folder.parts == beside_lm_eval(one)
    metrics, gap, note = folder.parts
    assert isinstance(metrics, Table)
    assert metrics.columns[0].heading == "lm-eval, 30 tokens"
    assert written(metrics) == [["word_perplexity", "12.5"], ["byte_perplexity", "1.5"], ["bits_per_byte", "0.6"]]
    assert isinstance(gap, Table)
    assert written(gap) == [
        ["lm-eval: loglikelihood_rolling", "60.00", "0.60000"],
        ["windows", "4.00", "0.04000"],
        ["bos", "0.00", "0.00000"],
        ["mdlbench: ideal code length", "64.00", "0.64000"],
    ]
    assert note == Note("same dtype")


def test_an_empty_input_has_dashes_and_no_chart() -> None:
    (section,) = sections([found(measured(b"", "uniform")), found(measured(b"", "kt"))])
    (table,) = section.parts[0].exhibits
    assert isinstance(table, Table)
    assert {cell for row in written(table) for cell in row[3:]} == {"–"}
