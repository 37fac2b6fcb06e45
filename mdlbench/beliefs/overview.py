"""A row for each run, and what all runs say in a sentence: what a page shows of loss gaps and of belief geometry at once."""

from collections.abc import Sequence

from mdlbench.beliefs import tables
from mdlbench.beliefs.activations import ALL
from mdlbench.beliefs.result import BeliefGeometry, RunGap
from mdlbench.result.exhibits import Cell, Estimate, Finding, Measure, Table
from mdlbench.text import counted

_RUN = Measure("run", definition="the process that networks were trained on, and the folder of their training run")
_SEEDS = Measure("seeds", form="count")
_WIDTH = Measure("width", form="count")
_PARAMETERS = Measure("parameters", form="count")
_LOST = Measure(
    "loss gap", "bits per symbol", "fixed", 6, "what networks lose to the Bayes predictor: mean over seeds [95 %]", "less"
)
_FLOOR = Measure("Bayes floor", "bits per symbol", "fixed", 6, "the least loss of any predictor, mean over contexts")
_R2 = tables.r2("R² of beliefs", "held out, ridge from all layers: mean over seeds [95 %]; 1 is perfect, 0 the mean belief")
_UNTRAINED = tables.r2("untrained", "the same of the networks before training: a null")
_SHUFFLED = tables.r2("shuffled", "the same of beliefs dealt to other prefixes of the same length: a null")
_CONTROL = tables.r2("best control", "the greatest R² of all that hold no belief by construction, on the same split")
_NAMED = Measure("which control", definition="what that control reads beliefs from")
_STANDS = {
    "beaten": "it is more than the",
    "as well": "it is no more than the",
    "not told apart": "seeds do not tell it from the",
}
TERMS = {
    "belief": "the probabilities of a process's hidden states, given the symbols seen",
    "Bayes predictor": "who knows the process and predicts from its belief: nobody loses less",
    "prefix": "the symbols seen so far, from the start of a sequence",
    "ridge": "least squares with a penalty on large coefficients, chosen without the held-out part",
    "held out": "scored on prefixes that the fit has not seen",
    "null": "what shows nothing by construction: a figure means something as far as it is better",
}


def named(process: str, run: str) -> str:
    """A run's name: its process and the last folder of its path."""
    return f"{process}: " + run.replace("\\", "/").rstrip("/").rpartition("/")[2]


def gaps(runs: Sequence[RunGap]) -> Table:
    """Loss gaps, a row for each run."""
    rows = [
        (
            named(one.process, one.run),
            _gap(one),
            one.bayes_floor_bits,
            len(one.seeds),
            _width(one),
            one.parameters,
            _tokens(one),
        )
        for one in runs
    ]
    tokens = Measure("tokens", form="count")
    return Table.of("Loss gaps", (_RUN, _LOST, _FLOOR, _SEEDS, _WIDTH, _PARAMETERS, tokens), rows)


def _width(one: RunGap) -> int:
    return one.config.architecture.width


def _tokens(one: RunGap) -> int:
    return one.seeds[0].tokens


def _gap(one: RunGap) -> Cell:
    found = one.model_bits
    return Estimate(found.mean, found.low, found.high) if len(one.seeds) > 1 else found.mean


def gap_findings(runs: Sequence[RunGap]) -> tuple[Finding, ...]:
    """The least and the greatest loss gap of all runs."""
    ordered = sorted(runs, key=lambda one: one.model_bits.mean)
    ends = [f"{_LOST.text(_gap(one))} ({named(one.process, one.run)})" for one in (ordered[:1] + ordered[1:][-1:])]
    claim = (
        f"Trained networks lose {' to '.join(ends)} bits per symbol to the Bayes predictor, over {counted(len(runs), 'run')}"
    )
    return (Finding(claim, "in brackets 95 % for the mean of the seeds"),)


def geometry(runs: Sequence[BeliefGeometry]) -> Table:
    """Belief geometry, a row for each run, beside its nulls and its best control."""
    rows = []
    for one in runs:
        fit, gap, control = tables.whole_fit(one), tables.loss_gap(one), tables.first_best(one)
        nulls = (None, None) if fit is None else (fit.untrained_r2, fit.shuffled_r2)
        beside = (None, None) if control is None else (control.others, control.control)
        fidelity = None if fit is None else tables.estimated(one, fit)
        rows.append((named(one.process, one.run), fidelity, *nulls, *beside, gap, len(one.seeds), one.width))
    columns = (_RUN, _R2, _UNTRAINED, _SHUFFLED, _CONTROL, _NAMED, tables.GAP, _SEEDS, _WIDTH)
    ways = dict.fromkeys(f"{ALL}, ridge, {tables.first_way(one)}" for one in runs)
    return Table.of("Beliefs read from activations", columns, rows, notes=tuple(ways))


def geometry_findings(runs: Sequence[BeliefGeometry]) -> tuple[Finding, ...]:
    """Of the run that was trained longest, so that it is not chosen by its figures."""
    longest = max(runs, key=lambda one: one.seeds[0].tokens)
    fit, control = tables.whole_fit(longest), tables.first_best(longest)
    fidelity = None if fit is None else tables.estimated(longest, fit)
    if fidelity is None:
        return ()
    claim = (
        f"From the activations of {named(longest.process, longest.run)}, trained longest of {counted(len(runs), 'run')}, "
        f"a linear map reads the beliefs with a held-out R² of {_R2.text(fidelity)}"
    )
    if control is None:
        return (Finding(claim),)
    return (
        Finding(claim, f"{_STANDS[control.outcome]} {_CONTROL.text(control.others)} of its best control, {control.control}"),
    )
