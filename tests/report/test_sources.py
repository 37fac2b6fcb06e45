"""The page's parts for sources and for loss gaps: from results to tables and pictures, also in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mdlbench.report.collect import Found

from mdlbench.errors import ResultError
from mdlbench.processes import find
from mdlbench.processes.curves import curves, synchronisation
from mdlbench.processes.information import analyse
from mdlbench.report import collect, sections
from mdlbench.result import Result
from tests.report.test_page import page_of

NAMES = ("z1r", "sns", "golden-mean", "tom-quantum")


def entropy_result(name: str) -> Result:
    found = analyse(find(name), contexts=4)
    return Result("hmm-entropy", {**found.to_json(), "curves": curves(found)}, {})


def train_result(run: str = "runs/small", process: str = "z1r") -> Result:
    costs = [[1e-3, 2e-3, 4e-3], [2e-3, 2e-3, 1e-3]]
    seeds = [
        {
            "seed": seed,
            "tokens": 64_000,
            "seconds": 12.5,
            "mean_loss_nats": 0.8,
            "mean_model_nats": 1e-3,
            "model_bits": costs[seed],
        }
        for seed in range(2)
    ]
    contexts = [
        {"context": length, "bayes_floor_bits": 0.5, "finite_context_bits": 0.1**length,
         "model_bits": {"mean": 1.5e-3, "standard_deviation": None, "least": 1e-3, "greatest": 4e-3}}
        for length in (1, 2, 3)
    ]  # fmt: skip
    config = {"architecture": {"name": "gpt2", "width": 16}}
    values = {"run": run, "process": process, "parameters": 1234, "config": config, "contexts": contexts, "seeds": seeds}
    return Result("hmm-train", values, {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sources")
    for result in (*map(entropy_result, NAMES), train_result(), train_result("</script><b>x", "<i>hostile")):
        result.provenance.setdefault("time", "2026-01-01T00:00:00Z")
        result.write(place)
    return place


def test_every_source_and_run_has_a_part(folder: Path) -> None:
    sources, gaps = sections(collect([folder]))
    assert (sources.counts, gaps.counts) == ({"sources": 4}, {"runs": 2})
    page = page_of(folder)
    assert all(f">{name}" in page for name in NAMES)
    assert "no lower bound" in page
    assert "<b>x" not in page
    assert "<i>hostile" not in page


def test_charts_hold_the_results_figures(folder: Path) -> None:
    """Distances from h are those of the entropies; Z1R: 7 mixed states, an observer knows the state after three symbols."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page_of(folder), re.DOTALL)
    assert data is not None
    parts = json.loads(data[1])
    by_name = {chart["charts"][0]["series"][0]["name"]: chart for chart in parts["sources"]}
    assert "from above" in by_name
    z1r = next(part for part in parts["sources"] if len(part["beliefs"]["places"]) == 7)
    assert len(z1r["beliefs"]["recurrent"]) == 3
    bits = z1r["charts"][1]["series"][0]["y"]
    assert bits[0] == pytest.approx(np.log2(3))
    assert bits[3:] == pytest.approx([0] * len(bits[3:]), abs=1e-12)
    network = parts["gaps"][0]["charts"][0]["series"][1]
    assert network["y"] == [1.5e-3] * 3


def test_synchronisation_without_states_is_what_the_past_still_tells() -> None:
    """It begins at the excess entropy and falls."""
    found = analyse(find("post-quantum"), contexts=2)
    curve = synchronisation(found)
    assert curve.of == "future"
    assert found.excess_entropy.value is not None
    assert curve.bits[0] == pytest.approx(found.excess_entropy.value)
    assert (np.diff(curve.bits) <= 1e-12).all()


def test_a_result_without_its_fields_is_named() -> None:
    with pytest.raises(ResultError, match=r"broken\.json: field process is missing"):
        sections([Found("broken.json", Result("hmm-entropy", {}, {}))])
    with pytest.raises(ResultError, match=r"broken\.json: field run is missing"):
        sections([Found("broken.json", Result("hmm-train", {}, {}))])


@pytest.fixture
def page(browser: Any, folder: Path, tmp_path: Path) -> Iterator[Any]:
    target = tmp_path / "report.html"
    target.write_text(page_of(folder), encoding="utf8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened, said = context.new_page(), []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(target.as_uri())
    yield opened
    context.close()
    assert said == []


def test_pictures_are_drawn_and_read_with_the_keyboard(page: Any) -> None:
    assert page.locator("figure[hidden]").count() == 0
    assert page.locator("#sources [data-lines] svg path").count() > 20
    graph, cloud = page.locator("#source-0 [data-beliefs]"), page.locator("#sources [data-beliefs] canvas")
    assert graph.locator("svg").count() + cloud.count() >= 1
    point = page.locator("#gap-0 [data-lines] .hits button").first
    point.focus()
    assert "finite context" in page.locator("#tooltip").inner_text()
    point.press("ArrowRight")
    assert page.locator("#tooltip").is_visible()


def test_no_axis_says_minus_zero_and_phones_need_not_scroll_sideways(page: Any) -> None:
    assert "−0" not in page.locator("[data-lines] svg text").all_inner_texts()
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
