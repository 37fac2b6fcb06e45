"""The page's part for results of kind "hmm-train": what trained networks lose to their source, context by context."""

from collections.abc import Sequence
from typing import Any

from mdlbench.report.collect import Fields, Found
from mdlbench.report.html_tables import mean, number_text, table
from mdlbench.report.lines import Axis, Series, chart, figure, lines_panel
from mdlbench.report.page import asset, escaped
from mdlbench.report.section import Section


def section(results: Sequence[Found]) -> Section:
    """The section: a part for each run, its newest result."""
    newest: dict[str, Fields] = {}
    for found in results:
        fields = Fields(found.path, found.result.values)
        newest[fields.text("run")] = fields
    runs = list(newest.values())
    seeds = sum(len(f.items("seeds")) for f in runs)
    return Section(
        identifier="gaps",
        title="Loss gaps",
        html="\n".join(_part(f, at) for at, f in enumerate(runs)),
        summary=f"loss gaps of {len(runs)} {'run' if len(runs) == 1 else 'runs'}, {seeds} {'seed' if seeds == 1 else 'seeds'}",
        data=[{"charts": _charts(f)} for f in runs],
        scripts=("lines.js",),
        styles=("leaderboard.css", "beliefs.css"),
        counts={"runs": len(runs)},
    )


def _part(f: Fields, at: int) -> str:
    name = f.text("run").replace("\\", "/").rstrip("/").rpartition("/")[2]
    charts = figure(
        "Where the loss comes from",
        "Loss above the entropy rate, by the symbols of context that a prediction sees: what no predictor could avoid with so "
        "short a context, and what the network loses to the Bayes predictor, exact over every word.",
        [lines_panel("gaps", at, "charts", number) for number in range(2)],
    )
    return asset("gap.html").format(
        id=f"gap-{at}",
        title=escaped(f"{f.text('process')}: {name}, loss above the entropy rate"),
        facts=escaped(_facts(f)),
        charts=charts,
        tables=_contexts(f) + _seeds(f),
    )


def _contexts(f: Fields) -> str:
    keys = (
        "bayes_floor_bits",
        "finite_context_bits",
        *(f"model_bits.{key}" for key in ("mean", "standard_deviation", "greatest")),
    )
    rows = [
        [f"{row.number('context'):.0f}", *(number_text(row.maybe_number(key), 6) for key in keys)]
        for row in f.parts("contexts")
    ]
    heads = ["Context", "Bayes floor", "floor − h", "network, mean", "sd", "greatest"]
    return table("Bits per symbol, over seeds", heads, rows)


def _seeds(f: Fields) -> str:
    rows = [
        [
            f"{seed.number('seed'):.0f}",
            f"{seed.number('tokens'):,.0f}",
            f"{seed.number('seconds'):,.0f}",
            number_text(seed.number("mean_loss_nats"), 6),
            number_text(seed.number("mean_model_nats"), 6),
        ]
        for seed in f.parts("seeds")
    ]
    return table("Seeds", ["Seed", "tokens", "seconds", "loss, nats", "above the floor, nats"], rows)


def _facts(f: Fields) -> str:
    seeds = f.parts("seeds")
    nats = mean(seed.maybe_number("mean_model_nats") for seed in seeds)
    return (
        f"{f.text('config.architecture.name')} of width {f.number('config.architecture.width'):.0f}, "
        f"{f.number('parameters'):,.0f} parameters, {len(seeds)} {'seed' if len(seeds) == 1 else 'seeds'} of "
        f"{seeds[0].number('tokens'):,.0f} tokens; {nats:.6f} nats per symbol above the Bayes floor"
    )


def _charts(f: Fields) -> list[dict[str, Any]]:
    rows = f.parts("contexts")
    seen = [row.number("context") for row in rows]
    parts = [
        Series("finite context", seen, [row.maybe_number("finite_context_bits") for row in rows]),
        Series("network, mean of seeds", seen, [row.maybe_number("model_bits.mean") for row in rows], dashed=True),
    ]
    seeds = [Series(f"seed {seed.number('seed'):.0f}", seen, seed.numbers("model_bits")) for seed in f.parts("seeds")]
    context = Axis("symbols of context")
    return [
        chart("Loss above the entropy rate", context, Axis("bits per symbol above h", "log"), parts),
        chart("Loss above the Bayes predictor", context, Axis("bits per symbol", zero=True, digits=6), seeds[:7]),
    ]
