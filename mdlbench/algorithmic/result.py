"""The results of `mdlbench algorithmic`: a sequence against the program that writes it, and what a sentence about it saves."""

from dataclasses import dataclass
from typing import Literal

from mdlbench.result import result_kind


@dataclass(frozen=True)
class Code:
    """What one model spends on a sequence.

    Attributes:
        measured: "ideal", a sum of -log2 p of what was not coded, or "file", the size of a container that was decoded.
    """

    model: str
    digest: str
    measured: Literal["ideal", "file"]
    bits: float


@dataclass(frozen=True)
class Length:
    """A sequence of one length.

    Attributes:
        count: its terms: lines, digits or bits.
        bytes: that models code; `alphabet` of their 256 values occur.
        alphabet_bits: what the bytes cost if those were equally likely and nothing else were known: the null.
        program_bytes: of the file that was run and printed the sequence: the compressed program and its count.
        codes: of each model.
    """

    count: int
    bytes: int
    alphabet: int
    alphabet_bits: float
    program_bytes: int
    codes: tuple[Code, ...]


@result_kind("algorithmic")
@dataclass(frozen=True)
class AgainstProgram:
    """A sequence, the program that writes it, and every model's code length.

    Attributes:
        definition: of its terms; `encoding`: of terms as bytes; `source`: its number in the OEIS, or where it was published.
        program: the source, as it was packed; source_bytes: its size before.
        compressor: of the program.
        runtime: what runs the program, which is not charged.
        lengths: shortest first.
    """

    sequence: str
    definition: str
    encoding: str
    source: str
    program: str
    source_bytes: int
    compressor: str
    runtime: str
    lengths: tuple[Length, ...]


@dataclass(frozen=True)
class Spread:
    """A mean over wordings, with its interval (Student's t, 95 %); no ends where one wording has no spread."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Wording:
    """A sentence before the sequence.

    Attributes:
        text: as it was read, its line feed left out.
        bytes: of it, the line feed included; `bits`: what the network spends on them.
        sequence_bits: what the network spends on the sequence after it.
    """

    text: str
    bytes: int
    bits: float
    sequence_bits: float


@result_kind("algorithmic-description")
@dataclass(frozen=True)
class Described:
    """A sequence's ideal code length under a network with and without a sentence that says which it is.

    Attributes:
        count: terms of the sequence from which the first `bytes` bytes were coded, `tokens` of the network.
        network: its spec; `parameters` as its file counts them; `digest` of all that shapes its probabilities.
        start: the token before the first.
        bits: of the sequence alone.
        wordings: sentences about it; `controls`: sentences about `control`, a sequence of the same encoding: the null.
        saved, saved_by_control: `bits` less those after a sentence, over wordings.
        beyond_control: the first less the second, wording by wording.
        net: `saved` less the bits that the network spends on the sentence; `net_of_bytes`: less 8 bits for each of its bytes.
    """

    sequence: str
    encoding: str
    count: int
    bytes: int
    tokens: int
    network: str
    parameters: int
    digest: str
    start: str
    bits: float
    wordings: tuple[Wording, ...]
    control: str
    controls: tuple[Wording, ...]
    saved: Spread
    saved_by_control: Spread
    beyond_control: Spread
    net: Spread
    net_of_bytes: Spread
