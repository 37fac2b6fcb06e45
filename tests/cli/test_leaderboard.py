"""`mdlbench leaderboard`: what it prints, its exit codes, and a run that is killed midway and goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mdlbench.leaderboard import Row
from mdlbench.result import Found
from tests.cli.test_cli import run
from tests.leaderboard.made import changed, document_of, written

Measured = tuple[Path, dict[str, Found[Row]]]


@pytest.fixture(autouse=True)
def _own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdlbench.leaderboard.index.cache_dir", lambda: tmp_path / "cache")


def test_run_tells_of_every_cell_and_ends_with_the_table(measured: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, rows = measured
    options = ("-m", "cm,level=1", "-m", "external:gzip", "--repeat", 1, "--output-path", corpus.parent / "results")
    code, out, err = run(capsys, "leaderboard", "run", "-C", corpus, *options)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("[1/2] words.txt, cm,level=1: ")
    assert lines[0].endswith(f"1 repeat (measured before)  [→ {rows['cm,level=1'].path}]")
    assert "bits per byte, encode " in lines[0]
    assert lines[3] == "words.txt, 52,098 bytes"
    assert any(line.split()[:2] == ["1", "cm,level=1"] for line in lines)
    code, out, _ = run(capsys, "leaderboard", "run", "-C", corpus, *options, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(event["kind"], event["model"]) for event in told] == [("skipped", "cm,level=1"), ("skipped", "external:gzip")]


def test_run_refuses_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"abc")
    assert run(capsys, "leaderboard", "run", "-C", text)[0] == 2
    code, _, err = run(capsys, "leaderboard", "run", "-C", text, "-m", "nosuch", "--output-path", tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "no model 'nosuch'" in err
    code, _, err = run(
        capsys, "leaderboard", "run", "-C", text, "-m", "cm", "--device", "gpu", "--output-path", tmp_path / "out"
    )
    assert (code, err.count("\n")) == (2, 1)
    assert "'auto', 'cpu', 'cuda'" in err
    code, _, err = run(capsys, "leaderboard", "run", "-m", "cm")
    assert code == 2
    assert "--corpus" in err
    assert not (tmp_path / "out").exists()


def test_a_cell_that_fails_gives_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "lzip"
    program.write_text("#!/bin/sh\necho disk on fire >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    text = tmp_path / "text"
    text.write_bytes(b"abc" * 50)
    code, out, err = run(capsys, "leaderboard", "run", "-C", text, "-m", "external:lzip", "--output-path", tmp_path / "out")
    assert (code, out) == (1, "")
    assert err.startswith("mdlbench: text, external:lzip: lzip failed with exit code 3: disk on fire")
    assert not (tmp_path / "out").exists()


def test_show_formats(measured: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    folder = measured[0].parent / "results"
    code, out, err = run(capsys, "leaderboard", "show", folder, "--sort", "adjusted", "--published")
    assert (code, err) == (0, "")
    assert "published by others, not measured here" in out
    for form, start in (("markdown", "**words.txt"), ("csv", "table,rank,path"), ("json", "{"), ("html", "<!doctype html>")):
        code, out, _ = run(capsys, "leaderboard", "show", folder, "--format", form)
        assert code == 0
        assert out.startswith(start)


def test_show_names_what_is_no_row_and_goes_on(measured: Measured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "results"
    row = written(folder, document_of(measured[1]["uniform"]))
    (row.parent / "broken\x1b.json").write_text("{")
    code, out, err = run(capsys, "leaderboard", "show", folder)
    assert code == 0
    assert "uniform" in out
    assert "left out: " in err
    assert "broken\\x1b.json: not JSON" in err
    code, _, err = run(capsys, "leaderboard", "show", tmp_path / "nowhere")
    assert code == 2
    assert "no such folder" in err


def test_check_names_row_and_field(measured: Measured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "results"
    shutil.copytree(measured[0].parent / "results", folder)
    code, out, _ = run(capsys, "leaderboard", "check", folder)
    assert (code, out) == (0, f"{folder}: 4 rows, none with problems\n")
    (path,) = (folder / "words.txt" / "uniform").iterdir()
    path.write_text(path.read_text().replace('"ratio": 0.9', '"ratio": 0.8'))
    code, out, _ = run(capsys, "leaderboard", "check", folder)
    assert code == 1
    assert out.startswith(f"{path}: ratio: 0.8")
    assert f"{path}: seal: " in out
    assert out.endswith("4 rows, 1 with problems\n")
    code, out, _ = run(capsys, "leaderboard", "check", folder, "--json")
    found = {event["path"]: {problem["field"] for problem in event["problems"]} for event in map(json.loads, out.splitlines())}
    assert code == 1
    assert found.pop(str(path)) == {"ratio", "seal"}
    assert not any(found.values())


def test_check_or_show_of_no_rows_is_no_success(measured: Measured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, Path(measured[1]["uniform"].path).parent):  # an empty folder, and one too deep
        code, out, err = run(capsys, "leaderboard", "check", folder)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"{folder}: no rows here" in err
        assert run(capsys, "leaderboard", "show", folder) == (code, out, err)


def test_check_replays(measured: Measured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, rows = measured
    code, out, _ = run(capsys, "leaderboard", "check", corpus.parent / "results", "--replay", "-C", corpus)
    assert code == 0
    assert "coded again: 4 the same, 0 different, 0 not replayed" in out
    code, out, _ = run(capsys, "leaderboard", "check", corpus.parent / "results", "--replay")
    assert code == 1, "the bytes are not here, so nothing was coded again"
    assert "coded again: 0 the same, 0 different, 4 not replayed" in out
    document = document_of(rows["uniform"])
    forged = changed(
        document,
        archives=[{**document["archives"][0], "sha256": "0" * 64}],
        decode_log=[{**document["decode_log"][0], "archive_sha256": "0" * 64}],
    )
    row = written(tmp_path / "results", forged)
    assert run(capsys, "leaderboard", "check", tmp_path / "results")[0] == 0, "sealed anew, it looks right"
    code, out, _ = run(capsys, "leaderboard", "check", tmp_path / "results", "--replay", "-C", corpus)
    assert code == 1
    assert f"{row}: different: archives" in out
    assert run(capsys, "leaderboard", "check", tmp_path / "results", "-C", corpus)[0] == 2


def test_compare(measured: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, rows = measured
    where = ("--results", corpus.parent / "results")
    code, out, err = run(capsys, "leaderboard", "compare", "cm,level=1", rows["uniform"].path, *where)
    assert (code, err) == (0, "")
    assert out.startswith("cm,level=1 is better than uniform by ")
    assert "in 408 of 408 units" in out
    assert "Lazarus et al. 2018" in out
    code, out, _ = run(capsys, "leaderboard", "compare", "cm,level=1", "uniform", *where, "--json")
    found = json.loads(out)
    assert found["low"] <= found["difference"] <= found["high"] < 0
    assert found["reason"] is None
    code, _, err = run(capsys, "leaderboard", "compare", "cm,level=1", "external:xz", *where)
    assert (code, err.count("\n")) == (1, 1)
    assert "not available" in err


def test_killed_midway_and_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the first row, the run and then every process it started are gone; the next run measures only the rest."""
    text = tmp_path / "text"
    text.write_bytes(b"to be or not to be. " * 20)
    arguments = ["leaderboard", "run", "-C", str(text), "-m", "uniform", "-m", "cm,level=1", "--repeat", "1", "--output-path"]
    command = [sys.executable, "-m", "mdlbench", *arguments, str(tmp_path / "out")]
    environment = {**os.environ, "MDLBENCH_TEST_MARK": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("[1/2] text, uniform: ")
        process.send_signal(signal.SIGKILL)
        process.wait()
    rows = sorted(path.parent.name for path in (tmp_path / "out").rglob("*.json"))
    assert rows == ["uniform"]
    _wait_until_nothing_has(str(tmp_path))
    code, out, _ = run(capsys, *arguments, tmp_path / "out", "--json")
    assert code == 0
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["skipped", "finished"]
    assert run(capsys, "leaderboard", "check", tmp_path / "out")[0] == 0


def test_interrupted_midway(tmp_path: Path) -> None:
    """The row being measured leaves nothing, and one line says what stays."""
    text = tmp_path / "text"
    text.write_bytes(b"to be or not to be. " * 20)
    command = [sys.executable, "-m", "mdlbench", "leaderboard", "run", "-C", str(text), "-m", "uniform", "-m", "cm,level=1"]
    command += ["--repeat", "1000", "--repeat-seconds", "1", "--output-path", str(tmp_path / "out")]
    environment = {**os.environ, "MDLBENCH_TEST_MARK": str(tmp_path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "interrupted; 1 finished row in " in err
    assert len(list((tmp_path / "out").rglob("*.json"))) == 1
    _wait_until_nothing_has(str(tmp_path))
    assert not list(tmp_path.glob("mdlbench-*")), "temporary files are gone"


def _wait_until_nothing_has(mark: str) -> None:
    """Wait, half a minute at most, until no process has this mark in its environment."""
    psutil = pytest.importorskip("psutil")
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if not [p for p in psutil.process_iter() if p.pid != os.getpid() and _marked(psutil, p, mark)]:
            return
        time.sleep(0.1)
    raise AssertionError("a process that was measured outlived its run")


def _marked(psutil: object, process: object, mark: str) -> bool:
    try:
        return process.environ().get("MDLBENCH_TEST_MARK") == mark and process.status() != "zombie"  # type: ignore[attr-defined]
    except (psutil.Error, OSError):  # type: ignore[attr-defined]
        return False
