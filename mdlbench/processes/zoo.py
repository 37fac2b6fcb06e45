"""The zoo: a table of named processes, each with its matrices, parameters, citation and what is known in closed form.

`T[x][i][j] = P(emit x, go to j | in i)`. Matrices are built from fractions, so 0.05 means 1/20. Generalised processes (FRDN,
tom-quantum, post-quantum) are in `generalised.py`; own ones are read by `files.py`; `compose.py` makes new ones of old ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import log2

from mdlbench.processes import generalised
from mdlbench.processes.base import Process, ProcessError, as_transitions
from mdlbench.processes.generalised import Generalised
from mdlbench.processes.linear import Tensor
from mdlbench.processes.numbers import text_of
from mdlbench.processes.parameters import Parameter, integer, probability, real

Closed = Callable[..., Mapping[str, float]]


@dataclass(frozen=True)
class Family:
    """A row of the zoo.

    Attributes:
        build: from parameters (fractions) to the matrices (K, N, N); for a generalised process to (matrices, right).
        closed_form: from parameters (floats) to known values in bits.
    """

    summary: str
    citation: str
    build: Callable[..., Tensor | Generalised]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    closed_form: Closed = lambda **_: {}

    def process(self, name: str, values: Mapping[str, Fraction]) -> Process:
        """The process at these parameter values.

        Raises:
            ProcessError: there is none, or not in the range of doubles.
        """
        try:
            built = self.build(**values)
            known = self.closed_form(**{key: float(value) for key, value in values.items()})
        except (ArithmeticError, ValueError) as error:
            at = ", ".join(f"{key}={text_of(value)}" for key, value in values.items())
            raise ProcessError(f"{name} has no matrices at {at} ({error}); choose less extreme parameters") from None
        matrices, right = built if isinstance(built, Generalised) else (built, None)
        return Process(
            name, as_transitions(matrices), dict(values), self.summary, self.citation, right, closed_form=dict(known)
        )


def binary_entropy(p: float) -> float:
    """Entropy of a biased coin in bits."""
    return -sum(q * log2(q) for q in (p, 1 - p) if q > 0)


def _edges(n_symbols: int, n_states: int, *edges: tuple[int, int, int, Fraction]) -> Tensor:
    """Matrices from (state, symbol, next state, probability); what is not named is zero."""
    matrices = [[[Fraction(0)] * n_states for _ in range(n_states)] for _ in range(n_symbols)]
    for i, x, j, p in edges:
        matrices[x][i][j] += p
    return matrices


def _coin(p: Fraction) -> Tensor:
    return _edges(2, 1, (0, 0, 0, 1 - p), (0, 1, 0, p))


def _period(length: Fraction) -> Tensor:
    n = int(length)
    return _edges(2, n, *((i, int(i == n - 1), (i + 1) % n, Fraction(1)) for i in range(n)))


def _golden_mean(p: Fraction) -> Tensor:
    return _edges(2, 2, (0, 0, 0, 1 - p), (0, 1, 1, p), (1, 0, 0, Fraction(1)))


def _even(p: Fraction) -> Tensor:
    return _edges(2, 2, (0, 0, 0, 1 - p), (0, 1, 1, p), (1, 1, 0, Fraction(1)))


def _sns(p: Fraction, q: Fraction) -> Tensor:
    return _edges(2, 2, (0, 0, 0, 1 - p), (0, 0, 1, p), (1, 0, 1, 1 - q), (1, 1, 0, q))


def _nemo(p: Fraction, q: Fraction) -> Tensor:
    return _edges(2, 3, (0, 1, 0, p), (0, 0, 1, 1 - p), (1, 0, 2, Fraction(1)), (2, 1, 0, q), (2, 0, 0, 1 - q))


def _z1r(p: Fraction) -> Tensor:
    return _edges(2, 3, (0, 0, 1, Fraction(1)), (1, 1, 2, Fraction(1)), (2, 0, 0, p), (2, 1, 0, 1 - p))


def _rrxor(p1: Fraction, p2: Fraction) -> Tensor:
    s, zero, one, true, false = range(5)
    coins = [(s, 0, zero, p1), (s, 1, one, 1 - p1), (zero, 0, false, p2), (zero, 1, true, 1 - p2)]
    return _edges(
        2, 5, *coins, (one, 0, true, p2), (one, 1, false, 1 - p2), (true, 1, s, Fraction(1)), (false, 0, s, Fraction(1))
    )


def _leaky_rrxor(p1: Fraction, p2: Fraction, epsilon: Fraction) -> Tensor:
    return [[[(1 - epsilon) * value + epsilon / 10 for value in row] for row in matrix] for matrix in _rrxor(p1, p2)]


def _mess3(x: Fraction, a: Fraction) -> Tensor:
    b, y = (1 - a) / 2, 1 - 2 * x
    move = [[y if i == j else x for j in range(3)] for i in range(3)]  # the hidden walk; state j then says j with a
    return [[[move[i][j] * (a if j == symbol else b) for j in range(3)] for i in range(3)] for symbol in range(3)]


def _clock(days: Fraction, weekend: Fraction, named: Fraction) -> Tensor:
    n, rest = int(days), int(weekend)
    edges = []
    for day in range(n):
        edges.append((day, day, (day + 1) % n, named))
        edges.append((day, n + int(day >= n - rest), (day + 1) % n, 1 - named))
    return _edges(n + 2, n, *edges)


def _parentheses(depth: Fraction, p: Fraction) -> Tensor:
    deepest = int(depth)
    edges = [(0, 0, 1, Fraction(1)), (deepest, 1, deepest - 1, Fraction(1))]
    for at in range(1, deepest):
        edges += [(at, 0, at + 1, p), (at, 1, at - 1, 1 - p)]
    return _edges(2, deepest + 1, *edges)


def _coin_closed(p: float) -> Mapping[str, float]:
    return {"entropy_rate": binary_entropy(p), "statistical_complexity": 0.0, "excess_entropy": 0.0}


def _period_closed(length: float) -> Mapping[str, float]:
    return {"entropy_rate": 0.0, "statistical_complexity": log2(length), "excess_entropy": log2(length)}


def _golden_mean_closed(p: float) -> Mapping[str, float]:
    rate, complexity = binary_entropy(p) / (1 + p), binary_entropy(1 / (1 + p))
    return {"entropy_rate": rate, "statistical_complexity": complexity, "excess_entropy": complexity - rate}


def _even_closed(p: float) -> Mapping[str, float]:
    complexity = binary_entropy(1 / (1 + p))
    return {"entropy_rate": binary_entropy(p) / (1 + p), "statistical_complexity": complexity, "excess_entropy": complexity}


def _nemo_closed(p: float, q: float) -> Mapping[str, float]:
    whole = 3 - 2 * p
    rate = (binary_entropy(p) + (1 - p) * binary_entropy(q)) / whole
    return {"entropy_rate": rate, "statistical_complexity": log2(whole) - 2 * (1 - p) / whole * log2(1 - p)}


def _z1r_closed(p: float) -> Mapping[str, float]:
    return {"entropy_rate": binary_entropy(p) / 3, "statistical_complexity": log2(3), "excess_entropy": log2(3)}


def _rrxor_closed(p1: float, p2: float) -> Mapping[str, float]:
    true = p1 * (1 - p2) + (1 - p1) * p2
    complexity = log2(3) + (binary_entropy(p1) + binary_entropy(true)) / 3
    return {"entropy_rate": (binary_entropy(p1) + binary_entropy(p2)) / 3, "statistical_complexity": complexity}


def _clock_closed(days: float, weekend: float, named: float) -> Mapping[str, float]:
    return {"entropy_rate": binary_entropy(named), "statistical_complexity": log2(days), "excess_entropy": log2(days)}


HALF = Fraction(1, 2)

ZOO: dict[str, Family] = {
    "coin": Family("a biased coin", "textbook: memoryless", _coin, {"p": probability(HALF, "of a 1")}, _coin_closed),
    "period": Family(
        "a 1 after every length-1 zeros",
        "textbook: periodic",
        _period,
        {"length": integer(3, 2, 64, "symbols in a period")},
        _period_closed,
    ),
    "golden-mean": Family(
        "no two 1s in a row",
        "Crutchfield & Feldman, Chaos 13 (2003); Marzen & Crutchfield arXiv:1507.00672",
        _golden_mean,
        {"p": probability(HALF, "of a 1 where one is allowed")},
        _golden_mean_closed,
    ),
    "even": Family(
        "runs of 1s have even length",
        "Weiss, Monatsh. Math. 77 (1973); Crutchfield & Feldman, Chaos 13 (2003)",
        _even,
        {"p": probability(HALF, "of starting a pair of 1s")},
        _even_closed,
    ),
    "sns": Family(
        "simple nonunifilar source: two states, countably many causal states",
        "Crutchfield, Physica D 75 (1994); Marzen & Crutchfield arXiv:1702.08565, fig. 2",
        _sns,
        {"p": probability(HALF, "of A to B"), "q": probability(HALF, "of B to A, the only way to emit a 1")},
    ),
    "nemo": Family(
        "three states, infinite cryptic order",
        "Mahoney, Ellison & Crutchfield, J. Phys. A 42 (2009) arXiv:0905.4787",
        _nemo,
        {"p": probability(HALF, "of staying in A (a 1)"), "q": probability(HALF, "of a 1 from C")},
        _nemo_closed,
    ),
    "z1r": Family(
        "zero, one, random, over and over",
        "Riechers & Crutchfield; Shai et al. 2024 arXiv:2405.15943",
        _z1r,
        {"p": probability(HALF, "of a 0 at the random place (some papers: of a 1)")},
        _z1r_closed,
    ),
    "rrxor": Family(
        "random, random, their exclusive or",
        "Crutchfield & Feldman, Chaos 13 (2003); Shai et al. 2024 arXiv:2405.15943",
        _rrxor,
        {"p1": probability(HALF, "of a 0 at the first random place"), "p2": probability(HALF, "of a 0 at the second")},
        _rrxor_closed,
    ),
    "leaky-rrxor": Family(
        "RRXOR whose every step forgets all with probability epsilon",
        "(1 - epsilon) RRXOR + epsilon uniform over symbols and states, as in the simplexity library",
        _leaky_rrxor,
        {
            "p1": probability(HALF, "as in rrxor"),
            "p2": probability(HALF, "as in rrxor"),
            "epsilon": probability(Fraction(1, 100), "of a leak"),
        },
    ),
    "mess3": Family(
        "three states seen through noise; beliefs fill a fractal",
        "Marzen & Crutchfield 2017; Shai et al. 2024 arXiv:2405.15943",
        _mess3,
        {"x": real(Fraction(1, 20), 0, HALF, "of each move"), "a": probability(Fraction(17, 20), "of the state's own symbol")},
    ),
    "clock": Family(
        "days of a week: each named, or only called weekday or weekend",
        "built here, after the days-of-week of simplexity",
        _clock,
        {
            "days": integer(7, 2, 64, "in a week"),
            "weekend": integer(2, 1, 63, "of them free"),
            "named": probability(HALF, "of the day's own symbol"),
        },
        _clock_closed,
    ),
    "parentheses": Family(
        "matching parentheses, nested to a finite depth",
        "Dyck walk with a ceiling (textbook)",
        _parentheses,
        {"depth": integer(4, 1, 64, "of nesting"), "p": probability(HALF, "of opening one more")},
    ),
    "frdn": Family(
        "generalised: renewal with waits lambda^n sin^2(n alpha/2); no finite HMM if alpha/pi is irrational",
        "Fox & Rubin, Ann. Math. Statist. 39 (1968); Dharmadhikari & Nadkarni, ibid. 41 (1970)",
        generalised.frdn,
        {
            "decay": probability(HALF, "of the weight of each further 1: lambda"),
            "tangent": real(HALF, 0, 100, "tan(alpha/2): 1/2 is cos alpha = 3/5"),
        },
    ),
    "tom-quantum": Family(
        "quantum: a qubit measured weakly along x and z (the Bloch walk)",
        "Riechers, Elliott & Shai 2025 arXiv:2507.07432",
        generalised.tom_quantum,
        {"alpha": real(Fraction(1), 0, 1000, "Kraus weight"), "beta": real(Fraction(7), 0, 1000, "Kraus weight")},
    ),
    "post-quantum": Family(
        "post-quantum: p(reset) = v - 1 - ln v, which no finite-dimensional quantum system gives",
        "after the Moon process of Riechers, Elliott & Shai 2025 arXiv:2507.07432; Fanizza et al. arXiv:2209.11225",
        generalised.post_quantum,
        {"alpha": real(Fraction(3), 1, 100, "factor of symbol 1"), "beta": probability(HALF, "factor of symbol 2")},
    ),
}
