"""`mdlbench algorithmic`: what it prints, writes and refuses."""

import json
from pathlib import Path

import pytest

from mdlbench.algorithmic import SEQUENCES, Sequence
from mdlbench.cli import main
from mdlbench.result import read


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["algorithmic", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_list_says_what_every_sequence_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--list")
    assert (code, err) == (0, "")
    assert all(f"{name} " in out for name in SEQUENCES)
    assert "A000796" in out
    rows = [json.loads(line) for line in run(capsys, "--list", "--json", "pi", "lcg")[1].splitlines()]
    assert [row["name"] for row in rows] == ["pi", "lcg"]
    assert rows[0]["schema"] == "mdlbench.algorithmic-sequence/1"
    assert rows[0]["program"].startswith("import sys\n")
    assert len(rows[0]["wordings"]) == 4


def test_a_table_of_every_model_beside_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "pi", "squares", "-m", "uniform", "-m", "kt", "-n", 50, "-n", 100)
    assert (code, err) == (0, "")
    assert "Bits spent on each sequence" in out
    assert "Times the bits of the program, best model, as the sequence grows" in out
    assert "800" in out, "100 digits under uniform"
    assert "IDEAL" in out


def test_json_is_an_object_a_sequence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "pi", "primes", "-m", "uniform", "-n", 100, "--json", "--output-path", tmp_path)
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["schema"], row["sequence"]) for row in rows] == [("mdlbench.algorithmic/1", name) for name in ("pi", "primes")]
    (length,) = rows[0]["lengths"]
    assert length["bytes"] == 100
    assert length["codes"][0]["bits"] == 800.0
    assert length["codes"][0]["measured"] == "ideal"
    files = sorted(tmp_path.iterdir())
    assert {read(path).payload.sequence for path in files} == {"pi", "primes"}
    assert all(path.name in err for path in files)


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "pi", "-m", "uniform", "-n", 10, "-q") == (0, "", "")


def test_a_wrong_program_is_an_error_after_what_was_right(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = SEQUENCES["sorted"].program
    monkeypatch.setattr(Sequence, "program", right)
    code, out, err = run(capsys, "sorted", "squares", "-m", "uniform", "-n", 10)
    assert code == 1
    assert "sorted" in out
    assert "squares" not in out
    assert err == (
        "mdlbench: squares: its program prints something else than the sequence from byte 4 on (20 bytes for 26, count 10): "
        "it is no code for it, so there is no figure\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prime"], "no sequence 'prime'; did you mean primes?"),
        (["pi", "-m", "ct"], "no model 'ct'"),
        (["pi", "-n", "0"], "0 is not in the range 1<=x<=100000"),
        (["pi", "-n", "1e3"], "Invalid value for '-n' / '--count': '1e3'"),
        (["pi", "--limit", "0"], "a sequence has 1 to 1,048,576 bytes"),
        (["pi", "--hf", "./nowhere"], "there is no folder nowhere"),
        (["pi", "--plot", "picture.gif"], "--plot picture.gif: name a .png, .svg or .pdf file"),
    ],
)
def test_what_cannot_be_is_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    picture = tmp_path / "sequences.svg"
    assert run(capsys, "pi", "squares", "-m", "kt", "-n", 10, "-n", 50, "-q", "--plot", picture)[0] == 0
    drawn = picture.read_text(encoding="utf8")
    assert all(word in drawn for word in ("squares", "its program", "spent, bits"))
    code, _, err = run(capsys, "pi", "-m", "kt", "-n", 10, "-q", "--plot", picture)
    assert (code, "exists; overwrite it with -f" in err) == (2, True)


def test_sentences_before_a_sequence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.models.tiny import tiny_model

    folder = tiny_model(tmp_path / "net", context=256)
    asked = ("pi", "-m", "uniform", "-n", 50, "--hf", folder, "--limit", 20)
    code, out, _ = run(capsys, *asked)
    assert code == 0
    assert "What a sentence about the sequence saves hf:" in out
    rows = [json.loads(line) for line in run(capsys, *asked, "--json")[1].splitlines()]
    assert [row["schema"] for row in rows] == ["mdlbench.algorithmic/1", "mdlbench.algorithmic-description/1"]
    assert rows[1]["bytes"] == 20
    assert rows[1]["control"] == "e"
