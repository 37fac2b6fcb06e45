"""Where beliefs lie in a plane and in what colour, by one rule for every picture of them.

Three states lie in their triangle; one or two along a line, upwards whatever else is known of a point, such as how many symbols
led to it; more of them, and vectors of generalised processes, in the two directions in which they vary most.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mdlbench.result.exhibits import Cloud, Simplex

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])
_TRIANGLE = ((-0.06, -0.08), (1.06, 0.95))  # what is shown around it
_FLAT = 1e-6  # a second direction below this share of the first one is rounding
_ORANGE = 0.06  # hue of state 0; that of two states' other one is then blue


@dataclass(frozen=True, eq=False)
class Plane:
    """A view of n beliefs, and of whatever is held against them point by point.

    Attributes:
        beliefs: float (n, N), the true ones: they decide places and colours.
        states: whether they are distributions over states; False for generalised processes.
        heights: float (n,), what is drawn upwards where beliefs lie along a line; empty for nothing.
        height: what that is.
        images: float (n, N) each, what the frame has to hold as well, but for the farthest hundredth.
    """

    beliefs: np.ndarray
    states: bool = True
    heights: np.ndarray = field(default_factory=lambda: np.zeros(0))
    height: str = ""
    images: Sequence[np.ndarray] = ()

    def places(self, rows: np.ndarray) -> np.ndarray:
        """float (n, 2) of beliefs, or of images of them, float (n, N)."""
        centre, axes = self._axes
        found = (rows - centre) @ axes
        if self._line and len(self.heights):
            found[:, 1] = self.heights
        return found

    @cached_property
    def colours(self) -> list[str]:
        """ "rrggbb" of each belief."""
        if self.states:
            return hex_colours(belief_colours(self.beliefs))
        places = self.places(self.beliefs)
        return hex_colours(plane_colours(places - places.mean(axis=0)))

    def simplex(self, title: str, rows: np.ndarray | None = None, *, caption: str = "") -> Simplex:
        """The beliefs, or `rows` that stand for them one by one, in this view; colours are those of the beliefs."""
        low, high = self._frame
        corners = tuple((x, y, f"state {state}") for state, (x, y) in enumerate(CORNERS.tolist())) if self._triangle else ()
        x, y = self._names
        cloud = Cloud(title, self.places(self.beliefs if rows is None else rows).round(5).tolist(), self.colours)
        return Simplex(title, cloud, corners, x, y, low, high, caption)

    @property
    def _triangle(self) -> bool:
        return self.states and self.beliefs.shape[1] == 3

    @cached_property
    def _directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Scales, and unit vectors (rows), of the spread of the beliefs, the widest first."""
        _, scales, rows = np.linalg.svd(self.beliefs - self.beliefs.mean(axis=0), full_matrices=False)
        return scales, rows

    @property
    def _line(self) -> bool:
        if self._triangle or self.beliefs.shape[1] <= 2:
            return not self._triangle
        scales, _ = self._directions
        return len(scales) < 2 or bool(scales[1] <= _FLAT * scales[0])

    @cached_property
    def _axes(self) -> tuple[np.ndarray, np.ndarray]:
        """A place is (belief - the first) @ the second, float (N,) and (N, 2)."""
        n = self.beliefs.shape[1]
        if self._triangle:
            return np.zeros(n), CORNERS
        if n <= 2:
            return np.zeros(n), np.eye(n, 2) * [1.0, 0.0]
        return self.beliefs.mean(axis=0), self._directions[1][:2].T * [1.0, not self._line]

    @property
    def _names(self) -> tuple[str, str]:
        if self._triangle:
            return "", ""
        first = "1st direction of the beliefs"
        if self.beliefs.shape[1] <= 2:
            first = "probability of state 0" if self.states else "1st coordinate"
        return (first, self.height) if self._line else (first, "2nd direction")

    @cached_property
    def _frame(self) -> tuple[tuple[float, float], tuple[float, float]]:
        if self._triangle:
            return _TRIANGLE
        here = self.places(self.beliefs)
        low, high = here.min(axis=0), here.max(axis=0)
        if self.images:
            there = np.percentile(np.concatenate([self.places(image) for image in self.images]), [0.5, 99.5], axis=0)
            low, high = np.minimum(low, there[0]), np.maximum(high, there[1])
        margin = 0.08 * (high - low) + np.where(high - low > 1e-9, 1e-3, 0.5)
        (x, y), (right, top) = (low - margin).tolist(), (high + margin).tolist()
        return (x, y), (right, top)


def simplex_of(
    title: str, beliefs: np.ndarray, *, states: bool = True, heights: Sequence[float] = (), height: str = "", caption: str = ""
) -> Simplex:
    """A cloud of beliefs, float (n, N), in a view of their own; see `Plane`.

    Example:
        >>> simplex_of("corners", np.eye(3)).cloud.colours
        ['f20000', '00c700', '0000ff']
    """
    return Plane(beliefs, states, np.asarray(heights, np.float64), height).simplex(title, caption=caption)


def belief_colours(beliefs: np.ndarray) -> np.ndarray:
    """Red, green and blue by the belief, float (n, 3) of 0 to 1: one each for three states, else mixed from hues evenly apart.

    Args:
        beliefs: float (n, N); what is negative counts as 0.
    """
    inside = np.clip(beliefs, 0, None)
    inside = inside / np.maximum(inside.sum(axis=1, keepdims=True), 1e-12)
    n = beliefs.shape[1]
    if n == 3:
        return inside**0.7 * np.array([0.95, 0.78, 1.0])
    return inside @ _rgb((_ORANGE + np.arange(n) / n) % 1.0, np.full(n, 0.85), 0.8)


def plane_colours(places: np.ndarray) -> np.ndarray:
    """Hue by direction and strength by distance from the origin, float (n, 3) of 0 to 1, for vectors that are no beliefs.

    Args:
        places: float (n, 2).
    """
    reach = np.hypot(*places.T)
    hue = (np.arctan2(places[:, 1], places[:, 0]) / (2 * np.pi)) % 1.0
    return _rgb(hue, 0.25 + 0.65 * reach / max(reach.max(), 1e-12), 0.78)


def hex_colours(colours: np.ndarray) -> list[str]:
    """float (n, 3) of 0 to 1 as "rrggbb"."""
    return [f"{r:02x}{g:02x}{b:02x}" for r, g, b in (255 * colours.clip(0, 1)).round().astype(int).tolist()]


def _rgb(hue: np.ndarray, saturation: np.ndarray, value: float) -> np.ndarray:
    """float (n, 3) of hues and saturations, float (n,) of 0 to 1, at one value: the hexcone model (A. R. Smith, 1978)."""
    sector = (np.array([5.0, 3.0, 1.0]) + 6 * hue[:, None]) % 6
    return value * (1 - saturation[:, None] * np.minimum(sector, 4 - sector).clip(0, 1))
