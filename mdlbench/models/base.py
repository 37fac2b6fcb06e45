"""What the codec drives: `Model`, and the two-verb `Predictor` that most neural models are.

A `Model` turns blocks of bytes into payloads and back; each block is coded from fresh state, so blocks may be decoded alone
and in any order. A `Predictor` only predicts and learns; `mdlbench.models.lockstep` makes a `Model` of it.
Importing a module of this package imports neither torch nor numba: heavy parts are imported where they are used.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from mdlbench.errors import SpecError
from mdlbench.models.spec import format_spec

if TYPE_CHECKING:
    from mdlbench.numerics.frequencies import Frequencies

Portability = Literal["exact", "environment"]
DIGEST_SIZE = 8


def digest8(*parts: bytes) -> bytes:
    """The project's digest: the first 8 bytes (BLAKE2b's own short form) over `parts`, each prefixed by its length."""
    state = hashlib.blake2b(digest_size=DIGEST_SIZE)
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.digest()


class Encoded(NamedTuple):
    """A coded block, with the two code lengths that its size is held against (None where the model cannot know them).

    Attributes:
        payload: the bytes that decode.
        ideal_bits: sum of -log2 p over the symbols, p as the model means it (floating point where it is a float).
        quantised_bits: the same with p as the coder sees it: integer counts.
    """

    payload: bytes
    ideal_bits: float | None
    quantised_bits: float | None


@dataclass(frozen=True)
class Description:
    """What the model itself weighs, in bytes; reported beside every result and never inside its size."""

    code: int
    weights: int = 0
    weights_16bit: int = 0


class Check(NamedTuple):
    """One line of `mdlbench doctor`: did a change that should not matter change the integer counts?

    Attributes:
        what: the two settings that were compared, such as "batch 1 against 8".
        same: whether every count was the same; None if the comparison cannot be made here.
        detail: what was compared and how much differs, or why not.
    """

    what: str
    same: bool | None
    detail: str


class Places(NamedTuple):
    """Where in a block the symbols lie that its code length is made of; int64 (n,) each, aligned with `code_length`.

    Attributes:
        starts: offset of a symbol's first byte; not ascending where a model codes some bytes after the others.
        sizes: its bytes; 0 for what stands for none, such as the place of a raw span, charged where that begins.
    """

    starts: np.ndarray
    sizes: np.ndarray


class Alternative(NamedTuple):
    """A symbol that might have come in another's place: its bytes, and how probable the model held it."""

    symbol: bytes
    probability: float


@dataclass(frozen=True)
class NoOptions:
    """For models that have none."""


class Model(ABC):
    """A probability for every next symbol, as something that codes blocks.

    Class attributes:
        name: the first word of its spec.
        revisions: stream revisions that can be built, newest first; one is added when probabilities change, none removed.
        portability: "exact" decodes on any machine; "environment" under the same software and kind of device.
        block_size: original bytes per block unless the user says otherwise.
        batch_size: blocks that `encode` and `decode` like to be given at once.
        takes_argument: whether something may follow `name:` in the spec.
        Options: a frozen dataclass made of `spec.option` fields.
    """

    name: ClassVar[str]
    revisions: ClassVar[tuple[int, ...]] = (1,)
    portability: Portability = "exact"
    block_size: int = 16 << 20
    batch_size: int = 1
    takes_argument: ClassVar[bool] = False
    Options: ClassVar[type] = NoOptions

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        if argument and not self.takes_argument:
            raise SpecError(f"{self.name}:{argument}: {self.name} takes no argument; options are written {self.name},key=value")
        if revision is not None and revision not in self.revisions:
            raise SpecError(f"{self.name} has no stream revision {revision}; there are: {', '.join(map(str, self.revisions))}")
        self.argument = argument
        self.options = self.Options() if options is None else options
        self.revision = revision or self.revisions[0]

    @property
    def spec(self) -> str:
        """The canonical spec."""
        return format_spec(self.name, self.argument, self.options)

    @classmethod
    def reads_files(cls, argument: str) -> bool:
        """Whether building the model of this argument opens a file; a container's header cannot ask for that."""
        return False

    @classmethod
    def arguments(cls) -> list[str]:
        """The names that `name:` takes, where they are known beforehand."""
        return []

    def identity(self) -> dict[str, Any]:
        """Whatever shapes the probabilities beside name and revision: options, digests of weights and tokenizer."""
        return {"argument": self.argument, **asdict(self.options)}

    @property
    def digest(self) -> bytes:
        """8 bytes over name, stream revision and `identity()`; never over the package version."""
        identity = json.dumps(self.identity(), sort_keys=True, default=str)
        return digest8(self.name.encode(), str(self.revision).encode(), identity.encode())

    def environment(self) -> dict[str, str]:
        """What an "environment" model needs to find unchanged at decode time, by name; empty for an exact one."""
        return {}

    def policy(self) -> dict[str, Any]:
        """The context policy: what each symbol's prediction may see. Part of every result."""
        return {"context": "block", "start": "empty"}

    @abstractmethod
    def description(self) -> Description:
        """The size of the model itself."""

    @abstractmethod
    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        """Code each block from fresh state."""

    @abstractmethod
    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        """Decode payloads into blocks of `sizes` bytes.

        A damaged payload gives wrong bytes of the right length, or a `DamagedBlockError`; it never hangs, and memory stays
        bounded by `sizes`. The codec checks each block against its checksum.
        """

    @abstractmethod
    def code_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        """Ideal code length: one float64 array of bits per block, an entry per symbol; computed without the coder."""

    def quantised_length(self, blocks: Sequence[bytes]) -> list[np.ndarray] | None:
        """The same under the integer counts that the coder sees; None where there is no such thing."""
        return self.code_length(blocks)

    def symbol_places(self, blocks: Sequence[bytes]) -> list[Places]:
        """Which original bytes each entry of `code_length` stands for; every byte of a block once."""
        return [Places(np.arange(len(block)), np.ones(len(block), np.int64)) for block in blocks]

    def alternatives(self, block: bytes, count: int) -> list[tuple[Alternative, ...]] | None:
        """The `count` likeliest symbols at each entry of `code_length`, likeliest first, none where the model cannot say.

        None if it never can: by default, and for models that predict bits rather than symbols.
        """
        return None

    def doctor(self, block: bytes) -> list[Check]:
        """Measure what the model's integers depend on, on a sample of at least a few kilobytes."""
        from mdlbench.models.invariance import kernel_checks

        return kernel_checks(self, block)

    def prepare(self) -> None:
        """Do what takes long once, such as compiling, before time is measured or workers start: by default, one byte."""
        self.decode([encoded.payload for encoded in self.encode([b"\0"])], [1])

    def beside(self, blocks: Sequence[bytes]) -> dict[str, float]:
        """Figures reported beside the ledger, in bits: `byte_fallback_bits`, `context_reset_bits`; default none."""
        return {}


class Predictor(ABC):
    """Predict, then update: B streams in lockstep, one symbol each per step."""

    alphabet_size: int
    portability: Portability

    @abstractmethod
    def reset(self, n_streams: int) -> None:
        """Forget everything; the next `predict` is for the first symbol of each of `n_streams` streams."""

    @abstractmethod
    def predict(self) -> "Frequencies":
        """The distribution of each stream's next symbol: integer counts, shape (B, alphabet_size)."""

    @abstractmethod
    def update(self, symbols: np.ndarray) -> None:
        """Learn the symbols that came, int64 of shape (B,)."""
