"""Results of kind "loss-area": read back as written, shown as ideal, with every flag, and as a picture with filled areas."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mdlbench.lossarea import Curve, study
from mdlbench.lossarea.exhibits import overview
from mdlbench.lossarea.fits import Law
from mdlbench.lossarea.pictures import panels
from mdlbench.lossarea.result import LossArea
from mdlbench.lossarea.scales import AREA, TOKENS, scale_of
from mdlbench.report import terminal
from mdlbench.result import Found, Result, collect, read
from mdlbench.result.exhibits import Chart, Panels, Table, sections, walk
from mdlbench.result.glossary import undefined

SIZES = (30_000, 100_000, 300_000, 1_000_000)


def member(parameters: int) -> Curve:
    law = Law(1.5 + 30 * parameters**-0.3, 0.3, 2e4)
    ends = 500 * np.arange(0, 1001.0)
    nats = np.diff(np.append(0.0, law.area(ends[1:]))) / 500
    noise = 0.02 * np.random.default_rng(parameters).standard_normal(1000)
    made = Curve.per_step(f"{parameters:,}", nats / np.log(2) + noise, tokens_per_step=500.0, bytes_per_token=1.0)
    return replace(made, parameters=parameters)


@pytest.fixture(scope="module")
def family() -> LossArea:
    """Four sizes, one whose slice was decoded, and a curve that is refused."""
    broken = Curve.per_step("broken", [8.0, float("nan")], tokens_per_step=500.0, bytes_per_token=1.0)
    found = study([*map(member, SIZES), broken], "family")
    first = replace(found.curves[0], confirmed_tokens=5000, confirmed_area_bits=40_000.0, confirmed_file_bytes=5001)
    return replace(found, curves=(first, *found.curves[1:]))


def shown(found: LossArea) -> Found[LossArea]:
    return Found("a.json", Result(found, {"time": "2026-01-01T00:00:00Z"}))


def test_a_file_is_read_back_as_it_was_written(tmp_path: Path, family: LossArea) -> None:
    path = Result(family).write(tmp_path)
    document = json.loads(path.read_text(encoding="utf8"))
    assert document["schema"] == "mdlbench.loss-area/1"
    assert [*document["curves"][0]][:9] == [
        *("name", "tokens", "area_bits", "area_bytes", "mean_loss_nats", "raw_bytes", "ratio", "flags", "refused")
    ]
    assert read(path).payload == family
    (section,) = sections(collect([tmp_path]).found)
    assert section.counts == {"curves": 5}


def test_every_word_is_defined_and_nothing_is_called_a_size(family: LossArea) -> None:
    (section,) = sections([shown(family)])
    assert undefined([section]) == []
    assert section.summary == "ideal code lengths (no sizes) of the training data of 4 runs"
    table = overview(family)
    assert any(note.startswith("IDEAL: ") and "this is no size" in note for note in table.notes)
    headings = [column.heading for column in table.columns]
    assert headings == [
        *("run", "tokens, thousands", "area, kB", "untaught, kB", "mean loss, nats a token", "raw, kB", "ratio"),
        *("decoded slice, tokens", "its area, bytes", "its payload, bytes"),
    ]
    text = terminal.render([table])
    assert "broken, REFUSED not-finite: the loss is no finite number in 1 of 2 rows" in " ".join(text.split())


def test_what_is_not_known_is_a_dash_and_what_nobody_asked_for_no_column(family: LossArea) -> None:
    bare = study([Curve.per_step("a", [16.0, 15.0], tokens_per_step=500.0)])
    table = overview(bare)
    assert [column.name for column in table.columns] == ["run", "tokens", "area", "untaught", "mean loss"]
    assert any("raw bytes and ratio are not known without --bytes-per-token" in note for note in table.notes)
    refused = overview(family).rows[-1]
    assert refused.cells[1:] == (None,) * 9
    assert refused.tags[0][0] == "REFUSED: not-finite"


def test_the_picture_has_filled_areas_the_largest_behind(family: LossArea) -> None:
    drawn = panels(family)
    assert isinstance(drawn, Panels)
    filled, crossing, sizes = drawn.parts
    assert isinstance(filled, Chart)
    assert isinstance(crossing, Chart)
    assert isinstance(sizes, Chart)
    assert [series.mark for series in filled.series] == ["area"] * 4
    assert [series.name for series in filled.series] == [f"{size:,}" for size in SIZES], "the dearest first"
    assert (filled.x.zero, filled.y.zero, filled.y.scale, crossing.x.scale, sizes.x.scale) == (
        True,
        True,
        "linear",
        "log",
        "log",
    )
    assert list(sizes.series[0].x) == list(SIZES)
    assert sizes.series[1].dashed, "the fit of loss against size"
    assert panels(study([Curve.per_step("a", [float("nan")], tokens_per_step=1.0)])) is None


def test_where_members_of_a_family_cross_and_what_fits_say(family: LossArea) -> None:
    (section,) = sections([shown(family)])
    tables = {table.title: table for table in walk(section.parts[0].exhibits) if isinstance(table, Table)}
    assert set(tables) == {
        *("Loss areas of family", "Where curves cross", "Area above an anchor"),
        *("Fits: L = E + (T / T0)^−b", "If training went on"),
    }
    assert len(tables["Where curves cross"].rows) == 6
    assert len(tables["If training went on"].rows) == 8
    assert len(tables["Area above an anchor"].rows) == 12
    fits = tables["Fits: L = E + (T / T0)^−b"]
    assert any(note.startswith("mean loss against size: ") for note in fits.notes)
    assert family.size_law is not None
    assert family.size_law.exponent.value == pytest.approx(0.3, rel=0.3)
    assert "1,000,000 has the smallest loss area a token" in section.findings[0].claim


def test_without_scipy_there_are_areas_and_a_line_that_says_how_to_get_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    found = study([member(size) for size in SIZES])
    assert all(one.area_bits is not None and one.fit is None for one in found.curves)
    assert found.size_law is None
    notes = overview(found).notes
    assert notes.count("no fit: scipy is not installed; run: pip install 'mdlbench[fits]'") == 1


def test_the_newest_result_of_a_group_is_shown(family: LossArea) -> None:
    older = Found("b.json", Result(replace(family, raw="old"), {"time": "2025-01-01T00:00:00Z"}))
    (section,) = sections([shown(family), older])
    assert [part.facts for part in section.parts] == [family.raw]


def test_units_of_columns() -> None:
    assert scale_of(AREA, [194e9, None]).unit == "GB"
    assert scale_of(AREA, [9.9e9]).unit == "MB"
    assert scale_of(TOKENS, [299.9e9]).unit == "billions"
    assert scale_of(AREA, []).unit == "bytes"
