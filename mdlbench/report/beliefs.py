"""Pictures of belief geometry: the beliefs of theory beside a network's image of them, their emergence, an animation.

Every point is a prefix; its colour is its true belief, so that the same point is found again in every panel. Three states are
drawn in their triangle, two along a line with the prefix's length upwards, more by the two widest directions of the beliefs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np

from mdlbench.errors import MissingExtraError
from mdlbench.report.palette import SERIES, TONES

TONE = TONES["light"]
STYLE: Any = {
    "font.family": "sans-serif", "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 9, "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": TONE["grey"], "axes.labelcolor": TONE["ink"], "text.color": TONE["ink"],
    "xtick.color": TONE["muted"], "ytick.color": TONE["muted"], "axes.grid": True, "grid.color": TONE["grid"],
    "axes.axisbelow": True, "legend.frameon": False, "legend.fontsize": 7, "svg.fonttype": "none", "svg.hashsalt": "mdlbench",
    "savefig.dpi": 200, "savefig.bbox": "tight", "text.usetex": False, "text.parse_math": False,
}  # fmt: skip
FORMATS = ("png", "svg")
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])
_RASTER = 4000  # beyond so many points an SVG holds them as an image
FRAMES = 14  # of the animation between two checkpoints
Drawer = Callable[[], dict[str, bytes]]


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points to draw.

    Attributes:
        beliefs: float (n, N), true.
        image: float (n, N), of the trained network.
        lengths: int (n,).
        stages: for each checkpoint the tokens seen and the image then.
    """

    beliefs: np.ndarray
    image: np.ndarray
    lengths: np.ndarray
    stages: list[tuple[int, np.ndarray]] = field(default_factory=list)

    @classmethod
    def of_result(cls, values: dict[str, Any]) -> "Cloud":
        """The points that a result of kind "hmm-belief" keeps."""
        points = values["points"]
        stages = [(stage["tokens"], _rows(stage["image"], points["states"])) for stage in points["stages"]]
        beliefs, image = (_rows(points[key], points["states"]) for key in ("beliefs", "image"))
        return cls(beliefs, image, np.array(points["lengths"].split(), dtype=np.int64), stages)

    @classmethod
    def of_study(cls, clouds: Any) -> "Cloud":
        """Every prefix of a study at hand (`mdlbench.beliefs.study.Clouds`)."""
        return cls(clouds.prefixes.beliefs, clouds.image, clouds.prefixes.lengths, clouds.stages)


def scatters(cloud: Cloud, values: dict[str, Any]) -> Iterator[tuple[str, Drawer]]:
    """`simplex` and, where there are checkpoints, `emergence-strip`: each with a function that draws PNG and SVG."""
    yield "simplex", drawer(lambda: simplex_pair(cloud, values))
    if len(cloud.stages) > 1:
        yield "emergence-strip", drawer(lambda: emergence_strip(cloud))


def drawer(draw: Callable[[], Any]) -> Drawer:
    """A function that draws a figure in the project's style and gives the bytes of each of FORMATS.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    matplotlib = load_matplotlib()

    def drawn() -> dict[str, bytes]:
        from matplotlib import pyplot

        with matplotlib.rc_context(STYLE):
            figure = draw()
            files = {kind: BytesIO() for kind in FORMATS}
            for kind, file in files.items():
                figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
            pyplot.close(figure)
        return {kind: file.getvalue() for kind, file in files.items()}

    return drawn


def load_matplotlib() -> Any:
    """matplotlib, drawing into files."""
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError("matplotlib", "plot") from None
    matplotlib.use("agg")
    return matplotlib


def simplex_pair(cloud: Cloud, values: dict[str, Any]) -> Any:
    """Theory beside network."""
    from matplotlib import pyplot

    view = _View(cloud)
    figure, panels = pyplot.subplots(1, 2, figsize=(7, 3.4), layout="constrained")
    count = f"{values['prefixes']:,} prefixes of up to {values['setting']['length']} symbols"
    shown = "" if len(cloud.beliefs) == values["prefixes"] else f", {len(cloud.beliefs):,} of them drawn"
    view.draw(panels[0], cloud.beliefs, f"Beliefs of the Bayes filter\n{count}{shown}")
    view.draw(panels[1], cloud.image, f"Held-out affine image of the residual stream\n{_scores(values)}")
    return figure


def emergence_strip(cloud: Cloud) -> Any:
    """The image at each checkpoint, and the truth last."""
    from matplotlib import pyplot

    view = _View(cloud)
    stages = _thinned(cloud.stages, 7)
    columns = min(4, len(stages) + 1)
    rows = -(-(len(stages) + 1) // columns)
    figure, panels = pyplot.subplots(rows, columns, figsize=(7, 1.95 * rows), layout="constrained", squeeze=False)
    for axes in panels.flat:
        axes.axis("off")
    for axes, (tokens, image) in zip(panels.flat, stages, strict=False):
        view.draw(axes, image, "untrained" if tokens == 0 else f"{amount(tokens)} tokens", labels=False)
    view.draw(panels.flat[len(stages)], cloud.beliefs, "Bayes filter", labels=False)
    return figure


def animated(cloud: Cloud) -> bytes:
    """A GIF of the image moving from checkpoint to checkpoint; between two it is interpolated, as the caption says."""
    import tempfile

    matplotlib = load_matplotlib()
    from matplotlib import pyplot
    from matplotlib.animation import FuncAnimation, PillowWriter

    chosen = np.random.default_rng(0).permutation(len(cloud.beliefs))[:20_000]
    small = Cloud(
        cloud.beliefs[chosen], cloud.image[chosen], cloud.lengths[chosen], [(n, image[chosen]) for n, image in cloud.stages]
    )
    steps = [(at, part / FRAMES) for at in range(len(small.stages) - 1) for part in range(FRAMES)]
    steps += [(len(small.stages) - 2, 1.0)] * (2 * FRAMES)
    with matplotlib.rc_context({**STYLE, "savefig.bbox": "standard"}), tempfile.NamedTemporaryFile(suffix=".gif") as file:
        figure, panels = pyplot.subplots(1, 2, figsize=(6.4, 3.2), layout="constrained")
        view = _View(small)
        view.draw(panels[0], small.beliefs, "Bayes filter\n ")
        view.draw(panels[1], small.stages[0][1], "network\n ")
        points = panels[1].collections[0]

        def show(step: tuple[int, float]) -> None:
            (before, image), (after, target) = small.stages[step[0]], small.stages[step[0] + 1]
            smooth = step[1] ** 2 * (3 - 2 * step[1])
            points.set_offsets(view.places(image * (1 - smooth) + target * smooth))
            where = amount(after) if step[1] == 1 else amount(before) if step[1] == 0 else f"{amount(before)} → {amount(after)}"
            panels[1].set_title(f"network\n{where} tokens{'' if step[1] in (0, 1) else ' (interpolated)'}")

        FuncAnimation(figure, show, frames=steps, init_func=lambda: None).save(file.name, PillowWriter(fps=14), dpi=110)
        pyplot.close(figure)
        with open(file.name, "rb") as drawn:
            return drawn.read()


def amount(count: int) -> str:
    """A number of tokens in a few letters: 64k, 3.2M.

    Example:
        >>> amount(3_190_400), amount(0)
        ('3.19M', '0')
    """
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


class _View:
    """Where beliefs lie on paper, in what colour, within what limits: the same for every panel of a picture."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._states = cloud, cloud.beliefs.shape[1]
        centred = cloud.beliefs - cloud.beliefs.mean(axis=0)
        self._centre, self._axes = cloud.beliefs.mean(axis=0), np.linalg.svd(centred, full_matrices=False)[2][:2]
        self._colours = belief_colours(cloud.beliefs)
        self._order = np.random.default_rng(0).permutation(len(cloud.beliefs))  # no state's points lie on top
        here, there = self.places(cloud.beliefs), np.percentile(self.places(cloud.image), [0.5, 99.5], axis=0)
        self._low, self._high = np.minimum(here.min(axis=0), there[0]), np.maximum(here.max(axis=0), there[1])

    def places(self, beliefs: np.ndarray) -> np.ndarray:
        """float (n, 2)."""
        if self._states == 3:
            return beliefs @ CORNERS
        if self._states <= 2:
            return np.column_stack([beliefs[:, 0], self._cloud.lengths])
        return (beliefs - self._centre) @ self._axes.T

    def draw(self, axes: Any, beliefs: np.ndarray, title: str, *, labels: bool = True) -> None:
        """One panel."""
        where = self.places(beliefs)[self._order]
        many = len(where) if beliefs is not self._cloud.beliefs else len(np.unique(where.round(3), axis=0))
        size = float(np.clip(4000 / many, 0.12, 14)) * (0.8 if labels else 0.5)
        axes.scatter(*where.T, s=size, c=self._colours[self._order], lw=0, alpha=0.9 if many > 500 else 0.65,
                     rasterized=len(where) > _RASTER)  # fmt: skip
        axes.set_title(title, fontsize=8)
        axes.grid(visible=False)
        if self._states == 3:
            axes.plot(*CORNERS[[0, 1, 2, 0]].T, color=TONE["grey"], lw=0.7, zorder=0)
            axes.set(xlim=(-0.08, 1.08), ylim=(-0.1, 0.96), aspect="equal")
            axes.axis("off")
            if labels:
                for state, (x, y) in enumerate(CORNERS):
                    axes.annotate(f"state {state}", (x, y), (0, 4 if y else -4), textcoords="offset points", ha="center",
                                  va="bottom" if y else "top", fontsize=7, color=TONE["muted"])  # fmt: skip
            return
        margin = 0.08 * (self._high - self._low) + 1e-3
        axes.set(xlim=(self._low[0] - margin[0], self._high[0] + margin[0]))
        axes.set(ylim=(self._low[1] - margin[1], self._high[1] + margin[1]))
        if not labels:
            axes.set(xticks=[], yticks=[])
        elif self._states <= 2:
            axes.set(xlabel="probability of state 0", ylabel="length of the prefix")
        else:
            axes.set(xlabel="1st direction of the true beliefs", ylabel="2nd direction", aspect="equal")
            axes.locator_params(nbins=5)


def belief_colours(beliefs: np.ndarray) -> np.ndarray:
    """float (n, 3): red, green and blue for three states; else the series' colours mixed by the belief."""
    inside = np.clip(beliefs, 0, None)
    inside = inside / np.maximum(inside.sum(axis=1, keepdims=True), 1e-12)
    if beliefs.shape[1] == 3:
        return inside**0.7 * np.array([0.95, 0.78, 1.0])
    names = [SERIES["light"][state % len(SERIES["light"])] for state in range(beliefs.shape[1])]
    corners = np.array([[int(name[at : at + 2], 16) for at in (1, 3, 5)] for name in names]) / 255
    return inside @ corners


def _rows(text: str, states: int) -> np.ndarray:
    """float64 (n, states) of thousandths as text."""
    return np.array(text.split(), dtype=np.float64).reshape(-1, states) / 1000


def _scores(values: dict[str, Any]) -> str:
    parts = []
    for weighting, name in (("probability", "by probability"), ("prefix", "prefixes alike")):
        rows = [row for row in values["mean"] if row["weighting"] == weighting and row["site"] == "all layers"]
        row = next((row for row in rows if row["method"] == "ridge"), None)
        if row and row["r2"] is not None:
            parts.append(f"{row['r2']:.3f} {name}")
    return f"R² {', '.join(parts)}" if parts else ""


def _thinned(stages: list[tuple[int, np.ndarray]], most: int) -> list[tuple[int, np.ndarray]]:
    if len(stages) <= most:
        return stages
    return [stages[at] for at in np.unique(np.linspace(0, len(stages) - 1, most).round().astype(int))]
