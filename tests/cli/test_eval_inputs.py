"""What `mdlbench eval` takes: files, pipes, folders, slices, corpora, data sets."""

import json
import os
import threading
from pathlib import Path

import pytest

from mdlbench.cli import main
from mdlbench.models import load_model

FIRST, SECOND = b"the cat sat on the mat. " * 20, b"and the dog on the log. " * 10


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("folder/a").write_bytes(FIRST)
    Path("folder/b").write_bytes(SECOND)
    Path("texts").mkdir()
    Path("texts/train.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in ("one", "two", "three")), encoding="utf8"
    )
    return tmp_path


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    with pytest.raises(SystemExit) as stop:
        main(["eval", "-m", "kt", "--json", *arguments])
    said = capsys.readouterr()
    assert stop.value.code == 0, said.err
    return json.loads(said.out)


def bits(*texts: bytes) -> float:
    return sum(float(found.sum()) for text in texts for found in load_model("kt").code_length([text]))


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["folder/a"], [FIRST]),
        (["folder"], [FIRST, SECOND]),
        (["folder", "--limit", "100"], [FIRST[:100], SECOND[:100]]),
        (["folder/a:10:50"], [FIRST[10:50]]),
        (["folder/a:10:50", "--limit", "5"], [FIRST[10:15]]),
    ],
)
def test_what_is_named_is_what_is_measured(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], texts: list[bytes]
) -> None:
    found = evaluated(capsys, *arguments)
    assert found["input"] == arguments[0]
    assert found["input_bytes"] == found["symbols"] == sum(map(len, texts))
    assert found["ideal_bits"] == pytest.approx(bits(*texts), abs=1e-9)
    assert found["device"] == "cpu"


def test_a_pipe_has_no_size_and_is_read_to_its_end(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(FIRST))
    writer.start()
    assert evaluated(capsys, "pipe")["ideal_bits"] == pytest.approx(bits(FIRST))
    writer.join()


def test_a_data_set(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("datasets")
    found = evaluated(capsys, "hfds:./texts,column=text")
    assert found["ideal_bits"] == pytest.approx(bits(b"one\n\ntwo\n\nthree"))


def test_nothing_of_that_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["eval", "nosuch", "-m", "kt"])
    assert stop.value.code == 1
    assert "nosuch: no such corpus, file or folder" in capsys.readouterr().err


def test_a_limit_over_a_folder_says_what_was_cut(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the whole of a small file is not called its own first bytes."""
    titles = {("folder", "30"): "first 30 bytes of each of 2 files, 60 bytes in all", ("folder/a", "480"): "480 bytes"}
    for (text, limit), part in titles.items():
        with pytest.raises(SystemExit, match="0"):
            main(["eval", text, "-m", "uniform", "--limit", limit])
        assert capsys.readouterr().out.startswith(f"{text}, {part}: ideal code length\n")
