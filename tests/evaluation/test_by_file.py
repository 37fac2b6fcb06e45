"""Bits spread over the bytes of a file: whatever the symbols, they sum to the ideal code length and lie where the bytes do."""

import io
from pathlib import Path

import numpy as np
import pytest

from mdlbench.errors import UsageError
from mdlbench.evaluation import Evaluation, Observed, byte_bits, evaluate
from mdlbench.models import load_model
from mdlbench.models.base import Model
from tests.models.tiny import sample_text, tiny_model

MIXED = sample_text(700) + b"\xff\xfe\xfd raw \x00\x01" + "Größe 日本語 naïve \U0001f600!".encode() * 3 + bytes(range(128, 256))


def bits_of_bytes(data: bytes, model: Model, block_size: int | None = None) -> tuple[np.ndarray, Evaluation]:
    """The bits of each byte of a file, and its evaluation."""
    parts = [np.zeros(0)]

    def add(seen: Observed) -> None:
        assert seen.start == sum(map(len, parts))
        parts.append(byte_bits(seen, model.symbol_places([seen.block])[0]))

    found = evaluate(io.BytesIO(data), model, block_size=block_size, observe=add)
    return np.concatenate(parts), found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    kinds = ("bytelevel", "sentencepiece", "whitespace")
    return {kind: tiny_model(tmp_path_factory.mktemp(kind), "gpt2", kind, context=32, layers=1) for kind in kinds}


@pytest.mark.parametrize("spec", ["uniform", "kt,order=1", "ngram", "cm", "bytelevel", "sentencepiece", "whitespace"])
@pytest.mark.parametrize("block_size", [None, 300])
def test_bytes_sum_to_the_ideal_code_length(folders: dict[str, Path], spec: str, block_size: int | None) -> None:
    model = load_model(f"hf:{folders[spec]}" if spec in folders else spec)
    bits, found = bits_of_bytes(MIXED, model, block_size)
    assert len(bits) == len(MIXED)
    assert bits.sum() == pytest.approx(found.ideal_bits, rel=1e-12)
    assert found == evaluate(io.BytesIO(MIXED), model, block_size=block_size)


@pytest.mark.parametrize("kind", ["bytelevel", "sentencepiece", "whitespace"])
def test_places_cover_every_byte_once_and_name_the_right_bytes(folders: dict[str, Path], kind: str) -> None:
    model = load_model(f"hf:{folders[kind]}")
    blocks = [MIXED, b"", sample_text(500), b"\xff" * 20, b"x\xffyyyyyyyyyy\xff"]
    for block, places, bits in zip(blocks, model.symbol_places(blocks), model.code_length(blocks), strict=True):
        assert len(places.starts) == len(places.sizes) == len(bits)
        covered = np.zeros(len(block), np.int64)
        for start, size in zip(*places, strict=True):
            covered[start : start + size] += 1
        assert (covered == 1).all()


def test_a_token_lies_where_its_text_does(folders: dict[str, Path]) -> None:
    """Tokens whose bytes are known from elsewhere: those of the tokenizer's own pieces, around a raw span."""
    model = load_model(f"hf:{folders['bytelevel']}")
    block = b"the people said that \xff\xfe and the water was long"
    (places,) = model.symbol_places([block])
    symbols = model.tokens.encode(block)  # type: ignore[attr-defined]
    words = [model._tokenizer.decode([token]).encode() for token in symbols.tokens]  # type: ignore[attr-defined]
    found = [block[start : start + size] for start, size in zip(*places, strict=True)]
    assert found[: len(words)] == words
    assert b"".join(found[len(words) :]) == b"".join(span.raw for span in symbols.raw_spans)
    table = places.starts[places.sizes == 0]
    assert set(table.tolist()) == {block.index(b"\xff") - (b" \xff" in block and symbols.raw_spans[0].raw[:1] == b" ")}


def test_a_symbol_is_shared_by_its_bytes(folders: dict[str, Path]) -> None:
    model = load_model(f"hf:{folders['bytelevel']}")
    block = b"the people said"
    (bits,), (places,) = model.code_length([block]), model.symbol_places([block])
    expected = np.repeat(bits / places.sizes, places.sizes)
    np.testing.assert_allclose(bits_of_bytes(block, model)[0], expected, rtol=1e-12)
    assert places.sizes.max() > 1


def test_byte_models_have_a_symbol_for_every_byte() -> None:
    model = load_model("kt,order=1")
    seen: list[Observed] = []
    evaluate(io.BytesIO(MIXED), model, block_size=100, observe=seen.append)
    np.testing.assert_array_equal(bits_of_bytes(MIXED, model, 100)[0], np.concatenate([one.bits for one in seen]))
    assert [one.start for one in seen] == list(range(0, len(MIXED), 100))


def test_nothing_and_what_has_no_probabilities() -> None:
    bits, found = bits_of_bytes(b"", load_model("uniform"))
    assert (len(bits), found.input_bytes) == (0, 0)
    with pytest.raises(UsageError, match="gives no probabilities"):
        evaluate(io.BytesIO(b"abc"), "external:xz")
    with pytest.raises(UsageError, match="gives no probabilities"):
        load_model("external:xz").symbol_places([b"abc"])
