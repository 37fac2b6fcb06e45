"""From Python: what may be given as data, how records look, and what the top level reaches."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mdlbench
from mdlbench.errors import SpecError, UsageError

DATA = b"the cat sat on the mat. " * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").write_bytes(DATA)
    return tmp_path / "data"


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, io.BytesIO])
def test_data_in_every_form_is_the_same_data(path: Path, form: Callable[[bytes], Any]) -> None:
    container = mdlbench.compress(DATA, "kt,order=2")
    for given in (lambda: form(DATA), lambda: path):
        assert mdlbench.compress(given(), "kt,order=2") == container
        assert mdlbench.evaluate(given(), "kt,order=2").ideal_bits == mdlbench.code_length(given(), "kt,order=2")
    assert mdlbench.decompress(form(container)) == DATA


@pytest.mark.parametrize("name", ["compress", "decompress", "evaluate", "code_length", "symbol_costs"])
def test_a_str_is_refused_in_words(name: str) -> None:
    function = getattr(mdlbench, name)
    with pytest.raises(TypeError, match=r"a str may be a text or a path: give text\.encode\(\)"):
        function("text")
    with pytest.raises(TypeError, match="int holds no bytes"):
        function(3)


def test_a_level_is_an_option_of_the_model() -> None:
    assert mdlbench.compress(DATA, level=2) == mdlbench.compress(DATA, "cm,level=2")
    assert mdlbench.evaluate(DATA, "cm", level=2).model == "cm,level=2"
    with pytest.raises(SpecError, match="level"):
        mdlbench.compress(DATA, "kt", level=2)
    with pytest.raises(UsageError, match="goes with the spec of a model"):
        mdlbench.compress(DATA, mdlbench.load_model("cm"), level=2)


@pytest.mark.parametrize("call", [mdlbench.compress, mdlbench.evaluate])
def test_progress_adds_up(call: Callable[..., Any]) -> None:
    told: list[int] = []
    call(DATA, "kt", block_size=100, progress=told.append)
    assert sum(told) == len(DATA)
    assert len(told) > 1


def test_records_say_what_they_hold(path: Path) -> None:
    found = mdlbench.evaluate(DATA, "uniform")
    assert found.bits_per_byte == 8.0
    assert (
        repr(found)
        == "<Evaluation: model uniform, input 960 bytes, 960 symbols, ideal bits 7,680.0, ideal bits per byte 8.0000>"
    )
    assert "<th>ideal bits</th><td>7,680.0</td>" in found._repr_html_()
    done = mdlbench.compress_stream(io.BytesIO(DATA), io.BytesIO(), "uniform")
    assert done.bits_per_byte == 8 * done.output_bytes / len(DATA)
    assert f"container {done.output_bytes} bytes, verified" in repr(done)


def test_costs_of_symbols_sum_to_the_code_length(path: Path) -> None:
    costs = mdlbench.symbol_costs(path, "kt,order=1")
    assert b"".join(cost.raw for cost in costs) == DATA
    assert sum(cost.bits for cost in costs) == pytest.approx(mdlbench.code_length(DATA, "kt,order=1"))


def test_a_corpus_is_its_files_each_from_fresh_state(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(DATA)
    corpus = mdlbench.find_corpus(str(tmp_path))
    once, both = mdlbench.evaluate(DATA, "kt,order=2"), mdlbench.evaluate(corpus, "kt,order=2")
    assert (both.ideal_bits, both.input_bytes, both.words) == (2 * once.ideal_bits, 2 * len(DATA), 2 * once.words)


def test_rooms_are_reached_from_the_top() -> None:
    assert mdlbench.find_process("even").name == "even"
    for room in ("beliefs", "corpora", "leaderboard", "processes", "training"):
        assert getattr(mdlbench, room).__name__ == f"mdlbench.{room}"
