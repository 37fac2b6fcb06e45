"""A small alphabet of bytes: what a model knows that was trained on a stream of symbols.

alphabet.json   {"schema": "mdlbench.alphabet/1", "bytes": [0, 1, 2]}     token i stands for byte bytes[i]
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from mdlbench.errors import DamagedBlockError, SpecError
from mdlbench.tokens.base import RawSpan, Symbols, Tokens

FILE_NAME = "alphabet.json"
_SCHEMA = "mdlbench.alphabet/1"
_SHORT = 8  # symbols between raw bytes that are not worth a span of their own


class SymbolTokens(Tokens):
    """Each byte of an alphabet is a token; any other byte is kept raw.

    Example:
        >>> SymbolTokens(bytes([0, 1, 2])).encode(bytes([2, 0, 1])).tokens
        array([2, 0, 1])
    """

    def __init__(self, alphabet: bytes) -> None:
        """`alphabet` holds the byte that each token stands for, in order, each once."""
        if not alphabet or len(set(alphabet)) < len(alphabet):
            raise SpecError(f"an alphabet is 1 to 256 different bytes, not {list(alphabet)}")
        self.alphabet, self.alphabet_size = alphabet, len(alphabet)
        self.digest = hashlib.blake2b(b"alphabet" + alphabet, digest_size=8).digest()
        self._bytes = np.frombuffer(alphabet, dtype=np.uint8)
        self._tokens = np.full(256, -1, dtype=np.int64)
        self._tokens[self._bytes] = np.arange(len(alphabet))

    @classmethod
    def load(cls, folder: Path) -> "SymbolTokens":
        """Read `folder/alphabet.json`; `SpecError` if it is no alphabet."""
        path = folder / FILE_NAME
        try:
            document = json.loads(path.read_bytes())
            if document["schema"] != _SCHEMA or not isinstance(document["bytes"], list):
                raise ValueError
            return cls(bytes(document["bytes"]))
        except (SpecError, ValueError, TypeError, KeyError, RecursionError):
            raise SpecError(f"{path} is no alphabet; it holds {{'schema': '{_SCHEMA}', 'bytes': [0, 1, ...]}}") from None

    def save(self, folder: Path) -> None:
        """Write `folder/alphabet.json`."""
        document = {"schema": _SCHEMA, "bytes": list(self.alphabet)}
        (folder / FILE_NAME).write_text(json.dumps(document) + "\n", encoding="utf8")

    def encode(self, block: bytes) -> Symbols:
        """Symbols, and raw spans where other bytes (and a few symbols between them) lie."""
        data = np.frombuffer(block, dtype=np.uint8)
        tokens = self._tokens[data]
        known = tokens >= 0
        if known.all():
            return Symbols(tokens)
        ends = np.append(np.flatnonzero(np.diff(known)) + 1, len(data))
        starts = np.append(0, ends[:-1])
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if end - start < _SHORT and start > 0 and end < len(data):
                known[start:end] = False
        return Symbols(tokens[known], tuple(_raw_spans(block, known)))

    def decode(self, symbols: Symbols) -> bytes:
        tokens, parts, start = symbols.tokens, [], 0
        if len(tokens) and not 0 <= tokens.min() <= tokens.max() < self.alphabet_size:
            raise DamagedBlockError(f"a symbol lies outside 0 .. {self.alphabet_size - 1}")
        trailing = len(tokens) - sum(span.n_tokens for span in symbols.raw_spans)
        if trailing < 0:
            raise DamagedBlockError("raw spans lie beyond the last token")
        data = self._bytes[tokens].tobytes()
        for span in (*symbols.raw_spans, RawSpan(trailing, b"")):
            parts += [data[start : start + span.n_tokens], span.raw]
            start += span.n_tokens
        return b"".join(parts)


def _raw_spans(block: bytes, known: np.ndarray) -> list[RawSpan]:
    """The stretches of `block` that are not `known`, each after so many symbols."""
    edges = np.flatnonzero(np.diff(known.astype(np.int8), prepend=1, append=1))
    starts, ends = edges[::2].tolist(), edges[1::2].tolist()
    return [RawSpan(start - previous, block[start:end]) for previous, start, end in zip([0, *ends], starts, ends)]  # noqa: B905
