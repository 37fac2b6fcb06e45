"""The tables of `mdlbench hmm belief`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tabulate import tabulate

_WEIGHTINGS = {
    "probability": "prefixes weighted by probability", "prefix": "every distinct prefix alike",
    "word": "every word of length {length} alike, at every position (as published)",
}  # fmt: skip


def tables(values: dict[str, Any]) -> str:
    """All of one run's."""
    parts = [_title(values)]
    parts += [_fits(values, weighting) for weighting in values["setting"]["weightings"]]
    if "word" in values["setting"]["weightings"]:
        parts.append(_as_published(values))
    parts += [_controls(values), _dynamics(values), _intervention(values), _synchronisation(values), _memory(values)]
    if values["seeds"][0]["emergence"]:
        parts.append(_emergence(values))
    return "\n\n".join(parts)


def comparison_table(rows: Sequence[dict[str, Any]]) -> str:
    """Belief fidelity of several runs against their loss gap, from `study.compare_runs`."""
    shown = [
        [row["run"], row["width"], f"{row['parameters']:,}", f"{row['loss_gap_bits']:.6f}", _r2(row["r2"]),
         _number(row["mse"], 6), _number(row["least_memory_bits"], 3), _r2(row["r2_of_least_memory"])] for row in rows
    ]  # fmt: skip
    headers = ["run", "width", "parameters", "gap, bits", "R²", "MSE", "least memory, bits", "its R²"]
    title = f"Belief fidelity against the loss gap: all layers, ridge, held out, prefixes by {rows[0]['weighting']}"
    return title + "\n" + _table(shown, headers)


def _title(values: dict[str, Any]) -> str:
    setting, seeds = values["setting"], values["seeds"]
    gap = np.mean([one["loss_gap_bits"] for one in seeds])
    return (
        f"{values['run']}: {values['architecture']} of width {values['width']} on {values['process']}, "
        f"{len(seeds)} seed{'' if len(seeds) == 1 else 's'}, {seeds[0]['tokens']:,} tokens, {gap:.6f} bits per symbol above "
        f"the Bayes predictor\n{values['prefixes']:,} distinct prefixes of 1 to {setting['length']} symbols "
        f"({values['words']:,} of length {setting['length']}), {values['different_beliefs']:,} different beliefs; "
        f"{setting['folds']} folds by prefix"
    )


def _fits(values: dict[str, Any], weighting: str) -> str:
    first = [row for row in values["seeds"][0]["fits"] if row["weighting"] == weighting and row["method"] == "ridge"]
    affine, ridge = (_mean_rows(values, weighting, method) for method in ("affine", "ridge"))
    rows = []
    for plain, row, interval in zip(affine, ridge, first, strict=True):
        bounds = "–" if interval["r2_low"] is None else f"{interval['r2_low']:.4f} .. {interval['r2_high']:.4f}"
        spread = "–" if len(values["seeds"]) < 2 else f"{_r2(row['least_r2'])} .. {_r2(row['greatest_r2'])}"
        rows.append([
            row["site"], _r2(plain["r2"]), _r2(row["r2"]), bounds, spread, _number(row["mse"], 6),
            _r2(row["shuffled_r2"]), _r2(row["untrained_r2"]), _r2(row["distance_r2"]),
        ])  # fmt: skip
    headers = ["layer", "affine R²", "ridge R²", f"95 %, seed {values['seeds'][0]['seed']}", "over seeds", "MSE",
               "shuffled", "untrained", "distances"]  # fmt: skip
    name = _WEIGHTINGS[weighting].format(length=values["setting"]["length"])
    return f"Beliefs from activations, held out by prefix; {name}\n" + _table(rows, headers)


def _as_published(values: dict[str, Any]) -> str:
    """In sample, words alike: what the published figures are, to be set beside them."""
    keys = ("in_sample_r2", "in_sample_mse", "in_sample_distance_r2")
    rows = [
        [row["site"], *(_number(row[key], digits) for key, digits in zip(keys, (4, 6, 4), strict=True))]
        for row in _mean_rows(values, "word", "affine")
    ]
    title = "As published: fitted and scored on the same words, least squares, words alike (nothing is held out)"
    return f"{title}\n" + _table(rows, ["layer", "R²", "MSE", "distances"])


def _mean_rows(values: dict[str, Any], weighting: str, method: str) -> list[dict[str, Any]]:
    return [row for row in values["mean"] if row["weighting"] == weighting and row["method"] == method]


def _controls(values: dict[str, Any]) -> str:
    weightings = values["setting"]["weightings"]
    names = dict.fromkeys(row["name"] for row in values["seeds"][0]["controls"])
    found = {
        (row["name"], row["weighting"], key): _average([
            other[key] for one in values["seeds"] for other in one["controls"]
            if (other["name"], other["weighting"]) == (row["name"], row["weighting"])
        ])
        for row in values["seeds"][0]["controls"] for key in ("r2", "raw_distance_r2")
    }  # fmt: skip
    keys = ("r2", "raw_distance_r2")
    rows = [[name, *(_r2(found[name, weighting, key]) for key in keys for weighting in weightings)] for name in names]
    headers = ["beliefs from", *(f"R², by {name}" for name in weightings), *(f"distances, by {name}" for name in weightings)]
    return "Controls: beliefs without activations (ridge, held out; distances of the features)\n" + _table(rows, headers)


def _dynamics(values: dict[str, Any]) -> str:
    rows = []
    names = ("Bayes update", "symbol alone", "another prefix", "no update", "another symbol")
    for first in values["seeds"][0]["dynamics"]:
        found = [
            row for one in values["seeds"] for row in one["dynamics"]
            if (row["site"], row["weighting"]) == (first["site"], first["weighting"])
        ]  # fmt: skip
        means = [_average([row[name]["r2"] for row in found]) for name in names]
        kl = _average([row["Bayes update"]["kl_bits"] for row in found])
        slope = _average([row["error"]["slope"] for row in found])
        rows.append(
            [first["site"], first["weighting"], f"{first['pairs']:,}", *map(_r2, means), _number(kl, 4), _number(slope, 3)]
        )
    headers = ["layer", "weighting", "pairs", *names, "KL, bits", "errors kept"]
    return "Dynamics: R² of the image after a symbol, predicted from the image before it\n" + _table(rows, headers)


def _intervention(values: dict[str, Any]) -> str:
    found = [one["intervention"] for one in values["seeds"]]
    rows = []
    for site, methods in found[0]["sites"].items():
        row = [site]
        for key in ("followed", "carried"):
            row += [_share(_average([one["sites"][site][method][key] for one in found])) for method in methods]
        rows.append(row)
    methods = list(next(iter(found[0]["sites"].values())))
    headers = ["written at", *methods, *(f"{method}, later" for method in methods)]
    before, own = (_average([one[key] for one in found]) for key in ("unchanged_bits", "undisturbed_bits"))
    return (
        f"Intervention: share of the divergence from the written belief's prediction that goes ({_number(before, 4)} bits "
        f"unchanged; {_number(own, 4)} from its own), at once and one symbol later\n" + _table(rows, headers)
    )


def _synchronisation(values: dict[str, Any]) -> str:
    rows = []
    for at, first in enumerate(values["seeds"][0]["synchronisation"]):
        columns = {key: _average([one["synchronisation"][at][key] for one in values["seeds"]]) for key in first}
        keys = ("state", "network_state", "next", "saved", "network_saved", "gap")
        rows.append([int(first["symbols"]), *(_number(columns[key], 6) for key in keys)])
    headers = ["symbols seen", "H(state | seen)", "state, by the image", "H(next | seen)", "saved", "saved by network", "gap"]
    return "Code lengths in bits as the symbols come (ideal, exact over all words)\n" + _table(rows, headers)


def _memory(values: dict[str, Any]) -> str:
    curve = values["rate_distortion"]
    rows = []
    for one, least in zip(values["seeds"], values["memory"], strict=True):
        row = next(row for row in one["fits"] if row["site"] == "all layers" and row["method"] == "ridge")
        found = [_number(least["least_bits"], 3), _r2(least["r2"]), _r2(row["r2"])]
        rows.append([one["seed"], f"{one['loss_gap_bits']:.6f}", *found])
    headers = ["seed", "gap, bits", "least memory, bits", "R² of its beliefs", "R², all layers"]
    title = f"Memory: the least that predicts one symbol after {curve['length']} so well, and the beliefs it holds"
    return f"{title}\n" + _table(rows, headers)


def _emergence(values: dict[str, Any]) -> str:
    published = {int(tokens): error for tokens, error in values["published_mse"].items()}
    rows = []
    for at, stage in enumerate(values["seeds"][0]["emergence"]):
        stages = [one["emergence"][at] for one in values["seeds"] if at < len(one["emergence"])]
        sites = list(stage["sites"])[-2:]
        row = [f"{stage['tokens']:,}", _number(_average([one["loss_gap_bits"] for one in stages]), 6)]
        for key, digits in (("in_sample_mse", 6), ("r2", 4)):
            row += [_number(_average([one["sites"][site][key] for one in stages]), digits) for site in sites]
        if published:
            near = [error for tokens, error in published.items() if abs(tokens - stage["tokens"]) <= 0.05 * tokens]
            row += [_number(near[0] if near else None, 6)]
        rows.append(row)
    sites = list(values["seeds"][0]["emergence"][0]["sites"])[-2:]
    headers = ["tokens", "gap, bits", *(f"MSE in sample, {site}" for site in sites), *(f"R², {site}" for site in sites)]
    title = "Emergence: MSE of words alike, fitted and scored on all, as published; R² held out, prefixes alike"
    return f"{title}\n" + _table(rows, [*headers, "published MSE"] if published else headers)


def _table(rows: Sequence[Sequence[Any]], headers: Sequence[str]) -> str:
    numbers = ["right"] * len(headers)
    return tabulate(rows, headers, colalign=["left", *numbers[1:]], disable_numparse=True)


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) and known else None


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _r2(value: float | None) -> str:
    return _number(value, 4)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
