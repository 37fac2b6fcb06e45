"""The records on disk: what is written reads, and is what it holds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from mdlbench.beliefs.result import BeliefGeometry, RunGap
from mdlbench.errors import ResultError
from mdlbench.result import Result
from mdlbench.result.reading import result_of


def differences(before: Any, after: Any, name: str = "") -> Iterator[str]:
    """Where a document differs from what was made of it; fields that are null there and were missing do not count."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | {key for key, value in after.items() if value is not None}:
            yield from differences(before.get(key, "missing"), after.get(key, "missing"), f"{name}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{name}[{at}]")
    elif before != after:
        yield f"{name}: {before} became {after}"


@pytest.fixture(scope="module")
def documents(geometry: BeliefGeometry, gap: RunGap) -> dict[str, Any]:
    """A file of each kind, parsed."""
    return {"belief": json.loads(Result(geometry).to_json()), "train": json.loads(Result(gap).to_json())}


@pytest.mark.parametrize("name", ["belief", "train"])
def test_every_file_reads_and_comes_back(documents: dict[str, Any], name: str) -> None:
    again = result_of(documents[name], "a.json")
    assert list(differences(documents[name], json.loads(again.to_json()))) == []


@pytest.mark.parametrize("name", ["belief", "train"])
def test_files_of_before_are_to_be_measured_again(documents: dict[str, Any], name: str) -> None:
    old = {**documents[name], "schema": f"mdlbench.hmm-{name}/1"}
    with pytest.raises(ResultError, match=rf"a.json: mdlbench.hmm-{name}/1 lacks what version 2 holds; measure it again"):
        result_of(old, "a.json")


def test_every_code_length_is_in_bits(documents: dict[str, Any]) -> None:
    assert "nats" not in json.dumps(documents)


def test_names_that_are_no_identifiers_stay_in_files(documents: dict[str, Any]) -> None:
    found = result_of(documents["belief"], "a.json")
    row = found.document()["seeds"][0]["dynamics"][0]
    assert row["Bayes update"]["r2"] == found.payload.seeds[0].dynamics[0].bayes_update.r2
    assert "bayes_update" not in row


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("belief", ("run",), 3, "a.json: field run is 3, must be text"),
        ("belief", ("seeds",), [], "a.json: seeds and memory are not of one number of networks"),
        ("belief", ("seeds", 0, "synchronisation"), [], "a.json: seeds.synchronisation: there is none"),
        (
            "belief",
            ("seeds", 1, "fits", 0, "weighting"),
            "colour",
            r"seeds\[1\]\.fits\[0\]\.weighting is \"colour\", must be one",
        ),
        ("belief", ("seeds", 0, "dynamics", 0, "no update"), None, r"dynamics\[0\]\.no update is null, must be an object"),
        ("belief", ("published_mse",), {"many": 0.1}, "a.json: published_mse has a name that is no number of tokens"),
        ("belief", ("points", "image"), "1 2", "a.json: points.image does not hold 3 numbers for each"),
        ("train", ("contexts",), [], "a.json: seeds: there is none, or one has not a figure for each context"),
        ("train", ("config", "architecture", "heads"), 3, "a.json: config.architecture: width=8 is not a multiple of heads=3"),
        ("train", ("config", "source", "process"), None, "a.json: config.source: a source is a process, or else files"),
        ("belief", ("mean", 0, "r2"), 1.5, r"mean\[0\].*mean\.r2 is 1\.5, must be within -inf and 1"),
        ("belief", ("seeds", 0, "fits", 0, "mse"), -1.0, r"fits\.mse is -1, must be at least 0"),
        ("train", ("model_bits", "mean"), 1e308, r"model_bits: mean is 1e\+308, must be within"),
        ("train", ("model_bits", "mean"), -3.0, "model_bits: mean is -3, must be within"),
        ("train", ("seeds", 0, "mean_model_bits"), 0.75, "mean_model_bits is 0.75, but other figures make it"),
        ("train", ("seeds", 0, "mean_loss_bits"), -0.5, "mean_loss_bits is -0.5, must be at least 0"),
        ("train", ("entropy_rate", "upper"), "1", r"entropy_rate\.upper is \"1\", must be a finite number"),
    ],
)
def test_what_is_refused(
    documents: dict[str, Any], name: str, path: tuple[str | int, ...], value: object, message: str
) -> None:
    changed = json.loads(json.dumps(documents[name]))
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ResultError, match=message):
        result_of(changed, "a.json")


def test_knowing_the_kinds_loads_nothing_heavy() -> None:
    heavy = "('torch', 'numba', 'transformers')"
    code = f"import sys, mdlbench.beliefs.result; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
