"""Logs of every format, found by content; what is asked for rather than guessed; conventions of steps and tokens."""

import json
from pathlib import Path

import numpy as np
import pytest

from mdlbench.errors import MdlbenchError, MissingInputError, UsageError
from mdlbench.lossarea import area, check, read_curves, read_log
from mdlbench.lossarea.events import masked_crc
from mdlbench.lossarea.formats import FORMATS
from mdlbench.lossarea.reading import Settings, told_apart
from mdlbench.units import nats_to_bits
from tests.lossarea.samples import LOSSES, TENSORBOARD, TENSORBOARDX, TEXTS, lines, own_log

HUNDRED = Settings(tokens_per_step=100)
BITS = [nats_to_bits(loss) for loss in LOSSES]


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_format_gives_the_same_curve(tmp_path: Path, name: str) -> None:
    text, kind = TEXTS[name]
    found = read_log(written(tmp_path, name, text), HUNDRED)
    assert found.origin.format == kind
    assert found.losses.tolist() == pytest.approx(BITS)
    assert found.steps.tolist() == [1, 2, 3]
    assert found.tokens.tolist() == [100, 100, 100]
    assert area(found).bits == pytest.approx(100 * sum(BITS))


@pytest.mark.parametrize(("data", "first"), [(TENSORBOARDX, 1), (TENSORBOARD, 0)])
def test_event_files_of_both_writers(tmp_path: Path, data: bytes, first: int) -> None:
    """Bytes written by tensorboardX (simple_value) and by tensorboard's own writer (tensors)."""
    found = read_log(written(tmp_path, "events.out.tfevents.1.host", data), HUNDRED)
    assert found.origin.format == "TensorBoard events"
    assert (found.origin.column, found.steps[0]) == ("train/loss", first)
    assert found.losses.tolist() == pytest.approx(BITS)
    assert found.total_tokens == 300
    with pytest.raises(UsageError, match=r"the record at byte \d+ does not match its check; copy the event file again"):
        read_log(written(tmp_path, "damaged", data[:200] + bytes([data[200] ^ 1]) + data[201:]), HUNDRED)


def test_event_files_of_a_folder_are_one_run_in_the_order_of_their_names(tmp_path: Path) -> None:
    written(tmp_path, "events.out.tfevents.1.host", TENSORBOARD)
    (found,) = read_curves(tmp_path, HUNDRED)
    assert found.steps.tolist() == [0, 1, 2]
    written(tmp_path, "events.out.tfevents.2.host", TENSORBOARDX)
    (found,) = read_curves(tmp_path, HUNDRED)
    assert found.steps.tolist() == [0, 1, 2, 1, 2, 3]
    assert [flag.check for flag in check(found) if flag.refused] == ["order"]


def test_the_check_of_records_is_crc_32c() -> None:
    """RFC 3720, appendix B.4: 32 bytes of zeros have 0x8a9136aa."""
    crc = 0x8A9136AA
    assert masked_crc(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def test_an_own_log_says_everything_itself(tmp_path: Path) -> None:
    found = read_log(written(tmp_path, "log.jsonl", own_log((8.0, 4.0, 3.0))))
    assert (found.origin.format, found.origin.unit, found.origin.unit_said) == ("mdlbench training log", "bits", True)
    assert found.losses.tolist() == [8.0, 4.0, 3.0]
    assert (found.total_tokens, found.bytes_per_token) == (300.0, 1.0)
    assert area(found).bits == 1500.0


def test_a_run_folder_has_a_curve_for_each_seed(tmp_path: Path) -> None:
    for seed in (0, 1):
        (tmp_path / f"seed-{seed}").mkdir()
        written(tmp_path / f"seed-{seed}", "log.jsonl", own_log((8.0, 4.0 + seed)))
    curves = read_curves(tmp_path)
    assert [one.losses[1] for one in curves] == [4.0, 5.0]
    assert [one.name for one in told_apart(curves, [str(tmp_path / f"seed-{n}" / "log.jsonl") for n in (0, 1)])] == [
        "seed-0/log",
        "seed-1/log",
    ]
    same = [str(tmp_path / "log.jsonl")] * 2
    assert [one.name for one in told_apart(curves, same)] == ["log", "log (2)"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"empty is a folder without seed-\*/log.jsonl or event files; name a log"):
        read_curves(tmp_path / "empty")


def test_a_run_that_drew_windows_at_random_read_no_file_once(tmp_path: Path) -> None:
    """`mdlbench train` on files draws windows at random places; on a process every window is new."""
    (tmp_path / "seed-0").mkdir()
    written(tmp_path / "seed-0", "log.jsonl", own_log((8.0, 4.0)))
    for source, drawn in (({"paths": ["a.txt"]}, True), ({"process": "mess3", "paths": []}, False)):
        written(tmp_path, "run.json", json.dumps({"config": {"source": source}}))
        (found,) = read_curves(tmp_path)
        assert found.origin.drawn_at_random is drawn
        assert ("random-windows" in [flag.check for flag in check(found)]) is drawn


def test_a_run_that_is_still_being_written_is_refused(tmp_path: Path) -> None:
    from mdlbench.training.loop import alone

    log = written(tmp_path, "log.jsonl", own_log((8.0, 4.0))[:-10])
    with pytest.raises(UsageError, match=r"log.jsonl: its last line, 3, is cut short: the run is still being written; wait"):
        read_log(log)
    log = written(tmp_path, "log.jsonl", own_log((8.0, 4.0)))
    with alone(tmp_path), pytest.raises(MdlbenchError, match="is being trained by another process; wait for it"):
        read_log(log)
    assert area(read_log(log)).tokens == 200


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty.csv", "", r"empty.csv is empty; name a log with a row for each step"),
        (
            "a.csv",
            "step,accuracy\n1,0.5\n",
            r"a.csv: no column is a training loss; its columns are step, accuracy; give one as --",
        ),
        ("a.csv", "step,eval_loss\n1,0.5\n", r"no column is a training loss; its columns are step, eval_loss"),
        (
            "a.csv",
            "time,loss\n1,0.5\n",
            r"a.csv: no column counts steps; its columns are time, loss; give one as --step-column",
        ),
        ("a.csv", "step,loss_a,b_loss\n1,5,6\n", r"several columns may be the training loss"),
        ("a.csv", "step,loss,loss\n1,5,6\n", r"two columns are called 'loss'; rename one"),
        ("a.csv", "step,loss\n1,5\n,6\n", r"row 2 has loss but no step; mend the row, or name other columns"),
        ("a.bin", "\x00\x01\x02\x03" * 9, r"a.bin: no training log of a known format \(TensorBoard events, "),
        ("a.jsonl", '{"step": 1, "loss": 5}\nnonsense\n', r"a.jsonl: line 2 is no JSON; mend or remove that line"),
        ("a.jsonl", '{"step": 1, "loss": 5}\n[1]\n', r"a.jsonl: line 2 is no JSON object"),
        (
            "a.json",
            '{"log_history": [{"step": 1, "eval_loss": 2}]}',
            r"log_history has no entry with a loss; set logging_steps",
        ),
        ("a.json", '{"log_history": 3}', r"no list of objects where its rows should be"),
        ("a.json", '{"log_history": [{"loss": 1', r"no JSON \(.*\); the run may be writing it: wait, or copy it again"),
        (
            "a.csv",
            "step,loss,tokens\n1,9,100\n2,8,50\n",
            r"a.csv: its count of tokens does not rise at step 2; name or mend its",
        ),
        ("a.csv", "step,loss,tokens\n1,9,0\n", r"a.csv: its count of tokens does not rise at step 1"),
        ("loss", "1700000000 5.0 1\n1700000000\n", r"line 2 is not `timestamp value step`; mend or remove that line"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_log(written(tmp_path, name, text), HUNDRED)
    assert "\n" not in str(caught.value)


def test_what_a_log_does_not_say_is_asked_for(tmp_path: Path) -> None:
    plain = written(tmp_path, "a.csv", "step,loss\n1,5\n2,4\n")
    with pytest.raises(UsageError, match=r"a.csv does not count tokens; say how many a step has: --tokens-per-step N"):
        read_log(plain)
    with pytest.raises(MissingInputError, match=r"no.csv: no such file or directory; name a training log"):
        read_log(tmp_path / "no.csv")
    with pytest.raises(UsageError, match=r"a.csv: no column 'x'; its columns are step, loss; give one as --loss-column"):
        read_log(plain, Settings(loss_column="x"))
    with pytest.raises(UsageError, match=r"a.csv: no column 'x'; its columns are step, loss; give one as --step-column"):
        read_log(plain, Settings(step_column="x"))
    assert read_log(plain, HUNDRED).bytes_per_token is None
    assert not read_log(plain, HUNDRED).origin.unit_said


def test_units_are_the_logs_own_or_the_users_and_must_agree(tmp_path: Path) -> None:
    bits = written(tmp_path, "a.csv", "step,loss_bits\n1,5\n")
    assert read_log(bits, Settings(loss_column="loss_bits", tokens_per_step=1)).losses.tolist() == [5.0]
    plain = written(tmp_path, "b.csv", "step,loss\n1,5\n")
    assert read_log(plain, Settings(tokens_per_step=1, unit="bits")).losses.tolist() == [5.0]
    with pytest.raises(UsageError, match=r"column loss_bits is in bits, --unit says nats; leave --unit out"):
        read_log(bits, Settings(loss_column="loss_bits", tokens_per_step=1, unit="nats"))


def test_several_runs_in_one_export_are_several_curves(tmp_path: Path) -> None:
    text = '"Step","a - train/loss","a - train/loss__MIN","b - train/loss"\n1,9,9,8\n2,7,7,\n3,6,6,5\n'
    path = written(tmp_path, "export.csv", text)
    first, second = read_curves(path, HUNDRED)
    assert (first.name, first.steps.tolist()) == ("a", [1, 2, 3])
    assert (second.name, second.steps.tolist(), second.skipped.tolist()) == ("b", [1, 3], [0, 100])
    with pytest.raises(UsageError, match=r"export.csv has several curves: a - train/loss, b - train/loss"):
        read_log(path, HUNDRED)


@pytest.mark.parametrize("first", [0, 1])
def test_steps_counted_from_0_or_1_are_the_same_batches(tmp_path: Path, first: int) -> None:
    """Each logged step counts its own tokens, and a first step 0 or 1 leaves nothing out."""
    path = written(tmp_path, "a.csv", "step,loss\n" + "".join(f"{first + n},{loss}\n" for n, loss in enumerate(LOSSES)))
    found = read_log(path, HUNDRED)
    assert (found.total_tokens, found.missing) == (300.0, 0.0)


def test_tokens_that_the_log_counts(tmp_path: Path) -> None:
    after = lines(*({"step": n, "loss": 5.0, "tokens": 64 * n} for n in (1, 2, 3)))
    before = lines(*({"step": n, "loss": 5.0, "tokens_seen": 64 * n} for n in (0, 1, 2)))
    for text in (after, before):
        path = written(tmp_path, "a.jsonl", text)
        assert read_log(path).tokens.tolist() == [64, 64, 64]
        with pytest.raises(
            UsageError, match=r"a.jsonl counts 64 tokens a step, --tokens-per-step says 100; leave the option out"
        ):
            read_log(path, HUNDRED)


def test_steps_before_the_first_row_are_not_counted(tmp_path: Path) -> None:
    found = read_log(written(tmp_path, "a.csv", "step,loss\n5,9\n6,8\n"), HUNDRED)
    assert (found.missing, found.total_tokens) == (400.0, 200.0)


def test_trainer_state_means_have_no_gaps_and_say_how_they_are_rounded(tmp_path: Path) -> None:
    """Trainer logs the mean since the last entry, rounded to four decimals: the sum is whole, rounding leaves an interval."""
    history = [{"step": 10 * n, "loss": loss, "epoch": 0.1} for n, loss in ((1, 9.1234), (2, 8.0), (3, 7.5))]
    found = read_log(written(tmp_path, "trainer_state.json", json.dumps({"log_history": history})), HUNDRED)
    assert found.tokens.tolist() == [1000, 1000, 1000]
    assert found.skipped.sum() == 0
    measured = area(found)
    assert measured.bits == pytest.approx(nats_to_bits(1000 * (9.1234 + 8.0 + 7.5)))
    assert measured.high - measured.bits == pytest.approx(nats_to_bits(5e-5 * 3000), rel=1e-6)


def test_copies_of_a_row_count_once(tmp_path: Path) -> None:
    found = read_log(written(tmp_path, "a.csv", "step,loss\n1,9\n1,9\n2,8\n"), HUNDRED)
    assert (found.steps.tolist(), found.origin.repeated) == ([1, 2], 1)


def test_not_a_number_is_kept_to_be_refused(tmp_path: Path) -> None:
    found = read_log(written(tmp_path, "a.csv", "step,loss\n1,9\n2,nan\n3,\n"), HUNDRED)
    assert len(found.losses) == 2
    assert np.isnan(found.losses[1])
    with pytest.raises(UsageError, match="the loss at step 2 is no finite number; no area has it"):
        area(found)


def test_formats_have_names_that_differ() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
