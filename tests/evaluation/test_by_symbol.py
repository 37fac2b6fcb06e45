"""Symbols with their bits and alternatives: in the file's order, summing to the whole, as probable as the model says."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from mdlbench.evaluation import evaluate
from mdlbench.evaluation.by_symbol import SymbolBits, evaluate_symbols
from mdlbench.models import load_model
from mdlbench.models.counts.alternatives import distributions
from tests.models.tiny import sample_text, tiny_model

MIXED = sample_text(300) + b"\xff\xfe raw \x00" + "naïve 日本 \U0001f600".encode() + b"\xff" + sample_text(200, seed=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    kinds = ("bytelevel", "sentencepiece")
    return {kind: tiny_model(tmp_path_factory.mktemp(kind), "gpt2", kind, context=32, layers=1) for kind in kinds}


def symbols_of(data: bytes, spec: str, **options: int) -> list[SymbolBits]:
    symbols: list[SymbolBits] = []
    model = load_model(spec)
    found = evaluate_symbols(io.BytesIO(data), model, symbols.append, **options)
    assert found == evaluate(io.BytesIO(data), model, block_size=options.get("block_size"))
    assert sum(symbol.bits for symbol in symbols) == pytest.approx(found.ideal_bits, rel=1e-12)
    return symbols


@pytest.mark.parametrize("spec", ["uniform", "kt,order=1", "ngram", "cm", "bytelevel", "sentencepiece"])
def test_symbols_are_the_file(folders: dict[str, Path], spec: str) -> None:
    symbols = symbols_of(MIXED, f"hf:{folders[spec]}" if spec in folders else spec, block_size=200)
    assert b"".join(symbol.raw for symbol in symbols) == MIXED
    before = 0.0
    for place, symbol in zip(np.cumsum([0, *(len(symbol.raw) for symbol in symbols)]), symbols, strict=False):
        assert symbol.start == place
        assert symbol.bits_before == pytest.approx(before, abs=1e-9)
        before += symbol.bits
        assert json.loads(json.dumps(symbol.to_json()))["hex"] == symbol.raw.hex()


@pytest.mark.parametrize("spec", ["kt", "kt,order=1,alpha=0.1", "kt,order=4", "ngram,order=0", "ngram", "ngram,order=8"])
def test_distributions_of_counting_models_are_the_kernels(spec: str) -> None:
    model = load_model(spec)
    (bits,) = model.code_length([MIXED])
    chances = np.array(list(distributions(MIXED, model.options.order, *model._prior())))  # type: ignore[attr-defined]
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(-np.log2(chances[np.arange(len(MIXED)), list(MIXED)]), bits, rtol=1e-9)


@pytest.mark.parametrize("spec", ["kt,order=1", "ngram", "bytelevel", "sentencepiece"])
def test_an_alternative_that_came_is_as_probable_as_it_cost(folders: dict[str, Path], spec: str) -> None:
    symbols = symbols_of(sample_text(600), f"hf:{folders[spec]}" if spec in folders else spec, alternatives=1000)
    came = 0
    for symbol in symbols:
        assert symbol.alternatives is not None
        chances = [one.probability for one in symbol.alternatives]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) <= 1 + 1e-9
        own = [one.probability for one in symbol.alternatives if one.symbol == symbol.raw]
        came += len(own)
        assert not own or any(-np.log2(chance) == pytest.approx(symbol.bits, rel=1e-5, abs=1e-6) for chance in own)
    assert came >= len(symbols) - 1, "the first may lack the space that a sentence's first token is given"


def test_how_many_alternatives_and_where_there_are_none(folders: dict[str, Path]) -> None:
    spec = f"hf:{folders['bytelevel']}"
    assert {len(symbol.alternatives or ()) for symbol in symbols_of(sample_text(100), spec, alternatives=3)} == {3}
    raw = [symbol for symbol in symbols_of(MIXED, spec) if b"\xff" in symbol.raw]
    assert raw
    assert all(symbol.alternatives is None for symbol in raw)
    assert all(symbol.alternatives is None for symbol in symbols_of(b"abc", "cm"))
    assert symbols_of(b"abc", "kt", alternatives=0)[0].to_json()["alternatives"] is None
