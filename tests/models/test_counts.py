"""`kt` and `ngram` against closed forms, plain references and published values, and through their own coder."""

import math
import os
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdlbench.errors import SpecError
from mdlbench.models import load_model

SPECS = [
    "kt",
    "kt,order=1",
    "kt,order=2",
    "kt,order=3",
    "kt,order=5,alpha=0.01",
    "ngram,order=0",
    "ngram,order=2",
    "ngram",
    "ngram,order=6",
]
ENGLISH = (
    b"It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. "
    b"However little known the feelings or views of such a man may be on his first entering a neighbourhood, this truth is so "
    b"well fixed in the minds of the surrounding families, that he is considered the rightful property of some one of them."
)
BLOCKS = {
    "empty": b"",
    "one byte": b"\xff",
    "zeros": bytes(5000),
    "every byte": bytes(range(256)) * 3,
    "english": ENGLISH * 4,
    "random": np.random.default_rng(0).bytes(3000),
    "wide contexts": b"".join(bytes([0, 0, 0, s]) for s in range(256)) * 2,  # lists of 256 followers
}


def reference_bits(data: bytes, order: int, lowest: int, alpha: float) -> list[float]:
    """Both models in plain Python: dictionaries of counts, the formulas of the module's docstring, the code length."""
    followers: dict[bytes, Counter[int]] = defaultdict(Counter)
    padded, bits = bytes(order) + data, []
    for position in range(order, len(padded)):
        symbol = padded[position]
        p = 1 / 256
        for k in range(lowest, order + 1):
            context = padded[position - k : position]
            counts = followers[bytes([k]) + context]
            seen, kinds = counts.total(), len(counts)
            if alpha:
                p = (counts[symbol] + alpha) / (seen + 256 * alpha)
            elif seen:
                p = (counts[symbol] + kinds * p) / (seen + kinds)
        for k in range(lowest, order + 1):
            followers[bytes([k]) + padded[position - k : position]][symbol] += 1
        bits.append(-math.log2(p))
    return bits


def reference(spec: str, data: bytes) -> list[float]:
    options = load_model(spec).options
    alpha = getattr(options, "alpha", 0.0)
    return reference_bits(data, options.order, options.order if alpha else 0, alpha)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("name", BLOCKS)
def test_code_length_is_the_formula(spec: str, name: str) -> None:
    (bits,) = load_model(spec).code_length([BLOCKS[name]])
    np.testing.assert_allclose(bits, reference(spec, BLOCKS[name]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("name", BLOCKS)
def test_payload_decodes_and_is_as_long_as_the_code_length(spec: str, name: str) -> None:
    model, block = load_model(spec), BLOCKS[name]
    (encoded,) = model.encode([block])
    ((ideal, quantised, _),) = model.measure([block], quantised=True)
    assert model.decode([encoded.payload], [len(block)]) == [block]
    assert encoded.ideal_bits == pytest.approx(ideal.sum(), rel=1e-12)
    assert encoded.quantised_bits == pytest.approx(quantised.sum(), rel=1e-12)
    assert 8 * len(encoded.payload) <= 1.0002 * ideal.sum() + 1e-5 * 8 * len(block) + 64
    assert abs(8 * len(encoded.payload) - quantised.sum()) <= 1e-6 * 8 * len(block) + 9


@pytest.mark.parametrize(("order", "alpha"), [(0, 0.5), (0, 1.0), (1, 0.5), (3, 0.5)])
def test_kt_is_the_closed_form_of_the_counts(order: int, alpha: float) -> None:
    """A block's probability is one Dirichlet integral per context (Krichevsky & Trofimov 1981): only the counts matter."""
    padded = bytes(order) + ENGLISH
    counts: dict[bytes, Counter[int]] = defaultdict(Counter)
    for position in range(order, len(padded)):
        counts[padded[position - order : position]][padded[position]] += 1
    nats = sum(
        math.lgamma(256 * alpha)
        - math.lgamma(c.total() + 256 * alpha)
        + sum(math.lgamma(n + alpha) - math.lgamma(alpha) for n in c.values())
        for c in counts.values()
    )
    (bits,) = load_model(f"kt,order={order},alpha={alpha}").code_length([ENGLISH])
    assert bits.sum() == pytest.approx(-nats / math.log(2), rel=1e-12)


def test_kt_order_zero_forgets_the_order_of_the_bytes() -> None:
    shuffled = np.random.default_rng(1).permutation(np.frombuffer(ENGLISH, np.uint8)).tobytes()
    ordered, permuted = load_model("kt").code_length([ENGLISH, shuffled])
    assert ordered.sum() == pytest.approx(permuted.sum(), rel=1e-13)


@pytest.mark.parametrize("n", [1, 10, 1000, 100_000])
def test_kt_redundancy_on_a_constant_source(n: int) -> None:
    """The regret is at most (m - 1)/2 log2 n + log2 m for m symbols (Krichevsky & Trofimov 1981; here the entropy is 0)."""
    (bits,) = load_model("kt").code_length([b"a" * n])
    assert bits.sum() <= 255 / 2 * math.log2(n) + 8 + 1e-9


def test_witten_bell_small_values() -> None:
    """ "abra" by hand, order 1 (Bell, Cleary & Witten 1990, method C, interpolated): each byte's p written as a fraction."""
    (bits,) = load_model("ngram,order=1").code_length([b"abra"])
    u = 1 / 256
    p = [u, (0 + 1 * u) / 2, (0 + 2 * u) / 4, (1 + 3 * u) / 6]  # contexts 0, a, b, r: nothing seen yet in any of them
    np.testing.assert_allclose(2.0**-bits, p, rtol=1e-12)
    (bits,) = load_model("ngram,order=1").code_length([b"abrab"])
    after_a = (1 + 1 * (1 + 3 * u) / 7) / 2  # "ab" was seen once after "a"; order 0 holds a a b r
    np.testing.assert_allclose(2.0 ** -bits[4], after_a, rtol=1e-12)


@pytest.mark.parametrize("spec", ["kt,order=2", "kt,order=3", "ngram"])
def test_probabilities_of_all_next_bytes_sum_to_one(spec: str) -> None:
    blocks = [ENGLISH[:150] + bytes([symbol]) for symbol in range(256)]
    last = [2.0 ** -bits[-1] for bits in load_model(spec).code_length(blocks)]
    assert math.fsum(last) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("spec", SPECS)
def test_blocks_are_independent(spec: str) -> None:
    model = load_model(spec)
    apart = [model.encode([block])[0].payload for block in (ENGLISH, BLOCKS["random"])]
    together = [encoded.payload for encoded in model.encode([ENGLISH, BLOCKS["random"]])]
    assert apart == together


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(SPECS))
@example(b"\0" * 300, "ngram")
def test_round_trip(block: bytes, spec: str) -> None:
    model = load_model(spec)
    assert model.decode([model.encode([block])[0].payload], [len(block)]) == [block]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(b"\0ab\xff"), max_size=300).map(bytes), st.sampled_from(SPECS))
def test_few_symbols_meet_every_repetition(block: bytes, spec: str) -> None:
    (bits,) = load_model(spec).code_length([block])
    np.testing.assert_allclose(bits, reference(spec, block), rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 3000), st.sampled_from(SPECS))
def test_any_payload_decodes_to_something_of_the_right_length(payload: bytes, size: int, spec: str) -> None:
    assert [len(block) for block in load_model(spec).decode([payload], [size])] == [size]


@pytest.mark.parametrize("size", [(1 << 16) - 1, 1 << 16, (1 << 16) + 1, 3 << 16])
def test_stretches_of_the_kernel_do_not_show(size: int) -> None:
    block = (ENGLISH * (size // len(ENGLISH) + 1))[:size]
    for spec in ("kt,order=2", "ngram"):
        model = load_model(spec)
        (encoded,) = model.encode([block])
        assert model.decode([encoded.payload], [size]) == [block]
        assert sum(reference(spec, block[:2000])) == pytest.approx(model.code_length([block])[0][:2000].sum())


def test_the_trie_grows() -> None:
    block = os.urandom(300_000)  # about two new nodes a byte: the first room holds two thousand
    model = load_model("ngram")
    assert model.decode([model.encode([block])[0].payload], [len(block)]) == [block]


@pytest.mark.parametrize("spec", ["kt,order=2", "ngram"])
def test_a_block_of_zeros_is_tiny(spec: str) -> None:
    model = load_model(spec)
    (encoded,) = model.encode([bytes(model.block_size)])
    assert len(encoded.payload) < 400


def test_golden_payloads() -> None:
    """Stream revision 1: these bytes decode for ever. A change of probabilities needs a new revision, not new bytes here."""
    for spec, payload in GOLDEN.items():
        assert load_model(spec).encode([ENGLISH[:40]])[0].payload.hex() == payload, spec
        assert load_model(spec, revision=1).decode([bytes.fromhex(payload)], [40]) == [ENGLISH[:40]]


GOLDEN = {
    "kt": "b68aca7fb9f97eed1fe0690e06d6be6ef8c912008424e8667888653f81fb4a32880b75968c",
    "kt,order=2": "b68bdf968cdf9edf8b8d8a8b97df8a9196899a8d8c9e939386df9e9b5dd5e4c9b26c792e9adfceeb",
    "kt,order=3": "b68bdf968cdf9edf8b8d8a8b97df8a9196899a8d8c9e939386df9e9c94919088939a9b989a9bd3df",
    "ngram": "b645f7dd778eb9adaa78e228ed82086dcf19e2bd69b254cb818536c53740f9d811cff92d88",
}


def test_specs_digests_and_block_sizes() -> None:
    assert load_model("kt,alpha=0.5,order=2").spec == "kt,order=2"
    assert load_model("ngram,order=4").spec == "ngram"
    digests = [load_model(spec).digest for spec in SPECS]
    assert len(set(digests)) == len(SPECS)
    assert all(load_model(spec).block_size >= 4 << 20 for spec in SPECS)
    assert all(load_model(spec).portability == "exact" for spec in SPECS)
    assert load_model("kt").description().code > 10_000
    assert load_model("ngram,order=2").policy() == {"context": "2 bytes", "start": "zero bytes"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("kt,order=9", "order is 9; choose 0 to 8"),
        ("kt,order=-1", "order is -1"),
        ("ngram,order=two", "not an int"),
        ("kt,alpha=0", "choose between"),
        ("kt,alpha=nan", "alpha=nan: not a float"),
        ("ngram,alpha=1", "no option 'alpha'"),
    ],
)
def test_bad_options_are_refused(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load_model(spec)
