"""The tables of a run's belief geometry, as exhibits: for the terminal and the page alike. All means are over every seed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.distortion import at_gap
from mdlbench.beliefs.result import BeliefGeometry, MeanFit
from mdlbench.beliefs.seed_result import Fit, Weighting
from mdlbench.result.exhibits import Cell, Estimate, Measure, Table, mean

T = TypeVar("T")
F = TypeVar("F", Fit, MeanFit)
SAID = {"probability": "prefixes by probability", "prefix": "prefixes alike", "word": "words alike, as published"}
_SHORT = {"probability": "by probability", "prefix": "prefixes alike", "word": "words alike"}
_WEIGHTED = {
    "probability": "prefixes weighted by probability",
    "prefix": "every distinct prefix alike",
    "word": "every word of length {length} alike, at every position (as published)",
}
GUESSES = {  # fields of Dynamics in the order shown: name, and what the image after a symbol is guessed by
    "bayes_update": ("Bayes update", "the update of the image before the symbol"),
    "symbol_alone": ("symbol alone", "the mean image after the symbol"),
    "another_prefix": ("another prefix", "the update of another prefix's image"),
    "no_update": ("no update", "the image before the symbol"),
    "another_symbol": ("another symbol", "the update by another symbol"),
}
GAP = Measure(
    "loss gap", "bits per symbol", "fixed", 6, "What the network loses to the Bayes predictor, mean over contexts.", "less"
)
_LAYER, _FOUR = Measure("layer"), Measure("", form="fixed", digits=4)


def r2(name: str = "R²", definition: str = "1 − SSE/SST over held-out prefixes.", digits: int = 4) -> Measure:
    """A column of held-out R^2."""
    return Measure(name, "", "fixed", digits, definition, "more")


def mse(name: str = "MSE", definition: str = "Squared error per element of the belief, held out.") -> Measure:
    """A column of errors."""
    return Measure(name, "", "fixed", 6, definition, "less")


def bits(name: str, definition: str = "", digits: int = 6) -> Measure:
    """A column of code lengths."""
    return Measure(name, "bits", "fixed", digits, definition)


def over_seeds(parts: Sequence[T], rule: Callable[[Sequence[Any]], float | None] = mean) -> T:
    """A part of every seed's record as one: each figure is what `rule` makes of all seeds'.

    Rows are those of the first seed, with their like of the others: of the same names and whole numbers. Where a seed lacks
    one, its figures are None.
    """
    first, others = parts[0], cast(Sequence[Any], parts)
    if is_dataclass(first):
        names = [field.name for field in fields(first)]
        return replace(first, **{name: over_seeds(figures(parts, name), rule) for name in names})  # type: ignore[type-var]
    if isinstance(first, tuple):
        rows = [{_identity(row): row for row in part or ()} for part in others]
        return cast(T, tuple(over_seeds([known.get(name) for known in rows], rule) for name in rows[0]))
    if isinstance(first, Mapping):
        return cast(T, {name: over_seeds([(part or {}).get(name) for part in others], rule) for name in first})
    return first if isinstance(first, str | int) else cast(T, rule(parts))


def _identity(row: Any) -> tuple[str | int, ...]:
    return tuple(value for value in vars(row).values() if isinstance(value, str | int))


def by_key(rows: Iterable[F]) -> dict[tuple[str, str, str], F]:
    """Fits by site, weighting and method."""
    return {(row.site, row.weighting, row.method): row for row in rows}


def figures(rows: Iterable[object], name: str) -> list[float | None]:
    """A figure of each row; None where there is no row."""
    return [getattr(row, name, None) for row in rows]


def _estimate(value: float | None, low: float | None, high: float | None) -> Estimate | None:
    return None if value is None else Estimate(value, low, high)


def fits(payload: BeliefGeometry, weighting: Weighting) -> Table:
    """Every site: least squares, ridge over seeds and with one seed's interval, nulls, distances, errors."""
    first, means = payload.seeds[0], by_key(payload.mean)
    known, rows = by_key(first.fits), []
    for site in dict.fromkeys(row.site for row in payload.mean if row.weighting == weighting):
        affine, ridge = means[site, weighting, "affine"], means[site, weighting, "ridge"]
        ends = (ridge.least_r2, ridge.greatest_r2)
        seeds = _estimate(ridge.r2, *ends) if len(payload.seeds) > 1 else ridge.r2
        one = known.get((site, weighting, "ridge"))
        bounded = None if one is None else _estimate(one.r2, one.r2_low, one.r2_high)
        nulls = (ridge.untrained_r2, ridge.shuffled_r2, ridge.distance_r2)
        rows.append((site, affine.r2, seeds, bounded, *nulls, ridge.mse, affine.in_sample_mse))
    held = payload.definitions.get("r2", "")
    columns = [
        _LAYER,
        r2("R², least squares", held),
        r2("R², ridge", f"{held}; mean over seeds, between the least and the greatest."),
        r2(f"seed {first.seed}, 95 %", "Ridge, one seed, between bounds from a bootstrap over prefixes."),
        r2("untrained", "Ridge, the network before training."),
        r2("shuffled", "Ridge, beliefs dealt to other prefixes of the same length."),
        r2("distances", payload.definitions.get("distance_r2", "")),
        mse(),
        mse("MSE in sample", "Least squares, fitted and scored on the same prefixes."),
    ]
    said = _WEIGHTED[weighting].format(length=payload.setting.length)
    return Table.of(f"Beliefs from activations, held out by prefix; {said}", columns, rows)


def as_published(payload: BeliefGeometry) -> Table:
    """In sample, words alike: what the published figures are, to be set beside them."""
    chosen = [row for row in payload.mean if (row.weighting, row.method) == ("word", "affine")]
    rows = [(row.site, row.in_sample_r2, row.in_sample_mse, row.in_sample_distance_r2) for row in chosen]
    title = "As published: fitted and scored on the same words, least squares, words alike (nothing is held out)"
    within = "Fitted and scored on the same words."
    return Table.of(title, [_LAYER, r2("R²", within), mse("MSE", within), r2("distances", within)], rows)


def controls(payload: BeliefGeometry) -> Table:
    """What else beliefs can be read from."""
    weightings = payload.setting.weightings
    found = over_seeds([one.controls for one in payload.seeds])
    known = {(row.name, row.weighting): row for row in found}
    rows = []
    for name in dict.fromkeys(row.name for row in found):
        chosen = [known.get((name, weighting)) for weighting in weightings]
        rows.append((name, *figures(chosen, "r2"), *figures(chosen, "raw_distance_r2")))
    columns = [
        Measure("beliefs from"),
        *(r2(f"R², {_SHORT[name]}") for name in weightings),
        *(r2(f"distances, {_SHORT[name]}", "Distances of the features as they are.") for name in weightings),
    ]
    return Table.of("Controls: beliefs without activations (ridge, held out; distances of the features)", columns, rows)


def dynamics(payload: BeliefGeometry) -> Table:
    """The image after a symbol, from the image before it."""
    rows: list[tuple[Cell, ...]] = []
    for row in over_seeds([one.dynamics for one in payload.seeds]):
        guesses = figures([getattr(row, field) for field in GUESSES], "r2")
        rows.append((row.site, _SHORT[row.weighting], row.pairs, *guesses, row.bayes_update.kl_bits, row.error.slope))
    columns = [
        _LAYER,
        Measure("weighting"),
        Measure("pairs", form="count", definition="Prefixes with the one before, both held out together."),
        *(r2(name, f"R² of the image after a symbol, guessed by {what}.") for name, what in GUESSES.values()),
        bits("KL", "Of the image after the symbol from the Bayes update of that before.", 4),
        Measure("errors kept", "", "fixed", 3, "Slope of the image's error on what the update makes of its error before."),
    ]
    return Table.of("Dynamics: R² of the image after a symbol, predicted from the image before it", columns, rows)


def intervention(payload: BeliefGeometry) -> Table:
    """How far the prediction follows a belief that is written into the stream."""
    found = over_seeds([one.intervention for one in payload.seeds])
    methods = list(dict.fromkeys(method for by_method in found.sites.values() for method in by_method))
    rows: list[tuple[Cell, ...]] = []
    for site, by_method in found.sites.items():
        chosen = [by_method.get(method) for method in methods]
        rows.append((site, *figures(chosen, "followed"), *figures(chosen, "carried")))
    share = "Share of the divergence from the written belief's prediction that goes; 1 is all of it."
    columns = [
        Measure("written at"),
        *(Measure(name, "", "fixed", 3, share, "more") for name in methods),
        *(Measure(f"{name}, later", "", "fixed", 3, f"One symbol later. {share}") for name in methods),
    ]
    before, own = _FOUR.text(found.unchanged_bits), _FOUR.text(found.undisturbed_bits)
    title = "Intervention: share of the divergence from the written belief's prediction that goes, at once and one symbol later"
    note = f"{before} bits of divergence with nothing written; {own} bits from the predictions of the network's own beliefs"
    return Table.of(title, columns, rows, notes=(note,))


def synchronisation(payload: BeliefGeometry) -> Table:
    """Code lengths as symbols come."""
    found = over_seeds([one.synchronisation for one in payload.seeds])
    rows = [(row.symbols, row.state, row.network_state, row.next, row.saved, row.network_saved, row.gap) for row in found]
    columns = [
        Measure("symbols seen", form="count"),
        bits("H(state | seen)", "To be told the state by the Bayes filter."),
        bits("state, by the image", "To be told the state by the network's held-out image."),
        bits("H(next | seen)", "Of the next symbol by the Bayes filter."),
        bits("saved", "Saved on the next symbol by what was seen."),
        bits("saved by network", "The same by the network."),
        bits("gap", "What the network pays more for the next symbol."),
    ]
    return Table.of("Code lengths as the symbols come (ideal, exact over all words)", columns, rows)


def all_layers(payload: BeliefGeometry) -> list[float | None]:
    """Each seed's held-out R^2 by ridge from all layers, by the first weighting."""
    wanted = (ALL, payload.setting.weightings[0], "ridge")
    return figures((by_key(one.fits).get(wanted) for one in payload.seeds), "r2")


def memory(payload: BeliefGeometry) -> Table:
    """The least memory of a predictor with each seed's loss gap, and what it holds."""
    found = zip(payload.seeds, payload.memory, all_layers(payload), strict=True)
    rows = [(one.seed, one.loss_gap_bits, least.least_bits, least.r2, fidelity) for one, least, fidelity in found]
    columns = [
        Measure("seed", form="count"),
        GAP,
        bits("least memory", "Of the past, for a predictor with this loss gap (information bottleneck).", 3),
        r2("R² of its beliefs", "Of the beliefs that this memory determines."),
        r2(f"R², {ALL}", f"Ridge, held out, {SAID[payload.setting.weightings[0]]}."),
    ]
    length = payload.rate_distortion.length
    title = f"Memory: the least that predicts one symbol after {length} so well, and the beliefs it holds"
    return Table.of(title, columns, rows)


def emergence(payload: BeliefGeometry) -> Table:
    """Every checkpoint, at the last two sites, beside what was published for as many tokens."""
    known = {int(tokens): error for tokens, error in payload.published_mse.items()}
    sites = list(payload.seeds[0].emergence[0].sites)[-2:]
    rows: list[tuple[Cell, ...]] = []
    for stage in over_seeds([one.emergence for one in payload.seeds]):
        near = [error for tokens, error in known.items() if abs(tokens - stage.tokens) <= 0.05 * tokens]
        chosen = [stage.sites.get(site) for site in sites]
        beside = [near[0] if near else None] if known else []
        rows.append((stage.tokens, stage.loss_gap_bits, *figures(chosen, "in_sample_mse"), *figures(chosen, "r2"), *beside))
    columns = [
        Measure("tokens", form="count", definition="Symbols trained on so far."),
        GAP,
        *(mse(f"MSE in sample, {site}", "Words alike, fitted and scored on all, as published.") for site in sites),
        *(r2(f"R², {site}", "Ridge, held out, prefixes alike.") for site in sites),
        *([mse("published MSE", "In the paper's setting, arXiv:2405.15943.")] if known else []),
    ]
    title = "Emergence: MSE of words alike, fitted and scored on all, as published; R² held out, prefixes alike"
    return Table.of(title, columns, rows)


def loss_gap(payload: BeliefGeometry) -> float:
    """Bits per symbol above the Bayes predictor, mean over seeds."""
    return mean(one.loss_gap_bits for one in payload.seeds) or 0.0


def whole_fit(payload: BeliefGeometry) -> MeanFit | None:
    """The mean over seeds of all layers' held-out ridge, by the first weighting."""
    return by_key(payload.mean).get((ALL, payload.setting.weightings[0], "ridge"))


def compared(payloads: Sequence[BeliefGeometry]) -> Table:
    """Belief fidelity of several runs against their loss gap, the largest gap first; memory off each source's curve."""
    rows = []
    for payload in sorted(payloads, key=loss_gap, reverse=True):
        gap, fit = loss_gap(payload), [whole_fit(payload)]
        least = at_gap(payload.rate_distortion.curve, gap)
        found = (gap, *figures(fit, "r2"), *figures(fit, "mse"), *least)
        rows.append((payload.run, payload.width, payload.parameters, *found))
    columns = [
        Measure("run"),
        Measure("width", form="count", definition="Of the residual stream."),
        Measure("parameters", form="count"),
        GAP,
        r2(),
        mse(),
        bits("least memory", "Of the past, for a predictor with this loss gap.", 3),
        r2("its R²", "Of the beliefs that this memory determines."),
    ]
    said = SAID[payloads[0].setting.weightings[0]]
    title = f"Belief fidelity against the loss gap: {ALL}, ridge, held out, {said}"
    return Table.of(title, columns, rows)
