"""`mdlbench corpus`, as a user meets it: tables, JSON, one line for each thing that goes wrong."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from mdlbench.corpora import downloading, known_corpus, registry
from tests.cli.test_cli import run
from tests.corpora.server import Behaviour, serving

CORPUS = "canterbury"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloading, "PAUSE", 0.0)
    return tmp_path / "cache" / "corpora"


@pytest.fixture
def canterbury(shared_data: Path) -> Path:
    return shared_data / "canterbury"


def words_by_name(table: str) -> dict[str, list[str]]:
    """All words of the rows of each name: a wide table has several."""
    rows: dict[str, list[str]] = {}
    for name, *words in (line.split() for line in table.splitlines() if line):
        rows.setdefault(name, []).extend(words)
    return rows


def test_list_shows_every_corpus_and_whether_it_is_here(
    capsys: pytest.CaptureFixture[str], canterbury: Path, cache: Path
) -> None:
    code, out, err = run(capsys, "corpus", "list")
    assert (code, err) == (0, "")
    rows = words_by_name(out)
    assert all(name in rows for name in registry())
    assert rows["enwik8"][:2] == ["100,000,000", "1"]
    assert "no" in rows[CORPUS]
    assert str(cache) in out
    run(capsys, "corpus", "fetch", CORPUS, "--from", canterbury)
    rows = words_by_name(run(capsys, "corpus", "list")[1])
    assert [name for name, row in rows.items() if "yes" in row] == [CORPUS]


def test_list_as_json_is_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in run(capsys, "corpus", "list", "--json")[1].splitlines()]
    assert [line["name"] for line in lines] == list(registry())
    enwik9 = lines[1]
    assert (enwik9["schema"], enwik9["bytes"], enwik9["fetched"]) == ("mdlbench.corpus/1", 10**9, False)
    assert enwik9["files"][0]["md5"] == "e206c3450ac99950df65bf70ef61a12d"
    text8 = next(line for line in lines if line["name"] == "text8")
    assert text8["files"][0]["sha256"] is None  # not known, so not there
    assert all(line["digests_from"] for line in lines)


def test_fetch_path_and_verify(capsys: pytest.CaptureFixture[str], canterbury: Path, cache: Path) -> None:
    code, out, err = run(capsys, "corpus", "fetch", CORPUS, "--from", canterbury)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert out.startswith(f"{CORPUS}: 11 files, 2,810,784 bytes, every digest right (sha256), from ")
    assert "already here" in run(capsys, "corpus", "fetch", CORPUS)[1]
    assert run(capsys, "corpus", "path", CORPUS) == (0, f"{cache / CORPUS}\n", "")
    assert run(capsys, "corpus", "path", f"{CORPUS}/sum")[1] == f"{cache / CORPUS / 'sum'}\n"
    code, out, _ = run(capsys, "corpus", "verify", CORPUS)
    assert (code, out.count(" right"), out.count("sha256, sha1, md5")) == (0, 11, 11)
    spoiled = bytearray((cache / CORPUS / "sum").read_bytes())
    spoiled[100] ^= 1
    (cache / CORPUS / "sum").write_bytes(spoiled)
    code, out, err = run(capsys, "corpus", "verify", CORPUS)
    assert (code, out.count(" right")) == (1, 10)
    assert err.startswith(f"mdlbench: {CORPUS}: sum: sha256 is ")
    assert err.endswith(f"; run: mdlbench corpus fetch {CORPUS}\n")
    (cache / CORPUS / "sum").unlink()
    code, out, err = run(capsys, "corpus", "verify", CORPUS, "--json")
    values, error = map(json.loads, out.splitlines())
    assert (code, values["ok"], error["error"]) == (1, False, "CorpusError")
    assert [file["problem"] for file in values["files"] if file["problem"]] == ["missing"]


def test_fetch_as_json(capsys: pytest.CaptureFixture[str], canterbury: Path, cache: Path) -> None:
    for here in (False, True):
        code, out, err = run(capsys, "corpus", "fetch", CORPUS, "--from", canterbury, "--json")
        values = json.loads(out)
        assert (code, err, values["schema"], values["already_here"]) == (0, "", "mdlbench.corpus-fetch/1", here)
        assert (values["path"], values["bytes"], len(values["files"])) == (str(cache / CORPUS), 2_810_784, 11)
    values = json.loads(run(capsys, "corpus", "path", f"{CORPUS}/sum", "--json")[1])
    assert values["path"] == values["files"][0] == str(cache / CORPUS / "sum")
    assert run(capsys, "corpus", "fetch", CORPUS, "-q") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["path", "enwik8"], 2, "enwik8 is not fetched; run: mdlbench corpus fetch enwik8"),
        (["verify", "enwik8"], 2, "enwik8 is not fetched; run: mdlbench corpus fetch enwik8"),
        (["path", "silesa"], 2, "'silesa' is not a known corpus (did you mean silesia?); these are: enwik8, enwik9, "),
        (["path", "canterbury/alice"], 2, "canterbury has no file 'alice'; its files are: alice29.txt, "),
        (["fetch", "enwik8", "--from", "none"], 2, "none: no such file or folder; --from takes a path or an http address"),
        (["fetch", "enwik8", "text8", "--from", "x"], 2, "--from is the source of one corpus, but 2 are named"),
        (["fetch"], 2, "Missing argument 'NAME...'"),
        (["get"], 2, "No such command 'get'; the commands are: list, fetch, path, verify"),
    ],
)
def test_errors_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str) -> None:
    found, out, err = run(capsys, "corpus", *arguments)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert err.startswith(f"mdlbench: {message}")


def test_a_wrong_file_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, cache: Path) -> None:
    with zipfile.ZipFile(tmp_path / "enwik8.zip", "w") as archive:
        archive.writestr("enwik8", b"not Wikipedia")
    with serving(Behaviour({"/enwik8.zip": (tmp_path / "enwik8.zip").read_bytes()})) as server:
        code, out, err = run(capsys, "corpus", "fetch", "enwik8", "--from", f"{server.address}/enwik8.zip", "--json")
    assert (code, json.loads(out)["error"]) == (1, "CorpusError")
    assert err.endswith("/enwik8.zip: enwik8: 13 bytes, not 100,000,000; it was not kept\n")
    assert not (cache / "enwik8").exists()


@pytest.mark.parametrize("name", ["list", "fetch", "path", "verify"])
def test_every_subcommand_explains_itself(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert f"  {name} " in run(capsys, "corpus", "--help")[1]
    code, out, _ = run(capsys, "corpus", name, "--help")
    assert code == 0
    assert "Example:" in out
    assert f"mdlbench corpus {name}" in out


@pytest.mark.skipif(os.name != "posix", reason="interrupts are sent as POSIX does")
def test_an_interrupted_fetch_keeps_what_came(canterbury: Path, tmp_path: Path, cache: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for file in known_corpus(CORPUS).files:
            archive.write(canterbury / file.name, file.name)
    content = sink.getvalue()
    with serving(Behaviour({"/c.zip": content}, cuts=[300_000], stall=True)) as server:
        command = [sys.executable, "-m", "mdlbench", "corpus", "fetch", CORPUS, "--from", f"{server.address}/c.zip"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not any(part.stat().st_size >= 200_000 for part in cache.glob(".downloads/*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out) == (130, "")
        assert err == f"mdlbench: interrupted; what was downloaded of {CORPUS} is kept, run the same command again to go on\n"
        assert not (cache / CORPUS).exists()
        server.stall = False
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")  # no progress bar in a pipe
    assert server.requests[-1][1] is not None
    assert (cache / CORPUS / "sum").read_bytes() == (canterbury / "sum").read_bytes()
