"""What is shown of beliefs and loss gaps: one number for one thing, wherever it stands, from results as they lie on disk."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mdlbench.beliefs import gap_exhibits, pictures, tables
from mdlbench.beliefs.clouds import Clouds
from mdlbench.beliefs.exhibits import run_part, section
from mdlbench.beliefs.result import BeliefGeometry, RunGap
from mdlbench.result import Result, collect, read
from mdlbench.result.exhibits import Bars, Chart, Estimate, Folder, Panels, Stages, Table, sections, walk
from mdlbench.result.reading import Found

FOLDER = Path(__file__).parents[2] / "results" / "hmm"
BELIEFS: BeliefGeometry = read(FOLDER / "hmm-belief-20261125T173641Z.json").payload
GAP: RunGap = read(FOLDER / "hmm-train-20261125T161012Z.json").payload


def column(table: Table, name: str) -> list[Any]:
    (at,) = [at for at, measure in enumerate(table.columns) if measure.name == name]
    return [row.cells[at] for row in table.rows]


def panels(exhibit: Panels, kind: type) -> list[Any]:
    found = list(exhibit.parts)
    assert all(isinstance(part, kind) for part in found)
    return found


def with_seed(at: int, **changes: Any) -> BeliefGeometry:
    seeds = list(BELIEFS.seeds)
    seeds[at] = replace(seeds[at], **changes)
    return replace(BELIEFS, seeds=tuple(seeds))


def test_sections_of_the_tree() -> None:
    found = sections(collect([FOLDER]).found)
    assert [(part.title, part.counts) for part in found] == [
        ("Loss gaps", {"runs": 7}),
        ("Belief geometry", {"belief_runs": 7}),
    ]
    assert found[1].summary == "belief geometry of 7 runs, 20 trained networks"
    assert [part.title for part in found[1].parts][-1] == "mess3: 6 runs"


def test_the_newest_result_of_a_run_is_shown() -> None:
    def dated(time: str, width: int) -> Found[BeliefGeometry]:
        return Found(f"{width}.json", Result(replace(BELIEFS, width=width), {"time": time}))

    shown = section([dated("2026-02-01T00:00:00Z", 2), dated("2026-01-01T00:00:00Z", 1)])
    assert [part.facts.split(",")[0] for part in shown.parts] == ["gpt2 of width 2"]
    elsewhere = Found("b.json", Result(replace(BELIEFS, process="other"), {}))
    assert len(section([dated("2026-02-01T00:00:00Z", 2), elsewhere]).parts) == 2  # one name, two sources: no comparison


def test_tables_and_bars_show_the_same_figures() -> None:
    table = tables.fits(BELIEFS, "prefix")
    bars = panels(pictures.layers(BELIEFS), Bars)[1].bars
    ridge, names = column(table, "R², ridge"), column(table, "layer")
    assert [bar.name for bar in bars[: len(names)]] == names
    for bar, cell in zip(bars, ridge, strict=False):
        assert (bar.parts[0][1], bar.low, bar.high) == (cell.value, cell.low, cell.high)
    for bar, before, shuffled in zip(bars, column(table, "untrained"), column(table, "shuffled"), strict=False):
        assert bar.marks == (("before training", before), ("shuffled labels", max(0.0, shuffled)))
    controls = column(tables.controls(BELIEFS), "R², prefixes alike")
    assert [bar.parts[0] for bar in bars[len(names) :]] == [("not from activations", value) for value in controls]


def test_means_are_those_of_the_seeds() -> None:
    """By hand, from the parts of the record."""
    swap = [one.intervention.sites["block 1"]["swap"].followed for one in BELIEFS.seeds]
    at = list(BELIEFS.seeds[0].intervention.sites).index("block 1")
    assert column(tables.intervention(BELIEFS), "swap")[at] == pytest.approx(np.mean(swap))
    last = [one.synchronisation[10].network_state for one in BELIEFS.seeds]
    assert column(tables.synchronisation(BELIEFS), "state, by the image")[10] == pytest.approx(np.mean(last))  # type: ignore[arg-type]
    update = [one.dynamics[0].bayes_update.r2 for one in BELIEFS.seeds]
    assert column(tables.dynamics(BELIEFS), "Bayes update")[0] == pytest.approx(np.mean(update))  # type: ignore[arg-type]
    errors = [one.emergence[2].sites["all layers"].in_sample_mse for one in BELIEFS.seeds]
    (chart, _) = panels(pictures.through_training(BELIEFS), Chart)
    line = next(series for series in chart.series if series.name == "all layers")
    assert (line.x[1], line.y[1]) == (200_960, pytest.approx(np.mean(errors)))
    assert (line.low[1], line.high[1]) == (min(errors), max(errors))


def test_a_mean_is_known_only_where_every_seed_is() -> None:
    """What one seed lacks has no mean, in the table as in the picture: it is neither skipped nor taken for 0."""
    controls = BELIEFS.seeds[1].controls
    unknown = with_seed(1, controls=(replace(controls[0], r2=None), *controls[1:]))
    assert column(tables.controls(unknown), "R², by probability")[0] is None
    names = [bar.name for bar in panels(pictures.layers(unknown), Bars)[0].bars]
    assert controls[0].name not in names
    assert controls[1].name in names
    shorter = with_seed(2, emergence=BELIEFS.seeds[2].emergence[:-1])
    *kept, last = column(tables.emergence(shorter), "R², all layers")
    assert last is None
    assert None not in kept
    (_, chart) = panels(pictures.through_training(shorter), Chart)
    assert chart.series[-1].y[-1] is None


def test_parts_of_seeds_are_folded_figure_by_figure() -> None:
    """Rows are matched by what they are of and not by place; a rule sees every seed's figure."""
    first, second, *_ = (one.dynamics for one in BELIEFS.seeds)
    both = tables.over_seeds([first, second])
    assert both == tables.over_seeds([first, second[::-1]])
    assert [(row.site, row.weighting, row.pairs) for row in both] == [(row.site, row.weighting, row.pairs) for row in first]
    figures = [part[1].error.slope for part in (first, second)]
    assert both[1].error.slope == pytest.approx(np.mean(figures))  # type: ignore[arg-type]
    assert tables.over_seeds([first, second], min)[1].error.slope == min(figures)  # type: ignore[type-var]
    assert tables.over_seeds([first, second[1:]])[0].bayes_update.r2 is None


def test_a_run_of_one_seed_has_no_spread() -> None:
    one = replace(BELIEFS, seeds=BELIEFS.seeds[:1], memory=BELIEFS.memory[:1])
    assert not any(isinstance(cell, Estimate) for cell in column(tables.fits(one, "prefix"), "R², ridge"))
    bounds = column(tables.fits(one, "prefix"), "seed 0, 95 %")
    assert all(cell.low < cell.value < cell.high for cell in bounds)
    (chart, _) = panels(pictures.through_training(one), Chart)
    assert not any(series.low for series in chart.series)


def test_published_errors_stand_beside_the_checkpoints() -> None:
    """Shai et al. 2024 (arXiv:2405.15943): 0.01182 after 64,000 tokens of Mess3, 0.00841 after 640,000."""
    table = tables.emergence(BELIEFS)
    beside = dict(zip(column(table, "tokens"), column(table, "published MSE"), strict=True))
    assert (beside[64_000], beside[640_000], beside[0]) == (0.01182, 0.00841, None)
    (chart, _) = panels(pictures.through_training(BELIEFS), Chart)
    assert [series.role for series in chart.series[-2:]] == ["null", "published"]
    other = replace(BELIEFS, published_mse={})
    assert "published MSE" not in [measure.name for measure in tables.emergence(other).columns]


def test_bars_end_where_a_wrong_update_has_no_bound() -> None:
    rows = tuple(replace(row, another_symbol=replace(row.another_symbol, r2=-1e4)) for row in BELIEFS.seeds[0].dynamics)
    wild = with_seed(0, dynamics=rows)
    bar = panels(pictures.dynamics(wild), Bars)[0].bars[-1]
    assert (bar.name, bar.parts[0][1]) == ("another symbol", -0.5)
    assert column(tables.dynamics(wild), "another symbol")[0] < -1000


def test_a_part_holds_what_was_measured() -> None:
    part = run_part(BELIEFS)
    titles = [exhibit.title for exhibit in walk(part.exhibits) if isinstance(exhibit, Table)]
    assert len(titles) == 3 + 1 + 1 + 1 + 1 + 1 + 1 + 1
    assert "88,572 distinct prefixes of 1 to 10 symbols (59,049 of length 10)" in part.facts
    (stages,) = [exhibit for exhibit in part.exhibits if isinstance(exhibit, Stages)]
    assert len(stages.stages) == 1 + len(BELIEFS.points.stages)
    assert isinstance(part.exhibits[-1], Folder)
    still = run_part(read(FOLDER / "hmm-belief-20261125T174251Z.json").payload)  # no checkpoints were measured
    assert not any(isinstance(exhibit, Stages) for exhibit in still.exhibits)
    whole = Clouds.of_result(BELIEFS)
    assert "2,000 of them drawn" in pictures.beliefs(BELIEFS, whole).parts[0].caption  # type: ignore[union-attr]


def test_memory_marks_the_networks() -> None:
    (needed, held) = panels(pictures.memory(BELIEFS), Chart)
    assert needed.series[1].y == [least.least_bits for least in BELIEFS.memory]
    assert held.series[1].y == column(tables.memory(BELIEFS), "R², all layers")
    assert needed.series[1].labels == ["seed 0", "seed 1", "seed 2", "seed 3", "seed 4"]


def test_loss_gaps() -> None:
    table = gap_exhibits.contexts(GAP)
    assert table.title == "h = 1.144717 bits per symbol; all in bits per symbol, 5 seeds"
    assert column(table, "context") == [*map(str, range(1, 11)), "mean"]
    assert column(table, "network, mean")[-1] == GAP.model_bits.mean
    (charts,) = [exhibit for exhibit in gap_exhibits.run_part(GAP).exhibits if isinstance(exhibit, Panels)]
    parts, by_seed = panels(charts, Chart)
    assert list(parts.series[1].y) == column(table, "network, mean")[:-1]
    assert [list(series.y) for series in by_seed.series] == [list(one.model_bits) for one in GAP.seeds]
    one = replace(GAP, seeds=GAP.seeds[:1])
    assert gap_exhibits.contexts(one).title.endswith("1 seed")
    bound = replace(GAP, entropy_rate=replace(GAP.entropy_rate, lower=None, gap=None, converged=None))
    assert gap_exhibits.contexts(bound).title.startswith("h = at most 1.144717")
