"""The tables of a run's belief geometry, as exhibits: for the terminal and the page alike. All means are over every seed."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.result import BeliefGeometry, MeanFit
from mdlbench.beliefs.seed_result import Dynamics, Fit, Guess, SeedBeliefs, Stage, Weighting, Written
from mdlbench.result.exhibits import Cell, Estimate, Measure, Table, mean

R = TypeVar("R")
SAID = {"probability": "prefixes by probability", "prefix": "prefixes alike", "word": "words alike, as published"}
_SHORT = {"probability": "by probability", "prefix": "prefixes alike", "word": "words alike"}
_WEIGHTED = {
    "probability": "prefixes weighted by probability",
    "prefix": "every distinct prefix alike",
    "word": "every word of length {length} alike, at every position (as published)",
}
GUESSES: dict[str, Callable[[Dynamics], Guess]] = {
    "Bayes update": lambda row: row.bayes_update,
    "symbol alone": lambda row: row.symbol_alone,
    "another prefix": lambda row: row.another_prefix,
    "no update": lambda row: row.no_update,
    "another symbol": lambda row: row.another_symbol,
}
_GUESSED = {
    "Bayes update": "the update of the image before the symbol",
    "symbol alone": "the mean image after the symbol",
    "another prefix": "the update of another prefix's image",
    "no update": "the image before the symbol",
    "another symbol": "the update by another symbol",
}
GAP = Measure(
    "loss gap", "bits per symbol", "fixed", 6, "What the network loses to the Bayes predictor, mean over contexts.", "less"
)
_LAYER, _FOUR = Measure("layer"), Measure("", form="fixed", digits=4)
_SEED, _TOKENS = Measure("seed", form="count"), Measure("tokens", form="count", definition="Symbols trained on so far.")


def r2(name: str = "R²", definition: str = "1 − SSE/SST over held-out prefixes.", digits: int = 4) -> Measure:
    """A column of held-out R^2."""
    return Measure(name, "", "fixed", digits, definition, "more")


def mse(name: str = "MSE", definition: str = "Squared error per element of the belief, held out.") -> Measure:
    """A column of errors."""
    return Measure(name, "", "fixed", 6, definition, "less")


def bits(name: str, definition: str = "", digits: int = 6) -> Measure:
    return Measure(name, "bits", "fixed", digits, definition)


def aligned(
    payload: BeliefGeometry, part: Callable[[SeedBeliefs], Iterable[R]], key: Callable[[R], Hashable]
) -> list[list[R | None]]:
    """The rows that the first seed has, each with its like of every seed, or None where a seed lacks it."""
    by_key = [{key(row): row for row in part(one)} for one in payload.seeds]
    return [[rows.get(name) for rows in by_key] for name in by_key[0]]


def over_seeds(rows: Iterable[R | None], figure: Callable[[R], float | None]) -> float | None:
    """The mean of a figure over seeds."""
    return mean(None if row is None else figure(row) for row in rows)


def spread(rows: Sequence[R | None], figure: Callable[[R], float | None]) -> Estimate | None:
    """The mean over seeds between the least and the greatest; without these where there is one seed."""
    middle = over_seeds(rows, figure)
    if middle is None:
        return None
    values = [value for row in rows if row is not None and (value := figure(row)) is not None]
    return Estimate(middle, min(values), max(values)) if len(values) > 1 else Estimate(middle)


def fit_key(row: Fit) -> Hashable:
    """What a fit is of."""
    return row.site, row.weighting, row.method


def fits(payload: BeliefGeometry, weighting: Weighting) -> Table:
    """Every site: least squares, ridge over seeds and with one seed's interval, nulls, distances, errors."""
    first = payload.seeds[0]
    known = {fit_key(row): row for row in first.fits}
    means = {(row.site, row.method): row for row in payload.mean if row.weighting == weighting}
    rows = []
    for site in dict.fromkeys(site for site, _ in means):
        affine, ridge, one = means[site, "affine"], means[site, "ridge"], known.get((site, weighting, "ridge"))
        several = len(payload.seeds) > 1 and ridge.r2 is not None
        seeds = Estimate(ridge.r2, ridge.least_r2, ridge.greatest_r2) if several and ridge.r2 is not None else ridge.r2
        bounded = None if one is None or one.r2 is None else Estimate(one.r2, one.r2_low, one.r2_high)
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
    found = {
        (rows[0].name, rows[0].weighting): rows
        for rows in aligned(payload, lambda one: one.controls, lambda row: (row.name, row.weighting))
        if rows[0] is not None
    }
    weightings = payload.setting.weightings
    rows = []
    for name in dict.fromkeys(name for name, _ in found):
        chosen = [found.get((name, weighting), [None]) for weighting in weightings]
        fitted = [over_seeds(part, lambda row: row.r2) for part in chosen]
        rows.append((name, *fitted, *(over_seeds(part, lambda row: row.raw_distance_r2) for part in chosen)))
    columns = [
        Measure("beliefs from"),
        *(r2(f"R², {_SHORT[name]}") for name in weightings),
        *(r2(f"distances, {_SHORT[name]}", "Distances of the features as they are.") for name in weightings),
    ]
    return Table.of("Controls: beliefs without activations (ridge, held out; distances of the features)", columns, rows)


def dynamics(payload: BeliefGeometry) -> Table:
    """The image after a symbol, from the image before it."""
    rows: list[tuple[Cell, ...]] = []
    for found in aligned(payload, lambda one: one.dynamics, lambda row: (row.site, row.weighting)):
        first = found[0]
        assert first is not None
        guesses = [over_seeds(found, lambda row, guess=guess: guess(row).r2) for guess in GUESSES.values()]  # type: ignore[misc]
        divergence = over_seeds(found, lambda row: row.bayes_update.kl_bits)
        slope = over_seeds(found, lambda row: row.error.slope)
        rows.append((first.site, _SHORT[first.weighting], first.pairs, *guesses, divergence, slope))
    columns = [
        _LAYER,
        Measure("weighting"),
        Measure("pairs", form="count", definition="Prefixes with the one before, both held out together."),
        *(r2(name, f"R² of the image after a symbol, guessed by {_GUESSED[name]}.") for name in GUESSES),
        bits("KL", "Of the image after the symbol from the Bayes update of that before.", 4),
        Measure("errors kept", "", "fixed", 3, "Slope of the image's error on what the update makes of its error before."),
    ]
    return Table.of("Dynamics: R² of the image after a symbol, predicted from the image before it", columns, rows)


def written(payload: BeliefGeometry, site: str, method: str, figure: Callable[[Written], float | None]) -> float | None:
    """The mean over seeds of what comes of a belief written at a site."""
    found = (one.intervention.sites.get(site, {}).get(method) for one in payload.seeds)
    return over_seeds(found, figure)


def intervention(payload: BeliefGeometry) -> Table:
    """How far the prediction follows a belief that is written into the stream."""
    found = [one.intervention for one in payload.seeds]
    sites = found[0].sites
    methods = list(dict.fromkeys(method for by_method in sites.values() for method in by_method))
    rows = [
        (
            site,
            *(written(payload, site, method, lambda row: row.followed) for method in methods),
            *(written(payload, site, method, lambda row: row.carried) for method in methods),
        )
        for site in sites
    ]
    share = "Share of the divergence from the written belief's prediction that goes; 1 is all of it."
    columns = [
        Measure("written at"),
        *(Measure(name, "", "fixed", 3, share, "more") for name in methods),
        *(Measure(f"{name}, later", "", "fixed", 3, f"One symbol later. {share}") for name in methods),
    ]
    before = _FOUR.text(mean(one.unchanged_bits for one in found))
    own = _FOUR.text(mean(one.undisturbed_bits for one in found))
    return Table.of(
        "Intervention: share of the divergence from the written belief's prediction that goes, at once and one symbol later",
        columns,
        rows,
        notes=(
            f"{before} bits of divergence with nothing written; {own} bits from the predictions of the network's own beliefs",
        ),
    )


def synchronisation(payload: BeliefGeometry) -> Table:
    """Code lengths as symbols come."""
    rows: list[tuple[Cell, ...]] = []
    for found in aligned(payload, lambda one: one.synchronisation, lambda row: row.symbols):
        first = found[0]
        assert first is not None
        figures = (
            over_seeds(found, lambda row: row.state),
            over_seeds(found, lambda row: row.network_state),
            over_seeds(found, lambda row: row.next),
            over_seeds(found, lambda row: row.saved),
            over_seeds(found, lambda row: row.network_saved),
            over_seeds(found, lambda row: row.gap),
        )
        rows.append((first.symbols, *figures))
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


def all_layers(one: SeedBeliefs, weighting: Weighting) -> float | None:
    """A seed's held-out R^2 by ridge from all layers."""
    return next((row.r2 for row in one.fits if fit_key(row) == (ALL, weighting, "ridge")), None)


def memory(payload: BeliefGeometry) -> Table:
    """The least memory of a predictor with each seed's loss gap, and what it holds."""
    weighting = payload.setting.weightings[0]
    rows = [
        (one.seed, one.loss_gap_bits, least.least_bits, least.r2, all_layers(one, weighting))
        for one, least in zip(payload.seeds, payload.memory, strict=True)
    ]
    columns = [
        _SEED,
        GAP,
        bits("least memory", "Of the past, for a predictor with this loss gap (information bottleneck).", 3),
        r2("R² of its beliefs", "Of the beliefs that this memory determines."),
        r2(f"R², {ALL}", f"Ridge, held out, {SAID[weighting]}."),
    ]
    length = payload.rate_distortion.length
    title = f"Memory: the least that predicts one symbol after {length} so well, and the beliefs it holds"
    return Table.of(title, columns, rows)


def emergence(payload: BeliefGeometry) -> Table:
    """Every checkpoint, at the last two sites, beside what was published for as many tokens."""
    known = {int(tokens): error for tokens, error in payload.published_mse.items()}
    sites = list(payload.seeds[0].emergence[0].sites)[-2:]
    rows: list[tuple[Cell, ...]] = []
    for found in aligned(payload, lambda one: one.emergence, lambda stage: stage.tokens):
        first = found[0]
        assert first is not None
        near = [error for tokens, error in known.items() if abs(tokens - first.tokens) <= 0.05 * tokens]
        errors = [over_seeds(found, in_sample_mse(site)) for site in sites]
        held = [over_seeds(found, held_out_r2(site)) for site in sites]
        gap = over_seeds(found, lambda stage: stage.loss_gap_bits)
        rows.append((first.tokens, gap, *errors, *held, *([near[0] if near else None] if known else [])))
    columns = [
        _TOKENS,
        GAP,
        *(mse(f"MSE in sample, {site}", "Words alike, fitted and scored on all, as published.") for site in sites),
        *(r2(f"R², {site}", "Ridge, held out, prefixes alike.") for site in sites),
        *([mse("published MSE", "In the paper's setting, arXiv:2405.15943.")] if known else []),
    ]
    title = "Emergence: MSE of words alike, fitted and scored on all, as published; R² held out, prefixes alike"
    return Table.of(title, columns, rows)


def in_sample_mse(site: str) -> Callable[[Stage], float | None]:
    """What reads a site's error off a checkpoint."""
    return lambda stage: stage.sites[site].in_sample_mse if site in stage.sites else None


def held_out_r2(site: str) -> Callable[[Stage], float | None]:
    """What reads a site's R^2 off a checkpoint."""
    return lambda stage: stage.sites[site].r2 if site in stage.sites else None


def loss_gap(payload: BeliefGeometry) -> float:
    """Bits per symbol above the Bayes predictor, mean over seeds."""
    return mean(one.loss_gap_bits for one in payload.seeds) or 0.0


def whole_fit(payload: BeliefGeometry) -> MeanFit | None:
    """The mean over seeds of all layers' held-out ridge, by the first weighting."""
    wanted = (ALL, payload.setting.weightings[0], "ridge")
    return next((row for row in payload.mean if (row.site, row.weighting, row.method) == wanted), None)
