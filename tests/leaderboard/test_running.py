"""Cells measured for real, on small inputs: what a row says is so, and what makes a row count for --resume."""

import hashlib
import stat
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import mdlbench
from mdlbench.corpora import find_corpus
from mdlbench.errors import ResultError, SpecError, UsageError, VerificationError
from mdlbench.leaderboard import Config, Event, Row, check, replay, run
from mdlbench.leaderboard.baselines import baselines
from mdlbench.leaderboard.cell import Cell, Repeat, check_units, hold_against, wants_more
from mdlbench.leaderboard.checking import problems
from mdlbench.leaderboard.result import Archive, Decoding
from mdlbench.leaderboard.running import existing, plan
from mdlbench.models import load_model
from mdlbench.models.base import Description
from mdlbench.result import Found
from tests.leaderboard.made import changed, document_of, written

Measured = tuple[Path, dict[str, Found[Row]]]


def test_a_row_says_what_is_so(measured: Measured) -> None:
    corpus, rows = measured
    data = corpus.read_bytes()
    row = document_of(rows["cm,level=1"])
    container = mdlbench.compress(data, "cm,level=1")
    assert row["container_bytes"] == len(container)
    assert row["archives"][0]["sha256"] == hashlib.sha256(container).hexdigest()
    assert row["decode_log"][0]["output_sha256"] == row["corpus"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert row["bits_per_byte"] == pytest.approx(8 * len(container) / len(data))
    assert row["ideal_bits"] == pytest.approx(mdlbench.code_length(data, "cm,level=1"), rel=1e-9)
    lengths = load_model("cm,level=1").code_length([data])[0]
    unit = row["units"]["unit_bytes"]
    expected = [lengths[at : at + unit].sum() for at in range(0, len(data), unit)]
    assert row["units"]["ideal_bits"] == pytest.approx(expected, abs=6e-4)
    assert (row["device"], row["threads"], row["jobs"], row["baseline"], row["published"]) == ("cpu", 1, 1, False, False)


def test_costs_are_of_whole_processes(measured: Measured) -> None:
    for row in measured[1].values():
        for way in ("encode", "decode"):
            timing = document_of(row)[way]
            assert 0 < timing["median_coding_seconds"] < timing["median_wall_seconds"]
            assert timing["cpu_seconds"][0] > 0
            assert timing["peak_bytes"] > 10e6, "an interpreter with numpy needs that much"


def test_external_programs_have_no_ideal_bits_and_say_their_version(measured: Measured) -> None:
    row = document_of(measured[1]["external:gzip"])
    assert (row["ideal_bits"], row["ideal_bits_per_byte"], row["units"]) == (None, None, None)
    assert row["model"]["version"].startswith("Python 3")


def test_the_break_even_size_is_against_xz_on_the_same_bytes(measured: Measured) -> None:
    rows = {spec: document_of(row) for spec, row in measured[1].items()}
    xz, cm = rows["external:xz"], rows["cm,level=1"]
    assert xz["adjusted"]["break_even_bytes"] is None
    assert cm["adjusted"]["against_bits_per_byte"] == 8 * xz["ledger"]["bytes"]["payloads"] / xz["input_bytes"]
    assert load_model("cm,level=1").description().code == cm["adjusted"]["code"]
    assert cm["adjusted"]["break_even_bytes"] is None, "further than ten times what was measured"
    light = changed(cm, ledger__beside={"model_bytes": {"cm,level=1": asdict(Description(code=5000))}})
    payload, size = cm["ledger"]["bytes"]["payloads"] / cm["input_bytes"], light["adjusted"]["break_even_bytes"]
    fixed = 5000 + cm["container_bytes"] - cm["ledger"]["bytes"]["payloads"]
    assert payload * size + fixed == pytest.approx(cm["adjusted"]["against_bits_per_byte"] / 8 * size, rel=1e-4)


def test_every_row_passes_the_check(measured: Measured) -> None:
    verdicts = check(measured[0].parent / "results")
    assert [verdict.problems for verdict in verdicts] == [()] * 4


def test_several_files_are_separate_archives_of_one_row(tmp_path: Path) -> None:
    """One of them incompressible: its block is stored raw, and its units cost 8 bits a byte."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"to be or not to be. " * 300)
    (folder / "b.bin").write_bytes(np.random.default_rng(1).bytes(5000))
    outcome = run(Config((str(folder),), ("cm,level=1",), repeat=1, output_path=str(tmp_path / "out")))
    (row,) = [document_of(row) for row in outcome.finished]
    assert [archive["name"] for archive in row["archives"]] == ["a.txt", "b.bin"]
    assert row["input_bytes"] == 11_000
    assert row["ledger"]["bytes"]["raw_blocks"] == 5000
    assert row["units"]["unit_bytes"] == 64
    raw = row["units"]["ideal_bits"][-(-6000 // 64) :]
    assert raw == pytest.approx([8 * 64] * (len(raw) - 1) + [8 * (11_000 % 64)], abs=1e-3)
    assert sum(row["units"]["ideal_bits"]) == pytest.approx(row["ideal_bits"], abs=5e-4 * len(row["units"]["ideal_bits"]))
    assert len(row["units"]["ideal_bits"]) == -(-11_000 // 64)
    assert not problems(row)


def test_a_slice_in_imposed_blocks(measured: Measured, tmp_path: Path) -> None:
    corpus, _ = measured
    config = Config((f"{corpus}:1000:6000",), ("uniform",), repeat=2, output_path=str(tmp_path), block_size=2048)
    (row,) = [document_of(row) for row in run(config).finished]
    assert (row["corpus"]["start"], row["corpus"]["end"], row["input_bytes"]) == (1000, 6000, 5000)
    assert row["corpus"]["sha256"] == hashlib.sha256(corpus.read_bytes()[1000:6000]).hexdigest()
    assert row["model"]["policies"][0]["block_size"] == row["block_size"]["used"] == 2048
    assert row["repeats"] == {"asked": 2, "done": 2, "limit_seconds": 30.0, "same_archives": True}
    assert len(row["encode"]["wall_seconds"]) == len(row["decode"]["cpu_seconds"]) == 2
    assert not problems(row)


def test_a_second_run_skips_what_is_there(measured: Measured) -> None:
    corpus, rows = measured
    events: list[Event] = []
    config = Config((str(corpus),), ("uniform", "external:gzip"), repeat=1, output_path=str(corpus.parent / "results"))
    outcome = run(config, events.append)
    assert not outcome.finished
    assert [row.path for row in outcome.skipped] == [rows["uniform"].path, rows["external:gzip"].path]
    assert [(event.kind, event.number, event.total) for event in events] == [("skipped", 1, 2), ("skipped", 2, 2)]


def test_what_makes_a_row_count(measured: Measured, tmp_path: Path) -> None:
    corpus, rows = measured
    document, model = document_of(rows["uniform"]), load_model("uniform")
    found = find_corpus(str(corpus))
    cell = Cell(found, "uniform", repeat=1)
    written(tmp_path, changed(document, provenance__commit="another"))
    assert existing(str(tmp_path), cell, model) is not None
    for other in (
        Cell(found, "uniform", repeat=2),
        Cell(found, "uniform", repeat=1, jobs=2),
        Cell(found, "uniform", repeat=1, block_size=4096),
        Cell(find_corpus(str(corpus), 5000), "uniform", repeat=1),
    ):
        assert existing(str(tmp_path), other, model) is None
    assert existing(str(tmp_path), Cell(found, "uniform", repeat=9, repeat_seconds=0.001), model) is not None
    for edit in ({"provenance__processor": "another"}, {"model__version": "2"}, {"device": "cuda"}):
        written(tmp_path, changed(document, **edit))
        assert existing(str(tmp_path), cell, model) is None, edit
    written(tmp_path, document | {"container_bytes": 1})
    assert existing(str(tmp_path), cell, model) is None, "a row that does not pass the check"


def test_when_another_repeat_begins() -> None:
    assert [wants_more(done, 10.0 * done, 3, 30.0) for done in (1, 2, 3)] == [True, True, False]
    assert not wants_more(1, 30.0, 3, 30.0)


def fake_program(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A program called lzip, in front of everything else in PATH."""
    path = folder / "lzip"
    path.write_text(f"#!{sys.executable}\nimport os, sys\ndata = sys.stdin.buffer.read()\nout = sys.stdout.buffer\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_cell_that_fails_is_told_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(tmp_path, monkeypatch, "print('disk on fire', file=sys.stderr)\nsys.exit('-d' in sys.argv)")
    text = tmp_path / "text"
    text.write_bytes(b"abc" * 100)
    outcome = run(Config((str(text),), ("external:lzip", "uniform"), repeat=1, output_path=str(tmp_path / "out")))
    ((spec, error),) = outcome.failed
    assert spec == "external:lzip"
    assert "disk on fire" in str(error)
    assert [document_of(row)["model"]["spec"] for row in outcome.finished] == ["uniform"]
    assert sorted(path.name for path in (tmp_path / "out" / "text").iterdir()) == ["uniform"]


def test_a_program_that_writes_the_time_is_measured_but_not_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file begins with eight bytes that are never the same."""
    body = "import zlib\nout.write(zlib.decompress(data[8:]) if '-d' in sys.argv else os.urandom(8) + zlib.compress(data))"
    fake_program(tmp_path, monkeypatch, body)
    monkeypatch.setattr("mdlbench.models.external.programs.Program.version", lambda self: "fake 1")
    text = tmp_path / "text"
    text.write_bytes(b"abcd" * 75)
    outcome = run(Config((str(text),), ("external:lzip",), repeat=2, output_path=str(tmp_path / "out")))
    assert not outcome.failed
    (row,) = outcome.finished
    assert document_of(row)["repeats"]["same_archives"] is False
    assert not problems(document_of(row))
    (done,) = replay(outcome.finished, [str(text)])
    assert (done.outcome, "such as the time" in done.text) == ("not replayed", True)


def decoding(digest: str) -> Decoding:
    return Decoding(("python",), 0, "0" * 64, digest, 1, 0.1, "3", fresh_process=True)


def archive(digest: str) -> Archive:
    return Archive("words.txt", 1, 1, digest)


def test_what_does_not_come_back_makes_no_row(measured: Measured) -> None:
    cell, model = Cell(find_corpus(str(measured[0])), "uniform"), load_model("uniform")
    log = [decoding(cell.corpus.sha256())]
    hold_against(cell, model, [Repeat(decode_log=log, archives=[archive("a")])])
    with pytest.raises(VerificationError, match=r"uniform: words.txt does not come back from its archive; no row"):
        hold_against(cell, model, [Repeat(decode_log=[decoding("0" * 64)])])
    twice = [Repeat(decode_log=log, archives=[archive(text)]) for text in "ab"]
    with pytest.raises(VerificationError, match=r"coding words.txt twice gave different archives; no row"):
        hold_against(cell, model, twice)


def test_units_that_do_not_sum_to_the_ledger_make_no_row() -> None:
    check_units(load_model("uniform"), 1e6 + 1e-4, 1e6)
    with pytest.raises(ResultError, match=r"sum to 1000000\.010000 bits, the ledger to 1000000\.000000; no row"):
        check_units(load_model("uniform"), 1e6 + 1e-2, 1e6)


def test_mistakes_end_a_run_before_anything_is_measured(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"abc")
    with pytest.raises(UsageError, match="nothing to measure"):
        run(Config((str(text),), output_path=str(tmp_path / "out")))
    with pytest.raises(SpecError, match="no model 'nosuch'"):
        run(Config((str(text),), ("uniform", "nosuch"), output_path=str(tmp_path / "out")))
    with pytest.raises(UsageError, match="no such corpus"):
        run(Config((str(text), "nowhere"), ("uniform",), output_path=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_ends_a_run_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"abc")
    monkeypatch.setattr("mdlbench.leaderboard.running.measure", lambda *_: pytest.fail("measured"))
    for folder in (text, text / "below", tmp_path / "link"):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to("nowhere")
        with pytest.raises(UsageError, match="is no folder; name another with --output-path"):
            run(Config((str(text),), ("uniform",), output_path=str(folder)))
    assert text.read_bytes() == b"abc"


def test_the_yardstick_comes_first_and_nothing_twice(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"abc")
    cells = [cell for cell, _ in plan(Config((str(text),), ("kt,order=0", "kt"), baselines="fast"))]
    specs = [cell.spec for cell in cells]
    assert specs[:2] == ["external:xz", "kt"]
    assert len(set(specs)) == len(specs)
    assert [cell.baseline for cell in cells[:2]] == [True, False]


def test_baselines_are_those_fast_enough() -> None:
    fast, all_of_them = set(baselines("fast").specs), set(baselines("all").specs)
    assert fast < all_of_them
    assert {"external:gzip", "external:xz"} <= fast
    assert not {"external:paq8px", "external:cmix", "external:lstm-compress"} & all_of_them
    assert "external:brotli" in all_of_them - fast
    assert baselines("none") == ((), ())
    with pytest.raises(UsageError, match="choose from all, fast, none"):
        baselines("some")
