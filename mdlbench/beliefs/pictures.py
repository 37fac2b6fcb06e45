"""The pictures of a run's belief geometry, as exhibits; figures are means over seeds, the tables' own."""

from collections.abc import Callable, Sequence

from mdlbench.beliefs import tables
from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.clouds import Clouds, amount
from mdlbench.beliefs.result import BeliefGeometry
from mdlbench.beliefs.seed_result import Stage, Synchronised, Weighting, Written
from mdlbench.beliefs.tables import GAP, GUESSES, SAID, aligned, over_seeds, spread
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Estimate, Measure, Panels, Series, Stages

_GAPS = Axis(GAP, "log")
_BITS = Measure("bits", form="fixed", digits=4)
_FLOOR = -0.5  # bars end there: an update by the wrong symbol can be wrong without bound


def beliefs(payload: BeliefGeometry, clouds: Clouds) -> Panels:
    """The beliefs of theory beside the trained network's image of them."""
    drawn = "" if len(clouds.beliefs) == payload.prefixes else f", {len(clouds.beliefs):,} of them drawn"
    truth = f"{payload.prefixes:,} prefixes of up to {payload.setting.length} symbols{drawn}"
    scores = [(row.r2, SAID[row.weighting]) for row in payload.mean if (row.site, row.method) == (ALL, "ridge")]
    said = ", ".join(f"{tables.r2(digits=3).text(r2)} {weighting}" for r2, weighting in scores[:2])
    return Panels(
        "Beliefs and their image",
        (clouds.truth("Bayes filter", truth), clouds.seen(f"network, {ALL}", f"R² {said}")),
        "Each point is a prefix, coloured by its true belief: left the Bayes filter, right the affine image of the first "
        "seed's activations, held out.",
    )


def emergence_strip(clouds: Clouds) -> Stages:
    """The image at each checkpoint."""
    return clouds.emergence(
        "Emergence", "The image of the beliefs at the last site as training goes on, first seed, beside the Bayes filter."
    )


def layers(payload: BeliefGeometry) -> Panels:
    """Held-out R^2 at each site with its nulls, and below what else beliefs can be read from."""
    parts = tuple(_layer_bars(payload, weighting) for weighting in payload.setting.weightings[:2])
    return Panels(
        "Layers and controls",
        parts,
        "Held-out R² of beliefs by ridge, mean over seeds, the line from the least to the greatest. What is below 0 is drawn "
        "at 0; the tables have its value.",
    )


def _layer_bars(payload: BeliefGeometry, weighting: Weighting) -> Bars:
    bars = []
    for row in payload.mean:
        if (row.weighting, row.method) == (weighting, "ridge") and row.r2 is not None:
            nulls = (("before training", row.untrained_r2), ("shuffled labels", row.shuffled_r2))
            marks = tuple((name, max(0.0, value)) for name, value in nulls if value is not None)
            ends = (row.least_r2, row.greatest_r2) if len(payload.seeds) > 1 else (None, None)
            low, high = (None if end is None else max(0.0, end) for end in ends)
            part = ALL if row.site == ALL else "one layer"
            bars.append(Bar(row.site, ((part, max(0.0, row.r2)),), marks, low, high))
    for found in aligned(payload, lambda one: one.controls, lambda control: (control.name, control.weighting)):
        first, middle = found[0], over_seeds(found, lambda control: control.r2)
        if first is not None and first.weighting == weighting and middle is not None:
            bars.append(Bar(first.name, (("not from activations", max(0.0, middle)),)))
    return Bars(SAID[weighting], Axis(tables.r2("held-out R² of beliefs", digits=3), zero=True), tuple(bars))


def through_training(payload: BeliefGeometry) -> Panels:
    """Error against tokens beside what was published, and R^2 against the loss gap."""
    found = aligned(payload, lambda one: one.emergence, lambda stage: stage.tokens)
    stages = [(rows[0].tokens, rows) for rows in found if rows[0] is not None]
    sites = list(payload.seeds[0].emergence[0].sites)
    shown = list(dict.fromkeys([sites[0], *sites[len(sites) // 2 - 1 : len(sites) // 2], *sites[-2:]]))
    return Panels(
        "Through training",
        (_errors(payload, stages, shown), _fidelities(stages, shown)),
        "Left: error as published runs are scored (fitted and scored on the same words). Right: held-out R², prefixes alike, "
        "against what is lost to the Bayes predictor; training goes from right to left. Means over seeds, lines from the least "
        "to the greatest.",
    )


Staged = Sequence[tuple[int, list[Stage | None]]]


def _errors(payload: BeliefGeometry, stages: Staged, sites: Sequence[str]) -> Chart:
    trained = [(tokens, rows) for tokens, rows in stages if tokens]
    at = [float(tokens) for tokens, _ in trained]
    series = [_estimated(site, at, [spread(rows, tables.in_sample_mse(site)) for _, rows in trained]) for site in sites]
    before = [over_seeds(rows, tables.in_sample_mse(ALL)) for tokens, rows in stages if not tokens]
    if before and at:
        series.append(Series(f"untrained, {ALL}", [at[0], at[-1]], before * 2, role="null"))
    known = {float(tokens): error for tokens, error in payload.published_mse.items()}
    if known:
        series.append(
            Series("published, paper setting", list(known), list(known.values()), "points", role="published", shape="diamond")
        )
    y = Axis(tables.mse("mean squared error, in sample", ""), "log")
    return Chart("Error", Axis(Measure("tokens seen", form="count"), "log"), y, tuple(series))


def _fidelities(stages: Staged, sites: Sequence[str]) -> Chart:
    names = [amount(tokens) if tokens else "untrained" for tokens, _ in stages]
    gaps = [over_seeds(rows, lambda stage: stage.loss_gap_bits) or 0.0 for _, rows in stages]
    series = [
        _estimated(site, gaps, [spread(rows, tables.held_out_r2(site)) for _, rows in stages], names if site == ALL else ())
        for site in sites
    ]
    return Chart("Fidelity", _GAPS, Axis(tables.r2("held-out R²")), tuple(series))


def _estimated(name: str, x: Sequence[float], found: Sequence[Estimate | None], labels: Sequence[str] = ()) -> Series:
    """A line through means, with intervals where there are several seeds."""
    y = [one and one.value for one in found]
    low, high = [one and one.low for one in found], [one and one.high for one in found]
    several = any(end is not None for end in low)
    return Series(name, x, y, "line+points", low if several else (), high if several else (), labels)


def dynamics(payload: BeliefGeometry) -> Panels:
    """How much of the image after a symbol the Bayes update of the image before explains, beside its controls."""
    found = aligned(payload, lambda one: one.dynamics, lambda row: (row.site, row.weighting))
    first, *others = payload.setting.weightings[:2]
    by_key = {(row.site, row.weighting): rows for rows in found for row in rows[:1] if row is not None}
    measure = tables.r2("R² of the image after a symbol", digits=3)
    panels = []
    for site in dict.fromkeys(site for site, _ in by_key):
        bars = []
        for name, guess in GUESSES.items():
            explained = {
                weighting: over_seeds(by_key[site, weighting], lambda row, guess=guess: guess(row).r2)  # type: ignore[misc]
                for weighting in (first, *others)
                if (site, weighting) in by_key
            }
            value = explained.get(first)
            marks = tuple((SAID[one], max(_FLOOR, r2)) for one in others if (r2 := explained.get(one)) is not None)
            if value is not None:
                bars.append(Bar(name, ((SAID[first], max(_FLOOR, value)),), marks))
        panels.append(Bars(f"image at: {site}", Axis(measure, zero=True), tuple(bars)))
    said = f"The image after a symbol, guessed from the image before it; mean over seeds. Bars end at {_FLOOR}."
    return Panels("Dynamics", tuple(panels), said.replace("-", "−"))


def intervention(payload: BeliefGeometry) -> Panels:
    """How far the next symbol's distribution follows a written belief, and how far it is carried to the symbol after."""
    figures: dict[str, Callable[[Written], float | None]] = {
        "at once": lambda row: row.followed,
        "one symbol later": lambda row: row.carried,
    }
    axis = Axis(Measure("1 − KL written / KL unchanged", "", "fixed", 3, "1: follows wholly; 0: not at all."), zero=True)
    panels = []
    for title, figure in figures.items():
        bars = []
        for site, methods in payload.seeds[0].intervention.sites.items():
            found = [(name, tables.written(payload, site, name, figure)) for name in ("pattern", *methods)]
            known = [(name, max(_FLOOR, value)) for name, value in dict(found).items() if value is not None]
            if known and known[0][0] == "pattern":
                bars.append(Bar(site, (known[0],), tuple(known[1:])))
        if bars:
            panels.append(Bars(title, axis, tuple(bars)))
    return Panels(
        "Intervention",
        tuple(panels),
        "How far the prediction follows a belief written at a site: as activations change with beliefs (pattern), by the "
        "smallest change (pseudo-inverse), and between its null (random) and its bound (swap of the whole activation).",
    )


def synchronisation(payload: BeliefGeometry) -> Panels:
    """What is left to tell of the state, where there are states, and what is saved on the next symbol."""
    found = aligned(payload, lambda one: one.synchronisation, lambda row: row.symbols)
    seen = [float(row.symbols) for rows in found for row in rows[:1] if row is not None]

    def pair(
        title: str, exact: Callable[[Synchronised], float | None], network: Callable[[Synchronised], float | None]
    ) -> Chart:
        lines = (
            Series("Bayes filter", seen, [over_seeds(rows, exact) for rows in found], "line+points"),
            Series("network", seen, [over_seeds(rows, network) for rows in found], "line+points", shape="square", dashed=True),
        )
        return Chart(title, Axis(Measure("symbols seen", form="count")), Axis(_BITS, zero=True), lines)

    saved = pair("Saved on the next symbol", lambda row: row.saved, lambda row: row.network_saved)
    state = pair("To tell the state, by the image", lambda row: row.state, lambda row: row.network_state)
    panels = (state, saved) if payload.has_states else (saved,)
    return Panels("Code lengths", panels, "Ideal code lengths as symbols come, exact over all words; mean over seeds.")


def memory(payload: BeliefGeometry) -> Panels:
    """The least memory for a loss gap, and the belief that this memory holds beside the networks'."""
    curve = [point for point in payload.rate_distortion.curve if point.gap_bits > 1e-6]
    gaps = [point.gap_bits for point in curve]
    own, names = [one.loss_gap_bits for one in payload.seeds], [f"seed {one.seed}" for one in payload.seeds]
    weighting = payload.setting.weightings[0]

    def chart(title: str, axis: Axis, least: Sequence[float | None], networks: Sequence[float | None]) -> Chart:
        line = Series("least memory that predicts so well", gaps, least, role="bound")
        points = Series(f"networks, {ALL}", own, networks, "points", labels=names, shape="diamond")
        return Chart(title, _GAPS, axis, (line, points))

    bits = Axis(Measure("bits of the past remembered", form="fixed", digits=3), zero=True)
    needed = chart("Memory", bits, [point.rate_bits for point in curve], [one.least_bits for one in payload.memory])
    fidelity = Axis(tables.r2(f"R² of beliefs, {SAID[weighting]}"))
    networks = [tables.all_layers(one, weighting) for one in payload.seeds]
    held = chart("Beliefs", fidelity, [point.r2 for point in curve], networks)
    return Panels("Memory", (needed, held), "What a predictor that loses so much needs to remember at least, and its beliefs.")
