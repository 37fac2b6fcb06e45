"""`mdlbench eval --tokens`: pages and JSON lines, whole or not at all, and every refusal."""

import json
from pathlib import Path

import pytest

from mdlbench.cli import main
from mdlbench.models import load_model
from tests.models.tiny import sample_text


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["eval", *map(str, arguments)])
    return int(stop.value.code or 0)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_bytes(sample_text(600))
    return path


def test_json_lines(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert run(text, "-m", "kt,order=1", "--tokens", out) == 0
    assert "ideal bits per byte" in capsys.readouterr().out
    symbols = [json.loads(line) for line in out.read_text().splitlines()]
    (bits,) = load_model("kt,order=1").code_length([text.read_bytes()])
    assert [symbol["bits"] for symbol in symbols] == bits.tolist()
    assert b"".join(bytes.fromhex(symbol["hex"]) for symbol in symbols) == text.read_bytes()
    assert [symbol["start"] for symbol in symbols] == list(range(600))
    assert set(symbols[0]) == {"start", "size", "hex", "text", "bits", "bits_before", "alternatives"}
    assert len(symbols[9]["alternatives"]) == 5


def test_a_page_shows_its_part_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long, out = tmp_path / "long", tmp_path / "out.html"
    long.write_bytes(b"abc" * 40_000)
    assert run(long, "-m", "uniform", "--tokens", out) == 0
    said = capsys.readouterr()
    assert "shows the first 100,000 bytes" in said.err
    assert "A part: first 100,000 bytes. All figures" in out.read_text()
    assert out.read_text().count("<i class") == 100_000
    assert "alternatives: not available for uniform" in out.read_text()
    assert run(long, "-m", "uniform", "--tokens", out, "-f", "--limit", "10") == 0
    assert out.read_text().count("<i class") == 10


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    out = tmp_path / "out.html"
    assert run("-", "-m", "uniform", "--tokens", out) == 0
    assert out.read_text().count("<i class") == 3
    assert "24.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{text}", "--tokens", "{folder}/out.txt"], "name a file that ends in .html"),
        (["{text}", "{text}", "--tokens", "{folder}/a.html"], "one file under one model, not 2 under 1"),
        (["{text}", "-m", "kt", "-m", "cm", "--tokens", "{folder}/a.html"], "one file under one model, not 1 under 2"),
        (["{text}", "--tokens", "{folder}/there.html"], "exists; overwrite it with -f"),
        (["{folder}/there.html", "--tokens", "{folder}/there.html", "-f"], "is the input itself"),
        (["{text}", "-m", "kt", "--tokens", "{folder}/none/a.jsonl"], "no such folder"),
        (["{text}", "-m", "external:xz", "--tokens", "{folder}/a.jsonl"], "gives no probabilities"),
        (["{text}", "-m", "external:xz", "--tokens", "{folder}/a.html"], "gives no probabilities"),
    ],
)
def test_refusals_write_nothing(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "there.html").write_text("kept")
    assert run(*(argument.format(text=text, folder=tmp_path) for argument in arguments)) == 2
    assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"text", "there.html"}
    assert (tmp_path / "there.html").read_text() == "kept"
