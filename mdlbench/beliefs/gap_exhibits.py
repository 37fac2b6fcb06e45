"""What to show of results of kind "hmm-train": what trained networks lose to their source, context by context."""

from collections.abc import Sequence

from mdlbench.beliefs.result import RunGap, Spread
from mdlbench.processes.result import EntropyRate
from mdlbench.result.exhibits import Axis, Cell, Chart, Measure, Panels, Part, Section, Series, Table, mean, newest, shows
from mdlbench.result.reading import Found

_CONTEXT = Axis(Measure("symbols of context", form="count"))


@shows(RunGap)
def section(results: Sequence[Found[RunGap]]) -> Section:
    """A part for each run, its newest result."""
    runs = newest(results, lambda payload: (payload.process, str(payload.params), payload.run))
    seeds = sum(len(payload.seeds) for payload in runs)
    return Section(
        "Loss gaps",
        f"loss gaps of {len(runs)} {'run' if len(runs) == 1 else 'runs'}, {seeds} {'seed' if seeds == 1 else 'seeds'}",
        tuple(map(run_part, runs)),
        rank=30,
        counts={"runs": len(runs)},
    )


def run_part(payload: RunGap) -> Part:
    """Everything of one run."""
    name = payload.run.replace("\\", "/").rstrip("/").rpartition("/")[2]
    charts = Panels(
        "Where the loss comes from",
        (_parts_of_loss(payload), _by_seed(payload)),
        "Loss above the entropy rate, by the symbols of context that a prediction sees: what no predictor could avoid with so "
        "short a context, and what the network loses to the Bayes predictor, exact over every word.",
    )
    title = f"{payload.process}: {name}, loss above the entropy rate"
    return Part(title, (charts, contexts(payload), seeds(payload)), _facts(payload))


def contexts(payload: RunGap) -> Table:
    """Floor, cost of the finite context and cost of the model for each length of context, and their means."""
    rows = [_row(str(one.context), one.bayes_floor_bits, one.finite_context_bits, one.model_bits) for one in payload.contexts]
    rows.append(_row("mean", payload.bayes_floor_bits, payload.finite_context_bits, payload.model_bits))
    columns = [
        Measure("context", form="count", definition="Symbols that a prediction sees."),
        _bits("Bayes floor", "The least loss of any predictor."),
        _bits("floor − h", "What the finite context costs."),
        _bits("network, mean", "Above the Bayes floor, mean over seeds."),
        _bits("± sd", "Over seeds, n − 1."),
        _bits("greatest", "The worst seed."),
    ]
    count = len(payload.seeds)
    title = (
        f"h = {_rate(payload.entropy_rate)} bits per symbol; all in bits per symbol, {count} seed{'' if count == 1 else 's'}"
    )
    return Table.of(title, columns, rows)


def seeds(payload: RunGap) -> Table:
    """What each seed came to."""
    rows = [
        (one.seed, one.tokens, one.seconds, one.mean_loss_nats, one.mean_model_nats, f"hf:{one.checkpoint}")
        for one in payload.seeds
    ]
    columns = [
        Measure("seed", form="count"),
        Measure("tokens", form="count"),
        Measure("seconds", form="count", definition="Spent on training."),
        Measure("loss, nats", form="fixed", digits=6, definition="Per symbol, mean over contexts, exact.", better="less"),
        Measure("above the floor, nats", form="fixed", digits=6, definition="Of these above the Bayes floor.", better="less"),
        Measure("checkpoint"),
    ]
    return Table.of("", columns, rows)


def _bits(name: str, definition: str) -> Measure:
    return Measure(name, "", "fixed", 6, definition)


def _row(name: str, floor: float, finite: float, model: Spread) -> tuple[Cell, ...]:
    return name, floor, finite, model.mean, model.standard_deviation, model.greatest


def _rate(rate: EntropyRate) -> str:
    return f"at most {rate.upper:.6f}" if rate.lower is None else f"{(rate.lower + rate.upper) / 2:.6f}"


def _parts_of_loss(payload: RunGap) -> Chart:
    rows = payload.contexts
    seen = [float(row.context) for row in rows]
    several = len(payload.seeds) > 1
    network = Series(
        "network, mean of seeds",
        seen,
        [row.model_bits.mean for row in rows],
        "line+points",
        [row.model_bits.least for row in rows] if several else (),
        [row.model_bits.greatest for row in rows] if several else (),
        dashed=True,
    )
    finite = Series("finite context", seen, [row.finite_context_bits for row in rows], role="bound")
    axis = Axis(Measure("above h", "bits per symbol", "digits", 4), "log")
    return Chart("Loss above the entropy rate", _CONTEXT, axis, (finite, network))


def _by_seed(payload: RunGap) -> Chart:
    seen = [float(row.context) for row in payload.contexts]
    series = tuple(Series(f"seed {one.seed}", seen, one.model_bits) for one in payload.seeds)
    axis = Axis(Measure("above the Bayes floor", "bits per symbol", "fixed", 6), zero=True)
    return Chart("Loss above the Bayes predictor", _CONTEXT, axis, series)


def _facts(payload: RunGap) -> str:
    shape, count = payload.config.architecture, len(payload.seeds)
    nats = Measure("", form="fixed", digits=6).text(mean(one.mean_model_nats for one in payload.seeds))
    return (
        f"{shape.name} of width {shape.width}, {payload.parameters:,} parameters, {count} {'seed' if count == 1 else 'seeds'} "
        f"of {payload.seeds[0].tokens:,} tokens; {nats} nats per symbol above the Bayes floor"
    )
