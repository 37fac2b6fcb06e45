"""Series whose mark is "area": what lies below a line, filled."""

import re
from typing import Any

import pytest

from mdlbench.report import charts, figures
from mdlbench.result.exhibits import Axis, Chart, Measure, Series

pytest.importorskip("vl_convert", reason="needs vl-convert-python: pip install 'mdlbench[report]'")

ACROSS, UP = Axis(Measure("tokens", form="count")), Measure("loss", form="fixed")


def chart(*series: Series, scale: Any = "linear") -> Chart:
    return Chart("Areas", ACROSS, Axis(UP, scale), series)


def filled(exhibit: Chart) -> list[dict[str, Any]]:
    layers = charts.specification(exhibit, figures.paper, 400)["layer"]
    return [layer for layer in layers if isinstance(layer.get("mark"), dict) and layer["mark"]["type"] == "area"]


def test_it_is_filled_down_to_zero_which_the_axis_shows() -> None:
    layers = filled(chart(Series("a", [0, 1, 2], [5, 4, 3], "area")))
    assert [[row["low"] for row in layer["data"]["values"]] for layer in layers] == [[0.0] * 3] * 2
    assert layers[0]["encoding"]["y"]["scale"]["domain"][0] == 0.0
    assert layers[0]["encoding"]["y"]["stack"] is None


def test_it_is_filled_down_to_low_where_that_is_given() -> None:
    layers = filled(chart(Series("a", [0, 1, 2], [5, 4, 3], "area", low=[4, 3, 2.5])))
    assert [row["low"] for row in layers[-1]["data"]["values"]] == [4, 3, 2.5]
    assert layers[0]["encoding"]["y"]["scale"]["domain"][0] > 0


def test_on_a_logarithmic_axis_it_ends_at_the_foot_of_the_plot() -> None:
    (layer, _) = filled(chart(Series("a", [0, 1], [100, 10], "area"), scale="log"))
    low = layer["encoding"]["y"]["scale"]["domain"][0]
    assert 0 < low < 10
    assert {row["low"] for row in layer["data"]["values"]} == {low}


def test_each_is_drawn_whole_on_plain_ground_in_its_own_colour() -> None:
    """The SVG has, for each series, one area through all of its places; an interval's rule belongs to other marks."""
    exhibit = chart(Series("a", [0, 1, 2], [5, 4, 3], "area"), Series("b", [0, 1, 2], [3, 2, 1], "area", low=[1, 1, 1]))
    drawn = figures.draw(exhibit).svg
    areas = re.findall(r'<path [^>]*aria-roledescription="area mark" d="([^"]*)" fill="([^"]*)"', drawn)
    ground, first, second = (figures.paper(name) for name in ("panel", "s0", "s1"))
    assert [fill for _, fill in areas] == [ground, first, ground, second]
    assert all(path.count("L") == 5 for path, _ in areas)
    assert 'aria-roledescription="rule mark"' not in drawn


def test_its_legend_is_a_square() -> None:
    entries = charts.legend(chart(Series("a", [0, 1], [5, 4], "area"), Series("b", [0, 1], [5, 4])))
    assert [entry.shape for entry in entries] == ["square", "line"]
