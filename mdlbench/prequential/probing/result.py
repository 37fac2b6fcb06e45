"""The result of `mdlbench prequential probe`: what a label costs given a model's activations, kind "prequential-probe"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mdlbench.prequential.result import Choice, Spread, Variational
from mdlbench.result import result_kind


@dataclass(frozen=True)
class Layer:
    """Codes of a label given the activations of one layer; every figure is the mean over seeds.

    Attributes:
        layer: 0 is the embedding, i the residual stream after block i.
        network: the model, or one of its shape with random weights.
        code_length_bits: prequential, block-wise over the schedule of Voita & Titov.
        compression: uniform bits / code length.
        final_loss_bits, accuracy: of the last block, which the fit that codes it has not seen: per token, and the share of
            tokens whose label it holds to be the likeliest.
        control_bits, control_accuracy: the same of the control task; None for the untrained network.
        selectivity: accuracy - control accuracy.
        variational_bits: KL from the prior to a posterior over the probe's weights, plus the expected bits of the labels; None
            for learners that are no networks, and for the untrained network.
        intervals: of figures by their field's name.
    """

    layer: int
    network: Literal["trained", "untrained"]
    code_length_bits: float
    compression: float
    final_loss_bits: float
    accuracy: float
    intervals: Mapping[str, Spread]
    control_bits: float | None = None
    control_accuracy: float | None = None
    selectivity: float | None = None
    variational_bits: float | None = None
    variational: Variational | None = None


@result_kind("prequential-probe")
@dataclass(frozen=True)
class Probe:
    """One label of a text's tokens, coded by one learner from a model's activations. All lengths are ideal.

    Attributes:
        model: its spec; `model_digest` is over its weights, tokenizer and context policy.
        text: what the tokens are of; `tokens` of them were read, in windows of `context`.
        label, definition: what is coded.
        learner, code: what codes it, and how, in words.
        examples: tokens that have the label; `types` of them are different.
        classes: labels that occur, most frequent first, and how many tokens have each.
        digest: of tokens and labels, in hexadecimal.
        seeds: each its own order of the examples, initial weights of the probe and control task.
        uniform_bits: examples x log2 classes.
        kt_bits: of the labels alone, activations unseen, by Krichevsky and Trofimov's estimator.
        majority: the share of the most frequent label: the accuracy of who sees nothing.
        layers: of the model, layer 0 first; `untrained` are the same of a network with random weights.
        charged_bits: the sum of what `charged_choices` cost; not in any code length.
    """

    model: str
    model_digest: str
    text: str
    tokens: int
    context: int
    label: str
    definition: str
    learner: str
    code: str
    examples: int
    types: int
    classes: tuple[tuple[str, int], ...]
    digest: str
    seeds: tuple[int, ...]
    uniform_bits: float
    kt_bits: float
    majority: float
    layers: tuple[Layer, ...]
    untrained: tuple[Layer, ...]
    charged_bits: float
    charged_choices: tuple[Choice, ...]
