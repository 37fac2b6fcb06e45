"""A network on trial before anything is coded with it: are its predictions a code, and how may it be fed?

    the same text again                       the same logits; else it keeps state or draws at random: refused
    its last token changed                    the same logits before that; else it is not causal: refused
    a token at a time, after another text     the logits of the text fed whole, with the network's own cache; where that is
    in long pieces                            none, or is wrong, by feeding all again at each step (`Replayed`); else refused

A text is the window's first tokens: eight, or as many (up to 256) as a small network reads in no time. Does not prove what
happens beyond them. Rounding is told from disagreement by the size of a difference: see `_Trial.noise`.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import numpy as np
import torch

from mdlbench.errors import NetworkError, SpecError
from mdlbench.models.hf.network import Cached, Memory, Replayed
from mdlbench.models.hf.predictor import CausalPredictor, Memories

NOT_CAUSAL = (
    "is not causal: what it predicts after a token changes with what follows, so it has no code length; if it was trained as a "
    'decoder, write "is_decoder": true into its config.json'
)
KEEPS_STATE = "keeps state between texts, or draws at random: the same text has other logits the second time"
SHORT, LONG = 8, 256  # tokens of the text
WORK = 200_000_000  # parameters times tokens that are read in no time
LOGITS = 1 << 24  # held at once
_DEEPEST = 50.0  # nats below the largest logit, beyond which a logit weighs nothing


def tried(predictor: CausalPredictor, special: frozenset[int] = frozenset()) -> CausalPredictor:
    """The predictor, with memories of its network that can be relied on.

    Args:
        special: tokens that no text becomes.

    Raises:
        SpecError: the network's predictions are no code; the text names the cause.
        NetworkError: it fails, or its logits are none.
    """
    ordinary = [token for token in range(predictor.alphabet_size) if token not in special]
    return _Trial(predictor, ordinary).outcome() if len(ordinary) > 1 else predictor


class _Trial:
    def __init__(self, predictor: CausalPredictor, ordinary: Sequence[int]) -> None:
        self.predictor, self.network, self.window = predictor, predictor.network, predictor.window
        logits = predictor.alphabet_size * predictor.batch_size
        length = min(self.window.context, LONG, max(SHORT, min(WORK // self.network.parameters, LOGITS // logits)))
        text = np.random.default_rng(0).choice(ordinary, length)
        if self.network.padding in ordinary and length > 2:
            text[1] = self.network.padding  # some count positions without it
        if self.window.start is not None:
            text[0] = self.window.start
        self.inputs = torch.from_numpy(text)[None].to(predictor.device)
        self.other = self.inputs.clone()
        self.other[0, -1] = next(token for token in ordinary if token != text[-1])
        self.noise = max(1e-4, 10 * torch.finfo(self.network.dtype).eps)  # relative; measured: up to a third of it

    def outcome(self) -> CausalPredictor:
        self.whole = self._plain(self.inputs)
        self._check_logits()
        self._check_repeated()
        if not self._same(self._plain(self.other)[:-1], self.whole[:-1]):
            self._refuse(NOT_CAUSAL)
        length, rows = len(self.whole), self.predictor.batch_size
        singly = [1] * min(SHORT, length)
        tail = [length - len(singly) + 1, *singly[1:]]
        steps = self._first_that_agrees([(tail, rows), (singly, rows)])
        pieces = self._first_that_agrees([([length // 2, length - length // 2], 1)]) if length > 1 else steps
        self._check_repeated()
        memories = Memories(steps, Replayed if steps is Replayed else pieces)
        return CausalPredictor(self.network, self.predictor.alphabet_size, self.window, rows, memories)

    def _check_logits(self) -> None:
        if self.whole.shape[-1] < self.predictor.alphabet_size:
            rows, size = self.whole.shape[-1], self.predictor.alphabet_size
            raise NetworkError(f"{self.network.name} predicts {rows} tokens, and its tokenizer has {size}")
        self.predictor.check_finite(self.whole)

    def _check_repeated(self) -> None:
        if not self._same(self._plain(self.inputs), self.whole):
            self._refuse(KEEPS_STATE)

    def _first_that_agrees(self, runs: Sequence[tuple[list[int], int]]) -> type[Memory]:
        """The first kind of memory that gives the logits of the whole text in every run: lengths of pieces, and rows."""
        with suppress(NetworkError):  # what is wrong with its cache need not be wrong without
            if all(self._agrees(Cached, *run) for run in runs):
                return Cached
        return Replayed if all(self._agrees(Replayed, *run) for run in runs) else self._refuse(NOT_CAUSAL)

    def _agrees(self, kind: type[Memory], lengths: list[int], rows: int) -> bool:
        """Whether the first row, beside others of the other text, has the logits of the whole text."""
        batch, at = torch.cat([self.inputs, *[self.other.flip(1)] * (rows - 1)]), 0
        memory = kind(self.network, self.window.context)
        for length in lengths:
            found = memory.feed(batch[:, at : at + length], length)
            if not self._same(found[0], self.whole[at : at + length]):
                return False
            at += length
        return True

    def _plain(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits (n, rows) of a text fed whole."""
        return self.network.logits(inputs)[0]

    def _same(self, one: torch.Tensor, other: torch.Tensor) -> bool:
        """Whether logits (n, rows) differ by no more than rounding does, beside how much they tell tokens apart."""
        one, other = _levelled(one), _levelled(other)
        spread = (other - other.mean(dim=-1, keepdim=True)).square().mean(dim=-1)
        return bool(((one - other).square().mean(dim=-1) <= self.noise**2 * spread + 1e-20).all())

    def _refuse(self, why: str) -> NoReturn:
        raise SpecError(f"{self.network.name} {why}")


def _levelled(logits: torch.Tensor) -> torch.Tensor:
    """Logits in float64 below the largest of their row, which is 0."""
    return (logits.double() - logits.double().max(dim=-1, keepdim=True).values).clamp(min=-_DEEPEST)
