"""A run from the command to the page: tables, results, pictures, what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mdlbench.report.collect import Found

from mdlbench.beliefs.geometry import Setting
from mdlbench.beliefs.study import compare_runs, study_run
from mdlbench.cli import main
from mdlbench.report import beliefs, collect, render, sections
from mdlbench.report.belief_charts import charts, plots
from mdlbench.report.beliefs import Cloud, amount, animated, belief_colours, scatters
from mdlbench.result import Result
from mdlbench.training import Architecture, Run, TrainingConfig, open_run, train_run
from mdlbench.training.data import process_source
from tests.training.small import small_run

PICTURES = {"simplex", "emergence-strip", "layers", "dynamics", "intervention", "synchronisation", "memory", "emergence"}
QUICK = ("--length", "4", "--draws", "100")


def trained(folder: Path, process: str, arch: str = "gpt2", seeds: tuple[int, ...] = (0,)) -> Run:
    """A run of a few steps, with a checkpoint before the first."""
    shape = Architecture(name=arch, context=4, layers=2, width=8, heads=2)
    config = TrainingConfig(process_source(process, {}), shape, batch_size=8, tokens=320, checkpoints=(0, 160))
    run = open_run(folder, config, seeds)
    train_run(run, seeds)
    return run


@pytest.fixture(scope="module")
def mess3(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("runs") / "mess3", "mess3", seeds=(0, 1))


@pytest.fixture(scope="module")
def studied(mess3: Run) -> Any:
    return study_run(mess3, Setting(length=4, draws=100))


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mdlbench hmm belief ...`."""
    with pytest.raises(SystemExit) as stop:
        main(["hmm", "belief", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_result_holds_every_seed_and_their_means(studied: Any) -> None:
    values = studied[0].values
    assert [one["seed"] for one in values["seeds"]] == [0, 1]
    assert values["prefixes"] == 3 + 9 + 27 + 81
    assert len(values["mean"]) == 3 * 2 * 5  # weightings, methods, sites
    for at, row in enumerate(values["mean"]):
        found = [one["fits"][at]["r2"] for one in values["seeds"]]
        assert row["r2"] == pytest.approx(np.mean(found))
        assert (row["least_r2"], row["greatest_r2"]) == (min(found), max(found))
        assert values["seeds"][0]["fits"][at]["r2_low"] <= found[0] <= values["seeds"][0]["fits"][at]["r2_high"]
    stages = values["seeds"][1]["emergence"]
    assert [one["tokens"] for one in stages] == [0, 160, 320]
    assert values["published_mse"]["64000"] == 0.01182
    again = Result.from_json(studied[0].to_json())
    assert again.values == json.loads(json.dumps(values))


def test_last_stage_and_main_figures_agree(studied: Any) -> None:
    """Two ways to the same number: the last checkpoint's ridge, and the table's."""
    one = studied[0].values["seeds"][0]
    for site, found in one["emergence"][-1]["sites"].items():
        row = next(
            row for row in one["fits"] if row["site"] == site and row["weighting"] == "prefix" and row["method"] == "ridge"
        )
        assert found["r2"] == pytest.approx(row["r2"], abs=1e-6)
        word = next(
            row for row in one["fits"] if row["site"] == site and row["weighting"] == "word" and row["method"] == "affine"
        )
        assert found["in_sample_mse"] == pytest.approx(word["in_sample_mse"], rel=1e-6)
    assert one["emergence"][-1]["loss_gap_bits"] == pytest.approx(one["loss_gap_bits"])
    before = {row["site"]: row["untrained_r2"] for row in one["fits"]
              if row["weighting"] == "prefix" and row["method"] == "ridge"}  # fmt: skip
    assert before == pytest.approx({site: found["r2"] for site, found in one["emergence"][0]["sites"].items()}, abs=1e-6)


def test_runs_are_compared_by_gap(studied: Any) -> None:
    values = studied[0].values
    better = {**values, "run": "better", "seeds": [{**one, "loss_gap_bits": 0.01} for one in values["seeds"]]}
    rows = compare_runs([better, values])
    assert [row["run"] for row in rows] == ["mess3", "better"]
    assert rows[1]["loss_gap_bits"] == pytest.approx(0.01)
    assert rows[1]["least_memory_bits"] > 1


@pytest.mark.parametrize(("process", "arch"), [("golden-mean", "gru"), ("rrxor", "lstm"), ("frdn", "llama")])
def test_other_sources_and_networks(tmp_path: Path, process: str, arch: str) -> None:
    """Two states, five, and a source without states at all; recurrent networks carry no written belief."""
    result, clouds = study_run(trained(tmp_path / "run", process, arch), Setting(length=4, draws=100), with_emergence=False)
    found = result.values["seeds"][0]
    carried = found["intervention"]["sites"]["embedding"]["swap"]["carried"]
    assert (carried is None) == (arch != "llama")
    assert (found["synchronisation"][1]["state"] is None) == (process == "frdn")
    assert found["emergence"] == []
    drawers = dict([*scatters(Cloud.of_study(clouds), result.values), *charts(result.values)])
    assert set(drawers) == PICTURES - {"emergence", "emergence-strip"}
    for name in ("simplex", "synchronisation", "intervention"):  # those that such sources change
        assert drawers[name]()["png"].startswith(b"\x89PNG")
    json.dumps(result.values, allow_nan=False)


def test_pictures(studied: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PNG and SVG of each, from what is at hand and from what the result keeps; a GIF of the checkpoints."""
    from PIL import Image

    result, clouds = studied
    path = result.write(tmp_path)
    kept = Cloud.of_result(json.loads(path.read_text()))
    cloud = Cloud.of_study(clouds)
    np.testing.assert_allclose(kept.beliefs, cloud.beliefs, atol=6e-4)  # all 120 prefixes, in thousandths
    np.testing.assert_allclose(kept.stages[1][1], cloud.stages[1][1], atol=6e-4)
    named = dict(plots(collect([tmp_path])))
    assert set(named) == {f"belief-mess3-{name}" for name in PICTURES}
    for draw in named.values():
        files = draw()
        assert files["png"].startswith(b"\x89PNG")
        assert b"<svg" in files["svg"]
        assert b"mathdefault" not in files["svg"]  # ticks are plain text
    monkeypatch.setattr(beliefs, "FRAMES", 3)
    (tmp_path / "moving.gif").write_bytes(animated(cloud))
    with Image.open(tmp_path / "moving.gif") as moving:
        assert moving.format == "GIF"
        assert getattr(moving, "n_frames", 1) > 5


def test_colours_are_the_beliefs() -> None:
    colours = belief_colours(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1.2, -0.1, -0.1]]))
    assert (colours.argmax(axis=1) == [0, 1, 2, 0]).all()
    assert ((belief_colours(np.eye(5)) >= 0) & (belief_colours(np.eye(5)) <= 1)).all()
    assert [amount(n) for n in (0, 999, 64_000, 3_190_400)] == ["0", "999", "64k", "3.19M"]


def test_page_has_a_section(studied: Any, tmp_path: Path) -> None:
    hostile = Result("hmm-belief", {**studied[0].values, "run": "</script><b>x"}, studied[0].provenance)
    studied[0].write(tmp_path)
    hostile.write(tmp_path)
    (part,) = sections(collect([tmp_path]))
    assert part.counts == {"belief_runs": 2}
    page = render([part], title="t", subtitle="s")
    assert "<b>x" not in page
    assert page.count("<canvas") == 0  # drawn by the script
    row = next(row for row in studied[0].values["mean"] if row["method"] == "ridge")
    assert f"<td class=number>{row['r2']:.4f}</td>" in page
    assert part.data["runs"][0]["stages"][0]["name"] == "untrained"


def test_runs_of_one_source_are_compared_on_the_page(studied: Any) -> None:
    """What a run's beliefs miss against its loss gap, beside the least memory; a run alone is not compared."""
    values = studied[0].values
    other = Result("hmm-belief", {**values, "run": "other", "width": 2}, {})
    (part,) = sections([Found("a.json", studied[0]), Found("b.json", other)])
    (compared,) = part.data["compared"]
    assert [line["name"] for line in compared["series"]] == ["least memory", "other, width 2", f"{values['run']}, width 8"]
    row = next(row for row in values["mean"] if (row["site"], row["method"]) == ("all layers", "ridge"))
    assert row["weighting"] == "probability"
    assert compared["series"][1]["y"] == [1 - row["r2"]]
    (alone,) = sections([Found("a.json", studied[0])])
    assert alone.data["compared"] == []


def test_command(mess3: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = command(capsys, mess3.folder, *QUICK, "--seeds", "1", "--output-path", tmp_path)
    assert code == 0
    assert "120 distinct prefixes of 1 to 4 symbols (81 of length 4)" in out
    for title in ("prefixes weighted by probability", "every distinct prefix alike", "As published", "Controls", "Dynamics",
                  "Intervention", "Code lengths", "Memory", "Emergence"):  # fmt: skip
        assert title in out
    assert "wrote" in err
    (path,) = tmp_path.glob("hmm-belief-*.json")
    values = json.loads(path.read_text())
    assert values["schema"] == "mdlbench.hmm-belief/1"
    row = next(row for row in values["mean"] if row["method"] == "ridge")
    assert f"{row['r2']:.4f}" in out


def test_command_as_json_and_quiet(mess3: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = command(
        capsys, mess3.folder, *QUICK, "--seeds", "0", "--no-emergence", "--json", "-q", "--plots", tmp_path
    )
    assert (code, err) == (0, "")
    expected = {f"belief-{name}.{kind}" for name in PICTURES - {"emergence", "emergence-strip"} for kind in ("png", "svg")}
    assert {picture.name for picture in tmp_path.iterdir()} == expected
    assert json.loads(out)["schema"] == "mdlbench.hmm-belief/1"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "5"], "no checkpoint of seed 5; it has those of seeds: 0, 1"),
        (["--seeds", "one"], "'one' is no list of seeds"),
        (["--length", "9"], "--length 9: the networks of .* see 4 symbols"),
        (["--animation"], "give --plots DIR"),
        (["--animation", "--plots", "p", "--no-emergence"], "leave --no-emergence out"),
    ],
)
def test_refused(mess3: Run, capsys: pytest.CaptureFixture[str], options: list[str], message: str) -> None:
    import re

    code, out, err = command(capsys, mess3.folder, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert re.search(message, err)


def test_runs_on_files_have_no_beliefs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = small_run(tmp_path)
    train_run(run, (0,))
    code, _, err = command(capsys, run.folder)
    assert code == 2
    assert "was trained on files; beliefs are those of a process" in err
