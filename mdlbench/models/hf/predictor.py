"""A causal language model of transformers as a `Predictor`, and its parallel pass over whole windows.

Both see the same thing: windows of at most `context` inputs, each beginning with the start token, if there is one, and
from the second window on with the last `overlap` tokens before it.

    window 0:  <s> a b c        predicts a b c d        context = 4, overlap = 1
    window 1:  <s> d e f        predicts     e f g

Stepwise, every stream of the batch takes the same step at the same time, so a kernel's shape depends on the number of the
step alone: never on which streams are there, nor on their content. That is what makes decoding see the encoder's numbers.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np
import torch

from mdlbench.errors import NetworkError
from mdlbench.models.base import Predictor
from mdlbench.models.hf.network import Cached, Memory, Network
from mdlbench.numerics.frequencies import Frequencies

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

    def work(self, n_tokens: int) -> int:
        """Tokens fed for a stream, those fed again included."""
        return sum(end - fed for fed, _, end in self.spans(n_tokens))


class Memories(NamedTuple):
    """How the network remembers a window: where it is fed a token at a time, and where in long pieces."""

    steps: type[Memory] = Cached
    pieces: type[Memory] = Cached


RELIABLE = Memories()  # what a network without faults has


class CausalPredictor(Predictor):
    """Predicts with a causal language model, `batch_size` streams in step."""

    portability = "environment"

    def __init__(
        self, network: Network, alphabet_size: int, window: Window, batch_size: int, memories: Memories = RELIABLE
    ) -> None:
        self.alphabet_size, self.window, self.batch_size = alphabet_size, window, batch_size
        self.network, self.memories, self.device = network, memories, network.device

    def with_batch_size(self, batch_size: int) -> "CausalPredictor":
        """The same network in batches of another size."""
        return CausalPredictor(self.network, self.alphabet_size, self.window, batch_size, self.memories)

    def with_network(self, module: Any) -> "CausalPredictor":
        """The same policy with another copy of the network, such as one on another device."""
        network = self.network.with_module(module)
        return CausalPredictor(network, self.alphabet_size, self.window, self.batch_size, self.memories)

    def reset(self, n_streams: int) -> None:
        assert n_streams == self.batch_size, "the batch is always full: its shape is part of the result"
        self._recent = torch.zeros((n_streams, 0), dtype=torch.int64, device=self.device)
        self._begin()

    def predict(self) -> Frequencies:
        try:
            return Frequencies.from_logits(self.logits)
        except ValueError:
            self.check_finite(self.logits)
            raise

    def check_finite(self, logits: torch.Tensor) -> None:
        """Raise `NetworkError` for logits that are no logarithms of weights, such as NaN."""
        if not bool((logits.isfinite() | logits.isneginf()).all() and logits.isfinite().any(dim=-1).all()):
            raise NetworkError(
                f"{self.network.name} gives logits that are not finite: its weights are damaged, or its numbers overflow "
                "(dtype=float32 or bfloat16 hold more than float16)"
            )

    def update(self, symbols: np.ndarray) -> None:
        tokens = torch.from_numpy(symbols).to(self.device)[:, None]
        if self.window.overlap:
            self._recent = torch.cat([self._recent, tokens], dim=1)[:, -self.window.overlap :]
        if self._fed == self.window.context:
            self._begin()
        else:
            self._step(tokens)

    def parallel(self, tokens: np.ndarray, window: Window | None = None) -> Iterator[tuple[torch.Tensor, np.ndarray]]:
        """All predictions of one stream: logits (n, alphabet_size) and the tokens (n,) they are for, in order.

        The same numbers as stepwise but for rounding. A long window is fed in chunks, short ones are fed side by side, so that
        memory grows with neither.
        """
        window = window or self.window
        chunk = max(1, _CHUNK_LOGITS // self.alphabet_size) if self.memories.pieces is Cached else window.context
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
        memory = self.memories.pieces(self.network, self.window.context)
        for at in range(0, len(inputs), chunk):
            fed = torch.from_numpy(inputs[at : at + chunk]).to(self.device)[None]
            passed = min(max(skipped - at, 0), fed.shape[1])
            logits = memory.feed(fed, max(fed.shape[1] - passed, 1))
            if passed < fed.shape[1]:
                yield logits[0, :, : self.alphabet_size], targets[at + passed : at + fed.shape[1]]

    def _many_windows(
        self, tokens: np.ndarray, spans: list[tuple[int, int, int]], start: int | None
    ) -> tuple[torch.Tensor, np.ndarray]:
        """The predictions of windows of one length that make one number of them, in one pass."""
        inputs = np.stack([tokens[first : end - 1] for first, _, end in spans])
        if start is not None:
            inputs = np.concatenate([np.full((len(spans), 1), start), inputs], axis=1)
        new = spans[0][2] - spans[0][1]
        logits = self.network.logits(torch.from_numpy(inputs).to(self.device), new)[..., : self.alphabet_size]
        return logits.reshape(-1, self.alphabet_size), np.concatenate([tokens[predicted:end] for _, predicted, end in spans])

    def forward(self, inputs: Sequence[int]) -> torch.Tensor:
        """One plain pass, apart from windows and streams: logits (n, rows), the rows that pad the output included."""
        return self.network.logits(torch.tensor([inputs], device=self.device))[0]

    def _begin(self) -> None:
        """Start a window: feed the start token and the last tokens; with neither, predict the uniform distribution."""
        self._fed, self._memory = 0, self.memories.steps(self.network, self.window.context)
        inputs = self._recent
        if self.window.start is not None:
            starts = inputs.new_full((self.batch_size, 1), self.window.start)
            inputs = torch.cat([starts, inputs], dim=1)
        if inputs.shape[1]:
            self._step(inputs)
        else:
            self.logits = torch.zeros((self.batch_size, self.alphabet_size), device=self.device)

    def _step(self, inputs: torch.Tensor) -> None:
        """Feed inputs (B, n) after those already fed, for the prediction after the last of them."""
        self._fed += inputs.shape[1]
        self.logits = self._memory.feed(inputs)[:, -1, : self.alphabet_size]
