"""A run from the command to tables, results and pictures; what is refused."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mdlbench.beliefs import pictures, tables
from mdlbench.beliefs.clouds import Clouds
from mdlbench.beliefs.exhibits import run_part
from mdlbench.beliefs.result import BeliefGeometry, Setting
from mdlbench.beliefs.study import study_run
from mdlbench.cli import main
from mdlbench.report import figures
from mdlbench.result import Result, read
from mdlbench.result.exhibits import Chart, Panels, Section, walk
from mdlbench.training import Run, train_run
from tests.beliefs.networks import trained
from tests.training.small import small_run

PICTURES = {"beliefs-and-their-image", "layers-and-controls", "dynamics", "intervention", "code-lengths", "memory"}
STAGED = {"emergence", "through-training"}
QUICK = ("--length", "4")


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mdlbench hmm belief ...`."""
    with pytest.raises(SystemExit) as stop:
        main(["hmm", "belief", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def of(rows: Sequence[Any], **wanted: object) -> Any:
    """The row with these fields."""
    return next(row for row in rows if all(getattr(row, name) == value for name, value in wanted.items()))


def test_result_holds_every_seed_and_their_means(studied: tuple[Result[BeliefGeometry], Clouds], tmp_path: Path) -> None:
    payload = studied[0].payload
    assert [one.seed for one in payload.seeds] == [0, 1]
    assert payload.prefixes == 3 + 9 + 27 + 81
    assert payload.splits == ("belief",)
    assert len(payload.mean) == 2 * 2 * (5 + 6)  # weightings, methods, sites and controls
    for at, row in enumerate(payload.mean):
        found = [one.fits[at].r2 for one in payload.seeds]
        assert row.r2 == pytest.approx(np.mean(found))  # type: ignore[arg-type]
        assert row.r2_low <= row.r2 <= row.r2_high  # type: ignore[operator]
    assert [stage.tokens for stage in payload.seeds[1].emergence] == [0, 160, 320]
    assert payload.published_mse["64000"] == 0.01182
    assert read(studied[0].write(tmp_path)).payload == payload


def test_last_stage_and_main_figures_agree(studied: tuple[Result[BeliefGeometry], Clouds]) -> None:
    """Two ways to the same number: the last checkpoint's ridge, and the table's."""
    one = studied[0].payload.seeds[0]
    for site, found in one.emergence[-1].sites.items():
        ridge = of(one.fits, features=site, weighting="prefix", method="ridge")
        assert found.r2["belief"] == pytest.approx(ridge.r2, abs=1e-6)
        if ridge.untrained_r2 is not None:
            assert one.emergence[0].sites[site].r2["belief"] == pytest.approx(ridge.untrained_r2, abs=1e-6)
        assert found.in_sample_mse == pytest.approx(of(one.in_sample, features=site).mse, rel=1e-6)
    assert one.emergence[-1].loss_gap_bits == pytest.approx(one.loss_gap_bits)


def test_runs_are_compared_by_gap(studied: tuple[Result[BeliefGeometry], Clouds]) -> None:
    payload = studied[0].payload
    better = replace(payload, run="better", seeds=tuple(replace(one, loss_gap_bits=0.01) for one in payload.seeds))
    rows = [row.cells for row in tables.compared([better, payload]).rows]
    assert [row[0] for row in rows] == ["mess3", "better"]
    assert rows[1][3] == pytest.approx(0.01)
    assert float(rows[1][8]) > 1  # type: ignore[arg-type]


@pytest.mark.parametrize(("process", "arch"), [("golden-mean", "gru"), ("rrxor", "lstm"), ("frdn", "llama")])
def test_other_sources_and_networks(tmp_path: Path, process: str, arch: str) -> None:
    """Two states, five, and a source without states at all; recurrent networks carry no written belief."""
    result, clouds = study_run(trained(tmp_path / "run", process, arch), Setting(length=4), with_emergence=False)
    found = result.payload.seeds[0]
    assert (found.intervention.sites["embedding"]["swap"].carried is None) == (arch != "llama")
    assert (found.synchronisation[1].state is None) == (process == "frdn")
    assert found.emergence == ()
    assert clouds.truth("truth").corners == ()
    part = run_part(result.payload, clouds)
    panels = {one.title: one.parts for one in walk(part.exhibits) if isinstance(one, Panels)}
    assert len(panels["Code lengths"]) == (1 if process == "frdn" else 2)
    assert len(panels["Intervention"]) == (2 if arch == "llama" else 1)
    drawn = dict(figures.drawings([Section("belief", "", (replace(part, title=""),))]))
    assert set(drawn) == {f"belief-{name}" for name in PICTURES}
    for name in ("beliefs-and-their-image", "code-lengths", "intervention"):  # those that such sources change
        assert drawn[f"belief-{name}"]().bytes("png").startswith(b"\x89PNG")
    result.to_json()  # no NaN


def test_chart_of_several_runs(studied: tuple[Result[BeliefGeometry], Clouds]) -> None:
    """What a run's beliefs miss against its loss gap, beside the least memory."""
    payload = studied[0].payload
    chart = pictures.compared([payload, replace(payload, run="other", width=2)])
    assert isinstance(chart, Chart)
    assert [line.name for line in chart.series] == ["least memory", "other, width 2", "mess3, width 8", "best control"]
    row = of(payload.mean, features="all layers", method="ridge", weighting="probability")
    assert chart.series[1].y == [1 - row.r2]


def test_command(mess3: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = command(capsys, mess3.folder, *QUICK, "--seeds", "1", "--output-path", tmp_path)
    assert code == 0
    verdict = out.splitlines()[0]
    assert re.match(
        r"(A control does as well as the network|The network beats its best control), held out by belief: ", verdict
    )
    assert verdict.endswith("(R² of beliefs from all layers, ridge, 1 seed).")
    assert "120 distinct prefixes of 1 to 4 symbols (81 of length 4)" in out
    for title in (
        "Beliefs, held out by belief",
        "Errors and distances",
        "As published",
        "Dynamics",
        "Intervention",
        "Code lengths",
        "Memory",
        "Emergence",
    ):
        assert title in out
    assert "wrote" in err
    (path,) = tmp_path.glob("hmm-belief-*.json")
    values = json.loads(path.read_text())
    assert values["schema"] == "mdlbench.hmm-belief/2"
    row = next(row for row in values["mean"] if row["method"] == "ridge")
    assert f"{row['r2']:.4f}".replace("-", "−") in out


def test_command_as_json_and_quiet(mess3: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = command(
        capsys, mess3.folder, *QUICK, "--seeds", "0", "--no-emergence", "--json", "-q", "--plots", tmp_path
    )
    assert (code, err) == (0, "")
    expected = {f"belief-mess3-mess3-{name}.{kind}" for name in PICTURES for kind in ("png", "svg")}
    assert {picture.name for picture in tmp_path.iterdir()} == expected
    assert json.loads(out)["schema"] == "mdlbench.hmm-belief/2"


def test_command_draws_what_moves(
    mess3: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.setattr("mdlbench.report.animation.FRAMES", 3)
    code, _, err = command(capsys, mess3.folder, *QUICK, "--seeds", "0", "--plots", tmp_path, "--animation")
    assert code == 0
    assert {path.stem for path in tmp_path.glob("*.svg")} == {f"belief-mess3-mess3-{name}" for name in PICTURES | STAGED}
    assert "belief-emergence.gif" in err
    with Image.open(tmp_path / "belief-emergence.gif") as moving:
        assert getattr(moving, "n_frames", 1) > 5


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
