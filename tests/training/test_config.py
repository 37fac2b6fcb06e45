"""Configurations: what they refuse, and that they are read back as they were written."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mdlbench.errors import UsageError
from mdlbench.result.reading import decoded
from mdlbench.training import Architecture, Optimiser, Source, TrainingConfig
from mdlbench.training.config import default_checkpoints, parse_counts
from mdlbench.training.data import ProcessWindows, StreamWindows, file_source, find_process, process_source, windows_of
from mdlbench.training.presets import PRESETS, preset
from tests.training.small import small_config, stream


@pytest.mark.parametrize("name", PRESETS)
def test_json_and_back(name: str) -> None:
    config = preset(name, Source(process="mess3", params={"x": "0.15"}, symbols=3))
    assert decoded(TrainingConfig, json.loads(json.dumps(config.to_json())), "run.json") == config
    assert config.differences(config) == []


def test_published_setting() -> None:
    """Shai et al. 2024 (arXiv 2405.15943): 4 layers, width 64, one head of 8, MLP 256, context 10, SGD 0.01, batch 64."""
    config = preset("paper", Source(process="mess3", symbols=3))
    shape = config.architecture
    assert (shape.layers, shape.width, shape.heads, shape.width_of_head, shape.width_of_mlp) == (4, 64, 1, 8, 256)
    assert (shape.context, shape.activation, shape.init) == (10, "relu", 0.8 / 64**0.5)
    assert (config.optimiser.name, config.optimiser.momentum, config.batch_size) == ("sgd", 0.0, 64)
    assert {config.learning_rate(step) for step in (0, 1, 10**5, config.steps - 1)} == {0.01}
    assert config.tokens == 639_600_000
    assert {64_000, 640_000} < set(config.checkpoints)


def test_steps_and_checkpoints() -> None:
    config = TrainingConfig(
        Source(process="mess3"), Architecture(context=10), batch_size=8, tokens=1001, checkpoints=(0, 81, 5000)
    )
    assert config.steps == 13
    assert config.kept_steps() == [0, 2, 13]
    assert default_checkpoints(3_200_000) == (0, 64_000, 200_000, 640_000, 2_000_000)


def test_learning_rate() -> None:
    config = TrainingConfig(
        Source(process="mess3"),
        Architecture(context=1),
        Optimiser(learning_rate=1.0, warmup=3, final=0.1),
        batch_size=1,
        tokens=103,
    )
    rates = [config.learning_rate(step) for step in range(104)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert all(one > other for one, other in pairwise(rates[3:]))
    assert rates[53] == pytest.approx(0.55)
    assert rates[103] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Architecture(name="mamba"), "arch=mamba; choose from gpt2, llama, gru, lstm"),
        (lambda: Architecture(width=10, heads=4), "width=10 is not a multiple of heads=4"),
        (lambda: Architecture(width=16, heads=4, head_width=8), "heads=4 of head-width=8 do not fit width=16"),
        (lambda: Architecture(layers=0), "layers=0; it is at least 1"),
        (lambda: Architecture(activation="tanh"), "activation=tanh; choose from"),
        (lambda: Optimiser("lion"), "optimiser=lion; choose from adamw, sgd"),
        (lambda: Optimiser(learning_rate=0.0), "learning-rate=0; it is a positive number"),
        (lambda: Optimiser(momentum=1.0), "momentum and beta2 are at least 0 and below 1"),
        (lambda: Optimiser(clip=-1.0), "clip=-1; it is a positive number"),
        (lambda: Source(paths=("x",), symbols=300), "symbols=300; an alphabet has 2 to 256"),
        (lambda: TrainingConfig(Source(process="mess3"), tokens=0), "tokens=0; it is at least 1"),
        (lambda: TrainingConfig(Source(process="mess3"), checkpoints=(-1,)), "counts of tokens, 0 or more"),
        (lambda: parse_counts("64k,many"), "'64k,many' is no list of token counts"),
        (lambda: preset("slow", Source(process="mess3")), "no preset 'slow'; there are: paper, fast, bytes"),
        (lambda: file_source(("no/such/file",)), "no/such/file is no file"),
    ],
)
def test_what_is_refused(build: object, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        build()  # type: ignore[operator]


def test_batches_depend_on_seed_and_step_alone(tmp_path: Path) -> None:
    data = np.fromfile(stream(tmp_path / "stream.bin"), dtype=np.uint8)
    forwards, backwards = StreamWindows(data, 4, 6, seed=1), StreamWindows(data, 4, 6, seed=1)
    steps = [0, 1, 50_000, 50_001]  # in two stretches
    batches = {step: forwards.batch(step) for step in steps}
    for step in reversed(steps):
        np.testing.assert_array_equal(backwards.batch(step), batches[step])
    assert batches[0].dtype == np.int64
    places = {data[at : at + 6].tobytes() for at in range(len(data) - 5)}
    assert {row.astype(np.uint8).tobytes() for batch in batches.values() for row in batch} <= places
    assert not np.array_equal(batches[0], StreamWindows(data, 4, 6, seed=2).batch(0))
    assert not np.array_equal(batches[0], batches[1])


def test_windows_of_a_process_are_stationary() -> None:
    """Golden mean: a 1 with probability 1/3 at every place, and never two together."""
    config = TrainingConfig(process_source("golden-mean", {}), Architecture(context=7), batch_size=3000)
    windows = windows_of(config, 0)
    assert isinstance(windows, ProcessWindows)
    batch = windows.batch(3)
    assert batch.shape == (3000, 8)
    np.testing.assert_allclose(batch.mean(axis=0), 1 / 3, atol=0.04)
    assert not (batch[:, 1:] & batch[:, :-1]).any()
    assert not np.array_equal(batch, windows.batch(4))


def test_sources(tmp_path: Path) -> None:
    source = process_source("mess3", {"x": 0.05, "a": "0.6"})
    assert (source.params, source.symbols) == ({"a": "0.6"}, 3)
    assert find_process(source).digest.hex() == source.digest
    with pytest.raises(UsageError, match="the process mess3 is not the one this run began with"):
        find_process(replace(source, params={}))
    path = stream(tmp_path / "stream.bin")
    config = small_config(path, source=file_source((str(path),), 3))
    assert windows_of(config, 0).batch(0).max() == 2
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(UsageError, match="not the bytes that this run began with"):
        windows_of(config, 0)
    (tmp_path / "more.bin").write_bytes(b"\0\1\3")
    with pytest.raises(UsageError, match=r"more\.bin: byte 2 is 3, outside symbols 0 to 2; leave out --symbols"):
        file_source((str(path), str(tmp_path / "more.bin")), 3)
    with pytest.raises(UsageError, match="3 symbols are fewer than one window of 5"):
        windows_of(small_config(tmp_path / "more.bin", source=file_source((str(tmp_path / "more.bin"),))), 0)
