"""The pictures of a run's belief geometry, as exhibits; figures are means over seeds, the tables' own."""

from collections.abc import Callable, Sequence
from functools import partial

from mdlbench.beliefs import tables
from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.clouds import Clouds, amount
from mdlbench.beliefs.result import BeliefGeometry
from mdlbench.beliefs.seed_result import Stage, Weighting
from mdlbench.beliefs.tables import GAP, GUESSES, SAID, figures, over_seeds
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Measure, Panels, Series, mean

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
    bars: list[Bar] = []
    for row in payload.mean:
        if (row.weighting, row.method) == (weighting, "ridge"):
            part, ends = (ALL if row.site == ALL else "one layer"), (row.least_r2, row.greatest_r2)
            nulls = (("before training", row.untrained_r2), ("shuffled labels", row.shuffled_r2))
            bars += _bar(row.site, [(part, row.r2), *nulls], 0.0, ends if len(payload.seeds) > 1 else (None, None))
    for control in over_seeds([one.controls for one in payload.seeds]):
        if control.weighting == weighting:
            bars += _bar(control.name, [("not from activations", control.r2)], 0.0)
    return Bars(SAID[weighting], Axis(tables.r2("held-out R² of beliefs", digits=3), zero=True), tuple(bars))


def _bar(
    name: str, found: Sequence[tuple[str, float | None]], floor: float, ends: Sequence[float | None] = (None, None)
) -> list[Bar]:
    """The first figure as a bar, the others as its marks, nothing below the floor; no bar where the first is not known."""
    known = tuple((what, max(floor, value)) for what, value in found if value is not None)
    low, high = (None if end is None else max(floor, end) for end in ends)
    return [] if found[0][1] is None else [Bar(name, known[:1], known[1:], low, high)]


def through_training(payload: BeliefGeometry) -> Panels:
    """Error against tokens beside what was published, and R^2 against the loss gap."""
    emerged = [one.emergence for one in payload.seeds]
    ruled = [over_seeds(emerged, rule) for rule in (mean, partial(_end, min), partial(_end, max))]
    sites = list(emerged[0][0].sites)
    shown = list(dict.fromkeys([sites[0], *sites[len(sites) // 2 - 1 : len(sites) // 2], *sites[-2:]]))
    return Panels(
        "Through training",
        (_errors(payload, ruled, shown), _fidelities(ruled, shown)),
        "Left: error as published runs are scored (fitted and scored on the same words). Right: held-out R², prefixes alike, "
        "against what is lost to the Bayes predictor; training goes from right to left. Means over seeds, lines from the least "
        "to the greatest.",
    )


def _end(end: Callable[[Sequence[float]], float], values: Sequence[float]) -> float | None:
    return None if len(values) < 2 or mean(values) is None else end(values)


Ruled = Sequence[Sequence[Stage]]  # checkpoints of the mean over seeds, of the least and of the greatest


def _errors(payload: BeliefGeometry, ruled: Ruled, sites: Sequence[str]) -> Chart:
    trained = [[stage for stage in stages if stage.tokens] for stages in ruled]
    at = [float(stage.tokens) for stage in trained[0]]
    series = [_line(site, at, trained, "in_sample_mse") for site in sites]
    before = figures((stage.sites.get(ALL) for stage in ruled[0] if not stage.tokens), "in_sample_mse")
    if before and at:
        series.append(Series(f"untrained, {ALL}", [at[0], at[-1]], before * 2, role="null"))
    known = {float(tokens): error for tokens, error in payload.published_mse.items()}
    if known:
        name = "published, paper setting"
        series.append(Series(name, list(known), list(known.values()), "points", role="published", shape="diamond"))
    y = Axis(tables.mse("mean squared error, in sample", ""), "log")
    return Chart("Error", Axis(Measure("tokens seen", form="count"), "log"), y, tuple(series))


def _fidelities(ruled: Ruled, sites: Sequence[str]) -> Chart:
    names = [amount(stage.tokens) if stage.tokens else "untrained" for stage in ruled[0]]
    gaps = [stage.loss_gap_bits or 0.0 for stage in ruled[0]]
    series = [_line(site, gaps, ruled, "r2", names if site == ALL else ()) for site in sites]
    return Chart("Fidelity", _GAPS, Axis(tables.r2("held-out R²")), tuple(series))


def _line(site: str, x: Sequence[float], ruled: Ruled, figure: str, labels: Sequence[str] = ()) -> Series:
    """A line through means, with intervals where there are several seeds."""
    y, low, high = (figures([stage.sites.get(site) for stage in stages], figure) for stages in ruled)
    several = any(end is not None for end in low)
    return Series(site, x, y, "line+points", low if several else (), high if several else (), labels)


def dynamics(payload: BeliefGeometry) -> Panels:
    """How much of the image after a symbol the Bayes update of the image before explains, beside its controls."""
    known = {(row.site, row.weighting): row for row in over_seeds([one.dynamics for one in payload.seeds])}
    weightings = payload.setting.weightings[:2]
    axis = Axis(tables.r2("R² of the image after a symbol", digits=3), zero=True)
    panels = []
    for site in dict.fromkeys(site for site, _ in known):
        bars: list[Bar] = []
        for field, (name, _) in GUESSES.items():
            guesses = figures([known.get((site, weighting)) for weighting in weightings], field)
            names = [SAID[weighting] for weighting in weightings]
            bars += _bar(name, list(zip(names, figures(guesses, "r2"), strict=True)), _FLOOR)
        panels.append(Bars(f"image at: {site}", axis, tuple(bars)))
    said = f"The image after a symbol, guessed from the image before it; mean over seeds. Bars end at {_FLOOR}."
    return Panels("Dynamics", tuple(panels), said.replace("-", "−"))


def intervention(payload: BeliefGeometry) -> Panels:
    """How far the next symbol's distribution follows a written belief, and how far it is carried to the symbol after."""
    axis = Axis(Measure("1 − KL written / KL unchanged", "", "fixed", 3, "1: follows wholly; 0: not at all."), zero=True)
    sites = over_seeds([one.intervention for one in payload.seeds]).sites
    panels = []
    for title, figure in (("at once", "followed"), ("one symbol later", "carried")):
        bars: list[Bar] = []
        for site, written in sites.items():
            names = list(dict.fromkeys(("pattern", *written)))
            bars += _bar(site, list(zip(names, figures(map(written.get, names), figure), strict=True)), _FLOOR)
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
    found = over_seeds([one.synchronisation for one in payload.seeds])
    seen = [float(row.symbols) for row in found]

    def pair(title: str, exact: str, network: str) -> Chart:
        lines = (
            Series("Bayes filter", seen, figures(found, exact), "line+points"),
            Series("network", seen, figures(found, network), "line+points", shape="square", dashed=True),
        )
        return Chart(title, Axis(Measure("symbols seen", form="count")), Axis(_BITS, zero=True), lines)

    saved = pair("Saved on the next symbol", "saved", "network_saved")
    state = pair("To tell the state, by the image", "state", "network_state")
    panels = (state, saved) if payload.has_states else (saved,)
    return Panels("Code lengths", panels, "Ideal code lengths as symbols come, exact over all words; mean over seeds.")


def memory(payload: BeliefGeometry) -> Panels:
    """The least memory for a loss gap, and the belief that this memory holds beside the networks'."""
    curve = [point for point in payload.rate_distortion.curve if point.gap_bits > 1e-6]
    gaps = [point.gap_bits for point in curve]
    own, names = [one.loss_gap_bits for one in payload.seeds], [f"seed {one.seed}" for one in payload.seeds]

    def chart(title: str, axis: Axis, least: Sequence[float | None], networks: Sequence[float | None]) -> Chart:
        line = Series("least memory that predicts so well", gaps, least, role="bound")
        points = Series(f"networks, {ALL}", own, networks, "points", labels=names, shape="diamond")
        return Chart(title, _GAPS, axis, (line, points))

    bits = Axis(Measure("bits of the past remembered", form="fixed", digits=3), zero=True)
    needed = chart("Memory", bits, [point.rate_bits for point in curve], [one.least_bits for one in payload.memory])
    fidelity = Axis(tables.r2(f"R² of beliefs, {SAID[payload.setting.weightings[0]]}"))
    held = chart("Beliefs", fidelity, [point.r2 for point in curve], tables.all_layers(payload))
    return Panels("Memory", (needed, held), "What a predictor that loses so much needs to remember at least, and its beliefs.")


def compared(payloads: Sequence[BeliefGeometry]) -> Chart:
    """A point for each run of one source, and the curve of the least memory."""
    curve = [point for point in payloads[0].rate_distortion.curve if point.gap_bits > 1e-6]
    rest = [_missed(point.r2) for point in curve]
    series = [Series("least memory", [point.gap_bits for point in curve], rest, role="bound")]
    for payload in sorted(payloads, key=lambda payload: payload.width):
        row, name = tables.whole_fit(payload), f"{payload.run}, width {payload.width}"
        series.append(Series(name, [tables.loss_gap(payload)], [None if row is None else _missed(row.r2)], "points"))
    axis = Axis(Measure("1 − R² of beliefs", form="digits", better="less"), "log")
    said = tables.SAID[payloads[0].setting.weightings[0]]
    return Chart(
        "Belief fidelity against loss gap",
        Axis(tables.GAP, "log"),
        axis,
        tuple(series),
        f"What the beliefs read from each run's activations miss ({ALL}, ridge, held out, {said}), against what its networks "
        "lose to the Bayes predictor; the line is the least memory that predicts so well.",
    )


def _missed(r2: float | None) -> float | None:
    return None if r2 is None else 1 - r2
