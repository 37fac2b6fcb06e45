"""Coding again: archives come out the same, or the row is named; what cannot be tried says why."""

import shutil
from pathlib import Path

import pytest

from mdlbench.errors import UsageError
from mdlbench.leaderboard import Row, replay
from mdlbench.result import Found
from tests.leaderboard.made import changed, document_of, row_of

Measured = tuple[Path, dict[str, Found[Row]]]


def test_exact_models_give_the_same_archives(measured: Measured) -> None:
    corpus, rows = measured
    done = replay(list(rows.values()), [str(corpus)])
    assert [replayed.outcome for replayed in done] == ["same"] * 4
    assert [str(replayed.path) for replayed in done] == [row.path for row in rows.values()]


def test_the_bytes_may_be_part_of_a_larger_file_of_another_name(measured: Measured, tmp_path: Path) -> None:
    corpus, rows = measured
    larger = tmp_path / "larger"
    larger.write_bytes(corpus.read_bytes() + b"more")
    (done,) = replay([rows["uniform"]], [str(larger)])
    assert done.outcome == "same"


def test_an_archive_that_comes_out_otherwise_is_told(measured: Measured) -> None:
    document = document_of(measured[1]["uniform"])
    archives = [{**document["archives"][0], "sha256": "0" * 64}]
    (done,) = replay([row_of(changed(document, archives=archives), "the-row.json")], [str(measured[0])])
    assert (done.path.name, done.outcome) == ("the-row.json", "different")
    assert "words.txt has SHA-256 " in done.text


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"model__portability": "environment"}, "is no exact model"),
        ({"repeats__same_archives": False}, "such as the time"),
        ({"model__version": "0.1"}, "uniform was 0.1, here it is None"),
        ({"model__digest": "0" * 16}, "has another digest here"),
        ({"model__spec": "nosuch"}, "no model 'nosuch'"),
        ({"model__spec": "./my.py:Counts"}, "./my.py:Counts is code of somebody's own: a row does not have it run"),
    ],
)
def test_why_a_row_is_not_replayed(edit: dict[str, object], reason: str, measured: Measured) -> None:
    row = row_of(changed(document_of(measured[1]["uniform"]), **edit))
    (done,) = replay([row], [str(measured[0])])
    assert done.outcome == "not replayed"
    assert reason in done.text


def test_bytes_that_are_not_here(measured: Measured, tmp_path: Path) -> None:
    (done,) = replay([measured[1]["uniform"]])
    assert (done.outcome, "name them with -C" in done.text) == ("not replayed", True)
    other = tmp_path / "words.txt"
    shutil.copy(measured[0], other)
    other.write_bytes(other.read_bytes()[:-1] + b"!")
    (done,) = replay([measured[1]["uniform"]], [str(other)])
    assert done.outcome == "not replayed"
    with pytest.raises(UsageError, match="no such corpus"):
        replay([], ["nowhere"])


def test_a_program_known_to_write_the_time_is_not_replayed_even_if_it_was_coded_once(
    measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zpaq").write_text("#!/bin/sh\n")
    (tmp_path / "zpaq").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    row = row_of(changed(document_of(measured[1]["external:gzip"]), model__spec="external:zpaq"))
    (done,) = replay([row], [str(measured[0])])
    assert (done.outcome, "such as the time" in done.text) == ("not replayed", True)
