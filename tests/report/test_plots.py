"""Plots for papers, and the colours they share with the page."""

import itertools
import struct
from pathlib import Path

import pytest

from mdlbench.errors import UsageError
from mdlbench.report.palette import SERIES, TONES
from tests.report import rows
from tests.report.test_page import run

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'mdlbench[plot]'")


def test_each_plot_as_png_and_svg(tmp_path: Path) -> None:
    rows.make_rows(tmp_path / "results", 15, size=400_000)
    strange = rows.make_row(("cm,$\\frac{1}{0}$ <b>", 1.9, 1e5, 1e5, 10, 0), 400_000, seed=3)
    rows.write(tmp_path / "results", strange)
    told = run(tmp_path / "results", "-o", tmp_path / "r.html", "--plots", tmp_path / "plots")
    assert told.exit_code == 0, told.exception
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    kinds = ("adjusted", "curves", "ledger", "pareto")
    assert names == [f"{kind}-enwik8-bytes-0-to-400000.{form}" for kind in kinds for form in ("png", "svg")]
    for path in (tmp_path / "plots").glob("*.png"):
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert width > 800
        assert height > 400
    pareto = (tmp_path / "plots" / "pareto-enwik8-bytes-0-to-400000.svg").read_text()
    assert SERIES["light"][0] in pareto
    assert "bits per byte" in pareto
    assert "&lt;b&gt;" in (tmp_path / "plots" / "ledger-enwik8-bytes-0-to-400000.svg").read_text()
    again = run(tmp_path / "results", "-o", tmp_path / "r2.html", "--plots", tmp_path / "plots")
    assert isinstance(again.exception, UsageError)
    assert not (tmp_path / "r2.html").exists()


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_is_that_of_wcag_aa(theme: str) -> None:
    tones = TONES[theme]
    for text, ground in itertools.product(("ink", "muted", "accent", "bad"), ("page", "panel", "soft")):
        assert contrast(tones[text], tones[ground]) >= 4.5, (text, ground)
    for shape in (*SERIES[theme], tones["grey"], tones["body"]):
        assert contrast(shape, tones["page"]) >= 3, shape
