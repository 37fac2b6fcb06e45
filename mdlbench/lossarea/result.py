"""Results of kinds "loss-area" (curves measured together) and "loss-area-llama" (published figures, recomputed)."""

from dataclasses import dataclass

from mdlbench.result import result_kind


@dataclass(frozen=True)
class Flag:
    """Something that is wrong with a curve, and what to do about it; `refused`: the curve has no area for it."""

    check: str
    what: str
    remedy: str
    refused: bool


@dataclass(frozen=True)
class Above:
    """The area above a level: total bits less tokens x level; `anchor` says which level, in nats a token."""

    anchor: str
    level_nats: float
    bits: float


@dataclass(frozen=True)
class Parameter:
    """A fitted figure with its interval from the fit's covariance; no ends where it lies at its bound."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class HoldOut:
    """What a fit of the first part says of the rest of the same curve.

    Attributes:
        from_tokens: the fit saw tokens up to here.
        measured_bits, predicted_bits: of the area behind; low, high: the prediction's interval from its covariance.
    """

    from_tokens: float
    measured_bits: float
    predicted_bits: float
    low_bits: float | None
    high_bits: float | None


@dataclass(frozen=True)
class Forecast:
    """The area if training went on to so many tokens.

    Attributes:
        bits: area measured so far and area of the fit behind it; low, high: from the fit's covariance.
        held_out_low_bits, held_out_high_bits: the part behind wrong by as much as the hold-out was, either way.
    """

    tokens: float
    bits: float
    low_bits: float | None
    high_bits: float | None
    held_out_low_bits: float | None
    held_out_high_bits: float | None


@dataclass(frozen=True)
class PowerLaw:
    """L = floor + (T / scale)^-exponent, L in nats a token, T in tokens, fitted to means over blocks of tokens.

    Attributes:
        from_tokens: rows before are not fitted (warm-up).
        residual_nats: root mean square over the blocks.
        above_floor_bits, above_last_bits: closed forms of the area above the floor and above the fit's last loss.
    """

    floor_nats: Parameter
    exponent: Parameter
    scale_tokens: Parameter
    from_tokens: float
    blocks: int
    residual_nats: float
    above_floor_bits: float
    above_last_bits: float
    hold_out: HoldOut | None
    forecasts: tuple[Forecast, ...]


@dataclass(frozen=True)
class Drawn:
    """A curve thinned for drawing: means over blocks, so that the area drawn is the area. Ends of blocks, in tokens."""

    tokens: tuple[float, ...]
    loss_nats: tuple[float, ...]


@dataclass(frozen=True)
class CurveArea:
    """One curve's area. What is not known is None; of a refused curve everything that follows from its area.

    Attributes:
        tokens: that the area counts.
        area_bits: the sum of loss x tokens; low, high: what gaps and rounding leave open.
        area_bytes: the same in bytes; nothing was coded, so it is no file's size.
        untaught_bits: the first row's loss x tokens: the area of a model that learns nothing.
        raw_bytes: of the training data by the convention; ratio: raw bytes to area bytes.
        model_code_bytes, weights_bytes: charged; total: area and those, and its ratio.
        flags: what is wrong with the curve; refused: why it has no area.
        format, column, unit, unit_said, averaged, rows: how it was read.
        epochs: passes over the data by the log's end; None where it does not count them.
        parameters: size of the model.
        confirmed_tokens: tokens of a slice whose file was decoded, with the area and the bytes of its payload.
    """

    name: str
    tokens: float | None
    area_bits: float | None
    area_bytes: float | None
    mean_loss_nats: float | None
    raw_bytes: float | None
    ratio: float | None
    flags: tuple[Flag, ...]
    refused: str | None
    area_low_bits: float | None
    area_high_bits: float | None
    untaught_bits: float | None
    bytes_per_token: float | None
    raw_convention: str
    model_code_bytes: int | None
    weights_bytes: int | None
    total_bytes: float | None
    total_ratio: float | None
    format: str
    column: str
    unit: str
    unit_said: bool
    averaged: bool
    rows: int
    first_step: float
    first_loss_nats: float | None
    last_loss_nats: float | None
    above: tuple[Above, ...] = ()
    fit: PowerLaw | None = None
    no_fit: str | None = None
    drawn: Drawn | None = None
    epochs: float | None = None
    parameters: int | None = None
    confirmed_tokens: int | None = None
    confirmed_area_bits: float | None = None
    confirmed_file_bytes: int | None = None


@dataclass(frozen=True)
class Crossing:
    """Where the curve that has the smaller area at the end passes another, in tokens.

    Attributes:
        winner, other: names; the winner has the smaller area at `shared_tokens`, where the shorter of the two ends.
        loss_tokens: from here on the winner's loss is the lower one, on the whole; None where it always was.
        area_tokens: from here on its area so far is the smaller one; None where it always was.
    """

    winner: str
    other: str
    shared_tokens: float
    loss_tokens: float | None
    area_tokens: float | None


@dataclass(frozen=True)
class SizeLaw:
    """Mean loss of runs of a family = floor + (N / scale)^-exponent, nats a token, N parameters; scale has no interval."""

    floor_nats: Parameter
    exponent: Parameter
    scale_parameters: float


@result_kind("loss-area")
@dataclass(frozen=True)
class LossArea:
    """Curves measured together.

    Attributes:
        group: what they are called together, such as a family of models or a corpus.
        vocabulary: symbols that a token is one of, where it was said.
        crossings: of each pair of curves that have an area.
        raw: how raw bytes are counted, in words.
        size_law: of mean loss against size, where at least four sizes are known.
    """

    group: str
    curves: tuple[CurveArea, ...]
    crossings: tuple[Crossing, ...]
    raw: str
    vocabulary: int | None = None
    size_law: SizeLaw | None = None


@dataclass(frozen=True)
class RawBytes:
    """A convention for how many raw bytes 1.4 T tokens are, and what it makes of 14x.

    Attributes:
        needed_loss_nats: mean loss that the claimed ratio needs.
        claimed_bytes: raw bytes over that ratio.
    """

    convention: str
    raw_bytes: float
    bytes_per_token: float
    needed_loss_nats: float
    claimed_bytes: float


@dataclass(frozen=True)
class Envelope:
    """A model's area by a published fit of L(N, D), followed as if it were a curve.

    Attributes:
        fit: whose constants.
        mean_loss_nats, last_loss_nats: over the envelope, and L(N, D) itself.
        ratios: raw bytes to area bytes, for each convention in the order of `LossAreaLlama.raw`.
        curve: places of it, for drawing.
    """

    model: str
    parameters: float
    tokens: float
    fit: str
    area_bits: float
    mean_loss_nats: float
    last_loss_nats: float
    ratios: tuple[float, ...]
    curve: Drawn


@dataclass(frozen=True)
class Mark:
    """A published figure that envelopes are held against."""

    name: str
    ratio: float
    source: str


@dataclass(frozen=True)
class FitConstants:
    """Constants of L(N, D) = E + A / N^alpha + B / D^beta, in nats a token."""

    name: str
    e: float
    a: float
    b: float
    alpha: float
    beta: float
    source: str
    mark: str


@result_kind("loss-area-llama")
@dataclass(frozen=True)
class LossAreaLlama:
    """The "about 14x" of LLaMA 65B from published figures."""

    claimed_ratio: float
    tokens: float
    raw: tuple[RawBytes, ...]
    marks: tuple[Mark, ...]
    fits: tuple[FitConstants, ...]
    envelopes: tuple[Envelope, ...]
