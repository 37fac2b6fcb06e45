"""`mdlbench lossarea logs` and `llama`: what they print, write and refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from mdlbench.cli import main
from mdlbench.result import read
from tests.lossarea.samples import own_log


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mdlbench lossarea ...`."""
    with pytest.raises(SystemExit) as stop:
        main(["lossarea", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("step,loss\n0,10\n1,8\n2,7.5\n", encoding="utf8")
    return path


def test_pythia_in_a_table_with_the_refused_run_named(capsys: pytest.CaptureFixture[str], shared_data: Path) -> None:
    """The areas of 14m-1, 70m-0 and 160m-0 are 194.1, 156.6 and 137.8 GB; 410m-0 is a resumed segment (reference notes)."""
    logs = sorted((shared_data / "pythia").glob("*.csv"))
    code, out, err = run(capsys, "logs", *logs, "--tokens-per-step", 2097152)
    assert code == 1
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()[:8] if line and line[0].isdigit()}
    assert rows["14m-1"][:2] == ["299.9", "194.1"]
    assert rows["70m-0"][:2] == ["299.9", "156.6"]
    assert rows["160m-0"][:2] == ["299.9", "137.8"]
    assert rows["410m-0"] == ["–", "–", "–"]
    assert err.startswith("mdlbench: 410m-0: refused: it starts at 2.29 nats a token, below half of the 11.1 of another curve")
    assert err.count("\n") == 1


def test_json_is_an_object_a_curve(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    code, out, err = run(capsys, "logs", log, "--tokens-per-step", 100, "--json")
    assert (code, err) == (0, "")
    (found,) = objects(out)
    assert [*found][:8] == ["schema", "name", "tokens", "area_bits", "area_bytes", "mean_loss_nats", "raw_bytes", "ratio"]
    assert (found["schema"], found["name"], found["tokens"], found["flags"]) == ("mdlbench.loss-area-curve/1", "a", 300.0, [])
    assert found["mean_loss_nats"] == pytest.approx(8.5)
    assert (found["raw_bytes"], found["ratio"]) == (None, None), "without bytes per token, never guessed"
    assert "drawn" not in found


def test_bytes_per_token_code_and_weights_give_ratios(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    asked = (
        "--tokens-per-step",
        100,
        "--bytes-per-token",
        4,
        "--model-code",
        1000,
        "--weights",
        "1k",
        "--unit",
        "bits",
        "--json",
    )
    (found,) = objects(run(capsys, "logs", log, *asked, "--accept", "start")[1])
    assert (found["area_bits"], found["raw_bytes"], found["total_bytes"]) == (2550.0, 1200.0, 2550 / 8 + 2000)
    assert found["total_ratio"] == pytest.approx(1200 / (2550 / 8 + 2000))


def test_a_tokenizer_measures_bytes_per_token(capsys: pytest.CaptureFixture[str], log: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.models.tiny import tiny_model

    tiny_model(tmp_path / "gpt2", "gpt2", "bytelevel")
    text = tmp_path / "text"
    text.write_text("the cat sat on the mat. " * 20, encoding="ascii")
    asked = ("--tokens-per-step", 100, "--tokenizer", tmp_path / "gpt2", "--text", text, "--json")
    (found,) = objects(run(capsys, "logs", log, *asked)[1])
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(str(tmp_path / "gpt2"))(text.read_text(encoding="ascii"))["input_ids"]
    assert found["bytes_per_token"] == pytest.approx(480 / len(tokens))


def test_an_own_log_needs_no_option(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "seed-0").mkdir()
    (tmp_path / "seed-0" / "log.jsonl").write_text(own_log((8.0, 4.0)), encoding="utf8")
    (found,) = objects(run(capsys, "logs", tmp_path, "--json")[1])
    assert (found["area_bits"], found["raw_bytes"], found["ratio"]) == (1200.0, 200.0, 200 / 150)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "a.csv does not count tokens; say how many a step has: --tokens-per-step N"),
        (("--tokens-per-step", "0"), 2, "--tokens-per-step"),
        (("--tokens-per-step", "8", "--loss-column", "x"), 2, "no column 'x'; its columns are step, loss"),
        (("--tokens-per-step", "8", "--text", "x"), 2, "--tokenizer FOLDER and --text FILE go together"),
        (("--tokens-per-step", "8", "--tokenizer", "x", "--text", "no-text"), 1, "no-text: no such file or directory"),
        (("--tokens-per-step", "8", "--tokenizer", "no-folder", "--text", "a.csv"), 1, "no-folder: no such folder"),
        (("--bytes-per-token", "4", "--tokenizer", "x", "--text", "x"), 2, "both say how many bytes a token has; give one"),
        (("--vocabulary", "1"), 2, "--vocabulary"),
        (("--accept", "everything"), 2, "--accept"),
        (("--tokens-per-step", "8", "--plot", "x.gif"), 2, "--plot x.gif: name a .png, .svg or .pdf file"),
    ],
)
def test_what_is_wrong_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    log: Path,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(log.parent)
    found, out, err = run(capsys, "logs", "a.csv", *arguments)
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert found == code


def test_logs_that_cannot_be_read_do_not_hide_the_others(capsys: pytest.CaptureFixture[str], log: Path, tmp_path: Path) -> None:
    code, out, err = run(capsys, "logs", tmp_path / "none.csv", log, "--tokens-per-step", 100)
    assert code == 1
    assert "none.csv: no such file or directory; name a training log" in err
    assert "a  " in out


def test_results_and_pictures_are_written(capsys: pytest.CaptureFixture[str], log: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    asked = ("logs", log, "--tokens-per-step", 100, "--plot", tmp_path / "a.svg", "--output-path", tmp_path / "out")
    assert run(capsys, *asked)[0] == 0
    assert "area mark" in (tmp_path / "a.svg").read_text(encoding="utf8")
    (path,) = (tmp_path / "out").iterdir()
    assert read(path).payload.curves[0].tokens == 300.0
    code, _, err = run(capsys, *asked)
    assert code == 2
    assert "a.svg exists; overwrite it with -f, or name another output with --plot" in err


def test_llama(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "llama")
    assert code == 0
    for figure in ("1.584", "1.482", "ENVELOPES", "9.7", "10.3", "8.7", "385", "510"):
        assert figure in out, figure
    pytest.importorskip("vl_convert")
    code, out, _ = run(capsys, "llama", "--json", "--output-path", tmp_path, "--plot", tmp_path / "llama.png")
    (found,) = objects(out)
    assert (code, found["claimed_ratio"], len(found["envelopes"])) == (0, 14.0, 12)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".png"}
