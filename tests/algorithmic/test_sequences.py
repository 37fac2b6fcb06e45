"""Sequences: published terms, a second algorithm for each, and programs that print them from a file, alone."""

import ast
from decimal import Decimal, localcontext

import pytest

from mdlbench.algorithmic import SEQUENCES, Sequence, find, pack, unpack
from mdlbench.algorithmic.catalogue import BITS, DIGITS, LINES, another
from mdlbench.algorithmic.program import printed, verified
from mdlbench.algorithmic.references import reference
from mdlbench.errors import MdlbenchError, UsageError, VerificationError

each_sequence = pytest.mark.parametrize("name", SEQUENCES)
PUBLISHED = {
    "primes": "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97",
    "squares": "0 1 4 9 16 25 36 49 64 81 100 121 144 169 196 225 256 289 324 361 400",
    "fibonacci": "0 1 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987 1597 2584 4181 6765 10946 17711 28657 46368",
    "lcg": " ".join(map(str, (0x3C6EF35F, 0x47502932, 0xD1CCF6E9, 0xAAF95334, 0x6252E503, 0x9F2EC686, 0x57FE6C2D, 0xA3D95FA8))),
    "sorted": "0 1 2 3 4 5 6 7 8 9 10 11 12",
    "pi": "31415926535897932384626433832795028841971693993751",
    "e": "27182818284590452353602874713526624977572470936999",
    "champernowne": "12345678910111213141516171819202122232425262728293031",
    "thue-morse": "0110100110010110",
    "rule30": "1101110011000101100100111010111",
    "rule110": "1" + "11" + "111" + "1101" + "11111" + "110001" + "1110011",
}


def terms(name: str, count: int) -> str:
    """As PUBLISHED has them: lines as words."""
    return " ".join(reference(find(name), count).decode().split("\n")).strip()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_terms_are_the_published_ones(name: str) -> None:
    """OEIS A000040, A000290, A000045, A001477, A000796, A001113, A033307, A010060, A051023 and A070887; the states of the
    generator from 0 in hexadecimal: Press et al., Numerical Recipes in C (1992), section 7.1."""
    known = PUBLISHED[name]
    count = len(known.split()) if find(name).encoding == LINES else len(known)
    assert terms(name, count) == known


def test_far_terms_are_the_published_ones() -> None:
    """The 10,000th prime (A006988); the six nines at digits 762 to 767 of pi behind the point (A048940); Fibonacci numbers mod
    2^16 begin anew after 98,304 (A001175: 3 * 2^15)."""
    assert terms("primes", 10_000).endswith(" 104729")
    assert terms("pi", 769)[762:768] == "999999"
    assert "999999" not in terms("pi", 767)
    assert terms("fibonacci", 98_304 + 3).endswith(" 0 1 1")


def test_the_logistic_map_follows_the_true_orbit_as_far_as_its_digits_go() -> None:
    """128 bits are used up at one a step: the exact orbit, in 400 digits, has the same symbols for more than 100 steps."""
    with localcontext(prec=400):
        x, bits = Decimal(1) / 3, ""
        for _ in range(100):
            bits += str(int(2 * x >= 1))
            x = 4 * x * (1 - x)
    assert terms("logistic", 100) == bits
    assert 0.45 < terms("logistic", 20_000).count("1") / 20_000 < 0.55, "it did not fall into a fixed point"


def test_the_shuffled_list_is_a_permutation_and_by_hand() -> None:
    """The generator's states 0.236, 0.279 and 0.820 of 2^32 put 0 at place 0, 1 at place 0 and 2 at place 2."""
    assert terms("shuffled", 3) == "1 0 2"
    assert sorted(map(int, terms("shuffled", 500).split())) == list(range(500))


@each_sequence
@pytest.mark.parametrize("count", [1, 2, 300])
def test_every_program_prints_what_another_algorithm_gives(name: str, count: int) -> None:
    data, file = verified(find(name), count)
    assert data == reference(find(name), count)
    assert unpack(file) == (find(name).program, count)
    assert len(file) < 8 * len(find(name).program)
    assert file.endswith(str(count).encode())


@each_sequence
def test_programs_stand_alone(name: str) -> None:
    tree = ast.parse(find(name).program)
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert imported == ["sys"]
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert b"open(" not in find(name).program


@each_sequence
def test_bytes_are_of_the_stated_encoding(name: str) -> None:
    sequence, data = find(name), reference(find(name), 137)
    allowed = {LINES: b"0123456789\n", DIGITS: b"0123456789", BITS: b"01"}[sequence.encoding]
    assert set(data) <= set(allowed)
    assert (data.count(b"\n") if sequence.encoding == LINES else len(data)) == 137


@each_sequence
def test_every_sentence_is_its_own_and_the_null_is_of_the_same_encoding(name: str) -> None:
    sequence, other = find(name), another(find(name))
    assert len(set(sequence.wordings)) == len(sequence.wordings) >= 3
    assert other.encoding == sequence.encoding
    assert not set(other.wordings) & set(sequence.wordings)
    assert all(text.format(last=9).endswith(".") for text in sequence.wordings)


def test_a_file_is_deflated_source_and_the_digits_of_the_count() -> None:
    source = b"print('ab' * 500)" * 20
    assert len(pack(source, 7)) < len(source) / 5
    assert [len(pack(source, 10**k)) - len(pack(source, 1)) for k in range(5)] == [0, 1, 2, 3, 4]


def wrong(monkeypatch: pytest.MonkeyPatch, program: bytes, **settings: float) -> None:
    monkeypatch.setattr(Sequence, "program", program)
    verified(find("squares"), 12, **settings)


def test_a_wrong_program_is_an_error_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VerificationError, match=r"squares: its program .* from byte 4 on \(16 bytes for 34, count 12\)"):
        wrong(monkeypatch, b"for i in 0, 1, 2, 3, 16, 25, 6: print(i)")


@pytest.mark.parametrize("program", [b"", b"print(0)\nprint(1)", b"import sys\nfor i in range(99): print(i * i)"])
def test_so_is_one_that_stops_early_or_goes_on(monkeypatch: pytest.MonkeyPatch, program: bytes) -> None:
    with pytest.raises(VerificationError, match="no code for it, so there is no figure"):
        wrong(monkeypatch, program)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (b"0/0", "ZeroDivisionError: division by zero"),
        (b"import numpy", "No module named 'numpy'"),
        (b"import mdlbench", "No module named 'mdlbench'"),
        (b"raise SystemExit(3)", "exit code 3"),
    ],
)
def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, program: bytes, said: str) -> None:
    """It sees no packages: neither this one, nor those installed beside it."""
    with pytest.raises(MdlbenchError, match=f"squares: its program fails .*{said}"):
        wrong(monkeypatch, program)


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MdlbenchError, match=r"squares: its program was not done in 0\.5 s; ask for fewer terms"):
        wrong(monkeypatch, b"while True: pass", timeout=0.5)


def test_what_is_printed_depends_on_the_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONINTMAXSTRDIGITS", "640")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert printed(pack(b"import sys; print(len(str(9**4000)), sys.argv[1:])", 5), "own") == b"3817 ['5']\n"


def test_names_that_are_none() -> None:
    with pytest.raises(UsageError, match=r"no sequence 'prime'; did you mean primes\?"):
        find("prime")
    with pytest.raises(UsageError, match=r"no sequence 'x9'; there are: primes, squares, .*--list` says what they are"):
        find("x9")
    with pytest.raises(UsageError, match="0 terms of pi: there is nothing to predict"):
        reference(find("pi"), 0)
