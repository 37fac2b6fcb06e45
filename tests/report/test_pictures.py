"""Pictures for papers, and the colours they share with the page."""

import itertools
import re
import struct
import xml.etree.ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from mdlbench.errors import UsageError
from mdlbench.report import charts, figures
from mdlbench.report.palette import SERIES, TONES
from mdlbench.report.svg import MOST_DOTS
from mdlbench.result.exhibits import Axis, Bar, Chart, Edge, Measure, Series
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


def test_every_marker_of_a_crowd_is_named() -> None:
    """By a label, by one at the end of a line, or in the legend, by where it lies."""
    crowd = [Series(f"aside {n}", [1e6 + n], [2.0], "points", labels=[f"aside {n}"], role="aside") for n in range(30)]
    axes = Axis(Measure("speed", form="rate"), "log"), Axis(Measure("bits per byte", form="fixed", digits=2))
    chart = Chart("Crowd", *axes, tuple(crowd))
    for width in (400, "container"):
        layers = charts.specification(chart, figures.paper, width)["layer"]
        texts = [layer for layer in layers if layer.get("mark", {}).get("type") == "text"]
        labelled = {row["l"] for layer in texts for row in layer["data"]["values"]}
        listed = {entry.name: entry.text for entry in charts.legend(chart, width)}
        assert labelled | listed.keys() == {one.name for one in crowd}
        assert labelled
        assert all(text == f"{name} (1 MB/s, 2.00)" for name, text in listed.items())


def test_no_tick_of_a_narrow_axis_is_too_close_for_its_label() -> None:
    ticks = charts.channel("x", Axis(Measure("speed", form="rate"), "log"), (4e5, 3.2e7))["axis"]["values"]
    assert ticks == [1e6, 3e6, 1e7, 3e7]


def test_a_name_has_the_run_and_what_is_drawn_however_long_they_are() -> None:
    long = replace(sample.section(), parts=(replace(sample.section().parts[0], title="/tmp/w/" + "run" * 60),))
    names = dict(figures.drawings([long]))
    assert len(names) == 3
    for name in names:
        assert len(name) <= 120
        assert name.startswith("sample-runrunrun")
        assert name.endswith(("-size-against-speed", "-along-the-file", "-layers"))
    (draw,) = [draw for name, draw in names.items() if name.endswith("layers")]
    assert f"{'run' * 60}: Layers" in draw().svg
    assert "/tmp/" not in draw().svg


def test_a_bar_that_ends_early_says_where_it_goes() -> None:
    wild = Bar("wild", (("ridge", -2000.25),), (("untrained", -3.5), ("shuffled labels", 0.1)))
    exhibit = replace(sample.bars(), bars=(*sample.bars().bars, wild), floor=-0.5)
    layers = charts.specification(exhibit, figures.paper, 400)["layer"]
    places = [row[end] for layer in layers for row in layer["data"]["values"] for end in ("a", "z", "v", "low") if end in row]
    assert min(place for place in places if place is not None) == -0.5
    assert "to −2,000.250, untrained −3.500" in figures.draw(exhibit).svg
    assert ">to " not in figures.draw(sample.bars()).svg
    words = next(layer["mark"] for layer in layers if layer["mark"]["type"] == "text")
    bar = next(layer["mark"] for layer in layers if layer["mark"]["type"] == "bar")
    assert words["dy"] - words["fontSize"] / 2 > bar["height"] / 2, "beside the bar, not on it"


def test_names_of_corners_stand_above_the_points() -> None:
    text = figures.draw(sample.cloud(50)).svg
    assert text.index("state 0") > text.rindex("h0")


def test_a_graph_keeps_clear_of_its_legend_and_its_edges() -> None:
    edges = tuple(Edge(n % 3, n % 3, f"symbol {n} of a long name", 1.0) for n in range(9))
    text = figures.draw(replace(sample.graph(), edges=edges)).svg
    numbers = [
        [float(n) for n in re.findall(r"-?[0-9.]+", path)] for path in re.findall(r'<path d="M([^"h]*)" fill="none"', text)
    ]
    assert min(y for path in numbers for y in path[1::2][:1]) > 0
    assert min(0.25 * path[1] + 0.75 * path[3] for path in numbers) > -1  # the height of a loop
    legend = min(float(y) for y in re.findall(r'<path d="M[0-9]+ ([0-9.]+)h14"', text))
    assert max(float(y) for y in re.findall(r'<circle cx="[0-9.]+" cy="([0-9.]+)"', text)) + 18 < legend


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
