"""The codec with every model that needs no weights: round trips, determinism, several models, code length."""

import io
from collections.abc import Sequence

import pytest

from mdlbench.codec import compress, compress_stream, decompress, decompress_stream, verify
from mdlbench.codec.inspection import inspect_stream
from mdlbench.errors import DamagedBlockError, MdlbenchError, ModelMismatchError, SpecError, UsageError, VerificationError
from mdlbench.evaluation import code_length, evaluate
from mdlbench.models import load_model
from mdlbench.models.base import Encoded, Measured, Model
from mdlbench.models.uniform import Uniform
from tests.check_codec import TEXT, check_codec

BUILT_IN = ["uniform", "kt", "kt,order=2", "kt,order=3,alpha=0.25", "ngram", "ngram,order=2", "cm", "cm,level=1", "cm,level=9"]
EXTERNAL = ["external:gzip", "external:xz", "external:bz2"]


@pytest.mark.parametrize("spec", BUILT_IN)
def test_every_built_in_model_round_trips(spec: str) -> None:
    check_codec(spec)


@pytest.mark.parametrize("spec", EXTERNAL)
def test_external_models_round_trip(spec: str) -> None:
    check_codec(spec, user_model=True)


@pytest.mark.parametrize("spec", BUILT_IN)
def test_one_block_costs_at_most_48_bytes_over_its_payload(spec: str) -> None:
    """The design's bound, for the specs it names; a spec with several options pays for its own text."""
    done = compress_stream(io.BytesIO(TEXT * 4), io.BytesIO(), [spec])
    payload = done.ledger.bytes["payloads"] + done.ledger.bytes["raw_blocks"]
    assert done.output_bytes - payload <= 48 + 4 * (spec.count(",") > 1)


def test_ledger_sums_to_the_file_and_to_the_payload() -> None:
    sink = io.BytesIO()
    done = compress_stream(io.BytesIO(TEXT * 9), sink, ["kt,order=1"], block_size=1000)
    assert done.ledger.file_size == len(sink.getvalue()) == done.output_bytes
    split = done.ledger.payload_bits
    assert split is not None
    assert split.ideal + split.quantisation + split.coder == pytest.approx(8 * done.ledger.bytes["payloads"])
    assert 0 <= split.coder <= 64 * 10


def test_what_a_model_says_in_one_pass_is_never_the_coders_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass that does not predict as the coded one did would leave the difference with the coder."""
    model, data = load_model("kt,order=1"), TEXT * 9
    file = compress(data, model)
    split = inspect_stream(io.BytesIO(file), model, decode=True).ledger.payload_bits
    assert split is not None
    assert 0 <= split.coder <= 64
    measure = type(model).measure

    def halved(self: Model, blocks: Sequence[bytes], **settings: bool) -> list[Measured]:
        return [Measured(one.ideal / 2, one.quantised / 2) for one in measure(self, blocks, **settings)]

    monkeypatch.setattr(type(model), "measure", halved)
    with pytest.raises(MdlbenchError, match=r"block 0 has .* bits, and its symbols .* which is no coder's loss"):
        inspect_stream(io.BytesIO(file), model, decode=True)


def test_output_is_the_same_for_every_number_of_workers() -> None:
    data = TEXT * 40
    alone = compress(data, "kt,order=1", block_size=4000)
    assert compress(data, "kt,order=1", block_size=4000, jobs=2) == alone
    assert decompress(alone, jobs=2) == data


def test_each_block_uses_the_smallest_of_several_models() -> None:
    blocks = [b"ab" * 400, bytes(range(256)) * 3 + bytes(32)]
    models = ["kt,order=1", "uniform"]
    container = compress(b"".join(blocks), models, block_size=800)
    assert decompress(container) == b"".join(blocks)
    assert len(container) <= min(len(compress(b"".join(blocks), model, block_size=800)) for model in models) + 16


def test_concatenated_containers_decode_in_sequence() -> None:
    parts = [compress(b"one " * 50, "kt"), compress(b"", "cm"), compress(b"two " * 50, "uniform", block_size=30)]
    assert decompress(b"".join(parts)) == b"one " * 50 + b"two " * 50


def test_a_model_that_is_not_built_in_must_be_named_again() -> None:
    container = compress(TEXT, "external:xz")
    with pytest.raises(ModelMismatchError, match=r"external:xz .* not built in: give it with -m SPEC"):
        decompress(container)
    with pytest.raises(ModelMismatchError, match=r"written with external:xz .*; -m gave external:gzip"):
        decompress(container, "external:gzip")
    assert decompress(container, ["external:gzip", "external:xz"]) == TEXT


def test_damage_names_the_block_and_its_bytes() -> None:
    container = bytearray(compress(TEXT * 10, "kt", block_size=1000))
    container[len(container) // 2] ^= 1
    with pytest.raises(DamagedBlockError, match=r"block \d \(bytes \d000-\d999\) does not match its checksum; --salvage keeps"):
        decompress(bytes(container))


class _Wrong(Uniform):
    """A model whose decoder is broken."""

    def decode(self, payloads, sizes):  # type: ignore[no-untyped-def]
        return [bytes(size) for size in sizes]

    def encode(self, blocks):  # type: ignore[no-untyped-def]
        return [Encoded(b"", 0.0, 0.0) for _ in blocks]


def test_verification_catches_a_model_that_does_not_decode() -> None:
    with pytest.raises(VerificationError, match=r"block 0 \(bytes 0-2\) does not decode to the same bytes with uniform"):
        compress(b"abc", _Wrong())


def test_callers_mistakes() -> None:
    with pytest.raises(UsageError, match="block size -1; a block has 1 to"):
        compress(b"abc", "kt", block_size=-1)
    with pytest.raises(UsageError, match="block size 0; a block has 1 to"):
        compress(b"abc", "kt", block_size=0)
    with pytest.raises(SpecError, match="no model 'cmm'; did you mean cm"):
        compress(b"abc", "cmm")
    with pytest.raises(SpecError, match="no option 'levle'; did you mean level"):
        compress(b"abc", "cm,levle=3")


def test_streams_and_bytes_agree() -> None:
    sink, back = io.BytesIO(), io.BytesIO()
    seen: list[int] = []
    compress_stream(io.BytesIO(TEXT * 3), sink, ["kt"], block_size=700, progress=seen.append)
    assert sum(seen) == len(TEXT) * 3
    sink.seek(0)
    assert decompress_stream(sink, back).size == len(TEXT) * 3
    assert back.getvalue() == TEXT * 3
    assert verify(sink.getvalue()) == len(TEXT) * 3


def test_code_length_is_a_sum_over_independent_blocks() -> None:
    assert code_length(b"abcd", "uniform") == 32.0
    whole = code_length(TEXT, "kt,order=1", block_size=300)
    parts = sum(code_length(TEXT[at : at + 300], "kt,order=1") for at in range(0, len(TEXT), 300))
    assert whole == pytest.approx(parts, rel=1e-12)


def test_evaluation_counts_words_across_blocks() -> None:
    found = evaluate(io.BytesIO(b"one two  three\nfour"), load_model("uniform"), block_size=5)
    assert (found.input_bytes, found.symbols, found.words) == (19, 19, 4)
    empty = evaluate(io.BytesIO(b""), load_model("uniform")).result("empty")
    assert empty.ideal_bits_per_byte is None
    assert empty.byte_perplexity is None
