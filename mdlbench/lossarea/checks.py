"""What is wrong with a curve: a table of checks, each refused or flagged, each with what to do about it.

A curve that is refused has no area unless the user accepts it by the check's name (`--accept NAME`); the area is then flagged.
What this cannot see: whether losses are means over a step's whole batch, where the log does not say so.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mdlbench.lossarea.columns import is_smoothed
from mdlbench.lossarea.curve import Curve
from mdlbench.lossarea.result import Flag
from mdlbench.lossarea.scales import tokens_text
from mdlbench.units import bits_to_nats

LOWEST_START = 6.0  # nats a token: a fresh model of tokens starts near ln V, and V is thousands
_NEAR = 0.85  # of ln V: a first loss from here on is that of a fresh model
_FAR = 1.5  # times ln V
_HIGHEST = math.log(1_000_000)  # nats a token: no vocabulary's uniform code is longer
_TRAINED = "a resumed segment, or a trained model"
_STRIDE_SHARE, _REPEAT_SHARE = 0.9, 0.02
_WORTH_SEEING, _CORRELATION = 200, -0.1
_BLOCKS, _RISE = 20, 0.01
_UNIT_RATIO = (1 / math.log(2) * 0.97, 1 / math.log(2) * 1.03)


@dataclass(frozen=True)
class Company:
    """What a curve is looked at beside.

    Attributes:
        vocabulary: symbols that a token is one of, where the user says.
        largest_start: the largest first loss among the curves given together, in nats a token.
        starts: of all of them.
    """

    vocabulary: int | None = None
    largest_start: float | None = None
    starts: tuple[float, ...] = ()

    @classmethod
    def of(cls, curves: Sequence[Curve], vocabulary: int | None = None) -> "Company":
        """The company of curves that are given together."""
        starts = tuple(bits_to_nats(float(one.losses[0])) for one in curves if np.isfinite(one.losses[0]))
        return cls(vocabulary, max(starts, default=None), starts)


Look = Callable[[Curve, Company], Iterator[str]]


@dataclass(frozen=True)
class Check:
    """A check: its name, when a curve that fails has no area, what looks, and the remedy."""

    name: str
    refuses: Literal["never", "unless accepted", "always"]
    look: Look
    remedy: str


def check(curve: Curve, company: Company | None = None, accepted: Sequence[str] = ()) -> tuple[Flag, ...]:
    """Everything that is wrong with a curve, the reasons to refuse it first.

    Args:
        company: the curves it was given with; by default it alone.
        accepted: names of those checks that refuse "unless accepted", and refuse nothing this time.
    """
    beside = company or Company.of([curve])
    refusing = {one.name for one in CHECKS if one.refuses == "always"}
    refusing |= {one.name for one in CHECKS if one.refuses == "unless accepted"} - set(accepted)
    found = [Flag(one.name, what, one.remedy, one.name in refusing) for one in CHECKS for what in one.look(curve, beside)]
    return tuple(sorted(found, key=lambda flag: not flag.refused))


def _not_finite(curve: Curve, company: Company) -> Iterator[str]:
    wrong = np.flatnonzero(~np.isfinite(curve.losses))
    if len(wrong):
        share = f"{len(wrong):,} of {len(curve.losses):,} rows"
        yield f"the loss is no finite number in {share}, first at step {_step(curve, wrong[0])}"
    if not (np.isfinite(curve.tokens).all() and np.isfinite(curve.steps).all()):
        yield "a step or its tokens are no finite number"


def _negative(curve: Curve, company: Company) -> Iterator[str]:
    wrong = np.flatnonzero(curve.losses < 0)
    if len(wrong):
        yield f"the loss is below 0 at step {_step(curve, wrong[0])}: no code length is"


def _order(curve: Curve, company: Company) -> Iterator[str]:
    change = np.diff(curve.steps)
    same, back = np.flatnonzero(change == 0), np.flatnonzero(change < 0)
    if len(same):
        yield f"step {_step(curve, same[0])} is logged more than once with other losses ({len(same):,} times in all)"
    if curve.steps[0] < 0:
        yield f"its first step is {_step(curve, 0)}, and none is below 0"
    if len(back):
        yield f"steps go back from {_step(curve, back[0])} to {_step(curve, back[0] + 1)} ({len(back):,} times in all)"


def _start(curve: Curve, company: Company) -> Iterator[str]:
    """A fresh model knows nothing: its first loss is near ln V. Where V is not known, two rules say what is far below that."""
    first = bits_to_nats(float(curve.losses[0]))
    covers = _first_span(curve)
    averaged = f" (a mean over the first {covers:,.0f} steps)" if covers > 1 else ""
    begun = f"it starts at {first:.3g} nats a token{averaged}"
    if company.vocabulary is not None:
        uniform = math.log(company.vocabulary)
        if first < uniform * (0.5 if covers > 1 else _NEAR):
            yield f"{begun}, a fresh model near ln {company.vocabulary:,} = {uniform:.3g}: {_TRAINED}"
    elif company.largest_start is not None and first < company.largest_start / 2:
        yield f"{begun}, below half of the {company.largest_start:.3g} of another curve given with it: {_TRAINED}"
    elif first < LOWEST_START and curve.bytes_per_token != 1:
        yield f"{begun}, below {LOWEST_START:.0f}, where no fresh model of tokens does: {_TRAINED}"


def _first_span(curve: Curve) -> float:
    """Steps that the first row is the mean of."""
    return max(1.0, float(curve.steps[0])) if curve.origin.averaged else 1.0


def _high_start(curve: Curve, company: Company) -> Iterator[str]:
    first = bits_to_nats(float(curve.losses[0]))
    if company.vocabulary is not None and first > _FAR * math.log(company.vocabulary):
        yield f"it starts at {first:.3g} nats a token, far above ln {company.vocabulary:,} = {math.log(company.vocabulary):.3g}"


def _unit(curve: Curve, company: Company) -> Iterator[str]:
    """Only of a log whose unit nobody said: nats taken for bits, or the other way round."""
    if curve.origin.unit_said:
        return
    first = bits_to_nats(float(curve.losses[0]))
    uniform = None if company.vocabulary is None else math.log(company.vocabulary)
    if first > _HIGHEST:
        yield f"it starts at {first:.3g}, more than ln of any vocabulary: this looks like bits, and nobody said its unit"
    elif uniform is not None and _UNIT_RATIO[0] < first / uniform < _UNIT_RATIO[1]:
        yield f"it starts at {first:.3g}, log2 of the vocabulary rather than ln: this looks like bits, and nobody said its unit"
    elif uniform is None and any(other > 0 and _UNIT_RATIO[0] < first / other < _UNIT_RATIO[1] for other in company.starts):
        yield f"it starts at {first:.3g}, 1.44 times what another curve does: mixed units, perhaps, and nobody said its unit"


def _smoothed(curve: Curve, company: Company) -> Iterator[str]:
    if is_smoothed(curve.origin.column):
        yield f"column {curve.origin.column!r} says that it is smoothed: its area is not that of the losses"


def _looks_smoothed(curve: Curve, company: Company) -> Iterator[str]:
    """Independent batches make neighbouring changes of the loss correlate by -1/2; smoothing takes that away."""
    late = np.diff(curve.losses[len(curve.losses) // 2 :])
    if len(late) < _WORTH_SEEING or curve.origin.averaged or not np.isfinite(late).all() or late.std() == 0:
        return
    correlation = float(np.corrcoef(late[:-1], late[1:])[0, 1])
    if correlation > _CORRELATION:
        yield f"neighbouring changes of its loss correlate by {correlation:+.2f}, those of independent batches by -0.5"


def _sampled(curve: Curve, company: Company) -> Iterator[str]:
    change = np.diff(curve.steps)
    if curve.origin.averaged or len(change) < 2:
        return
    stride = float(np.median(change))
    if stride > 1 and float((change == stride).mean()) >= _STRIDE_SHARE:
        yield f"a row for every {stride:,.0f} steps: {_gap_share(curve)} of its tokens lie between rows"
    if curve.origin.aggregated:
        yield "its __MIN and __MAX columns differ: each row stands for several steps"


def _gaps(curve: Curve, company: Company) -> Iterator[str]:
    change = np.diff(curve.steps)
    if curve.origin.averaged or len(change) == 0 or next(_sampled(curve, company), None) is not None:
        return
    gaps = np.flatnonzero(change > 1)
    if len(gaps):
        widest = gaps[np.argmax(change[gaps])]
        where = f"the widest from {_step(curve, widest)} to {_step(curve, widest + 1)}"
        yield f"{len(gaps):,} gaps ({where}) with {_gap_share(curve)} of its tokens"


def _gap_share(curve: Curve) -> str:
    return f"{100 * float(curve.skipped.sum()) / max(curve.total_tokens, 1e-300):.3g} %"


def _late_start(curve: Curve, company: Company) -> Iterator[str]:
    if curve.missing > 0:
        lost = tokens_text(curve.missing)
        yield f"its first row is step {_step(curve, 0)}: the {lost} tokens before it, the dearest, are not in the area"


def _repeated(curve: Curve, company: Company) -> Iterator[str]:
    same = np.flatnonzero(np.diff(curve.losses) == 0)
    if len(curve.losses) > 20 and len(same) > _REPEAT_SHARE * len(curve.losses) and not curve.origin.rounding:
        yield f"{len(same):,} rows repeat the loss of the row before: filled in, or logged less often than it seems"
    if curve.origin.repeated:
        yield f"{curve.origin.repeated:,} rows are copies of the row before, and were left out"


def _epochs(curve: Curve, company: Company) -> Iterator[str]:
    if curve.epochs is not None and float(curve.epochs[-1]) > 1 + 1e-6:
        yield f"it goes {float(curve.epochs[-1]):.3g} times over its data: later passes predict what was already seen"


def _rising(curve: Curve, company: Company) -> Iterator[str]:
    """Whether the last of twenty blocks of tokens is dearer than an earlier one, by more than noise and one in a hundred."""
    edges = np.linspace(0, curve.total_tokens, _BLOCKS + 1)
    parts = np.split(curve.losses, np.searchsorted(curve.ends, edges[1:-1]))
    if min(map(len, parts)) < 10 or not np.isfinite(curve.losses).all():
        return
    means, errors = [float(part.mean()) for part in parts], [float(part.std()) / len(part) ** 0.5 for part in parts]
    least = int(np.argmin(means))
    if means[-1] - means[least] > max(_RISE * means[least], 4 * (errors[-1] + errors[least])):
        was, now = (bits_to_nats(mean) for mean in (means[least], means[-1]))
        yield f"its loss rises from {was:.3f} nats around {tokens_text(float(edges[least]))} tokens to {now:.3f} at the end"


def _random_windows(curve: Curve, company: Company) -> Iterator[str]:
    if curve.origin.drawn_at_random:
        yield "its windows were drawn at random places of its files: it read some bytes more than once, and others never"


def _micro_batch(curve: Curve, company: Company) -> Iterator[str]:
    if "micro" in curve.origin.column.lower():
        yield f"column {curve.origin.column!r} is the loss of one micro-batch of each step, not of all its tokens"


def _step(curve: Curve, row: int) -> str:
    return f"{curve.steps[row]:,.0f}"


CHECKS = (
    Check("not-finite", "always", _not_finite, "find out where the run went wrong; remove rows that are no training steps"),
    Check("negative", "always", _negative, "name another column with --loss-column"),
    Check(
        "order", "always", _order, "keep one row a step, in order: of steps trained again, that of the weights that were kept"
    ),
    Check(
        "start",
        "unless accepted",
        _start,
        "give the log from its first step; or --accept start, for the area of this part alone",
    ),
    Check("unit", "unless accepted", _unit, "say which with --unit nats or --unit bits"),
    Check("smoothed", "unless accepted", _smoothed, "give the column of the losses as logged, with --loss-column"),
    Check("looks-smoothed", "never", _looks_smoothed, "export them as logged; batches in the order of a text look so too"),
    Check("sampled", "never", _sampled, "export every step (of W&B, scan_history): the interval is what this leaves open"),
    Check("gaps", "never", _gaps, "give the log with every step: the interval is what this leaves open"),
    Check("late-start", "never", _late_start, "give the log from its first step"),
    Check("repeated", "never", _repeated, "export the losses as logged, one row for each step"),
    Check("several-epochs", "never", _epochs, "--raw unique (the default) counts the first pass, --raw epoch-weighted all"),
    Check("random-windows", "never", _random_windows, "a sum over what was read, and no code for the files: train in one pass"),
    Check("micro-batch", "never", _micro_batch, "log the mean over the whole batch: this is a sample of it, right on average"),
    Check("rising", "never", _rising, "the area is right; a law that only falls describes no such curve"),
    Check("high-start", "never", _high_start, "see that --unit and --vocabulary are right"),
)
