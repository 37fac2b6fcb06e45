"""The results of `mdlbench hmm belief` and `mdlbench hmm train`: what was measured of a run's networks, as files keep it.

Kinds "hmm-belief" and "hmm-train"; what is measured of one network is in `seed_result`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mdlbench.beliefs.seed_result import Method, SeedBeliefs, Split, Weighting, fits
from mdlbench.processes.result import EntropyRate
from mdlbench.result import result_kind
from mdlbench.result.ranges import agrees, in_range
from mdlbench.training.config import TrainingConfig
from mdlbench.training.result import TrainedSeed

_ROUNDING = 1e-3  # bits of a network's single precision, by which it may seem better than the best predictor


@dataclass(frozen=True)
class Setting:
    """How a network is measured.

    Attributes:
        length: of the longest prefixes, in symbols.
        folds: parts of the prefixes, each held out once.
        seed: of shuffles, pairs and interventions.
    """

    length: int = 10
    folds: int = 5
    weightings: tuple[Weighting, ...] = ("probability", "prefix")
    seed: int = 0


@dataclass(frozen=True)
class MeanFit:
    """Means of `Fit` over seeds, None where a seed has none; the interval of the mean R^2 is over seeds, None for one."""

    features: str
    control: bool
    split: Split
    weighting: Weighting
    method: Method
    r2: float | None
    r2_low: float | None
    r2_high: float | None
    mse: float | None
    shuffled_r2: float | None
    untrained_r2: float | None
    distance_r2: float | None

    def __post_init__(self) -> None:
        fits("mean", self)


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
        texts = {"lengths": self.lengths, "beliefs": self.beliefs, "image": self.image}
        texts |= {f"stages[{at}].image": stage.image for at, stage in enumerate(self.stages)}
        count = self.states * len(self.lengths.split())
        for name, text in texts.items():
            numbers = text.split()
            if not all(number.removeprefix("-").isdecimal() and len(number) < 16 for number in numbers):
                raise ValueError(f"points.{name} holds something other than whole numbers")
            if len(numbers) != count and name != "lengths":
                raise ValueError(f"points.{name} does not hold {self.states} numbers for each of the lengths")


@result_kind("hmm-belief", schema=2)
@dataclass(frozen=True)
class BeliefGeometry:
    """Beliefs in the networks of one run.

    Attributes:
        run: the name of its folder.
        process, params: what was modelled; parameters that are not its defaults.
        parameters: numbers in a network's weights.
        prefixes: distinct ones of 1 to `setting.length` symbols; `words`: of that length.
        different_beliefs: that prefixes lead to, entries within 1e-9 being alike.
        effective_beliefs: by weighting how many of one weight they are worth; intervals over beliefs need 50.
        splits: what is held out together, the most honest first; the last is that of images, dynamics and interventions.
        definitions: what figures mean, in words.
        mean: over seeds, in the order of their fits.
        memory: for each seed.
        published_mse: of Mess3 by tokens seen, in the paper's setting; empty for other processes.
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
    effective_beliefs: Mapping[Weighting, float]
    splits: tuple[Split, ...]
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
        if not self.splits or not self.setting.weightings:
            raise ValueError("splits or setting.weightings is empty")
        if any(not tokens.isdecimal() for tokens in self.published_mse):
            raise ValueError("published_mse has a name that is no number of tokens")

    @property
    def has_states(self) -> bool:
        """Whether beliefs are distributions over states; not so for generalised processes."""
        return self.seeds[0].synchronisation[0].state is not None


@dataclass(frozen=True)
class Spread:
    """Over seeds; the standard deviation (n - 1) and the mean's interval (Student's t) are None for one seed."""

    mean: float
    standard_deviation: float | None
    least: float
    greatest: float
    low: float | None
    high: float | None

    def __post_init__(self) -> None:
        in_range("mean", self.mean, self.least, self.greatest)
        in_range("standard_deviation", self.standard_deviation)
        in_range("mean", self.mean, self.mean if self.low is None else self.low, self.mean if self.high is None else self.high)


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
        mean_loss_bits: per symbol, mean over contexts, exact; `mean_model_bits`: of that above the Bayes floor.
        model_bits: above the floor for each length of context, bits per symbol.
    """

    mean_loss_bits: float
    mean_model_bits: float
    model_bits: tuple[float, ...]

    def __post_init__(self) -> None:
        in_range("mean_loss_bits", self.mean_loss_bits)
        agrees("mean_model_bits", self.mean_model_bits, sum(self.model_bits) / max(len(self.model_bits), 1))
        for bits in self.model_bits:
            in_range("model_bits", bits, slack=_ROUNDING)


@result_kind("hmm-train", schema=2)
@dataclass(frozen=True)
class RunGap:
    """What the networks of a run lose to their process.

    Attributes:
        run: its folder.
        process, params: what was modelled; parameters that are not its defaults.
        parameters: numbers in a network's weights.
        prefixes: distinct ones, over which everything is summed.
        contexts: for 1 symbol of context up to the networks' own.
        finite_context_bits, bayes_floor_bits: means over contexts.
        model_bits: over seeds, means over contexts.
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
    seeds: tuple[SeedGap, ...]

    def __post_init__(self) -> None:
        if not self.seeds or any(len(seed.model_bits) != len(self.contexts) for seed in self.seeds):
            raise ValueError("seeds: there is none, or one has not a figure for each context")
        means = [seed.mean_model_bits for seed in self.seeds]
        agrees("model_bits.mean", self.model_bits.mean, sum(means) / len(means))
        agrees("model_bits.least", self.model_bits.least, min(means))
        agrees("model_bits.greatest", self.model_bits.greatest, max(means))
        in_range("model_bits.least", self.model_bits.least, slack=_ROUNDING)
