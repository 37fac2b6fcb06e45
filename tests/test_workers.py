"""Workers: order, flat memory, errors that come through, and no orphans."""

import os
from collections.abc import Iterator

import pytest

from mdlbench.errors import MdlbenchError, SpecError
from mdlbench.workers import ordered_map


def times(state: int, task: int) -> int:
    if task == 13:
        raise SpecError("thirteen")
    if task == 14:
        os._exit(9)
    return state * task


def build(recipe: int) -> int:
    return recipe


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order_and_tasks_are_taken_lazily(jobs: int) -> None:
    taken = []

    def tasks() -> Iterator[int]:
        for task in range(10):
            taken.append(task)
            yield task

    for done, (task, result) in enumerate(ordered_map(times, tasks(), jobs, 3, build, 3)):
        assert (task, result) == (done, 3 * done)
        assert len(taken) <= done + jobs + 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_errors_come_through(jobs: int) -> None:
    with pytest.raises(SpecError, match="thirteen"):
        list(ordered_map(times, [1, 13, 2], jobs, 3, build, 3))


def test_a_killed_worker_is_an_error_not_a_hang() -> None:
    with pytest.raises(MdlbenchError, match="a worker process ended: out of memory"):
        list(ordered_map(times, [1, 14, 2, 3], 2, 3, build, 3))
