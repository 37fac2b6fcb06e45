"""A predictor, stream by stream and as a codec; what it predicts is held against what a prediction must be."""

import hashlib
from typing import Any

import numpy as np
import pytest

from mdlbench.coder.ans import encode_intervals
from mdlbench.errors import NotADistributionError
from mdlbench.models.base import Description, Encoded, Predictor
from mdlbench.models.lockstep import PredictorModel
from mdlbench.models.streams import decode_streams, stream_intervals
from mdlbench.numerics.frequencies import Frequencies
from mdlbench.tokens import ByteTokens, SymbolTokens, Tokens
from tests.check_codec import TEXT, check_codec


class Walk(Predictor):
    """Probabilities that depend on all symbols so far: a lockstep that mixes up streams or steps decodes to nonsense."""

    portability = "exact"

    def __init__(self, alphabet_size: int) -> None:
        self.alphabet_size = alphabet_size

    def reset(self, n_streams: int) -> None:
        self._state = np.ones(n_streams, np.int64)

    def predict(self) -> Frequencies:
        places = np.arange(self.alphabet_size)
        return Frequencies(((places[None, :] * 31 + self._state[:, None]) % 101 + 1.0) ** 2)

    def update(self, symbols: np.ndarray) -> None:
        self._state = (self._state * 33 + symbols + 1) % 65_521


class WalkModel(PredictorModel):
    """The walk over the symbols of some alphabet of bytes, three at a time."""

    name = "walk"
    batch_size = 3

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens, self._predictor = tokens, Walk(tokens.alphabet_size)

    @property
    def predictor(self) -> Predictor:
        return self._predictor

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def description(self) -> Description:
        return Description(code=0)


def payloads(streams: list[np.ndarray], size: int) -> list[bytes]:
    return [encode_intervals(stream.left, stream.count) for stream in stream_intervals(Walk(size), streams)]


@pytest.mark.parametrize("size", [1, 2, 512, 513, 5000])
@pytest.mark.parametrize("lengths", [[], [0], [7], [5, 0, 9, 1]])
def test_streams_in_step(size: int, lengths: list[int]) -> None:
    rng = np.random.default_rng(8)
    streams = [rng.integers(0, size, length) for length in lengths]
    coded = payloads(streams, size)
    decoded = decode_streams(Walk(size), coded, lengths)
    assert all((a == b).all() for a, b in zip(streams, decoded, strict=True))
    assert [payloads([stream], size)[0] for stream in streams] == coded


@pytest.mark.parametrize("size", [2, 300, 600])
def test_bits_of_each_symbol(size: int) -> None:
    (stream,) = stream_intervals(Walk(size), [np.arange(40) * 7 % size])
    assert len(stream.ideal) == len(stream.quantised()) == 40
    np.testing.assert_allclose(stream.quantised(), stream.ideal, rtol=2e-3)


def test_damaged_payloads_stay_inside_the_alphabet() -> None:
    payload = bytes(range(1, 101))
    for size in (513, 514, 600):  # groups whose last is padded
        (symbols,) = decode_streams(Walk(size), [payload], [400])
        assert symbols.min() >= 0
        assert symbols.max() < size


def test_golden_bytes() -> None:
    """What symbols of two levels become, for ever: files depend on it."""
    (payload,) = payloads([np.arange(300) * 17 % 5000], 5000)
    assert hashlib.blake2b(payload, digest_size=8).hexdigest() == "c273cd4c7516aa10"


@pytest.mark.parametrize("tokens", [ByteTokens(), SymbolTokens(b"aeinot ")], ids=["bytes", "symbols"])
def test_a_predictor_is_a_codec(tokens: Tokens) -> None:
    check_codec(WalkModel(tokens), user_model=True)


def test_blocks_decode_alone_in_any_order_and_from_rows_that_clash() -> None:
    model = WalkModel(SymbolTokens(b"aeinot "))
    blocks = [TEXT[at : at + 60] for at in range(0, 420, 60)] + [b""]
    coded = model.encode(blocks)

    def decoded(chosen: list[Encoded], originals: list[bytes]) -> list[bytes]:
        return model.decode([one.payload for one in chosen], [len(block) for block in originals])

    assert decoded(coded[::-1], blocks[::-1]) == blocks[::-1]
    assert decoded(coded[4:5], blocks[4:5]) == blocks[4:5]
    assert decoded([coded[0], coded[3], coded[6]], [blocks[0], blocks[3], blocks[6]]) == [blocks[0], blocks[3], blocks[6]]


def test_one_pass_measures_everything() -> None:
    model = WalkModel(SymbolTokens(b"aeinot "))
    blocks = [TEXT[:200], b"", b"neat notation"]
    for coded, (ideal, quantised, beside) in zip(model.encode(blocks), model.measure(blocks, quantised=True), strict=True):
        assert quantised is not None
        assert coded.ideal_bits == pytest.approx(ideal.sum())
        assert coded.quantised_bits == pytest.approx(quantised.sum())
        assert beside == {}


class Says(Predictor):
    """Predicts whatever it was given."""

    def __init__(self, prediction: Any) -> None:
        self.prediction, self.alphabet_size = prediction, 3

    def reset(self, n_streams: int) -> None:
        pass

    def predict(self) -> Any:
        return self.prediction

    def update(self, symbols: np.ndarray) -> None:
        pass


@pytest.mark.parametrize(
    ("prediction", "text"),
    [
        (np.ones(3), r"weights of shape \(3,\); a row of 3 a stream is \(1, 3\)"),
        (np.ones((2, 3)), r"weights of shape \(2, 3\)"),
        (np.array([[1.0, -1.0, 1.0]]), "row 0 is not a distribution: weights must be non-negative, finite and not all zero"),
        (np.array([[1.0, np.nan, 1.0]]), "row 0 is not a distribution"),
        (np.zeros((1, 3)), "not all zero"),
        (Frequencies(np.ones((1, 4))), "1 rows of 4 for 1 streams of 3 symbols"),
        ({"a": 1}, "dict is no array of weights"),
        (None, r"weights of shape \(\)"),
        (np.ones((1, 3)) + 1j, "weights are of type complex128; a probability is a real number"),
        ([["1", "2", "3"]], "weights are of type <U1"),
    ],
)
def test_predictions_that_are_none_are_one_line(prediction: Any, text: str) -> None:
    for run in (
        lambda: stream_intervals(Says(prediction), [np.array([0])]),
        lambda: decode_streams(Says(prediction), [b"\1"], [1]),
    ):
        with pytest.raises(NotADistributionError, match=rf"^Says\.predict\(\) at symbol 0: .*{text}") as error:
            run()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "weights", [np.ones((1, 3), np.float32), np.array([[1, 2, 3]]), [[1, 2, 3]], Frequencies(np.ones((1, 3)))]
)
def test_weights_of_any_kind(weights: Any) -> None:
    (stream,) = stream_intervals(Says(weights), [np.array([0, 1, 2])])
    assert len(stream.ideal) == 3


def test_tensors_are_weights() -> None:
    torch = pytest.importorskip("torch")
    (stream,) = stream_intervals(Says(torch.tensor([[1.0, 2.0, 1.0]])), [np.array([1])])
    assert stream.ideal[0] == pytest.approx(1.0)
