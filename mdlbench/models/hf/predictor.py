"""A causal language model of transformers as a `Predictor`, and its parallel pass over whole windows.

Both see the same thing: windows of at most `context` inputs, each beginning with the start token, if there is one, and
from the second window on with the last `overlap` tokens before it.

    window 0:  <s> a b c        predicts a b c d        context = 4, overlap = 1
    window 1:  <s> d e f        predicts     e f g

Stepwise, every stream of the batch takes the same step at the same time, so a kernel's shape depends on the number of the
step alone: never on which streams are there, nor on their content. That is what makes decoding see the encoder's numbers.
"""

import inspect
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from mdlbench.errors import MdlbenchError
from mdlbench.models.base import Predictor
from mdlbench.numerics.frequencies import Frequencies

NOT_FINITE = "the model's logits are not finite: its numbers overflow; give dtype=float32 or bfloat16"
_CHUNK_LOGITS = 1 << 24  # logits held at once in the parallel pass: 64 MiB of float32
_CHUNK_TOKENS = 1 << 14  # fed at once, at most, in windows side by side


class Window(NamedTuple):
    """What a prediction may see.

    Attributes:
        context: most inputs in a window, the start token among them.
        overlap: tokens fed again when a window begins, to restore some of what the last one knew.
        start: the token that every window begins with; None for none: the very first token is then uniform.
    """

    context: int
    overlap: int
    start: int | None

    def spans(self, n_tokens: int) -> Iterator[tuple[int, int, int]]:
        """Windows over a stream: (first token fed, first token predicted, end of those predicted)."""
        fed = predicted = 0
        room = self.context + (self.start is None)
        while predicted < n_tokens:
            end = min(n_tokens, fed + room)
            yield fed, predicted, end
            fed, predicted = end - self.overlap, end


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


def cache_argument(network: Any) -> str:
    """What a network's forward pass calls its cache: `cache` from transformers 5.24 on, `past_key_values` before."""
    return "cache" if "cache" in inspect.signature(network.forward).parameters else "past_key_values"


class CausalPredictor(Predictor):
    """Predicts with a causal language model, `batch_size` streams in step."""

    portability = "environment"

    def __init__(self, network: Any, alphabet_size: int, window: Window, batch_size: int) -> None:
        self.alphabet_size, self.window, self.batch_size = alphabet_size, window, batch_size
        self._network, self._cache_argument = network, cache_argument(network)
        self.device = next(network.parameters()).device

    def with_batch_size(self, batch_size: int) -> "CausalPredictor":
        """The same network in batches of another size."""
        return CausalPredictor(self._network, self.alphabet_size, self.window, batch_size)

    def with_network(self, network: Any) -> "CausalPredictor":
        """The same policy with another copy of the network, such as one on another device."""
        return CausalPredictor(network, self.alphabet_size, self.window, self.batch_size)

    def reset(self, n_streams: int) -> None:
        assert n_streams == self.batch_size, "the batch is always full: its shape is part of the result"
        self._recent = torch.zeros((n_streams, 0), dtype=torch.int64, device=self.device)
        self._begin()

    def predict(self) -> Frequencies:
        try:
            return Frequencies.from_logits(self.logits)
        except ValueError as error:
            raise MdlbenchError(f"{NOT_FINITE} ({error})") from None

    def update(self, symbols: np.ndarray) -> None:
        tokens = torch.from_numpy(symbols).to(self.device)[:, None]
        if self.window.overlap:
            self._recent = torch.cat([self._recent, tokens], dim=1)[:, -self.window.overlap :]
        if self._fed == self.window.context:
            self._begin()
        else:
            self.logits = self._feed(tokens)[:, -1]

    def parallel(self, tokens: np.ndarray, window: Window | None = None) -> Iterator[tuple[torch.Tensor, np.ndarray]]:
        """All predictions of one stream: logits (n, alphabet_size) and the tokens (n,) they are for, in order.

        The same numbers as stepwise but for rounding. A long window is fed in chunks, short ones are fed side by side, so that
        memory grows with neither.
        """
        window = window or self.window
        chunk = max(1, _CHUNK_LOGITS // self.alphabet_size)
        at_once = max(1, min(chunk, _CHUNK_TOKENS) // window.context)
        for (length, new), alike in groupby(window.spans(len(tokens)), key=lambda span: (span[2] - span[0], span[2] - span[1])):
            while spans := list(islice(alike, at_once)):
                if len(spans) > 1 and (new < length or window.start is not None):
                    yield self._many_windows(tokens, spans, window.start)
                else:
                    for span in spans:
                        yield from self._one_window(tokens, span, window.start, chunk)

    def _one_window(
        self, tokens: np.ndarray, span: tuple[int, int, int], start: int | None, chunk: int
    ) -> Iterator[tuple[torch.Tensor, np.ndarray]]:
        """The predictions of a window, at most `chunk` at a time; the first of all is uniform if nothing was fed before."""
        first, predicted, end = span
        inputs = tokens[first : end - 1] if start is None else np.concatenate([[start], tokens[first : end - 1]])
        targets = tokens[first + (start is None) : end]
        skipped = predicted - first - (start is None)  # predictions already made by the window before
        if skipped < 0:
            yield torch.zeros((1, self.alphabet_size), device=self.device), tokens[predicted : predicted + 1]
        self._fed, self._cache = 0, self._new_cache()
        for at in range(0, len(inputs), chunk):
            fed = torch.from_numpy(inputs[at : at + chunk]).to(self.device)[None]
            passed = min(max(skipped - at, 0), fed.shape[1])
            logits = self._feed(fed, fed.shape[1] - passed)
            if passed < fed.shape[1]:
                yield logits[0], targets[at + passed : at + fed.shape[1]]

    def _many_windows(
        self, tokens: np.ndarray, spans: list[tuple[int, int, int]], start: int | None
    ) -> tuple[torch.Tensor, np.ndarray]:
        """The predictions of windows of one length that make one number of them, in one pass."""
        inputs = np.stack([tokens[first : end - 1] for first, _, end in spans])
        if start is not None:
            inputs = np.concatenate([np.full((len(spans), 1), start), inputs], axis=1)
        new = spans[0][2] - spans[0][1]
        with torch.inference_mode():
            fed = torch.from_numpy(inputs).to(self.device)
            logits = self._network(input_ids=fed, use_cache=False, logits_to_keep=new).logits[..., : self.alphabet_size]
        return logits.reshape(-1, self.alphabet_size), np.concatenate([tokens[predicted:end] for _, predicted, end in spans])

    def forward(self, inputs: Sequence[int]) -> torch.Tensor:
        """One plain pass, apart from windows and streams: logits (n, rows), the rows that pad the output included."""
        with torch.inference_mode():
            return self._network(input_ids=torch.tensor([inputs], device=self.device)).logits[0]

    def _begin(self) -> None:
        """Start a window: feed the start token and the last tokens; with neither, predict the uniform distribution."""
        self._fed, self._cache = 0, self._new_cache()
        inputs = self._recent
        if self.window.start is not None:
            starts = inputs.new_full((self.batch_size, 1), self.window.start)
            inputs = torch.cat([starts, inputs], dim=1)
        if inputs.shape[1]:
            self.logits = self._feed(inputs)[:, -1]
        else:
            self.logits = torch.zeros((self.batch_size, self.alphabet_size), device=self.device)

    def _feed(self, inputs: torch.Tensor, n_logits: int = 1) -> torch.Tensor:
        """Feed inputs (B, n) after those already fed; logits (B, n_logits, alphabet_size) after the last of them."""
        self._fed += inputs.shape[1]
        with torch.inference_mode():
            cache = {self._cache_argument: self._cache}
            output = self._network(input_ids=inputs, use_cache=True, logits_to_keep=max(n_logits, 1), **cache)
        return output.logits[..., : self.alphabet_size]

    def _new_cache(self) -> DynamicCache:
        cache = DynamicCache(config=self._network.config)
        cache.layers = [GrowingLayer(self.window.context) if type(layer) is DynamicLayer else layer for layer in cache.layers]
        return cache
