"""The parts that look at a network, on one whose answers are known and on a small one of transformers."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from mdlbench.beliefs.activations import ALL, NORM, Sites, read_activations
from mdlbench.beliefs.controls import EXACT, NETWORK, every_symbol, last_symbols
from mdlbench.beliefs.distortion import at_gap, rate_distortion
from mdlbench.beliefs.dynamics import bayes_update, measure_dynamics
from mdlbench.beliefs.geometry import emergence, measure_geometry
from mdlbench.beliefs.intervention import measure_intervention, write_belief
from mdlbench.beliefs.prefixes import enumerate_prefixes
from mdlbench.beliefs.regression import AffineMap
from mdlbench.beliefs.result import Setting
from mdlbench.beliefs.synchronisation import synchronisation
from mdlbench.errors import MdlbenchError
from mdlbench.processes import find
from mdlbench.training import Architecture
from mdlbench.training.architectures import build_network
from tests.beliefs.networks import exact_network

MESS3 = find("mess3")
SETTING = Setting(length=5, folds=4)


def _network(name: str, symbols: int = 3) -> Any:
    return build_network(Architecture(name=name, context=6, layers=2, width=8, heads=2, init=0.5), symbols, 1).eval()


@pytest.mark.parametrize("name", ["gpt2", "llama", "gru", "lstm"])
@pytest.mark.parametrize("batch", [7, 2048])
def test_activations_of_a_prefix_are_those_of_a_whole_pass(name: str, batch: int) -> None:
    prefixes = enumerate_prefixes(MESS3, 4)
    network = _network(name)
    found = read_activations(network, prefixes, batch=batch)
    with torch.inference_mode():
        streams, logits = Sites(network).read(torch.from_numpy(prefixes.words.astype(np.int64)))
    rows, places = prefixes.first_leaves, prefixes.lengths - 1
    for site, stream in zip(found.names, streams, strict=True):
        np.testing.assert_allclose(found.at(site), stream.numpy()[rows, places], rtol=1e-4, atol=1e-4)
    expected = torch.log_softmax(logits.double(), -1).numpy()[rows, places]
    np.testing.assert_allclose(found.log_probabilities, expected, atol=1e-5)


def test_sites_are_those_of_transformers() -> None:
    network = _network("gpt2")
    words = torch.tensor([[0, 1, 2, 1]])
    with torch.inference_mode():
        streams, _ = Sites(network).read(words)
        theirs = network(input_ids=words, output_hidden_states=True).hidden_states
        last = network.transformer.ln_f(streams[-2])
    assert Sites(network).names == ["embedding", "block 1", "block 2", NORM]
    for ours, other in zip([*streams[:2], streams[-1]], theirs, strict=True):
        torch.testing.assert_close(ours, other)
    torch.testing.assert_close(last, streams[-1])


def test_networks_that_cannot_be_read() -> None:
    with pytest.raises(MdlbenchError, match="no blocks and final norm"):
        Sites(torch.nn.Linear(2, 2))
    with pytest.raises(MdlbenchError, match="knows 2 symbols, the process has 3"):
        read_activations(_network("gpt2", 2), enumerate_prefixes(MESS3, 2))
    with pytest.raises(MdlbenchError, match="sees 6 symbols"):
        read_activations(_network("gpt2"), enumerate_prefixes(MESS3, 7))


def test_bayes_update_leads_from_belief_to_belief() -> None:
    prefixes = enumerate_prefixes(MESS3, 5)
    later = prefixes.parents >= 0
    updated = bayes_update(MESS3, prefixes.beliefs[prefixes.parents[later]], prefixes.symbols[later])
    np.testing.assert_allclose(updated, prefixes.beliefs[later], atol=1e-12)


def test_dynamics_of_exact_beliefs() -> None:
    prefixes = enumerate_prefixes(MESS3, 7)
    found = measure_dynamics(MESS3, prefixes, prefixes.beliefs, np.zeros(len(prefixes), int), weighting="prefix")
    assert found.pairs == len(prefixes) - 3
    assert found.bayes_update.r2 == pytest.approx(1, abs=1e-4)  # but for the floor of the simplex
    assert found.bayes_update.kl_bits is not None
    assert found.bayes_update.kl_bits < 1e-3
    for control in (found.no_update, found.symbol_alone, found.another_symbol, found.another_prefix):
        assert control.r2 is not None
        assert control.r2 < 0.9


def test_errors_that_are_kept_and_errors_that_are_not() -> None:
    """Noise drawn anew at each prefix is not carried on; the belief of a filter that began elsewhere is."""
    prefixes = enumerate_prefixes(MESS3, 7)
    inside = 0.9 * prefixes.beliefs + 0.1 / 3  # away from the edges, where the simplex would cut
    noisy = inside + 0.02 * np.random.default_rng(0).standard_normal(inside.shape)
    kept = np.empty_like(inside)
    start = np.tile([0.9, 0.05, 0.05], (3, 1))
    kept[:3] = bayes_update(MESS3, start, prefixes.symbols[:3])
    for length in range(2, 8):
        level = prefixes.level(length)
        kept[level] = bayes_update(MESS3, kept[prefixes.parents[level]], prefixes.symbols[level])
    folds = np.zeros(len(prefixes), int)
    fresh, carried = (measure_dynamics(MESS3, prefixes, image, folds).error.slope for image in (noisy, kept))
    assert fresh is not None
    assert abs(fresh) < 0.7
    assert carried == pytest.approx(1, abs=0.05)


def test_writing_a_belief() -> None:
    generator = np.random.default_rng(1)
    fitted = AffineMap(generator.standard_normal((6, 3)), generator.standard_normal(3), np.zeros(3))
    values, beliefs = generator.standard_normal((5, 6)), generator.dirichlet(np.ones(3), 5)
    spread = generator.standard_normal((6, 6))
    plain, shaped = write_belief(values, fitted, beliefs), write_belief(values, fitted, beliefs, spread @ spread.T)
    for written in (plain, shaped):
        np.testing.assert_allclose(fitted(written), beliefs, atol=1e-8)
    assert np.linalg.norm(plain - values) < np.linalg.norm(shaped - values)


def test_intervention_on_an_exact_network() -> None:
    """A network that predicts from the belief in its stream follows whatever is written, at every layer, and nothing random."""
    process = MESS3
    network, prefixes = exact_network(process), enumerate_prefixes(process, 5)
    activations = read_activations(network, prefixes)
    mixing, shift = network.mixing.numpy(), network.shift.numpy()
    inverse = np.linalg.pinv(mixing)
    maps = dict.fromkeys(activations.names, AffineMap(inverse, -shift @ inverse, np.zeros(3)))
    everyone = np.ones(len(prefixes), bool)
    found = measure_intervention(process, network, prefixes, activations, maps, everyone, samples=200)
    assert found.undisturbed_bits == pytest.approx(0, abs=1e-6)
    assert found.unchanged_bits > 0.3
    for site in activations.names:
        methods = found.sites[site]
        assert methods["pseudo-inverse"].followed == pytest.approx(1, abs=1e-4)
        assert methods["pattern"].followed == pytest.approx(1, abs=1e-4)
        assert methods["swap"].followed == pytest.approx(1, abs=1e-4)
        assert methods["random"].followed < 0.9
        assert methods["pattern"].carried == pytest.approx(0, abs=1e-6)  # its memory is not the stream


def test_geometry_of_an_exact_network() -> None:
    network, prefixes = exact_network(MESS3), enumerate_prefixes(MESS3, 5)
    found, image = measure_geometry(MESS3, network, prefixes, SETTING, _wide("gpt2"))
    assert found.loss_gap_bits == pytest.approx(0, abs=1e-6)
    assert len(found.fits) == 2 * 2 * (5 + 6)
    for row in found.fits:
        assert row.split == "belief"
        assert row.shuffled_r2 is not None
        assert row.shuffled_r2 < (0.1 if row.weighting == "prefix" else 0.3)
        if row.method == "ridge" and row.weighting == "prefix":
            assert abs(row.shuffled_r2) < 0.1
        if not row.control:
            assert row.r2 == pytest.approx(1, abs=1e-4)
            assert row.distance_r2 == pytest.approx(1, abs=1e-4)
            assert row.untrained_r2 is not None
            assert row.untrained_r2 < 0.99
    assert all(row.control or row.mse == pytest.approx(0, abs=1e-8) for row in found.in_sample)
    controls = {row.features: row.r2 for row in found.fits if (row.weighting, row.method) == ("prefix", "ridge")}
    assert controls["exact next-symbol distribution"] == pytest.approx(
        1, abs=1e-4
    )  # three states, three symbols: an invertible map
    assert controls["last 1 symbol"] < controls["last 2 symbols"] < controls["last 3 symbols"] < 1  # type: ignore[operator]
    np.testing.assert_allclose(image, prefixes.beliefs, atol=1e-2)


def _wide(name: str) -> Any:
    return build_network(Architecture(name=name, context=6, layers=2, width=6, heads=2), 3, 1).eval()


def test_emergence() -> None:
    """An untrained network, then one that holds the beliefs: the error falls to nothing."""
    prefixes = enumerate_prefixes(MESS3, 5)
    stages = list(emergence(MESS3, prefixes, [(0, _wide("gpt2")), (1000, exact_network(MESS3))], folds=3))
    first, last = (stage for stage, _ in stages)
    assert (first.tokens, last.tokens) == (0, 1000)
    assert first.loss_gap_bits > 0.1 > last.loss_gap_bits
    assert first.sites[ALL].in_sample_mse > 1e-3 > 1e-8 > last.sites[ALL].in_sample_mse
    for name in (ALL, NETWORK, EXACT):
        assert last.sites[name].r2["belief"] == pytest.approx(1, abs=1e-4)
    untold, told = first.sites[NETWORK].r2["belief"], first.sites[EXACT].r2["belief"]
    assert untold < told  # type: ignore[operator]


def test_pairs_and_interventions_that_are_not_there() -> None:
    """No prefix is held out with its parent, or nothing but one belief can be written: figures are unknown, not infinite."""
    prefixes = enumerate_prefixes(MESS3, 3)
    found = measure_dynamics(MESS3, prefixes, prefixes.beliefs, prefixes.lengths)
    assert (found.pairs, found.bayes_update.r2, found.error.slope) == (0, None, None)
    alone = np.arange(len(prefixes)) == prefixes.level(2).start
    activations = read_activations(exact_network(MESS3), prefixes)
    maps = {"block 1": AffineMap(np.ones((6, 3)), np.zeros(3), np.zeros(3))}
    written = measure_intervention(MESS3, exact_network(MESS3), prefixes, activations, maps, alone, samples=5)
    assert written.sites["block 1"]["swap"].followed is None


def test_controls_by_hand() -> None:
    prefixes = enumerate_prefixes(find("golden-mean"), 3)
    rows = {prefixes.text(i): i for i in range(len(prefixes))}
    two = last_symbols(prefixes, 2)
    np.testing.assert_array_equal(two[rows["0 1 0"]], two[rows["1 0"]])
    assert (two[rows["0"]] != two[rows["0 0"]]).any()
    assert two.shape[1] == 5  # 0, 1, 00, 01, 10
    np.testing.assert_array_equal(every_symbol(prefixes, 2)[rows["0 1"]], [0, 1, 1, 0, 0, 0])


def test_synchronisation_of_the_bayes_filter() -> None:
    """Golden mean, p = 1/2: the state is known after one symbol but for what came before; H(S) = 0.918, h = 2/3."""
    process = find("golden-mean")
    prefixes = enumerate_prefixes(process, 4)
    exact = np.log((prefixes.beliefs @ process.emission).clip(1e-12))
    rows = synchronisation(process, prefixes, exact, prefixes.beliefs)
    assert rows[0].state == pytest.approx(0.9182958341)
    for row in rows[1:]:
        assert row.state == pytest.approx(0, abs=1e-12)
        assert row.next == pytest.approx(2 / 3)
        assert row.saved == pytest.approx(0.2516291674)
        assert row.gap == pytest.approx(0, abs=1e-9)
        assert row.network_state == pytest.approx(0.001443, abs=1e-5)  # -log2 of 1/1.001: the floor of the simplex


@pytest.mark.parametrize("name", ["mess3", "rrxor", "nemo"])
def test_saved_bits_never_exceed_what_is_known_of_the_state(name: str) -> None:
    process = find(name)
    rows = synchronisation(process, enumerate_prefixes(process, 6))
    for row in rows:
        assert rows[0].state is not None
        assert row.state is not None
        assert row.saved <= rows[0].state - row.state + 1e-12


def test_rate_distortion_ends() -> None:
    """With all memory the Bayes predictor and the whole belief; with none the best constant, its gap I(next; past)."""
    found = rate_distortion(MESS3, length=3, points=12)
    curve = found.curve
    assert found.beliefs == 27
    assert curve[0].gap_bits < 1e-3
    assert curve[0].r2 is not None
    assert curve[0].r2 > 0.999
    assert curve[-1].rate_bits < 1e-2
    past = synchronisation(MESS3, enumerate_prefixes(MESS3, 3))[3].saved
    assert curve[-1].gap_bits == pytest.approx(past, abs=1e-3)
    for one, other in pairwise(curve):
        assert one.rate_bits >= other.rate_bits - 1e-6
        assert one.gap_bits <= other.gap_bits + 1e-6
    middle = curve[5]
    assert at_gap(curve, middle.gap_bits) == pytest.approx((middle.rate_bits, middle.r2))
    assert at_gap(curve, 10.0) == (None, None)
