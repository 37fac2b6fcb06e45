"""Does a network understand the sentence? Its code length of a sequence after a sentence that says which it is, and without.

    without:   <s> 2 3 5 7 ...                          bits of the sequence
    with:      <s> The prime numbers ... \\n 2 3 5 7 ...  bits of the sentence | bits of the sequence after it
    control:   <s> The square numbers ... \\n 2 3 5 7 ... the null: a sentence that tells how it looks and not which it is

Sentence and sequence are tokenised apart and their tokens concatenated, so that the sentence costs what it costs alone, and
the sequence is the same tokens with and without. All of it lies in one window: nothing is forgotten on the way.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mdlbench.algorithmic.catalogue import Sequence as Algorithmic
from mdlbench.algorithmic.catalogue import another
from mdlbench.algorithmic.references import reference
from mdlbench.algorithmic.result import Described, Spread, Wording
from mdlbench.errors import UsageError
from mdlbench.models.base import Model
from mdlbench.models.hf import HuggingFace
from mdlbench.models.hf.loading import count_parameters
from mdlbench.numerics.intervals import seeds_interval
from mdlbench.tokens import Symbols
from mdlbench.units import bytes_to_bits

LIMIT = 300  # bytes of a sequence: a network is slow
END = "\n"  # of a sentence


class _Split(NamedTuple):
    """Bits of a sentence, and of the sequence after it."""

    sentence: float
    sequence: float


def described(
    sequence: Algorithmic, network: Model, count: int, limit: int = LIMIT, done: Callable[[], object] = lambda: None
) -> Described:
    """The first `limit` bytes of a sequence of `count` terms, after each of its sentences and of its control's.

    Args:
        network: a model of `hf:`.
        done: called after each pass of the network.

    Raises:
        UsageError: the model is none of `hf:`, or sentence and sequence do not fit its context together.
    """
    if not isinstance(network, HuggingFace):
        raise UsageError(f"{network.spec} reads no sentence: give the folder of a language model")
    data = reference(sequence, count)[:limit]
    control = another(sequence)
    asking = _Asking(network, data)
    texts = [[text.format(last=count - 1) for text in one.wordings] for one in (sequence, control)]
    asking.check([text for each in texts for text in each])
    alone = asking.split("").sequence
    done()
    sets: list[list[Wording]] = []
    for each in texts:
        sets.append([])
        for text in each:
            bits = asking.split(text + END)
            sets[-1].append(Wording(text, len((text + END).encode()), bits.sentence, bits.sequence))
            done()
    saved, saved_by_control = (np.array([alone - one.sequence_bits for one in found]) for found in sets)
    return Described(
        sequence=sequence.name,
        encoding=sequence.encoding,
        count=count,
        bytes=len(data),
        tokens=len(asking.tokens),
        network=network.spec,
        parameters=count_parameters(network.folder),
        digest=network.digest.hex(),
        start=str(network.policy()["bos"]),
        bits=alone,
        wordings=tuple(sets[0]),
        control=control.name,
        controls=tuple(sets[1]),
        saved=_spread(saved),
        saved_by_control=_spread(saved_by_control),
        beyond_control=_spread(saved - saved_by_control),
        net=_spread(saved - np.array([one.bits for one in sets[0]])),
        net_of_bytes=_spread(saved - np.array([bytes_to_bits(one.bytes) for one in sets[0]])),
    )


def passes(sequences: Sequence[Algorithmic]) -> int:
    """How often a network reads one of these sequences."""
    return sum(1 + len(one.wordings) + len(another(one).wordings) for one in sequences)


def _spread(values: np.ndarray) -> Spread:
    found = seeds_interval(values)
    return Spread(float(values.mean()), found.low, found.high)


class _Asking:
    """A network, and the sequence that it is asked for."""

    def __init__(self, network: HuggingFace, data: bytes) -> None:
        self._network = network
        self.tokens = self._tokens(data)

    def check(self, texts: Sequence[str]) -> None:
        """Raise `UsageError` if the longest of these texts leaves no room for the sequence."""
        longest = max(len(self._tokens((text + END).encode())) for text in texts)
        window = self._network.window
        room = window.context + (window.start is None)
        if longest + len(self.tokens) > room:
            raise UsageError(
                f"{self._network.spec}: a sentence of {longest} tokens and {len(self.tokens)} of the sequence are more than "
                f"the {room} of its context; give a smaller --limit"
            )

    def split(self, sentence: str) -> _Split:
        """Ideal bits of a sentence and of the sequence after it, from one pass over both."""
        before = self._tokens(sentence.encode())
        symbols = Symbols(np.concatenate([before, self.tokens]))
        bits = self._network.symbol_bits([symbols], quantised=False)[0].ideal
        assert len(bits) == len(before) + len(self.tokens), "every token is predicted once"
        return _Split(float(bits[: len(before)].sum()), float(bits[len(before) :].sum()))

    def _tokens(self, data: bytes) -> np.ndarray:
        symbols = self._network.tokens.encode(data)
        if symbols.raw_spans:
            raise UsageError(
                f"{self._network.spec}: its tokenizer does not give back {data[:40]!r}...; give a network whose tokenizer does"
            )
        return symbols.tokens
