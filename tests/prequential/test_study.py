"""All codes of a task: results, how they resume, what is shown of them, and the commands."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mdlbench.cli import main
from mdlbench.errors import MdlbenchError, MissingExtraError, MissingInputError, UsageError
from mdlbench.prequential import Settings, measure_labels
from mdlbench.prequential.choices import check_tried, parse_tried
from mdlbench.prequential.examples import Examples, load_examples, standardised
from mdlbench.prequential.exhibits import section, tables
from mdlbench.prequential.pictures import parts
from mdlbench.prequential.result import Prequential
from mdlbench.prequential.store import FolderStore
from mdlbench.prequential.study import Study
from mdlbench.prequential.tables import choices, codes
from mdlbench.report import terminal
from mdlbench.result import Found, Result, read
from mdlbench.result.exhibits import sections
from mdlbench.result.glossary import undefined

LEARNERS = ("kt", "logistic,epochs=4", "mlp,epochs=4,width=8")
JSON = (  # of the issue; stable
    *("task", "learner", "symbols", "classes", "code_length_bits", "uniform_bits", "two_part_bits", "variational_bits"),
    *("excess_bits", "final_loss_bits", "charged_choices", "curve"),
)


def examples(n: int = 150) -> Examples:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=n)
    features = rng.standard_normal((n, 4)) + 2.0 * np.eye(4)[labels]
    return Examples("blobs", standardised(features), labels, 3)


@pytest.fixture(scope="module")
def measured() -> list[Prequential]:
    return measure_labels(examples(), LEARNERS, Study(seeds=(0, 1, 2), tried={"width": 4}))


def found(payloads: list[Prequential]) -> list[Found[Prequential]]:
    return [Found(f"{n}.json", Result(one, {"time": "2026-01-01T00:00:00Z"})) for n, one in enumerate(payloads)]


def test_each_learner_has_a_result_and_so_have_the_mixtures(measured: list[Prequential]) -> None:
    assert [one.learner for one in measured] == [*LEARNERS, "mixture", "fixed share"]
    for one in measured[1:3]:
        assert one.code_length_bits < one.uniform_bits < one.random_labels_bits + 10
        assert one.regret_bits == pytest.approx(one.code_length_bits - one.hindsight_bits)
        assert one.excess_bits == pytest.approx(one.code_length_bits - one.symbols * one.final_loss_bits)
        assert [anchor.anchor for anchor in one.anchors] == ["held out", "mean of the last 1 %", "last step"]
        assert one.curve[-1].bits == pytest.approx(one.code_length_bits)
        assert one.two_part_bits == pytest.approx(one.two_part.weight_bits + one.two_part.data_bits)
        assert one.variational_bits == pytest.approx(one.variational.kl_bits + one.variational.data_bits)
        spread = one.intervals["code_length_bits"]
        assert spread.low < one.code_length_bits < spread.high
        assert len(spread.values) == 3
    kt, mixture = measured[0], measured[3]
    assert (kt.two_part_bits, kt.variational_bits) == (None, None)
    best = min(one.code_length_bits for one in measured[:3])
    assert mixture.code_length_bits <= best + np.log2(3) + 1e-9
    assert mixture.members == LEARNERS


def test_what_was_tried_is_charged_and_the_rest_is_said_not_to_be(measured: list[Prequential]) -> None:
    charges = {one.learner: one.charged_bits for one in measured}
    assert charges == {"kt": 0, LEARNERS[1]: 0, LEARNERS[2]: 2.0, "mixture": 0, "fixed share": 0}
    listed = {row.cells[1]: row.cells[3:] for row in choices(measured[2:3]).rows}
    assert listed["width"] == (4, "2.00 bits")
    assert listed["rate"] == (None, "not charged")
    assert {"calibration", "schedule", "warm", "mode", "prior", "epochs", "batch"} < set(listed)


@pytest.mark.parametrize("texts", [["width"], ["width=0"], ["width=x"], ["width=2", "width=3"], ["=3"]])
def test_tried_is_a_name_and_a_number(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="write NAME=N"):
        check_tried(parse_tried(texts), ["width"])


def test_tried_names_a_choice_of_a_learner_here() -> None:
    with pytest.raises(UsageError, match=r"--tried depth=\.\.\.: no such choice here; there are: batch, calibration, epochs"):
        measure_labels(examples(), ["logistic"], Study(tried={"depth": 2}))


def test_a_learner_is_given_once() -> None:
    with pytest.raises(UsageError, match="mlp is given twice"):
        measure_labels(examples(), ["mlp", "mlp,width=64"])


def test_a_result_is_read_back(measured: list[Prequential], tmp_path: Path) -> None:
    for one in measured:
        path = Result(one, {"time": "2026-01-01T00:00:00Z"}).write(tmp_path)
        assert read(path).payload == one
    assert json.loads(path.read_text())["schema"] == "mdlbench.prequential/1"


@pytest.mark.parametrize("settings", [Settings(), Settings(warm=True), Settings(mode="online", batch=32)])
def test_an_interrupted_evaluation_resumes_to_the_same_numbers(settings: Settings, tmp_path: Path) -> None:
    """Stopped after a few steps, and gone on with: every figure is the same to the bit, and nothing finished is done again."""
    specs = ("logistic,epochs=2", "mlp,epochs=2,width=4")
    whole = measure_labels(examples(60), specs, Study(settings, (0, 1)))
    steps: list[str] = []

    def stop(step: str) -> None:
        steps.append(step)
        if len(steps) == 8:
            raise KeyboardInterrupt

    first = FolderStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        measure_labels(examples(60), specs, Study(settings, (0, 1), store=first, tell=stop))
    assert first.made > 0
    assert not list(tmp_path.rglob("*.tmp"))
    second = FolderStore(tmp_path)
    assert measure_labels(examples(60), specs, Study(settings, (0, 1), store=second)) == whole
    assert second.found >= first.made
    third = FolderStore(tmp_path)
    assert measure_labels(examples(60), specs, Study(settings, (0, 1), store=third)) == whole
    assert third.made == 0


def test_pieces_of_other_data_or_settings_are_not_taken(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    measure_labels(examples(40), ["kt"], Study(seeds=(0,), store=store))
    made = store.made
    measure_labels(examples(41), ["kt"], Study(seeds=(0,), store=store))
    assert store.made == 2 * made
    for piece in (tmp_path / "pieces").glob("*.npz"):
        piece.write_bytes(b"PK damaged")
    with pytest.raises(MdlbenchError, match=r"\.npz is damaged; remove it to compute that piece again"):
        measure_labels(examples(40), ["kt"], Study(seeds=(0,), store=store))


def test_codes_stand_side_by_side_shortest_first(measured: list[Prequential]) -> None:
    shown = section(found(measured))
    table = shown.parts[0].exhibits[0]
    names = [column.name for column in codes(measured).columns]
    assert names == ["learner", "prequential", "two-part", "variational", "random labels", "uniform"]
    lengths = [row.cells[1] for row in table.rows]  # type: ignore[union-attr]
    assert [length.value for length in lengths] == sorted(one.code_length_bits for one in measured)
    text = terminal.render(tables(measured))
    assert "Ideal code lengths: nothing was coded." in text
    assert "95 % Student's t intervals" in text
    assert "not charged: --json lists them" in text
    assert shown.findings[0].text.count("uniform") == 1
    assert undefined(sections(found(measured))) == []
    bars = {bar.name: bar for bar in parts(measured).bars}
    split = bars[f"{LEARNERS[1]}, prequential"]
    assert sum(value for _, value in split.parts) == pytest.approx(measured[1].code_length_bits)


# --- the commands


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["prequential", *arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def archive(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


@pytest.fixture
def data(tmp_path: Path) -> str:
    given = examples(60)
    return archive(tmp_path / "mine.npz", features=given.features, labels=given.labels)


def test_json_is_an_object_a_learner(data: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ("labels", data, "--learner", "logistic,epochs=2", "--learner", "kt", "--seeds", "2", "--json")
    code, out, _ = run(capsys, *arguments, "-o", str(tmp_path / "run"), "--output-path", str(tmp_path / "results"))
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["learner"] for line in lines] == ["logistic,epochs=2", "kt", "mixture", "fixed share"]
    for line in lines:
        assert {*JSON} < {*line}
        assert line["schema"] == "mdlbench.prequential/1"
    assert lines[0]["task"] == "mine.npz"
    assert lines[0]["uniform_bits"] == pytest.approx(60 * np.log2(3))
    assert len(list((tmp_path / "results").glob("prequential-*.json"))) == 4
    again = run(capsys, *arguments, "-o", str(tmp_path / "run"))
    assert again[1] == out


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"features": np.zeros((0, 2)), "labels": np.zeros(0, int)}, "no examples; give at least two, of two classes"),
        ({"features": np.ones((4, 2)), "labels": np.ones(4, int)}, "all labels are of one class"),
        ({"features": np.ones((4, 2)), "labels": np.array([0.0, 1.5, 1, 0])}, "labels are float64, no integers"),
        ({"features": np.ones((4, 2)), "labels": np.array(["a", "b", "a", "b"])}, "labels are <U1, no integers"),
        ({"features": np.array([[1.0], [np.nan], [2.0]]), "labels": np.array([0, 1, 0])}, "not all finite numbers .row 1."),
        ({"features": np.array([["a"], ["b"]]), "labels": np.array([0, 1])}, "not all finite numbers .no numbers."),
        ({"features": np.ones((4, 2)), "labels": np.array([0, 1, -1, 0])}, "a label is -1; number the classes 0, 1, 2"),
        ({"features": np.ones((4, 2)), "labels": np.array([0, 1, 1])}, r"features are \(4, 2\) and labels \(3,\)"),
        ({"x": np.ones((4, 2)), "y": np.array([0, 1, 1])}, "has no array 'features'; it has: x, y"),
    ],
)
def test_examples_that_cannot_be_are_one_line(
    arrays: dict[str, np.ndarray], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = archive(tmp_path / "bad.npz", **arrays)
    with pytest.raises(UsageError, match=said):
        load_examples(path)
    code, out, err = run(capsys, "labels", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "bad.npz" in err


def test_a_number_without_examples_is_no_class(tmp_path: Path) -> None:
    read = load_examples(archive(tmp_path / "gaps.npz", features=np.eye(4), labels=np.array([7, 0, 1000, 7])))
    assert (read.classes, read.labels.tolist()) == (3, [1, 0, 2, 1])


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty.npz").touch()
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(MissingInputError, match=r"nowhere.npz: no such file; name digits, a FILE.npz"):
        load_examples(str(tmp_path / "nowhere.npz"))
    with pytest.raises(UsageError, match=r"empty.npz is empty; write it with numpy.savez"):
        load_examples(str(tmp_path / "empty.npz"))
    with pytest.raises(UsageError, match=r"text.npz is no .npz file of plain arrays"):
        load_examples(str(tmp_path / "text.npz"))


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"scikit-learn.*pip install 'mdlbench\[prequential\]'"):
        load_examples("digits")


def test_a_dataset_of_lists_and_labels(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    given = examples(30)
    rows = [{"x": x.tolist(), "y": int(y)} for x, y in zip(given.features, given.labels, strict=True)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = load_examples(f"hfds:{tmp_path},features=x,labels=y")
    np.testing.assert_allclose(read.features, standardised(given.features), atol=1e-12)
    np.testing.assert_array_equal(read.labels, given.labels)
    with pytest.raises(UsageError, match="no column 'z'; there are: x, y; name it with features="):
        load_examples(f"hfds:{tmp_path},features=z,labels=y")


def test_the_digits_are_1797_labels_of_ten_classes() -> None:
    """Uniform: 1797 log2 10 = 5969.5 bits; random labels never below, beyond noise."""
    pytest.importorskip("sklearn")
    [one] = measure_labels(load_examples("digits"), ["logistic,epochs=8"], Study(seeds=(0, 1)))
    assert round(one.uniform_bits, 1) == 5969.5
    assert min(one.intervals["random_labels_bits"].values) > 5969.5 - 10
    assert one.code_length_bits < 1000
    assert one.code_length_bits < one.variational_bits < one.two_part_bits < one.uniform_bits


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--learner", "tree"), "no learner of labels 'tree'"),
        (("--schedule", "9,3"), "3 follows 9"),
        (("--schedule", "900"), "goes to 900, but there are 60 examples"),
        (("--tried", "width=4"), "no such choice here"),
        (("--plot", "x.txt"), "name a .png, .svg or .pdf file"),
        (("--learner", "kt", "--learner", "kt"), "kt is given twice"),
        (("--seeds", "0"), "--seeds"),
    ],
)
def test_wrong_calls_are_one_line(arguments: tuple[str, ...], said: str, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "labels", data, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_picture_is_drawn(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("vl_convert")
    picture = tmp_path / "codes.svg"
    code, out, _ = run(capsys, "labels", data, "--learner", "logistic,epochs=2", "--seeds", "2", "--plot", str(picture), "-q")
    assert (code, out) == (0, "")
    assert picture.read_text(encoding="utf8").count("What each code spends") == 1
