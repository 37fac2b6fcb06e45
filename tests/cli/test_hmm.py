"""`mdlbench hmm list`, `entropy` and `generate`: what they print, and what they refuse."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mdlbench.cli import main
from mdlbench.cli.hmm import entropy
from mdlbench.processes import ZOO, Process, find
from mdlbench.processes.information import Analysis, analyse


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of progress on a machine that is busy."""
    monkeypatch.setattr(entropy, "_PATIENCE", 1e6)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mdlbench hmm ...`."""
    with pytest.raises(SystemExit) as stop:
        main(["hmm", *map(str, arguments)])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_list_names_every_source(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "list")
    assert (code, err) == (0, "")
    assert all(f"\n{name} " in out for name in ZOO)
    code, out, _ = run(capsys, "list", "mess3")
    assert code == 0
    assert "arXiv:2405.15943" in out
    assert "0.765" in out
    rows = [json.loads(line) for line in run(capsys, "list", "--json")[1].splitlines()]
    assert {row["process"] for row in rows} >= set(ZOO)
    assert next(row for row in rows if row["process"] == "rrxor")["unifilar"] is True


def test_entropy_prints_bounds_that_enclose_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "entropy", "golden-mean", "--param", "p=0.5")
    assert code == 0
    line = next(line for line in out.splitlines() if line.startswith("entropy rate h:"))
    low, high = (float(word) for word in line.split(": ")[1].split(" bits")[0].split(" .. "))
    assert low <= 2 / 3 <= high
    assert "mixed states: 3, 1 transient and 2 recurrent (exact rationals)" in out
    values = json.loads(run(capsys, "entropy", "sns", "--param", "p=0.5", "--contexts", "4", "--json")[1])
    assert values["schema"] == "mdlbench.entropy/1"
    assert len(values["myopic_entropies"]) == 4
    assert values["entropy_rate"]["lower"] <= 0.677867181055153 <= values["entropy_rate"]["upper"]


def test_entropy_of_an_own_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.toml"
    path.write_text('name = "own"\nedges = [["A", 0, "A", "1/2"], ["A", 1, "B", "1/2"], ["B", 0, "A", 1]]\n')
    code, out, _ = run(capsys, "entropy", path, "--json")
    assert code == 0
    assert json.loads(out)["excess_entropy"]["value"] == pytest.approx(0.2516291674, abs=1e-9)


def test_symbols_that_never_occur_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.toml"
    for last, said in ((3, "symbols 1, 2 never occur"), (2, "symbol 1 never occurs")):
        path.write_text(f'edges = [["A", 0, "A", "1/2"], ["A", {last}, "A", "1/2"]]\n')
        assert run(capsys, "entropy", path)[2] == f"mdlbench: {path}: {said}\n"
    path.write_text('edges = [["A", 0, "A", "1/2"], ["A", 1, "A", "1/2"]]\n')
    assert run(capsys, "entropy", path)[2] == ""


@pytest.mark.parametrize("quietly", [(), ("--json",)])
def test_what_takes_long_says_so(
    quietly: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Off a terminal too, in fewer lines the longer it takes; not beside JSON, nor of what is soon done."""

    def slowly(process: Process, contexts: int, gap: float | None, report: Callable[[str], None]) -> Analysis:
        report("thinking")
        time.sleep(1.0)
        return analyse(process, contexts, gap)

    monkeypatch.setattr(entropy, "analyse", slowly)
    assert run(capsys, "entropy", "coin", *quietly)[2] == ""
    monkeypatch.setattr(entropy, "_PATIENCE", 0.3)
    lines = run(capsys, "entropy", "coin", *quietly)[2].splitlines()
    assert (lines == []) == bool(quietly)
    assert all(line.startswith("mdlbench: coin: thinking, after ") for line in lines)
    assert len(lines) <= 3


def test_entropy_is_kept_for_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "entropy", "even", "--json", "--output-path", tmp_path)
    (written,) = tmp_path.iterdir()
    assert (code, err) == (0, f"wrote {written}\n")
    kept = json.loads(written.read_text())
    assert kept["schema"] == "mdlbench.hmm-entropy/1"
    assert kept["entropy_rate"] == json.loads(out)["entropy_rate"]
    assert kept["curves"]["upper"][:2] == pytest.approx(kept["myopic_entropies"][:2])


def test_every_source_is_a_row(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdlbench.cli.hmm.entropy.ZOO", {"even": ZOO["even"], "z1r": ZOO["z1r"]})
    monkeypatch.setattr("mdlbench.cli.hmm.entropy.COMPOSED", ())
    code, out, err = run(capsys, "entropy", "--all")
    assert (code, err) == (0, "")
    assert re.search(r"^even p=0\.5 +0\.666666666667 +9e−15 +0\.918295834$", out, re.M)
    assert re.search(r"^even p=0\.5 +0\.918295834 +4 +closed form: unifilar$", out, re.M), "what does not fit goes on below"
    assert re.search(r"^z1r p=0\.5 +0\.333333333333 ", out, re.M)


def test_pictures_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("z1r", "sns", "frdn", "period"):
        picture = tmp_path / f"{name}.png"
        assert run(capsys, "entropy", name, "--plot", picture)[0] == 0
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size > 20_000
    code, _, err = run(capsys, "entropy", "z1r", "--plot", tmp_path / "z1r.png")
    assert code == 2
    assert "exists; overwrite it with -f" in err
    assert run(capsys, "entropy", "z1r", "--plot", tmp_path / "z1r.svg")[0] == 0
    drawn = (tmp_path / "z1r.svg").read_text()
    assert drawn.startswith("<svg")
    assert "z1r p=0.5" in drawn
    assert run(capsys, "entropy", "z1r", "--plot", tmp_path / "z1r.pdf")[0] == 0
    assert (tmp_path / "z1r.pdf").read_bytes().startswith(b"%PDF")


def test_entropy_says_what_it_did_not_reach(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "entropy", "post-quantum", "--gap", "1e-12")
    (gap,) = re.findall(r"\(gap (\S+)\)", out)
    assert err == f"mdlbench: post-quantum: the bounds came no closer than {gap} bits\n"


def test_generate_writes_the_symbols(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "f.bin"
    code, out, _ = run(capsys, "generate", "mess3", "-n", "10k", "--seed", "3", "-o", target)
    assert code == 0
    assert "mess3: 10,000 symbols, seed 3" in out
    np.testing.assert_array_equal(np.frombuffer(target.read_bytes(), np.uint8), find("mess3").generate(10_000, 3))
    code, _, err = run(capsys, "generate", "mess3", "-n", "10k", "-o", target)
    assert code == 2
    assert "exists; overwrite it with -f" in err
    assert run(capsys, "generate", "sns", "-n", "1k", "-o", target, "-f", "-q")[:2] == (0, "")
    assert target.stat().st_size == 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.bin"]


def test_generate_checks_against_the_entropy_rate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "generate", "golden-mean", "-n", "100k", "--check", "-o", tmp_path / "g", "--json")[1]
    values = json.loads(out)
    assert values["expected_bits"] == pytest.approx(100_000 * 2 / 3 + 0.2516291674)
    assert values["interval_95"][0] <= values["ideal_bits"] <= values["interval_95"][1]
    assert values["inside"] is True
    short = json.loads(run(capsys, "generate", "sns", "-n", "50", "--check", "-o", tmp_path / "s", "--json")[1])
    assert (short["expected_bits"], short["inside"]) == (None, None)


def test_generate_to_standard_output_and_through_the_codec(tmp_path: Path) -> None:
    mdlbench = [sys.executable, "-m", "mdlbench"]
    drawn = subprocess.run([*mdlbench, "hmm", "generate", "rrxor", "-n", "20k", "-o", "-"], capture_output=True, check=True)
    assert drawn.stdout == find("rrxor").generate(20_000).tobytes()
    assert b"rrxor: 20,000 symbols" in drawn.stderr
    path = tmp_path / "r.bin"
    path.write_bytes(drawn.stdout)
    done = subprocess.run([*mdlbench, "verify", path, "-m", "hmm:rrxor", "--json"], capture_output=True, check=True)
    values = json.loads(done.stdout)
    assert values["verified"] is True
    assert abs(8 * values["output_bytes"] - (20_000 * 2 / 3 + 2.2516)) < 8 * 64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["entropy"], "name one PROCESS, or give --all"),
        (["entropy", "mess4"], "did you mean mess3"),
        (["entropy", "mess3", "--param", "x"], "--param x: write KEY=VALUE"),
        (["entropy", "mess3", "--param", "x=1", "--param", "x=2"], "given twice"),
        (["entropy", "mess3", "--param", "x=0.9"], "choose a number above 0 and below 0.5"),
        (["entropy", "coin", "--all"], "name one PROCESS, or give --all"),
        (["entropy", "--all", "--param", "p=0.1"], "--all takes no --param"),
        (["entropy", "coin", "--plot", "x.gif"], "name a .png, .svg or .pdf"),
        (["generate", "coin", "-o", "f"], "Missing option"),
        (["generate", "coin", "-n", "lots", "-o", "f"], "not a size"),
        (["generate", "coin", "-n", "10", "-o", "no/such/f"], "no such folder"),
        (["generate", "coin", "-n", "10", "-o", "."], "is a folder; name a file in it with -o"),
        (["entropy", "coin", "--plot", "no/such/x.png"], "no/such: no such folder; make it first"),
        (["draw"], "the commands are: list, entropy, generate"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_every_command_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("list", "entropy", "generate"):
        assert "Example:" in run(capsys, name, "--help")[1]
