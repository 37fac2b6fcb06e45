"""Progress within a block: what is said adds up, and every kind of model says it, whatever is done with the block."""

import io
import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mdlbench
from mdlbench import workers
from mdlbench.codec.inspection import inspect_stream
from mdlbench.evaluation.by_symbol import evaluate_symbols
from mdlbench.models import ModelLike, as_model
from mdlbench.models.kernels import Step, StretchedModel
from mdlbench.progress import Meter, Progress, each, measured, part, steps, telling, watch
from mdlbench.workers import ordered_map

TEXT = b"to be or not to be, that is the question. "
SLOW = '''
import time
import numpy as np
from mdlbench import Predictor


class Slow(Predictor):
    """Every byte alike, 5 ms each."""

    portability = "exact"

    def reset(self, n_streams):
        self.n = n_streams

    def predict(self):
        time.sleep(0.005)
        return np.ones((self.n, 256))

    def update(self, symbols):
        pass
'''


class Letters(mdlbench.Predictor):
    """Some letters are more likely."""

    batch_size = 2

    def reset(self, n_streams: int) -> None:
        self._weights = np.ones((n_streams, 256))
        self._weights[:, list(TEXT)] = 255

    def predict(self) -> np.ndarray:
        time.sleep(0.0002)
        return self._weights

    def update(self, symbols: np.ndarray) -> None:
        pass


def test_parts_of_parts_are_told_as_whole_bytes() -> None:
    told: list[int] = []
    meter = Meter(told.append)
    with measured(meter), part(100):
        with part(0.5):
            for _ in steps(5):
                meter.tell()
        with part(0.5):
            for _ in each(["a", "bbb"]):
                watch([1], 2)
                meter.tell()
    meter.tell()
    assert list(accumulate(told)) == [10, 20, 30, 40, 56, 81, 100]


def test_a_part_that_fails_is_not_done() -> None:
    told: list[int] = []
    with telling(told.append):
        with suppress(ValueError), part(10):
            watch([5], 10)
            raise ValueError
        with part(4):
            pass
    assert told == [4]


def test_thirds_make_wholes() -> None:
    told: list[int] = []
    for _ in range(7):
        with telling(told.append), part(7):
            for _ in each(range(3), size=lambda item: 1):
                pass
    assert told == [7] * 7


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tests.models.tiny import tiny_model

    return f"hf:{tiny_model(tmp_path_factory.mktemp('network'), steps=60, train_on=TEXT * 100)},context=32"


def compressed(data: bytes, model: ModelLike, progress: Progress) -> None:
    mdlbench.compress(data, model, progress=progress)


def decompressed(data: bytes, model: ModelLike, progress: Progress) -> None:
    mdlbench.decompress(mdlbench.compress(data, model), model, progress=progress)


def evaluated(data: bytes, model: ModelLike, progress: Progress) -> None:
    mdlbench.evaluate(data, model, progress=progress)


def by_symbol(data: bytes, model: ModelLike, progress: Progress) -> None:
    evaluate_symbols(data, model, lambda symbol: None, progress=progress)


def inspected(data: bytes, model: ModelLike, progress: Progress) -> None:
    inspect_stream(io.BytesIO(mdlbench.compress(data, model)), model, decode=True, progress=progress)


def slowed(step: Step) -> Step:
    """The same, but that others have time to look."""

    def slow(*arguments: Any) -> int:
        time.sleep(0.005)
        return step(*arguments)

    return slow


@pytest.mark.parametrize("call", [compressed, decompressed, evaluated, by_symbol, inspected])
@pytest.mark.parametrize(
    ("model", "size"),
    [("cm", 60_000), ("cm,level=1", 600_000), ("kt,order=2", 20_000), ("hmm:coin", 20_000), ("own", 1000), ("hf", 700)],
)
def test_every_model_tells_within_its_block(
    model: str, size: int, call: Callable[..., Any], network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a rule: what is told at once, at the most, is not half of a block."""
    loaded = as_model({"own": Letters(), "hf": network}.get(model, model))  # type: ignore[arg-type]
    if isinstance(loaded, StretchedModel):
        start = loaded.start
        monkeypatch.setattr(type(loaded), "stretch", 1000)
        monkeypatch.setattr(loaded, "start", lambda size: slowed(start(size)))
    if model == "hf":
        from mdlbench.models.hf import predictor

        monkeypatch.setattr(predictor, "_CHUNK_TOKENS", 32)
    monkeypatch.setattr(workers, "EVERY", 0.001)
    data = bytes(range(2)) * (size // 2) if model.startswith("hmm") else (TEXT * size)[:size]
    assert size <= loaded.block_size
    for _ in range(4):  # on a busy machine those who look may not get their turn
        told: list[int] = []
        call(data, loaded, told.append)
        assert sum(told) == size
        if max(told) < size / 2:
            break
    assert max(told) < size / 2
    assert len(told) > 4


def slowly(state: None, task: int) -> int:
    with part(task):
        for _ in steps(12):
            time.sleep(0.1)
    return task


def nothing(recipe: None) -> None:
    return None


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_tell_within_their_tasks(jobs: int) -> None:
    told: list[int] = []
    with telling(told.append):
        assert [done for _, done in ordered_map(slowly, [600, 1200], jobs, None, nothing, None)] == [600, 1200]
    assert sum(told) == 1800
    assert len(told) > 4
    assert max(told) <= 600


def test_either_way_of_a_round_trip_is_half_of_it(tmp_path: Path) -> None:
    from mdlbench.codec.verification import verify_round_trip

    (tmp_path / "text").write_bytes(b"to be or not to be " * 50)
    told: list[int] = []
    verify_round_trip(tmp_path / "text", "kt", block_size=19, progress=told.append)
    assert sum(told) == 19 * 50
    assert sum(told[: len(told) // 2]) < 19 * 50


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals of this kind")
def test_a_terminal_shows_bytes_rate_and_time_left_of_one_block(tmp_path: Path) -> None:
    import pty

    (tmp_path / "slow.py").write_text(SLOW, encoding="ascii")
    name = "a-name-that-leaves-no-room-for-anything-else-in-80-columns"
    (tmp_path / name).write_bytes(bytes(range(150)))
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.environ |= {"COLUMNS": "80", "PYTHONPATH": str(Path(mdlbench.__file__).parents[1])}
        os.execv(sys.executable, [sys.executable, "-m", "mdlbench", "compress", name, "-m", "./slow.py:Slow"])
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # how the end of a terminal is told
        pass
    assert os.waitpid(child, 0)[1] == 0, shown.decode()
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in shown.decode().replace("\r", "\n").split("\n")]
    bars = [line for line in lines if "━" in line]
    assert all(len(line) <= 80 for line in bars)
    assert any(re.search(r"a-name-that….* [1-9][0-9]*/150 bytes [0-9]+ bytes/s 0:00:0[0-9]", line) for line in bars), bars
