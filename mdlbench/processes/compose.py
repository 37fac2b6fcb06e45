"""New processes of old ones: the same read backwards, several side by side, one of several chosen once and for all."""

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from mdlbench.processes.base import MAX_SYMBOLS, Composition, Process, ProcessError, as_numbers, as_transitions, check_entries
from mdlbench.processes.linear import Matrix, Number
from mdlbench.processes.names import label


def reverse(process: Process) -> Process:
    """The process whose words are those of `process` read backwards, with the same probabilities.

    T~[x, i, j] = pi_j T[x, j, i] / pi_i over the states that occur; for a generalised process the transposed matrices, with
    start and right eigenvector exchanged.
    """
    check_entries("reversed", process.alphabet_size, process.n_states, (process,))
    pi, name, n = process.stationary_numbers, f"reversed:{process.name}", process.n_states
    right, start, zero = process.right, process.start, Fraction(0)
    if process.is_hidden_markov:
        kept = [i for i in range(n) if pi[i] > 0]
        matrices = [[[pi[j] * m[j][i] / pi[i] if m[j][i] else zero for j in kept] for i in kept] for m in process.transitions]
        start = None if start is None else tuple(pi[i] for i in kept)
    else:
        matrices = [[[m[j][i] for j in range(n)] for i in range(n)] for m in process.transitions]
        right, start = pi, process.right_numbers
    return Process(
        name,
        as_transitions(matrices),
        process.parameters,
        f"{process.summary}, read backwards",
        process.citation,
        right,
        start,
        _same_both_ways(process),
        Composition("reversed", (process,)),
    )


def _same_both_ways(process: Process) -> dict[str, float]:
    return {key: process.closed_form[key] for key in ("entropy_rate", "excess_entropy") if key in process.closed_form}


def product(parts: Sequence[Process]) -> Process:
    """Independent processes side by side: symbol x of the first and y of the second is x K + y, and so on."""
    n_symbols = prod(part.alphabet_size for part in parts)
    if n_symbols > MAX_SYMBOLS:
        raise ProcessError(f"product:{'+'.join(map(label, parts))} has {n_symbols} symbols; a symbol is one byte: at most 256")
    check_entries("product", n_symbols, prod(part.n_states for part in parts), parts)
    whole, start, right = parts[0].transitions, parts[0].stationary_numbers, parts[0].right_numbers
    for part in parts[1:]:
        whole = tuple(_kronecker(a, b) for a in whole for b in part.transitions)
        start = tuple(a * b for a in start for b in part.stationary_numbers)
        right = tuple(a * b for a in right for b in part.right_numbers)
    known = {
        key: sum(part.closed_form[key] for part in parts)
        for key in ("entropy_rate", "statistical_complexity", "excess_entropy")
        if all(key in part.closed_form for part in parts)
    }
    return Process(
        f"product:{'+'.join(map(label, parts))}",
        as_transitions(whole),
        {},
        "independent factors side by side",
        "; ".join(part.citation for part in parts),
        None if all(part.right is None for part in parts) else as_numbers(right),
        as_numbers(start),
        known,
        Composition("product", tuple(parts)),
    )


def _kronecker(a: Matrix, b: Matrix) -> tuple[tuple[Number, ...], ...]:
    zero = Fraction(0)
    return tuple(tuple(x * y if x and y else zero for x in row for y in other) for row in a for other in b)


def mixture(parts: Sequence[Process], weights: Sequence[Fraction]) -> Process:
    """One of the parts, drawn once and kept for ever: not ergodic. Symbols are shared, states are not."""
    n_symbols, sizes = max(part.alphabet_size for part in parts), [part.n_states for part in parts]
    check_entries("mixture", n_symbols, sum(sizes), parts)
    matrices: list[list[list[Number]]]
    matrices = [[[Fraction(0)] * sum(sizes) for _ in range(sum(sizes))] for _ in range(n_symbols)]
    start: list[Number] = []
    right: list[Number] = []
    for index, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        first = sum(sizes[:index])
        for x, matrix in enumerate(part.transitions):
            for i, row in enumerate(matrix):
                matrices[x][first + i][first : first + len(row)] = row
        start += [weight * value for value in part.stationary_numbers]
        right += part.right_numbers
    known = {}
    if all("entropy_rate" in part.closed_form for part in parts):
        pairs = zip(weights, parts, strict=True)
        known["entropy_rate"] = sum(float(weight) * part.closed_form["entropy_rate"] for weight, part in pairs)
    return Process(
        f"mixture:{'+'.join(map(label, parts))}",
        as_transitions(matrices),
        {},
        "one of several, drawn once: not ergodic",
        "; ".join(part.citation for part in parts),
        None if all(part.right is None for part in parts) else as_numbers(right),
        as_numbers(start),
        known,
        Composition("mixture", tuple(parts), tuple(weights)),
    )
