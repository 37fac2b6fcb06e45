"""The result of `mdlbench eval`: one input's ideal code length under one model, kind "eval". Nothing was coded: no size."""

from collections.abc import Mapping
from dataclasses import dataclass

from mdlbench.result import result_kind
from mdlbench.result.ranges import agrees, in_range
from mdlbench.units import bits_per_byte, ratio


@dataclass(frozen=True)
class Line:
    """One reason for a difference: so much more (or less) in the code length than in the harness's figure.

    Attributes:
        bits_per_byte: None for an empty text.
    """

    what: str
    bits: float
    bits_per_byte: float | None


@dataclass(frozen=True)
class Comparison:
    """What lm-evaluation-harness says of one document, and the way from there to its ideal code length.

    Attributes:
        word_perplexity, byte_perplexity, bits_per_byte: its metrics; None where they are no finite numbers.
        loglikelihood: in nats; `bits` is minus that, in bits.
        words, bytes, tokens: as it counts them.
        max_length: tokens of a window; `prefix_token` stands before the first.
        gap: what changes on the way; the lines sum to the ideal bits less `bits`.
        notes: what to tell the harness so that it gives these figures.
    """

    word_perplexity: float | None
    byte_perplexity: float | None
    bits_per_byte: float | None
    loglikelihood: float
    words: int
    bytes: int
    tokens: int
    max_length: int
    prefix_token: str
    bits: float
    gap: tuple[Line, ...]
    notes: tuple[str, ...]


def perplexity(bits: float, units: int) -> float | None:
    """2 to the bits per unit; None for no units, and above 2^1000."""
    per_unit = ratio(bits, units)
    return None if per_unit is None or per_unit > 1000 else 2.0**per_unit


@result_kind("eval")
@dataclass(frozen=True)
class IdealCodeLength:
    """The ideal code length of all bytes of an input, each counted exactly once.

    Attributes:
        input: how reports call it.
        cut: what part of it this is, such as "first 1,000 bytes"; None for all of it.
        symbols: how many symbols the bytes became.
        ideal_bits: sum of -log2 p over all symbols, in bits.
        ideal_bits_per_byte: None for an empty input, as are the perplexities; those above 2^1000 are None too.
        word_perplexity: per run of bytes other than white space.
        model: its spec; `digest` is of all that shapes its probabilities, in hexadecimal.
        policy: what each symbol's prediction may see, in words by name; `block_size` in bytes.
        seconds: of the evaluation, once the model was ready; None where nobody looked.
        device, dtype: where and in what arithmetic a network ran; None for other models.
        beside: figures that are parts of the ideal bits or comparisons with them, in bits, by name.
        lm_eval: the harness's figures, where they were asked for.
    """

    input: str
    input_bytes: int
    symbols: int
    ideal_bits: float
    ideal_bits_per_byte: float | None
    symbol_perplexity: float | None
    byte_perplexity: float | None
    word_perplexity: float | None
    model: str
    digest: str
    policy: Mapping[str, str | bool | int | float]
    beside: Mapping[str, float]
    seconds: float | None = None
    device: str | None = None
    dtype: str | None = None
    lm_eval: Comparison | None = None
    cut: str | None = None

    def __post_init__(self) -> None:
        for name in ("input_bytes", "symbols", "ideal_bits", "seconds"):
            in_range(name, getattr(self, name))
        agrees("ideal_bits_per_byte", self.ideal_bits_per_byte, bits_per_byte(self.ideal_bits, self.input_bytes))
        for name, units in (("symbol_perplexity", self.symbols), ("byte_perplexity", self.input_bytes)):
            agrees(name, getattr(self, name), perplexity(self.ideal_bits, units))
        in_range("word_perplexity", self.word_perplexity, 1.0)
