"""Readers of text logs: a file becomes named columns of numbers, each with the rows that have one."""

import csv
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TextIO

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.text import visible

_DIGITS = 4  # that transformers' Trainer rounds its mean loss to


class Column(NamedTuple):
    """Numbers, and the rows that have them: int64 (n,), float64 (n,). What a row lacks is not there; NaN was written so."""

    rows: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Log:
    """What a file holds.

    Attributes:
        columns: by name.
        loss: the column that the format itself says is the loss.
        averaged: a row's loss is the mean over all steps since the row before.
        rounding: half of the last digit of its losses, in their unit.
    """

    columns: Mapping[str, Column]
    loss: str | None = None
    averaged: bool = False
    rounding: float = 0.0


def joined(logs: Sequence[Log]) -> Log:
    """Logs of one format, one after the other, as a run that was stopped and went on leaves them."""
    parts: dict[str, list[Column]] = {}
    start = 0
    for log in logs:
        for name, column in log.columns.items():
            parts.setdefault(name, []).append(Column(column.rows + start, column.values))
        start += max((int(column.rows[-1]) + 1 for column in log.columns.values()), default=0)
    columns = {
        name: Column(np.concatenate([part.rows for part in columns]), np.concatenate([part.values for part in columns]))
        for name, columns in parts.items()
    }
    return replace(logs[0], columns=columns)


def read_csv(path: Path) -> Log:
    """A CSV with a header, of whatever delimiter; cells without a number are left out."""
    with open(path, encoding="utf-8-sig", newline="", errors="replace") as file:
        reader = _csv_rows(file, path)
        header = [name.strip() for name in next(reader)]
        if len(set(header)) < len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise UsageError(f"{visible(str(path))}: two columns are called {visible(twice)!r}; rename one")
        cells = zip(*([*row, *[""] * (len(header) - len(row))] for row in reader if row), strict=False)
        read = {name: _column(column) for name, column in zip(header, cells, strict=False)}
        return Log({name: column for name, column in read.items() if len(column.rows)})


def _csv_rows(file: TextIO, path: Path) -> Iterator[list[str]]:
    first = file.readline()
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(itertools.chain([first], file), delimiter=delimiter)
    except csv.Error as error:
        _damaged(path, f"no CSV ({error})")


def read_long_csv(path: Path) -> Log:
    """A CSV with a row for each metric and step, as MLflow writes it: key (or metric), value, step."""
    with open(path, encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = csv.DictReader(file)
        names = {name: name.strip().lower() for name in rows.fieldnames or ()}
        return Log(_columns(_one_metric({names.get(name, ""): value for name, value in row.items()}) for row in rows))


def read_json_lines(path: Path) -> Log:
    """An object a line; what is nested is called PARENT.NAME. A head with a schema is no row."""
    return Log(_columns(_lines(path)))


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with open(path, encoding="utf8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except (ValueError, RecursionError):
                if not text.endswith("\n"):
                    _damaged(path, f"its last line, {number}, is cut short: the run is still being written; wait for its end")
                _damaged(path, f"line {number} is no JSON; mend or remove that line")
            if not isinstance(row, dict):
                _damaged(path, f"line {number} is no JSON object; mend or remove that line")
            if number > 1 or "schema" not in row:
                yield _flat(row)


def read_json_rows(path: Path) -> Log:
    """A list of objects."""
    return Log(_columns(_flat(row) for row in _objects(_document(path), path)))


def read_trainer_state(path: Path) -> Log:
    """`log_history` of transformers' trainer_state.json: `loss` is the mean over the steps since the entry before it.

    Source: transformers, Trainer._maybe_log_save_evaluate: the summed loss over the steps since the last entry, rounded to
    four decimals in most versions. Entries without `loss` are evaluations and the closing summary.
    """
    document = _document(path)
    entries = document.get("log_history") if isinstance(document, dict) else None
    rows = [_flat(row) for row in _objects(entries, path) if "loss" in row]
    columns = _columns(rows)
    if "loss" not in columns:
        _damaged(path, "its log_history has no entry with a loss; set logging_steps when training")
    losses = columns["loss"].values
    rounded = bool(np.array_equal(losses, np.round(losses, _DIGITS), equal_nan=True))
    return Log(columns, "loss", averaged=True, rounding=0.5 * 10.0**-_DIGITS if rounded else 0.0)


def read_metrics_file(path: Path) -> Log:
    """A metric of MLflow's file store: `timestamp value step` a line; the file is named after the metric."""
    rows = []
    with open(path, encoding="utf8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            parts = text.split()
            if len(parts) < 3:
                _damaged(path, f"line {number} is not `timestamp value step`; mend or remove that line")
            rows.append({"timestamp": parts[0], path.name: parts[1], "step": parts[2]})
    return Log(_columns(rows), path.name)


def read_metric_history(path: Path) -> Log:
    """The answer of MLflow's metrics/get-history, or its list of metrics: objects with key, value, step."""
    document = _document(path)
    metrics = document.get("metrics") if isinstance(document, dict) else document
    return Log(_columns(_one_metric(row) for row in _objects(metrics, path)))


def _one_metric(row: Mapping[str, Any]) -> dict[str, Any]:
    name = row.get("key") or row.get("metric") or "value"
    return {str(name): row.get("value"), "step": row.get("step", 0), "timestamp": row.get("timestamp")}


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf8", errors="replace"))
    except (ValueError, RecursionError) as error:
        _damaged(path, f"no JSON ({error}); the run may be writing it: wait, or copy it again")


def _objects(rows: Any, path: Path) -> Iterator[Mapping[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        _damaged(path, "no list of objects where its rows should be")
    yield from rows


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        found |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found


def _columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, Column]:
    found: dict[str, tuple[list[int], list[float]]] = {}
    for number, row in enumerate(rows):
        for name, value in row.items():
            if (figure := _number(value)) is not None and isinstance(name, str):
                places, values = found.setdefault(name, ([], []))
                places.append(number)
                values.append(figure)
    return {name: Column(np.array(places, np.int64), np.array(values)) for name, (places, values) in found.items()}


def _column(cells: Sequence[str]) -> Column:
    """A column of text: at once where every cell is a number."""
    with suppress(ValueError):
        return Column(np.arange(len(cells)), np.array(cells, np.float64))
    figures = [_number(cell) for cell in cells]
    kept = [row for row, figure in enumerate(figures) if figure is not None]
    return Column(np.array(kept, np.int64), np.array([figures[row] for row in kept], np.float64))


def _number(value: Any) -> float | None:
    """A cell as a number; None for what is none."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _damaged(path: Path, what: str) -> NoReturn:
    raise UsageError(f"{visible(str(path))}: {what}")
