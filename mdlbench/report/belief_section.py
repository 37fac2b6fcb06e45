"""The page's part for results of kind "hmm-belief": beliefs beside a network's image of them, through training; tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdlbench.report.beliefs import CORNERS, Cloud, amount, belief_colours
from mdlbench.report.collect import Fields, Found
from mdlbench.report.html_tables import mean, number_text, table
from mdlbench.report.lines import Axis, Series, chart, figure, lines_panel
from mdlbench.report.page import asset, escaped
from mdlbench.report.section import Section

_GUESSES = ("Bayes update", "symbol alone", "another prefix", "no update", "another symbol")
_SAID = {"probability": "prefixes by probability", "prefix": "prefixes alike", "word": "words alike, as published"}


def section(results: Sequence[Found]) -> Section:
    """The section: a part for each result, the newest of a run."""
    newest: dict[str, Found] = {}
    for found in results:
        newest[Fields(found.path, found.result.values).text("run")] = found
    parts = list(newest.values())
    compared = _of_one_source([Fields(found.path, found.result.values) for found in parts])
    seeds = sum(len(found.result.values["seeds"]) for found in parts)
    return Section(
        identifier="beliefs",
        title="Belief geometry",
        html="\n".join(
            [*(_part(found, f"belief-{at}") for at, found in enumerate(parts)), *map(_comparison, range(len(compared)))]
        ),
        summary=f"belief geometry of {len(parts)} {'run' if len(parts) == 1 else 'runs'}, {seeds} trained "
        f"{'network' if seeds == 1 else 'networks'}",
        data={
            "runs": [
                points(found.result.values) | {"charts": _charts(Fields(found.path, found.result.values))} for found in parts
            ],
            "compared": [_fidelity(runs) for runs in compared],
        },
        scripts=("lines.js", "beliefs.js"),
        styles=("leaderboard.css", "beliefs.css"),
        counts={"belief_runs": len(parts)},
    )


def points(values: dict[str, Any]) -> dict[str, Any]:
    """What the scatter draws: `place` takes a belief to the plane, images are numbers in thousandths as text."""
    kept = values["points"]
    cloud = Cloud.of_result(values)
    stages = [{"name": "untrained" if not one["tokens"] else f"{amount(one['tokens'])} tokens", "image": one["image"]}
              for one in kept["stages"]]  # fmt: skip
    stages.append({"name": "trained, all layers side by side" if stages else "trained, all layers", "image": kept["image"]})
    colours = (belief_colours(cloud.beliefs) * 255).round().astype(int)
    return {
        "states": kept["states"],
        "lengths": kept["lengths"],
        "beliefs": kept["beliefs"],
        "stages": stages,
        "colours": " ".join(f"{r:02x}{g:02x}{b:02x}" for r, g, b in colours),
        "place": _plane(cloud.beliefs),
    }


def _plane(beliefs: np.ndarray) -> list[list[float]] | None:
    """(N, 2): a belief's place is belief @ this; None for one or two states, drawn along a line by length."""
    states = beliefs.shape[1]
    if states <= 2:
        return None
    if states == 3:
        return CORNERS.tolist()
    axes = np.linalg.svd(beliefs - beliefs.mean(axis=0), full_matrices=False)[2][:2]
    return axes.T.round(6).tolist()


def _part(found: Found, name: str) -> str:
    f = Fields(found.path, found.result.values)
    weightings = [str(one) for one in f.items("setting.weightings")]
    tables = [_fits(f, one) for one in weightings]
    tables += [_controls(f, weightings), _dynamics(f), _intervention(f), _synchronisation(f)]
    at = name.removeprefix("belief-")
    return asset("beliefs.html").format(
        charts=figure(
            "Through training, and through a word",
            "Left: error against tokens seen, as published runs are scored (fitted and scored on the same words), first seed. "
            "Right: what is saved on the next symbol as symbols come, by the Bayes filter and by the network.",
            [lines_panel("beliefs", "runs", at, "charts", chart_at) for chart_at in range(2)],
        ),
        id=name,
        title=escaped(f"{f.text('process')}: {f.text('run')}"),
        facts=escaped(_facts(f)),
        first="\n".join(tables[:2]),
        tables="\n".join(tables[2:]),
    )


def _of_one_source(runs: Sequence[Fields]) -> list[list[Fields]]:
    """Runs that learnt the same source, where there are several."""
    groups: dict[str, list[Fields]] = {}
    for f in runs:
        groups.setdefault(f"{f.text('process')} {f.values.get('params')}", []).append(f)
    return [group for group in groups.values() if len(group) > 1]


def _comparison(at: int) -> str:
    charts = figure(
        "Belief fidelity against loss gap",
        "What the beliefs read from each run's activations miss (all layers, ridge, held out, prefixes by probability), "
        "against what its networks lose to the Bayes predictor; the line is the least memory that predicts so well.",
        [lines_panel("beliefs", "compared", at)],
    )
    return f'<section class="slice beliefs">{charts}</section>'


def _fidelity(runs: Sequence[Fields]) -> dict[str, Any]:
    """A point for each run of one source, and the curve of the least memory."""
    curve = [point for point in runs[0].parts("rate_distortion.curve") if point.number("gap_bits") > 1e-6]
    lines = [
        Series("least memory", [one.number("gap_bits") for one in curve], [_rest(one.maybe_number("r2")) for one in curve])
    ]
    for f in sorted(runs, key=lambda f: f.number("width")):
        gap = mean(seed.maybe_number("loss_gap_bits") for seed in f.parts("seeds"))
        chosen = (row for row in f.parts("mean") if row.text("site") == "all layers" and row.text("method") == "ridge")
        r2 = next((row.maybe_number("r2") for row in chosen if row.text("weighting") == "probability"), None)
        lines.append(Series(f"{f.text('run')}, width {f.number('width'):.0f}", [gap], [_rest(r2)], points=True))
    axes = Axis("bits per symbol above the Bayes predictor", "log"), Axis("1 − R² of beliefs", "log")
    return chart(f"{runs[0].text('process')}: belief fidelity against loss gap", *axes, lines)


def _rest(r2: float | None) -> float | None:
    return None if r2 is None else 1 - r2


def _charts(f: Fields) -> list[dict[str, Any]]:
    """Error through the checkpoints of the first seed, beside what was published; bits saved, symbol by symbol."""
    seed = f.parts("seeds")[0]
    stages = [stage for stage in seed.parts("emergence") if stage.number("tokens")]
    sites = list(stages[0].values.get("sites", {})) if stages else []
    errors = [
        Series(site, [stage.number("tokens") for stage in stages], [_site_error(stage, site) for stage in stages])
        for site in sites[-2:]
    ]
    published = {float(tokens): error for tokens, error in f.values.get("published_mse", {}).items()}
    if stages:
        errors.append(Series("published, paper setting", list(published), list(published.values()), points=True))
    rows = seed.parts("synchronisation")
    seen = [row.number("symbols") for row in rows]
    saved = [
        Series(name, seen, [row.maybe_number(key) for row in rows], dashed=dashed)
        for name, key, dashed in (("Bayes filter", "saved", False), ("network", "network_saved", True))
    ]
    return [
        chart("Error through training", Axis("tokens seen", "log"), Axis("mean squared error, in sample", "log"), errors),
        chart("Bits saved", Axis("symbols seen"), Axis("bits saved on the next symbol", zero=True), saved),
    ]


def _site_error(stage: Fields, site: str) -> float | None:
    return stage.values["sites"][site].get("in_sample_mse")


def _facts(f: Fields) -> str:
    seeds = f.parts("seeds")
    gap = mean(one.maybe_number("loss_gap_bits") for one in seeds)
    return (
        f"{f.text('architecture')} of width {f.number('width'):.0f}, {len(seeds)} {'seed' if len(seeds) == 1 else 'seeds'}, "
        f"{seeds[0].number('tokens'):,.0f} tokens; {f.number('prefixes'):,.0f} distinct prefixes of up to "
        f"{f.number('setting.length'):.0f} symbols, {f.number('setting.folds'):.0f} folds held out; {gap:.6f} bits per symbol "
        "above the Bayes predictor"
    )


def _fits(f: Fields, weighting: str) -> str:
    rows = []
    for row in f.parts("mean"):
        if row.text("weighting") == weighting and row.text("method") == "ridge":
            plain = next(one for one in f.parts("mean") if one.text("weighting") == weighting
                         and one.text("method") == "affine" and one.text("site") == row.text("site"))  # fmt: skip
            keys = ("r2", "least_r2", "greatest_r2", "untrained_r2", "shuffled_r2", "distance_r2")
            numbers = [plain.maybe_number("r2"), *(row.maybe_number(key) for key in keys)]
            errors = [number_text(row.maybe_number("mse"), 6), number_text(plain.maybe_number("in_sample_mse"), 6)]
            rows.append([row.text("site"), *map(number_text, numbers), *errors])
    heads = ["Layer", "R², least squares", "R², ridge", "least seed", "greatest seed", "untrained", "shuffled labels",
             "distances", "MSE", "MSE in sample"]  # fmt: skip
    return table(f"Beliefs from activations, held out by prefix; {_SAID.get(weighting, weighting)}", heads, rows)


def _controls(f: Fields, weightings: Sequence[str]) -> str:
    rows = [row for seed in f.parts("seeds") for row in seed.parts("controls")]
    names = dict.fromkeys(row.text("name") for row in rows)
    shown = []
    for name in names:
        means = [
            mean(row.maybe_number("r2") for row in rows if row.text("name") == name and row.text("weighting") == one)
            for one in weightings
        ]
        shown.append([name, *map(number_text, means)])
    heads = ["Beliefs from", *(f"R², {_SAID.get(one, one)}" for one in weightings)]
    return table("Controls: what else beliefs can be read from", heads, shown)


def _dynamics(f: Fields) -> str:
    rows = [row for seed in f.parts("seeds") for row in seed.parts("dynamics")]
    shown = []
    for site, weighting in dict.fromkeys((row.text("site"), row.text("weighting")) for row in rows):
        chosen = [row for row in rows if (row.text("site"), row.text("weighting")) == (site, weighting)]
        means = [mean(row.maybe_number(f"{name}.r2") for row in chosen) for name in _GUESSES]
        shown.append([f"{site}, {_SAID.get(weighting, weighting)}", *map(number_text, means)])
    heads = ["Image at", *(f"R², {name}" for name in _GUESSES)]
    return table("Dynamics: the image after a symbol, from the image before it", heads, shown)


def _intervention(f: Fields) -> str:
    found = f.parts("seeds")
    sites = list(found[0].values["intervention"]["sites"])
    methods = list(found[0].values["intervention"]["sites"][sites[0]])
    shown = []
    for site in sites:
        row = [site]
        for key in ("followed", "carried"):
            parts = ([one.values["intervention"]["sites"][site][method][key] for one in found] for method in methods)
            row += [number_text(None if None in part else mean(part), 3) for part in parts]
        shown.append(row)
    heads = ["Written at", *methods, *(f"{method}, a symbol later" for method in methods)]
    return table("Intervention: how far the prediction follows a written belief (1: wholly, 0: not)", heads, shown)


def _synchronisation(f: Fields) -> str:
    rows = f.parts("seeds")[0].parts("synchronisation")
    keys = ("state", "network_state", "next", "saved", "network_saved", "gap")
    shown = [[f"{row.number('symbols'):.0f}", *(number_text(row.maybe_number(key), 5) for key in keys)] for row in rows]
    heads = ["Symbols seen", "H(state)", "state by the image", "H(next)", "saved", "saved by the network", "gap"]
    return table("Ideal code lengths in bits as symbols come, first seed", heads, shown)
