"""The tables of a run's belief geometry, as exhibits: for the terminal and the page alike. All means are over every seed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast, get_args

from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.controls import EXACT, NETWORK
from mdlbench.beliefs.distortion import at_gap
from mdlbench.beliefs.result import BeliefGeometry, MeanFit
from mdlbench.beliefs.seed_result import Fit, Method, Split
from mdlbench.beliefs.verdict import HELD, SAID, Comparison, best, notes
from mdlbench.numerics.intervals import FEWEST_EFFECTIVE
from mdlbench.result.exhibits import NONE, Cell, Estimate, Measure, Table, mean

T = TypeVar("T")
F = TypeVar("F", Fit, MeanFit)
_SHORT = {"probability": "by prob.", "prefix": "alike"}
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


def by_key(rows: Iterable[F]) -> dict[tuple[str, str, str, str], F]:
    """Fits by features, split, weighting and method."""
    return {(row.features, row.split, row.weighting, row.method): row for row in rows}


def figures(rows: Iterable[object], name: str) -> list[float | None]:
    """A figure of each row; None where there is no row."""
    return [getattr(row, name, None) for row in rows]


def estimated(payload: BeliefGeometry, row: MeanFit) -> Estimate | None:
    """The mean R^2 with its interval over seeds; of one seed, that over beliefs, if they are worth enough."""
    one: Fit | MeanFit = row if len(payload.seeds) > 1 else by_key(payload.seeds[0].fits)[next(iter(by_key([row])))]
    return None if one.r2 is None else Estimate(one.r2, one.r2_low, one.r2_high)


def fits(payload: BeliefGeometry, split: Split) -> Table:
    """What beliefs are read from and how well: every layer and every control, by one estimator on one split."""
    means, weightings = by_key(payload.mean), payload.setting.weightings
    measures = [
        measure
        for name in weightings
        for measure in (
            r2(f"R², {SAID[name]}", payload.definitions.get("r2", "")),
            r2(f"untrained, {_SHORT[name]}", "The same read from the network before training.", 3),
            r2(f"shuffled, {_SHORT[name]}", "The same of beliefs dealt to other prefixes of the same length.", 3),
        )
    ]
    rows: list[tuple[Cell, ...]] = []
    for features in dict.fromkeys(row.features for row in payload.mean):
        found: dict[str, list[Cell]] = {}
        for method in get_args(Method)[::-1]:
            chosen = [means[features, split, weighting, method] for weighting in weightings]
            found[method] = [cell for row in chosen for cell in (estimated(payload, row), row.untrained_r2, row.shuffled_r2)]
        texts = [[measure.text(cell) for measure, cell in zip(measures, cells, strict=True)] for cells in found.values()]
        if all(text == texts[0] for text in texts):
            found = {" = ".join(found): found["ridge"]}
        rows += [(features, method, *cells) for method, cells in found.items()]
    columns = [
        Measure("beliefs from", definition="Layers of the network, then controls that hold no belief by construction."),
        Measure("map", definition="Ridge, its penalty chosen inside the training folds; affine is least squares."),
        *measures,
    ]
    return Table.of(f"Beliefs, {HELD[split]}", columns, rows, notes=(*notes(payload, split), _interval_note(payload)))


def _interval_note(payload: BeliefGeometry) -> str:
    """What brackets are, or why there are none."""
    if len(payload.seeds) > 1:
        return f"in brackets: 95 % for the mean of {len(payload.seeds)} seeds, Student's t"
    worth = [f"{payload.effective_beliefs[name]:,.0f} {SAID[name]}" for name in payload.setting.weightings]
    return (
        f"in brackets: 95 % over beliefs like these, one seed, where they are worth {FEWEST_EFFECTIVE:.0f} of one weight; "
        f"{payload.different_beliefs:,} beliefs are worth {', '.join(worth)}"
    )


def distances(payload: BeliefGeometry, split: Split) -> Table:
    """Errors of beliefs, and distances kept, by ridge."""
    means, weightings = by_key(payload.mean), payload.setting.weightings
    rows: list[tuple[Cell, ...]] = []
    for features in dict.fromkeys(row.features for row in payload.mean):
        chosen = [means[features, split, weighting, "ridge"] for weighting in weightings]
        rows.append((features, *figures(chosen, "mse"), *figures(chosen, "distance_r2")))
    kept = payload.definitions.get("distance_r2", "")
    columns = [
        Measure("beliefs from"),
        *(mse(f"MSE, {SAID[name]}") for name in weightings),
        *(r2(f"distances, {SAID[name]}", kept) for name in weightings),
    ]
    return Table.of(f"Errors and distances, {HELD[split]} (ridge)", columns, rows)


def as_published(payload: BeliefGeometry) -> Table:
    """In sample, words alike: what the published figures are, to be set beside them, with the controls."""
    found = over_seeds([one.in_sample for one in payload.seeds])
    rows = [(row.features, row.r2, row.mse, row.distance_r2, row.raw_distance_r2) for row in found]
    title = "As published: fitted and scored on the same words, affine, words alike (nothing is held out)"
    within = "Fitted and scored on the same words."
    raw = "Distances of the features as they are, with no map."
    columns = [
        Measure("beliefs from"),
        r2("R²", within),
        mse("MSE", within),
        r2("distances", within),
        r2("distances, raw", raw),
    ]
    return Table.of(title, columns, rows)


def dynamics(payload: BeliefGeometry) -> Table:
    """The image after a symbol, from the image before it."""
    rows: list[tuple[Cell, ...]] = []
    for row in over_seeds([one.dynamics for one in payload.seeds]):
        guesses = figures([getattr(row, field) for field in GUESSES], "r2")
        rows.append((row.site, SAID[row.weighting], row.pairs, *guesses, row.bayes_update.kl_bits, row.error.slope))
    columns = [
        _LAYER,
        Measure("weighting"),
        Measure("pairs", form="count", definition="Prefixes with the one before, both held out together."),
        *(r2(name, f"R² of the image after a symbol, guessed by {what}.") for name, what in GUESSES.values()),
        bits("KL", "Of the image after the symbol from the Bayes update of that before.", 4),
        Measure("errors kept", "", "fixed", 3, "Slope of the image's error on what the update makes of its error before."),
    ]
    title = f"Dynamics: R² of the image after a symbol, predicted from the image before it; images {HELD[payload.splits[-1]]}"
    return Table.of(title, columns, rows)


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
    """Each seed's held-out R^2 by ridge from all layers, by the first split and weighting."""
    wanted = (ALL, payload.splits[0], payload.setting.weightings[0], "ridge")
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
        r2(f"R², {ALL}", f"Ridge, {first_way(payload)}."),
    ]
    length = payload.rate_distortion.length
    title = f"Memory: the least that predicts one symbol after {length} so well, and the beliefs it holds"
    return Table.of(title, columns, rows, notes=(f"R² {first_way(payload)}; best control: {control_text(payload)}",))


def emergence(payload: BeliefGeometry) -> Table:
    """Every checkpoint, at the last two sites and from the next symbol's distributions, beside what was published."""
    known = {int(tokens): error for tokens, error in payload.published_mse.items()}
    stages = over_seeds([one.emergence for one in payload.seeds])
    sites = [*[site for site in stages[0].sites if site not in (EXACT, NETWORK)][-2:], NETWORK, EXACT]
    rows: list[tuple[Cell, ...]] = []
    for stage in stages:
        near = [error for tokens, error in known.items() if abs(tokens - stage.tokens) <= 0.05 * tokens]
        chosen = [stage.sites.get(site) for site in sites]
        scores = [None if one is None else one.r2.get(split) for split in payload.splits for one in chosen]
        beside = [near[0] if near else None] if known else []
        rows.append((stage.tokens, stage.loss_gap_bits, *figures(chosen[:2], "in_sample_mse"), *scores, *beside))
    columns = [
        Measure("tokens", form="count", definition="Symbols trained on so far."),
        GAP,
        *(mse(f"MSE in sample, {site}", "Words alike, fitted and scored on all, as published.") for site in sites[:2]),
        *(
            r2(site if len(payload.splits) == 1 else f"{site}, by {split}", f"R², ridge, prefixes alike, {HELD[split]}.")
            for split in payload.splits
            for site in sites
        ),
        *([mse("published MSE", "In the paper's setting, arXiv:2405.15943.")] if known else []),
    ]
    ways = " and ".join(HELD[split] for split in payload.splits)
    title = f"Emergence: MSE of words alike, fitted and scored on all, as published; R² {ways}, prefixes alike"
    return Table.of(title, columns, rows)


def loss_gap(payload: BeliefGeometry) -> float:
    """Bits per symbol above the Bayes predictor, mean over seeds."""
    return mean(one.loss_gap_bits for one in payload.seeds) or 0.0


def first_way(payload: BeliefGeometry) -> str:
    """How the figure of a run that stands for others is scored."""
    return f"{HELD[payload.splits[0]]}, {SAID[payload.setting.weightings[0]]}"


def first_best(payload: BeliefGeometry) -> Comparison | None:
    """The best control of that figure."""
    return best(payload, payload.splits[0], payload.setting.weightings[0])


def control_text(payload: BeliefGeometry) -> str:
    """Name and R^2 of the best control, for notes and captions."""
    found = first_best(payload)
    return NONE if found is None else f"{found.control} {r2().text(found.others)}"


def whole_fit(payload: BeliefGeometry) -> MeanFit | None:
    """The mean over seeds of all layers' held-out ridge, by the first split and weighting."""
    return by_key(payload.mean).get((ALL, payload.splits[0], payload.setting.weightings[0], "ridge"))


def compared(payloads: Sequence[BeliefGeometry]) -> Table:
    """Belief fidelity of several runs and its best control against their loss gap, the largest gap first."""
    rows: list[tuple[Cell, ...]] = []
    for payload in sorted(payloads, key=loss_gap, reverse=True):
        gap, fit, control = loss_gap(payload), whole_fit(payload), first_best(payload)
        least = at_gap(payload.rate_distortion.curve, gap)
        fidelity = None if fit is None else estimated(payload, fit)
        beside = (None, None) if control is None else (control.others, control.control)
        rows.append((payload.run, payload.width, payload.parameters, gap, fidelity, *beside, *figures([fit], "mse"), *least))
    columns = [
        Measure("run"),
        Measure("width", form="count", definition="Of the residual stream."),
        Measure("parameters", form="count"),
        GAP,
        r2(),
        r2("R², best control", "The greatest of all that hold no belief by construction, on the same split."),
        Measure("best control"),
        mse(),
        bits("least memory", "Of the past, for a predictor with this loss gap.", 3),
        r2("its R²", "Of the beliefs that this memory determines."),
    ]
    title = f"Belief fidelity against the loss gap: {ALL}, ridge, {first_way(payloads[0])}"
    return Table.of(title, columns, rows)
