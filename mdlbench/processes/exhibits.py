"""What is shown of processes: all of them in a table, and of each its bounds, what an observer learns, its mixed states.

The terminal prints `overview` and `known`, a page has `section`; pictures are in `pictures.py`.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import floor, log10

from mdlbench.processes.base import Process
from mdlbench.processes.numbers import text_of
from mdlbench.processes.pictures import panels
from mdlbench.processes.result import Dimension, EntropyRate, MixedStateCounts, Source
from mdlbench.result import Found
from mdlbench.result.exhibits import Cell, Exhibit, Finding, Folder, Measure, Note, Part, Section, Table, Text, shows
from mdlbench.units import nats_to_bits

_NO_LOWER = "no lower bound"
_FOUND_BY = Measure("how, or why not", definition="how the figure was found, or why there is none")
_RATE = Measure(
    "h", "bits per symbol", definition="entropy rate: converged, else the middle of its bounds; with the digits that are sure"
)
_GAP = Measure("between bounds", "bits per symbol", "digits", 1, "how far the rigorous bounds on h are apart")
_EXCESS = Measure("E", "bits", "fixed", 9, "excess entropy: what the past tells of the future")
_COMPLEXITY = Measure("C", "bits", "fixed", 9, "statistical complexity: entropy of the causal states")
_MIXED = Measure("mixed states", form="count", definition="beliefs that words lead to, or why they have no number")
_QUANTITIES = (  # name, field
    ("excess entropy E", "excess_entropy"),
    ("statistical complexity C", "statistical_complexity"),
    ("crypticity C − E", "crypticity"),
    ("transient information T", "transient_information"),
    ("synchronisation information", "synchronisation_information"),
)
_MEANINGS = (
    "E = I(past; future) = Σ (h_L − h), C = H(causal state), T = Σ L (h_L − h), where h_L = H(X_L | X_1 .. L−1), L = 1, 2, ...",
    "synchronisation information = Σ H(causal state | X_1 .. L), L = 0, 1, ...",
)


_TERMS = {
    "process": "a source of symbols whose probabilities are known exactly",
    "entropy rate h": "bits per symbol that nobody can do without, however much of the past is known",
    "excess entropy E": "bits that the past tells of the future",
    "statistical complexity C": "bits that the states hold which tell all of the future that the past does",
    "crypticity C − E": "bits of those states that the future does not show",
    "transient information T": "Σ L (h_L − h): what an observer does not know, summed until it is synchronised",
    "synchronisation information": "what an observer does not know of the state, summed over the symbols seen",
    "belief": "the probabilities of a process's hidden states, given the symbols seen",
    "mixed state": "a belief that some word leads to; recurrent if long words still do",
    "unifilar": "state and symbol together say the next state",
    "ergodic": "every sequence shows, in the long run, the same frequencies",
    "quantity": "a measure of a process's memory",
    "value": "of that quantity",
}


@shows(Source)
def section(results: Sequence[Found[Source]]) -> Section:
    """A table of all processes, then a part for each: the newest result of a process with its parameters."""
    newest = {found.payload.label: found.payload for found in sorted(results, key=lambda found: found.age)}
    sources = [newest[label] for label in dict.fromkeys(found.payload.label for found in results)]
    return Section(
        title="Processes",
        summary=f"{len(sources)} {'process' if len(sources) == 1 else 'processes'} of known entropy rate",
        parts=(Part("", (overview(sources),)), *map(_part, sources)),
        findings=_findings(sources),
        terms=_TERMS,
        rank=20,
        counts={"processes": len(sources)},
    )


def _findings(sources: Sequence[Source]) -> tuple[Finding, ...]:
    """How far apart the bounds on h are at most, and where there are none."""
    bounded = [one for one in sources if one.entropy_rate.gap is not None]
    if not bounded:
        return ()
    widest = max(bounded, key=lambda one: one.entropy_rate.gap or 0.0)
    gap = _GAP.text(max(widest.entropy_rate.gap or 0.0, 0.0))
    claim = f"The entropy rate h lies between rigorous bounds no more than {gap} bits per symbol apart ({widest.label})"
    lacking = ", ".join(one.label for one in sources if one.entropy_rate.gap is None)
    return (Finding(f"{claim}, but no lower bound is known for {lacking}" if lacking else claim),)


def _part(source: Source) -> Part:
    pictures = () if source.curves is None else (panels(source),)
    return Part(source.label, (*pictures, Folder("What is known of it, and how", known(source))), facts(source))


def facts(source: Source) -> str:
    """What a process is: where it comes from, and of which kind."""
    kinds = [
        f"{source.alphabet_size} symbols",
        f"{source.n_states} states",
        kinds_of(source.hidden_markov, source.unifilar, source.ergodic),
    ]
    origin = f"{source.summary} ({source.citation})" if source.citation else source.summary
    return "; ".join([origin, ", ".join(kinds)] if origin else [", ".join(kinds)])


def kinds_of(hidden_markov: bool, unifilar: bool, ergodic: bool) -> str:
    """What kind of process has these properties, in words."""
    words = ("hidden Markov" if hidden_markov else "generalised", "" if unifilar else "not ", "" if ergodic else "not ")
    return f"{words[0]}, {words[1]}unifilar, {words[2]}ergodic"


def listed(processes: Sequence[Process]) -> Table:
    """A row for each process before anything is computed of it: what it is, its size, its parameters."""
    counts = (Measure("K", form="count"), Measure("N", form="count"))
    columns = (Measure("process"), Measure("what it is"), *counts, Measure("parameters"))
    return Table.of("", columns, map(_listed, processes))


def _listed(process: Process) -> tuple[Cell, ...]:
    values = " ".join(f"{key}={text_of(value)}" for key, value in process.parameters.items())
    return process.name, process.summary, process.alphabet_size, process.n_states, values


def overview(sources: Sequence[Source]) -> Table:
    """A row for each process."""
    columns = (Measure("process"), _RATE, _GAP, _EXCESS, _COMPLEXITY, _MIXED, Measure("method"))
    return Table.of("Processes of known entropy rate", columns, map(_row, sources))


def _row(source: Source) -> tuple[Cell, ...]:
    rate, mixed = source.entropy_rate, source.mixed_states
    return (
        source.label,
        rate.text,
        _NO_LOWER if rate.gap is None else max(rate.gap, 0.0),
        source.excess_entropy.text(9),
        source.statistical_complexity.text(9),
        mixed.kind.partition(" (")[0].partition(",")[0] if mixed.count is None else mixed.count,
        rate.method,
    )


def known(source: Source) -> tuple[Exhibit, ...]:
    """Everything that is known of a process but its pictures."""
    dimension = () if source.complexity_dimension is None else (_dimension(source.complexity_dimension),)
    return (
        *_rate(source.entropy_rate),
        *_remarks(source),
        _quantities(source),
        *dimension,
        Text(_mixed(source.mixed_states)),
        _myopic(source.myopic_entropies),
    )


def _rate(rate: EntropyRate) -> Iterator[Text]:
    low = _NO_LOWER if rate.lower is None else outward(rate.lower, 14, ROUND_FLOOR)
    gap = "" if rate.gap is None else f" (gap {rate.gap:.1e})"
    bounds = f"entropy rate h: {low} .. {outward(rate.upper, 14, ROUND_CEILING)} bits per symbol{gap}"
    yield Text(f"{bounds}; {rate.method}")
    if rate.converged is not None:
        value, change = rate.converged.value, rate.converged.change
        digits = min(14, -floor(log10(max(change, 1e-15))))
        yield Text(f"converged, beyond the bounds: {value:.{digits}f} bits per symbol (to {change:.0e})")


def outward(bound: float, digits: int, rounding: str) -> str:
    """A bound as text that is still one: a lower bound is rounded down, an upper one up.

    Example:
        >>> outward(0.125, 2, ROUND_FLOOR), outward(0.125, 2, ROUND_CEILING)
        ('0.12', '0.13')
    """
    return f"{Decimal(bound).quantize(Decimal(1).scaleb(-digits), rounding):f}"


def _remarks(source: Source) -> list[Note]:
    reason, joint = source.entropy_rate.reason, source.joint_entropy_rate
    found = [] if reason is None else [Note(reason)]
    if joint is not None and not source.unifilar:
        found.append(Note(f"not H(X, S' | S) = {joint:.4f} bits: that is the rate of symbols and states together"))
    return found


def _quantities(source: Source) -> Table:
    found = [(name, getattr(source, field)) for name, field in _QUANTITIES]
    columns = (Measure("quantity"), Measure("value", "bits", "fixed", 12), _FOUND_BY)
    rows = [(name, quantity.text(12), quantity.note) for name, quantity in found]
    return Table.of("Memory and synchronisation", columns, rows, notes=_MEANINGS)


def _dimension(found: Dimension) -> Table:
    columns = (
        Measure(
            "dimension",
            form="fixed",
            definition="of the set of beliefs, by how their entropy grows as they are told apart finer",
        ),
        Measure("standard error", form="fixed", definition="of the mean over generated sequences"),
        Measure("Lyapunov exponents", "bits per symbol", definition="of the beliefs' maps, largest first"),
        _FOUND_BY,
    )
    exponent = Measure("exponent", form="fixed")
    exponents = ", ".join(exponent.text(None if value is None else nats_to_bits(value)) for value in found.exponents_nats)
    return Table.of("Statistical complexity dimension", columns, [(found.value, found.standard_error, exponents, found.method)])


def _mixed(found: MixedStateCounts) -> str:
    if found.count is None:
        return f"mixed states: {found.kind}; {found.reason}"
    exact = "exact rationals" if found.exact else "merged to 1e-10"
    return f"mixed states: {found.count}, {found.transient} transient and {found.recurrent} recurrent ({exact})"


def _myopic(entropies: Sequence[float]) -> Table:
    columns = (
        Measure("context", "symbols", "count"),
        Measure("H(X | context)", "bits", "fixed", 10, "myopic entropy: the least loss of whoever sees so much context"),
    )
    notes: tuple[str, ...] = ()
    if len(entropies) > 2:
        mean = sum(entropies[1:]) / (len(entropies) - 1)
        where = f"contexts 1 to {len(entropies) - 1}"
        notes = (f"mean over {where}: {mean:.9f} bits, the Bayes floor of a loss taken there",)
    return Table.of("Entropy of the next symbol", columns, enumerate(entropies), notes=notes)
