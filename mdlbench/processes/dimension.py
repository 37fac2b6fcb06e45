"""Statistical complexity dimension of a process whose beliefs are uncountable, from the Lyapunov spectrum of its filter.

Beliefs are the attractor of random maps b -> b T[x] / p; the maps' Lyapunov exponents are differences of those of the matrix
products. The dimension d of the beliefs' distribution is where entropy production is used up:

    h + lambda_1 + ... + lambda_k >= 0 > ... + lambda_k+1:   d = k + (h + lambda_1 + ... + lambda_k) / |lambda_k+1|

an upper bound, exact where the maps' images do not overlap much (A. Jurgens & J. Crutchfield, Chaos 31 (2021)
arXiv:2102.10487). Exponents are averages over generated sequences, with a standard error; h is exact.
"""

import math

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.result import Dimension
from mdlbench.units import bits_to_nats

_SEQUENCES, _LENGTH, _SETTLING = 256, 1500, 50


_METHOD = "Lyapunov dimension of generated sequences: an upper bound up to the standard error"


def complexity_dimension(process: Process, entropy_rate: float, seed: int = 0) -> Dimension:
    """Statistical complexity dimension.

    Args:
        entropy_rate: in bits per symbol.
    """
    growth = _growth_rates(process, seed)  # (sequences, N), nats per symbol
    each = growth[:, 1:] - growth[:, :1]
    exponents = each.mean(axis=0)
    finite = np.isfinite(exponents)
    error = np.zeros(len(exponents))
    error[finite] = each[:, finite].std(axis=0, ddof=1) / np.sqrt(len(each))
    rate = bits_to_nats(entropy_rate)
    value = _where_used_up(rate, exponents)
    moved = [_where_used_up(rate, exponents + sign * error) for sign in (1, -1)]
    spectrum = tuple(exponent if math.isfinite(exponent) else None for exponent in exponents.tolist())
    return Dimension(value, abs(moved[0] - moved[1]) / 2, _METHOD, spectrum)


def _where_used_up(rate: float, exponents: np.ndarray) -> float:
    left = rate
    for used, exponent in enumerate(exponents):
        if exponent >= 0:
            continue
        if not np.isfinite(exponent) or left + exponent < 0:
            return float(used + (left / -exponent if np.isfinite(exponent) else 0.0))
        left += float(exponent)
    return float(len(exponents))


def _growth_rates(process: Process, seed: int) -> np.ndarray:
    """Lyapunov exponents of the matrix product along generated sequences, by repeated QR: float64 (sequences, N)."""
    n = process.n_states
    symbols = process.generate_windows(_SEQUENCES, _LENGTH, seed)
    frames = np.tile(np.eye(n), (_SEQUENCES, 1, 1))
    sums = np.zeros((_SEQUENCES, n))
    transposed = process.tensor.transpose(0, 2, 1)
    for at in range(_LENGTH):
        frames, upper = np.linalg.qr(transposed[symbols[:, at]] @ frames)
        if at >= _SETTLING:
            with np.errstate(divide="ignore"):
                sums += np.log(np.abs(np.diagonal(upper, axis1=1, axis2=2)))
    return sums / (_LENGTH - _SETTLING)
