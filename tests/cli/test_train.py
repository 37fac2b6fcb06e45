"""`mdlbench train` and `mdlbench hmm train` with the smallest networks."""

import json
import re
import signal
from pathlib import Path

import pytest

from mdlbench.training import load_run
from tests.cli.test_cli import run
from tests.training.small import stream

SMALL = ["--layers", "1", "--width", "8", "--heads", "2", "--context", "4", "--batch-size", "4", "--warmup", "2", "-j", "1"]


def test_train_on_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, folder = stream(tmp_path / "stream.bin"), tmp_path / "run"
    arguments = [
        "train",
        path,
        "--symbols",
        "3",
        "-o",
        folder,
        *SMALL,
        "--tokens",
        "160",
        "--checkpoints",
        "0,64",
        "--seeds",
        "2",
    ]
    code, out, err = run(capsys, *arguments, "--output-path", tmp_path / "results")
    assert code == 0
    assert re.fullmatch(r"wrote .*/results/train-\d{8}T\d{6}Z\.json\n", err)
    assert out.splitlines()[0].split() == ["seed", "tokens", "loss,", "bits", "per", "symbol", "seconds", "checkpoint"]
    assert re.search(rf"^ *1  +160  +1\.\d{{4}}  +\d+\.\d  hf:{folder}/seed-1/checkpoints/tokens-0000000160$", out, re.M)
    assert [one.tokens for one in load_run(folder).checkpoints(1)] == [0, 64, 160]
    assert load_run(folder).config.preset == "bytes, changed"
    code, out, err = run(capsys, *arguments, "--json")
    values = json.loads(out)
    assert (code, err, values["schema"]) == (0, "", "mdlbench.train/2")
    assert [one["seed"] for one in values["seeds"]] == [0, 1]
    assert all(one["complete"] and one["tokens"] == 160 for one in values["seeds"])
    assert values["parameters"] > 800


def test_train_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, folder = stream(tmp_path / "stream.bin"), tmp_path / "run"
    for arguments, message in [
        ((path, "-o", folder, "--symbols", "2"), r"stream\.bin: byte \d+ is 2, outside symbols 0 to 1; leave out --symbols"),
        ((path, "-o", folder, "--width", "9"), "width=9 is not a multiple of heads=4"),
        ((path, "-o", folder, "--tokens", "some"), "'some' is not a size"),
        ((path, "-o", folder, "--context", "9999"), "5000 symbols are fewer than one window of 10000"),
        ((path,), "Missing option '-o'"),
    ]:
        code, out, err = run(capsys, "train", *arguments)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert re.search(message, err)
        assert not folder.exists(), "what is refused leaves nothing behind"


def test_hmm_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    arguments = ["hmm", "train", "golden-mean", "--param", "p=0.4", "-o", folder, *SMALL, "--tokens", "640", "--seeds", "2"]
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "h = 0.693536 bits per symbol; all in bits per symbol, 2 seeds"  # H_b(0.4) / 1.4
    assert [line.split()[0] for line in lines[4:9]] == ["1", "2", "3", "4", "mean"]
    assert "loss, bits per symbol" in out
    assert "nats" not in out
    code, out, _ = run(capsys, *arguments, "--json", "--output-path", tmp_path)
    values = json.loads(out)
    assert (code, values["schema"], values["process"], values["params"]) == (
        0,
        "mdlbench.hmm-train/2",
        "golden-mean",
        {"p": "0.4"},
    )
    assert [one["context"] for one in values["contexts"]] == [1, 2, 3, 4]
    assert values["model_bits"]["least"] > 0
    assert values["config"]["preset"] == "fast, changed"
    (written,) = tmp_path.glob("hmm-train-*.json")
    assert json.loads(written.read_text())["model_bits"] == values["model_bits"]
    code, _, err = run(capsys, *arguments, "--lr", "0.1")
    assert code == 2
    assert "holds another run (optimiser.learning_rate 0.003, not 0.1); name another folder with -o" in err


def test_hmm_train_stops_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["hmm", "train", "z1r", "--preset", "paper", "-o", tmp_path / "run", "--layers", "1", "--context", "3"]
    code, out, _ = run(capsys, *arguments, "--stop-at", "600", "--json")
    assert (code, json.loads(out)["seeds"][0]["tokens"]) == (0, 768)
    code, out, _ = run(capsys, *arguments, "--stop-at", "900", "--json")
    assert (code, json.loads(out)["seeds"][0]["tokens"]) == (0, 960)
    assert not load_run(tmp_path / "run").is_complete(0)


def test_an_interrupt_says_what_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mdlbench.training.loop.Trainer._write_line", lambda *_: signal.raise_signal(signal.SIGINT))
    code, out, err = run(capsys, "hmm", "train", "z1r", "-o", tmp_path / "run", *SMALL, "--tokens", "640")
    assert (code, out) == (130, "")
    assert re.fullmatch(
        r"mdlbench: interrupted; what is trained so far is in .*/run, and the same command goes on from there\n", err
    )
    assert (tmp_path / "run" / "seed-0" / "interrupted" / "model.safetensors").is_file()


@pytest.mark.parametrize("command", [("train",), ("hmm", "train")])
def test_help(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *command, "--help")
    assert code == 0
    assert "Example:" in out
    assert max(map(len, out.splitlines())) <= 100
