"""One pass, every step logged: what is on disk, and that going on gives the same numbers as never having stopped."""

from pathlib import Path

import pytest

from mdlbench.errors import MdlbenchError
from mdlbench.training import onepass
from mdlbench.training.checkpoints import find_checkpoints
from mdlbench.training.loop import read_log
from mdlbench.training.online import OnlineConfig, OnlineLearner
from tests.training.test_online import SYMBOLS, config


def train(folder: Path, shape: OnlineConfig) -> list[dict[str, float]]:
    """The lines of its log, without the times."""
    onepass.train_once(shape, SYMBOLS, 4, 3, folder)
    return [{name: value for name, value in line.items() if name != "seconds"} for line in read_log(folder / "log.jsonl")]


def test_every_symbol_is_logged_once(tmp_path: Path) -> None:
    lines = train(tmp_path, config("gru", orders=0))
    assert [line["step"] for line in lines] == list(range(1, 13))  # 58 symbols of each stream, 5 at a time
    assert lines[-1]["tokens"] == len(SYMBOLS)
    assert lines[0]["tokens"] == 20
    assert lines[0]["loss_bits_per_symbol"] == pytest.approx(8.0, abs=0.5)
    assert [one.tokens for one in find_checkpoints(tmp_path)] == [len(SYMBOLS)]


@pytest.mark.parametrize("name", ["gru", "lstm", "gpt2"])
def test_a_run_that_broke_off_goes_on_to_the_same_numbers(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = config(name, orders=0)
    whole = train(tmp_path / "whole", shape)
    monkeypatch.setattr(onepass, "_KEPT_EVERY", 0.0)
    learn, updates = OnlineLearner.learn, []

    def breaking(self: OnlineLearner, chunk: object) -> object:
        updates.append(1)
        if len(updates) == 8:
            raise KeyboardInterrupt
        return learn(self, chunk)

    monkeypatch.setattr(OnlineLearner, "learn", breaking)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "broken", shape)
    assert len(list(read_log(tmp_path / "broken" / "log.jsonl"))) == 7
    assert train(tmp_path / "broken", shape) == whole
    assert len(updates) == 8 + 12 - 7


def test_a_finished_run_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = config("gru", orders=0)
    lines = train(tmp_path, shape)
    monkeypatch.setattr(OnlineLearner, "learn", None)
    assert train(tmp_path, shape) == lines


def test_a_loss_that_is_not_finite_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverging(self: OnlineLearner, chunk: object) -> object:
        raise FloatingPointError("the loss of update 1 is not finite; lower the learning rate")

    monkeypatch.setattr(OnlineLearner, "learn", diverging)
    with pytest.raises(MdlbenchError, match=f"{tmp_path}: the loss of update 1 is not finite"):
        train(tmp_path, config("gru", orders=0))


def test_a_run_with_features_begins_again(tmp_path: Path) -> None:
    shape = config("gru", orders=2)
    lines = train(tmp_path, shape)
    assert find_checkpoints(tmp_path) == []
    assert train(tmp_path, shape) == lines
