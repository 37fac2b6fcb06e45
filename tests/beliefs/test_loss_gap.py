"""The loss gap against published floors, an independent sum over words, and networks whose cost is known."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from mdlbench.beliefs.loss_gap import LossGap, compare, loss_gap, measure_run
from mdlbench.beliefs.prefixes import enumerate_prefixes
from mdlbench.errors import MdlbenchError, UsageError
from mdlbench.processes import find
from mdlbench.training import Architecture, Optimiser, TrainingConfig, open_run, train_run
from mdlbench.training.architectures import build_network
from mdlbench.training.data import process_source
from mdlbench.units import bits_to_nats
from tests.processes.reference import MESS3_MYOPIC_BITS
from tests.training.small import small_run

SHAPE = Architecture(context=5, layers=1, width=8, heads=2, init=0.7)


def test_floors_of_mess3() -> None:
    """Reference values of Mess3(0.05, 0.85): myopic entropies in bits; their mean over contexts 1 to 10 is 0.802511775 nats."""
    process = find("mess3", {"x": 0.05, "a": 0.85})
    prefixes = enumerate_prefixes(process, 10)
    gap = compare(np.log(prefixes.beliefs @ process.emission), process, prefixes)
    np.testing.assert_allclose(gap.floors, MESS3_MYOPIC_BITS[1:], atol=1e-10)
    assert bits_to_nats(float(gap.floors.mean())) == pytest.approx(0.802511775, abs=1e-9)
    np.testing.assert_allclose(gap.model_costs, 0, atol=1e-12)
    np.testing.assert_allclose(gap.finite_context_costs(1.1447172664)[-1], 5.598e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["gpt2", "llama", "gru"])
@pytest.mark.parametrize("process_name", ["golden-mean", "rrxor"])
def test_against_a_sum_over_words(name: str, process_name: str) -> None:
    """Expected loss over all words, whole windows and no cache, is floor plus cost."""
    process = find(process_name)
    network = build_network(Architecture(name=name, context=5, layers=1, width=8, heads=2, init=0.7), 2, 3).eval()
    gap = loss_gap(network, process, 5)
    words = np.array(list(product(range(2), repeat=6)))
    probabilities = np.array([_probability(process, word) for word in words])
    with torch.no_grad():
        logits = network(input_ids=torch.from_numpy(words[:, :5])).logits.double()
    bits = -torch.log_softmax(logits, -1).numpy() / np.log(2)
    losses = [probabilities @ bits[np.arange(64), place, words[:, place + 1]] for place in range(5)]
    assert probabilities.sum() == pytest.approx(1)
    np.testing.assert_allclose(gap.losses, losses, atol=1e-5)
    assert gap.model_costs.min() > 1e-3


def _probability(process: object, word: np.ndarray) -> float:
    belief = process.stationary  # type: ignore[attr-defined]
    for symbol in word:
        belief = belief @ process.tensor[symbol]  # type: ignore[attr-defined]
    return float(belief.sum())


def test_a_network_that_knows_nothing_costs_what_the_process_saves() -> None:
    network = build_network(SHAPE, 3, 0).eval()
    torch.nn.init.zeros_(network.lm_head.weight)
    gap = loss_gap(network, find("mess3"), 5)
    np.testing.assert_allclose(gap.losses, np.log2(3), atol=1e-6)
    assert gap.mean_bits == pytest.approx(gap.model_costs.mean())


def test_symbols_that_never_come_cost_too() -> None:
    """Probability given to a fourth symbol is lost: half of it costs a bit."""
    process = find("mess3")
    prefixes = enumerate_prefixes(process, 3)
    true = np.column_stack([prefixes.beliefs @ process.emission / 2, np.full(len(prefixes), 0.5)])
    np.testing.assert_allclose(compare(np.log(true), process, prefixes).model_costs, 1.0)


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(MdlbenchError, match="sees 5 symbols"):
        loss_gap(build_network(SHAPE, 3, 0).eval(), find("mess3"), 6)
    with pytest.raises(MdlbenchError, match="knows 2 symbols"):
        loss_gap(build_network(SHAPE, 2, 0).eval(), find("mess3"), 5)
    run = small_run(tmp_path)
    train_run(run, (0,))
    with pytest.raises(UsageError, match="was trained on files"):
        measure_run(run, (0,))


def test_a_run_learns_its_source(tmp_path: Path) -> None:
    """Golden mean from two seeds, a second or two: most of the untrained network's cost is gone; spreads are over seeds."""
    source = process_source("golden-mean", {})
    config = TrainingConfig(
        source, SHAPE, Optimiser(learning_rate=0.02, warmup=10), batch_size=32, tokens=32_000, checkpoints=(0,)
    )
    run = open_run(tmp_path / "run", config, (0, 1))
    train_run(run, (0, 1))
    result = measure_run(run, (0, 1))
    values = result.payload
    before: LossGap = loss_gap(run.checkpoints(0)[0].network(), find("golden-mean"), 5)
    each = [seed.mean_model_bits for seed in values.seeds]
    assert result.kind == "hmm-train"
    assert max(each) < 0.02 < 0.1 < before.mean_bits
    assert values.model_bits.mean == pytest.approx(np.mean(each))
    assert values.model_bits.standard_deviation == pytest.approx(np.std(each, ddof=1))
    assert (values.model_bits.least, values.model_bits.greatest) == pytest.approx((min(each), max(each)))
    assert values.entropy_rate.upper == pytest.approx(2 / 3)
    assert [one.context for one in values.contexts] == [1, 2, 3, 4, 5]
    assert values.contexts[0].finite_context_bits == pytest.approx(0.0, abs=1e-6)  # one symbol tells the state
    for seed in values.seeds:
        assert seed.mean_loss_bits == pytest.approx(values.bayes_floor_bits + seed.mean_model_bits)
    assert "NaN" not in result.to_json()
