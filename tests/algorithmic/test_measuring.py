"""Models against programs: what each spends, and that a file is never taken for an ideal code length."""

from math import log2

import pytest

from mdlbench import compress, decompress
from mdlbench.algorithmic import Sequence, find
from mdlbench.algorithmic.measuring import COUNTS, MODELS, against_program
from mdlbench.algorithmic.references import reference
from mdlbench.errors import UsageError, VerificationError
from mdlbench.evaluation import code_length
from mdlbench.models import load_model


def test_uniform_spends_eight_bits_a_byte_at_every_length() -> None:
    found = against_program(find("primes"), [load_model("uniform")], [1000, 100])
    assert [length.count for length in found.lengths] == [100, 1000]
    assert [length.codes[0].bits for length in found.lengths] == [8 * length.bytes for length in found.lengths]
    assert found.lengths[1].bytes == len(reference(find("primes"), 1000))


def test_the_null_knows_the_alphabet_and_nothing_else() -> None:
    """A thousand digits of ten kinds: 1000 log2 10 bits; of bits, one each."""
    for name, alphabet in (("pi", 10), ("rule30", 2)):
        (length,) = against_program(find(name), [load_model("kt")], [1000]).lengths
        assert length.alphabet == alphabet
        assert length.alphabet_bits == pytest.approx(1000 * log2(alphabet))
        assert length.codes[0].bits > length.alphabet_bits, "kt learns the alphabet first"


def test_models_code_the_whole_sequence() -> None:
    data = reference(find("squares"), 100)
    (length,) = against_program(find("squares"), [load_model("cm"), load_model("ngram")], [100]).lengths
    assert [code.bits for code in length.codes] == [code_length(data, "cm"), code_length(data, "ngram")]
    assert [(code.model, code.measured) for code in length.codes] == [("cm", "ideal"), ("ngram", "ideal")]


def test_an_external_compressor_has_the_size_of_a_file_that_decodes() -> None:
    data = reference(find("squares"), 100)
    (length,) = against_program(find("squares"), [load_model("external:xz")], [100]).lengths
    container = compress(data, "external:xz")
    assert decompress(container, "external:xz") == data
    assert (length.codes[0].measured, length.codes[0].bits) == ("file", 8 * len(container))


def test_the_program_grows_by_a_digit_of_its_count() -> None:
    found = against_program(find("thue-morse"), [load_model("uniform")], COUNTS)
    sizes = [length.program_bytes for length in found.lengths]
    assert sizes == [sizes[0], sizes[0] + 1, sizes[0] + 2]


def test_the_record_says_what_was_run() -> None:
    found = against_program(find("lcg"), [load_model(spec) for spec in MODELS], [100])
    assert found.program.encode() == find("lcg").program
    assert found.source_bytes == len(find("lcg").program)
    assert found.compressor == "raw DEFLATE, zlib level 9"
    assert "Python 3." in found.runtime
    assert len(found.lengths[0].codes) == len(MODELS)


def test_progress_is_told_after_each_length() -> None:
    told: list[int] = []
    against_program(find("sorted"), [], [1, 10], lambda: told.append(1))
    assert len(told) == 2


def test_nothing_is_measured_of_what_a_program_does_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sequence, "program", b"print(2)")
    with pytest.raises(VerificationError, match="primes: its program prints something else"):
        against_program(find("primes"), [load_model("uniform")], [5])


def test_lengths_that_cannot_be() -> None:
    for count in (0, 100_001):
        with pytest.raises(UsageError, match=f"{count:,} terms of pi: ask for 1 to 100,000"):
            against_program(find("pi"), [], [10, count])
