"""Every learner, seed and null of a task: the results.

Each seed has its own order of the examples. Beside the code stand the same code for permuted labels, the two-part and the
variational code, the loss held out and the best in hindsight; with several learners also the codes of their mixtures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.prequential.account import anchors, curve, mean, spread
from mdlbench.prequential.choices import charged, check_tried, ledger
from mdlbench.prequential.coding import Coded, Settings, code_labels, permuted, random_labels
from mdlbench.prequential.examples import Examples
from mdlbench.prequential.hindsight import fit_all, held_out_bits
from mdlbench.prequential.learners import canonical, settings_of
from mdlbench.prequential.mixtures import bayes, fixed_share
from mdlbench.prequential.result import Choice, Prequential, TwoPart, Variational
from mdlbench.prequential.store import NoStore, Store, digest_of
from mdlbench.prequential.twopart import TwoPartCode, two_part_code
from mdlbench.prequential.variational import VariationalCode, variational_code

Tell = Callable[[str], object]  # told what is done next
MIXTURES = {"mixture": bayes, "fixed share": fixed_share}
STEPS = ("code", "random labels", "held out", "two-part", "variational")  # of each learner and seed


@dataclass(frozen=True, eq=False)
class _Seed:
    """What one seed of a learner gave."""

    coded: Coded
    control: Coded
    held_out: float
    hindsight: np.ndarray
    two_part: TwoPartCode | None
    variational: VariationalCode | None


@dataclass(frozen=True)
class Study:
    """What is measured of a task.

    Attributes:
        settings: how examples are coded.
        seeds: whole numbers from 0 on, each once.
        tried: how many values of a hyper-parameter were looked at, by its name.
        store: keeps finished pieces.
        tell: is told each step.
    """

    settings: Settings = field(default_factory=Settings)
    seeds: tuple[int, ...] = (0, 1, 2)
    tried: Mapping[str, int] = field(default_factory=dict)
    store: Store = field(default_factory=NoStore)
    tell: Tell = lambda step: None


def measure_labels(examples: Examples, learners: Sequence[str], study: Study = Study()) -> list[Prequential]:
    """A result for each learner, and for the mixtures where there are several.

    Raises:
        UsageError: what is wrong with learners, seeds or schedule, before anything is computed.
    """
    specs = check_learners(learners)
    known = [name for spec in specs for name in settings_of(spec)]
    check_tried(study.tried, [*known, *chosen_beside(study.settings)])
    found, coded = [], {}
    for spec in specs:
        seeds = [_one(examples, spec, study, seed) for seed in study.seeds]
        coded[spec] = np.array([seed.coded.bits for seed in seeds])
        found.append(_result(examples, spec, study, seeds))
    return found if len(specs) < 2 else [*found, *mixtures(found, coded)]


def check_learners(learners: Sequence[str]) -> list[str]:
    """The canonical specs, each once.

    Raises:
        UsageError: there is none, or one is given twice.
    """
    specs = [canonical(spec) for spec in learners]
    if not specs:
        raise UsageError("name at least one learner")
    if len(set(specs)) < len(specs):
        raise UsageError(f"the learner {max(specs, key=specs.count)} is given twice; give each once")
    return specs


def describe(settings: Settings) -> str:
    """How examples are coded, in words."""
    if settings.mode == "online":
        streams = "streams for equal compute" if settings.replay is None else f"{settings.replay} streams"
        words = f"online, batches of {settings.batch}, replay: {streams}"
    else:
        schedule = settings.schedule if isinstance(settings.schedule, str) else ",".join(map(str, settings.schedule))
        words = f"block-wise ({schedule}), {'warm-started' if settings.warm else 'retrained from scratch'}"
    return f"{words}, {'forward calibration' if settings.calibration == 'forward' else 'not calibrated'}"


def _one(examples: Examples, spec: str, study: Study, seed: int) -> _Seed:
    """All codes of one learner from one seed."""
    order = permuted(len(examples.labels), seed)
    features, labels = examples.features[order], examples.labels[order]
    classes, settings, store = examples.classes, study.settings, study.store

    def step(name: str) -> str:
        study.tell(f"{spec}, seed {seed}: {name}")
        return spec

    kept: dict[str, Any] = {"seed": seed, "classes": classes, "store": store}
    return _Seed(
        code_labels(features, labels, step(STEPS[0]), settings, **kept),
        code_labels(features, random_labels(labels, seed), step(STEPS[1]), settings, **kept),
        float(held_out_bits(features, labels, step(STEPS[2]), settings, **kept).mean()),
        fit_all(features, labels, step(STEPS[3]), **kept).bits,
        two_part_code(features, labels, spec, **kept),
        variational_code(features, labels, step(STEPS[4]), **kept),
    )


def _result(examples: Examples, spec: str, study: Study, seeds: Sequence[_Seed]) -> Prequential:
    bits = np.array([seed.coded.bits for seed in seeds])
    hindsight = np.array([seed.hindsight for seed in seeds])
    two_part = [seed.two_part for seed in seeds if seed.two_part]
    variational = [seed.variational for seed in seeds if seed.variational]
    values: dict[str, list[float]] = {
        "code_length_bits": [seed.coded.total for seed in seeds],
        "uncalibrated_bits": [_uncalibrated(one.coded, examples, seed) for one, seed in zip(seeds, study.seeds, strict=True)],
        "two_part_bits": [code.total for code in two_part],
        "variational_bits": [code.total for code in variational],
        "random_labels_bits": [seed.control.total for seed in seeds],
        "final_loss_bits": [seed.held_out for seed in seeds],
        "excess_bits": [seed.coded.total - len(bits[0]) * seed.held_out for seed in seeds],
        "hindsight_bits": hindsight.sum(axis=1).tolist(),
        "regret_bits": (bits - hindsight).sum(axis=1).tolist(),
    }
    means: dict[str, Any] = {name: mean(found) if found else None for name, found in values.items()}
    steps = seeds[0].coded.steps
    choices = ledger({**settings_of(spec), **chosen_beside(study.settings)}, study.tried)
    return Prequential(
        **_task(examples, study),
        learner=spec,
        charged_bits=charged(choices),
        charged_choices=choices,
        curve=curve(bits, hindsight),
        intervals={name: spread(found) for name, found in values.items() if found},
        anchors=anchors(bits, int(steps[-1] - (steps[-2] if len(steps) > 1 else 0)), np.array([s.held_out for s in seeds])),
        visited=seeds[0].coded.visited,
        two_part=_two_part(two_part),
        variational=_variational(variational),
        **means,
    )


def _uncalibrated(coded: Coded, examples: Examples, seed: int) -> float:
    labels = examples.labels[permuted(len(examples.labels), seed)]
    return -float(coded.log2_probabilities[np.arange(len(labels)), labels].sum())


def _task(examples: Examples, study: Study) -> dict[str, Any]:
    n = len(examples.labels)
    return {
        "task": examples.name,
        "data": "labels",
        "code": describe(study.settings),
        "symbols": n,
        "classes": examples.classes,
        "digest": digest_of(examples.features, examples.labels),
        "seeds": study.seeds,
        "uniform_bits": n * float(np.log2(examples.classes)),
    }


def chosen_beside(settings: Settings) -> dict[str, object]:
    """What was chosen beside the learner's own settings."""
    shared: dict[str, object] = {"mode": settings.mode, "calibration": settings.calibration}
    if settings.mode == "online":
        return {
            **shared,
            "online batch": settings.batch,
            "replay": "epochs - 1" if settings.replay is None else settings.replay,
        }
    return {**shared, "schedule": settings.schedule, "warm": str(settings.warm).lower()}


def _two_part(codes: Sequence[TwoPartCode]) -> TwoPart | None:
    if not codes:
        return None
    return TwoPart(
        codes[0].parameters,
        tuple(code.precision for code in codes),
        mean([code.weight_bits for code in codes]),
        mean([code.data_bits for code in codes]),
        codes[0].rissanen_bits,
    )


def _variational(codes: Sequence[VariationalCode]) -> Variational | None:
    if not codes:
        return None
    kl_bits, data_bits, error = (
        mean([getattr(code, name) for code in codes]) for name in ("kl_bits", "data_bits", "standard_error")
    )
    return Variational(kl_bits, data_bits, error, codes[0].samples, codes[0].prior)


def mixtures(found: Sequence[Prequential], coded: Mapping[str, np.ndarray]) -> list[Prequential]:
    """The codes that need no choice among the learners: what the choice costs is in them.

    Args:
        found: a result for each learner.
        coded: bits of each symbol by learner, float64 (seeds, n); of a learner without seeds, one row for all.
    """
    made = []
    nothing: dict[str, Any] = dict.fromkeys(_NOT_OF_MIXTURES)
    best = min(found, key=lambda one: one.code_length_bits)
    seeded = max(found, key=lambda one: len(one.seeds))
    rows = {name: np.broadcast_to(bits, (len(seeded.seeds), bits.shape[1])) for name, bits in coded.items()}
    for name, mix in MIXTURES.items():
        bits = np.array([mix(np.array(codes)) for codes in zip(*rows.values(), strict=True)])
        totals = bits.sum(axis=1).tolist()
        choice = Choice("learner", f"none: {len(found)} are weighed by what they have coded", None, 0.0)
        made.append(
            replace(
                best,
                learner=name,
                members=tuple(coded),
                seeds=seeded.seeds,
                code_length_bits=mean(totals),
                charged_bits=0.0,
                charged_choices=(choice,),
                curve=curve(bits, rows[best.learner]),
                anchors=anchors(bits, 1, None)[:1],
                visited=sum(one.visited for one in found),
                hindsight_bits=best.code_length_bits,
                regret_bits=mean(totals) - best.code_length_bits,
                intervals={"code_length_bits": spread(totals)},
                **nothing,
            )
        )
    return made


_NOT_OF_MIXTURES = (
    "uncalibrated_bits",
    "two_part_bits",
    "variational_bits",
    "random_labels_bits",
    "excess_bits",
    "final_loss_bits",
    "two_part",
    "variational",
)
