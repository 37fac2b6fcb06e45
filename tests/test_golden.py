"""Containers of version 1, one per model family, that must decode for ever.

They change only with `pytest tests/test_golden.py --rewrite-golden "REASON"`, which appends the reason to
tests/golden/REASONS.md. `hf:` has none: its files decode in the environment that wrote them, by contract.
"""

from pathlib import Path

import pytest

from mdlbench.codec import compress, decompress
from mdlbench.processes import find
from tests.check_codec import TEXT

GOLDEN = Path(__file__).parent / "golden"
DATA = TEXT + bytes(range(256)) + b"golden " * 30
FAMILIES = ["uniform", "kt,order=2", "ngram", "cm,level=1", "cm", "cm,level=9", "external:xz", "hmm:mess3"]


def data_of(spec: str) -> bytes:
    """Text and every byte; for a source of symbols its own, and two bytes that are none."""
    return DATA if not spec.startswith("hmm:") else find(spec[4:]).generate(2000, seed=5).tobytes() + b"\xff\x10"


def path_of(spec: str) -> Path:
    return GOLDEN / f"{spec.replace(':', '-').replace(',', '-').replace('=', '')}.mdlz"


@pytest.mark.parametrize("spec", FAMILIES)
def test_released_containers_decode(spec: str, request: pytest.FixtureRequest) -> None:
    reason = request.config.getoption("--rewrite-golden")
    if reason:
        path_of(spec).write_bytes(compress(data_of(spec), spec, block_size=700))
        with (GOLDEN / "REASONS.md").open("a", encoding="utf8") as log:
            log.write(f"* {path_of(spec).name}: {reason}\n")
    assert decompress(path_of(spec).read_bytes(), spec if spec.startswith("external:") else ()) == data_of(spec)


@pytest.mark.parametrize("spec", [spec for spec in FAMILIES if not spec.startswith("external:")])
def test_the_newest_revision_writes_the_same_bytes(spec: str) -> None:
    """An exact model's integers are the same on this machine as where the file was made."""
    assert compress(data_of(spec), spec, block_size=700) == path_of(spec).read_bytes()


def test_nothing_else_lies_there() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {path_of(spec).name for spec in FAMILIES} | {"REASONS.md"}
