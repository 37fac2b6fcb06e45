"""What to show of results of kind "hmm-train": what trained networks lose to their process, context by context."""

from collections.abc import Sequence

from mdlbench.beliefs import overview
from mdlbench.beliefs.result import ContextGap, RunGap
from mdlbench.processes.result import EntropyRate
from mdlbench.result.exhibits import Axis, Cell, Chart, Estimate, Measure, Panels, Part, Section, Series, Table, newest, shows
from mdlbench.result.reading import Found
from mdlbench.text import counted

_SHOWN = 5e-7  # bits: half of the last digit shown
_CONTEXT = Axis(Measure("symbols of context", form="count", definition="how many symbols a prediction sees"))


@shows(RunGap)
def section(results: Sequence[Found[RunGap]]) -> Section:
    """A part for each run, its newest result."""
    runs = newest(results, lambda payload: (payload.process, str(payload.params), payload.run))
    seeds = sum(len(payload.seeds) for payload in runs)
    return Section(
        "Loss gaps",
        f"loss gaps of {counted(len(runs), 'run')}, {counted(seeds, 'seed')}",
        tuple(map(run_part, runs)),
        (overview.gaps(runs),),
        overview.gap_findings(runs),
        overview.TERMS,
        rank=30,
        counts={"runs": len(runs)},
    )


def run_part(payload: RunGap) -> Part:
    """Everything of one run."""
    title = overview.named(payload.process, payload.run)
    return Part(title, (_charts(payload), contexts(payload), seeds(payload)), _facts(payload))


def contexts(payload: RunGap) -> Table:
    """Floor, cost of the finite context and cost of the model for each length of context, and their means."""
    rows = [*(_row(str(one.context), one) for one in payload.contexts), _row("mean", payload)]
    columns = [
        Measure("context", form="count", definition="Symbols that a prediction sees."),
        _bits("Bayes floor", "The least loss of any predictor."),
        _bits("floor − h", "What the finite context costs."),
        _bits("network, mean", "Above the Bayes floor, mean over seeds, with its 95 % interval (Student's t)."),
        _bits("± sd", "Over seeds, n − 1."),
        _bits("greatest", "The worst seed."),
    ]
    rate, seeds = _rate(payload.entropy_rate), counted(len(payload.seeds), "seed")
    return Table.of(
        f"h = {rate} bits per symbol; all in bits per symbol, {seeds}", columns, rows, notes=_doubt(payload.entropy_rate)
    )


def seeds(payload: RunGap) -> Table:
    """What each seed came to."""
    rows = [
        (one.seed, one.tokens, one.seconds, one.mean_loss_bits, one.mean_model_bits, f"hf:{one.checkpoint}")
        for one in payload.seeds
    ]
    columns = [
        Measure("seed", form="count"),
        Measure("tokens", form="count"),
        Measure("seconds", form="count", definition="Spent on training."),
        Measure("loss", "bits per symbol", "fixed", 6, "Mean over contexts, exact.", "less"),
        Measure("above the floor", "bits per symbol", "fixed", 6, "Of these above the Bayes floor.", "less"),
        Measure("checkpoint"),
    ]
    return Table.of("", columns, rows)


def _bits(name: str, definition: str) -> Measure:
    return Measure(name, "", "fixed", 6, definition)


def _row(name: str, one: RunGap | ContextGap) -> tuple[Cell, ...]:
    paid = one.model_bits
    mean = Estimate(paid.mean, paid.low, paid.high)
    return name, one.bayes_floor_bits, one.finite_context_bits, mean, paid.standard_deviation, paid.greatest


def _rate(rate: EntropyRate) -> str:
    if rate.uncertainty is None:
        return f"at most {rate.upper:.6f}"
    return rate.text if rate.uncertainty > _SHOWN else f"{rate.value:.6f}"


def _doubt(rate: EntropyRate) -> tuple[str, ...]:
    """What is to be said where h is not known to the digits that the table shows."""
    if rate.uncertainty is None:
        return ("no lower bound on h is known: floor − h is at least what is shown",)
    return (f"h is known to ±{rate.uncertainty:.0e} bits, and so is floor − h",) if rate.uncertainty > _SHOWN else ()


def _charts(payload: RunGap) -> Panels:
    """Where the loss comes from, and each seed's part of it."""
    seen, paid = [float(row.context) for row in payload.contexts], [row.model_bits for row in payload.contexts]
    several = paid if len(payload.seeds) > 1 else []
    low, high = [one.least for one in several], [one.greatest for one in several]
    network = Series("network, mean of seeds", seen, [one.mean for one in paid], "line+points", low, high, dashed=True)
    finite = Series("finite context", seen, [row.finite_context_bits for row in payload.contexts], role="bound")
    by_seed = tuple(Series(f"seed {one.seed}", seen, one.model_bits) for one in payload.seeds)
    above_h = Axis(Measure("above h", "bits per symbol", "digits", 4, "loss above the entropy rate"), "log")
    above_floor = Axis(
        Measure("above the Bayes floor", "bits per symbol", "fixed", 6, "loss above that of the Bayes predictor"), zero=True
    )
    charts = (
        Chart("Loss above the entropy rate", _CONTEXT, above_h, (finite, network)),
        Chart("Loss above the Bayes predictor", _CONTEXT, above_floor, by_seed),
    )
    return Panels(
        "Where the loss comes from",
        charts,
        "Loss above the entropy rate, by the symbols of context that a prediction sees: what no predictor could avoid with so "
        "short a context, and what the network loses to the Bayes predictor, exact over every word.",
    )


def _facts(payload: RunGap) -> str:
    shape, seeds = payload.config.architecture, counted(len(payload.seeds), "seed")
    text = Measure("", form="fixed", digits=6).text
    parts = f"{text(payload.finite_context_bits)} finite context + {text(payload.model_bits.mean)} network"
    return (
        f"{shape.name} of width {shape.width}, {payload.parameters:,} parameters, {seeds} of "
        f"{payload.seeds[0].tokens:,} tokens; loss {text(payload.bayes_floor_bits + payload.model_bits.mean)} = "
        f"{_rate(payload.entropy_rate)} h + {parts}, bits per symbol, mean over contexts"
    )
