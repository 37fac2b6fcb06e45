"""What the codec drives: `Model`, and the two-verb `Predictor` that most neural models are.

A `Model` turns blocks of bytes into payloads and back; each block is coded from fresh state, so blocks may be decoded alone
and in any order. A `Predictor` only predicts and learns; `mdlbench.models.lockstep.PredictorModel` makes a `Model` of it.
Importing a module of this package imports neither torch nor numba: heavy parts are imported where they are used.
"""

import hashlib
import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from mdlbench.errors import SpecError
from mdlbench.models.decoders import PACKAGE, Decoder, Source, weigh
from mdlbench.models.spec import format_spec

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


class Measured(NamedTuple):
    """A block's code length, from a pass that does not involve the coder.

    Attributes:
        ideal: bits of each symbol, -log2 p with p as the model means it, float64 (n,).
        quantised: the same under the integer counts that the coder sees; None if it was not asked for.
        beside: figures reported beside the sums, in bits, by name: `byte_fallback_bits`, `context_reset_bits`; empty for
            models that have none, and if they were not asked for.
    """

    ideal: np.ndarray
    quantised: np.ndarray | None = None
    beside: Mapping[str, float] = {}


@dataclass(frozen=True)
class Description:
    """What the model itself weighs, in bytes (`decoders.RULE`); reported beside every result and never inside its size.

    Attributes:
        code: of the files that hold the decoder, packed and compressed; None where they are not known, for `reason`.
        weights, weights_16bit: as shipped, and what they would be at 16 bits each.
        shared: runtimes that it needs beside, by name, charged to none.
    """

    code: int | None
    weights: int = 0
    weights_16bit: int = 0
    shared: tuple[str, ...] = ()
    reason: str = ""


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
        has_probabilities: whether it knows code lengths; if not, `measure` raises `UsageError` and `Encoded` has no bits.

    Attributes:
        repeatable: whether a block is encoded to the same bytes each time; None if nobody has promised it.
        device, threads: where it computes, and on how many threads at once.
        rebuilds: whether `load_model(spec, revision)` makes the same model in another process.
        entries: numbers that its spec alone made it compute; what a container's header may ask for is bounded.
    """

    name: ClassVar[str]
    revisions: ClassVar[tuple[int, ...]] = (1,)
    portability: Portability = "exact"
    block_size: int = 16 << 20
    batch_size: int = 1
    takes_argument: ClassVar[bool] = False
    Options: type = NoOptions
    has_probabilities: ClassVar[bool] = True
    repeatable: bool | None = True
    device: str = "cpu"
    threads: int = 1
    rebuilds: bool = False
    entries: int = 0

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        if argument and not self.takes_argument:
            raise SpecError(f"{self.name}:{argument}: {self.name} takes no argument; options are written {self.name},key=value")
        if revision is not None and revision not in self.revisions:
            raise SpecError(f"{self.name} has no stream revision {revision}; there are: {', '.join(map(str, self.revisions))}")
        self.argument = argument
        self.options = self.Options() if options is None else options
        self.revision = revision or self.revisions[0]

    def __repr__(self) -> str:
        return f"<Model {self.spec}>"  # without the digest: of a network's weights it takes seconds

    @classmethod
    def check(cls, argument: str, options: Any) -> None:
        """Raise what is wrong with a spec, as far as that is seen without loading what takes long; by default all of it."""
        cls(argument, options)

    @property
    def spec(self) -> str:
        """The canonical spec."""
        return format_spec(self.name, self.argument, self.options)

    @property
    def version(self) -> str | None:
        """What does the work where that is not mdlbench, with its version, for results; not part of the digest."""
        return None

    @classmethod
    def decodes_alone(cls, argument: str = "") -> bool:
        """Whether a container's header may have this model built; by default the user must name it at decode time (-m).

        Only for models that open no file and run no code but mdlbench's own, whatever the argument.
        """
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

    def decoder(self) -> Decoder:
        """Where the files are that hold what decodes: by default, what the module of the class imports."""
        module = type(self).__module__
        return Source(module if module.partition(".")[0] == PACKAGE else Path(inspect.getfile(type(self))))

    def description(self) -> Description:
        """The size of the model itself; by default without weights."""
        return Description(**vars(weigh(self.decoder())))

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
    def measure(self, blocks: Sequence[bytes], *, quantised: bool = False, beside: bool = False) -> list[Measured]:
        """The code length of each block, from fresh state, in one pass without the coder.

        Args:
            quantised, beside: whether these parts of the result are wanted too; they may cost more.

        Raises:
            UsageError: the model has no probabilities.
        """

    def code_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        """Ideal code length: one float64 array of bits per block, an entry per symbol."""
        return [measured.ideal for measured in self.measure(blocks)]

    def symbol_places(self, blocks: Sequence[bytes]) -> list[Places]:
        """Which original bytes each entry of `code_length` stands for; every byte of a block once."""
        return [Places(np.arange(len(block)), np.ones(len(block), np.int64)) for block in blocks]

    def alternatives(self, block: bytes, count: int) -> list[tuple[Alternative, ...]] | None:
        """The `count` likeliest symbols at each entry of `code_length`, likeliest first, none where the model cannot say.

        None if it never can: by default, and for models that predict bits rather than symbols.
        """
        return None

    def doctor(self, block: bytes) -> list[Check]:
        """Measure what the model's integers depend on, on a sample of at least a few kilobytes; nothing by default."""
        return []

    def seconds(self, sample: bytes, n_bytes: int, block_size: int, *, coding: bool) -> float | None:
        """About how long `n_bytes` like `sample` will take, measured on a few symbols; None where nobody need ask: by default.

        Args:
            coding: whether they are coded; else their code length is measured.
        """
        return None

    def prepare(self) -> None:
        """Do what takes long once, such as compiling, before time is measured or workers start: by default, one byte."""
        self.decode([encoded.payload for encoded in self.encode([b"\0"])], [1])


class Predictor(ABC):
    """Predict, then update: B streams in lockstep, one symbol each per step.

    Whatever `__init__` takes is kept under its own name (`self.alpha`), so that a model's digest can cover it.

    Class attributes:
        alphabet_size: symbols 0 .. alphabet_size - 1; bytes by default.
        portability: as of `Model`: "exact" only if the same integers come out on every machine.
        batch_size: streams in step; the batch is always full, so it is part of what decoding needs.
        block_size: original bytes per block.
    """

    alphabet_size: int = 256
    portability: Portability = "environment"
    batch_size: int = 1
    block_size: int = 256 << 10

    @abstractmethod
    def reset(self, n_streams: int) -> None:
        """Forget everything; the next `predict` is for the first symbol of each of `n_streams` streams."""

    @abstractmethod
    def predict(self) -> Any:
        """The distribution of each stream's next symbol.

        Returns:
            Weights (B, alphabet_size), a numpy or torch array: non-negative, finite, a row need not sum to one; or
            `mdlbench.Frequencies`.
        """

    @abstractmethod
    def update(self, symbols: np.ndarray) -> None:
        """Learn the symbols that came, int64 of shape (B,)."""

    def identity(self) -> dict[str, Any]:
        """What else shapes the probabilities than source and parameters, such as the digest of a file of weights."""
        return {}

    def environment(self) -> dict[str, str]:
        """What must be unchanged at decode time beside Python, numpy and the processor, by name."""
        return {}
