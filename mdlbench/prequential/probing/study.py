"""Every label, learner, layer and seed of a probe, with its nulls: the results.

Source: E. Voita & I. Titov, "Information-theoretic probing with minimum description length", EMNLP 2020. Their code is
block-wise and their schedule is the default here; they stop early on data that nobody has coded, which is not done here: a
temperature learnt forward only takes its place. The weights of the probed model are not charged: the receiver has the
activations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lgamma
from typing import Any, Literal

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.prequential.account import mean, spread
from mdlbench.prequential.choices import charged, check_tried, ledger
from mdlbench.prequential.coding import Coded, code_labels, permuted
from mdlbench.prequential.examples import standardised
from mdlbench.prequential.learners import settings_of
from mdlbench.prequential.probing.activations import Tokenised
from mdlbench.prequential.probing.labels import LABELS, NONE, control_labels, label_bytes
from mdlbench.prequential.probing.result import Layer, Probe
from mdlbench.prequential.result import Variational
from mdlbench.prequential.store import digest_of
from mdlbench.prequential.study import Study, check_learners, chosen_beside, describe
from mdlbench.prequential.variational import VariationalCode, variational_code
from mdlbench.units import nats_to_bits

LEAST = 100  # tokens with a label: the schedule's first block is a thousandth of them
NETWORKS: tuple[Literal["trained", "untrained"], ...] = ("trained", "untrained")


@dataclass(frozen=True, eq=False)
class Probed:
    """What is probed.

    Attributes:
        model, model_digest, text, context: as the results have them.
        tokenised: the tokens.
        layers: which, ascending, 0 first.
        trained, untrained: activations float32 (n, layers, d) of the model, and of a network of its shape with random weights.
    """

    model: str
    model_digest: str
    text: str
    context: int
    tokenised: Tokenised
    layers: tuple[int, ...]
    trained: np.ndarray
    untrained: np.ndarray


@dataclass(frozen=True, eq=False)
class Labelled:
    """The tokens that have a label.

    Attributes:
        name: of the label.
        places: which tokens, int64 (n,).
        labels: int64 (n,), 0 .. classes - 1, in the order of `classes`: (what it means, how many tokens have it).
        types: int64 (n,), the tokens' numbers.
    """

    name: str
    places: np.ndarray
    labels: np.ndarray
    classes: tuple[tuple[str, int], ...]
    types: np.ndarray


def labelled(tokenised: Tokenised, name: str) -> Labelled:
    """The tokens that a label speaks of; classes are those that occur, the most frequent first.

    Raises:
        UsageError: there are too few of them, or they are all of one class.
    """
    of_bytes = label_bytes(name, tokenised.data)
    found = np.where(tokenised.last >= 0, of_bytes[tokenised.last], NONE)
    places = np.flatnonzero(found != NONE)
    if len(places) < LEAST:
        raise UsageError(
            f"label {name}: {len(places):,} tokens have it, and a code takes {LEAST}; give more --examples or a longer text"
        )
    kinds, counts = np.unique(found[places], return_counts=True)
    if len(kinds) < 2:
        only = LABELS[name].classes[int(kinds[0])]
        raise UsageError(
            f"label {name}: all tokens that have it are of one class ({only}); give more --examples, or another text"
        )
    order = np.argsort(-counts, kind="stable")
    numbers = {int(kinds[at]): number for number, at in enumerate(order.tolist())}
    labels = np.array([numbers[label] for label in found[places].tolist()])
    classes = tuple((LABELS[name].classes[int(kinds[at])], int(counts[at])) for at in order.tolist())
    return Labelled(name, places, labels, classes, tokenised.tokens[places])


def all_labelled(tokenised: Tokenised, names: Sequence[str]) -> tuple[list[Labelled], list[str]]:
    """Of these labels, or of none named all: those that can be coded, and why the others cannot.

    Raises:
        UsageError: one that is named cannot be coded, or none can.
    """
    found, left_out = [], []
    for name in names or LABELS:
        try:
            found.append(labelled(tokenised, name))
        except UsageError as error:
            if names:
                raise
            left_out.append(str(error))
    if not found:
        raise UsageError(f"no label can be coded on {len(tokenised.tokens):,} tokens; give more --examples, or a longer text")
    return found, left_out


def kt_bits(counts: Sequence[int]) -> float:
    """What labels cost by Krichevsky and Trofimov's estimator, whatever their order: the Dirichlet-multinomial at 1/2.

    Example:
        >>> round(kt_bits([1, 1]), 3)  # 1/2 * 1/4
        3.0
    """
    n, k = sum(counts), len(counts)
    logs = lgamma(k / 2) - lgamma(n + k / 2) + sum(lgamma(count + 0.5) - lgamma(0.5) for count in counts)
    return -nats_to_bits(logs)


def steps(labels: int, learners: int, layers: int, seeds: int) -> int:
    """How often a study tells."""
    return labels * learners * layers * seeds * len(NETWORKS)


def measure_probes(probed: Probed, labels: Sequence[Labelled], learners: Sequence[str], study: Study) -> list[Probe]:
    """A result for each label and learner.

    Raises:
        UsageError: what is wrong with the learners or what was tried.
    """
    specs = check_learners(learners)
    known = [name for spec in specs for name in settings_of(spec)]
    check_tried(study.tried, [*known, *chosen_beside(study.settings)])
    return [_probe(probed, label, spec, study) for label in labels for spec in specs]


def _probe(probed: Probed, label: Labelled, spec: str, study: Study) -> Probe:
    n = len(label.labels)
    uniform = n * float(np.log2(len(label.classes)))
    choices = ledger({**settings_of(spec), **chosen_beside(study.settings)}, study.tried)
    return Probe(
        model=probed.model,
        model_digest=probed.model_digest,
        text=probed.text,
        tokens=len(probed.tokenised.tokens),
        context=probed.context,
        label=label.name,
        definition=LABELS[label.name].definition,
        learner=spec,
        code=describe(study.settings),
        examples=n,
        types=len(np.unique(label.types)),
        classes=label.classes,
        digest=digest_of(label.types, label.labels),
        seeds=study.seeds,
        uniform_bits=uniform,
        kt_bits=kt_bits([count for _, count in label.classes]),
        majority=label.classes[0][1] / n,
        layers=tuple(_layers(probed, label, spec, study, uniform, "trained")),
        untrained=tuple(_layers(probed, label, spec, study, uniform, "untrained")),
        charged_bits=charged(choices),
        charged_choices=choices,
    )


def _layers(
    probed: Probed, label: Labelled, spec: str, study: Study, uniform: float, network: Literal["trained", "untrained"]
) -> Iterator[Layer]:
    values = probed.trained if network == "trained" else probed.untrained
    for place, layer in enumerate(probed.layers):
        features = standardised(values[label.places, place].astype(np.float64))
        seeds = []
        for seed in study.seeds:
            study.tell(f"{label.name}, {spec}, {network} layer {layer}, seed {seed}")
            seeds.append(_one(features, label, spec, study, seed, network == "trained"))
        yield _layer(layer, network, uniform, seeds)


@dataclass(frozen=True, eq=False)
class _Seed:
    """What one seed of a learner gave: (bits, loss of the last block, accuracy on it) of the label and of its control."""

    task: tuple[float, float, float]
    control: tuple[float, float, float] | None
    variational: VariationalCode | None


def _one(features: np.ndarray, label: Labelled, spec: str, study: Study, seed: int, whole: bool) -> _Seed:
    """The codes of one layer from one seed; `whole` with the control task and the variational code."""
    order = permuted(len(label.labels), seed)
    kept: dict[str, Any] = {"seed": seed, "classes": len(label.classes), "store": study.store}
    ordered, labels = features[order], label.labels[order]
    task = _figures(code_labels(ordered, labels, spec, study.settings, **kept), labels)
    if not whole:
        return _Seed(task, None, None)
    drawn = control_labels(label.labels, label.types, seed)[order]
    control = _figures(code_labels(ordered, drawn, spec, study.settings, **kept), drawn)
    return _Seed(task, control, variational_code(ordered, labels, spec, **kept))


def _figures(coded: Coded, labels: np.ndarray) -> tuple[float, float, float]:
    """Bits in all; and of the last block bits per token and accuracy."""
    last = int(coded.steps[-2]) if len(coded.steps) > 1 else 0
    right = coded.log2_probabilities[last:].argmax(axis=1) == labels[last:]
    return coded.total, float(coded.bits[last:].mean()), float(right.mean())


def _layer(layer: int, network: Literal["trained", "untrained"], uniform: float, seeds: Sequence[_Seed]) -> Layer:
    controls = [seed.control for seed in seeds if seed.control]
    codes = [seed.variational for seed in seeds if seed.variational]
    values = {
        "code_length_bits": [seed.task[0] for seed in seeds],
        "compression": [uniform / seed.task[0] for seed in seeds],
        "final_loss_bits": [seed.task[1] for seed in seeds],
        "accuracy": [seed.task[2] for seed in seeds],
        "control_bits": [control[0] for control in controls],
        "control_accuracy": [control[2] for control in controls],
        "selectivity": [seed.task[2] - seed.control[2] for seed in seeds if seed.control],
        "variational_bits": [code.total for code in codes],
    }
    known = {name: found for name, found in values.items() if found}
    means: dict[str, Any] = {name: mean(found) for name, found in known.items()}
    return Layer(
        layer,
        network,
        **means,
        intervals={name: spread(found) for name, found in known.items()},
        variational=_parts(codes) if codes else None,
    )


def _parts(codes: Sequence[VariationalCode]) -> Variational:
    kl_bits, data_bits, error = (
        mean([getattr(code, name) for code in codes]) for name in ("kl_bits", "data_bits", "standard_error")
    )
    return Variational(kl_bits, data_bits, error, codes[0].samples, codes[0].prior)
