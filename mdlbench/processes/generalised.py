"""Processes of the literature that no finite hidden Markov model generates: matrices with negative entries.

Each builder returns the matrices and the right eigenvector; that every word has a probability is argued in its docstring
and looked at, word by word, by `Process`.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from mdlbench.processes.linear import Number, Tensor

_DIGITS = 50


class Generalised(NamedTuple):
    """Matrices (K, N, N) and the right eigenvector (N,) of their sum."""

    matrices: Tensor
    right: tuple[Number, ...]


def frdn(decay: Fraction, tangent: Fraction) -> Generalised:
    """The process of Fox & Rubin and of Dharmadhikari & Nadkarni: n ones between two 0s weigh c lambda^n sin^2(n alpha/2).

    A renewal process, so every word is a product of such weights or of their tails, none negative. With C = cos alpha and
    S = sin alpha, rational through tangent = tan(alpha/2), T[1] is lambda times (1 + rotation by alpha) on (1, cos, sin), and
    T[0] is the projection on the start of a wait: (constant - cosine)/2 = sin^2(n alpha/2).
    """
    cosine, sine = (1 - tangent**2) / (1 + tangent**2), 2 * tangent / (1 + tangent**2)
    size = 1 - 2 * decay * cosine + decay * decay
    weight = 2 / (1 / (1 - decay) - (1 - decay * cosine) / size)  # c: the waits sum to one
    reset = [weight / 2, -weight / 2, Fraction(0)]
    wait = [
        [decay, Fraction(0), Fraction(0)],
        [Fraction(0), decay * cosine, decay * sine],
        [Fraction(0), -decay * sine, decay * cosine],
    ]
    leave = [Fraction(1), Fraction(1), Fraction(0)]
    end = [[value * other for other in reset] for value in leave]
    # right = (1 - T[1])^-1 leave: the sum over all waits to come
    right = (1 / (1 - decay), (1 - decay * cosine) / size, -decay * sine / size)
    return Generalised([end, wait], right)


def tom_quantum(alpha: Fraction, beta: Fraction) -> Generalised:
    """A qubit measured weakly, at random along x or z, in coordinates (1, x, z) of its Bloch vector.

    Kraus operators K = (alpha 1 +- beta sigma)/(2 sqrt(alpha^2 + beta^2)) for sigma = sigma_x, sigma_z act on the density
    matrix rho -> K rho K; a word's probability is a trace of a positive operator. On (1, x, z) with
    g = 1/(4 (alpha^2 + beta^2)): the measured axis and the trace mix by 2 alpha beta g, the other axis shrinks to
    (alpha^2 - beta^2) g of itself.
    """
    g = 1 / (4 * (alpha * alpha + beta * beta))
    mix, shrink, keep, zero = 2 * alpha * beta * g, (alpha * alpha - beta * beta) * g, Fraction(1, 4), Fraction(0)
    matrices = []
    for axis in (1, 2):
        for sign in (1, -1):
            matrix = [[zero] * 3 for _ in range(3)]
            matrix[0][0] = matrix[axis][axis] = keep
            matrix[0][axis] = matrix[axis][0] = sign * mix
            matrix[3 - axis][3 - axis] = shrink
            matrices.append(matrix)
    return Generalised(matrices, (Fraction(1), zero, zero))


def post_quantum(alpha: Fraction, beta: Fraction) -> Generalised:
    """Symbols 1 and 2 multiply v by alpha or beta; symbol 0 resets v to 1 and has weight v - 1 - ln v.

    The row vector (v, -1 - ln v, -1) goes to v alpha or v beta under M(f) = [[f, 0, 0], [0, 1, 0], [0, ln f, 1]] and meets
    the column (1, 1, 0) of the reset in v - 1 - ln v >= 0: no word is negative. All is divided by the summed matrices'
    largest eigenvalue. Floats: logarithms are rounded correctly from 50 digits, so every machine has the same.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        a, b = (Decimal(value.numerator) / Decimal(value.denominator) for value in (alpha, beta))
        log_a, log_b = a.ln(), b.ln()
        summed = [
            [1 + a + b, Decimal(-1), Decimal(-1)],
            [Decimal(1), Decimal(1), Decimal(-1)],
            [Decimal(0), log_a + log_b, Decimal(2)],
        ]
        largest, right = _leading(summed)
        matrices: list[list[list[Decimal | int]]] = [
            [[1, -1, -1], [1, -1, -1], [0, 0, 0]],
            [[a, 0, 0], [0, 1, 0], [0, log_a, 1]],
            [[b, 0, 0], [0, 1, 0], [0, log_b, 1]],
        ]
        scaled = [[[float(Decimal(value) / largest) for value in row] for row in matrix] for matrix in matrices]
    return Generalised(scaled, right)


def _leading(matrix: list[list[Decimal]]) -> tuple[Decimal, tuple[float, ...]]:
    """The largest eigenvalue of a 3x3 matrix and its right eigenvector (first entry 1), by power iteration in decimals."""
    vector = [Decimal(1), Decimal(1) / 2, Decimal(-1) / 3]
    value = Decimal(0)
    for _ in range(2000):
        product = [sum((a * b for a, b in zip(row, vector, strict=True)), Decimal(0)) for row in matrix]
        previous, value = value, product[0] / vector[0]
        vector = [entry / product[0] for entry in product]
        if abs(value - previous) < Decimal(10) ** (8 - _DIGITS):
            return value, tuple(float(entry) for entry in vector)
    raise ValueError("the largest eigenvalue of their sum is not simple")
