"""`online:gru`, `lstm`, `gpt2`, `llama`: a network that starts from a seed and learns the block while it is coded.

The decoder trains in step with the encoder, so a file holds no weights: its size is the sum of the losses, each taken before
the update that learns it (prequential coding: A. P. Dawid, J. R. Stat. Soc. A 147 (1984); J. Rissanen, IEEE Trans. Inf. Theory
30 (1984); for networks B. Knoll's lstm-compress, F. Bellard's NNCP). The area under the training curve is the file's size.

A block is cut into `streams` contiguous parts that are coded in step, each update learning `horizon` symbols of each: more of
either is faster, and later updates are worse. What one symbol costs is the same in `measure`, which lets a whole chunk through
at once, as in `encode` and `decode`, which cannot.

Floating point: a file decodes with the same software on the same kind of processor. The work is in `learning.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mdlbench.errors import NetworkError, SpecError
from mdlbench.models.base import Check, Encoded, Measured, Model
from mdlbench.models.hf.loading import check_installed
from mdlbench.models.invariance import predictor_checks
from mdlbench.models.spec import option
from mdlbench.progress import each
from mdlbench.training.config import Architecture, Optimiser

if TYPE_CHECKING:
    from mdlbench.training.online import OnlineConfig

_CARRIES_ALL = ("gru", "lstm")  # their state has no window
LEAST_OF_A_STREAM = 1024  # bytes: a short block has fewer streams
_BOUNDS = {  # what the header of a file may ask for
    "width": (1, 4096),
    "layers": (1, 64),
    "heads": (1, 256),
    "context": (1, 4096),
    "streams": (1, 256),
    "horizon": (1, 1024),
    "orders": (0, 16),
    "lr": (1e-9, 1.0),
    "seed": (0, (1 << 63) - 1),
}


@dataclass(frozen=True)
class OnlineOptions:
    """What learns, and how; by default what `PRESETS` says of the architecture. All of it shapes the probabilities."""

    width: int | None = option(None, "of the hidden state, or of the residual stream")
    layers: int | None = option(None, "blocks, one upon the other")
    heads: int | None = option(None, "of attention (gpt2, llama)")
    context: int | None = option(None, "symbols that a prediction sees at most (gpt2, llama)")
    streams: int | None = option(None, "parts of a block that are coded in step; 1 is smallest and slowest")
    horizon: int | None = option(None, "symbols of each stream between two updates")
    orders: int | None = option(None, "n-gram features of so many orders beside the network; 0 for the network alone")
    lr: float | None = option(None, "learning rate of the network (AdamW)")
    seed: int = option(0, "of the initial weights")

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ValueError(f"{name} is {value}; choose {least} to {most}")


@dataclass(frozen=True)
class Settings:
    """Options in full."""

    width: int
    layers: int
    heads: int
    context: int
    streams: int
    horizon: int
    orders: int
    lr: float
    seed: int = 0


_RECURRENT = Settings(width=128, layers=1, heads=1, context=1, streams=16, horizon=8, orders=6, lr=2e-3)
_TRANSFORMER = Settings(width=128, layers=2, heads=4, context=64, streams=16, horizon=16, orders=6, lr=2e-3)
PRESETS = {"gru": _RECURRENT, "lstm": _RECURRENT, "gpt2": _TRANSFORMER, "llama": _TRANSFORMER}


class Online(Model):
    """A network that learns each block from its seed on."""

    takes_argument = True
    name = "online"
    portability = "environment"
    block_size = 64 << 20
    Options = OnlineOptions

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        chosen = options or OnlineOptions()
        self.settings = _settings(argument, chosen)
        preset = vars(PRESETS[argument])
        changed = {name: value for name, value in vars(self.settings).items() if value != preset[name]}
        super().__init__(argument, OnlineOptions(**changed), revision)
        check_installed()

    @classmethod
    def check(cls, argument: str, options: Any) -> None:
        _settings(argument, options)
        check_installed()

    @classmethod
    def arguments(cls) -> list[str]:
        return list(PRESETS)

    @classmethod
    def decodes_alone(cls, argument: str = "") -> bool:
        return True

    def identity(self) -> dict[str, Any]:
        return {"argument": self.argument, **asdict(self.settings)}

    def environment(self) -> dict[str, str]:
        from mdlbench.models.hf.environment import describe

        return {**describe("cpu"), "threads": "1"}

    def policy(self) -> dict[str, Any]:
        told = self.settings
        seen = "everything before, in its stream" if self.argument in _CARRIES_ALL else f"{told.context} symbols"
        return {
            "context": seen,
            "start": "from a seed, nothing learnt",
            "streams": told.streams,
            "update": f"after {told.horizon} symbols of each stream, which were scored before",
        }

    def config(self) -> "OnlineConfig":
        """What its learner is."""
        from mdlbench.training.online import OnlineConfig

        told = self.settings
        context = told.horizon if self.argument in _CARRIES_ALL else told.context
        shape = Architecture(self.argument, context, told.layers, told.width, told.heads)
        plan = Optimiser(learning_rate=told.lr, warmup=50, schedule="constant", clip=1.0)
        return OnlineConfig(shape, plan, told.horizon, told.orders)

    def streams_of(self, size: int) -> int:
        """In how many streams a block of `size` bytes is coded."""
        return max(1, min(self.settings.streams, size // LEAST_OF_A_STREAM))

    @contextmanager
    def learning(self) -> Iterator[None]:
        """Torch with one thread; a loss that is not finite is an error that names the model."""
        from mdlbench.training.loop import one_thread

        try:
            with one_thread():
                yield
        except FloatingPointError as error:
            raise NetworkError(f"{self.spec}: {error}") from None

    def prepare(self) -> None:
        """Import torch."""
        import mdlbench.training.online  # noqa: F401

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        from mdlbench.models.online.learning import encode_block

        with self.learning():
            return [encode_block(self, block) for block in each(blocks)]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        from mdlbench.models.online.learning import decode_block

        pairs = each(zip(payloads, sizes, strict=True), size=lambda pair: pair[1])
        with self.learning():
            return [decode_block(self, payload, size) for payload, size in pairs]

    def measure(self, blocks: Sequence[bytes], *, quantised: bool = False, beside: bool = False) -> list[Measured]:
        """Bits of each byte, from the passes that the updates need."""
        from mdlbench.models.online.learning import measure_block

        with self.learning():
            return [measure_block(self, block, quantised) for block in each(blocks)]

    def doctor(self, block: bytes) -> list[Check]:
        from mdlbench.models.online.learning import chunks_against_steps

        with self.learning():
            return [*predictor_checks(self, block), chunks_against_steps(self, block)]

    def seconds(self, sample: bytes, n_bytes: int, block_size: int, *, coding: bool) -> float | None:
        """From the first steps of a block."""
        from mdlbench.models.online.learning import seconds_of_a_byte

        with self.learning():
            return n_bytes * seconds_of_a_byte(self, sample, min(n_bytes, block_size), coding=coding)


def _settings(argument: str, options: OnlineOptions) -> Settings:
    """The options with the architecture's preset where none is given.

    Raises:
        SpecError: there is no such architecture, or it cannot have this shape.
    """
    if argument not in PRESETS:
        raise SpecError(f"online:{argument} is no architecture; write online:NAME, with NAME one of: {', '.join(PRESETS)}")
    told = replace(PRESETS[argument], **{name: value for name, value in vars(options).items() if value is not None})
    if told.width % told.heads:
        raise SpecError(f"online:{argument}: width={told.width} is not a multiple of heads={told.heads}")
    if argument not in _CARRIES_ALL and told.horizon > told.context:
        raise SpecError(f"online:{argument}: horizon={told.horizon} is beyond context={told.context}; give a longer context")
    return told
