"""Networks: seeded, loadable by transformers alone, and what the architecture says they are."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers

from mdlbench.training import Architecture, train_run
from mdlbench.training.architectures import build_network
from tests.training.small import SMALL, small_run

NAMES = ("gpt2", "llama", "gru", "lstm")
INPUTS = torch.tensor([[0, 2, 1, 1], [2, 2, 0, 1]])


@pytest.mark.parametrize("name", NAMES)
def test_transformers_loads_what_was_saved(tmp_path: Path, name: str) -> None:
    """`from_pretrained` gives the trained network's logits, and rows causal in the inputs."""
    run = small_run(tmp_path, architecture=replace(SMALL, name=name))
    train_run(run, (0,))
    network = run.last(0).network()
    again = transformers.AutoModelForCausalLM.from_pretrained(run.last(0).folder, use_safetensors=True).eval()
    with torch.no_grad():
        logits = network(input_ids=INPUTS).logits
        assert torch.equal(logits, again(input_ids=INPUTS).logits)
        changed = network(input_ids=torch.cat([INPUTS[:, :3], (INPUTS[:, 3:] + 1) % 3], dim=1)).logits
        untrained = run.checkpoints(0)[0].network()(input_ids=INPUTS).logits
    assert logits.shape == (2, 4, 3)
    torch.testing.assert_close(changed[:, :3], logits[:, :3])
    assert not torch.allclose(logits, untrained, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_seeds_decide_the_weights(name: str) -> None:
    shape = replace(SMALL, name=name)
    torch.manual_seed(9)
    one, again, other = (list(build_network(shape, 3, seed).parameters()) for seed in (4, 4, 5))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    torch.manual_seed(9)
    before = torch.rand(1)
    torch.manual_seed(9)
    build_network(shape, 3, 4)
    assert torch.rand(1) == before


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_a_recurrent_network_remembers_in_pieces(name: str) -> None:
    """Fed symbol by symbol, or in two pieces, it says what it says when fed at once, beyond any context."""
    network = build_network(replace(SMALL, name=name), 3, 0).eval()
    symbols = torch.randint(0, 3, (2, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = network(input_ids=symbols, output_hidden_states=True)
        for cuts in ([17, 23], [1] * 40):
            cache = transformers.DynamicCache()
            parts = [network(input_ids=piece, past_key_values=cache).logits for piece in symbols.split(cuts, dim=1)]
            torch.testing.assert_close(torch.cat(parts, dim=1), whole.logits)
        kept = network(input_ids=symbols, logits_to_keep=2).logits
    torch.testing.assert_close(kept, whole.logits[:, -2:])
    assert [state.shape for state in whole.hidden_states] == [(2, 40, 8)] * 3


def test_missing_heads_stay_missing() -> None:
    """One head of width 2 in a stream of width 8: three of gpt2's four heads are zero, and no gradient reaches them."""
    shape = Architecture(context=4, layers=1, width=8, heads=1, head_width=2, init=0.5)
    network = build_network(shape, 3, 0)
    attention = network.transformer.h[0].attn
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        network(input_ids=INPUTS, labels=INPUTS).loss.backward()
        optimiser.step()
    query_key_value = attention.c_attn.weight.view(8, 3, 4, 2)
    assert query_key_value[:, :, 1:].abs().max() == 0
    assert attention.c_proj.weight.view(4, 2, 8)[1:].abs().max() == 0
    assert query_key_value[:, :, 0].abs().min() > 0


def test_one_head_alone_is_the_same_function() -> None:
    """Head 0 of the padded network gives what attention with that head alone gives, scaled by its own width."""
    shape = Architecture(context=4, layers=1, width=8, heads=1, head_width=2, init=0.5)
    attention = build_network(shape, 3, 0).eval().transformer.h[0].attn
    stream = torch.randn(1, 4, 8, generator=torch.Generator().manual_seed(1))
    query, key, value = (stream @ attention.c_attn.weight).view(4, 3, 8)[:, :, :2].unbind(1)
    scores = (query @ key.T / 2**0.5).masked_fill(torch.ones(4, 4).triu(1) > 0, -torch.inf)
    expected = scores.softmax(-1) @ value @ attention.c_proj.weight[:2]
    with torch.no_grad():
        torch.testing.assert_close(attention(stream)[0][0], expected)


def test_initial_deviation() -> None:
    network = build_network(Architecture(width=64, init=0.1), 3, 0)
    deviations = [float(p.detach().std()) for p in network.parameters() if p.ndim >= 2 and p.numel() > 4000]
    assert deviations == pytest.approx([0.1] * len(deviations), abs=0.004)
    assert all(not p.any() for name, p in network.named_parameters() if name.endswith("bias"))
