"""What is shown of beliefs and loss gaps: one number for one thing, wherever it stands, from results as they lie on disk."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mdlbench.beliefs import gap_exhibits, pictures, tables
from mdlbench.beliefs.clouds import Clouds
from mdlbench.beliefs.controls import EXACT
from mdlbench.beliefs.exhibits import run_part, section
from mdlbench.beliefs.result import BeliefGeometry, RunGap, Spread
from mdlbench.beliefs.seed_result import Fit
from mdlbench.beliefs.study import means
from mdlbench.processes.result import EntropyRate
from mdlbench.report import terminal
from mdlbench.result import Result
from mdlbench.result.exhibits import Bars, Chart, Estimate, Folder, Panels, Stages, Table, Text, sections, walk
from mdlbench.result.glossary import undefined
from mdlbench.result.reading import Found


def column(table: Table, name: str) -> list[Any]:
    (at,) = [at for at, measure in enumerate(table.columns) if measure.name == name]
    return [row.cells[at] for row in table.rows]


def panels(exhibit: Panels, kind: type) -> list[Any]:
    found = list(exhibit.parts)
    assert all(isinstance(part, kind) for part in found)
    return found


def with_seed(geometry: BeliefGeometry, at: int, **changes: Any) -> BeliefGeometry:
    seeds = list(geometry.seeds)
    seeds[at] = replace(seeds[at], **changes)
    return replace(geometry, seeds=tuple(seeds), mean=means(seeds))


def scored(geometry: BeliefGeometry, **figures: tuple[float, ...]) -> BeliefGeometry:
    """With these R^2 for all layers and controls, seed by seed; `exact` is that of the exact next-symbol distribution."""
    named = {"all layers": figures["all_layers"], EXACT: figures.get("exact")}

    def changed(row: Fit, at: int) -> Fit:
        others = {"r2": (named.get(row.features) or (0.1,) * 9)[at]} if row.control or row.features == "all layers" else {}
        return replace(row, **others, untrained_r2=figures.get("untrained", (0.05,) * 9)[at], shuffled_r2=0.0)

    seeds = tuple(replace(one, fits=tuple(changed(row, at) for row in one.fits)) for at, one in enumerate(geometry.seeds))
    return replace(geometry, seeds=seeds, mean=means(seeds))


def test_sections(geometry: BeliefGeometry, gap: RunGap) -> None:
    wide = replace(geometry, run="wide", width=16)
    found = sections([Found(f"{at}.json", Result(one, {})) for at, one in enumerate((geometry, wide, gap))])
    assert [(part.title, part.counts) for part in found] == [
        ("Loss gaps", {"runs": 1}),
        ("Belief geometry", {"belief_runs": 2}),
    ]
    assert found[1].summary == "belief geometry of 2 runs, 4 trained networks"
    assert [part.title for part in found[1].parts][-1] == "mess3: 2 runs"


@pytest.mark.parametrize(
    ("figures", "said", "noted"),
    [
        (
            {"all_layers": (0.997, 0.996), "exact": (1.0, 1.0)},
            "A control does as well as the network, held out by belief: by probability 0.9965 against 1.0000 from exact "
            "next-symbol distribution, prefixes alike 0.9965 against 1.0000 from exact next-symbol distribution, so there is "
            "no evidence of more than the next-symbol distribution (R² of beliefs from all layers, ridge, 2 seeds).",
            "a control does as well: this R² is no evidence of more than the next-symbol distribution",
        ),
        (
            {"all_layers": (0.9, 0.91), "exact": (0.5, 0.51)},
            "The network beats its best control, held out by belief: by probability 0.9050 against 0.5050 from exact "
            "next-symbol distribution, prefixes alike",
            "every control is beaten by all layers (ridge)",
        ),
        (
            {"all_layers": (0.4, 0.9), "exact": (0.39, 0.5)},  # greater in both, by what two seeds cannot tell
            "The network is not told apart from its best control by so few seeds, held out by belief: by probability 0.6500",
            "not told apart by 2 seeds: this R² is no evidence of more than the next-symbol distribution",
        ),
        (
            {"all_layers": (0.9, 0.91), "exact": (0.1, 0.1), "untrained": (0.95, 0.95)},
            "from untrained network, prefixes alike 0.9050 against 0.9500 from untrained network, so there is no evidence of "
            "more than what a network holds before training",
            "untrained network, by probability and prefixes alike: a control does as well",
        ),
    ],
)
def test_the_verdict_names_the_best_control(geometry: BeliefGeometry, figures: Any, said: str, noted: str) -> None:
    payload = scored(geometry, **figures)
    verdict = run_part(payload).exhibits[0]
    assert isinstance(verdict, Text)
    assert said in verdict.text
    assert verdict.text.count("\n") == 0
    assert any(noted in note for note in tables.fits(payload, "belief").notes)


def test_a_verdict_that_differs_by_weighting_says_for_which(geometry: BeliefGeometry) -> None:
    """Beaten by probability, not with prefixes alike: one sentence says both, and what there is no evidence beyond."""
    low, high = (
        scored(geometry, all_layers=(0.3, 0.31), exact=(0.5, 0.5)),
        scored(geometry, all_layers=(0.9, 0.9), exact=(0.5, 0.5)),
    )
    seeds = tuple(
        replace(one, fits=tuple(a if a.weighting == "prefix" else b for a, b in zip(one.fits, other.fits, strict=True)))
        for one, other in zip(low.seeds, high.seeds, strict=True)
    )
    text = run_part(replace(geometry, seeds=seeds, mean=means(seeds))).exhibits[0].text  # type: ignore[union-attr]
    assert text.startswith(
        "The network beats its best control (by probability), and a control does as well as the network (pre"
    )
    assert "so there is no evidence (prefixes alike) of more than the next-symbol distribution" in text


def test_every_control_stands_in_the_table(geometry: BeliefGeometry) -> None:
    """Layers and controls by one estimator on one split; ridge and affine in rows of their own where they differ."""
    table = tables.fits(geometry, "belief")
    rows = {(row.cells[0], row.cells[1]): row.cells for row in table.rows}
    for name in (
        "all layers",
        "exact next-symbol distribution",
        "network's next-symbol distribution",
        "last 1 symbol",
        "every symbol",
    ):
        assert {(name, "ridge"), (name, "affine")} <= rows.keys() or (name, "ridge = affine") in rows
    headings = [measure.name for measure in table.columns]
    for null in ("R²", "untrained", "shuffled"):
        assert sum(heading.startswith(null) for heading in headings) == 2  # by probability, and prefixes alike
    known = tables.by_key(geometry.mean)
    for (name, method), cells in rows.items():
        for at, weighting in ((2, "probability"), (5, "prefix")):
            for one in str(method).split(" = "):
                row = known[str(name), "belief", weighting, one]
                texts = [column.text(cell) for column, cell in zip(table.columns[at:], cells[at:], strict=True)]
                nulls = [tables.r2(digits=3).text(value) for value in (row.untrained_r2, row.shuffled_r2)]
                assert texts[1:3] == nulls
                assert texts[0].startswith(tables.r2().text(row.r2))
    same = replace(
        geometry,
        mean=tuple(replace(row, r2=0.5, r2_low=0.4, r2_high=0.6, untrained_r2=0.1, shuffled_r2=0.0) for row in geometry.mean),
    )
    assert set(column(tables.fits(same, "belief"), "map")) == {"ridge = affine"}


def test_both_splits_stand_where_beliefs_are_shared(geometry: BeliefGeometry) -> None:
    """RRXOR: a table for each split, the honest one first; the verdict speaks of both."""
    rows = tuple(replace(row, split="prefix") for row in geometry.seeds[0].fits)
    both = [replace(one, fits=(*one.fits, *rows)) for one in geometry.seeds]
    payload = replace(geometry, splits=("belief", "prefix"), seeds=tuple(both), mean=means(both))
    part = run_part(payload)
    titles = [exhibit.title for exhibit in part.exhibits if isinstance(exhibit, Table)]
    assert titles == ["Beliefs, held out by belief", "Beliefs, held out by prefix, with beliefs shared across the split"]
    assert "; " in part.exhibits[0].text  # type: ignore[union-attr]
    assert len(panels(pictures.layers(payload), Bars)) == 4


def test_all_runs_are_one_table_and_one_sentence_in_words_that_are_defined(geometry: BeliefGeometry, gap: RunGap) -> None:
    """The run that is told of is the one trained longest, whatever its figures; the null stands in the same sentence."""
    longer = [replace(one, tokens=one.tokens + 1) for one in geometry.seeds]
    best = scored(geometry, all_layers=(0.9, 0.91), exact=(0.5, 0.51))
    told = replace(scored(geometry, all_layers=(0.3, 0.31), exact=(0.5, 0.51)), run="longest")
    told = replace(told, seeds=tuple(replace(one, tokens=more.tokens) for one, more in zip(told.seeds, longer, strict=True)))
    shown = section([Found("a.json", Result(one, {})) for one in (best, told)])
    (table,) = shown.front
    assert [row.cells[0] for row in table.rows] == [part.title for part in shown.parts[:2]]
    (finding,) = shown.findings
    assert "longest, trained longest of 2 runs" in finding.claim
    assert finding.against == "it is no more than the 0.5050 of its best control, exact next-symbol distribution"
    titles = [one.title for part in shown.parts[:2] for one in part.exhibits if isinstance(one, Panels)]
    assert (titles.count("Beliefs and their image"), titles.count("Image of the beliefs")) == (1, 1)
    gaps = sections([Found("a.json", Result(gap, {}))])
    assert gaps[0].front[0].rows[0].cells[0] == gaps[0].parts[0].title
    assert undefined([shown, *gaps]) == []


def test_the_newest_result_of_a_run_is_shown(geometry: BeliefGeometry) -> None:
    def dated(time: str, width: int) -> Found[BeliefGeometry]:
        return Found(f"{width}.json", Result(replace(geometry, width=width), {"time": time}))

    shown = section([dated("2026-02-01T00:00:00Z", 2), dated("2026-01-01T00:00:00Z", 1)])
    assert [part.facts.split(",")[0] for part in shown.parts] == ["gpt2 of width 2"]
    elsewhere = Found("b.json", Result(replace(geometry, process="other"), {}))
    assert len(section([dated("2026-02-01T00:00:00Z", 2), elsewhere]).parts) == 2  # one name, two sources: no comparison


def test_tables_and_bars_show_the_same_figures(geometry: BeliefGeometry) -> None:
    rows = {row.cells[0]: row.cells for row in tables.fits(geometry, "belief").rows if str(row.cells[1]).startswith("ridge")}
    bars = panels(pictures.layers(geometry), Bars)[1].bars  # prefixes alike
    assert [bar.name for bar in bars] == list(rows)
    for bar in bars:
        cell, untrained, shuffled = rows[bar.name][5:8]
        assert (bar.parts[0][1], bar.low, bar.high) == cell
        marks = dict(bar.marks)
        assert marks.get("before training") == untrained
        assert marks["shuffled labels"] == shuffled
    assert [bar.parts[0][0] for bar in bars] == ["one layer"] * 4 + ["all layers"] + ["not from activations"] * 6


def test_means_are_those_of_the_seeds(geometry: BeliefGeometry) -> None:
    """By hand, from the parts of the record."""
    swap = [one.intervention.sites["block 1"]["swap"].followed for one in geometry.seeds]
    at = list(geometry.seeds[0].intervention.sites).index("block 1")
    assert column(tables.intervention(geometry), "swap")[at] == pytest.approx(np.mean(swap))
    last = [one.synchronisation[4].network_state for one in geometry.seeds]
    assert column(tables.synchronisation(geometry), "state, by the image")[4] == pytest.approx(np.mean(last))  # type: ignore[arg-type]
    update = [one.dynamics[0].bayes_update.r2 for one in geometry.seeds]
    assert column(tables.dynamics(geometry), "Bayes update")[0] == pytest.approx(np.mean(update))  # type: ignore[arg-type]
    errors = [one.emergence[2].sites["all layers"].in_sample_mse for one in geometry.seeds]
    (chart, _) = panels(pictures.through_training(geometry), Chart)
    line = next(series for series in chart.series if series.name == "all layers")
    assert (line.x[1], line.y[1]) == (320, pytest.approx(np.mean(errors)))
    assert (line.low[1], line.high[1]) == (min(errors), max(errors))


def test_a_mean_is_known_only_where_every_seed_is(geometry: BeliefGeometry) -> None:
    """What one seed lacks has no mean, in the table as in the picture: it is neither skipped nor taken for 0."""
    first, *others = geometry.seeds[1].fits
    unknown = with_seed(geometry, 1, fits=(replace(first, r2=None), *others))
    assert column(tables.fits(unknown, "belief"), "R², by probability")[0 if first.method == "ridge" else 1] is None
    without = [replace(row, r2=None) if row.features == "every symbol" else row for row in geometry.seeds[1].fits]
    names = [bar.name for bar in panels(pictures.layers(with_seed(geometry, 1, fits=tuple(without))), Bars)[0].bars]
    assert "every symbol" not in names
    assert "last 1 symbol" in names
    shorter = with_seed(geometry, 1, emergence=geometry.seeds[1].emergence[:-1])
    *kept, last = column(tables.emergence(shorter), "all layers")
    assert last is None
    assert None not in kept
    (_, chart) = panels(pictures.through_training(shorter), Chart)
    assert chart.series[-1].y[-1] is None


def test_parts_of_seeds_are_folded_figure_by_figure(geometry: BeliefGeometry) -> None:
    """Rows are matched by what they are of and not by place; a rule sees every seed's figure."""
    first, second, *_ = (one.dynamics for one in geometry.seeds)
    both = tables.over_seeds([first, second])
    assert both == tables.over_seeds([first, second[::-1]])
    assert [(row.site, row.weighting, row.pairs) for row in both] == [(row.site, row.weighting, row.pairs) for row in first]
    figures = [part[1].error.slope for part in (first, second)]
    assert both[1].error.slope == pytest.approx(np.mean(figures))  # type: ignore[arg-type]
    assert tables.over_seeds([first, second], min)[1].error.slope == min(figures)  # type: ignore[type-var]
    assert tables.over_seeds([first, second[1:]])[0].bayes_update.r2 is None


def test_a_run_of_one_seed_has_no_interval_over_seeds(geometry: BeliefGeometry) -> None:
    """Its interval is over beliefs, where those are worth enough; else the table says why there is none."""
    one = replace(geometry, seeds=geometry.seeds[:1], memory=geometry.memory[:1], mean=means(geometry.seeds[:1]))
    table = tables.fits(one, "belief")
    bounds = column(table, "R², prefixes alike")
    assert all(cell.low <= cell.value <= cell.high for cell in bounds)
    assert all(cell.low is None for cell in column(table, "R², by probability"))  # 24 effective: short prefixes weigh most
    assert any("120 beliefs are worth 2" in note and "an interval" not in note for note in table.notes)
    (_, chart) = panels(pictures.through_training(one), Chart)
    assert not any(series.low for series in chart.series)


def test_published_errors_stand_beside_the_checkpoints(geometry: BeliefGeometry) -> None:
    """Shai et al. 2024 (arXiv:2405.15943): 0.01182 after 64,000 tokens of Mess3, 0.00841 after 640,000."""
    assert geometry.published_mse.items() >= {"64000": 0.01182, "640000": 0.00841}.items()
    near = replace(geometry, published_mse={"318": 0.25, "640000": 0.00841})  # a checkpoint lies at 320
    table = tables.emergence(near)
    beside = dict(zip(column(table, "tokens"), column(table, "published MSE"), strict=True))
    assert beside == {0: None, 160: None, 320: 0.25}
    (chart, _) = panels(pictures.through_training(near), Chart)
    assert [series.role for series in chart.series[-2:]] == ["null", "published"]
    other = replace(geometry, published_mse={})
    assert "published MSE" not in [measure.name for measure in tables.emergence(other).columns]


def test_bars_end_where_a_wrong_update_has_no_bound(geometry: BeliefGeometry) -> None:
    rows = tuple(replace(row, another_symbol=replace(row.another_symbol, r2=-1e4)) for row in geometry.seeds[0].dynamics)
    wild = with_seed(geometry, 0, dynamics=rows)
    bars = panels(pictures.dynamics(wild), Bars)[0]
    assert (bars.bars[-1].name, bars.floor) == ("another symbol", -0.5)
    assert bars.bars[-1].parts[0][1] == column(tables.dynamics(wild), "another symbol")[0] < -1000


def test_a_part_holds_what_was_measured(geometry: BeliefGeometry) -> None:
    part = run_part(geometry)
    titles = [exhibit.title for exhibit in walk(part.exhibits) if isinstance(exhibit, Table)]
    assert len(titles) == 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
    assert "120 distinct prefixes of 1 to 4 symbols (81 of length 4)" in part.facts
    (stages,) = [exhibit for exhibit in part.exhibits if isinstance(exhibit, Stages)]
    assert len(stages.stages) == len(geometry.points.stages)
    assert isinstance(part.exhibits[-1], Folder)
    unmeasured = with_seed(with_seed(geometry, 0, emergence=()), 1, emergence=())
    still = run_part(replace(unmeasured, points=replace(geometry.points, stages=())))
    assert not any(isinstance(exhibit, Stages) for exhibit in still.exhibits)
    some = replace(Clouds.of_result(geometry), beliefs=np.full((7, 3), 1 / 3))
    assert "7 of them drawn" in pictures.beliefs(geometry, some).parts[0].caption  # type: ignore[union-attr]
    assert "(exact next-symbol distribution 1.000)" in pictures.beliefs(geometry, some).parts[1].caption  # type: ignore[union-attr]


def test_memory_marks_the_networks(geometry: BeliefGeometry) -> None:
    (needed, held) = panels(pictures.memory(geometry), Chart)
    assert needed.series[1].y == [least.least_bits for least in geometry.memory]
    assert held.series[1].y == column(tables.memory(geometry), "R², all layers")
    assert needed.series[1].labels == ["seed 0", "seed 1"]


def test_loss_gaps(gap: RunGap) -> None:
    table = gap_exhibits.contexts(gap)
    assert table.title == "h = 1.144717 bits per symbol; all in bits per symbol, 2 seeds"
    assert column(table, "context") == [*map(str, range(1, 5)), "mean"]
    paid = column(table, "network, mean")
    assert paid[-1] == Estimate(gap.model_bits.mean, gap.model_bits.low, gap.model_bits.high)
    assert paid[-1].low < gap.model_bits.least  # Student's t of two seeds
    (charts,) = [exhibit for exhibit in gap_exhibits.run_part(gap).exhibits if isinstance(exhibit, Panels)]
    parts, by_seed = panels(charts, Chart)
    assert list(parts.series[1].y) == [cell.value for cell in paid[:-1]]
    assert [list(series.y) for series in by_seed.series] == [list(one.model_bits) for one in gap.seeds]
    bits = gap.seeds[0].mean_model_bits
    one = replace(gap, seeds=gap.seeds[:1], model_bits=Spread(bits, None, bits, bits, None, None))
    assert gap_exhibits.contexts(one).title.endswith("1 seed")
    bound = replace(gap, entropy_rate=replace(gap.entropy_rate, lower=None, gap=None, converged=None))
    assert gap_exhibits.contexts(bound).title.startswith("h = at most 1.144717")
    wide = gap_exhibits.contexts(replace(gap, entropy_rate=EntropyRate.between(1.1, 1.2, "by hand")))
    assert not wide.title.startswith("h = 1.150000")  # no more digits than are known
    assert "h is known to ±5e-02 bits" in wide.notes[0]


def test_a_loss_is_the_sum_of_its_parts_in_bits(gap: RunGap) -> None:
    """Entropy rate, finite context, network: what the facts of a run print adds up to the loss."""
    facts = gap_exhibits.run_part(gap).facts
    loss, h, finite, network = map(float, re.findall(r"\d\.\d{6}", facts))
    assert loss == pytest.approx(h + finite + network, abs=2e-6)
    assert loss == pytest.approx(np.mean([one.mean_loss_bits for one in gap.seeds]), abs=1e-6)
    assert "nats" not in terminal.render(gap_exhibits.run_part(gap).exhibits)
