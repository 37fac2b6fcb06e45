"""The bit coder of the compiled kernels, run through kernels of its own and, for reference, as plain Python."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdlbench.coder.bits import ONE, bound, decode_bit, encode_bit, finish_encode, new_coder, start_decode
from mdlbench.numerics.compiled import inline


@inline
def _encode(coder, out, bits, p1, precision):
    for i in range(bits.size):
        encode_bit(coder, out, bits[i], p1[i], precision)
    return finish_encode(coder, out)


@inline
def _decode(coder, payload, bits, p1, precision):
    start_decode(coder, payload)
    for i in range(bits.size):
        bits[i] = decode_bit(coder, payload, p1[i], precision)


def encode(bits: list[int] | np.ndarray, p1: list[int] | np.ndarray, precision: int = 24) -> bytes:
    out = np.zeros(bound(len(bits)), np.uint8)
    length = _encode(new_coder(), out, np.array(bits, np.uint8), np.array(p1, np.int64), precision)
    return out[:length].tobytes()


def decode(payload: bytes, p1: list[int] | np.ndarray, precision: int = 24) -> list[int]:
    bits = np.zeros(len(p1), np.uint8)
    _decode(new_coder(), np.frombuffer(bytearray(payload), np.uint8), bits, np.array(p1, np.int64), precision)
    return bits.tolist()


def reference(bits: list[int], p1: list[int], precision: int) -> bytes:
    """The coder in Python's integers: low and high of 64 bits, a byte written whenever it is settled."""
    low, high, out = 0, 2**64 - 1, bytearray()
    for bit, p in zip(bits, p1, strict=True):
        middle = low + (high - low) * p // 2**precision
        low, high = (low, middle) if bit else (middle + 1, high)
        while low >> 56 == high >> 56:
            out.append(high >> 56)
            low, high = low << 8 & 2**64 - 1, high << 8 & 2**64 - 1 | 255
    if low:
        out.append((low >> 56) + 1)
    return bytes(out)


def extreme(precision: int) -> st.SearchStrategy[int]:
    one = 1 << precision
    return st.one_of(st.sampled_from([1, 2, one // 2, one - 2, one - 1]), st.integers(1, one - 1))


@settings(deadline=None, max_examples=200)
@given(st.data(), st.sampled_from([1, 12, 24, 32]))
def test_round_trip_and_reference(data: st.DataObject, precision: int) -> None:
    one = 1 << precision
    p1 = data.draw(st.lists(extreme(precision).filter(lambda p: p < one), max_size=400)) if precision > 1 else [1] * 50
    bits = data.draw(st.lists(st.integers(0, 1), min_size=len(p1), max_size=len(p1)))
    payload = encode(bits, p1, precision)
    assert payload == reference(bits, p1, precision)
    assert decode(payload, p1, precision) == bits


@pytest.mark.parametrize("precision", [24, 32])
@pytest.mark.parametrize("surprise", [False, True])
def test_certainty_and_surprise(precision: int, surprise: bool) -> None:
    n, one = 2000, 1 << precision
    payload = encode([1] * n, [1 if surprise else one - 1] * n, precision)
    bits = n * precision if surprise else n / one * 1.4427
    assert 8 * len(payload) == pytest.approx(bits, abs=16, rel=1e-6)
    assert decode(payload, [1 if surprise else one - 1] * n, precision) == [1] * n


@pytest.mark.parametrize("precision", [24, 32])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.999, 1e-6])
def test_length_is_the_code_length(precision: int, p: float) -> None:
    """No more than 1e-6 bits a decision over the sum of -log2 p, and a byte at the end."""
    rng = np.random.default_rng(0)
    bits = (rng.random(200_000) < p).astype(np.uint8)
    p1 = int(p * 2**precision)
    bits_ideal = np.where(bits, -np.log2(p1 / 2**precision), -np.log2(1 - p1 / 2**precision)).sum()
    assert abs(8 * len(encode(bits, np.full(len(bits), p1), precision)) - bits_ideal) <= 1e-6 * len(bits) + 16


def test_nothing_takes_no_bytes() -> None:
    assert encode([], []) == b""
    assert encode([1] * 5, [ONE - 1] * 5) == b""


@settings(deadline=None)
@given(st.binary(max_size=40), st.lists(extreme(24), max_size=300))
@example(b"\0" * 9, [1] * 300)
@example(b"\xff" * 9, [ONE - 1] * 300)
def test_reading_past_the_end_is_reading_zeros(payload: bytes, p1: list[int]) -> None:
    assert decode(payload, p1) == decode(payload + bytes(500), p1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=300))
def test_trailing_zeros_may_be_dropped(bits: list[int]) -> None:
    p1 = [ONE // 3] * len(bits)
    assert decode(encode(bits, p1).rstrip(b"\0"), p1) == bits


def test_interval_across_a_carry_survives() -> None:
    """Steer the interval so that it straddles a carry until it is a few points wide: lossless there too."""
    bits, p1 = [], []
    low, high = 0, 2**64 - 1
    for _ in range(60):
        middle = low + (high - low) * (ONE // 2) // ONE
        bit = 1 if middle >= 1 << 63 else 0
        low, high = (low, middle) if bit else (middle + 1, high)
        bits.append(bit)
        p1.append(ONE // 2)
        if low >= 1 << 63 or high < 1 << 63:
            break
    bits, p1 = bits[:-1] + [0, 1] * 20, p1[:-1] + [1, ONE - 1] * 20
    assert encode(bits, p1) == reference(bits, p1, 24)
    assert decode(encode(bits, p1), p1) == bits


def test_golden_bytes() -> None:
    """For ever: files depend on it."""
    p1 = [(i * 2_654_435_761 >> 8) % (ONE - 1) + 1 for i in range(200)]
    assert encode([i * i % 3 % 2 for i in range(200)], p1).hex() == GOLDEN


GOLDEN = "2013c524ee682db3328a7de3e48d84ac48f72d9e27613f1b76cbc6f0aee1b6049fd1354c2957"
