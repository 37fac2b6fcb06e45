"""Where every byte and bit of a container went.

Two sums that must come out: the parts of the file in bytes, and the payloads in bits as ideal code length + quantisation +
coder. What cannot be part of either (the model's own weight, the cost of choices) stands beside them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from mdlbench.container.writer import PARTS, framing
from mdlbench.models.base import Model
from mdlbench.units import bytes_to_bits

NOTABLE_FRAMING = 0.05  # of a file: more is told wherever its size is


@dataclass(frozen=True)
class PayloadSplit:
    """The payloads' bits: ideal + quantisation + coder = 8 * payload bytes.

    Attributes:
        ideal: sum of -log2 p, computed without the coder.
        quantisation: what rounding p to integer counts cost; may be negative.
        coder: what the entropy coder added, framing of the payload included.
    """

    ideal: float
    quantisation: float
    coder: float

    @classmethod
    def of(cls, payload_bytes: int, ideal: float, quantised: float) -> "PayloadSplit":
        """Split the size of payloads whose symbols have these code lengths, in bits."""
        return cls(ideal, quantised - ideal, bytes_to_bits(payload_bytes) - quantised)


@dataclass(frozen=True)
class Ledger:
    """The account of one container file.

    Attributes:
        bytes: bytes of each of PARTS; they sum to the file's size.
        payload_bits: the split of the payloads; None where a model gives no probabilities, or where it was not asked for.
        figures: named figures outside the sums, in bits: of the byte fallback, of context resets.
        models: what coded it, as far as it was asked for; they are weighed when somebody looks.
    """

    bytes: dict[str, int]
    payload_bits: PayloadSplit | None = None
    figures: dict[str, float] = field(default_factory=dict)
    models: Sequence[Model] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        assert tuple(self.bytes) == PARTS, self.bytes

    @property
    def file_size(self) -> int:
        """The sum of the parts, in bytes."""
        return sum(self.bytes.values())

    @property
    def framing_share(self) -> float:
        """The part of the file that is no payload: headers, index, trailer."""
        return framing(self.bytes) / max(self.file_size, 1)

    @cached_property
    def beside(self) -> dict[str, Any]:
        """All that stands outside the sums: `figures`, and what the models themselves weigh, in bytes."""
        weights = {"model_bytes": {model.spec: asdict(model.description()) for model in self.models}} if self.models else {}
        return {**self.figures, **weights}

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`; `payload_bits` is null where unknown."""
        split = self.payload_bits
        bits = None if split is None else {"ideal": split.ideal, "quantisation": split.quantisation, "coder": split.coder}
        return {"bytes": dict(self.bytes), "payload_bits": bits, "beside": self.beside}
