"""Where beliefs are drawn, and in what colour."""

import colorsys

import numpy as np
import pytest

from mdlbench.processes.plane import CORNERS, Plane, belief_colours, hex_colours, plane_colours, simplex_of


def test_colours_are_the_beliefs() -> None:
    colours = belief_colours(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1.2, -0.1, -0.1]]))
    assert (colours.argmax(axis=1) == [0, 1, 2, 0]).all()
    np.testing.assert_allclose(colours[3], colours[0])  # what lies outside is coloured as its nearest edge


@pytest.mark.parametrize("states", [1, 2, 4, 7, 12])
def test_every_state_has_a_colour_of_its_own(states: int) -> None:
    colours = belief_colours(np.eye(states))
    assert colours.min() >= 0
    assert colours.max() <= 1
    assert len(set(hex_colours(colours))) == states
    np.testing.assert_allclose(belief_colours(np.full((1, states), 1 / states))[0], colours.mean(axis=0))


def test_colours_of_a_plane_follow_the_hexcone_model() -> None:
    """The standard library's conversion, place by place."""
    places = np.random.default_rng(0).standard_normal((50, 2))
    reach = np.hypot(*places.T)
    for place, far, colour in zip(places, reach, plane_colours(places), strict=True):
        hue = np.arctan2(place[1], place[0]) / (2 * np.pi) % 1
        assert colour == pytest.approx(colorsys.hsv_to_rgb(hue, 0.25 + 0.65 * far / reach.max(), 0.78))


def test_three_states_lie_in_their_triangle() -> None:
    drawn = simplex_of("three", np.vstack([np.eye(3), np.full((1, 3), 1 / 3)]))
    np.testing.assert_allclose(drawn.cloud.places[:3], CORNERS, atol=1e-5)
    np.testing.assert_allclose(drawn.cloud.places[3], CORNERS.mean(axis=0), atol=1e-5)
    assert [name for *_, name in drawn.corners] == ["state 0", "state 1", "state 2"]


def test_two_states_lie_along_a_line() -> None:
    beliefs = np.array([[0.25, 0.75], [1.0, 0.0]])
    drawn = simplex_of("two", beliefs, heights=[3, 4], height="length")
    assert drawn.cloud.places == [[0.25, 3.0], [1.0, 4.0]]
    assert (drawn.corners, drawn.x, drawn.y) == ((), "probability of state 0", "length")
    assert simplex_of("two", beliefs).cloud.places == [[0.25, 0.0], [1.0, 0.0]]


def test_more_states_are_seen_where_they_vary_most() -> None:
    generator = np.random.default_rng(1)
    beliefs = generator.dirichlet(np.ones(5), 200)
    places = Plane(beliefs).places(beliefs)
    assert places.var(axis=0).sum() > 0.4 * beliefs.var(axis=0).sum()
    assert Plane(beliefs).simplex("five").y == "2nd direction"
    line = np.array([[share, 0.3, 0.7, 1 - share] for share in np.linspace(0, 1, 9)])
    assert np.ptp(np.array(simplex_of("on a line", line).cloud.places)[:, 1]) == 0


def test_vectors_of_generalised_processes_are_no_beliefs() -> None:
    vectors = np.random.default_rng(2).standard_normal((30, 3))
    drawn = simplex_of("vectors", vectors, states=False)
    assert drawn.corners == ()
    assert drawn.cloud.colours != simplex_of("beliefs", vectors).cloud.colours


def test_images_share_colours_and_frame_with_beliefs() -> None:
    beliefs = np.random.default_rng(3).dirichlet(np.ones(4), 300)
    image = 2 * beliefs
    image[0] = 50  # one point far out does not shrink the picture
    plane = Plane(beliefs, images=[image])
    truth, seen = plane.simplex("truth"), plane.simplex("image", image)
    assert (truth.low, truth.high, truth.cloud.colours) == (seen.low, seen.high, seen.cloud.colours)
    assert np.mean([x > seen.high[0] for x, _ in seen.cloud.places]) < 0.02
    assert seen.high[0] < 3
