"""A network with and without a sentence: what is summed, what is charged, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from mdlbench.algorithmic import find
from mdlbench.algorithmic.describing import END, described, passes
from mdlbench.algorithmic.references import reference
from mdlbench.algorithmic.result import Described
from mdlbench.errors import UsageError
from mdlbench.models import Model, load_model
from mdlbench.numerics.intervals import seeds_interval
from tests.models.tiny import tiny_model


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(f"hf:{tiny_model(tmp_path_factory.mktemp('net'), context=384)}")


@pytest.fixture(scope="module")
def found(network: Model) -> Described:
    return described(find("squares"), network, 40, 100)


def test_the_sequence_alone_costs_what_eval_says(network: Model, found: Described) -> None:
    data = reference(find("squares"), 40)[:100]
    assert found.bits == pytest.approx(float(network.code_length([data])[0].sum()), rel=1e-5)
    assert (found.bytes, found.count) == (100, 40)


def test_a_sentence_costs_what_it_costs_alone(network: Model, found: Described) -> None:
    """Its tokens are the same with the sequence behind it; the sum of both parts is that of the tokens together."""
    for wording in found.wordings:
        (alone,) = network.code_length([(wording.text + END).encode()])
        assert wording.bits == pytest.approx(float(alone.sum()), rel=1e-4)
        assert wording.bytes == len(wording.text) + 1


def test_what_is_saved_and_what_is_charged(found: Described) -> None:
    saved = np.array([found.bits - wording.sequence_bits for wording in found.wordings])
    null = np.array([found.bits - wording.sequence_bits for wording in found.controls])
    charged = saved - np.array([wording.bits for wording in found.wordings])
    plain = saved - np.array([8 * wording.bytes for wording in found.wordings])
    spreads = (found.saved, found.saved_by_control, found.beyond_control, found.net, found.net_of_bytes)
    for spread, values in zip(spreads, (saved, null, saved - null, charged, plain), strict=True):
        interval = seeds_interval(values)
        assert (spread.mean, spread.low, spread.high) == pytest.approx((values.mean(), interval.low, interval.high))


def test_the_null_are_the_sentences_of_another_sequence(found: Described) -> None:
    assert found.control == "fibonacci"
    assert [wording.text for wording in found.controls] == list(find("fibonacci").wordings)
    assert len(found.controls) == len(found.wordings) == 4


def test_the_length_of_the_list_stands_in_the_sentence(network: Model) -> None:
    shuffled = described(find("shuffled"), network, 40, 30)
    assert shuffled.wordings[0].text == "The numbers from 0 to 39 in random order, one per line."
    assert shuffled.bytes == 30


def test_progress_is_told_after_each_pass(network: Model) -> None:
    told: list[int] = []
    described(find("pi"), network, 10, 10, lambda: told.append(1))
    assert len(told) == passes([find("pi")]) == 9


def test_what_does_not_fit_one_window_is_refused(network: Model) -> None:
    small = load_model(f"{network.spec},context=64")
    with pytest.raises(
        UsageError, match=r"context=64: a sentence of \d+ tokens and .* the 64 of its context; give a smaller --limit"
    ):
        described(find("pi"), small, 1000, 300)


def test_a_model_that_reads_no_sentence_is_refused() -> None:
    with pytest.raises(UsageError, match="kt reads no sentence: give the folder of a language model"):
        described(find("pi"), load_model("kt"), 10)


def test_a_tokenizer_that_loses_text_is_refused(tmp_path: Path) -> None:
    lossy = load_model(f"hf:{tiny_model(tmp_path, 'gpt2', 'lowercase', context=384)}")
    with pytest.raises(UsageError, match="its tokenizer does not give back"):
        described(find("primes"), lossy, 10, 20)
