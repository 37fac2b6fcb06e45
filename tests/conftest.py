"""Fixtures that several tests share."""

import random
from pathlib import Path

import pytest

from mdlbench.leaderboard import Config, Row, run
from mdlbench.models import load_model
from mdlbench.result import Found

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data beside the checkout; a test that needs it is skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the data folder {SHARED}, which is not here")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile the kernels before any test looks at what a command prints."""
    for spec in ("kt", "kt,order=3", "cm", "hmm:coin"):
        load_model(spec).prepare()


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Found[Row]]]:
    """A small corpus, and rows really measured on it, by spec; their folder is `results` beside it. Not to be changed."""
    folder = tmp_path_factory.mktemp("leaderboard")
    stems = ("read", "write", "code", "count", "mix", "bit")
    words = [stem + ending for stem in stems for ending in ("", "s", "er", "ing")]
    drawn = random.Random(4096).choices(words, k=8000)
    corpus = folder / "words.txt"
    corpus.write_text(" ".join(drawn), encoding="ascii")
    specs = ("external:gzip", "uniform", "cm,level=1", "external:xz")
    outcome = run(Config((str(corpus),), specs, repeat=1, output_path=str(folder / "results")))
    assert not outcome.failed
    return corpus, {row.payload.model.spec: row for row in outcome.finished}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """README.md's commands take longest: they start first, or all other tests would be done and wait for them."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", metavar="REASON", help="write tests/golden/ anew, for the reason given")
