"""What is measured of one network, as results of kind "hmm-belief" hold it for each seed.

R^2 is 1 - SSE/SST and has no unit; it is None where the beliefs do not vary. Errors are per element of a belief. Whatever is in
bits says so in its name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mdlbench.result.ranges import in_range

Split = Literal["belief", "prefix"]  # see `prefixes.SPLITS`
Weighting = Literal["probability", "prefix"]  # see `prefixes.WEIGHTINGS`
Method = Literal["affine", "ridge"]


def fits(name: str, fit: Any) -> None:
    """Hold what is said of a fit against what it can be: an R^2 is at most 1, a squared error at least 0."""
    for part in ("r2", "shuffled_r2", "untrained_r2", "distance_r2"):
        in_range(f"{name}.{part}", getattr(fit, part), -math.inf, 1.0)
    in_range(f"{name}.mse", fit.mse)


@dataclass(frozen=True)
class Fit:
    """Beliefs from the activations at a site, or from a control's features, held out; by one estimator for both.

    Attributes:
        features: such as "block 2", "all layers" or "exact next-symbol distribution", see `controls.control_features`.
        control: whether they are not activations.
        split: what is held out together.
        r2, mse: of the beliefs; `r2_low` and `r2_high` bound r2 over beliefs (`fidelity.beliefs_interval`), None where the
            beliefs are worth too few of one weight.
        shuffled_r2: of beliefs dealt to other prefixes of the same length.
        untrained_r2: of the network before training; None where there is no such checkpoint, or features are not a network's.
        distance_r2: squared correlation of distances between pairs of beliefs and pairs of images.
        penalties: of the ridge, for each fold; None for affine maps.
    """

    features: str
    control: bool
    split: Split
    weighting: Weighting
    method: Method
    r2: float | None
    r2_low: float | None
    r2_high: float | None
    mse: float
    shuffled_r2: float | None
    untrained_r2: float | None
    distance_r2: float | None
    penalties: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        fits("fits", self)


@dataclass(frozen=True)
class InSample:
    """Least squares fitted and scored on the same words, every word alike at each position: what published figures are.

    Attributes:
        features, control: as of `Fit`.
        distance_r2, raw_distance_r2: distances between beliefs against those between images, and between the features.
    """

    features: str
    control: bool
    r2: float | None
    mse: float
    distance_r2: float | None
    raw_distance_r2: float | None


@dataclass(frozen=True)
class Guess:
    """A guess of the image after a symbol: its R^2, and the divergence of the image from it in bits (None without states)."""

    r2: float | None
    kl_bits: float | None


@dataclass(frozen=True)
class Propagation:
    """The image's error after a symbol against what the Bayes update makes of its error before: slope, correlation."""

    slope: float | None
    correlation: float | None


@dataclass(frozen=True)
class Dynamics:
    """Does the image of the activations at a site move under a symbol as the Bayes update says?

    Attributes:
        pairs: prefixes with their parents, both in one fold.
        bayes_update: of the image before the symbol; the others are its controls.
        no_update: the image before.
        symbol_alone: the mean image after the symbol.
        another_symbol: the update by the wrong symbol.
        another_prefix: the update of another prefix of the same length.
    """

    site: str
    weighting: Weighting
    pairs: int
    bayes_update: Guess = field(metadata={"name": "Bayes update"})
    no_update: Guess = field(metadata={"name": "no update"})
    symbol_alone: Guess = field(metadata={"name": "symbol alone"})
    another_symbol: Guess = field(metadata={"name": "another symbol"})
    another_prefix: Guess = field(metadata={"name": "another prefix"})
    error: Propagation = field(kw_only=True)


@dataclass(frozen=True)
class Written:
    """What comes of a belief that is written into the stream.

    Attributes:
        bits, later_bits: divergence from the written belief's Bayes prediction, at once and a symbol later.
        followed, carried: 1 - that / the same unchanged; 1 is wholly. Later ones are None for recurrent networks, both where
            nothing was left to be followed.
    """

    bits: float
    followed: float | None
    later_bits: float | None
    carried: float | None


@dataclass(frozen=True)
class Intervention:
    """Beliefs written into the stream at each site, by each method.

    Attributes:
        samples: pairs of prefixes.
        unchanged_bits, unchanged_later_bits: divergence from the other belief's prediction with nothing written.
        undisturbed_bits: of the network from its own prefixes' Bayes predictions.
        sites: by site and method, see `intervention`.
    """

    samples: int
    unchanged_bits: float
    unchanged_later_bits: float
    undisturbed_bits: float
    sites: Mapping[str, Mapping[str, Written]]


@dataclass(frozen=True)
class Synchronised:
    """Ideal code lengths in bits after so many symbols, exact over all words.

    Attributes:
        state: H(state | seen); None without states.
        next: H(next symbol | seen); `saved`: what was seen saves on it.
        network_next, network_saved, gap: the same for the network, and what it pays more; None before the first symbol.
        network_state: to tell the state by the network's image.
    """

    symbols: int
    state: float | None
    next: float
    saved: float
    network_next: float | None = None
    network_saved: float | None = None
    gap: float | None = None
    network_state: float | None = None


@dataclass(frozen=True)
class StageFit:
    """A site or control at a checkpoint: held-out ridge by split, every prefix alike; in sample as of `InSample`."""

    r2: Mapping[Split, float | None]
    in_sample_mse: float
    in_sample_r2: float | None


@dataclass(frozen=True)
class Stage:
    """A checkpoint: symbols seen, bits per symbol above the Bayes predictor, fits by site; controls are sites as well."""

    tokens: int
    loss_gap_bits: float
    sites: Mapping[str, StageFit]


@dataclass(frozen=True)
class SeedBeliefs:
    """What was measured of one seed's last checkpoint.

    Attributes:
        tokens: symbols it was trained on.
        loss_gap_bits: bits per symbol above the Bayes predictor, mean over contexts.
        emergence: its checkpoints in order; empty where they were not measured.
    """

    seed: int
    tokens: int
    loss_gap_bits: float
    fits: tuple[Fit, ...]
    in_sample: tuple[InSample, ...]
    dynamics: tuple[Dynamics, ...]
    synchronisation: tuple[Synchronised, ...]
    intervention: Intervention
    emergence: tuple[Stage, ...]
