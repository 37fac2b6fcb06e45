"""An alphabet of symbols is lossless for any bytes, and is found again beside a model."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlbench.errors import DamagedBlockError, SpecError
from mdlbench.tokens import Symbols, SymbolTokens
from mdlbench.tokens.base import RawSpan
from tests.check_codec import samples

THREE = SymbolTokens(bytes([0, 1, 2]))


def check_lossless(tokens: SymbolTokens, block: bytes) -> Symbols:
    symbols = tokens.encode(block)
    assert tokens.decode(symbols) == block
    assert len(symbols.tokens) + sum(len(span.raw) for span in symbols.raw_spans) == len(block)
    assert symbols.tokens.dtype == np.int64
    return symbols


@given(block=st.lists(st.integers(0, 4)).map(bytes) | st.binary(max_size=300))
def test_arbitrary_bytes(block: bytes) -> None:
    check_lossless(THREE, block)
    check_lossless(SymbolTokens(b"\4\0"), block)


def test_samples() -> None:
    for _, block in samples():
        check_lossless(THREE, block)


def test_symbols_only() -> None:
    symbols = check_lossless(THREE, bytes([2, 0, 1]) * 100)
    assert symbols.raw_spans == ()
    assert symbols.tokens[:3].tolist() == [2, 0, 1]


def test_other_bytes_are_raw_where_they_lie() -> None:
    """A few symbols between raw bytes go with them; more stay symbols."""
    run = bytes([0, 1, 2, 0] * 4)
    symbols = check_lossless(THREE, run + b"ab" + run + b"c\0\1\2d" + run)
    assert symbols.raw_spans == (RawSpan(16, b"ab"), RawSpan(16, b"c\0\1\2d"))
    assert len(symbols.tokens) == 48


def test_tokens_are_in_the_order_of_the_alphabet() -> None:
    assert SymbolTokens(b"TGCA").encode(b"GATTACA").tokens.tolist() == [1, 3, 0, 0, 3, 2, 3]


def test_saved_and_loaded(tmp_path: Path) -> None:
    tokens = SymbolTokens(b"TGCA")
    tokens.save(tmp_path)
    again = SymbolTokens.load(tmp_path)
    assert (again.alphabet, again.digest) == (b"TGCA", tokens.digest)
    assert again.digest != SymbolTokens(b"ACGT").digest


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "\xe9", '{"schema": "x", "bytes": [1]}']
    + [
        f'{{"schema": "mdlbench.alphabet/1", "bytes": {value}}}'
        for value in ("[256]", "3", "1000000000000", '["a"]', "[1, 1]", "[]")
    ],
)
def test_what_is_no_alphabet(tmp_path: Path, text: str) -> None:
    (tmp_path / "alphabet.json").write_text(text, encoding="latin-1")
    with pytest.raises(SpecError, match=r"alphabet\.json is no alphabet"):
        SymbolTokens.load(tmp_path)


@pytest.mark.parametrize("alphabet", [b"", b"aba"])
def test_alphabets_that_cannot_be(alphabet: bytes) -> None:
    with pytest.raises(SpecError, match="1 to 256 different bytes"):
        SymbolTokens(alphabet)


def test_damaged_symbols() -> None:
    with pytest.raises(DamagedBlockError, match=r"outside 0 \.\. 2"):
        THREE.decode(Symbols(np.array([3])))
    with pytest.raises(DamagedBlockError, match="beyond the last token"):
        THREE.decode(Symbols(np.array([1, 2]), (RawSpan(3, b"x"),)))
