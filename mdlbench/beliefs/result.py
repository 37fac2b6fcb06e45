"""The results of `mdlbench hmm belief` and `mdlbench hmm train`: what was measured of trained networks, as files keep it.

Kinds "hmm-belief" and "hmm-train". R^2 is 1 - SSE/SST and has no unit; it is None where the beliefs do not vary. Errors are per
element of a belief. Whatever is in bits says so in its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlbench.processes.result import EntropyRate
from mdlbench.result import result_kind
from mdlbench.training.config import TrainingConfig
from mdlbench.training.result import TrainedSeed

Weighting = Literal["probability", "prefix", "word"]  # see `prefixes.WEIGHTINGS`
Method = Literal["affine", "ridge"]


@dataclass(frozen=True)
class Setting:
    """How a network is measured.

    Attributes:
        length: of the longest prefixes, in symbols.
        folds: parts of the prefixes, each held out once.
        draws: of the bootstrap.
        seed: of shuffles, pairs, draws and interventions.
    """

    length: int = 10
    folds: int = 5
    weightings: tuple[Weighting, ...] = ("probability", "prefix", "word")
    draws: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Fit:
    """Beliefs from the activations at one site of one network, held out by prefix.

    Attributes:
        site: such as "block 2" or "all layers".
        r2, mse: of the beliefs; `r2_low` and `r2_high` bound 95 % of bootstrap draws over prefixes.
        shuffled_r2: of beliefs dealt to other prefixes of the same length.
        distance_r2: squared correlation of distances between pairs of beliefs and pairs of images.
        in_sample_r2, in_sample_mse, in_sample_distance_r2: fitted and scored on the same prefixes; affine maps only.
        penalties: of the ridge, for each fold; None for affine maps.
        untrained_r2: of the network before training; None where there is no such checkpoint.
    """

    site: str
    weighting: Weighting
    method: Method
    r2: float | None
    r2_low: float | None
    r2_high: float | None
    mse: float
    shuffled_r2: float | None
    distance_r2: float | None
    in_sample_r2: float | None = None
    in_sample_mse: float | None = None
    in_sample_distance_r2: float | None = None
    penalties: tuple[float, ...] | None = None
    untrained_r2: float | None = None


@dataclass(frozen=True)
class MeanFit:
    """Means of `Fit` over seeds, None where a seed has none; and the least and greatest seed's R^2."""

    site: str
    weighting: Weighting
    method: Method
    r2: float | None
    mse: float | None
    shuffled_r2: float | None
    untrained_r2: float | None
    distance_r2: float | None
    in_sample_r2: float | None
    in_sample_mse: float | None
    in_sample_distance_r2: float | None
    least_r2: float | None
    greatest_r2: float | None


@dataclass(frozen=True)
class Control:
    """Beliefs by ridge from something other than activations, held out by prefix.

    Attributes:
        name: of the features, see `controls.control_features`.
        distance_r2, raw_distance_r2: distances between beliefs against those between images, and between the features.
    """

    name: str
    weighting: Weighting
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
        followed, carried: 1 - that / the same unchanged; 1 is wholly. Later ones are None for recurrent networks.
    """

    bits: float
    followed: float
    later_bits: float | None
    carried: float | None


@dataclass(frozen=True)
class Intervention:
    """Beliefs written into the stream at each site, by each method.

    Attributes:
        samples: pairs of prefixes.
        unchanged_bits, unchanged_later_bits: divergence from the other belief's prediction with nothing written.
        undisturbed_bits: of the network from its own prefixes' Bayes predictions.
        sites: by site and method, see `intervention.METHODS`.
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
    """A site at a checkpoint: held-out ridge with every prefix alike; in sample by least squares, words alike, as published."""

    r2: float | None
    in_sample_mse: float
    in_sample_r2: float | None


@dataclass(frozen=True)
class Stage:
    """A checkpoint: symbols seen, bits per symbol above the Bayes predictor, fits by site."""

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
    controls: tuple[Control, ...]
    dynamics: tuple[Dynamics, ...]
    synchronisation: tuple[Synchronised, ...]
    intervention: Intervention
    emergence: tuple[Stage, ...]


@dataclass(frozen=True)
class CurvePoint:
    """The least memory of the past for a loss gap, both in bits, and the R^2 of the beliefs that it determines."""

    rate_bits: float
    gap_bits: float
    r2: float | None


@dataclass(frozen=True)
class RateDistortion:
    """The curve after `length` symbols, which lead to so many different beliefs, in order of falling rate."""

    length: int
    beliefs: int
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class LeastMemory:
    """The least memory of a predictor with a seed's loss gap, and its beliefs' R^2; None where the gap is off the curve."""

    seed: int
    least_bits: float | None
    r2: float | None


@dataclass(frozen=True)
class StagePoints:
    """The images of the kept prefixes at a checkpoint, as in `Points`."""

    tokens: int
    image: str


@dataclass(frozen=True)
class Points:
    """Some prefixes of the first seed, to be drawn; numbers are text, `52 934 14 178 ...`, one line of a file each.

    Attributes:
        site: whose image `image` is; that of the stages is the last one before it.
        states: N.
        lengths: of each prefix, in symbols.
        beliefs, image: N thousandths for each prefix.
    """

    site: str
    states: int
    lengths: str
    beliefs: str
    image: str
    stages: tuple[StagePoints, ...]

    def __post_init__(self) -> None:
        count = self.states * len(_whole_numbers("lengths", self.lengths))
        texts = {"beliefs": self.beliefs, "image": self.image}
        texts |= {f"stages[{at}].image": stage.image for at, stage in enumerate(self.stages)}
        for name, text in texts.items():
            if len(_whole_numbers(name, text)) != count:
                raise ValueError(f"points.{name} does not hold {self.states} numbers for each of the lengths")


def _whole_numbers(name: str, text: str) -> list[str]:
    numbers = text.split()
    if not all(number.removeprefix("-").isdecimal() and len(number) < 16 for number in numbers):
        raise ValueError(f"points.{name} holds something other than whole numbers")
    return numbers


@result_kind("hmm-belief")
@dataclass(frozen=True)
class BeliefGeometry:
    """Beliefs in the networks of one run.

    Attributes:
        run: the name of its folder.
        process, params: the source; parameters that are not its defaults.
        parameters: numbers in a network's weights.
        prefixes: distinct ones of 1 to `setting.length` symbols; `words`: of that length.
        different_beliefs: that prefixes lead to, told apart in nine decimals.
        definitions: what figures mean, in words.
        mean: over seeds, in the order of their fits.
        memory: for each seed.
        published_mse: of Mess3 by tokens seen, in the paper's setting; empty for other sources.
        points: for scatters.
    """

    run: str
    process: str
    params: Mapping[str, str]
    preset: str | None
    architecture: str
    width: int
    parameters: int
    prefixes: int
    words: int
    different_beliefs: int
    setting: Setting
    definitions: Mapping[str, str]
    mean: tuple[MeanFit, ...]
    rate_distortion: RateDistortion
    memory: tuple[LeastMemory, ...]
    published_mse: Mapping[str, float]
    seeds: tuple[SeedBeliefs, ...]
    points: Points

    def __post_init__(self) -> None:
        if not self.seeds or len(self.memory) != len(self.seeds):
            raise ValueError("seeds and memory are not of one number of networks, at least one")
        if len({len(one.synchronisation) for one in self.seeds}) > 1 or not self.seeds[0].synchronisation:
            raise ValueError("seeds.synchronisation: there is none, or seeds have seen different numbers of symbols")
        if any(not tokens.isdecimal() for tokens in self.published_mse):
            raise ValueError("published_mse has a name that is no number of tokens")

    @property
    def has_states(self) -> bool:
        """Whether beliefs are distributions over states; not so for generalised processes."""
        return self.seeds[0].synchronisation[0].state is not None


@dataclass(frozen=True)
class Spread:
    """Over seeds; the standard deviation (n - 1) is None for one seed."""

    mean: float
    standard_deviation: float | None
    least: float
    greatest: float


@dataclass(frozen=True)
class ContextGap:
    """Bits per symbol after so many symbols of context.

    Attributes:
        bayes_floor_bits: the least loss of any predictor; `finite_context_bits`: that above the entropy rate.
        model_bits: what the networks lose to it.
    """

    context: int
    bayes_floor_bits: float
    finite_context_bits: float
    model_bits: Spread


@dataclass(frozen=True)
class SeedGap(TrainedSeed):
    """One seed against the Bayes predictor.

    Attributes:
        mean_loss_bits, mean_loss_nats: per symbol, mean over contexts, exact.
        mean_model_bits, mean_model_nats: of these above the Bayes floor.
        model_bits: above the floor for each length of context, bits per symbol.
    """

    mean_loss_bits: float
    mean_loss_nats: float
    mean_model_bits: float
    mean_model_nats: float
    model_bits: tuple[float, ...]


@result_kind("hmm-train")
@dataclass(frozen=True)
class RunGap:
    """What the networks of a run lose to their source.

    Attributes:
        run: its folder.
        process, params: the source; parameters that are not its defaults.
        parameters: numbers in a network's weights.
        prefixes: distinct ones, over which everything is summed.
        contexts: for 1 symbol of context up to the networks' own.
        finite_context_bits, bayes_floor_bits: means over contexts.
        model_bits, model_nats: over seeds, means over contexts, per symbol.
    """

    run: str
    process: str
    params: Mapping[str, str]
    config: TrainingConfig
    parameters: int
    unit: Literal["bits per symbol"]
    entropy_rate: EntropyRate
    prefixes: int
    contexts: tuple[ContextGap, ...]
    finite_context_bits: float
    bayes_floor_bits: float
    model_bits: Spread
    model_nats: Spread
    seeds: tuple[SeedGap, ...]

    def __post_init__(self) -> None:
        if not self.seeds or any(len(seed.model_bits) != len(self.contexts) for seed in self.seeds):
            raise ValueError("seeds: there is none, or one has not a figure for each context")
