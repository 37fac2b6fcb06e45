"""Clouds that move, as a GIF."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from mdlbench.processes.plane import Plane
from mdlbench.report import animation
from mdlbench.report.animation import animated

CORNERS = np.eye(3)
FIRST, LAST = np.roll(CORNERS, 1, axis=0), CORNERS


def frames(beliefs: np.ndarray, images: list[np.ndarray]) -> list[np.ndarray]:
    plane = Plane(beliefs)
    stages = [(f"{at}", plane.simplex(f"{at}", image)) for at, image in enumerate(images)]
    with Image.open(io.BytesIO(animated(plane.simplex("truth"), stages))) as moving:
        assert moving.format == "GIF"
        return [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(moving)]


def where_red(frame: np.ndarray) -> tuple[float, float]:
    """Column and row of the red points of the right panel, under the caption."""
    half = frame.shape[1] // 2
    red = (frame[50:, half:, 0] > 200) & (frame[50:, half:, 1:].max(axis=2) < 60)
    rows, columns = np.nonzero(red)
    return float(columns.mean()), float(rows.mean())


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animation, "FRAMES", 4)


def test_points_go_from_stage_to_stage() -> None:
    """State 0's point begins at another corner, is half way in the middle, and ends in its own: lower left."""
    found = frames(CORNERS, [FIRST, LAST])
    start, middle, end = (where_red(found[at]) for at in (0, 2, -1))
    assert end[0] < middle[0] < start[0]
    assert middle == pytest.approx(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), abs=3)
    half = found[-1].shape[1] // 2
    truth, moved = found[-1][50:, :half], found[-1][50:, half:]
    np.testing.assert_array_equal(truth, moved)  # where the image is the truth, both panels are one picture


def test_points_along_a_line_and_far_outside_are_no_error() -> None:
    beliefs = np.column_stack([np.linspace(0, 1, 50), np.linspace(1, 0, 50)])
    assert len(frames(beliefs, [beliefs, 100 * beliefs])) > 1


def test_more_points_than_are_drawn() -> None:
    beliefs = np.random.default_rng(0).dirichlet(np.ones(3), animation._MOST + 100)
    assert len(animation._chosen(Plane(beliefs).simplex("many"))) == animation._MOST
