"""`mdlbench eval --tokens PATH`: what each symbol of a file cost, as a page or as JSON lines."""

import json
import os
from collections.abc import Sequence
from typing import Any

from mdlbench.cli.common.inputs import Input
from mdlbench.cli.common.outputs import check_output, replacing
from mdlbench.cli.common.printing import say
from mdlbench.errors import UsageError
from mdlbench.evaluation import Evaluation
from mdlbench.evaluation.by_symbol import SymbolBits, evaluate_symbols
from mdlbench.models.base import Model

PAGE, LINES = ".html", ".jsonl"
DRAWN = 100_000  # bytes on a page unless the user says otherwise: a browser should not stumble


def check(path: str, files: Sequence[str], specs: Sequence[str], *, force: bool) -> None:
    """`UsageError` unless PATH can be written, and is about one file and one model."""
    if not path.endswith((PAGE, LINES)):
        raise UsageError(f"--tokens {path}: name a file that ends in {PAGE} (a page) or {LINES} (data)")
    if len(files) > 1 or len(specs) > 1:
        raise UsageError(f"--tokens shows one file under one model, not {len(files)} under {len(specs)}; run it for each")
    check_output(path, force=force, option="--tokens", inputs=files)


def limit_of(path: str | None, limit: int | None) -> int | None:
    """Bytes to read: as the user says; else all, but for a page."""
    return DRAWN if limit is None and path is not None and path.endswith(PAGE) else limit


def write(path: str, source: Input, model: Model, *, force: bool, quiet: bool, **settings: Any) -> Evaluation:
    """Evaluate `source` and write its symbols to `path`, which appears whole or not at all.

    Args:
        settings: of `evaluate_symbols`.
    """
    if path.endswith(LINES):
        with replacing(path, force=force) as sink:
            return evaluate_symbols(source.data, model, lambda symbol: sink.write(_line(symbol)), **settings)
    from mdlbench.evaluation.coloured import coloured_text
    from mdlbench.report.heat import heat_page

    symbols: list[SymbolBits] = []
    found = evaluate_symbols(source.data, model, symbols.append, **settings)
    cut = source.cut()
    if cut and not quiet:
        say(f"{path} shows the {cut}; --limit SIZE shows more", to_stderr=True)
    silent = not any(symbol.alternatives for symbol in symbols)
    note = f"alternatives: not available for {model.name}" if silent else ""
    with replacing(path, force=force) as sink:
        sink.write(heat_page(coloured_text(os.path.basename(source.name) or source.name, symbols, found, cut, note)).encode())
    return found


def _line(symbol: SymbolBits) -> bytes:
    return json.dumps(symbol.to_json(), allow_nan=False).encode() + b"\n"
