"""Which columns of a log are the loss, the step, the tokens and the epoch; several runs in one file, as W&B exports them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mdlbench.errors import UsageError
from mdlbench.lossarea.tables import Log
from mdlbench.text import visible

_LOSSES = (  # of a training loss, the plainest first; names in small letters with one sort of separator
    r"loss_bits_per_symbol",
    r"(train_|training_)?lm_loss",
    r"(train|training)_loss(_step)?|loss_train|loss_training",
    r"loss(_loss)?",
    r"(train_|training_)?(cross_?entropy|ce|nll)(_loss)?",
    r"(.*_)?loss(_.*)?",
)
_NO_LOSS = re.compile(
    r"(^|_)(eval|val|valid|validation|test|dev|aux|z|router|balance|grad|scaler?|scaling|reward|per_byte|bpb|min|max)(_|$)"
)
_STEPS = ("step", "_step", "global_step", "trainer_global_step", "train_global_step", "steps", "iteration", "iter", "update")
_TOKENS = (
    *("tokens", "tokens_seen", "num_tokens", "total_tokens", "consumed_tokens", "n_tokens", "train_tokens"),
    *("num_input_tokens_seen", "train_num_input_tokens_seen", "train_tokens_seen", "tokens_total"),
)
_EPOCHS = ("epoch", "train_epoch", "epochs")
_EXTREMES = ("__MIN", "__MAX")  # of the steps that a point of W&B's export stands for
_BITS, _NATS = re.compile(r"(^|_)(bits?|bpc|bpt)(_|$)"), re.compile(r"(^|_)nats?(_|$)")
_SHOWN = 12  # columns that an error names


class Chosen(NamedTuple):
    """A loss column: of which run in the file ("" where there is one), its name, and its name without the run."""

    run: str
    column: str
    metric: str


def loss_columns(log: Log, path: str, wanted: str | None) -> list[Chosen]:
    """The loss columns of a log, one for each run in it.

    Raises:
        UsageError: there is none, or it is not clear which; names the columns.
    """
    split = [_split(name) for name in log.columns]
    if wanted is not None:
        found = [one for one in split if wanted in (one.column, one.metric)]
        if not found:
            raise UsageError(f"{path}: no column {visible(wanted)!r}; its columns are {names(log)}; give one as --loss-column")
        return found
    if log.loss is not None:
        return [Chosen("", log.loss, log.loss)]
    plain = [one for one in split if not is_smoothed(one.metric) and not one.column.endswith(_EXTREMES)]
    for candidates in (plain, [one for one in split if is_smoothed(one.metric)]):
        for pattern in _LOSSES:
            found = [one for one in candidates if re.fullmatch(pattern, _key(one.metric)) and _may_be_loss(one.metric)]
            if found:
                return _one_a_run(found, path)
    raise UsageError(f"{path}: no column is a training loss; its columns are {names(log)}; give one as --loss-column")


def _one_a_run(found: Sequence[Chosen], path: str) -> list[Chosen]:
    for one in found:
        rivals = [other.column for other in found if other.run == one.run]
        if len(rivals) > 1:
            listed = ", ".join(map(visible, rivals[:_SHOWN]))
            raise UsageError(f"{path}: several columns may be the training loss: {listed}; give one as --loss-column")
    return list(found)


def step_column(log: Log, path: str, run: str, wanted: str | None) -> str:
    """The column that counts steps.

    Raises:
        UsageError: there is none.
    """
    if wanted is not None and wanted not in log.columns:
        raise UsageError(f"{path}: no column {visible(wanted)!r}; its columns are {names(log)}; give one as --step-column")
    found = wanted or named(log, run, _STEPS)
    if found is None:
        raise UsageError(f"{path}: no column counts steps; its columns are {names(log)}; give one as --step-column")
    return found


def tokens_column(log: Log, run: str) -> str | None:
    """The column that counts tokens from the start, if there is one."""
    return named(log, run, _TOKENS)


def epoch_column(log: Log, run: str) -> str | None:
    """The column that counts passes over the data, if there is one."""
    return named(log, run, _EPOCHS)


def named(log: Log, run: str, wanted: Sequence[str]) -> str | None:
    """The first column called so, of this run or of all."""
    keys = {_key(name): name for name in log.columns}
    own = {_key(one.metric): one.column for one in map(_split, log.columns) if run and one.run == run}
    return next((group[key] for group in (own, keys) for key in wanted if key in group), None)


def names(log: Log) -> str:
    """The columns that hold numbers, for an error."""
    shown = ", ".join(map(visible, list(log.columns)[:_SHOWN]))
    more = len(log.columns) - _SHOWN
    return (shown or "none with numbers") + (f" and {more} more" if more > 0 else "")


def is_smoothed(name: str) -> bool:
    """Whether a column says that it holds smoothed figures."""
    return re.search(r"(^|_)(smooth(ed)?|ema|moving_average|rolling)(_|$)", _key(name)) is not None


def unit_of(name: str) -> str | None:
    """The unit that a column's name says, if it does."""
    key = _key(name)
    return "bits" if _BITS.search(key) else "nats" if _NATS.search(key) else None


def is_aggregated(log: Log, column: str) -> bool:
    """Whether W&B's extremes beside a column say that its points stand for several steps each."""
    low, high = (log.columns.get(column + end) for end in _EXTREMES)
    return (
        low is not None and high is not None and len(low.values) == len(high.values) and bool((low.values < high.values).any())
    )


def _split(column: str) -> Chosen:
    """W&B calls a column `RUN - METRIC`."""
    run, dash, metric = column.rpartition(" - ")
    return Chosen(run if dash else "", column, metric if dash else column)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("__min", "_min").replace("__max", "_max")).rstrip("_")


def _may_be_loss(metric: str) -> bool:
    return _NO_LOSS.search(_key(metric)) is None
