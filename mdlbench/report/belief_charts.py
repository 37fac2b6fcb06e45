"""Charts of results of kind "hmm-belief": layers and controls, emergence, dynamics, intervention, code lengths, memory."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mdlbench.report.beliefs import TONE, Cloud, Drawer, amount, drawer, scatters
from mdlbench.report.collect import Found
from mdlbench.report.palette import SERIES

_COLOURS = SERIES["light"]
_WEIGHTING = {"probability": "prefixes by probability", "prefix": "prefixes alike", "word": "words alike"}
_GUESSES = ("Bayes update", "symbol alone", "another prefix", "no update", "another symbol")
_METHODS = ("swap", "pattern", "pseudo-inverse", "random")


def charts(values: dict[str, Any]) -> Iterator[tuple[str, Drawer]]:
    """Names such as `layers`, each with a function that draws PNG and SVG."""
    kinds: dict[str, Callable[[dict[str, Any]], Any]] = {
        "layers": layers, "dynamics": dynamics, "intervention": intervention, "synchronisation": synchronisation,
        "memory": memory,
    }  # fmt: skip
    if len(values["seeds"][0]["emergence"]) > 1:
        kinds["emergence"] = emergence
    for name, draw in kinds.items():
        yield name, drawer(lambda draw=draw: draw(values))  # type: ignore[misc]


def plots(results: Sequence[Found]) -> Iterator[tuple[str, Drawer]]:
    """`belief-RUN-NAME` for every picture of the newest result of each run, drawn from what the results hold."""
    newest = {str(found.result.values["run"]): found.result.values for found in results if found.result.kind == "hmm-belief"}
    for run, values in newest.items():
        safe = re.sub("[^a-zA-Z0-9.=_-]+", "-", run)[:80]
        for name, draw in [*scatters(Cloud.of_result(values), values), *charts(values)]:
            yield f"belief-{safe}-{name}", draw


def layers(values: dict[str, Any]) -> Any:
    """Held-out R^2 at each site with its controls, and below what else beliefs can be read from."""
    from matplotlib import pyplot

    weightings = [name for name in values["setting"]["weightings"] if name in _WEIGHTING][:2]
    figure, panels = pyplot.subplots(1, len(weightings), figsize=(7, 3.9), sharey=True, layout="constrained", squeeze=False)
    for axes, weighting in zip(panels[0], weightings, strict=True):
        rows = [row for row in values["mean"] if row["weighting"] == weighting and row["method"] == "ridge"]
        controls = _mean_controls(values, weighting)
        names = [row["site"] for row in rows] + list(controls)
        heights = [row["r2"] or 0 for row in rows] + list(controls.values())
        colours = [_COLOURS[0]] * (len(rows) - 1) + [_COLOURS[2]] + [TONE["body"]] * len(controls)
        places = np.arange(len(names)) + 0.6 * (np.arange(len(names)) >= len(rows))
        axes.barh(places, np.clip(heights, 0, None), height=0.62, color=colours)
        for place, row in zip(places, rows, strict=False):
            if row["least_r2"] is not None and len(values["seeds"]) > 1:
                axes.plot([row["least_r2"], row["greatest_r2"]], [place, place], color=TONE["ink"], lw=1)
            for key, marker, colour in (("untrained_r2", "D", _COLOURS[1]), ("shuffled_r2", "o", TONE["muted"])):
                if row[key] is not None:
                    axes.plot(max(row[key], 0), place, marker, color=colour, ms=4, mec="white", mew=0.6, zorder=3)
        for place, height in zip(places, heights, strict=True):
            text = f"{height:.3f}" if height > -0.0005 else "0"
            axes.text(1.02, place, text, va="center", fontsize=6.5, color=TONE["muted"])
        axes.set(title=_WEIGHTING[weighting], xlim=(0, 1), xlabel="held-out R² of beliefs, ridge")
        axes.grid(axis="y", visible=False)
        axes.set_yticks(places, names)
        axes.tick_params(axis="y", length=0)
    panels[0][0].invert_yaxis()
    bars = [("s", _COLOURS[0], "one layer"), ("s", _COLOURS[2], "all layers"), ("s", TONE["body"], "not from activations")]
    _legend(figure, [*bars, ("D", _COLOURS[1], "before training"), ("o", TONE["muted"], "shuffled labels")])
    return figure


def emergence(values: dict[str, Any]) -> Any:
    """In-sample error against tokens, with the published one where there is one, and held-out R^2 against the loss gap."""
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(7, 2.9), layout="constrained")
    sites = list(values["seeds"][0]["emergence"][0]["sites"])
    shown = [sites[0], *sites[len(sites) // 2 - 1 : len(sites) // 2], *sites[-2:]]
    start = max(1, min(row["tokens"] for row in values["seeds"][0]["emergence"] if row["tokens"])) / 3
    for site, colour in zip(dict.fromkeys(shown), _COLOURS, strict=False):
        for at, one in enumerate(values["seeds"]):
            rows = one["emergence"]
            tokens = [row["tokens"] or start for row in rows]
            label = site if at == 0 else None
            left.plot(
                tokens, [row["sites"][site]["in_sample_mse"] for row in rows], "o-", color=colour, ms=2.5, lw=0.9, label=label
            )
            r2 = [row["sites"][site]["r2"] for row in rows]
            right.plot([row["loss_gap_bits"] for row in rows], r2, "o-", color=colour, ms=2.5, lw=0.9)
    for tokens, error in values.get("published_mse", {}).items():
        left.plot(float(tokens), error, "*", color=TONE["ink"], ms=8, zorder=4, label="published, paper setting")
    left.set(xscale="log", yscale="log", xlabel="tokens seen (leftmost: untrained)", ylabel="mean squared error, in sample")
    right.set(xscale="log", xlabel="loss above the Bayes predictor, bits per symbol", ylabel="held-out R², prefixes alike")
    right.set_ylim(max(-0.05, right.get_ylim()[0]), 1.02)
    _decades(left.xaxis, lambda value, _: amount(round(value)))
    for axis in (left.yaxis, right.xaxis):
        _decades(axis)
    right.invert_xaxis()
    handles, labels = left.get_legend_handles_labels()
    kept = dict(zip(labels, handles, strict=True))
    figure.legend(kept.values(), kept.keys(), loc="outside upper center", ncols=6)
    return figure


def dynamics(values: dict[str, Any]) -> Any:
    """How much of the image after a symbol the Bayes update of the image before explains, beside its controls."""
    from matplotlib import pyplot

    rows = [row for row in values["seeds"][0]["dynamics"] if row["weighting"] in ("probability", "prefix")]
    sites = list(dict.fromkeys(row["site"] for row in rows))
    figure, panels = pyplot.subplots(1, len(sites), figsize=(7, 2.5), sharey=True, layout="constrained", squeeze=False)
    for axes, site in zip(panels[0], sites, strict=True):
        for at, weighting in enumerate(("probability", "prefix")):
            found = _over_seeds(values, "dynamics", site, weighting)
            if not found:
                continue
            heights = [np.mean([row[name]["r2"] for row in found]) for name in _GUESSES]
            places = np.arange(len(_GUESSES)) + 0.38 * (at - 0.5)
            axes.barh(places, np.clip(heights, -0.5, 1), height=0.34, color=_COLOURS[(0, 4)[at]], label=_WEIGHTING[weighting])
            for place, height in zip(places, heights, strict=True):
                inside = height > 0.2
                axes.text((min(height, 1) - 0.01) if inside else max(height, 0) + 0.01, place,
                          f"{height:.3f}" if height > -10 else f"{height:.0f}", va="center",
                          ha="right" if inside else "left", fontsize=6, color="white" if inside else TONE["ink"])  # fmt: skip
        axes.axvline(0, color=TONE["grey"], lw=0.7)
        axes.set(title=f"image at: {site}", xlim=(-0.55, 1.02), xlabel="R² of the image after (bars from −0.5)")
        axes.set_yticks(range(len(_GUESSES)), ["Bayes update of the image", "mean by symbol", "update of another prefix",
                                               "image before", "update by another symbol"])  # fmt: skip
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    panels[0][0].invert_yaxis()
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def intervention(values: dict[str, Any]) -> Any:
    """How far the next symbol's distribution follows a written belief, and how far it is carried to the symbol after."""
    from matplotlib import pyplot

    found = [one["intervention"] for one in values["seeds"]]
    sites = list(found[0]["sites"])
    panels_of = [("followed", "at once")]
    if found[0]["sites"][sites[0]]["swap"]["carried"] is not None:
        panels_of.append(("carried", "one symbol later"))
    figure, panels = pyplot.subplots(1, len(panels_of), figsize=(7, 2.7), sharey=True, layout="constrained", squeeze=False)
    for axes, (key, title) in zip(panels[0], panels_of, strict=True):
        for method, colour in zip(_METHODS, (TONE["grey"], _COLOURS[2], _COLOURS[0], _COLOURS[1]), strict=True):
            heights = [np.mean([one["sites"][site][method][key] for one in found]) for site in sites]
            style = "--" if method in ("swap", "random") else "-"
            axes.plot(
                range(len(sites)), np.clip(heights, -0.5, None), style, marker="o", ms=3.5, color=colour, lw=1.2, label=method
            )
        axes.set(title=title, ylim=(min(-0.08, axes.get_ylim()[0]), 1.05))
        axes.axhline(0, color=TONE["grey"], lw=0.7)
        axes.set_xticks(range(len(sites)), sites, rotation=25, ha="right")
        axes.grid(axis="x", visible=False)
    panels[0][0].set_ylabel("1 − KL written / KL unchanged")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def synchronisation(values: dict[str, Any]) -> Any:
    """What is left to tell of the state (where there are states), and what is saved on the next symbol, by symbols seen."""
    from matplotlib import pyplot

    rows = values["seeds"][0]["synchronisation"]
    seen, has_states = [row["symbols"] for row in rows], rows[0]["state"] is not None
    figure, panels = pyplot.subplots(1, 1 + has_states, figsize=(7, 2.7), layout="constrained", squeeze=False)
    shown = [("saved", "network_saved", "saved on the next symbol", "network")]
    if has_states:
        shown.insert(0, ("state", "network_state", "to tell the state", "network's image, held out"))
    for axes, (exact, network, title, label) in zip(panels[0], shown, strict=True):
        axes.plot(seen, [row[exact] for row in rows], "o-", color=_COLOURS[0], ms=3, lw=1.2, label="Bayes filter")
        axes.plot(seen[1:], _mean_column(values, network)[1:], "s--", color=_COLOURS[1], ms=3, lw=1.2, label=label)
        axes.set(title=title, xlabel="symbols seen")
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]) if exact == "saved" else 0)
        axes.legend(loc="upper right" if exact == "state" else "lower right")
    panels[0][0].set_ylabel("bits")
    return figure


def memory(values: dict[str, Any]) -> Any:
    """The least memory for a loss gap, and the belief that this memory holds beside the networks'."""
    from matplotlib import pyplot

    curve = [point for point in values["rate_distortion"]["curve"] if point["gap_bits"] > 1e-6]
    gaps = [point["gap_bits"] for point in curve]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(7, 2.7), layout="constrained")
    left.plot(gaps, [point["rate_bits"] for point in curve], color=_COLOURS[0], lw=1.4, label="least memory")
    right.plot(gaps, [point["r2"] for point in curve], color=_COLOURS[0], lw=1.4, label="least memory that predicts so well")
    for at, (one, least) in enumerate(zip(values["seeds"], values["memory"], strict=True)):
        rows = [row for row in one["fits"] if row["weighting"] == "probability" and row["method"] == "ridge"]
        row = next((row for row in rows if row["site"] == "all layers"), None)
        if least["least_bits"] is not None:
            left.plot(one["loss_gap_bits"], least["least_bits"], "D", color=_COLOURS[1], ms=5, mec="white", mew=0.6)
        if row:
            label = "networks, all layers" if at == 0 else None
            right.plot(one["loss_gap_bits"], row["r2"], "D", color=_COLOURS[1], ms=5, mec="white", mew=0.6, label=label)
    left.set(xscale="log", ylabel="bits of the past remembered", ylim=(0, None))
    right.set(xscale="log", ylabel="R² of beliefs, by probability", ylim=(-0.02, 1.03))
    for axes in (left, right):
        axes.set_xlabel("loss above the Bayes predictor, bits per symbol")
        _decades(axes.xaxis)
    right.legend(loc="lower left")
    return figure


def _mean_controls(values: dict[str, Any], weighting: str) -> dict[str, float]:
    rows = [row for one in values["seeds"] for row in one["controls"] if row["weighting"] == weighting]
    names = dict.fromkeys(row["name"] for row in rows)
    return {name: float(np.mean([row["r2"] or 0.0 for row in rows if row["name"] == name])) for name in names}


def _over_seeds(values: dict[str, Any], part: str, site: str, weighting: str) -> list[dict[str, Any]]:
    rows = (row for one in values["seeds"] for row in one[part])
    return [row for row in rows if row["site"] == site and row["weighting"] == weighting]


def _mean_column(values: dict[str, Any], key: str) -> list[float | None]:
    columns = [[row[key] for row in one["synchronisation"]] for one in values["seeds"]]
    return [None if None in column else float(np.mean(column)) for column in zip(*columns, strict=True)]


def _legend(figure: Any, entries: Sequence[tuple[str, str, str]]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], marker=marker, color=colour, ls="", ms=5) for marker, colour, _ in entries]
    figure.legend(handles, [name for _, _, name in entries], loc="outside upper center", ncols=len(entries))


def _decades(axis: Any, text: Callable[[float, Any], str] = lambda value, _: f"{value:g}") -> None:
    """Name the decades of a logarithmic axis, and where it has fewer than two of them 2 and 5 as well."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ends = np.sort(axis.get_view_interval())
    few = np.log10(ends[1] / ends[0]) < 2.2
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
    axis.set_major_formatter(FuncFormatter(text))
    axis.set_minor_formatter(NullFormatter())
