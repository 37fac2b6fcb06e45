"""Before a run of more than a minute the user is told how long it will take; before a shorter one, nothing is said."""

import time
from pathlib import Path

import pytest

from mdlbench.cli.common.estimate import tell_estimate
from mdlbench.models import load_model
from mdlbench.models.base import Model
from mdlbench.models.uniform import Uniform
from tests.models.tiny import tiny_network


@pytest.mark.parametrize(
    ("passes", "jobs", "said"),
    [
        (0, 1, ""),
        (1, 1, ""),
        (2, 1, "TEXT: about 2 min at 100 B/s with uniform\n"),
        (2, 2, ""),
        (12, 1, "TEXT: about 10 min at 16.7 B/s with uniform\n"),
        (150, 1, "TEXT: about 2.1 h at 1.33 B/s with uniform\n"),
    ],
)
def test_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], passes: int, jobs: int, said: str
) -> None:
    """Of a model that takes 0.005 s a byte step by step, and a tenth of it in one pass."""

    def seconds(self: Model, sample: bytes, n_bytes: int, block_size: int, *, coding: bool) -> float:
        assert (len(sample), block_size) == (4096, self.block_size)
        return n_bytes * (0.005 if coding else 0.0005)

    monkeypatch.setattr(Uniform, "seconds", seconds)
    path = tmp_path / "text"
    path.write_bytes(bytes(10_000))
    tell_estimate([load_model("uniform")], str(path), None, passes=passes, jobs=jobs)
    assert capsys.readouterr().err == said.replace("TEXT", str(path))
    tell_estimate([load_model("kt")], str(path), None, passes=1000)
    tell_estimate([load_model("uniform")], str(tmp_path), None, passes=1000)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("coding", [True, False])
def test_a_network_is_timed_on_a_few_steps(tmp_path: Path, coding: bool) -> None:
    """Twice the blocks take twice as long; more streams in step take no longer."""
    model = load_model(f"hf:{tiny_network(tmp_path, 'gpt2', n_embd=32, n_layer=1, n_head=2, n_positions=16)},batch_size=2")
    sample = bytes(range(24)) * 4
    times = {n: min(model.seconds(sample, n, 1000, coding=coding) or 0 for _ in range(5)) for n in (2000, 20_000)}
    assert times[2000] > 0
    assert 4 < times[20_000] / times[2000] < 25
    assert model.seconds(b"", 1000, 1000, coding=coding) is None


@pytest.mark.parametrize("coding", [True, False])
def test_to_load_a_network_is_no_part_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coding: bool) -> None:
    """The clock is put on by 1,000 s while the weights are loaded."""
    from mdlbench.models.hf import HuggingFace

    load = HuggingFace.load_network

    def slowly(self: HuggingFace, device: str) -> object:
        monkeypatch.setattr(time, "perf_counter", lambda began=time.perf_counter: began() + 1000.0)
        return load(self, device)

    monkeypatch.setattr(HuggingFace, "load_network", slowly)
    model = load_model(f"hf:{tiny_network(tmp_path, 'gpt2', n_embd=32, n_layer=1, n_head=2, n_positions=16)},batch_size=2")
    assert (model.seconds(bytes(range(24)) * 4, 2000, 1000, coding=coding) or 0) < 1000
