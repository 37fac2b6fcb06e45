"""Near-optimal models: how many bits of the past a prediction needs, and how much of the belief they hold.

Whoever remembers of the past X_1..t only M, and predicts the next symbol from M as well as that allows, pays on average

    D = E[D(P(x | belief) || P(x | M))] bits more than the Bayes predictor, and needs at least R = I(M; belief) bits of memory.

`rate_distortion` gives the least R for each D (information bottleneck; Tishby, Pereira & Bialek 1999; for causal states Still,
Crutchfield & Ellison, Chaos 20 (2010)) and, along that curve, the R^2 of the beliefs that M determines. A trained network's
loss gap can so be read as a memory that a predictor this good needs at least, and its belief R^2 held against the optimal one.
"""

from collections.abc import Sequence

import numpy as np

from mdlbench.beliefs.prefixes import enumerate_prefixes
from mdlbench.beliefs.result import CurvePoint, RateDistortion
from mdlbench.processes import Process
from mdlbench.units import nats_to_bits

_MOST_BELIEFS = 400
_TOLERANCE = 1e-6  # of shares; ten times less changes no fourth digit of the curve
_STEPS = 3000


def rate_distortion(process: Process, *, length: int | None = None, points: int = 24) -> RateDistortion:
    """The curve for the next symbol after `length` symbols, from much memory to none.

    Args:
        length: symbols seen; by default as many as give at most 400 different beliefs.
        points: of the curve; trade-offs from 4,096 down to where nothing is remembered.
    """
    weights, beliefs, length = _beliefs(process, length)
    following = (beliefs @ process.emission).clip(1e-15)
    following /= following.sum(axis=1, keepdims=True)
    spread = float(weights @ ((beliefs - weights @ beliefs) ** 2).sum(axis=1))
    memory, codes = weights.copy(), following.copy()  # one code for each belief to begin with
    curve = []
    for beta in np.geomspace(4096, 0.5, points):
        assigned, memory, codes = _settled(weights, following, memory, codes, beta)
        joint = weights[:, None] * assigned
        used = memory > 1e-12
        centres = (joint.T @ beliefs)[used] / memory[used, None]
        rate = (joint[:, used] * np.log(np.maximum(assigned[:, used], 1e-300) / memory[used])).sum()
        kept = spread - (joint[:, used] * ((beliefs[:, None] - centres) ** 2).sum(axis=2)).sum()
        gap = (joint * _divergences(following, codes)).sum()
        r2 = float(kept / spread) if spread > 1e-12 else None
        curve.append(CurvePoint(max(0.0, nats_to_bits(float(rate))), max(0.0, nats_to_bits(float(gap))), r2))
    return RateDistortion(length, len(weights), tuple(curve))


def at_gap(curve: Sequence[CurvePoint], gap_bits: float) -> tuple[float, float] | tuple[None, None]:
    """Least memory in bits and belief R^2 at a gap, read off the curve; None outside it, or where beliefs do not vary."""
    gaps = np.array([point.gap_bits for point in curve])
    fidelities = [point.r2 for point in curve if point.r2 is not None]
    if not len(gaps) or not gaps[0] <= gap_bits <= gaps[-1] or len(fidelities) < len(gaps):
        return None, None
    at, logs = np.log(max(gap_bits, 1e-12)), np.log(np.maximum(gaps, 1e-12))
    return float(np.interp(at, logs, [point.rate_bits for point in curve])), float(np.interp(at, logs, fidelities))


def _beliefs(process: Process, length: int | None) -> tuple[np.ndarray, np.ndarray, int]:
    """Different beliefs after `length` symbols: probabilities (m,), beliefs (m, N), and the length."""
    chosen = None
    for tried in [length] if length is not None else range(1, 11):
        prefixes = enumerate_prefixes(process, tried)
        level = prefixes.level(tried)
        merged, inverse = np.unique(prefixes.beliefs[level].round(9), axis=0, return_inverse=True)
        if chosen is not None and len(merged) > _MOST_BELIEFS:
            break
        chosen = np.bincount(inverse.ravel(), prefixes.probabilities[level]), merged, tried
        if len(prefixes) > 20_000:
            break
    assert chosen is not None
    return chosen


def _settled(
    weights: np.ndarray, following: np.ndarray, memory: np.ndarray, codes: np.ndarray, beta: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Iterate assignment, shares and predictions at one trade-off until they stay; (m, c), (c,), (c, K)."""
    for _ in range(_STEPS):
        logits = np.log(np.maximum(memory, 1e-300)) - beta * _divergences(following, codes)
        assigned = np.exp(logits - logits.max(axis=1, keepdims=True))
        assigned /= assigned.sum(axis=1, keepdims=True)
        joint = weights[:, None] * assigned
        before, memory = memory, joint.sum(axis=0)
        kept = memory > 1e-12
        assigned, joint, memory = assigned[:, kept], joint[:, kept], memory[kept]
        codes = (joint.T @ following) / memory[:, None]
        if kept.all() and np.abs(before - memory).max() < _TOLERANCE:
            break
    return assigned / assigned.sum(axis=1, keepdims=True), memory, codes


def _divergences(following: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """D(row || code) in nats, (m, c)."""
    entropy = (following * np.log(following)).sum(axis=1)
    return entropy[:, None] - following @ np.log(codes.clip(1e-300)).T
