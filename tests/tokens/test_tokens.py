"""Every tokenizer is lossless: property tests over arbitrary bytes, and the inputs that are known to break tokenizers."""

import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdlbench.errors import DamagedBlockError
from mdlbench.tokens import ByteTokens, HuggingFaceTokens, Symbols
from mdlbench.tokens.base import RawSpan
from tests.check_codec import samples
from tests.models.tiny import TOKENIZERS, sample_text, tiny_tokenizer

KINDS = pytest.mark.parametrize("kind", TOKENIZERS)
BREAKERS = {
    "special tokens in the text": b"<|endoftext|> <s> </s> <unk> <pad> <0x0A> [CLS]",
    "byte order mark": b"\xef\xbb\xbfword",
    "line ends": b"a\r\nb\rc\n\n\r\n",
    "zero bytes": b"\0a\0\0",
    "leading spaces": b"   three, then  two, then trailing  ",
    "only spaces": b"      ",
    "metaspace itself": "▁a ▁ b▁".encode(),
    "lone surrogate": "a\ud800b".encode("utf-8", "surrogatepass"),
    "overlong encoding": b"\xc0\xaf\xe0\x80\xaf",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "replacement character": "a\ufffdb".encode(),
    "compatibility characters": "ﬁ ① ｶ ½ K Å".encode(),
    "decomposed accents": ("Vie\u0323\u0302t Nam " * 20).encode(),
    "capitals": b"HELLO World, this is a LONG line of Text In Mixed case " * 3,
    "joiners and controls": "a\u200db\u200e\x07\x1b[0m\u2028".encode(),
    "cut at both ends": "日本語".encode()[1:-1],
    "Latin-1": ("Die Größe der Häuser überraschte alle Gäste. " * 5).encode("latin-1"),
    "UTF-16": "plain text".encode("utf-16"),
}


@cache
def tokens_of(kind: str) -> HuggingFaceTokens:
    return HuggingFaceTokens(tiny_tokenizer(kind))


def check_lossless(tokens: HuggingFaceTokens, block: bytes) -> Symbols:
    symbols = tokens.encode(block)
    assert tokens.decode(symbols) == block
    assert len(symbols.tokens) <= 2 * len(block)
    assert sum(len(span.raw) for span in symbols.raw_spans) <= len(block)
    assert symbols.tokens.dtype == np.int64
    assert not set(symbols.tokens.tolist()) & set(tokens._tokenizer.all_special_ids)
    return symbols


@KINDS
def test_what_breaks_tokenizers(kind: str) -> None:
    for block in (*BREAKERS.values(), *(data for _, data in samples())):
        check_lossless(tokens_of(kind), block)


@KINDS
@settings(max_examples=60, deadline=None)
@given(block=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode())))
def test_arbitrary_bytes(kind: str, block: bytes) -> None:
    check_lossless(tokens_of(kind), block)


@pytest.mark.parametrize("kind", ["bytelevel", "sentencepiece", "nfkc"])
def test_plain_text_has_no_raw_spans(kind: str) -> None:
    text = sample_text(2000)
    symbols = check_lossless(tokens_of(kind), text)
    assert symbols.raw_spans == ()
    assert symbols.tokens.tolist() == tokens_of(kind)._tokenizer.encode(text.decode(), add_special_tokens=False)


def test_raw_spans_are_local() -> None:
    """What fails is a few bytes: the rest of the text is still tokenised, in as few spans as it takes."""
    tokens = tokens_of("sentencepiece")
    symbols = check_lossless(tokens, sample_text(3000) + b"\xff\xfe" + sample_text(3000))
    assert [span.raw for span in symbols.raw_spans] == [b"\xff\xfe"]
    symbols = check_lossless(tokens_of("nfkc"), sample_text(3000) + "ﬁ".encode() + sample_text(3000))
    assert sum(len(span.raw) for span in symbols.raw_spans) < 24
    assert len(symbols.raw_spans) <= 2


@pytest.mark.parametrize("kind", ["prefixed", "unstripped", "stripped"])
@pytest.mark.parametrize("fault", [b"", b"\xff", b"<s>", b"  ", "e\u0301\U0001f600".encode()])
def test_lossy_at_the_start_only(kind: str, fault: bytes) -> None:
    """A space put before a text, left there or taken from it, costs a token or two at its start, and where it begins anew."""
    text = sample_text(20_000)
    for start in (b"", b"  "):
        symbols = check_lossless(tokens_of(kind), start + text + fault + text)
        assert sum(len(span.raw) for span in symbols.raw_spans) < 40
        assert len(symbols.raw_spans) <= 6
    alone = tokens_of("bytelevel").encode(text).tokens
    if kind == "prefixed" and not fault:
        assert len(tokens_of(kind).encode(text).tokens) == pytest.approx(len(alone), rel=0.1)


def test_cut_character_costs_one_span() -> None:
    block = sample_text(500) + "é".encode()[:1]
    assert check_lossless(tokens_of("bytelevel"), block).raw_spans[0].raw == b"\xc3"


def test_text_tokenised_apart_needs_no_raw_bytes() -> None:
    """A normaliser would compose letter and accent; cut between them, both halves come back and nothing need be raw."""
    symbols = check_lossless(tokens_of("nfkc"), ("plain words before e" + "\u0301 and words after it").encode())
    assert [span.raw for span in symbols.raw_spans] == [b""]


@KINDS
def test_near_linear(kind: str) -> None:
    """A 64 kB block takes seconds at worst, with a tokenizer that fails everywhere; quadratic work would take minutes."""
    began = time.perf_counter()
    check_lossless(tokens_of(kind), sample_text(32_000) + bytes(range(128, 256)) * 64 + sample_text(24_000, seed=1))
    assert time.perf_counter() - began < 30


def test_tokens_that_the_model_does_not_know() -> None:
    tokens = HuggingFaceTokens(tiny_tokenizer("bytelevel"), alphabet_size=300)
    assert tokens.alphabet_size == 300
    assert check_lossless(tokens, sample_text(300)).tokens.max() < 300


def test_digest_tells_tokenizers_apart() -> None:
    digests = {tokens_of(kind).digest for kind in TOKENIZERS}
    assert len(digests) == len(TOKENIZERS)
    assert HuggingFaceTokens(tiny_tokenizer("bytelevel")).digest in digests


def test_damaged_symbols() -> None:
    tokens = tokens_of("bytelevel")
    with pytest.raises(DamagedBlockError, match="beyond the last token"):
        tokens.decode(Symbols(np.array([5, 6]), (RawSpan(3, b"x"),)))
    assert isinstance(tokens.decode(Symbols(np.arange(tokens.alphabet_size))), bytes)


def test_byte_tokens() -> None:
    block = bytes(range(256))
    assert ByteTokens().decode(ByteTokens().encode(block)) == block
    with pytest.raises(DamagedBlockError, match="outside"):
        ByteTokens().decode(Symbols(np.array([256])))
