"""The trainer: what is interrupted and continued is what never stopped; seeds are independent of how they are run."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mdlbench.errors import InterruptedRunError, MdlbenchError, UsageError
from mdlbench.training import Architecture, Optimiser, load_run, open_run, train_run
from mdlbench.training.loop import INTERRUPTED, Progress, Task, alone, read_log, train_seed
from tests.training.small import SMALL, small_config, small_run, stream

ARCHITECTURES = [replace(SMALL, name=name, layers=1) for name in ("gpt2", "llama", "gru", "lstm")]
OPTIMISERS = [Optimiser(warmup=3, clip=1.0), Optimiser("sgd", learning_rate=0.1, momentum=0.9, warmup=0, schedule="constant")]


def stopping_after(steps: int) -> Callable[[], bool]:
    """A question that is answered with yes the `steps`-th time."""
    asked = iter(range(1, 10_000))
    return lambda: next(asked) >= steps


def losses(folder: Path) -> list[tuple[int, float]]:
    return [(line["step"], line["loss_bits_per_symbol"]) for line in read_log(folder / "log.jsonl")]


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda one: one.name)
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=lambda one: one.name)
def test_interrupted_and_continued_is_the_same(tmp_path: Path, architecture: Architecture, optimiser: Optimiser) -> None:
    config = small_config(stream(tmp_path / "stream.bin"), architecture=architecture, optimiser=optimiser)
    whole, parts = Task(config, tmp_path / "whole", 0, 12), Task(config, tmp_path / "parts", 0, 12)
    assert train_seed(whole, lambda: False, lambda progress: None)
    assert not train_seed(parts, stopping_after(3), lambda progress: None)  # before the checkpoint after 5 steps
    assert not train_seed(parts, stopping_after(6), lambda progress: None)  # after it
    assert (parts.folder / INTERRUPTED).is_dir()
    assert train_seed(parts, lambda: False, lambda progress: None)
    assert not (parts.folder / INTERRUPTED).exists()
    assert losses(parts.folder) == losses(whole.folder)
    names = [path.name for path in sorted((whole.folder / "checkpoints").iterdir())]
    assert names == ["tokens-0000000000", "tokens-0000000080", "tokens-0000000192"]
    for name in names:
        one, other = whole.folder / "checkpoints" / name, parts.folder / "checkpoints" / name
        assert {path.name: path.read_bytes() for path in one.iterdir()} == {
            path.name: path.read_bytes() for path in other.iterdir()
        }
    assert len({weights(whole.folder / "checkpoints" / name) for name in names}) == 3


def test_continues_from_a_checkpoint_after_a_crash(tmp_path: Path) -> None:
    """What was logged after the last checkpoint, and a line cut short, are trained again to the same numbers."""
    run = small_run(tmp_path)
    train_run(run, (0,))
    folder = run.seed_folder(0)
    expected, last = losses(folder), weights(run.last(0).folder)
    for path in (run.last(0).folder).iterdir():
        path.unlink()
    run.last(0).folder.rmdir()
    with open(folder / "log.jsonl", "a", encoding="utf8") as log:
        log.write('{"step": 13, "loss')
    train_run(run, (0,))
    assert losses(folder) == expected
    assert weights(run.last(0).folder) == last


def interrupt(progress: Progress) -> None:
    """What the user's Ctrl-C does, at a place that can be repeated."""
    signal.raise_signal(signal.SIGINT)


def test_interrupted_side_by_side_and_continued_one_by_one(tmp_path: Path) -> None:
    """Weights depend neither on how seeds are run, nor on an interrupt between."""
    path = stream(tmp_path / "stream.bin")
    together = open_run(tmp_path / "together", small_config(path), (0, 1))
    apart = open_run(tmp_path / "apart", small_config(path), (0, 1))
    with pytest.raises(InterruptedRunError, match=r"interrupted; .*together, and the same command goes on"):
        train_run(together, together.seeds, jobs=2, report=interrupt)
    assert any(together.checkpoints(seed) for seed in (0, 1))
    train_run(together, (1, 0))
    train_run(apart, (0, 1))
    for seed in (0, 1):
        assert weights(together.last(seed).folder) == weights(apart.last(seed).folder)
        assert losses(together.seed_folder(seed)) == losses(apart.seed_folder(seed))
    assert weights(together.last(0).folder) != weights(together.last(1).folder)


def test_interrupted_in_this_process(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(InterruptedRunError, match="the same command goes on"):
        train_run(run, (0,), report=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert (run.seed_folder(0) / INTERRUPTED / "training.safetensors").is_file()
    assert losses(run.seed_folder(0))[-1][0] < 12
    told: list[Progress] = []
    train_run(run, (0,), report=told.append)
    assert run.is_complete(0)
    assert (told[-1].seed, told[-1].tokens, told[-1].total) == (0, 192, 192)


def test_two_processes_do_not_train_one_seed(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    with alone(run.seed_folder(0)), pytest.raises(MdlbenchError, match=r"seed-0 is being trained by another process"):
        train_run(run, (0,))
    train_run(run, (0,))
    assert run.is_complete(0)


def test_a_worker_that_fails_says_why(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", small_config(stream(tmp_path / "stream.bin")), (0, 1))
    (tmp_path / "stream.bin").unlink()
    with pytest.raises(MdlbenchError, match=r"No such file.*stream\.bin"):
        train_run(run, run.seeds, jobs=2)


def test_learns_and_says_so_in_named_units(tmp_path: Path) -> None:
    run = small_run(tmp_path, tokens=8000, batch_size=16, optimiser=Optimiser(learning_rate=0.02, warmup=5))
    train_run(run, (0,))
    with open(run.seed_folder(0) / "log.jsonl", encoding="utf8") as log:
        head = json.loads(next(log))
    lines = list(run.log(0))
    assert head["schema"] == "mdlbench.training-log/1"
    assert set(lines[0]) == set(head["units"])
    assert [line["step"] for line in lines] == list(range(1, 126))
    assert all(line["tokens"] == line["bytes"] == 64 * line["step"] for line in lines)
    assert lines[0]["loss_bits_per_symbol"] == pytest.approx(1.585, abs=0.07)  # untrained: log2 of 3
    assert lines[-1]["loss_bits_per_symbol"] < 0.94  # the process has 0.72
    assert not any("nats" in name for name in lines[5])
    assert lines[4]["learning_rate"] < lines[5]["learning_rate"] == pytest.approx(0.02)
    assert lines[-1]["learning_rate"] < 1e-4


def test_stops_where_asked_and_goes_on(tmp_path: Path) -> None:
    """`stop_at` changes neither schedule nor weights; where it stops there is a checkpoint."""
    run, whole = small_run(tmp_path), open_run(tmp_path / "whole", small_config(tmp_path / "stream.bin"), (0,))
    train_run(run, (0,), stop_at=100)
    assert run.last(0).tokens == 112
    assert not run.is_complete(0)
    train_run(run, (0,), stop_at=50)
    assert run.last(0).tokens == 112
    train_run(run, (0,))
    train_run(whole, (0,))
    assert run.is_complete(0)
    assert weights(run.last(0).folder) == weights(whole.last(0).folder)


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    run = small_run(tmp_path)
    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OSError, match="No space"):
        train_run(run, (0,))
    assert run.checkpoints(0) == []
    assert list((run.seed_folder(0) / "checkpoints").iterdir()) == []


CHECKPOINT = ("config.json", "model.safetensors", "alphabet.json", "training.json", "training.safetensors")
FLIPPED = {"training.json": b'"step": 7', "config.json": b'"n_layer": 2', "log.jsonl": b'"step": 3', "run.json": b'"schema"'}
DAMAGES: dict[str, Callable[[str, bytes], bytes | None]] = {
    "missing": lambda name, data: None,
    "empty": lambda name, data: b"",
    "cut": lambda name, data: data[: len(data) // 2],
    "a bit": lambda name, data: flipped(data, data.index(FLIPPED[name]) + 1 if name in FLIPPED else len(data) - 3),
    "a digit": lambda name, data: flipped(data, data.index(FLIPPED[name]) + len(FLIPPED[name]) - 1),
    "a list": lambda name, data: b"[]\n[]\n[]\n",
    "text for numbers": lambda name, data: re.sub(rb": ([0-9])", rb': "\1"', data),
    "no UTF-8": lambda name, data: data.replace(b'"', b"\xff"),
    "nested": lambda name, data: b"[" * 100_000,
}


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 12 steps that was stopped after 7, where it has a checkpoint."""
    folder = tmp_path_factory.mktemp("stopped")
    run = small_run(folder)
    train_run(run, (0,), stop_at=100)
    return folder


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        (name, damage)
        for name in (*CHECKPOINT, "run.json", "log.jsonl")
        for damage in DAMAGES
        if not (name.endswith(".safetensors") and damage in ("a digit", "text for numbers", "no UTF-8"))
        and (name, damage) not in (("alphabet.json", "a digit"), ("alphabet.json", "text for numbers"), ("run.json", "a digit"))
    ],
)
def test_a_damaged_file_of_a_run_is_named(stopped: Path, tmp_path: Path, name: str, damage: str) -> None:
    """By whatever reads it, in one line, with a remedy; and what is left of the run is as it was."""
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    run = load_run(tmp_path / "run")
    folder = {"run.json": run.folder, "log.jsonl": run.seed_folder(0)}.get(name, run.last(0).folder)
    data = DAMAGES[damage](name, (folder / name).read_bytes())
    if data is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(data)
    calls: list[Callable[[], object]] = [lambda: train_run(load_run(run.folder), (0,))]
    if name in CHECKPOINT and (name, damage) != ("training.json", "a digit"):  # another step: the weights are those of the name
        calls.append(lambda: run.last(0).network())
    for call in calls:
        with pytest.raises(MdlbenchError) as caught:
            call()
        assert name in str(caught.value)
        assert ("; " in str(caught.value)) or "train" in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    if name in CHECKPOINT:
        assert "remove" in str(caught.value)
        shutil.rmtree(folder)
        train_run(run, (0,))
        assert run.is_complete(0)


def test_a_checkpoint_of_another_run(stopped: Path, tmp_path: Path) -> None:
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    run = load_run(tmp_path / "run")
    run.last(0).folder.rename(run.last(0).folder.with_name("tokens-0000000144"))
    with pytest.raises(MdlbenchError, match=r"training\.json is of another run: seed 0, step 7; remove .*tokens-0000000144"):
        train_run(run, (0,))


def test_a_checkpoint_without_digests_is_still_read(stopped: Path, tmp_path: Path) -> None:
    """As earlier versions wrote it; weights that do not fit are then told by what loads them."""
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    run = load_run(tmp_path / "run")
    path = run.last(0).folder / "training.json"
    document = json.loads(path.read_text(encoding="utf8"))
    del document["files"]
    path.write_text(json.dumps(document), encoding="utf8")
    for part in ("model", "training"):
        kept = (path.with_name(f"{part}.safetensors")).read_bytes()
        path.with_name(f"{part}.safetensors").write_bytes(kept[:-20])
        with pytest.raises(MdlbenchError, match=rf"{part}\.safetensors is damaged .*; remove"):
            train_run(run, (0,))
        path.with_name(f"{part}.safetensors").write_bytes(kept)
    train_run(run, (0,))
    assert run.is_complete(0)


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path: Path) -> None:
    run = small_run(tmp_path, optimiser=Optimiser("sgd", learning_rate=1e30, momentum=0.0, warmup=0))
    with pytest.raises(MdlbenchError, match=r"the loss at step \d+ is not finite; lower --learning-rate"):
        train_run(run, (0,))


def test_another_run_in_the_folder(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    with pytest.raises(UsageError, match=r"holds another run \(optimiser.clip 1.0, not None; batch_size 4, not 8\)"):
        open_run(run.folder, replace(run.config, batch_size=8, optimiser=Optimiser(warmup=3)), (0,))
    assert open_run(run.folder, run.config, (2,)).seeds == (0, 2)
    assert load_run(run.folder) == replace(run, seeds=(0, 2))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="exists and is no run"):
        open_run(tmp_path / "full", run.config, (0,))


def test_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no run: it has no run\.json"):
        load_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        load_run(tmp_path)
    (tmp_path / "run.json").write_text('{"schema": "mdlbench.run/99"}')
    with pytest.raises(UsageError, match="another version"):
        load_run(tmp_path)
    (tmp_path / "run.json").unlink()
    with pytest.raises(UsageError, match="seed-7 holds no checkpoint"):
        small_run(tmp_path).last(7)


def test_torch_is_left_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected, threads = torch.rand(1), torch.get_num_threads()
    torch.manual_seed(5)
    train_run(small_run(tmp_path), (0,))
    assert torch.rand(1) == expected
    assert torch.get_num_threads() == threads


def test_importing_the_room_loads_no_torch() -> None:
    code = "import sys, mdlbench.training; sys.exit(bool({'torch', 'transformers', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ)).returncode == 0
