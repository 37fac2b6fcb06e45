"""Points for pictures: as a study has them, and as a result keeps them."""

from dataclasses import replace

import numpy as np
import pytest

from mdlbench.beliefs.clouds import MOST_KEPT, Clouds, amount
from mdlbench.beliefs.result import BeliefGeometry, Points


def clouds(n: int, states: int = 3) -> Clouds:
    generator = np.random.default_rng(0)
    beliefs = generator.dirichlet(np.ones(states), n)
    image = beliefs + 0.05 * generator.standard_normal(beliefs.shape)
    lengths = np.sort(generator.integers(1, 9, n))
    return Clouds(beliefs, lengths, image, True, [(0, -image), (64_000, image)])


def test_what_a_result_keeps_is_what_was_there(geometry: BeliefGeometry) -> None:
    drawn = clouds(300)
    again = Clouds.of_result(replace(geometry, points=drawn.points("all layers")))
    for ours, kept in ((drawn.beliefs, again.beliefs), (drawn.image, again.image), (drawn.stages[0][1], again.stages[0][1])):
        np.testing.assert_allclose(kept, ours, atol=5.1e-4)
    np.testing.assert_array_equal(again.lengths, drawn.lengths)
    assert [tokens for tokens, _ in again.stages] == [0, 64_000]


def test_a_result_keeps_so_many() -> None:
    points = clouds(MOST_KEPT + 500).points("all layers")
    assert len(points.lengths.split()) == MOST_KEPT
    assert len(points.stages[1].image.split()) == 3 * MOST_KEPT


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": "1 2 3"}, "points.image does not hold 3 numbers for each"),
        ({"beliefs": "1 2 x"}, "points.beliefs holds something other than whole numbers"),
        ({"lengths": "1e9"}, "points.lengths holds something other"),
        ({"states": 2}, "points.beliefs does not hold 2 numbers"),
    ],
)
def test_points_that_are_none(changes: dict[str, object], message: str) -> None:
    good = clouds(5).points("all layers")
    with pytest.raises(ValueError, match=message):
        Points(**{**vars(good), **changes})  # type: ignore[arg-type]


def test_stages_share_the_colours_of_the_truth() -> None:
    drawn = clouds(40)
    stages = drawn.emergence().stages
    assert [name for name, _ in stages] == ["untrained", "64k tokens"]
    assert {tuple(stage.cloud.colours) for _, stage in stages} == {tuple(drawn.truth("truth").cloud.colours)}  # type: ignore[union-attr]


def test_tokens_in_a_few_letters() -> None:
    assert [amount(n) for n in (0, 999, 64_000, 3_190_400, 629_000_000)] == ["0", "999", "64k", "3.19M", "629M"]
