"""The belief geometry of a run: every seed, means over seeds, emergence over checkpoints, as a `Result`."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.clouds import Clouds
from mdlbench.beliefs.distortion import at_gap, rate_distortion
from mdlbench.beliefs.geometry import PUBLISHED_MSE, emergence, measure_geometry
from mdlbench.beliefs.prefixes import SPLITS, WEIGHTINGS, Prefixes, enumerate_prefixes
from mdlbench.beliefs.result import BeliefGeometry, LeastMemory, MeanFit, Setting
from mdlbench.beliefs.seed_result import SeedBeliefs
from mdlbench.errors import UsageError
from mdlbench.numerics.intervals import seeds_interval
from mdlbench.processes import Process, find
from mdlbench.result import Result
from mdlbench.result.exhibits import mean
from mdlbench.training import Run
from mdlbench.training.summary import count_parameters

DEFINITIONS = {
    "r2": "1 - SSE/SST over held-out prefixes, SST about their weighted mean",
    "r2_low, r2_high": "95 %: of a seed over beliefs, those worth 50 of one weight; of a mean over seeds; Student's t both",
    "mse": "squared error per element of the belief, held out",
    "affine": "least squares",
    "ridge": "penalty chosen by cross-validation inside the training folds",
    **{f"split {name}": text for name, text in SPLITS.items()},
    "shuffled": "beliefs dealt to other prefixes of the same length",
    "in_sample": "least squares fitted and scored on the same words, words alike, as published",
    "distance_r2": "squared correlation of distances between pairs of beliefs and pairs of images",
    **{f"weighting {name}": text for name, text in WEIGHTINGS.items()},
}


@dataclass(frozen=True, eq=False)
class _Study:
    """What is the same for every seed of a run."""

    run: Run
    process: Process
    prefixes: Prefixes
    setting: Setting
    with_emergence: bool
    report: Callable[[str], None]

    def measure(self, seed: int) -> tuple[SeedBeliefs, Clouds]:
        """One seed's last checkpoint, and its emergence."""
        checkpoints = self.run.checkpoints(seed)
        first, last = checkpoints[0], checkpoints[-1]
        self.report(f"seed {seed}: {len(self.prefixes):,} prefixes, {last.tokens:,} tokens")
        untrained = first.network() if first.tokens == 0 else None
        found, image = measure_geometry(
            self.process, last.network(), self.prefixes, self.setting, untrained, seed=seed, tokens=last.tokens
        )
        networks = self._networks(seed) if self.with_emergence else ()
        stages = list(emergence(self.process, self.prefixes, networks, folds=self.setting.folds))
        images = [(stage.tokens, seen) for stage, seen in stages]
        clouds = Clouds(self.prefixes.beliefs, self.prefixes.lengths, image, self.process.is_hidden_markov, images)
        return replace(found, emergence=tuple(stage for stage, _ in stages)), clouds

    def _networks(self, seed: int) -> Iterator[tuple[int, Any]]:
        for checkpoint in self.run.checkpoints(seed):
            self.report(f"seed {seed}: checkpoint at {checkpoint.tokens:,} tokens")
            yield checkpoint.tokens, checkpoint.network()

    def payload(self, seeds: tuple[SeedBeliefs, ...], clouds: Clouds) -> BeliefGeometry:
        """All seeds as one result."""
        config, curve = self.run.config, rate_distortion(self.process)
        return BeliefGeometry(
            run=Path(self.run.folder).name,
            process=str(config.source.process),
            params=config.source.params,
            preset=config.preset,
            architecture=config.architecture.name,
            width=config.architecture.width,
            parameters=count_parameters(self.run, seeds[0].seed),
            prefixes=len(self.prefixes),
            words=int((self.prefixes.lengths == self.prefixes.length).sum()),
            different_beliefs=self.prefixes.different_beliefs,
            effective_beliefs={name: self.prefixes.effective_beliefs(name) for name in self.setting.weightings},
            splits=tuple(self.prefixes.splits(self.setting.folds)),
            setting=self.setting,
            definitions=DEFINITIONS,
            mean=means(seeds),
            rate_distortion=curve,
            memory=tuple(LeastMemory(one.seed, *at_gap(curve.curve, one.loss_gap_bits)) for one in seeds),
            published_mse=published(self.process),
            seeds=seeds,
            points=clouds.points(ALL),
        )


def study_run(
    run: Run,
    setting: Setting,
    *,
    seeds: Sequence[int] | None = None,
    with_emergence: bool = True,
    report: Callable[[str], None] = lambda text: None,
) -> tuple[Result[BeliefGeometry], Clouds]:
    """Measure the last checkpoint of every seed, and every checkpoint's emergence.

    Args:
        seeds: which; all that have a checkpoint by default.
        report: told what is done next.

    Returns:
        The result; and every prefix of the first seed, for pictures.

    Raises:
        UsageError: the run was trained on files, or a seed is not there.
    """
    process, chosen = _checked(run, seeds)
    study = _Study(run, process, enumerate_prefixes(process, setting.length), setting, with_emergence, report)
    first, clouds = study.measure(chosen[0])
    others = [study.measure(seed)[0] for seed in chosen[1:]]
    return Result(study.payload((first, *others), clouds)), clouds


def means(seeds: Sequence[SeedBeliefs]) -> tuple[MeanFit, ...]:
    """For each row of fits the means over seeds, and the interval of the mean R^2."""
    averaged = ("r2", "mse", "shuffled_r2", "untrained_r2", "distance_r2")
    found = []
    for rows in zip(*(one.fits for one in seeds), strict=True):
        first, figures = rows[0], dict[str, Any]((name, mean(getattr(row, name) for row in rows)) for name in averaged)
        bounds = seeds_interval([math.nan if row.r2 is None else row.r2 for row in rows])
        high = None if bounds.high is None else min(1.0, bounds.high)
        names = (first.features, first.control, first.split, first.weighting, first.method)
        found.append(MeanFit(*names, r2_low=bounds.low, r2_high=high, **figures))
    return tuple(found)


def published(process: Process) -> dict[str, float]:
    """The published in-sample error by tokens seen, where there is one for this process: `geometry.PUBLISHED_MSE`."""
    known = process.digest == find("mess3").digest
    return {str(tokens): error for tokens, error in PUBLISHED_MSE.items()} if known else {}


def _checked(run: Run, seeds: Sequence[int] | None) -> tuple[Process, list[int]]:
    process = run.process()
    if process is None:
        raise UsageError(f"{run.folder} was trained on files; beliefs are those of a process: train with `mdlbench hmm train`")
    there = [seed for seed in run.seeds if run.checkpoints(seed)]
    missing = [seed for seed in seeds or () if seed not in there]
    if missing or not there:
        known = ", ".join(map(str, there)) or "none"
        wanted = missing[0] if missing else 0
        raise UsageError(f"{run.folder} has no checkpoint of seed {wanted}; it has those of seeds: {known}")
    return process, list(dict.fromkeys(seeds)) if seeds else there
