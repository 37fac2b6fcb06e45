"""Any tokenizer of transformers as a lossless code, by checking each piece of text and keeping the rest as raw bytes.

    block -> UTF-8 text and bytes that are none -> pieces that decode to themselves, found by halving -> tokens, raw spans

A piece is taken when decoding its tokens gives it back exactly and no token is special: so normalisation, dropped spaces
and special tokens read out of the text all end up as raw bytes, and nothing is assumed about the tokenizer. One that is
lossy at the start of a text only (a space put before it, spaces stripped) loses the first token or two of a piece:

    "Alice was" -> " Alice", " was" -> decoded without the first: " was" -> "Alice" stays raw

Does not use offsets, which many tokenizers report wrongly around bytes that share a character.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from mdlbench.errors import DamagedBlockError
from mdlbench.tokens.alignment import spelling, token_sizes
from mdlbench.tokens.base import RawSpan, Symbols, Tokens

SHORT_TEXT = 8  # bytes of text beside raw bytes that are not worth a span of their own (which costs one to two bytes)
SMALLEST = 4  # characters of failing text that are not halved any more
LONGEST_LEAD, _LEAD_TOKENS = 32, 4  # characters at the start of a text, and tokens, that may be lost to a tokenizer
_NOT_TEXT = re.compile("[\udc80-\udcff]+")  # how Python's "surrogateescape" spells bytes that are not UTF-8


class _Piece(NamedTuple):
    text: str  # with surrogateescape
    ids: list[int] | None  # its tokens; None for raw bytes
    lead: int = 0  # characters before the first token's, which are raw

    @property
    def raw(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")

    def apart(self) -> "list[_Piece]":
        """The lead, if there is one, and the rest, each a piece."""
        rest = self._replace(text=self.text[self.lead :], lead=0)
        return [_Piece(self.text[: self.lead], None), rest] if self.lead else [self]


class HuggingFaceTokens(Tokens):
    """The tokens of a `transformers` tokenizer, with raw bytes wherever it is not lossless."""

    def __init__(self, tokenizer: Any, alphabet_size: int | None = None) -> None:
        """Wrap a tokenizer.

        Args:
            tokenizer: a `transformers` tokenizer, fast or slow.
            alphabet_size: tokens from here on are never used (a model may know fewer than its tokenizer).
        """
        self._tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        largest = max(vocabulary.values(), default=-1) + 1
        self.alphabet_size = largest if alphabet_size is None else min(largest, alphabet_size)
        added = tokenizer.added_tokens_decoder.items()
        self.special = frozenset({*tokenizer.all_special_ids, *(index for index, token in added if token.special)})
        self._spellings: dict[int, bytes] = {}
        backend = getattr(tokenizer, "backend_tokenizer", None)
        state = backend.to_str() if backend is not None else json.dumps(vocabulary, sort_keys=True)
        settings = json.dumps([type(tokenizer).__name__, sorted(self.special), self.alphabet_size])
        self.digest = hashlib.blake2b(f"{settings}\0{state}".encode("utf-8", "surrogatepass"), digest_size=8).digest()

    def encode(self, block: bytes) -> Symbols:
        """Any bytes as symbols; a block without raw spans is tokenised as one text."""
        text = block.decode("utf-8", "surrogateescape")
        whole = None if _NOT_TEXT.search(text) else self._tokenise(text)
        if whole is not None and not whole.lead:
            return Symbols(np.array(whole.ids, dtype=np.int64))
        tokens: list[int] = []
        raw_spans: list[RawSpan] = []
        spanned = 0  # tokens that lie before the last raw span
        previous_is_text = False
        for piece in self._pieces(text):
            is_text = piece.ids is not None
            if not is_text or previous_is_text:
                raw_spans.append(RawSpan(len(tokens) - spanned, b"" if is_text else piece.raw))
                spanned = len(tokens)
            tokens.extend(piece.ids or ())
            previous_is_text = is_text
        return Symbols(np.array(tokens, dtype=np.int64), tuple(raw_spans))

    def decode(self, symbols: Symbols) -> bytes:
        parts = []
        for ids, raw in _taken_apart(symbols):
            parts += [self._text(ids).encode("utf-8", "replace"), raw]
        return b"".join(parts)

    def sizes(self, symbols: Symbols) -> np.ndarray:
        found: list[int] = []
        for ids, _ in _taken_apart(symbols):
            names = self._tokenizer.convert_ids_to_tokens(ids)
            found += token_sizes(ids, names, self._text(ids).encode(), self._text)
        return np.array(found, np.int64)

    def spelling(self, token: int) -> bytes:
        """The bytes that `token` would stand for after another."""
        if token not in self._spellings:
            self._spellings[token] = spelling(token, self._tokenizer.convert_ids_to_tokens(token) or "", self._text)
        return self._spellings[token]

    def _pieces(self, text: str) -> list[_Piece]:
        """`text` cut into pieces of tokens and raw bytes, no two raw pieces side by side."""
        pieces: list[_Piece] = []
        for part, is_text in _join(_cut(text)):
            found = self._halve(part) if is_text else [_Piece(part, None)]
            pieces += [piece for one in found for piece in one.apart()]
        marked = _absorb([(piece.text, piece.ids is not None) for piece in pieces])
        joined: list[_Piece] = []
        for piece, is_text in zip(pieces, marked, strict=True):
            if not is_text and joined and joined[-1].ids is None:
                joined[-1] = _Piece(joined[-1].text + piece.text, None)
            else:
                joined.append(piece if is_text else _Piece(piece.text, None))
        return joined

    def _halve(self, text: str) -> list[_Piece]:
        """Pieces of `text`: all of it if it decodes to itself, else those of its halves, rejoined where they meet."""
        whole = self._tokenise(text)
        if whole is not None or len(text) <= SMALLEST:
            return [whole or _Piece(text, None)]
        middle = len(text) // 2
        left, right = self._halve(text[:middle]), self._halve(text[middle:])
        if left[-1].ids is not None and right[0].ids is not None and len(left) + len(right) > 2:
            seam = self._tokenise(left[-1].text + right[0].text)
            if seam is not None:
                return [*left[:-1], seam, *right[1:]]
        return left + right

    def _tokenise(self, text: str) -> _Piece | None:
        """The tokens of `text`; None if they would not give it back, but for a short lead, or are special."""
        if not text:
            return _Piece(text, [])
        ids = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True, verbose=False)["input_ids"]
        if len(ids) > len(text.encode()) + 1:
            return None
        decoded = self._text(ids)
        if decoded != text and not decoded.endswith(text[LONGEST_LEAD:]):
            return None
        for first in range(min(len(ids), _LEAD_TOKENS) + 1):  # what lies before token `first` is raw
            kept = ids[first:]
            rest = self._text(kept) if first else decoded
            if text.endswith(rest) and self._usable(kept) and len(text) - len(rest) <= LONGEST_LEAD:
                return _Piece(text, kept, len(text) - len(rest)) if kept else None
        return None

    def _usable(self, ids: list[int]) -> bool:
        return self.special.isdisjoint(ids) and max(ids, default=0) < self.alphabet_size

    def _text(self, ids: Sequence[int]) -> str:
        if not ids:
            return ""
        return self._tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def _taken_apart(symbols: Symbols) -> Iterator[tuple[list[int], bytes]]:
    """The tokens before each raw span and its bytes; at last those after all spans, and nothing."""
    tokens, start = symbols.tokens.tolist(), 0
    trailing = len(tokens) - sum(span.n_tokens for span in symbols.raw_spans)
    if trailing < 0:
        raise DamagedBlockError("raw spans lie beyond the last token")
    for span in (*symbols.raw_spans, RawSpan(trailing, b"")):
        yield tokens[start : start + span.n_tokens], span.raw
        start += span.n_tokens


def _cut(text: str) -> Iterator[tuple[str, bool]]:
    """Maximal stretches of UTF-8 (True) and of bytes that are not (False)."""
    end = 0
    for match in _NOT_TEXT.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], True
        yield match[0], False
        end = match.end()
    if end < len(text):
        yield text[end:], True


def _join(stretches: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The same stretches, short text made raw, neighbours of the same kind made one."""
    stretches = list(stretches)
    runs: list[tuple[list[str], bool]] = []
    for (text, _), is_text in zip(stretches, _absorb(stretches), strict=True):
        if not runs or runs[-1][1] != is_text:
            runs.append(([], is_text))
        runs[-1][0].append(text)
    return [("".join(texts), is_text) for texts, is_text in runs]


def _absorb(pieces: list[tuple[str, bool]]) -> list[bool]:
    """Which pieces stay text: not the raw ones, nor short text beside them."""
    marks = [is_text for _, is_text in pieces]
    for at, (text, is_text) in enumerate(pieces):
        beside_raw = not all(marks[max(0, at - 1) : at + 2])
        if is_text and beside_raw and len(text.encode("utf-8", "surrogateescape")) < SHORT_TEXT:
            marks[at] = False
    return marks
