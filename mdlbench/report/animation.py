"""Clouds that move: a GIF of points going from stage to stage beside those that stand still, drawn with Pillow alone.

Between two stages every point goes straight from place to place, smoothly begun and ended; the caption says that this is
interpolated, since nothing was measured there.
"""

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mdlbench.report.palette import TONES
from mdlbench.report.svg import load_pillow
from mdlbench.result.exhibits import Simplex

FRAMES = 14  # between two stages, and a second
_MOST = 20_000  # points
_SIZE, _HEAD, _MARGIN = 340, 44, 16  # pixels: of a panel, its caption, and around it
Stage = tuple[str, Simplex]


def animated(still: Simplex, stages: Sequence[Stage]) -> bytes:
    """A GIF: left what stands still, right what moves.

    Args:
        still: coloured as the points are.
        stages: a name and a cloud each, at least two, point by point the same and in one frame.

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    image_module, _ = load_pillow()
    frames = [_picture(still, names, places) for names, places in _moments(stages, _chosen(still))]
    first = image_module.fromarray(frames[0]).quantize(255, dither=0)
    pictures = [image_module.fromarray(frame).quantize(palette=first, dither=0) for frame in frames]
    file = io.BytesIO()
    look: dict[str, Any] = {"duration": 1000 // FRAMES, "loop": 0, "optimize": True}
    pictures[0].save(file, format="GIF", save_all=True, append_images=pictures[1:], **look)
    return file.getvalue()


def _chosen(still: Simplex) -> np.ndarray:
    """Which points are drawn, in an order in which none lie on top for their colour."""
    return np.random.default_rng(0).permutation(len(still.cloud.places))[:_MOST]


def _moments(stages: Sequence[Stage], chosen: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """What each frame is called, and where points are then, float (n, 2); the last stays for two seconds."""
    clouds = [(name, np.asarray(stage.cloud.places, np.float64)[chosen]) for name, stage in stages]
    for (before, here), (after, there) in pairwise(clouds):
        for step in range(FRAMES):
            share = step / FRAMES
            smooth = share**2 * (3 - 2 * share)
            yield f"{before} to {after} (interpolated)" if step else before, here * (1 - smooth) + there * smooth
    yield from [clouds[-1]] * (2 * FRAMES)


def _picture(still: Simplex, name: str, places: np.ndarray) -> np.ndarray:
    """One frame, uint8 (height, width, 3)."""
    image_module, draw_module = load_pillow()
    chosen = _chosen(still)
    colours = np.array([list(bytes.fromhex(still.cloud.colours[at])) for at in chosen], np.uint8)
    canvas = np.full((_HEAD + _SIZE, 2 * _SIZE, 3), 255, np.uint8)
    for at, points in enumerate((np.asarray(still.cloud.places, np.float64)[chosen], places)):
        _splat(canvas[_HEAD:, at * _SIZE : (at + 1) * _SIZE], _pixels(still, points), colours)
    picture = image_module.fromarray(canvas)
    pen = draw_module.Draw(picture)
    for at, text in enumerate((still.title, name)):
        pen.text(((at + 0.5) * _SIZE, _HEAD / 2), text, fill=TONES["light"]["ink"], anchor="mm", font_size=14)
        corners = [(at * _SIZE + x, _HEAD + y) for x, y in _pixels(still, np.array([c[:2] for c in still.corners]))]
        if corners:
            pen.line([*corners, corners[0]], fill=TONES["light"]["grey"])
    return np.asarray(picture)


def _pixels(still: Simplex, places: np.ndarray) -> list[tuple[int, int]] | np.ndarray:
    """Columns and rows in a panel, int (n, 2), of places in the frame of `still`; a triangle keeps its shape."""
    if not len(places):
        return []
    low, high = np.array(still.low), np.array(still.high)
    scale = (_SIZE - 2 * _MARGIN) / np.where(high > low, high - low, 1.0)
    scale = np.full(2, scale.min()) if still.corners else scale
    found = _MARGIN + (places - low) * scale
    return np.column_stack([found[:, 0], _SIZE - found[:, 1]]).round().astype(int)


def _splat(panel: np.ndarray, pixels: Any, colours: np.ndarray) -> None:
    """Set two pixels by two for each point; those outside are left out."""
    size = 1 if len(pixels) > 2000 else 3
    for right in range(size + 1):
        for down in range(size + 1):
            columns, rows = pixels[:, 0] + right, pixels[:, 1] + down
            inside = (columns >= 0) & (columns < panel.shape[1]) & (rows >= 0) & (rows < panel.shape[0])
            panel[rows[inside], columns[inside]] = colours[inside]
