"""The result of `mdlbench prequential`: what a learner's codes for a task cost, kind "prequential". All lengths are ideal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mdlbench.result import result_kind


@dataclass(frozen=True)
class Spread:
    """A figure over seeds: the ends of Student's t interval of the mean, None for one seed, and every value."""

    low: float | None
    high: float | None
    values: tuple[float, ...]


@dataclass(frozen=True)
class Choice:
    """A hyper-parameter, or another choice, that the code rests on.

    Attributes:
        what, value: its name, and what was chosen.
        tried: how many values were looked at; None where nobody says.
        bits: log2 of that; None for what is not charged, 0 where the code length itself has paid.
    """

    what: str
    value: str
    tried: int | None
    bits: float | None


@dataclass(frozen=True)
class Anchor:
    """A final loss, and what the code spends above it.

    Attributes:
        anchor: where the final loss is taken: "held out", "mean of the last 1 %" or "last step".
        loss_bits: per symbol.
        excess_bits: code length - symbols x final loss: the area of the loss curve above it. Negative where a learner overfits.
    """

    anchor: str
    loss_bits: float
    excess_bits: float


@dataclass(frozen=True)
class Point:
    """Cumulative bits after so many symbols, mean over seeds, with its interval; and regret, above the best in hindsight."""

    symbols: int
    bits: float
    low: float | None
    high: float | None
    regret_bits: float | None


@dataclass(frozen=True)
class TwoPart:
    """The parts of the two-part code (see `twopart.TwoPartCode`), means over seeds; `precisions` is f of each seed."""

    parameters: int
    precisions: tuple[int, ...]
    weight_bits: float
    data_bits: float
    rissanen_bits: float


@dataclass(frozen=True)
class Variational:
    """The parts of the variational code (see `variational.VariationalCode`), means over seeds."""

    kl_bits: float
    data_bits: float
    standard_error: float
    samples: int
    prior: float


@result_kind("prequential")
@dataclass(frozen=True)
class Prequential:
    """One learner on one task, coded in one way from several seeds; every figure is the mean over them.

    Attributes:
        task: such as "digits"; `data` tells what of, labels given features or the bytes of a text.
        learner: its spec, or "mixture" / "fixed share" of those in `members`.
        code: how symbols were coded, in words.
        symbols, classes: how many were coded, of how many kinds.
        digest: of features and labels, or bytes, in hexadecimal.
        seeds: each its own order of the examples and initial weights.
        code_length_bits: the prequential code length, the selector of a mixture included.
        uncalibrated_bits: the same without forward calibration; None where there is none.
        uniform_bits: symbols x log2 classes.
        two_part_bits, variational_bits: beside it; None where the learner has none.
        random_labels_bits: the same code for permuted labels; None where that is not measured.
        final_loss_bits, excess_bits: of the first of `anchors`; per symbol, and in all.
        hindsight_bits: of all symbols under the learner fitted to all of them: no code; `regret_bits` is what is above that.
        charged_bits: the sum of what `charged_choices` cost; not in `code_length_bits`.
        visited: examples or symbols that training saw, each time again, of one seed; 0 where nothing is trained by gradient.
        curve: cumulative bits.
        intervals: of figures by their field's name.
    """

    task: str
    data: Literal["labels", "text"]
    learner: str
    code: str
    symbols: int
    classes: int
    digest: str
    seeds: tuple[int, ...]
    code_length_bits: float
    uniform_bits: float
    charged_bits: float
    charged_choices: tuple[Choice, ...]
    curve: tuple[Point, ...]
    intervals: Mapping[str, Spread]
    anchors: tuple[Anchor, ...]
    visited: int
    uncalibrated_bits: float | None = None
    two_part_bits: float | None = None
    variational_bits: float | None = None
    random_labels_bits: float | None = None
    excess_bits: float | None = None
    final_loss_bits: float | None = None
    hindsight_bits: float | None = None
    regret_bits: float | None = None
    two_part: TwoPart | None = None
    variational: Variational | None = None
    members: tuple[str, ...] = ()
