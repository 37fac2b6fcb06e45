"""A network of transformers as one function, inputs -> logits, and what it remembers of a window as `feed`.

Whatever the network stumbles over is one line that names it.
"""

import inspect
from abc import ABC, abstractmethod
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from mdlbench.errors import NetworkError
from mdlbench.text import first_line
from mdlbench.training.architectures import cache_argument


class Network:
    """A causal language model of transformers, with its name for what goes wrong.

    Attributes:
        name: the model's spec and the network's class: `hf:./net (GPT2LMHeadModel)`.
    """

    def __init__(self, module: Any, spec: str) -> None:
        self._module, self._spec, self.name = module, spec, f"{spec} ({type(module).__name__})"
        known = inspect.signature(module.forward).parameters
        self._takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in known.values())
        self._known, self._cache_argument = set(known), cache_argument(module)
        self.parameters = sum(parameter.numel() for parameter in module.parameters())
        first = next(module.parameters())
        self.device, self.dtype = first.device, first.dtype

    def with_module(self, module: Any) -> "Network":
        """Another copy of the network, such as one on another device."""
        return Network(module, self._spec)

    @property
    def padding(self) -> int | None:
        """The token that its embedding holds to be padding, if there is one."""
        embeddings = (part for part in self._module.modules() if isinstance(part, torch.nn.Embedding))
        return next((one.padding_idx for one in embeddings if one.padding_idx is not None), None)

    def logits(self, inputs: torch.Tensor, n_logits: int = 0, cache: Any = None) -> torch.Tensor:
        """Feed inputs (B, n), after what the cache holds; logits (B, n_logits, rows) after the last of them, 0 for all.

        Raises:
            NetworkError: the network raised something, or gave something else.
        """
        asked = {"use_cache": cache is not None, "logits_to_keep": n_logits, self._cache_argument: cache}
        given = {key: value for key, value in asked.items() if value is not None and (self._takes_all or key in self._known)}
        try:
            with torch.inference_mode():
                found = self._module(input_ids=inputs, **given).logits[:, -n_logits:]
        except Exception as error:  # the network's code is not ours
            raise NetworkError(
                f"{self.name} fails when it is fed {inputs.shape[1]} tokens ({first_line(error)}); give a smaller context= or "
                "batch_size= if that is too many for it or for memory, or another model"
            ) from error
        wanted = (len(inputs), n_logits or inputs.shape[1])
        if tuple(found.shape[:-1]) != wanted:
            raise NetworkError(f"{self.name} gives logits {tuple(found.shape)} for {wanted} inputs: no causal language model")
        return found

    def new_cache(self, length: int) -> DynamicCache:
        """An empty cache for at most `length` inputs."""
        cache = DynamicCache(config=self._module.config)
        cache.layers = [GrowingLayer(length) if type(layer) is DynamicLayer else layer for layer in cache.layers]
        return cache


class Memory(ABC):
    """What a network was fed since a window began, and so what its next prediction sees."""

    def __init__(self, network: Network, context: int) -> None:
        """Nothing yet; at most `context` inputs will be fed."""
        self._network = network

    @abstractmethod
    def feed(self, inputs: torch.Tensor, n_logits: int = 1) -> torch.Tensor:
        """Feed inputs (B, n) after those before; logits (B, n_logits, rows) after the last of them."""


class Cached(Memory):
    """In the network's own cache: a step costs one input."""

    def __init__(self, network: Network, context: int) -> None:
        super().__init__(network, context)
        self._cache = network.new_cache(context)

    def feed(self, inputs: torch.Tensor, n_logits: int = 1) -> torch.Tensor:
        return self._network.logits(inputs, n_logits, self._cache)


class Replayed(Memory):
    """As the inputs themselves, all fed again at each step: for a network whose cache is none, or is not to be relied on."""

    def __init__(self, network: Network, context: int) -> None:
        super().__init__(network, context)
        self._inputs: list[torch.Tensor] = []

    def feed(self, inputs: torch.Tensor, n_logits: int = 1) -> torch.Tensor:
        self._inputs.append(inputs)
        return self._network.logits(torch.cat(self._inputs, dim=1), n_logits)


class GrowingLayer(DynamicLayer):
    """Keys and values in a buffer of full length: appending copies only what is new, attention reads only what is there."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        new = key_states, value_states
        if not self.is_initialized:
            self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
            self._buffers = [states.new_empty((*states.shape[:-2], self._length, states.shape[-1])) for states in new]
        before = 0 if self.keys is None else self.keys.shape[-2]
        after = before + key_states.shape[-2]
        for buffer, states in zip(self._buffers, new, strict=True):
            buffer[..., before:after, :] = states
        self.keys, self.values = (buffer[..., :after, :] for buffer in self._buffers)
        return self.keys, self.values
