"""What the commands print: lines where they do not mix with data, and JSON."""

import json
import sys
from collections.abc import Mapping

from mdlbench.text import visible


def say(text: str, *, to_stderr: bool = False) -> None:
    """Print a report where it does not mix with data; nothing in it moves a cursor."""
    print(visible(text, keep="\n"), file=sys.stderr if to_stderr else sys.stdout, flush=True)


def tell(
    kind: str, values: Mapping[str, object], text: str, *, as_json: bool, quiet: bool = False, to_stderr: bool = False
) -> None:
    """Report what was done: an object with --json, else text, unless it is to be quiet."""
    if as_json:
        print_json(kind, values, to_stderr=to_stderr)
    elif not quiet:
        say(text, to_stderr=to_stderr)


def write_result(payload: object, folder: str | None, *, quiet: bool = False) -> None:
    """Write a result with its provenance to the folder of --output-path, if there is one, and say where."""
    if folder is not None:
        from mdlbench.result import Result

        path = Result(payload).write(folder)
        if not quiet:
            say(f"wrote {path}", to_stderr=True)


def print_result(payload: object) -> None:
    """A result's figures as one JSON object on one line, under the schema that its file has."""
    from mdlbench.result.record import kind_of, plain

    kind = kind_of(payload)
    print_json(kind.name, plain(payload), version=kind.schema)


def print_json(kind: str, values: Mapping[str, object], *, version: int = 1, to_stderr: bool = False) -> None:
    """One JSON object on one line, its `schema` first."""
    say(json.dumps({"schema": f"mdlbench.{kind}/{version}", **values}, allow_nan=False), to_stderr=to_stderr)
