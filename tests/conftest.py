"""Fixtures that several tests share."""

from pathlib import Path

import pytest

from mdlbench.models import load_model

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
    for spec in ("kt", "kt,order=3", "cm"):
        load_model(spec).prepare()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", metavar="REASON", help="write tests/golden/ anew, for the reason given")
