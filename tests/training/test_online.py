"""Learning while predicting: what is scored, by what, and that both ways through a chunk leave the same weights."""

import copy
import math

import numpy as np
import pytest
import torch

from mdlbench.training.config import Architecture, Optimiser
from mdlbench.training.loop import one_thread
from mdlbench.training.ngram_features import NgramFeatures
from mdlbench.training.online import NO_SYMBOL, OnlineConfig, OnlineLearner, in_streams

SYMBOLS = np.frombuffer(b"a rose is a rose is a rose; a nose is not a rose. " * 8, np.uint8)[:230] % 128
ARCHITECTURES = ("gru", "lstm", "gpt2", "llama")


def config(name: str, orders: int = 3, horizon: int = 5) -> OnlineConfig:
    shape = Architecture(name, context=12, layers=2, width=16, heads=2)
    return OnlineConfig(shape, Optimiser(learning_rate=1e-2, warmup=3, schedule="constant", clip=1.0), horizon, orders, 10)


def stepwise(learner: OnlineLearner, streams: torch.Tensor) -> torch.Tensor:
    """Logits of all symbols, (streams, length, alphabet), one by one."""
    logits = []
    for symbols in streams.T:
        logits.append(learner.predict())
        learner.observe(symbols)
    return torch.stack(logits, dim=1)


def chunkwise(learner: OnlineLearner, streams: torch.Tensor) -> torch.Tensor:
    return torch.cat([learner.learn(chunk).logits for chunk in streams.split(learner.config.horizon, dim=1)], dim=1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_one_by_one_and_chunk_by_chunk_agree_and_leave_the_same_weights(name: str) -> None:
    streams = in_streams(SYMBOLS, 4)
    with one_thread():
        one, other = OnlineLearner(config(name), 4, 7, 128), OnlineLearner(config(name), 4, 7, 128)
        apart, together = stepwise(one, streams), chunkwise(other, streams)
    torch.testing.assert_close(apart, together, rtol=0, atol=2e-4)
    n_chunks = streams.shape[1] // 5
    assert (one.updates, other.updates) == (n_chunks, -(-streams.shape[1] // 5))  # the last chunk is not whole
    with one_thread():
        one = OnlineLearner(config(name), 4, 7, 128)
        stepwise(one, streams[:, : n_chunks * 5])
        other = OnlineLearner(config(name), 4, 7, 128)
        chunkwise(other, streams[:, : n_chunks * 5])
    for (path, ours), theirs in zip(one.network.named_parameters(), other.network.parameters(), strict=True):
        assert torch.equal(ours, theirs), path
    assert torch.equal(one.features._table, other.features._table)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_symbol_is_seen_before_it_is_scored(name: str) -> None:
    """Another symbol at one place changes no prediction up to there, and some after it."""
    streams = in_streams(SYMBOLS, 4)
    changed = streams.clone()
    changed[2, 17] = (changed[2, 17] + 1) % 128
    with one_thread():
        ours, theirs = (chunkwise(OnlineLearner(config(name), 4, 0, 128), one) for one in (streams, changed))
    assert torch.equal(ours[:, :18], theirs[:, :18])  # the same chunk's later symbols in other streams too
    assert not torch.equal(ours[2, 18], theirs[2, 18])
    assert not torch.equal(ours[0, 20], theirs[0, 20])  # after the update


def test_it_learns() -> None:
    streams = in_streams(np.resize(SYMBOLS, 4000), 4)
    learner = OnlineLearner(config("gru"), 4, 0, 128)
    with one_thread():
        losses = [learner.learn(chunk).loss for chunk in streams.split(5, dim=1)]
    assert losses[0] == pytest.approx(math.log(128), abs=0.3)
    assert np.mean(losses[-20:]) < 0.3


def test_streams_are_contiguous_and_end_together_or_in_no_symbol() -> None:
    assert in_streams(np.arange(10), 3).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, NO_SYMBOL, NO_SYMBOL]]


def test_the_end_of_a_stream_teaches_nothing() -> None:
    with one_thread():
        one = OnlineLearner(config("gru"), 2, 0, 128)
        one.learn(torch.tensor([[1, 2, 3], [4, NO_SYMBOL, NO_SYMBOL]]))
        other = OnlineLearner(config("gru"), 2, 0, 128)
        logits, loss = other.learn(torch.tensor([[1, 2, 3], [4, NO_SYMBOL, NO_SYMBOL]]))
    bits = torch.log_softmax(logits, -1)
    assert loss == pytest.approx(-float(bits[0, 0, 1] + bits[0, 1, 2] + bits[0, 2, 3] + bits[1, 0, 4]) / 4, rel=1e-6)
    assert int(one.features._times.sum()) == 4 * 3  # four symbols, three orders


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    learner = OnlineLearner(config("gru"), 1, 0, 128)
    with torch.no_grad():
        learner.network.read_out.bias.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="the loss of update 1 is not finite; lower the learning rate"):
        learner.learn(torch.tensor([[1, 2]]))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_is_carried_is_enough_to_go_on(name: str) -> None:
    streams = in_streams(SYMBOLS, 4)
    with one_thread():
        one = OnlineLearner(config(name, orders=0), 4, 0, 128)
        chunkwise(one, streams[:, :20])
        other = OnlineLearner(config(name, orders=0), 4, 0, 128)
        other.network.load_state_dict(one.network.state_dict())
        other.optimiser.load_state_dict(copy.deepcopy(one.optimiser.state_dict()))
        other.restore(one.carried(), one.updates)
        assert torch.equal(chunkwise(one, streams[:, 20:]), chunkwise(other, streams[:, 20:]))


def test_features_are_rows_of_contexts_by_hand() -> None:
    """Two orders, one stream: after "ab" was learnt, the row of context "a" speaks for "b", and that of "b" is untouched."""
    features = NgramFeatures(2, 12, 1.0, 1, 4)
    chunk = torch.tensor([[0, 1, 0]])
    contexts = features.contexts(chunk)
    assert contexts.shape == (1, 3, 2)
    assert len(set(contexts[0].flatten().tolist())) == 6  # start, start start, a, start a, b, ab: no two share a row
    features.learn(contexts, torch.zeros((1, 3, 4)), chunk)
    expected = torch.tensor([0.75, -0.25, -0.25, -0.25])  # what came less its probability, times the rate
    torch.testing.assert_close(features._table[contexts[0, 2, 0]], expected)
    torch.testing.assert_close(features._table[contexts[0, 1, 0]], expected.roll(1))
    torch.testing.assert_close(features.next_logits(), features._table[contexts[0, 1, 0]][None])  # after a; "ba" is new


def test_no_orders_cost_nothing() -> None:
    features = NgramFeatures(0, 18, 1.0, 3, 4)
    assert features.contexts(torch.zeros((3, 5), dtype=torch.int64)).shape == (3, 5, 0)
    assert features._table.numel() == 4
    for _ in range(3):
        assert float(features.next_logits().abs().sum()) == 0
        features.observe(torch.tensor([1, 2, 3]))


def test_a_context_met_often_in_a_chunk_moves_its_row_once() -> None:
    """By the mean of its slopes: their sum would overshoot by the length of the chunk, and cost what no coder pays."""
    often, once = (NgramFeatures(1, 12, 1.0, 1, 4) for _ in range(2))
    chunk = torch.zeros((1, 50), dtype=torch.int64)
    contexts = often.contexts(chunk)
    often.learn(contexts[:, 1:], torch.zeros((1, 49, 4)), chunk[:, 1:])
    once.learn(contexts[:, 1:2], torch.zeros((1, 1, 4)), chunk[:, 1:2])
    row = int(contexts[0, 1, 0])
    torch.testing.assert_close(often._table[row], once._table[row])
    assert (int(often._times[row]), int(once._times[row])) == (49, 1)
