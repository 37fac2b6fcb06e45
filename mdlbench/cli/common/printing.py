"""What the commands print: lines where they do not mix with data, and JSON."""

import json
import sys
from collections.abc import Mapping


def say(text: str, *, to_stderr: bool = False) -> None:
    """Print a report where it does not mix with data."""
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)


def print_json(kind: str, values: Mapping[str, object], *, to_stderr: bool = False) -> None:
    """One JSON object on one line, its `schema` first."""
    say(json.dumps({"schema": f"mdlbench.{kind}/1", **values}, allow_nan=False), to_stderr=to_stderr)
