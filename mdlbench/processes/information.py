"""Everything `mdlbench hmm entropy` prints of a process: rates, memories, and how an observer synchronises.

    excess entropy E            I(past; future) = sum over L of h_L - h                         Crutchfield & Feldman 2003
    transient information T     sum over L of L (h_L - h)                                       ibid.
    statistical complexity C    entropy of the causal states                                    Crutchfield & Young 1989
    crypticity chi              C - E                                                           Mahoney et al. 2009
    synchronisation information sum over L of H(causal state | X_1 .. L)                        Crutchfield et al. 2010

A quantity that is infinite, or that nothing here computes, is None with a reason.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from mdlbench.processes.base import Process
from mdlbench.processes.dimension import complexity_dimension
from mdlbench.processes.entropy import entropy_rate, joint_entropy_rate
from mdlbench.processes.epsilon import EpsilonMachine, causal_states, minimise
from mdlbench.processes.mixed_states import MixedStates, mixed_states
from mdlbench.processes.numbers import text_of
from mdlbench.processes.poisson import Converged, solve_poisson
from mdlbench.processes.resets import reset_chain, reset_symbols
from mdlbench.processes.result import Dimension, EntropyRate, MixedStateCounts, Quantity, Source
from mdlbench.processes.settling import Total, exact_entropy
from mdlbench.processes.words import emission_entropy, entropies, levels, myopic_entropies

_NOISE = 1e-12  # bits by which rounding, and taking nearly equal beliefs for equal, may move the entropy of a level
_SMALL = 1e-12  # bits: a term of a sum that has died out
_ROUNDING = 1e-9  # bits by which a sum may miss its bounds for no other reason
_MOST_ERROR = 1e-6  # of a sum, absolute or relative, that rounding may leave
_LARGEST_ERROR = 1e-3  # of h, where what is solved with it is believed
_LEAST_AGREEMENT = 0.02  # of two solutions, relative, for either to be told
_WIDEST, _LONGEST = 30_000, 1500  # beliefs of a level, and levels, where sums are taken term by term


@dataclass(frozen=True)
class Analysis:
    """All quantities of one process; see the module's docstring."""

    process: Process
    entropy_rate: EntropyRate
    excess_entropy: Quantity
    statistical_complexity: Quantity
    transient_information: Quantity
    synchronisation_information: Quantity
    crypticity: Quantity
    myopic: np.ndarray
    mixed: MixedStates
    machine: EpsilonMachine | None
    kind: str
    dimension: Dimension | None = None

    def source(self) -> Source:
        """The figures as a result keeps them, without curves."""
        process = self.process
        return Source(
            process=process.name,
            params={key: text_of(value) for key, value in process.parameters.items()},
            summary=process.summary,
            citation=process.citation,
            alphabet_size=process.alphabet_size,
            n_states=process.n_states,
            hidden_markov=process.is_hidden_markov,
            unifilar=process.unifilar,
            ergodic=process.ergodic,
            entropy_rate=self.entropy_rate,
            joint_entropy_rate=joint_entropy_rate(process) if process.is_hidden_markov else None,
            closed_form=dict(process.closed_form),
            excess_entropy=self.excess_entropy,
            statistical_complexity=self.statistical_complexity,
            transient_information=self.transient_information,
            synchronisation_information=self.synchronisation_information,
            crypticity=self.crypticity,
            complexity_dimension=self.dimension,
            myopic_entropies=tuple(self.myopic.tolist()),
            mixed_states=_counts(self.mixed, self.kind),
            causal_states=None if self.machine is None else len(self.machine),
        )


def _counts(mixed: MixedStates, kind: str) -> MixedStateCounts:
    by_depth = mixed.by_depth[:16]
    if not mixed.closed:
        reason = f"followed to {len(mixed):,} without an end"
        return MixedStateCounts(kind, mixed.exact, None, None, None, reason, by_depth)
    recurrent = sum(map(len, mixed.recurrent))
    return MixedStateCounts(kind, mixed.exact, len(mixed), recurrent, len(mixed) - recurrent, None, by_depth)


def analyse(
    process: Process, contexts: int = 11, gap: float | None = None, report: Callable[[str], None] = lambda step: None
) -> Analysis:
    """Compute every quantity of a process.

    Args:
        contexts: how many myopic entropies, context 0 first.
        gap: of the bounds on the entropy rate, in bits; see `entropy_rate`.
        report: told what is computed next.

    Example:
        >>> from mdlbench.processes import find
        >>> found = analyse(find("even"))
        >>> round(found.excess_entropy.value, 6), round(found.statistical_complexity.value, 6), len(found.mixed)
        (0.918296, 0.918296, 4)
    """
    report("following mixed states")
    mixed = mixed_states(process)
    kind = _kind(process, mixed)
    if kind.startswith("uncountable"):
        report("solving the belief operator (some seconds)")
    needs_solution = kind.startswith("uncountable") and process.composition is None
    solution = solve_poisson(process) if needs_solution else None
    options = {} if gap is None else {"gap": gap}
    report("bounding the entropy rate (a coarser gap is faster)")
    rate = entropy_rate(process, mixed=mixed, solution=solution, **options)
    machine = _machine(process, mixed)
    report("adding up excess entropy and transient information")
    complexity = _complexity(process, machine, kind)
    excess, transient = (_possible(found) for found in _sums(process, mixed, rate, solution))
    excess = _possible(excess, _most_excess(process, complexity))
    dimension = None
    composed = process.composition is not None and process.composition.kind == "product"
    if kind.startswith("uncountable") and process.ergodic and not composed:
        report("measuring the dimension of beliefs")
        dimension = complexity_dimension(process, rate.value)
    return Analysis(
        process,
        rate,
        excess,
        complexity,
        transient,
        _synchronisation(process, machine, kind),
        _crypticity(complexity, excess),
        myopic_entropies(process, contexts),
        mixed,
        machine,
        kind,
        dimension,
    )


def _most_excess(process: Process, complexity: Quantity) -> float:
    """The past tells no more of the future than the causal state does, nor than the hidden state does."""
    hidden = exact_entropy(process.stationary_numbers) if process.is_hidden_markov else math.inf
    return min(hidden, math.inf if complexity.value is None else complexity.value)


def _possible(found: Quantity, most: float = math.inf) -> Quantity:
    """The quantity if it lies within 0 .. `most`, to what rounding may do; else no number, and why."""
    if found.value is None or 0.0 <= found.value <= most:
        return found
    if -_ROUNDING <= found.value <= most + _ROUNDING * max(1.0, most):
        return replace(found, value=min(max(found.value, 0.0), most))
    return Quantity.of(None, f"not known: {found.note} gives {found.value:.6g}, which lies outside 0 .. {most:.6g}")


def _kind(process: Process, mixed: MixedStates) -> str:
    """finite, countable or uncountable: the beliefs met in the long run."""
    if mixed.closed:
        return "finite"
    if process.unifilar:
        return "infinite in transit, finite in the long run"
    if process.ergodic and (resets := len(reset_symbols(process))):
        if resets >= process.alphabet_size - 1:
            return "countable"
        if reset_chain(process) is not None:
            return "countable (merged between resets)"
    return "uncountable"


def _machine(process: Process, mixed: MixedStates) -> EpsilonMachine | None:
    if process.unifilar:
        return minimise(process)
    return causal_states(mixed) if mixed.closed else None


def _sums(process: Process, mixed: MixedStates, rate: EntropyRate, solution: Converged | None) -> tuple[Quantity, Quantity]:
    """Excess entropy and transient information."""
    if mixed.closed:
        return _summed(mixed, mixed.settling.of_entropies(1)), _summed(mixed, mixed.settling.of_entropies(2))
    if process.composition is not None and process.composition.kind in ("product", "reversed"):
        parts = [_sums(part, mixed_states(part), entropy_rate(part), _solution(part)) for part in process.composition.parts]
        word = "as read forwards: " if process.composition.kind == "reversed" else "sum over factors: "
        return _added([part[0] for part in parts], word), _added([part[1] for part in parts], word)
    terms = _Terms.of(process, rate)
    low = 0.0 if rate.lower is None else rate.lower
    if terms.settled or solution is None or solution.error > _LARGEST_ERROR or not low <= solution.entropy_rate <= rate.upper:
        return terms.excess(), terms.transient()
    least = float(terms.terms.sum()) - len(terms.terms) * terms.noise
    excess = _solved(solution.excess_entropy, solution.excess_error, least, least + terms.unknown)
    transient = _solved(solution.transient_information, solution.transient_error, 0.0, math.inf)
    return (terms.excess(), terms.transient()) if excess.value is None else (excess, transient)


def _summed(mixed: MixedStates, total: Total) -> Quantity:
    """A sum over mixed states."""
    if mixed.settling.exact:
        return Quantity.of(total.value, f"exact: linear algebra over {len(mixed)} mixed states")
    same = "" if mixed.exact else " merged to 1e-10"
    return _rounded(total.value, total.error, f"linear algebra over {len(mixed)} mixed states{same}")


def _solved(value: float, error: float, least: float, most: float) -> Quantity:
    """A sum from the belief operator's solution, if that says enough and it can be true."""
    if not (error <= _LEAST_AGREEMENT * abs(value) and least - error <= value <= most + error):
        return Quantity.of(None, "not known: the belief operator's solutions by polynomials do not agree")
    return Quantity.within(value, error, "converged: belief operator solved by polynomials")


def _solution(process: Process) -> Converged | None:
    uncountable = _kind(process, mixed_states(process)).startswith("uncountable")
    return solve_poisson(process) if uncountable and process.composition is None else None


def _added(parts: list[Quantity], word: str) -> Quantity:
    unknown = next((part for part in parts if part.value is None), None)
    if unknown is not None:
        return unknown
    return Quantity.of(sum(part.value for part in parts if part.value is not None), word + parts[0].note)


class _Terms(NamedTuple):
    """h_L - h for L = 1, 2, ... as far as words were followed, and what is known of the rest of their sum.

    The rest is no less than nothing, and, since past and future meet in the hidden state, no more than H(S_L | X_1 .. L). Where
    the terms have died out it is estimated as well: no memory fades slower than the chain itself.

    Attributes:
        terms: float64 (L,). noise: what each may be off by.
        settled: whether the terms died out, or the state is known.
        unknown: H(S_L | X_1 .. L) in bits; infinite without states.
        fading: how much of a term is left in the next one, at most.
    """

    terms: np.ndarray
    noise: float
    settled: bool
    unknown: float
    fading: float

    @classmethod
    def of(cls, process: Process, rate: EntropyRate) -> "_Terms":
        found: list[float] = []
        unknown, settled = math.inf, False
        quiet = process.n_states + 3
        for level in levels(process):
            weights = level.weights / level.weights.sum()
            if process.is_hidden_markov:
                unknown = float(weights @ entropies(level.beliefs))
            if len(level.weights) > _WIDEST or len(found) > _LONGEST:
                break
            settled = unknown < _SMALL or (len(found) > quiet and max(map(abs, found[-quiet:])) < _SMALL)
            if settled:
                break
            found.append(float(weights @ emission_entropy(process, level.beliefs)) - rate.value)
        return cls(np.array(found), _NOISE + (rate.gap or 0.0) / 2, settled, unknown, process.forgetting)

    def excess(self) -> Quantity:
        """The sum."""
        low, noise = float(self.terms.sum()), len(self.terms) * self.noise
        if self.settled:
            return self._told(low, noise + min(self.unknown, self._rest()))
        if self.unknown <= _MOST_ERROR:
            return self._told(low + self.unknown / 2, noise + self.unknown / 2)
        between = (
            f"between {low - noise:.6g} and {low + self.unknown + noise:.6g}" if math.isfinite(self.unknown) else "not known"
        )
        return Quantity.of(
            None, f"{between}: H(L) - L h still grows after {len(self.terms)} symbols, the most that were enumerated"
        )

    def transient(self) -> Quantity:
        """The sum of L (h_L - h)."""
        if not self.settled:
            reason = f"the sum of L (h_L - h) did not settle within {len(self.terms)} symbols, the most that were enumerated"
            return Quantity.of(None, reason)
        count = len(self.terms)
        error = count**2 * self.noise / 2 + self._rest() * (count + 1 / (1 - self.fading))
        return self._told(float(np.arange(1, count + 1) @ self.terms), error)

    def _rest(self) -> float:
        last = max(map(abs, self.terms[-3:]), default=0.0)
        return max(last, self.noise) * self.fading / (1 - self.fading)

    def _told(self, value: float, error: float) -> Quantity:
        return _rounded(value, error, f"converged: sum of {len(self.terms)} terms until they vanish")


def _rounded(value: float, error: float, method: str) -> Quantity:
    """A value whose error is known, or none where that leaves few digits."""
    if error > _MOST_ERROR * max(1.0, abs(value)):
        return Quantity.of(None, f"not known: {method}, which leaves it uncertain by {error:.0e} (memory fades slowly)")
    return Quantity.within(_tidy(value), error, method)


def _complexity(process: Process, machine: EpsilonMachine | None, kind: str) -> Quantity:
    if machine is not None:
        return Quantity.of(exact_entropy(machine.weight_numbers), f"entropy of {len(machine)} causal states")
    if kind.startswith("countable"):
        chain = reset_chain(process)
        if chain is None:
            return Quantity.of(None, "not known: resets are so rare that the chain of beliefs between them was not followed")
        return Quantity.of(
            float(entropies(chain.weights)), f"converged: chain of {len(chain.weights)} beliefs, the rest below 1e-15"
        )
    return Quantity.of(None, "taken as infinite: mixed states were followed without an end, and no symbol resets them")


def _synchronisation(process: Process, machine: EpsilonMachine | None, kind: str) -> Quantity:
    if machine is None:
        return Quantity.of(None, f"not computed: infinitely many causal states ({kind})")
    as_process = machine.as_process(process.name)
    mixed = mixed_states(as_process)
    uncertain = entropies(np.maximum(mixed.beliefs, 0.0))
    if mixed.closed:
        known = (mixed.beliefs[[state for states in mixed.recurrent for state in states]] > 0).sum(axis=1)
        if (known > 1).any():
            return Quantity.of(None, "infinite: an observer never knows the causal state for sure")
        return _summed(mixed, mixed.settling.until_settled(uncertain))
    found: list[float] = []
    for level in levels(as_process):
        found.append(float(level.weights @ entropies(level.beliefs)))
        if len(level.weights) > _WIDEST or len(found) > _LONGEST:
            break
        if len(found) > 3 and max(found[-3:]) < 1e-10:
            rest = max(found[-3:]) * as_process.forgetting / (1 - as_process.forgetting)
            return _rounded(sum(found), len(found) * _NOISE + rest, f"converged: sum of {len(found)} terms until they vanish")
    return Quantity.of(None, "the uncertainty of the causal state did not vanish within the words enumerated")


def _crypticity(complexity: Quantity, excess: Quantity) -> Quantity:
    if complexity.value is None:
        return Quantity.of(None, "infinite where C is")
    if excess.value is None:
        return Quantity.of(None, excess.note)
    value = complexity.value - excess.value
    # where E is a converged sum, its last digits are not known
    exact = (excess.method or "").startswith("exact")
    return Quantity.of(0.0 if abs(value) < (1e-15 if exact else 1e-9) else value, "C - E")


def _tidy(value: Any) -> float:
    """A float without the minus sign, and without the last digits, of what should be zero."""
    number = float(value)
    return 0.0 if abs(number) < 1e-13 else number
