"""One small run of Mess3, two seeds, and what was measured of it."""

import pytest

from mdlbench.beliefs.clouds import Clouds
from mdlbench.beliefs.loss_gap import measure_run
from mdlbench.beliefs.result import BeliefGeometry, RunGap, Setting
from mdlbench.beliefs.study import study_run
from mdlbench.result import Result
from mdlbench.training import Run
from tests.beliefs.networks import trained


@pytest.fixture(scope="session")
def mess3(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("runs") / "mess3", "mess3", seeds=(0, 1))


@pytest.fixture(scope="session")
def studied(mess3: Run) -> tuple[Result[BeliefGeometry], Clouds]:
    return study_run(mess3, Setting(length=4))


@pytest.fixture(scope="session")
def geometry(studied: tuple[Result[BeliefGeometry], Clouds]) -> BeliefGeometry:
    return studied[0].payload


@pytest.fixture(scope="session")
def gap(mess3: Run) -> RunGap:
    return measure_run(mess3, (0, 1)).payload
