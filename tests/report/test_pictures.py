"""Pictures for papers, and the colours they share with the page."""

import itertools
import struct
import xml.etree.ElementTree
from pathlib import Path

import pytest

from mdlbench.errors import UsageError
from mdlbench.report import figures
from mdlbench.report.palette import SERIES, TONES
from mdlbench.report.svg import MOST_DOTS
from tests.report import sample

pytest.importorskip("vl_convert", reason="needs vl-convert-python: pip install 'mdlbench[report]'")

NAMES = [
    "sample-enwik8-first-4000000-bytes-along-the-file",
    "sample-enwik8-first-4000000-bytes-layers",
    "sample-enwik8-first-4000000-bytes-size-against-speed",
    "sample-mess3-clouds",
    "sample-mess3-emergence",
]


def test_each_picture_as_png_and_svg(tmp_path: Path) -> None:
    plan = figures.planned(tmp_path / "plots", [sample.section()])
    written = figures.write(plan)
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
        f"{name}.{kind}" for name in NAMES for kind in ("png", "svg")
    ]
    assert sorted(written) == sorted(map(str, (tmp_path / "plots").iterdir()))
    for path in (tmp_path / "plots").glob("*.png"):
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert width > 800
        assert height > 300
    pareto = (tmp_path / "plots" / f"{NAMES[2]}.svg").read_text()
    assert SERIES["light"][0] in pareto
    assert "bits per byte" in pareto
    with pytest.raises(UsageError, match="exists; overwrite it with -f, or name another folder"):
        figures.planned(tmp_path / "plots", [sample.section()])
    figures.planned(tmp_path / "plots", [sample.section()], replace=True)


def test_a_file_in_the_folder_s_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="file is no folder; name another with --plots"):
            figures.planned(folder, [sample.section()])


def test_pdf_and_no_other_kind() -> None:
    drawing = figures.draw(sample.bars())
    assert drawing.bytes("pdf").startswith(b"%PDF")
    with pytest.raises(UsageError, match="pictures are svg, png, pdf, not 'gif'"):
        drawing.bytes("gif")


def test_hostile_titles_are_text() -> None:
    (_, draw), *_ = figures.drawings([sample.section(hostile=sample.HOSTILE)])
    for _, draw in figures.drawings([sample.section(hostile=sample.HOSTILE)]):
        root = xml.etree.ElementTree.fromstring(draw().svg)
        assert not [node for node in root.iter() if node.tag.endswith("script")]


def test_many_points_are_an_image() -> None:
    few, many = figures.draw(sample.cloud(MOST_DOTS)).svg, figures.draw(sample.cloud(MOST_DOTS + 1)).svg
    assert "<image" not in few
    assert few.count("h0") == MOST_DOTS
    assert "data:image/png;base64," in many
    assert len(many) < 400_000


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
