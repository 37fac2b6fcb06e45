"""What a network holds after each prefix: the residual stream at every layer, and what it predicts.

Sites are named "embedding", "block 1" .. "block n" (the stream after each block) and "final norm"; a recurrent network has
"embedding" and "layer 1" .. "layer n". Read through hooks, so that the last block's output is seen before the final norm, and
so that the same places can be written to.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mdlbench.beliefs.prefixes import Prefixes
from mdlbench.errors import MdlbenchError

if TYPE_CHECKING:
    from torch import Tensor

_IN_MEMORY = 1 << 30  # bytes of activations kept in memory; more are kept in a temporary file
ALL = "all layers"
NORM = "final norm"


class Sites:
    """The places of a network where its activations are read and written.

    Works with GPT-2 and Llama shapes of transformers (blocks and a final norm) and with this project's recurrent networks.
    """

    def __init__(self, network: Any) -> None:
        """`network` in evaluation mode, with `config` and called as network(input_ids=...)."""
        self.network = network
        base = getattr(network, "transformer", None) or getattr(network, "model", None)
        blocks = getattr(base, "h", None) or getattr(base, "layers", None)
        norm = getattr(base, "ln_f", None) or getattr(base, "norm", None)
        if blocks is not None and norm is not None:
            names = ["embedding", *(f"block {i}" for i in range(1, len(blocks) + 1))]
            self._modules = dict(zip(names, [(module, "before") for module in [*blocks, norm]], strict=True))
            self._modules[NORM] = (norm, "after")
        elif getattr(network, "embedding", None) is not None and getattr(network, "layers", None) is not None:
            self._modules = {"embedding": (network.embedding, "after")}
            self._modules |= {f"layer {i}": (layer, "after") for i, layer in enumerate(network.layers, 1)}
        else:
            raise MdlbenchError(
                f"{type(network).__name__}: no blocks and final norm were found in it; GPT-2 and Llama shapes and the networks "
                "of `mdlbench train` can be read"
            )

    @property
    def names(self) -> list[str]:
        """In the order of depth."""
        return list(self._modules)

    @contextmanager
    def hooked(self, name: str, change: "Callable[[Tensor], Tensor]") -> Iterator[None]:
        """While this lasts, what passes the site, (B, positions, d), is replaced by what `change` makes of it."""
        module, when = self._modules[name]

        def before(module: Any, args: Any, kwargs: Any) -> Any:
            if args:
                return (change(args[0]), *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

        def after(module: Any, args: Any, output: Any) -> Any:
            return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

        handle = (
            module.register_forward_pre_hook(before, with_kwargs=True)
            if when == "before"
            else module.register_forward_hook(after)
        )
        try:
            yield
        finally:
            handle.remove()

    def read(self, words: "Tensor", **arguments: Any) -> "tuple[list[Tensor], Tensor]":
        """Activations at each site, (B, positions, d) each, and the logits (B, positions, K), of int64 words (B, positions).

        Further arguments go to the network.
        """
        kept: dict[str, Tensor] = {}
        with ExitStack() as stack:
            for name in self._modules:
                stack.enter_context(self.hooked(name, partial(kept.setdefault, name)))
            logits = self.network(input_ids=words, **arguments).logits
        return [kept[name] for name in self._modules], logits


@dataclass(frozen=True, eq=False)
class Activations:
    """What a network holds after each of n prefixes.

    Attributes:
        names: of the sites.
        values: float32 (n, sites, d).
        log_probabilities: float64 (n, K), natural logarithms of the next symbol's predicted distribution.
    """

    names: list[str]
    values: np.ndarray
    log_probabilities: np.ndarray

    @property
    def features(self) -> np.ndarray:
        """float32 (n, sites * d): the sites side by side."""
        return self.values.reshape(len(self.values), -1)

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """Which columns of `features` are each site's; ALL has all but those of the final norm, which adds no linear view."""
        width = self.values.shape[2]
        found = {name: np.arange(i * width, (i + 1) * width) for i, name in enumerate(self.names)}
        found[ALL] = np.concatenate([columns for name, columns in found.items() if name != NORM])
        return found

    def at(self, name: str) -> np.ndarray:
        """float32 (n, d): one site's."""
        return self.values[:, self.names.index(name)]


def read_activations(network: Any, prefixes: Prefixes, *, batch: int = 2048) -> Activations:
    """Run the network once over the tree of prefixes: each prefix is one position, its parents' keys and values are kept.

    Args:
        network: see `Sites`; on the CPU, float32.
        batch: prefixes in one pass, and so the memory beside the activations themselves.

    Raises:
        MdlbenchError: the network's alphabet or its context is too small for the prefixes.
    """
    import torch

    from mdlbench.training.architectures import cache_argument

    sites, argument = Sites(network), cache_argument(network)
    _check(network.config, prefixes)
    shape = (len(prefixes), len(sites.names), network.config.hidden_size)
    found = Activations(sites.names, _room(shape), np.empty((len(prefixes), network.config.vocab_size)))
    waiting: list[tuple[slice, Any]] = [(piece, None) for piece in _pieces(prefixes.level(1), batch)]
    with torch.inference_mode():
        while waiting:  # depth first: few caches are held at a time
            chosen, before = waiting.pop()
            cache = _continued(before, prefixes.parents[chosen])
            symbols = torch.from_numpy(prefixes.symbols[chosen, None])
            streams, logits = sites.read(symbols, use_cache=True, **{argument: cache})
            for site, stream in enumerate(streams):
                found.values[chosen, site] = stream[:, 0].numpy()
            found.log_probabilities[chosen] = torch.log_softmax(logits[:, 0].double(), -1).numpy()
            children = slice(*np.searchsorted(prefixes.parents, [chosen.start, chosen.stop]).tolist())
            waiting += [(piece, (chosen.start, cache)) for piece in _pieces(children, batch)]
    return found


def _pieces(whole: slice, batch: int) -> list[slice]:
    return [slice(first, min(first + batch, whole.stop)) for first in range(whole.start, whole.stop, batch)]


def _continued(before: tuple[int, Any] | None, parents: np.ndarray) -> Any:
    """A cache for these prefixes, holding what that of their parents holds; `before` is its first prefix and the cache."""
    import copy

    import torch
    from transformers import DynamicCache

    if before is None:
        return DynamicCache()
    first, cache = before
    chosen = torch.from_numpy(parents - first)
    states = getattr(cache, "recurrent_states", None)
    if states is None:
        cache = copy.deepcopy(cache)
        cache.batch_select_indices(chosen)
        return cache
    cache = DynamicCache()
    cache.recurrent_states = [  # type: ignore[attr-defined]
        tuple(part[:, chosen] for part in state) if isinstance(state, tuple) else state[:, chosen] for state in states
    ]
    return cache


def _room(shape: tuple[int, ...]) -> np.ndarray:
    """float32 of this shape: in memory, or beyond a GiB in a temporary file that goes when the array does."""
    import tempfile

    if 4 * np.prod(shape) <= _IN_MEMORY:
        return np.empty(shape, np.float32)
    return np.memmap(tempfile.TemporaryFile(), np.float32, "w+", shape=shape)


def _check(config: Any, prefixes: Prefixes) -> None:
    needed = int(prefixes.symbols.max()) + 1
    known = config.vocab_size
    if known < needed:
        raise MdlbenchError(f"the network knows {known} symbols, the process has {needed}; it was trained on another")
    context, length = getattr(config, "n_positions", None) or getattr(config, "max_position_embeddings", None), prefixes.length
    if context is not None and context < length:
        said = f"the network sees {context} symbols, the prefixes have up to {length}"
        raise MdlbenchError(f"{said}; ask for --length {context} or less")
