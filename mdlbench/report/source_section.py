"""The page's part for results of kind "hmm-entropy": sources, rates between bounds, what an observer learns of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdlbench.report.beliefs import CORNERS, belief_colours
from mdlbench.report.collect import Fields, Found
from mdlbench.report.hmm import graph_places, plane_colours
from mdlbench.report.html_tables import number_text, table
from mdlbench.report.lines import Axis, Series, chart, figure, lines_panel
from mdlbench.report.page import asset, escaped
from mdlbench.report.section import Section

_QUANTITIES = {
    "excess_entropy": "excess entropy E",
    "statistical_complexity": "statistical complexity C",
    "crypticity": "crypticity C − E",
    "transient_information": "transient information T",
    "synchronisation_information": "synchronisation information",
}


def section(results: Sequence[Found]) -> Section:
    """The section: a table of all sources, then a part for each, the newest result of the same source and parameters."""
    newest: dict[str, Fields] = {}
    for found in results:
        fields = Fields(found.path, found.result.values)
        newest[_name(fields)] = fields
    sources = list(newest.values())
    parts = [_part(f, at) for at, f in enumerate(sources)]
    overview = table(
        "Sources: bits per symbol and bits",
        ["Source", "h", "between bounds", "E", "C", "mixed states"],
        [_row(f) for f in sources],
    )
    return Section(
        identifier="sources",
        title="Sources",
        html=f'<section class="slice"><h2>Sources of known entropy rate</h2>{overview}</section>' + "\n".join(parts),
        summary=f"{len(sources)} {'source' if len(sources) == 1 else 'sources'} of known entropy rate",
        data=[{"charts": _charts(f), "beliefs": _beliefs(f)} for f in sources],
        scripts=("lines.js", "sources.js"),
        styles=("leaderboard.css", "beliefs.css"),
        counts={"sources": len(sources)},
    )


def _name(f: Fields) -> str:
    params = f.values.get("params", {})
    return " ".join([f.text("process"), *(f"{key}={value}" for key, value in params.items())])


def _row(f: Fields) -> list[str]:
    lower, upper = f.maybe_number("entropy_rate.lower"), f.number("entropy_rate.upper")
    gap = "no lower bound" if lower is None else f"{max(upper - lower, 0):.0e}".replace("-", "−")
    sums = [number_text(f.maybe_number(f"{key}.value"), 9) for key in ("excess_entropy", "statistical_complexity")]
    count = f.maybe_number("mixed_states.count")
    states = f.text("mixed_states.kind").partition(" (")[0] if count is None else f"{count:.0f}"
    return [_name(f), number_text(_rate(f), 12), gap, *sums, states]


def _rate(f: Fields) -> float:
    """The best value known: converged beyond the bounds, else their middle, else the upper one."""
    lower, upper = f.maybe_number("entropy_rate.lower"), f.number("entropy_rate.upper")
    converged = f.maybe_number("entropy_rate.converged.value")
    return converged if converged is not None else upper if lower is None else (lower + upper) / 2


def _part(f: Fields, at: int) -> str:
    rows = []
    for key, name in _QUANTITIES.items():
        note = f.maybe_text(f"{key}.method") or f.maybe_text(f"{key}.reason") or ""
        rows.append([name, number_text(f.maybe_number(f"{key}.value"), 12), note])
    charts = figure(
        "Entropy, synchronisation, beliefs",
        "First, the entropy of the next symbol closing in on h, from above, and from below where the first state is known too; "
        "then what an observer does not know; then the graph of mixed states, or where beliefs lie if those are too many.",
        [*(lines_panel("sources", at, "charts", number) for number in range(2)), f'data-beliefs="{at}"'],
    )
    return asset("source.html").format(
        id=f"source-{at}",
        title=escaped(_name(f)),
        facts=escaped(_facts(f)),
        charts=charts,
        tables=table("In bits", ["Quantity", "bits", "how, or why not"], rows),
    )


def _facts(f: Fields) -> str:
    low = f.maybe_number("entropy_rate.lower")
    bounds = "no lower bound" if low is None else f"{low:.14f}"
    kinds = [
        f"{f.number('alphabet_size'):.0f} symbols", f"{f.number('n_states'):.0f} states",
        "hidden Markov" if f.true("hidden_markov") else "generalised", "unifilar" if f.true("unifilar") else "not unifilar",
        "ergodic" if f.true("ergodic") else "not ergodic",
    ]  # fmt: skip
    return (
        f"{f.text('summary')} ({f.text('citation')}); {', '.join(kinds)}. Entropy rate {bounds} .. "
        f"{f.number('entropy_rate.upper'):.14f} bits per symbol: {f.text('entropy_rate.method')}."
    )


def _charts(f: Fields) -> list[dict[str, Any]]:
    upper, lower, rate = f.numbers("curves.upper"), f.numbers("curves.lower"), _rate(f)
    seen = list(range(max(len(upper), len(lower))))
    distances = [
        Series(name, seen[: len(values)], [value if value > 3e-13 else None for value in values], dashed=dashed)
        for name, values, dashed in (
            ("from above", [value - rate for value in upper], False),
            ("from below, first state known", [rate - value for value in lower], True),
        )
    ]
    bits = f.numbers("curves.synchronisation.bits")
    of = f.text("curves.synchronisation.of")
    name = "H(state | symbols)" if of == "state" else "E less what was learnt"
    return [
        chart("Distance from h", Axis("symbols of context"), Axis("distance from h, bits", "log"), distances),
        chart("Synchronisation", Axis("symbols seen"), Axis("bits", zero=True), [Series(name, list(range(len(bits))), bits)]),
    ]


def _beliefs(f: Fields) -> dict[str, Any]:
    """What the third panel draws: a graph's places and edges, or a cloud's places and colours."""
    graph = f.values.get("curves", {}).get("graph")
    if graph is not None:
        recurrent = [int(state) for state in graph["recurrent"]]
        edges = [
            [state, target, symbol, round(graph["p"][state][symbol], 6)]
            for state, targets in enumerate(graph["successors"])
            for symbol, target in enumerate(targets)
            if target >= 0
        ]
        places = graph_places(graph["by_depth"], set(recurrent))
        beliefs = np.round(graph["beliefs"], 4).tolist()
        return {"places": places.round(4).tolist(), "edges": edges, "recurrent": recurrent, "beliefs": beliefs}
    beliefs = np.array([row.split() for row in f.text("curves.beliefs").split(";")], np.float64)
    triangle = f.true("hidden_markov") and beliefs.shape[1] == 3
    spread = beliefs - beliefs.mean(axis=0)
    widest = np.linalg.svd(spread, full_matrices=False)[2][:2]
    flat = beliefs.shape[1] < 3
    places = beliefs @ CORNERS if triangle else np.c_[beliefs[:, 0], np.zeros(len(beliefs))] if flat else spread @ widest.T
    colours = belief_colours(beliefs) if f.true("hidden_markov") else plane_colours(places)
    said = "their triangle" if triangle else "probability of the first state" if flat else "their two widest directions"
    return {
        "name": f"{len(beliefs):,} beliefs after long words, in {said}",
        "triangle": triangle,
        "line": flat,
        "places": places.round(4).tolist(),
        "colours": ["".join(f"{round(255 * part):02x}" for part in colour) for colour in colours],
    }
