"""Beliefs and a network's image of them, point by point, as pictures need them and as a result keeps some of them.

Every point is a prefix; its colour is its true belief, so that the same point is found again in every picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdlbench.beliefs.result import BeliefGeometry, Points, StagePoints
from mdlbench.processes.plane import Plane
from mdlbench.result.exhibits import Simplex, Stages

MOST_KEPT = 2000  # prefixes in a result


@dataclass(frozen=True, eq=False)
class Clouds:
    """Points of one network.

    Attributes:
        beliefs: float64 (n, N), true.
        lengths: int64 (n,), of the prefixes, in symbols.
        image: float64 (n, N), the trained network's, all layers, held out.
        has_states: whether beliefs are distributions over states.
        stages: for each checkpoint the tokens seen, and the image at the last site then, float64 (n, N).
    """

    beliefs: np.ndarray
    lengths: np.ndarray
    image: np.ndarray
    has_states: bool
    stages: Sequence[tuple[int, np.ndarray]] = ()

    @classmethod
    def of_result(cls, payload: BeliefGeometry) -> "Clouds":
        """The points that a result keeps."""
        points = payload.points

        def rows(text: str) -> np.ndarray:
            return np.array(text.split(), dtype=np.float64).reshape(-1, points.states) / 1000

        lengths = np.array(points.lengths.split(), dtype=np.int64)
        stages = [(stage.tokens, rows(stage.image)) for stage in points.stages]
        return cls(rows(points.beliefs), lengths, rows(points.image), payload.has_states, stages)

    def points(self, site: str) -> Points:
        """Up to 2,000 of them, for a result; `site` is whose image `image` is."""
        n, states = self.beliefs.shape
        chosen = np.sort(np.random.default_rng(0).choice(n, min(MOST_KEPT, n), replace=False))
        stages = tuple(StagePoints(tokens, thousandths(image[chosen])) for tokens, image in self.stages)
        lengths = " ".join(map(str, self.lengths[chosen]))
        return Points(site, states, lengths, thousandths(self.beliefs[chosen]), thousandths(self.image[chosen]), stages)

    @cached_property
    def _plane(self) -> Plane:
        return Plane(self.beliefs, self.has_states, self.lengths, "length of the prefix", [self.image])

    def truth(self, title: str, caption: str = "") -> Simplex:
        """The beliefs of the Bayes filter."""
        return self._plane.simplex(title, caption=caption)

    def seen(self, title: str, caption: str = "") -> Simplex:
        """The network's image of them."""
        return self._plane.simplex(title, self.image, caption=caption)

    def at_checkpoints(self) -> list[tuple[str, Simplex]]:
        """The image at each, under the tokens seen until then."""
        named = [("untrained" if not n else f"{amount(n)} tokens", image) for n, image in self.stages]
        return [(name, self._plane.simplex(name, image)) for name, image in named]

    def emergence(self) -> Stages:
        """The image at each checkpoint."""
        said = "The image of the beliefs at the last site as training goes on, first seed."
        return Stages("Emergence", "checkpoint", tuple(self.at_checkpoints()), said)


def thousandths(rows: np.ndarray) -> str:
    """Numbers row by row in thousandths, as text: `333 333 334 ...`; one line of JSON instead of one for each number."""
    return " ".join(map(str, (rows * 1000).round().astype(int).ravel()))


def amount(count: int) -> str:
    """A number of tokens in a few letters.

    Example:
        >>> amount(3_190_400), amount(64_000), amount(0)
        ('3.19M', '64k', '0')
    """
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)
