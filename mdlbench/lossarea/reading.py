"""From a file to curves: columns, units, tokens of each step; what a log does not say is asked for, never guessed."""

import json
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.lossarea import columns
from mdlbench.lossarea.curve import Curve, Origin
from mdlbench.lossarea.formats import OWN, read_file
from mdlbench.lossarea.tables import Log, joined
from mdlbench.text import visible
from mdlbench.units import nats_to_bits

Unit = Literal["nats", "bits"]
_AGREE = 1e-3  # relative difference of tokens that a log counts and those that the caller says


@dataclass(frozen=True)
class Settings:
    """What logs do not say by themselves.

    Attributes:
        loss_column, step_column: where names do not make it clear.
        tokens_per_step: where the log does not count tokens.
        unit: of the loss, where the log does not say; nats without, as torch's cross-entropy is.
        bytes_per_token: of the training data, where the log does not count bytes.
    """

    loss_column: str | None = None
    step_column: str | None = None
    tokens_per_step: float | None = None
    unit: Unit | None = None
    bytes_per_token: float | None = None


def read_log(path: str | os.PathLike[str], settings: Settings | None = None) -> Curve:
    """The one curve of a log.

    Args:
        path: a log in one of `formats.FORMATS`, found by its content.

    Raises:
        UsageError: it has several curves or none, or something must be said of it.

    Example:
        curve = read_log("run/seed-0/log.jsonl")
        curve.losses, curve.tokens          # bits per token, and tokens, of each step
    """
    curves = read_curves(path, settings)
    if len(curves) > 1:
        listed = ", ".join(visible(one.origin.column) for one in curves)
        raise UsageError(f"{visible(str(path))} has several curves: {listed}; read_curves reads them all")
    return curves[0]


def read_curves(path: str | os.PathLike[str], settings: Settings | None = None) -> list[Curve]:
    """Every curve of a log, or of a run's folder: one for each of its seeds, or for its event files together.

    Raises:
        UsageError: something must be said of it that it does not say, or it is no log.
    """
    given, place = settings or Settings(), Path(path)
    if place.is_dir():
        seeds = sorted(place.glob("seed-*/log.jsonl"))
        if seeds:
            return [curve for log in seeds for curve in read_curves(log, given)]
        logs = [read_file(part) for part in sorted(place.glob("*.tfevents.*"))]
        if not logs:
            raise UsageError(f"{visible(str(path))} is a folder without seed-*/log.jsonl or event files; name a log")
        made, log = logs[0][0], joined([log for _, log in logs])
    else:
        made, log = read_file(place)
    shown = visible(str(path))
    if made.name == OWN:
        _refuse_running(place)
    return [_curve(log, made.name, shown, one, given) for one in columns.loss_columns(log, shown, given.loss_column)]


def _refuse_running(log: Path) -> None:
    """A seed that is being trained has no area yet."""
    if (log.parent / ".lock").exists():
        from mdlbench.training.loop import alone

        with alone(log.parent):
            pass


def _is_drawn_at_random(log: Path) -> bool:
    """Whether the run of a log, `run.json` two folders up, drew windows at random places of files (`mdlbench train`)."""
    with suppress(OSError, ValueError, AttributeError):
        source = json.loads((log.parent.parent / "run.json").read_text(encoding="utf8")).get("config", {}).get("source", {})
        return bool(source.get("paths")) and source.get("order", "random") == "random"
    return False


def _curve(log: Log, kind: str, path: str, chosen: columns.Chosen, given: Settings) -> Curve:
    said = columns.unit_of(chosen.metric)
    if said is not None and given.unit not in (None, said):
        raise UsageError(f"{path}: column {visible(chosen.column)} is in {said}, --unit says {given.unit}; leave --unit out")
    unit = said or given.unit or "nats"
    loss = log.columns[chosen.column]
    step = columns.step_column(log, path, chosen.run, given.step_column)
    steps = _beside(log, step, loss.rows, path, chosen.column)
    kept = _distinct(steps, loss.values)
    rows, steps, losses = loss.rows[kept], steps[kept], loss.values[kept]
    factor = nats_to_bits(1.0) if unit == "nats" else 1.0
    origin = Origin(
        format=kind,
        column=chosen.column,
        unit=unit,
        unit_said=(said or given.unit) is not None,
        averaged=log.averaged,
        repeated=int((~kept).sum()),
        aggregated=columns.is_aggregated(log, chosen.column),
        drawn_at_random=kind == OWN and _is_drawn_at_random(Path(path)),
        rounding=log.rounding * factor,
    )
    counted = columns.tokens_column(log, chosen.run)
    ends = None if counted is None else _beside(log, counted, rows, path, chosen.column)
    tokens, skipped, missing = _tokens(steps, _ends(steps, ends, given, path), averaged=log.averaged)
    epoch = columns.epoch_column(log, chosen.run)
    return Curve(
        name=chosen.run or _name(path),
        steps=steps,
        losses=losses * factor,
        tokens=tokens,
        skipped=skipped,
        missing=missing,
        bytes_per_token=_bytes_per_token(log, rows, ends, given, path),
        epochs=None if epoch is None else _beside(log, epoch, rows, path, chosen.column),
        origin=origin,
    )


def _beside(log: Log, name: str, rows: np.ndarray, path: str, loss: str) -> np.ndarray:
    """A column's values in the rows that have a loss."""
    column = log.columns[name]
    places = np.searchsorted(column.rows, rows)
    inside = np.minimum(places, len(column.rows) - 1)
    lacking = column.rows[inside] != rows
    if lacking.any():
        where = f"row {rows[lacking][0] + 1} has {visible(loss)} but no {visible(name)}"
        raise UsageError(f"{path}: {where}; mend the row, or name other columns")
    return column.values[inside]


def _distinct(steps: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Which rows are no copies of the one before, bool (n,)."""
    kept = np.ones(len(steps), bool)
    kept[1:] = (np.diff(steps) != 0) | (np.diff(losses) != 0)
    return kept


def _ends(steps: np.ndarray, counted: np.ndarray | None, given: Settings, path: str) -> np.ndarray:
    """Tokens up to the end of each row's step, from the log or from the steps."""
    first = 1.0 if steps[0] == 0 else 0.0  # the first batch is called 0 or 1
    per_step = given.tokens_per_step
    if counted is None:
        if per_step is None:
            raise UsageError(f"{path} does not count tokens; say how many a step has: --tokens-per-step N (batch x context)")
        return (steps + first) * per_step
    ends = counted
    if counted[0] == 0 and len(counted) > 1:  # counted before each step
        ends = np.append(counted[1:], 2 * counted[-1] - counted[-2])
    stuck = np.flatnonzero((np.diff(ends, prepend=0.0) <= 0) & (np.diff(steps, prepend=-np.inf) > 0))
    if len(stuck):
        raise UsageError(f"{path}: its count of tokens does not rise at step {steps[stuck[0]]:,.0f}; name or mend its columns")
    taken = steps[-1] - steps[0]
    if per_step is not None and taken > 0 and abs((ends[-1] - ends[0]) / taken / per_step - 1) > _AGREE:
        seen = f"{(ends[-1] - ends[0]) / taken:,.0f}"
        raise UsageError(f"{path} counts {seen} tokens a step, --tokens-per-step says {per_step:,.0f}; leave the option out")
    return ends


def _tokens(steps: np.ndarray, ends: np.ndarray, *, averaged: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Of each row, float64 (n,): tokens that its loss is the mean of, and tokens between it and the row before; and those
    before the first row."""
    taken = np.maximum(np.diff(steps, prepend=min(0.0, steps[0]) if steps[0] > 0 else steps[0] - 1), 1.0)
    passed = np.maximum(np.diff(ends, prepend=0.0), 0.0)
    if averaged:
        return passed, np.zeros(len(steps)), 0.0
    own = passed / taken
    skipped = passed - own
    missing, skipped[0] = float(skipped[0]), 0.0
    return own, skipped, missing


def _bytes_per_token(log: Log, rows: np.ndarray, ends: np.ndarray | None, given: Settings, path: str) -> float | None:
    """What the log counts, else what the caller says."""
    counted = columns.named(log, "", ("bytes", "bytes_seen"))
    if counted is not None and ends is not None and ends[-1] > 0:
        measured = float(_beside(log, counted, rows, path, "its loss")[-1] / ends[-1])
        if given.bytes_per_token is not None and abs(measured / given.bytes_per_token - 1) > _AGREE:
            raise UsageError(f"{path} counts {measured:.4g} bytes a token, --bytes-per-token says {given.bytes_per_token:.4g}")
        return measured
    return given.bytes_per_token


def _name(path: str) -> str:
    return Path(path).stem if Path(path).suffix in (".csv", ".json", ".jsonl", ".tsv", ".txt", ".log") else Path(path).name


def told_apart(curves: list[Curve], paths: list[str]) -> list[Curve]:
    """The same curves with names that differ: as many of their folders in front as that takes, then numbers.

    Args:
        paths: the file of each.
    """
    names = [one.name for one in curves]
    folders = [Path(path).absolute().parts[1:-1] for path in paths]
    for depth in range(1, max(map(len, folders), default=0) + 1):
        places = set(zip(names, folders, strict=True))
        apart = {name for name, count in Counter(name for name, _ in places).items() if count > 1}
        names = [
            "/".join([*folder[-depth:], one.name]) if name in apart else name
            for name, folder, one in zip(names, folders, curves, strict=True)
        ]
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        names[at] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return [replace(one, name=name) for one, name in zip(curves, names, strict=True)]
