"""The epsilon machine: causal states, which are pasts that predict the same future (Crutchfield & Young, PRL 63 (1989)).

Mixed states that are met for ever predict; those whose predictions agree for every number of symbols are one causal state.
They are found by refining a partition: first by the next symbol's distribution, then by the classes of the successors, until
nothing splits (Hopcroft's minimisation with probabilities).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mdlbench.processes.base import Process, as_numbers, as_transitions, recurrent_classes
from mdlbench.processes.linear import Matrix, Number
from mdlbench.processes.mixed_states import MixedStates

_DIGITS = 9  # at which float probabilities are compared


@dataclass(frozen=True, eq=False)
class EpsilonMachine:
    """Causal states 0 .. M-1.

    Attributes:
        probabilities: M rows of K numbers, P(x | causal state).
        successors: int64 (M, K), -1 where the symbol cannot come.
        weight_numbers: M numbers, their long-run probabilities; fractions where the process is exact.
        states_of: for each mixed state its causal state, -1 for transient ones.
    """

    probabilities: Matrix
    successors: np.ndarray
    weight_numbers: Sequence[Number]
    states_of: np.ndarray

    def __len__(self) -> int:
        return len(self.weight_numbers)

    @property
    def weights(self) -> np.ndarray:
        """`weight_numbers` as float64 (M,)."""
        return np.array([float(value) for value in self.weight_numbers])

    def as_process(self, name: str) -> Process:
        """The machine as a unifilar hidden Markov model whose states are the causal states."""
        m, k = len(self), len(self.probabilities[0])
        matrices: list[list[list[Number]]] = [[[Fraction(0)] * m for _ in range(m)] for _ in range(k)]
        for state in range(m):
            for symbol in range(k):
                if self.successors[state, symbol] >= 0:
                    matrices[symbol][state][self.successors[state, symbol]] = self.probabilities[state][symbol]
        several = len(_classes(self.successors)) > 1
        start = as_numbers(self.weight_numbers) if several else None
        return Process(f"epsilon machine of {name}", as_transitions(matrices), start=start)


def causal_states(found: MixedStates) -> EpsilonMachine:
    """Minimise a closed mixed-state presentation to the epsilon machine.

    Example:
        >>> from mdlbench.processes import find
        >>> from mdlbench.processes.mixed_states import mixed_states
        >>> len(causal_states(mixed_states(find("reversed:golden-mean"))))
        2
    """
    if not found.closed:
        raise ValueError("the mixed states were not all found: their causal states are not known")
    kept = sorted(state for states in found.recurrent for state in states)
    return _minimised(found.probabilities, found.successors, found.settling.weight_numbers, kept, found.exact)


def minimise(process: Process) -> EpsilonMachine:
    """Minimise a unifilar process: its own recurrent states, merged where they predict the same, are its causal states."""
    if not process.unifilar:
        raise ValueError(f"{process.name} is not unifilar: its states do not predict")
    probabilities = [[sum(matrix[i]) for matrix in process.transitions] for i in range(process.n_states)]
    follows = (process.tensor > 0).transpose(1, 0, 2)  # state, symbol, next state
    successors = np.where(follows.any(axis=2), follows.argmax(axis=2), -1)
    kept = [state for state in range(process.n_states) if process.stationary[state] > 0]
    return _minimised(probabilities, successors, process.stationary_numbers, kept, process.exact)


def _minimised(
    probabilities: Matrix, successors: np.ndarray, weights: Sequence[Number], kept: list[int], exact: bool
) -> EpsilonMachine:
    labels: dict[int, int] = _numbered({s: _comparable(probabilities[s], exact) for s in kept})
    while True:
        finer = _numbered({s: (labels[s], *(labels.get(int(t), -1) for t in successors[s])) for s in kept})
        if len(set(finer.values())) == len(set(labels.values())):
            break
        labels = finer
    first = {label: state for state, label in reversed(labels.items())}
    order = sorted(first)
    table = np.array([[labels.get(int(t), -1) for t in successors[first[label]]] for label in order])
    totals: list[Number] = [Fraction(0)] * len(order)
    for state, label in labels.items():
        totals[label] += weights[state]
    states_of = np.array([labels.get(state, -1) for state in range(len(weights))])
    return EpsilonMachine([probabilities[first[label]] for label in order], table, totals, states_of)


def _comparable(row: Sequence[Number], exact: bool) -> tuple[Number, ...]:
    return tuple(row) if exact else tuple(round(float(value), _DIGITS) for value in row)


def _numbered(keys: dict[int, Hashable]) -> dict[int, int]:
    """The same with keys replaced by 0, 1, ... in order of appearance."""
    numbers: dict[Hashable, int] = {}
    return {state: numbers.setdefault(key, len(numbers)) for state, key in keys.items()}


def _classes(successors: np.ndarray) -> list[list[int]]:
    edges = np.zeros((len(successors), len(successors)), dtype=bool)
    for row, targets in enumerate(successors):
        edges[row, targets[targets >= 0]] = True
    return recurrent_classes(edges)
