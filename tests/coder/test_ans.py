"""The coder over integer intervals: what goes in comes out, at its price, and the same bytes however it is asked."""

import constriction
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdlbench.coder.ans import Decoder, Encoder, decoder_rows, encode_intervals
from mdlbench.errors import DamagedBlockError
from mdlbench.numerics.frequencies import TOTAL, Frequencies, quantise, quantised_bits


def cut(cumulative: np.ndarray, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The intervals of symbols (n,) under one row of cumulative counts."""
    return cumulative[symbols], cumulative[symbols + 1] - cumulative[symbols]


def some(size: int, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A skewed distribution over `size` symbols as cumulative counts, and n symbols drawn from it."""
    rng = np.random.default_rng(seed)
    cumulative = quantise(rng.random((1, size)) ** 6)[0]
    return cumulative, np.searchsorted(cumulative, rng.integers(0, TOTAL, n), side="right") - 1


@pytest.mark.parametrize("size", [1, 2, 3, 256, 512])
@pytest.mark.parametrize("n", [0, 1, 2, 1000])
def test_symbols_come_back_in_order(size: int, n: int) -> None:
    cumulative, symbols = some(size, n)
    decoder = Decoder(encode_intervals(*cut(cumulative, symbols)))
    assert [decoder.decode(cumulative) for _ in range(n)] == symbols.tolist()


@pytest.mark.parametrize("size", [2, 3, 256])
def test_one_call_and_many_calls_give_the_same_bytes(size: int) -> None:
    left, count = cut(*some(size, 500))
    encoder = Encoder()
    for at in reversed(range(500)):
        encoder.push(left[at : at + 1], count[at : at + 1])
    assert encoder.finish() == encode_intervals(left, count)


def test_chunks_of_rows_do_not_show() -> None:
    left, count = cut(*some(3, (1 << 18) + 7))
    encoder = Encoder()
    encoder.push(left[1000:], count[1000:])
    encoder.push(left[:1000], count[:1000])
    assert encoder.finish() == encode_intervals(left, count)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_three_entry_rows_cut_where_full_rows_cut(data: st.DataObject) -> None:
    """An encoder sees only the interval, a decoder the whole row: constriction must place both at the same integers."""
    counts = data.draw(st.lists(st.integers(2, 2000), min_size=2, max_size=60))
    at = data.draw(st.integers(0, len(counts) - 1))
    counts[at] += TOTAL - sum(counts) - (at == 0)
    counts[-1] += at == 0
    cumulative = np.concatenate([[0], np.cumsum(counts)])
    symbols = np.array(data.draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=20)))
    decoder = Decoder(encode_intervals(*cut(cumulative, symbols)))
    assert [decoder.decode(cumulative) for _ in symbols] == symbols.tolist()


def test_constriction_puts_cuts_at_our_integers() -> None:
    """Coding with full rows (what the decoder uses) and with three entries (what the encoder uses): the same words."""
    cumulative, symbols = some(200, 300)
    coder = constriction.stream.stack.AnsCoder(np.array([0, 1], dtype=np.uint32))
    family = constriction.stream.model.Categorical(perfect=False)
    rows = np.repeat(decoder_rows(cumulative[None, :]), len(symbols), axis=0)
    coder.encode_reverse(symbols.astype(np.int32), family, rows)
    words = coder.get_compressed().astype("<u4").tobytes()
    assert words.rstrip(b"\0") == encode_intervals(*cut(cumulative, symbols))


@pytest.mark.parametrize("p", [1, 2, TOTAL // 2, TOTAL - 3, TOTAL - 2])
def test_extreme_intervals(p: int) -> None:
    """Every position of the narrowest and widest intervals; of two symbols the rarer has at least two counts."""
    rare = TOTAL - p
    for cuts in ([0, p, TOTAL - 1, TOTAL], [0, 1, 1 + p, TOTAL], [0, rare, TOTAL]):
        cumulative = np.array(cuts)
        if (np.diff(cumulative) < 1).any() or (len(cuts) == 3 and min(p, rare) < 2):
            continue
        symbols = np.arange(200) % (len(cuts) - 1)
        decoder = Decoder(encode_intervals(*cut(cumulative, symbols)))
        assert [decoder.decode(cumulative) for _ in symbols] == symbols.tolist()


def test_certain_symbols_cost_nothing() -> None:
    nothing = encode_intervals(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert len(nothing) == 5
    assert encode_intervals(np.zeros(100, np.int64), np.full(100, TOTAL)) == nothing
    assert Decoder(nothing).decode(np.array([0, TOTAL])) == 0


def test_intervals_at_the_left_edge_cost_what_they_should() -> None:
    """From an empty state a left edge would be free, and a payload could be shorter than its code length."""
    payload = encode_intervals(np.zeros(64, np.int64), np.full(64, TOTAL // 2))
    assert 8 <= len(payload) <= 8 + 8


@pytest.mark.parametrize(("left", "count"), [(-1, 5), (0, 0), (TOTAL - 3, 4), (0, TOTAL - 1)])
def test_intervals_that_cannot_be_cut_are_a_bug(left: int, count: int) -> None:
    with pytest.raises(AssertionError, match="not an interval"):
        encode_intervals(np.array([left]), np.array([count]))


@pytest.mark.parametrize("payload", [b"", b"\0", b"abc\0", b"abcd\0\0\0\0"])
def test_what_no_encoder_writes_is_refused(payload: bytes) -> None:
    with pytest.raises(DamagedBlockError, match=f"payload of {len(payload)} bytes is not what the coder writes"):
        Decoder(payload)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=60).filter(lambda payload: payload[-1] != 0))
def test_any_other_payload_decodes_to_something(payload: bytes) -> None:
    cumulative, _ = some(7, 1)
    decoder = Decoder(payload)
    assert all(0 <= decoder.decode(cumulative) < 7 for _ in range(100))


SHAPES = {f"V=2, p={p}": np.array([p, 1 - p]) for p in (0.9, 0.99, 0.999)}
for _size in (256, 50_257, 151_936, 256_000):
    _zipf = 1.0 / np.arange(1, _size + 1) ** 1.2
    SHAPES[f"V={_size}, flat"] = np.full(_size, 1.0 / _size)
    SHAPES[f"V={_size}, skewed"] = _zipf / _zipf.sum()


@pytest.mark.parametrize("shape", SHAPES)
def test_payload_is_as_long_as_the_ideal_code(shape: str) -> None:
    """Within 0.02 % + 1e-5 bits an interval + 8 bytes of the code length of the floats; more symbols in benchmarks/coder.py."""
    p = SHAPES[shape]
    rng = np.random.default_rng(5)
    symbols = rng.choice(len(p), size=3000, p=p)
    unique, inverse = np.unique(symbols, return_inverse=True)
    frequencies = Frequencies(p[None, :])
    pairs = [frequencies.intervals(np.array([symbol])) for symbol in unique]
    left, count = (np.concatenate([pair[side] for pair in pairs])[inverse].ravel() for side in (0, 1))
    ideal = -np.log2(p[symbols]).sum()
    payload = encode_intervals(left, count)
    assert abs(8 * len(payload) - ideal) <= 2e-4 * ideal + 1e-5 * len(left) + 64
    assert abs(8 * len(payload) - quantised_bits(count).sum()) <= 1e-5 * len(left) + 64


def test_golden_bytes() -> None:
    """What the coder writes for given integers, for ever: files depend on it."""
    cumulative, symbols = quantise(np.arange(1.0, 9.0)[None, :] ** 2)[0], np.arange(64) * 5 % 8
    payload = encode_intervals(*cut(cumulative, symbols))
    assert payload.hex() == GOLDEN


GOLDEN = "f16f000b050f0135520001207a641bd750268fa4afcd722dd50990a2aa0a016798c24b"
