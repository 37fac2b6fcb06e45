"""`Symbols`, what a block of bytes becomes; `Tokens`, what turns one into the other; `ByteTokens`, the plainest of them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mdlbench.errors import DamagedBlockError


class RawSpan(NamedTuple):
    """Bytes that are kept as they are.

    Attributes:
        n_tokens: tokens of the piece of text before it (since the last raw span, or the start).
        raw: the bytes; none where two pieces of text are merely tokenised apart.
    """

    n_tokens: int
    raw: bytes


@dataclass(frozen=True)
class Symbols:
    """A block as symbols: tokens int64 (n,), interrupted by raw spans, in the order of the block."""

    tokens: np.ndarray
    raw_spans: tuple[RawSpan, ...] = ()


class Tokens(ABC):
    """Lossless bytes <-> symbols.

    Attributes:
        alphabet_size: every token is below it.
        digest: of whatever the mapping depends on.
        special: tokens that no block becomes; by default none.
    """

    alphabet_size: int
    digest: bytes
    special: frozenset[int] = frozenset()

    @abstractmethod
    def encode(self, block: bytes) -> Symbols:
        """Any bytes as symbols; at most two tokens a byte."""

    @abstractmethod
    def decode(self, symbols: Symbols) -> bytes:
        """The block that `symbols` stand for; symbols that no `encode` made give some bytes, or a `DamagedBlockError`."""

    def sizes(self, symbols: Symbols) -> np.ndarray:
        """Bytes that each token stands for, int64 (n,); with those of the raw spans they sum to the block. By default 1.

        Where several tokens share a character and cannot be told apart, all its bytes are the last one's.
        """
        return np.ones(len(symbols.tokens), np.int64)

    def spelling(self, token: int) -> bytes:
        """The bytes that `token` would stand for after another."""
        return self.decode(Symbols(np.array([token])))


class ByteTokens(Tokens):
    """Every byte is a token.

    Example:
        >>> ByteTokens().encode(b"abc").tokens
        array([97, 98, 99])
    """

    alphabet_size = 256
    digest = b"bytes"

    def encode(self, block: bytes) -> Symbols:
        return Symbols(np.frombuffer(block, dtype=np.uint8).astype(np.int64))

    def decode(self, symbols: Symbols) -> bytes:
        if len(symbols.tokens) and not 0 <= symbols.tokens.min() <= symbols.tokens.max() < self.alphabet_size:
            raise DamagedBlockError("a byte token lies outside 0 .. 255")
        return symbols.tokens.astype(np.uint8).tobytes() + b"".join(span.raw for span in symbols.raw_spans)
