"""What to show of results of kinds "hmm-belief" (here) and "hmm-train" (`gap_exhibits`)."""

from collections.abc import Sequence

from mdlbench.beliefs import gap_exhibits as gap_exhibits  # registers what shows "hmm-train"
from mdlbench.beliefs import overview, pictures, tables
from mdlbench.beliefs.clouds import Clouds
from mdlbench.beliefs.result import BeliefGeometry
from mdlbench.beliefs.verdict import sentence
from mdlbench.result.exhibits import Exhibit, Folder, Part, Section, Text, newest, shows
from mdlbench.result.reading import Found
from mdlbench.text import counted


@shows(BeliefGeometry)
def section(results: Sequence[Found[BeliefGeometry]]) -> Section:
    """A part for the newest result of each run, and one for each process that several runs learnt."""
    runs = newest(results, lambda payload: (payload.process, str(payload.params), payload.run))
    seeds = sum(len(payload.seeds) for payload in runs)
    processes: dict[str, list[BeliefGeometry]] = {}
    for payload in runs:
        processes.setdefault(_process(payload), []).append(payload)
    firsts = {process: group[0] for process, group in processes.items()}
    compared = [
        Part(f"{group[0].process}: {len(group)} runs", (pictures.compared(group), tables.compared(group)))
        for group in processes.values()
        if len(group) > 1
    ]
    return Section(
        "Belief geometry",
        f"belief geometry of {counted(len(runs), 'run')}, {counted(seeds, 'trained network')}",
        (*(run_part(payload, truth=payload is firsts[_process(payload)]) for payload in runs), *compared),
        (overview.geometry(runs),),
        overview.geometry_findings(runs),
        overview.TERMS,
        rank=40,
        counts={"belief_runs": len(runs)},
    )


def _process(payload: BeliefGeometry) -> str:
    return f"{payload.process} {payload.params}"


def run_part(payload: BeliefGeometry, clouds: Clouds | None = None, *, truth: bool = True) -> Part:
    """Everything of one run, its verdict first.

    Args:
        clouds: every prefix of a study at hand; by default those that the result keeps.
        truth: whether the beliefs themselves are drawn too, which are the same for every run of a process.
    """
    clouds = clouds or Clouds.of_result(payload)
    through = [clouds.emergence()] if clouds.stages else []
    measured: list[Exhibit] = [tables.fits(payload, split) for split in payload.splits]
    measured += [pictures.layers(payload)]
    measured += [pictures.through_training(payload)] if payload.seeds[0].emergence else []
    further: list[Exhibit] = [tables.distances(payload, split) for split in payload.splits]
    further += [tables.as_published(payload)]
    further += [tables.dynamics(payload), pictures.dynamics(payload)]
    further += [tables.intervention(payload), pictures.intervention(payload)]
    further += [tables.synchronisation(payload), pictures.synchronisation(payload)]
    further += [tables.memory(payload), pictures.memory(payload)]
    further += [tables.emergence(payload)] if payload.seeds[0].emergence else []
    folder = Folder("Distances, dynamics, intervention, code lengths, memory", tuple(further))
    shown = (Text(sentence(payload)), pictures.beliefs(payload, clouds, truth=truth), *through, *measured, folder)
    return Part(overview.named(payload.process, payload.run), shown, _facts(payload))


def _facts(payload: BeliefGeometry) -> str:
    setting, seeds = payload.setting, payload.seeds
    return (
        f"{payload.architecture} of width {payload.width}, {counted(len(seeds), 'seed')}, "
        f"{seeds[0].tokens:,} tokens, {tables.GAP.text(tables.loss_gap(payload))} bits per symbol above the Bayes predictor; "
        f"{payload.prefixes:,} distinct prefixes of 1 to {setting.length} symbols ({payload.words:,} of length "
        f"{setting.length}), {payload.different_beliefs:,} different beliefs; {setting.folds} folds"
    )
