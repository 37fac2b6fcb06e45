"""The records on disk: today's files read, and what is written is what they hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mdlbench.errors import ResultError
from mdlbench.result import read
from mdlbench.result.reading import result_of

FOLDER = Path(__file__).parents[2] / "results" / "hmm"
FILES = sorted(FOLDER.glob("hmm-*.json"))
BELIEF = json.loads((FOLDER / "hmm-belief-20261125T174251Z.json").read_text())
TRAIN = json.loads((FOLDER / "hmm-train-20261125T171105Z.json").read_text())


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


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_file_of_today_reads_and_comes_back(path: Path) -> None:
    document = json.loads(path.read_text())
    assert list(differences(document, json.loads(read(path).result.to_json()))) == []


def test_there_are_files_of_both_kinds() -> None:
    assert {path.name.split("-2026")[0] for path in FILES} == {"hmm-belief", "hmm-train"}


def test_names_that_are_no_identifiers_stay_in_files() -> None:
    found = result_of(BELIEF, "a.json")
    row = found.document()["seeds"][0]["dynamics"][0]
    assert row["Bayes update"]["r2"] == found.payload.seeds[0].dynamics[0].bayes_update.r2
    assert "bayes_update" not in row


@pytest.mark.parametrize(
    ("document", "path", "value", "message"),
    [
        (BELIEF, ("run",), 3, "a.json: field run is 3, must be text"),
        (BELIEF, ("seeds",), [], "a.json: seeds and memory are not of one number of networks"),
        (BELIEF, ("seeds", 0, "synchronisation"), [], "a.json: seeds.synchronisation: there is none"),
        (
            BELIEF,
            ("seeds", 1, "fits", 0, "weighting"),
            "colour",
            r"seeds\[1\]\.fits\[0\]\.weighting is \"colour\", must be one",
        ),
        (BELIEF, ("seeds", 0, "dynamics", 0, "no update"), None, r"dynamics\[0\]\.no update is null, must be an object"),
        (BELIEF, ("published_mse",), {"many": 0.1}, "a.json: published_mse has a name that is no number of tokens"),
        (BELIEF, ("points", "image"), "1 2", "a.json: points.image does not hold 3 numbers for each"),
        (TRAIN, ("seeds", 0, "model_bits"), [0.1], "a.json: seeds: there is none, or one has not a figure for each context"),
        (TRAIN, ("config", "architecture", "heads"), 3, "a.json: width=4 is not a multiple of heads=3"),
        (TRAIN, ("config", "source", "process"), None, "a.json: a source is a process, or else files"),
        (TRAIN, ("entropy_rate", "upper"), "1", r"entropy_rate\.upper is \"1\", must be a finite number"),
    ],
)
def test_what_is_refused(document: Any, path: tuple[str | int, ...], value: object, message: str) -> None:
    changed = json.loads(json.dumps(document))
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
