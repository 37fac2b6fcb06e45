"""The entropy rate of a process between a lower and an upper bound, with the method that gave them.

    made of others       sum over factors; weighted mean over a mixture's parts; the same read backwards
    unifilar             closed form: sum over states of pi_i H(row i)
    few mixed states     the same over the recurrent mixed states, which are unifilar whatever the process is
    resets               the chain of beliefs between resets, with the exact weight of what was left out
    hidden Markov        a tree of contexts (Cover & Thomas, theorem 4.5.1)
    generalised          H(X_L | X_1 .. L-1) for the longest words enumerated; no lower bound is proved

`H(X, S' | S)`, which is right for unifilar machines only, is `joint_entropy_rate`: Mess3 has 1.3288 there and 1.1447 in truth.
"""

from dataclasses import replace

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.contexts import context_bounds
from mdlbench.processes.mixed_states import MixedStates, mixed_states
from mdlbench.processes.poisson import Converged, solve_poisson
from mdlbench.processes.resets import entropy_rate_of, reset_chain
from mdlbench.processes.result import ConvergedRate, EntropyRate
from mdlbench.processes.words import SAME, emission_entropy, entropies, levels

GAP = 5e-10  # bits at which refining stops
_MOST_LEAVES, _MOST_WORK = 8_000_000, 216_000_000  # of a tree of contexts; leaves times K N^2 (8 million of Mess3)
_ENUMERATED = 300_000  # beliefs of a level, where enumeration is all there is


def entropy_rate(
    process: Process, gap: float = GAP, *, mixed: MixedStates | None = None, solution: Converged | None = None
) -> EntropyRate:
    """Bound the entropy rate.

    Args:
        gap: in bits; refining stops below it, or where it would take too long (then the gap reached is larger).
        mixed, solution: what `mixed_states` and `solve_poisson` found, if that is known already.

    Example:
        >>> from mdlbench.processes import find
        >>> found = entropy_rate(find("golden-mean"))
        >>> round(found.lower, 12), round(found.upper, 12), found.method
        (0.666666666667, 0.666666666667, 'closed form: unifilar')
    """
    if process.composition is not None:
        return _composed(process, gap)
    if process.unifilar:
        return _closed(process.stationary, process.emission, "closed form: unifilar")
    mixed = mixed_states(process) if mixed is None else mixed
    if mixed.closed and mixed.exact:
        return _closed(mixed.weights, mixed.p, f"closed form: {len(mixed)} mixed states, exact rationals")
    chain = reset_chain(process)
    if chain is not None:
        lower, upper = entropy_rate_of(process, chain)
        slack = _slack(len(chain.weights), process) + (0.0 if chain.single else _merging(process))
        return EntropyRate.between(lower - slack, upper + slack, f"chain of {len(chain.weights)} beliefs between resets")
    if process.is_hidden_markov:
        bounds = context_bounds(process, gap, min(_MOST_LEAVES, _MOST_WORK // (process.alphabet_size * process.n_states**2)))
        found = EntropyRate.between(
            bounds.lower, bounds.upper, f"tree of {bounds.leaves:,} contexts up to {bounds.depth} symbols"
        )
    else:
        upper, depth = _enumerated(process)
        found = EntropyRate.between(None, upper, f"H(X_{depth} | X_1..{depth - 1}) by enumeration", reason=_NO_LOWER)
    if solution is None and (found.gap is None or found.gap > gap):
        solution = solve_poisson(process)
    return found if solution is None else _with_converged(found, solution)


_NO_LOWER = "a generalised process has no hidden state to condition on; h is converged, not bounded, from below"


def joint_entropy_rate(process: Process) -> float:
    """H(X, S' | S) in bits: the entropy rate of symbols and states together. Not the process' own unless it is unifilar."""
    rows = process.tensor.transpose(1, 0, 2).reshape(process.n_states, -1)
    return float(process.stationary @ entropies(rows))


def _closed(weights: np.ndarray, rows: np.ndarray, method: str) -> EntropyRate:
    value = float(weights @ entropies(rows))
    slack = 4.0 * (rows.size + len(weights)) * 2.0**-53 * (1.0 + value)
    return EntropyRate.between(max(0.0, value - slack), value + slack, method)


def _slack(depth: int, process: Process) -> float:
    """What rounding can do to a sum over words of up to `depth` symbols, in bits."""
    return 8.0 * (depth + process.n_states + 4) * 2.0**-53 * (1.0 + float(np.log2(process.alphabet_size)))


def _merging(process: Process) -> float:
    """What taking nearly equal beliefs for equal can do: the modulus of continuity of the entropy, in bits."""
    return process.alphabet_size * SAME * float(np.log2(np.e / SAME))


def _composed(process: Process, gap: float) -> EntropyRate:
    assert process.composition is not None
    kind, parts = process.composition.kind, process.composition.parts
    found = [entropy_rate(part, gap) for part in parts]
    shares = [float(weight) for weight in process.composition.weights] or [1.0] * len(parts)
    words = {"product": "sum over independent factors", "mixture": "mean over the parts", "reversed": "as read forwards"}[kind]

    def total(values: list[float]) -> float:
        return float(sum(share * value for share, value in zip(shares, values, strict=True)))

    lowers = [part.lower for part in found if part.lower is not None]
    bounds = EntropyRate.between(
        total(lowers) if len(lowers) == len(found) else None,
        total([part.upper for part in found]),
        f"{words}: {'; '.join(dict.fromkeys(part.method for part in found))}",
        next((part.reason for part in found if part.reason), None),
    )
    if all(part.converged is None for part in found):
        return bounds
    changes = [0.0 if part.converged is None else part.converged.change for part in found]
    return replace(bounds, converged=ConvergedRate(total([part.value for part in found]), total(changes)))


def _enumerated(process: Process) -> tuple[float, int]:
    """H(X_L | X_1 .. L-1) for the largest L that enumeration reaches, and that L."""
    best, length = np.inf, 0
    for level in levels(process):
        best = min(best, float(level.weights @ emission_entropy(process, level.beliefs)))
        length += 1
        if len(level.weights) * process.alphabet_size > _ENUMERATED:
            break
    return best + _slack(length, process) + _merging(process), length


def _with_converged(found: EntropyRate, solution: Converged) -> EntropyRate:
    """Add the converged digits, unless they contradict the bounds (then they have not converged)."""
    low = found.lower if found.lower is not None else -np.inf
    if not low <= solution.entropy_rate <= found.upper or solution.error > min(1e-3, (found.upper - low) / 4):
        return found
    return replace(found, converged=ConvergedRate(solution.entropy_rate, solution.error))
