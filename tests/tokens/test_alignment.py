"""Every token of every tokenizer is given its own bytes, characters split over tokens included."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdlbench.tokens import ByteTokens, HuggingFaceTokens, Symbols
from mdlbench.tokens.alignment import token_sizes
from tests.models.tiny import TOKENIZERS, sample_text, tiny_tokenizer

KINDS = pytest.mark.parametrize("kind", TOKENIZERS)


@cache
def tokens_of(kind: str) -> HuggingFaceTokens:
    return HuggingFaceTokens(tiny_tokenizer(kind))


@KINDS
@settings(max_examples=60, deadline=None)
@given(block=st.one_of(st.binary(max_size=60), st.text(max_size=40).map(str.encode)))
def test_sizes_and_raw_spans_sum_to_the_block(kind: str, block: bytes) -> None:
    symbols = tokens_of(kind).encode(block)
    sizes = tokens_of(kind).sizes(symbols)
    assert sizes.dtype == np.int64
    assert len(sizes) == len(symbols.tokens)
    assert sizes.sum() + sum(len(span.raw) for span in symbols.raw_spans) == len(block)


@pytest.mark.parametrize("kind", ["bytelevel", "sentencepiece"])
def test_sizes_are_those_of_the_vocabulary(kind: str) -> None:
    """The oracle is the vocabulary: a name spells its token's bytes, but for the space a sentence's first token is given."""
    block = sample_text(3000)
    tokens = tokens_of(kind)
    symbols = tokens.encode(block)
    assert not symbols.raw_spans
    names = tokens._tokenizer.convert_ids_to_tokens(symbols.tokens.tolist())
    expected = [1 if name.startswith("<0x") else len(name) for name in names]  # the text is ASCII
    expected[0] -= names[0].startswith("▁")
    assert tokens.sizes(symbols).tolist() == expected


def test_a_character_over_several_byte_tokens() -> None:
    for kind in ("bytelevel", "sentencepiece"):
        tokens = tokens_of(kind)
        symbols = tokens.encode("the 日\U0001f600 water".encode())
        sizes = tokens.sizes(symbols).tolist()
        assert sizes.count(1) >= 7, "the bytes of two characters, one token each"
        assert sum(sizes) == len("the 日\U0001f600 water".encode())


def test_tokens_that_cannot_be_told_apart() -> None:
    """Two tokens for three bytes of one character: a decoder that says nothing until it has both."""
    texts = {(): "", (1,): "", (1, 2): "日", (1, 2, 3): "日x"}

    def decode(tokens: list[int]) -> str:
        return texts[tuple(tokens)]

    assert token_sizes([1, 2, 3], ["<a>", "<b> ", "x y"], "日x".encode(), decode) == [0, 3, 1]


def test_a_decoder_that_never_continues_the_text() -> None:
    def decode(tokens: list[int]) -> str:
        return "abcdef" if len(tokens) == 3 else "?" * len(tokens)

    assert token_sizes([1, 2, 3], [" ", " ", " "], b"abcdef", decode) == [0, 0, 6]


def test_byte_tokens() -> None:
    assert ByteTokens().sizes(Symbols(np.arange(4))).tolist() == [1, 1, 1, 1]
