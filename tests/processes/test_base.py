"""The zoo's matrices, the filter and the generator, against hand calculations and published conventions."""

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from mdlbench.processes import ZOO, Process, ProcessError, find
from mdlbench.processes.names import COMPOSED, label

ALL = [*ZOO, *COMPOSED, "reversed:frdn", "reversed:rrxor"]


def word_probability(process: Process, word: tuple[int, ...]) -> float:
    belief = process.stationary
    for symbol in word:
        belief = belief @ process.tensor[symbol]
    return float(belief @ process.right_vector)


@pytest.mark.parametrize("name", ALL)
def test_words_of_each_length_sum_to_one_and_shift(name: str) -> None:
    """Kolmogorov: summed over the last or over the first symbol, words of length 3 are those of length 2 (stationarity)."""
    process = find(name)
    symbols = range(process.alphabet_size)
    p3 = {word: word_probability(process, word) for word in product(symbols, repeat=3)}
    assert min(p3.values()) >= -1e-12
    assert sum(p3.values()) == pytest.approx(1, abs=1e-12)
    for word in product(symbols, repeat=2):
        p = word_probability(process, word)
        assert sum(p3[(*word, x)] for x in symbols) == pytest.approx(p, abs=1e-12)
        assert sum(p3[(x, *word)] for x in symbols) == pytest.approx(p, abs=1e-12)


def test_tensors_are_those_of_the_reference_page() -> None:
    """Shai et al. 2024 (arXiv:2405.15943): T[x, i, j] at Mess3(0.05, 0.85), and pi = (2, 1, 1, 1, 1)/6 for RRXOR."""
    mess3 = find("mess3").tensor
    np.testing.assert_allclose(mess3[0], [[0.765, 0.00375, 0.00375], [0.0425, 0.0675, 0.00375], [0.0425, 0.00375, 0.0675]])
    np.testing.assert_allclose(mess3[2], [[0.0675, 0.00375, 0.0425], [0.00375, 0.0675, 0.0425], [0.00375, 0.00375, 0.765]])
    assert find("rrxor").stationary_numbers == tuple(Fraction(n, 6) for n in (2, 1, 1, 1, 1))
    np.testing.assert_array_equal(find("sns").tensor, [[[0.5, 0.5], [0, 0.5]], [[0, 0], [0.5, 0]]])
    np.testing.assert_array_equal(find("golden-mean").tensor, [[[0.5, 0], [1, 0]], [[0, 0.5], [0, 0]]])
    np.testing.assert_array_equal(find("even").tensor, [[[0.5, 0], [0, 0]], [[0, 0.5], [1, 0]]])


def test_z1r_by_hand() -> None:
    """Shai et al. 2024, fig. 2: after a 1 the belief is (1/3, 0, 2/3); 11 synchronises, 10 does not."""
    z1r = find("z1r")
    np.testing.assert_allclose(z1r.stationary, [1 / 3] * 3)
    np.testing.assert_allclose(z1r.beliefs(np.array([1]))[-1], [1 / 3, 0, 2 / 3], atol=1e-15)
    np.testing.assert_allclose(z1r.beliefs(np.array([1, 1]))[-1], [1, 0, 0], atol=1e-15)
    after = z1r.beliefs(np.array([1, 0]))[-1]
    np.testing.assert_allclose(after, [0.5, 0.5, 0], atol=1e-15)
    assert after.max() < 1


def test_flags() -> None:
    assert {name for name in ZOO if not find(name).unifilar} == {
        "sns",
        "mess3",
        "leaky-rrxor",
        "frdn",
        "tom-quantum",
        "post-quantum",
    }
    assert {name for name in ALL if not find(name).ergodic} == {"mixture:golden-mean+even"}
    assert {name for name in ALL if not find(name).is_hidden_markov} == {"frdn", "tom-quantum", "post-quantum", "reversed:frdn"}
    assert not find("post-quantum").exact
    assert find("frdn").exact


@pytest.mark.parametrize("name", ["mess3", "sns", "frdn", "tom-quantum", "rrxor", "even"])
def test_reversal_reads_words_backwards(name: str) -> None:
    forward, backward = find(name), find(f"reversed:{name}")
    for word in product(range(forward.alphabet_size), repeat=4):
        assert word_probability(backward, word[::-1]) == pytest.approx(word_probability(forward, word), abs=1e-13)
    assert label(find(f"reversed:reversed:{name}")) == f"reversed:reversed:{name}"


def test_compositions() -> None:
    both = find("product:golden-mean+z1r")
    assert (both.alphabet_size, both.n_states) == (4, 6)
    p, q = word_probability(find("golden-mean"), (1, 0)), word_probability(find("z1r"), (0, 1))
    assert word_probability(both, (1 * 2 + 0, 0 * 2 + 1)) == pytest.approx(p * q)
    either = find("mixture:coin@p=0.1+coin@p=0.9", {"weight": "1/4"})
    assert word_probability(either, (1, 1)) == pytest.approx(0.25 * 0.01 + 0.75 * 0.81)
    assert either.name == "mixture:coin@p=0.1+coin@p=0.9"


@pytest.mark.parametrize("name", ["frdn", "post-quantum", "tom-quantum"])
def test_no_word_of_a_generalised_process_is_negative(name: str) -> None:
    """Fox & Rubin 1968 and Riechers et al. 2025 argue it; here every word of six symbols and more, at several parameters."""
    for parameters in {
        "frdn": [{}, {"decay": 0.9, "tangent": 3}, {"decay": 0.2, "tangent": 0.1}],
        "post-quantum": [{}, {"alpha": 1.5, "beta": 0.9}],
        "tom-quantum": [{}, {"alpha": 1, "beta": 2}, {"alpha": 3, "beta": 1}],
    }[name]:
        process = find(name, parameters)
        words = np.array(list(product(range(process.alphabet_size), repeat=6)))
        assert process.filter(words).prod(axis=1).sum() == pytest.approx(1, abs=1e-9)
        assert process.filter(words).min() >= 0


@pytest.mark.parametrize("name", ALL)
def test_filter_gives_word_probabilities(name: str) -> None:
    process = find(name)
    windows = process.generate_windows(20, 6, seed=3)
    expected = [word_probability(process, tuple(word)) for word in windows]
    np.testing.assert_allclose(process.filter(windows).prod(axis=1), expected, rtol=1e-9)
    beliefs = process.beliefs(windows)
    assert beliefs.shape == (20, 7, process.n_states)
    np.testing.assert_allclose(beliefs @ process.right_vector, 1, atol=1e-9)
    chosen = np.take_along_axis(beliefs[:, :-1] @ process.emission, windows[..., None].astype(int), axis=-1)[..., 0]
    np.testing.assert_allclose(process.filter(windows), chosen, rtol=1e-9, atol=1e-15)


def test_filter_does_not_underflow_and_survives_the_impossible() -> None:
    golden = find("golden-mean")
    long = golden.generate(200_000, 1)
    assert golden.filter(long).min() > 0
    assert np.isfinite(golden.beliefs(long)).all()
    p = golden.filter(np.array([1, 1, 0]))  # 11 cannot come; after it, the start again
    np.testing.assert_allclose(p, [1 / 3, 0, 2 / 3])


@pytest.mark.parametrize("name", ALL)
def test_symbol_and_pair_frequencies_of_a_long_sequence(name: str) -> None:
    process = find(name)
    symbols = process.generate(200_000, 5)
    k = process.alphabet_size
    if process.ergodic:
        counts = np.bincount(symbols[:-1].astype(int) * k + symbols[1:], minlength=k * k) / (len(symbols) - 1)
        expected = [word_probability(process, word) for word in product(range(k), repeat=2)]
        np.testing.assert_allclose(counts, expected, atol=0.01)
    assert process.filter(symbols).min() > 0


@pytest.mark.parametrize("name", ["mess3", "tom-quantum"])
def test_windows_start_stationary(name: str) -> None:
    process = find(name)
    windows = process.generate_windows(50_000, 3, seed=2)
    for at in range(3):
        seen = np.bincount(windows[:, at], minlength=process.alphabet_size) / len(windows)
        np.testing.assert_allclose(seen, process.stationary @ process.emission, atol=0.01)


def test_generated_symbols_are_the_same_everywhere() -> None:
    """Philox4x64 and integer thresholds (doubles without contraction, for tom-quantum): these symbols come on every machine."""
    drawn = {name: "".join(map(str, find(name).generate(24, seed=7))) for name in GENERATED}
    assert drawn == GENERATED
    assert (find("mess3").generate(1000, 1) != find("mess3").generate(1000, 2)).any()
    whole = find("sns").generate(2_100_000, 3)
    np.testing.assert_array_equal(whole[:50], find("sns").generate(50, 3))


GENERATED = {
    "mess3": "222222220122120222222222",
    "rrxor": "000010101110111011000001",
    "tom-quantum": "311102120332132202211110",
}


def test_own_processes(tmp_path: Path) -> None:
    toml = tmp_path / "own.toml"
    toml.write_text('name = "mine"\nedges = [["A", 0, "A", "1/3"], ["A", 1, "B", "2/3"], ["B", 0, "A", 1]]\n')
    own = find(str(toml))
    assert own.stationary_numbers == (Fraction(3, 5), Fraction(2, 5))
    assert own.exact
    as_json = tmp_path / "own.json"
    as_json.write_text(json.dumps({"tensor": [[[0.5, 0.0], [1, 0]], [[0, 0.5], [0, 0]]]}))
    assert find(str(as_json)).digest == find("golden-mean").digest
    generalised = find("frdn")
    document = {
        "tensor": [[[str(v) for v in row] for row in m] for m in generalised.transitions],
        "right": [str(v) for v in generalised.right_numbers],
    }
    as_json.write_text(json.dumps(document))
    assert find(str(as_json)).digest == generalised.digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('edges = [["A", 0, "B", 1]]', "leads to state 'B', which no edge leaves"),
        ('edges = [["A", 0, "A", 0.9]]', r"own.toml: state 'A' is left with probability 0.9, not 1 \(by edges\[0\]\)$"),
        ('edges = [["A", 0, "A", 1.5], ["A", 1, "A", -0.5]]', r"own.toml: edges\[0\] has probability 1.5; write 0 to 1"),
        ('edges = [["A", 0, "A", 1], ["A", 1, "A"]]', r"edges\[1\] = \['A', 1, 'A'\] is not \[state, symbol, next state"),
        ("edges = [[", r"not valid TOML: .*end of document.*; mdlbench/processes/README.md shows a file"),
        ("tensor = [[[0.9]]]", r"^[^ ]*own.toml: state 0 is left with probability 0.9, not 1$"),
        ('edges = [["A", -1, "A", 1]]', "symbol -1"),
        ('edges = [["A", 0, "A", "x"]]', "not a number"),
        ("edges = 3", "not a list"),
        ("tensor = [[[1, 0]]]", "not all square"),
        ("tensor = [[[true]]]", "not a number"),
        ("tensor = [[[1, 0], [0, 1]]]", "2 stationary distributions; give `start`"),
        ("tensor = [[[0.5, 0.5], [1, 0]]]\nstart = [1, 0]", "`start` is not stationary"),
        ("tensor = [[[0.5, -0.1], [1, 0]], [[0.6, 0], [0, 0]]]", "has probability -"),
        ("tensor = [[[0.5, -0.1], [1, 0]], [[0.7, 0], [0, 0]]]", "a generalised process may give `right`"),
        ("tensor = [[[1]]]\nedges = []", "either `tensor` or `edges`"),
        ("tensr = [[[1]]]", "no key 'tensr'"),
        ("= 3", "own.toml"),
    ],
)
def test_own_processes_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ProcessError, match=message):
        find(str(path))


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("mess4", {}, "did you mean mess3"),
        ("mess3", {"x": 0.7}, "x=0.7: choose a number above 0 and below 0.5"),
        ("mess3", {"p": 0.1}, "no parameter 'p'; there are: x, a"),
        ("mess3", {"x": "a lot"}, "not a number"),
        ("period", {"length": 2.5}, "choose a whole number from 2 to 64"),
        ("sum:coin+coin", {}, "no way 'sum'"),
        ("product:coin", {}, "at least two parts"),
        ("product:clock+clock+clock", {}, "a symbol is one byte"),
        ("coin@p", {}, "write NAME@key=value"),
        ("no/such.toml", {}, "no such file"),
    ],
)
def test_names_that_mean_nothing(name: str, parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ProcessError, match=message):
        find(name, parameters)


def test_symbols_outside_the_alphabet_are_refused() -> None:
    with pytest.raises(ProcessError, match="has 0 to 1"):
        find("coin").filter(np.array([0, 2]))
    with pytest.raises(ValueError, match="expected integers"):
        find("coin").filter(np.array([0.0]))
