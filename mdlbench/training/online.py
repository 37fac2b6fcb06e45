"""Learning while predicting: every symbol is scored by weights that have not seen it, then they learn it.

    stream 0   |--- chunk ---|--- chunk ---|--- chunk      a block cut into contiguous streams, in step
    stream 1   |--- chunk ---|--- chunk ---|--- chunk      a chunk: `horizon` symbols of every stream
                             ^ one update of the weights: by all symbols of the chunk behind it

`OnlineLearner` may be asked for one symbol of every stream at a time (a decoder can do no more: `predict`, `observe`), or be
given a whole chunk, whose predictions then come from the pass that the update needs anyway (`learn`). Both leave the very same
weights behind: what is carried from chunk to chunk comes from that pass alone. Whoever only wants code lengths needs no steps.

What it does not do: code anything, or see how long a block is. There is no early stopping and nothing is held out.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from mdlbench.training.architectures import build_network, cache_argument
from mdlbench.training.config import Architecture, Optimiser
from mdlbench.training.ngram_features import NgramFeatures
from mdlbench.training.optimisers import build_optimiser

NO_SYMBOL = -100  # where a stream has ended; what torch's losses pass over
_RECURRENT = ("gru", "lstm")


@dataclass(frozen=True)
class OnlineConfig:
    """All that shapes the predictions of a learner, but for its seed and the number of its streams.

    Attributes:
        horizon: symbols of each stream between two updates.
        orders: n-gram features of the last 1 .. orders symbols, connected straight to the output; 0 for none.
        table_bits: the features' rows are 2 to this many, in all.
        feature_rate: how far a feature moves when it is first seen.
    """

    architecture: Architecture
    optimiser: Optimiser = field(default_factory=lambda: Optimiser(schedule="constant", clip=1.0))
    horizon: int = 16
    orders: int = 0
    table_bits: int = 18
    feature_rate: float = 1.0


class Learnt(NamedTuple):
    """What a chunk cost before its update: logits float32 (streams, n, alphabet), and the mean loss in nats a symbol."""

    logits: torch.Tensor
    loss: float


class OnlineLearner:
    """A network, its optimiser and its features, with what they remember of every stream.

    Args:
        n_streams: streams in step.
        seed: of the initial weights.
    """

    def __init__(self, config: OnlineConfig, n_streams: int, seed: int = 0, alphabet_size: int = 256) -> None:
        shape = config.architecture
        self.config, self.alphabet_size, self.updates = config, alphabet_size, 0
        self.network = build_network(shape, alphabet_size, seed)
        self.optimiser = build_optimiser(config.optimiser, self.network)
        self.features = NgramFeatures(config.orders, config.table_bits, config.feature_rate, n_streams, alphabet_size)
        remember = CarriedState if shape.name in _RECURRENT else RecentInputs
        self.memory = remember(self.network, max(shape.context - config.horizon, 0), n_streams)
        self._last = torch.zeros((n_streams, 1), dtype=torch.int64)  # the input before the next chunk
        self._seen: list[torch.Tensor] = []  # symbols (streams,) of the chunk so far

    def predict(self) -> torch.Tensor:
        """Logits of the next symbol of every stream, float32 (streams, alphabet)."""
        with torch.no_grad():
            if not self._seen:
                self.memory.begin()
            inputs = self._seen[-1][:, None] if self._seen else self._last
            return self.memory.step(inputs.clamp(min=0)) + self.features.next_logits()

    def observe(self, symbols: torch.Tensor) -> None:
        """The symbols that came, int64 (streams,), `NO_SYMBOL` where a stream has ended; after a whole chunk, learn it."""
        self._seen.append(symbols)
        self.features.observe(symbols)
        if len(self._seen) == self.config.horizon:
            chunk, self._seen = torch.stack(self._seen, dim=1), []
            self.learn(chunk)

    def learn(self, chunk: torch.Tensor) -> Learnt:
        """Score a chunk, int64 (streams, n) with `NO_SYMBOL` where a stream has ended, and learn it.

        Raises:
            FloatingPointError: the loss is not finite.
        """
        known = chunk.clamp(min=0)
        inputs = torch.cat([self._last, known[:, :-1]], dim=1)
        contexts = self.features.contexts(chunk)
        logits = self.memory.forward(inputs) + self.features.logits(contexts)
        loss = cross_entropy(logits.flatten(0, 1), chunk.flatten(), ignore_index=NO_SYMBOL)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss of update {self.updates + 1} is not finite; lower the learning rate")
        self._update(loss)
        logits = logits.detach()
        self.features.learn(contexts, logits, chunk)
        self.memory.advance(inputs)
        self._last = known[:, -1:]
        return Learnt(logits, loss.item())

    def carried(self) -> dict[str, torch.Tensor]:
        """What goes on beside weights and optimiser, at the end of a chunk, by name.

        Only without features: their table is too large to be kept now and then.
        """
        assert not self.config.orders, "features are not carried"
        return {"last": self._last, **self.memory.tensors()}

    def restore(self, carried: Mapping[str, torch.Tensor], updates: int) -> None:
        """Go on where another learner gave `carried`, after so many updates; its weights and optimiser are the caller's."""
        self._last, self.updates = carried["last"], updates
        self.memory.restore({name: value for name, value in carried.items() if name != "last"})

    def _update(self, loss: torch.Tensor) -> None:
        plan = self.config.optimiser
        for group in self.optimiser.param_groups:
            group["lr"] = plan.learning_rate * min(1.0, (self.updates + 1) / (plan.warmup + 1))
        self.optimiser.zero_grad()
        loss.backward()
        if plan.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), plan.clip)
        self.optimiser.step()
        self.updates += 1


class CarriedState:
    """The memory of a recurrent network: its state after the last chunk, through which no gradient flows back."""

    def __init__(self, network: Any, reach: int, n_streams: int) -> None:
        self._network = network
        self._carried: list[Any] | None = None  # the layers' states, at the start of the chunk
        self._after: list[Any] | None = None  # of the whole chunk
        self._stepped: list[Any] | None = None  # of its steps so far

    def begin(self) -> None:
        """Start the chunk's steps."""
        self._stepped = self._carried

    def step(self, inputs: torch.Tensor) -> torch.Tensor:
        """Feed one input of every stream, (streams, 1); logits of what follows, (streams, alphabet)."""
        outputs, self._stepped = self._network.outputs(inputs, self._stepped)
        return self._network.read_out(outputs[-1][:, -1])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits after each input of a chunk, (streams, n, alphabet), with their gradients."""
        outputs, self._after = self._network.outputs(inputs, self._carried)
        return self._network.read_out(outputs[-1])

    def advance(self, inputs: torch.Tensor) -> None:
        """The chunk is over."""
        assert self._after is not None, "forward comes first"
        self._carried = [_joined(part.detach() for part in _parts(state)) for state in self._after]

    def tensors(self) -> dict[str, torch.Tensor]:
        """What is carried, by name."""
        return {
            f"{at}.{part}": value for at, state in enumerate(self._carried or []) for part, value in enumerate(_parts(state))
        }

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """As it was when it gave these."""
        layers: dict[int, list[torch.Tensor]] = {}
        for name in sorted(tensors):
            layers.setdefault(int(name.partition(".")[0]), []).append(tensors[name])
        self._carried = [_joined(layers[at]) for at in sorted(layers)] or None


class RecentInputs:
    """The memory of a network that sees a window: the last inputs, fed again with the new weights in front of every chunk."""

    def __init__(self, network: Any, reach: int, n_streams: int) -> None:
        self._network, self._reach = network, reach
        self._recent = torch.zeros((n_streams, 0), dtype=torch.int64)
        self._cached: dict[str, Any] = {}

    def begin(self) -> None:
        """Start the chunk's steps."""
        from transformers import DynamicCache

        self._cached = {cache_argument(self._network): DynamicCache(), "use_cache": True}
        if self._recent.shape[1]:
            self._network(input_ids=self._recent, logits_to_keep=1, **self._cached)

    def step(self, inputs: torch.Tensor) -> torch.Tensor:
        """Feed one input of every stream, (streams, 1); logits of what follows, (streams, alphabet)."""
        return self._network(input_ids=inputs, **self._cached).logits[:, -1]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits after each input of a chunk, (streams, n, alphabet), with their gradients."""
        window = torch.cat([self._recent, inputs], dim=1)
        return self._network(input_ids=window, use_cache=False, logits_to_keep=inputs.shape[1]).logits

    def advance(self, inputs: torch.Tensor) -> None:
        """The chunk is over."""
        if self._reach:
            self._recent = torch.cat([self._recent, inputs], dim=1)[:, -self._reach :]

    def tensors(self) -> dict[str, torch.Tensor]:
        """What is carried, by name."""
        return {"recent": self._recent}

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """As it was when it gave these."""
        self._recent = tensors["recent"]


def in_streams(symbols: np.ndarray, n_streams: int) -> torch.Tensor:
    """A block, (n,) of any integer type, as contiguous streams in step: int64 (streams, length), `NO_SYMBOL` behind its end."""
    length = -(-len(symbols) // n_streams)
    padded = np.full(length * n_streams, NO_SYMBOL, np.int64)
    padded[: len(symbols)] = symbols
    return torch.from_numpy(padded.reshape(n_streams, length))


def _parts(state: Any) -> tuple[torch.Tensor, ...]:
    """Of a layer's state: one tensor, or an LSTM's two."""
    return (state,) if isinstance(state, torch.Tensor) else tuple(state)


def _joined(parts: Iterable[torch.Tensor]) -> Any:
    first, *others = parts
    return (first, *others) if others else first
