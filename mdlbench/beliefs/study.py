"""The belief geometry of a run: every seed, means over seeds, emergence over checkpoints, as a `Result` that pictures read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.beliefs.activations import ALL, NORM
from mdlbench.beliefs.distortion import at_gap, rate_distortion
from mdlbench.beliefs.emergence import PUBLISHED_MSE, emergence
from mdlbench.beliefs.geometry import Setting, measure_geometry
from mdlbench.beliefs.prefixes import WEIGHTINGS, Prefixes, enumerate_prefixes
from mdlbench.errors import UsageError
from mdlbench.result import Result
from mdlbench.training import Run
from mdlbench.training.summary import count_parameters

_POINTS = 2000  # prefixes kept in the result for the page's scatter
_AVERAGED = (
    "r2",
    "mse",
    "shuffled_r2",
    "untrained_r2",
    "distance_r2",
    "in_sample_r2",
    "in_sample_mse",
    "in_sample_distance_r2",
)
DEFINITIONS = {
    "r2": "1 - SSE/SST over held-out prefixes, SST about their weighted mean; bounds from a bootstrap over prefixes",
    "mse": "squared error per element of the belief, held out",
    "affine": "least squares",
    "ridge": "penalty chosen by cross-validation inside the training folds",
    "folds": "dealt out by a hash of the prefix, within each length; no prefix is on both sides",
    "in_sample": "fitted and scored on the same prefixes, as published",
    "distance_r2": "squared correlation of distances between pairs of beliefs and pairs of images",
    **{f"weighting {name}": text for name, text in WEIGHTINGS.items()},
}


@dataclass(eq=False)
class Clouds:
    """What pictures need in full: images of the first seed.

    Attributes:
        prefixes: all of them.
        image: float64 (n, N), the trained network's, all layers.
        stages: for each checkpoint tokens, and the image at the last site.
    """

    prefixes: Prefixes
    image: np.ndarray
    stages: list[tuple[int, np.ndarray]] = field(default_factory=list)


def study_run(
    run: Run,
    setting: Setting,
    *,
    seeds: Sequence[int] | None = None,
    with_emergence: bool = True,
    report: Callable[[str], None] = lambda text: None,
) -> tuple[Result, Clouds]:
    """Measure the last checkpoint of every seed, and every checkpoint's emergence.

    Args:
        seeds: which; all that have a checkpoint by default.
        report: told what is done next.

    Returns:
        A result of kind "hmm-belief" (process, setting, seeds, mean over them, rate_distortion, points); what pictures need.

    Raises:
        UsageError: the run was trained on files, or a seed is not there.
    """
    process, chosen = _checked(run, seeds)
    prefixes = enumerate_prefixes(process, setting.length)
    measured: list[dict[str, Any]] = []
    clouds: Clouds | None = None
    for seed in chosen:
        last, first = run.last(seed), run.checkpoints(seed)[0]
        report(f"seed {seed}: {len(prefixes):,} prefixes, {last.tokens:,} tokens")
        untrained = first.network() if first.tokens == 0 else None
        found = measure_geometry(process, last.network(), prefixes, setting, untrained)
        values = {"seed": seed, "tokens": last.tokens, **found.values, "emergence": []}
        clouds = clouds or Clouds(prefixes, found.image)
        if with_emergence:
            for stage in emergence(process, prefixes, _networks(run, seed, report), folds=setting.folds):
                values["emergence"].append(stage.values)
                if seed == chosen[0]:
                    site = NORM if NORM in stage.images else list(stage.images)[-2]
                    clouds.stages.append((stage.values["tokens"], stage.images[site]))
        measured.append(values)
    assert clouds is not None
    curve = rate_distortion(process)
    values = {
        **_head(run, process, prefixes, setting, chosen),
        "mean": means(measured),
        "rate_distortion": curve,
        "memory": _memory(measured, curve["curve"]),
        "published_mse": published(process),
        "seeds": measured,
        "points": _points(clouds),
    }
    return Result("hmm-belief", values), clouds


def means(seeds: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each site, weighting and method the mean over seeds, and the least and greatest R^2."""
    found = []
    for at, first in enumerate(seeds[0]["fits"]):
        rows = [one["fits"][at] for one in seeds]
        row = {key: first[key] for key in ("site", "weighting", "method")}
        for key in _AVERAGED:
            values = [one[key] for one in rows if one.get(key) is not None]
            row[key] = float(np.mean(values)) if len(values) == len(rows) else None
        known = [one["r2"] for one in rows if one["r2"] is not None]
        found.append({**row, "least_r2": min(known, default=None), "greatest_r2": max(known, default=None)})
    return found


def compare_runs(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Belief fidelity against loss gap, a row for each run, the largest gap first; memory by `rate_distortion`."""
    rows = []
    for values in results:
        row = next(
            one for one in values["mean"] if one["site"] == ALL and one["method"] == "ridge"
            and one["weighting"] == values["setting"]["weightings"][0]
        )  # fmt: skip
        gap = float(np.mean([one["loss_gap_bits"] for one in values["seeds"]]))
        least = at_gap(values["rate_distortion"]["curve"], gap)
        rows.append({
            "run": values["run"], "width": values["width"], "parameters": values["parameters"], "loss_gap_bits": gap,
            "weighting": row["weighting"], "r2": row["r2"], "mse": row["mse"],
            "least_memory_bits": least and least[0], "r2_of_least_memory": least and least[1],
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["loss_gap_bits"])


def _checked(run: Run, seeds: Sequence[int] | None) -> tuple[Any, list[int]]:
    process = run.process()
    if process is None:
        raise UsageError(f"{run.folder} was trained on files; beliefs are those of a process: train with `mdlbench hmm train`")
    there = [seed for seed in run.seeds if run.checkpoints(seed)]
    missing = [seed for seed in seeds or () if seed not in there]
    if missing or not there:
        known = ", ".join(map(str, there)) or "none"
        raise UsageError(
            f"{run.folder} has no checkpoint of seed {missing[0] if missing else 0}; it has those of seeds: {known}"
        )
    return process, list(dict.fromkeys(seeds)) if seeds else there


def _networks(run: Run, seed: int, report: Callable[[str], None]) -> Iterator[tuple[int, Any]]:
    for checkpoint in run.checkpoints(seed):
        report(f"seed {seed}: checkpoint at {checkpoint.tokens:,} tokens")
        yield checkpoint.tokens, checkpoint.network()


def _head(run: Run, process: Any, prefixes: Prefixes, setting: Setting, seeds: Sequence[int]) -> dict[str, Any]:
    return {
        "run": Path(run.folder).name,
        "process": run.config.source.process,
        "params": {key: str(value) for key, value in run.config.source.params.items()},
        "preset": run.config.preset,
        "architecture": run.config.architecture.name,
        "width": run.config.architecture.width,
        "parameters": count_parameters(run, seeds[0]),
        "prefixes": len(prefixes),
        "words": int((prefixes.lengths == prefixes.length).sum()),
        "different_beliefs": len(np.unique(prefixes.beliefs.round(9), axis=0)),
        "setting": {
            "length": setting.length, "folds": setting.folds, "weightings": list(setting.weightings), "draws": setting.draws,
            "seed": setting.seed,
        },
        "definitions": DEFINITIONS,
    }  # fmt: skip


def _memory(seeds: Sequence[dict[str, Any]], curve: list[dict[str, float]]) -> list[dict[str, Any]]:
    """For each seed the least memory of a predictor with its loss gap, and the belief R^2 of that memory."""
    found = []
    for one in seeds:
        least = at_gap(curve, one["loss_gap_bits"])
        found.append({"seed": one["seed"], "least_bits": least and least[0], "r2": least and least[1]})
    return found


def published(process: Any) -> dict[str, float]:
    """The published in-sample error by tokens seen, where there is one for this process: `emergence.PUBLISHED_MSE`."""
    from mdlbench.processes import find

    known = process.digest == find("mess3").digest
    return {str(tokens): error for tokens, error in PUBLISHED_MSE.items()} if known else {}


def thousandths(rows: np.ndarray) -> str:
    """Numbers row by row in thousandths, as text: `333 333 334 ...`; one line of JSON instead of one for each number."""
    return " ".join(map(str, (rows * 1000).round().astype(int).ravel()))


def _points(clouds: Clouds) -> dict[str, Any]:
    """Beliefs and images of up to 2,000 prefixes of the first seed, for the page's scatter."""
    prefixes = clouds.prefixes
    generator = np.random.default_rng(0)
    chosen = np.sort(generator.choice(len(prefixes), min(_POINTS, len(prefixes)), replace=False))
    return {
        "site": ALL,
        "states": prefixes.beliefs.shape[1],
        "lengths": " ".join(map(str, prefixes.lengths[chosen])),
        "beliefs": thousandths(prefixes.beliefs[chosen]),
        "image": thousandths(clouds.image[chosen]),
        "stages": [{"tokens": tokens, "image": thousandths(image[chosen])} for tokens, image in clouds.stages],
    }
