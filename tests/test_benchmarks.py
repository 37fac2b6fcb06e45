"""Benchmarks: what they draw and write of figures that were measured before."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from mdlbench import find_process, load_model

ROOT = Path(__file__).parents[1]


def loaded(name: str) -> ModuleType:
    """A benchmark as a module."""
    location = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    sys.modules[name] = module  # where typing looks names up
    location.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cm_levels() -> ModuleType:
    return loaded("cm_levels")


def test_the_levels_of_cm_are_drawn_by_family_with_their_front(cm_levels: ModuleType) -> None:
    document = json.loads((ROOT / "results" / "cm_levels-enwik8-1M.json").read_text())
    rows = [cm_levels.Row(*(row[field] for field in cm_levels.Row._fields)) for row in document["rows"]]
    assert [cm_levels.dominators(rows, row) for row in rows] == [row["dominated_by"] for row in document["rows"]]
    chart = cm_levels.chart(rows, "enwik8, first 1,000,000 bytes", document["input_bytes"])
    assert chart.title.startswith("enwik8, first 1,000,000 bytes: ")
    *families, front = chart.series
    assert [series.name for series in families] == list(dict.fromkeys(row.family for row in rows))
    cm = families[0]
    assert (cm.name, list(cm.labels)) == ("cm", [str(level) for level in range(1, 10)])
    assert cm.y[0] == 8 * rows[0].size / document["input_bytes"]
    assert cm.x[0] == pytest.approx(1e6 * (rows[0].compress_speed * rows[0].decompress_speed) ** 0.5)
    places = [place for series in families for place in zip(series.x, series.y, strict=True)]
    on_front = list(zip(front.x, front.y, strict=True))
    assert on_front == sorted(on_front, reverse=True), "from the fastest to the smallest, each smaller than those before"
    for x, y in places:
        better = [(a, b) for a, b in places if a >= x and b <= y and (a, b) != (x, y)]
        assert ((x, y) in on_front) == (not better)


def test_what_a_file_takes_above_the_entropy_rate_is_the_sum_of_its_parts() -> None:
    """File overhead, sampling noise, model; a model in windows of ten symbols also pays for what they do not see."""
    entropy_gap = loaded("entropy_gap")
    found = entropy_gap.measure_process("golden-mean", 3000, 1, ["hmm", "kt,order=2", "external:xz"])
    for row in found["models"]:
        assert sum(bits or 0.0 for bits in row["parts"].values()) == pytest.approx(row["gap"])
    own, learnt, untold = (row["parts"] for row in found["models"])
    assert own["model"] == pytest.approx(0, abs=1e-9)
    assert own["sampling noise"] == learnt["sampling noise"] == pytest.approx(found["ideal_bits"] / 3000 - found["rate_used"])
    assert own["file overhead"] > 0
    assert learnt["model"] > 0.01
    assert (untold["model"], untold["finite context"]) == (None, None)
    assert "= file overhead" in entropy_gap.parts_table([found])


@pytest.mark.parametrize("overlap", [1, 5, 10])
def test_windows_cost_what_the_filter_does_not_see_in_them(overlap: int) -> None:
    """Against a filter begun afresh for every symbol, from the first one that its window was fed."""
    from mdlbench.models.hf.predictor import Window

    entropy_gap, process, window = loaded("entropy_gap"), find_process("mess3"), Window(10, overlap, None)
    symbols = process.generate(250, 3)
    model = SimpleNamespace(window=window, tokens=SimpleNamespace(alphabet_size=3))
    bits = 0.0
    for first in (0, 100, 200):
        block = symbols[first : first + 100]
        for fed, predicted, end in window.spans(len(block)):
            bits -= sum(np.log2(process.filter(block[fed : at + 1])[-1]) for at in range(predicted, end))
    assert entropy_gap.windowed_bits(process, model, symbols, {"block_size": 100}) == pytest.approx(bits)
    assert entropy_gap.windowed_bits(process, load_model("kt"), symbols, {"block_size": 100}) is None


@pytest.fixture(scope="module")
def size_speed() -> ModuleType:
    return loaded("size_speed")


def test_size_speed_takes_what_the_leaderboard_takes(
    size_speed: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder called as a known corpus is not that corpus; what is written says what was measured, and how."""
    folder = tmp_path / "canterbury"
    folder.mkdir()
    for name in ("alice29.txt", "cp.html"):
        (folder / name).write_bytes(b"it is not the published file\n" * 20)
    options = ["-m", "uniform", "--no-peers", "--repeat", "1", "--output-path", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["size_speed.py", str(folder), *options])
    size_speed.main()
    out = capsys.readouterr().out
    assert out.startswith("unproven-canterbury, 1,160 bytes: 2 files")
    assert "whole processes, start included" in out
    (path,) = tmp_path.glob("*.json")
    document = json.loads(path.read_text())
    assert (document["corpus"], document["bytes"]) == ("unproven-canterbury", 1160)
    assert document["rows"][0]["bytes"] == sum(run["packed_bytes"] for run in document["rows"][0]["runs"]) > 1160
    assert document["provenance"]["command"] == ["size_speed.py", str(folder), *options]
    assert max(map(len, out.splitlines()[:-1])) <= 80


def test_a_corpus_that_is_not_there_is_one_line(
    size_speed: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["size_speed.py", "enwik8:0:1M"])
    with pytest.raises(SystemExit, match="2"):
        size_speed.main()
    assert "enwik8 is not fetched; run: mdlbench corpus fetch enwik8" in capsys.readouterr().err


def test_evaluator_area_and_file_are_one_number() -> None:
    identity = loaded("area_equals_file")
    data = (ROOT / "LICENSE").read_bytes()[:3000]
    row = identity.measure("online:gru,width=8,streams=2,orders=2", data)
    assert row["within"]
    assert row["bytes"] == 3000
    assert row["evaluator_bits"] == pytest.approx(row["area_bits"], rel=1e-5)
    assert row["area_bits"] < row["file_payload_bits"] < 8 * row["file_bytes"]
    assert "TOO MUCH" in identity.table([{**row, "within": False}])
