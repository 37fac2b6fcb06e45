"""What training came to, as a record and as a table."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mdlbench.errors import ResultError
from mdlbench.result import Result, read
from mdlbench.result.exhibits import sections
from mdlbench.result.glossary import undefined
from mdlbench.result.reading import Found, result_of
from mdlbench.training import Optimiser, Source, TrainingConfig
from mdlbench.training.exhibits import seeds
from mdlbench.training.result import TrainedRun, TrainedSeed

CONFIG = TrainingConfig(Source(paths=("a.txt",)), optimiser=Optimiser("sgd", learning_rate=0.01), checkpoints=(0, 640))
SEEDS = (
    TrainedSeed(0, 1280, True, 1.25, 2.25, "run/seed-0/checkpoints/tokens-0000001280"),
    TrainedSeed(1, 0, False, None, 0.0, "run/seed-1/checkpoints/tokens-0000000000"),
)
RUN = TrainedRun("run", CONFIG, 12_345, SEEDS)


def test_a_record_comes_back(tmp_path: Path) -> None:
    found = read(Result(RUN).write(tmp_path))
    assert found.payload == RUN
    assert found.result.document()["config"] == json.loads(json.dumps(CONFIG.to_json()))


def test_a_configuration_that_is_none_is_refused() -> None:
    document = json.loads(Result(RUN, {}).to_json())
    document["config"]["optimiser"]["learning_rate"] = -1.0
    with pytest.raises(ResultError, match=r"a\.json: config.optimiser: learning-rate=-1; it is a positive number"):
        result_of(document, "a.json")


def test_seeds_as_a_table() -> None:
    """What is not known before the first step is not a number."""
    rows = [row.cells for row in seeds(RUN).rows]
    assert rows[0] == (0, 1280, 1.25, 2.25, "hf:run/seed-0/checkpoints/tokens-0000001280")
    assert rows[1][2] is None
    assert seeds(RUN).columns[2].heading == "loss, bits per symbol"


def test_the_newest_result_of_each_run_is_a_part() -> None:
    older = Found("a.json", Result(replace(RUN, parameters=1), {"time": "2026-01-01T00:00:00Z"}))
    newer = Found("b.json", Result(RUN, {"time": "2026-01-02T00:00:00Z"}))
    (section,) = sections([newer, older])
    (part,) = section.parts
    assert (section.summary, part.title) == ("1 run trained on files", "run")
    assert section.front[0].rows[0].cells == ("run", None, 2, 1280, 12_345)
    assert undefined([section]) == []
    assert "12,345 parameters; sgd, learning rate 0.01" in part.facts
