"""The pictures of a run's belief geometry, as exhibits; figures are means over seeds, the tables' own."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from mdlbench.beliefs import tables
from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.clouds import Clouds, amount
from mdlbench.beliefs.controls import EXACT, NETWORK
from mdlbench.beliefs.result import BeliefGeometry
from mdlbench.beliefs.seed_result import Split, Stage, StageFit, Weighting
from mdlbench.beliefs.tables import GAP, GUESSES, figures, over_seeds
from mdlbench.beliefs.verdict import HELD, SAID, best
from mdlbench.result.exhibits import Axis, Bar, Bars, Chart, Measure, Panels, Role, Series, mean

_GAPS = Axis(GAP, "log")
_BITS = Measure("bits", form="fixed", digits=4)
_FLOOR = -0.5  # bars are drawn as far as there: an update by the wrong symbol can be wrong without bound


def beliefs(payload: BeliefGeometry, clouds: Clouds, *, truth: bool = True) -> Panels:
    """The trained network's image of the beliefs, with `truth` beside the beliefs of theory."""
    drawn = "" if len(clouds.beliefs) == payload.prefixes else f", {len(clouds.beliefs):,} of them drawn"
    prefixes = f"{payload.prefixes:,} prefixes of up to {payload.setting.length} symbols{drawn}"
    split, scores = payload.splits[-1], []
    for weighting in payload.setting.weightings:
        found = best(payload, split, weighting)
        if found is not None:
            own, others = map(tables.r2(digits=3).text, (found.own, found.others))
            scores.append(f"R² {own} {SAID[weighting]} ({found.control} {others})")
    image = f"the affine image of the first seed's activations, {HELD[split]}; in brackets the best control."
    if not truth:
        seen = clouds.seen(f"network, {ALL}", "; ".join([", ".join(scores), prefixes]))
        return Panels("Image of the beliefs", (seen,), f"Each point is a prefix, coloured by its true belief: {image}")
    return Panels(
        "Beliefs and their image",
        (clouds.truth("Bayes filter", prefixes), clouds.seen(f"network, {ALL}", ", ".join(scores))),
        f"Each point is a prefix, coloured by its true belief: first the Bayes filter, then {image}",
    )


def layers(payload: BeliefGeometry) -> Panels:
    """Held-out R^2 at each site with its nulls, and below what else beliefs can be read from."""
    parts = tuple(
        _layer_bars(payload, split, weighting) for split in payload.splits for weighting in payload.setting.weightings
    )
    return Panels("Layers and controls", parts, "Held-out R² of beliefs by ridge, mean over seeds, the line its 95 % interval.")


def _layer_bars(payload: BeliefGeometry, split: Split, weighting: Weighting) -> Bars:
    bars: list[Bar] = []
    for row in payload.mean:
        if (row.split, row.weighting, row.method) == (split, weighting, "ridge"):
            part = "not from activations" if row.control else ALL if row.features == ALL else "one layer"
            nulls = (("before training", row.untrained_r2), ("shuffled labels", row.shuffled_r2))
            bars += _bar(row.features, [(part, row.r2), *nulls], (tables.estimated(payload, row) or (None,) * 3)[1:])
    axis = Axis(tables.r2("held-out R² of beliefs", digits=3), zero=True)
    title = SAID[weighting] if len(payload.splits) == 1 else f"{SAID[weighting]}, held out by {split}"
    return Bars(title, axis, tuple(bars), floor=_FLOOR)


def _bar(name: str, found: Sequence[tuple[str, float | None]], ends: Sequence[float | None] = (None, None)) -> list[Bar]:
    """The first figure as a bar, the others as its marks; no bar where the first is not known."""
    known = tuple((what, value) for what, value in found if value is not None)
    return [] if found[0][1] is None else [Bar(name, known[:1], known[1:], ends[0], ends[1])]


def through_training(payload: BeliefGeometry) -> Panels:
    """Error against tokens beside what was published, and R^2 against the loss gap."""
    emerged = [one.emergence for one in payload.seeds]
    ruled = [over_seeds(emerged, rule) for rule in (mean, partial(_end, min), partial(_end, max))]
    sites = [site for site in emerged[0][0].sites if site not in (EXACT, NETWORK)]
    shown = list(dict.fromkeys([sites[0], *sites[len(sites) // 2 - 1 : len(sites) // 2], *sites[-2:]]))
    return Panels(
        "Through training",
        (_errors(payload, ruled, shown), *(_fidelities(ruled, [*shown, NETWORK, EXACT], split) for split in payload.splits)),
        "Error as published runs are scored (fitted and scored on the same words); and held-out R², prefixes alike, beside "
        "what next-symbol distributions give, against what is lost to the Bayes predictor: there training "
        "goes from right to left. Means over seeds, lines from the least to the greatest.",
    )


def _end(end: Callable[[Sequence[float]], float], values: Sequence[float]) -> float | None:
    return None if len(values) < 2 or mean(values) is None else end(values)


Ruled = Sequence[Sequence[Stage]]  # checkpoints of the mean over seeds, of the least and of the greatest


def _errors(payload: BeliefGeometry, ruled: Ruled, sites: Sequence[str]) -> Chart:
    trained = [[stage for stage in stages if stage.tokens] for stages in ruled]
    at = [float(stage.tokens) for stage in trained[0]]
    series = [_line(site, at, trained, attrgetter("in_sample_mse")) for site in sites]
    before = figures((stage.sites.get(ALL) for stage in ruled[0] if not stage.tokens), "in_sample_mse")
    if before and at:
        series.append(Series(f"untrained, {ALL}", [at[0], at[-1]], before * 2, role="null"))
    known = {float(tokens): error for tokens, error in payload.published_mse.items()}
    if known:
        name = "published, paper setting"
        series.append(Series(name, list(known), list(known.values()), "points", role="published", shape="diamond"))
    y = Axis(
        tables.mse("mean squared error, in sample", "per element of the belief, fitted and scored on the same words"), "log"
    )
    return Chart("Error", Axis(Measure("tokens seen", form="count"), "log"), y, tuple(series))


def _fidelities(ruled: Ruled, sites: Sequence[str], split: Split) -> Chart:
    names = [amount(stage.tokens) if stage.tokens else "untrained" for stage in ruled[0]]
    gaps = [stage.loss_gap_bits or 0.0 for stage in ruled[0]]
    series = [_line(site, gaps, ruled, lambda fit: fit.r2.get(split), names if site == ALL else ()) for site in sites]
    return Chart(f"Fidelity, held out by {split}", _GAPS, Axis(tables.r2("held-out R²")), tuple(series))


def _line(
    site: str, x: Sequence[float], ruled: Ruled, figure: Callable[[StageFit], float | None], labels: Sequence[str] = ()
) -> Series:
    """A line through means, with intervals where there are several seeds."""
    found = [[stage.sites.get(site) for stage in stages] for stages in ruled]
    y, low, high = ([None if fit is None else figure(fit) for fit in fits] for fits in found)
    several = any(end is not None for end in low)
    role: Role = "null" if site in (NETWORK, EXACT) else "measured"
    return Series(site, x, y, "line+points", low if several else (), high if several else (), labels, role)


def dynamics(payload: BeliefGeometry) -> Panels:
    """How much of the image after a symbol the Bayes update of the image before explains, beside its controls."""
    known = {(row.site, row.weighting): row for row in over_seeds([one.dynamics for one in payload.seeds])}
    weightings = payload.setting.weightings
    axis = Axis(tables.r2("R² of the image after a symbol", digits=3), zero=True)
    panels = []
    for site in dict.fromkeys(site for site, _ in known):
        bars: list[Bar] = []
        for field, (name, _) in GUESSES.items():
            guesses = figures([known.get((site, weighting)) for weighting in weightings], field)
            names = [SAID[weighting] for weighting in weightings]
            bars += _bar(name, list(zip(names, figures(guesses, "r2"), strict=True)))
        panels.append(Bars(f"image at: {site}", axis, tuple(bars), floor=_FLOOR))
    return Panels("Dynamics", tuple(panels), "The image after a symbol, guessed from the image before it; mean over seeds.")


def intervention(payload: BeliefGeometry) -> Panels:
    """How far the next symbol's distribution follows a written belief, and how far it is carried to the symbol after."""
    axis = Axis(Measure("1 − KL written / KL unchanged", "", "fixed", 3, "1: follows wholly; 0: not at all."), zero=True)
    sites = over_seeds([one.intervention for one in payload.seeds]).sites
    panels = []
    for title, figure in (("at once", "followed"), ("one symbol later", "carried")):
        bars: list[Bar] = []
        for site, written in sites.items():
            names = list(dict.fromkeys(("pattern", *written)))
            bars += _bar(site, list(zip(names, figures(map(written.get, names), figure), strict=True)))
        if bars:
            panels.append(Bars(title, axis, tuple(bars), floor=_FLOOR))
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

    bits = Axis(
        Measure("bits of the past remembered", "", "fixed", 3, "by a predictor with that loss gap, at least"), zero=True
    )
    needed = chart("Memory", bits, [point.rate_bits for point in curve], [one.least_bits for one in payload.memory])
    fidelity = Axis(tables.r2(f"R² of beliefs, {SAID[payload.setting.weightings[0]]}"))
    held = chart("Beliefs", fidelity, [point.r2 for point in curve], tables.all_layers(payload))
    said = "What a predictor that loses so much needs to remember at least, and its beliefs"
    caption = f"{said}; {tables.first_way(payload)}; best control: {tables.control_text(payload)}."
    return Panels("Memory", (needed, held), caption)


def compared(payloads: Sequence[BeliefGeometry]) -> Chart:
    """A point for each run of one process and one for its best control, and the curve of the least memory."""
    curve = [point for point in payloads[0].rate_distortion.curve if point.gap_bits > 1e-6]
    rest = [_missed(point.r2) for point in curve]
    series = [Series("least memory", [point.gap_bits for point in curve], rest, role="bound")]
    runs = sorted(payloads, key=lambda payload: payload.width)
    for payload in runs:
        row, name = tables.whole_fit(payload), f"{payload.run}, width {payload.width}"
        series.append(Series(name, [tables.loss_gap(payload)], [None if row is None else _missed(row.r2)], "points"))
    controls = [tables.first_best(payload) for payload in runs]
    missed = [None if one is None else _missed(one.others) for one in controls]
    gaps = [tables.loss_gap(payload) for payload in runs]
    series.append(Series("best control", gaps, missed, "points", role="null", shape="diamond"))
    axis = Axis(Measure("1 − R² of beliefs", "", "digits", 4, "what the beliefs read from activations miss", "less"), "log")
    return Chart(
        "Belief fidelity against loss gap",
        Axis(tables.GAP, "log"),
        axis,
        tuple(series),
        f"What the beliefs read from each run's activations miss ({ALL}, ridge, {tables.first_way(payloads[0])}), against what "
        "its networks lose to the Bayes predictor, beside the best control of each (one that misses nothing is off the axis); "
        "the line is the least memory that predicts so well.",
    )


def _missed(r2: float | None) -> float | None:
    return None if r2 is None else 1 - r2
