"""Whether a network beats the best of its controls, decided seed by seed and said in words.

One rule for every run: all layers by ridge against the greatest mean R^2 among all that holds no belief by construction, the
untrained network and shuffled labels included, with the same split and weighting. Over several seeds the network beats it
where Student's t interval of the difference lies above 0, and is not told apart from it where only the mean does; of one seed
the difference itself decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.controls import EXACT, NETWORK
from mdlbench.beliefs.result import BeliefGeometry
from mdlbench.beliefs.seed_result import Fit, Split, Weighting
from mdlbench.numerics.intervals import seeds_interval
from mdlbench.result.exhibits import Measure, mean
from mdlbench.text import counted

SAID = {"probability": "by probability", "prefix": "prefixes alike"}
HELD = {"belief": "held out by belief", "prefix": "held out by prefix, with beliefs shared across the split"}
UNTRAINED, SHUFFLED = "untrained network", "shuffled labels"
_MEANT = {
    EXACT: "the next-symbol distribution",
    NETWORK: "the next-symbol distribution",
    UNTRAINED: "what a network holds before training",
    SHUFFLED: "chance",
}
Outcome = Literal["beaten", "as well", "not told apart"]
_SAYS: dict[Outcome, str] = {
    "beaten": "the network beats its best control",
    "as well": "a control does as well as the network",
    "not told apart": "the network is not told apart from its best control by so few seeds",
}
_R2 = Measure("R²", form="fixed", digits=4)


@dataclass(frozen=True)
class Comparison:
    """All layers by ridge against one control, by one split and weighting.

    Attributes:
        control: its name; `others` is its R^2 and `own` the network's, means over seeds.
        outcome: "beaten", "as well", or "not told apart".
    """

    split: Split
    weighting: Weighting
    control: str
    own: float
    others: float
    outcome: Outcome


def comparisons(payload: BeliefGeometry, split: Split, weighting: Weighting) -> list[Comparison]:
    """Every control, the greatest first; those whose R^2 is not known for every seed are left out."""
    chosen = [
        {row.features: row for row in one.fits if (row.split, row.weighting, row.method) == (split, weighting, "ridge")}
        for one in payload.seeds
    ]
    found = []
    for name, values in _controls(chosen):
        own, others = mean(rows[ALL].r2 for rows in chosen), mean(values)
        if own is None or others is None:
            continue
        gains = [(rows[ALL].r2 or 0.0) - (value or 0.0) for rows, value in zip(chosen, values, strict=True)]
        found.append(Comparison(split, weighting, name, own, others, _outcome(gains)))
    return sorted(found, key=lambda one: -one.others)


def _outcome(gains: Sequence[float]) -> Outcome:
    """Of what the network has more, seed by seed."""
    if sum(gains) <= 0:
        return "as well"
    low = seeds_interval(gains).low
    return "beaten" if low is None or low > 0 else "not told apart"


def _controls(chosen: Sequence[dict[str, Fit]]) -> Iterator[tuple[str, list[float | None]]]:
    """The R^2 of each control, one for each seed."""
    for name in [name for name, row in chosen[0].items() if row.control]:
        yield name, [rows[name].r2 for rows in chosen]
    yield UNTRAINED, [rows[ALL].untrained_r2 for rows in chosen]
    yield SHUFFLED, [rows[ALL].shuffled_r2 for rows in chosen]


def best(payload: BeliefGeometry, split: Split, weighting: Weighting) -> Comparison | None:
    """The greatest control; None where beliefs do not vary."""
    return next(iter(comparisons(payload, split, weighting)), None)


def meant(control: str) -> str:
    """What a control that does as well leaves no evidence beyond."""
    return _MEANT.get(control, f"the {control}" if control.startswith("last") else "which symbols stand where")


def notes(payload: BeliefGeometry, split: Split) -> Iterator[str]:
    """For each control that is not beaten, the words that say so."""
    unbeaten: dict[tuple[str, Outcome], list[str]] = {}
    compared = [one for name in payload.setting.weightings for one in comparisons(payload, split, name)]
    for one in compared:
        if one.outcome != "beaten":
            unbeaten.setdefault((one.control, one.outcome), []).append(SAID[one.weighting])
    for (control, outcome), where in unbeaten.items():
        said = "a control does as well" if outcome == "as well" else f"not told apart by {len(payload.seeds)} seeds"
        yield f"{control}, {' and '.join(where)}: {said}: this R² is no evidence of more than {meant(control)}"
    if compared and not unbeaten:
        yield f"every control is beaten by {ALL} (ridge)"


def sentence(payload: BeliefGeometry) -> str:
    """One sentence: the network against its best control by each weighting, and by each split."""
    parts = [_clause(payload, split) for split in payload.splits]
    parts = [part for part in parts if part]
    if not parts:
        return "The beliefs do not vary, so there is no R² of them."
    said = "; ".join(parts)
    return said[0].upper() + said[1:] + f" (R² of beliefs from {ALL}, ridge, {counted(len(payload.seeds), 'seed')})."


def _clause(payload: BeliefGeometry, split: Split) -> str:
    found = [one for name in payload.setting.weightings if (one := best(payload, split, name)) is not None]
    outcomes = list(dict.fromkeys(one.outcome for one in found))

    def where(*wanted: Outcome) -> str:
        said = " and ".join(SAID[one.weighting] for one in found if one.outcome in wanted)
        return f" ({said})" if len(outcomes) > 1 else ""

    head = ", and ".join(f"{_SAYS[outcome]}{where(outcome)}" for outcome in outcomes)
    figures = ", ".join(
        f"{SAID[one.weighting]} {_R2.text(one.own)} against {_R2.text(one.others)} from {one.control}" for one in found
    )
    unbeaten = list(dict.fromkeys(meant(one.control) for one in found if one.outcome != "beaten"))
    doubted = where("as well", "not told apart")
    limit = f", so there is no evidence{doubted} of more than {' or '.join(unbeaten)}" if unbeaten else ""
    return f"{head}, {HELD[split]}: {figures}{limit}" if found else ""
