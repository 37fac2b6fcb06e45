"""What to show of results of kind "train"."""

from collections.abc import Sequence

from mdlbench.result.exhibits import Measure, Part, Section, Table, mean, newest, shows
from mdlbench.result.reading import Found
from mdlbench.text import counted
from mdlbench.training.result import TrainedRun

_LOSS = Measure("loss", "bits per symbol", "fixed", 4, "Mean training loss of the last hundred steps.", "less")


@shows(TrainedRun)
def section(results: Sequence[Found[TrainedRun]]) -> Section:
    """A part for each run, its newest result."""
    runs = newest(results, lambda payload: payload.run)
    return Section(
        "Training",
        f"{counted(len(runs), 'run')} trained on files",
        tuple(map(run_part, runs)),
        (overview(runs),),
        rank=50,
        counts={"runs": len(runs)},
    )


def overview(runs: Sequence[TrainedRun]) -> Table:
    """A row for each run, with the mean loss of its seeds."""
    rows = [
        (
            one.run,
            mean(seed.last_loss_bits_per_symbol for seed in one.seeds),
            len(one.seeds),
            one.seeds[0].tokens,
            one.parameters,
        )
        for one in runs
    ]
    counts = [Measure(name, form="count") for name in ("seeds", "tokens", "parameters")]
    return Table.of("Runs", (Measure("run"), _LOSS, *counts), rows)


def run_part(payload: TrainedRun) -> Part:
    """Everything of one run."""
    shape, optimiser = payload.config.architecture, payload.config.optimiser
    facts = (
        f"{shape.name} of width {shape.width}, {counted(shape.layers, 'layer')}, context "
        f"{shape.context}, {payload.parameters:,} parameters; {optimiser.name}, learning rate {optimiser.learning_rate:g}"
    )
    return Part(payload.run, (seeds(payload),), facts)


def seeds(payload: TrainedRun) -> Table:
    """Where each seed is."""
    rows = [(one.seed, one.tokens, one.last_loss_bits_per_symbol, one.seconds, f"hf:{one.checkpoint}") for one in payload.seeds]
    columns = [
        Measure("seed", form="count"),
        Measure("tokens", form="count", definition="Symbols predicted so far."),
        _LOSS,
        Measure("seconds", form="fixed", digits=1, definition="Spent on training."),
        Measure("checkpoint"),
    ]
    return Table.of("", columns, rows)
