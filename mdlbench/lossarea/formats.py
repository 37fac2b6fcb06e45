"""What a log is, by its content: a table of formats, each with what recognises it and what reads it."""

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mdlbench.errors import MissingInputError, UsageError
from mdlbench.lossarea import events, tables
from mdlbench.lossarea.tables import Log
from mdlbench.text import reason, visible

OWN = "mdlbench training log"
_HEAD = 1 << 16  # bytes that are looked at


@dataclass(frozen=True)
class Format:
    """A format: its name, whether the first bytes of a file are of it, and its reader."""

    name: str
    is_it: Callable[[bytes], bool]
    read: Callable[[Path], Log]


def _own(head: bytes) -> bool:
    return b'"schema": "mdlbench.training-log/' in head.split(b"\n", 1)[0]


def _trainer_state(head: bytes) -> bool:
    return head.lstrip().startswith(b"{") and b'"log_history"' in head


def _mlflow_json(head: bytes) -> bool:
    return re.match(rb'\s*(\{\s*"metrics"\s*:\s*)?\[\s*\{', head) is not None and b'"key"' in head and b'"value"' in head


def _mlflow_file(head: bytes) -> bool:
    return re.match(rb"\d{10,}(\.\d+)? \S+( \d+)?( \S+)*\r?\n", head) is not None


def _json_lines(head: bytes) -> bool:
    with suppress(ValueError):
        return isinstance(json.loads(head.lstrip().split(b"\n", 1)[0]), dict)
    return False


def _json_rows(head: bytes) -> bool:
    return re.match(rb"\s*\[\s*\{", head) is not None


def _long_csv(head: bytes) -> bool:
    names = {name.strip(' "\r').lower() for name in head.split(b"\n", 1)[0].decode("utf8", "replace").split(",")}
    return {"value", "step"} <= names and bool({"key", "metric"} & names)


def _csv(head: bytes) -> bool:
    return re.match(rb"[^\n{\[]*[A-Za-z_][^\n]*[,;\t][^\n]*\n", head) is not None and b"\0" not in head


FORMATS = (  # the first that recognises a file reads it
    Format("TensorBoard events", events.is_events, events.read),
    Format(OWN, _own, tables.read_json_lines),
    Format("Hugging Face trainer_state", _trainer_state, tables.read_trainer_state),
    Format("MLflow metric history", _mlflow_json, tables.read_metric_history),
    Format("MLflow metrics file", _mlflow_file, tables.read_metrics_file),
    Format("MLflow metric CSV", _long_csv, tables.read_long_csv),
    Format("JSON rows", _json_rows, tables.read_json_rows),
    Format("JSON lines", _json_lines, tables.read_json_lines),
    Format("CSV", _csv, tables.read_csv),
)


def read_file(path: str | os.PathLike[str]) -> tuple[Format, Log]:
    """The columns of a log, in whatever format it is.

    Raises:
        MissingInputError: it cannot be read.
        UsageError: it is empty, or of no format that is known.
    """
    shown = visible(str(path))
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise MissingInputError(f"{shown}: {reason(error)}; name a training log") from None
    if not head.strip():
        raise UsageError(f"{shown} is empty; name a log with a row for each step")
    found = next((one for one in FORMATS if one.is_it(head)), None)
    if found is None:
        known = ", ".join(one.name for one in FORMATS)
        raise UsageError(f"{shown}: no training log of a known format ({known})")
    return found, found.read(Path(path))
