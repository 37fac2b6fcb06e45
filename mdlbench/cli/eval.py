"""`mdlbench eval`: ideal code length under each model."""

import os
from typing import Any

import click
from tabulate import tabulate

from mdlbench.cli import common
from mdlbench.cli.reporting import say
from mdlbench.codec import DEFAULT_MODEL
from mdlbench.errors import UsageError
from mdlbench.evaluation import Evaluation, evaluate
from mdlbench.models import load_model
from mdlbench.result import Result


@click.command(name="eval")
@common.files
@common.model(default=DEFAULT_MODEL, help="Model spec; repeat it to compare.")
@common.model_args
@common.block_size
@click.option("--limit", type=common.Size(), metavar="SIZE", help="Only the first SIZE bytes of each file.")
@common.quiet
@common.json_lines
@click.option("--output-path", metavar="DIR", help="Also write each result, with provenance, to a JSON file in DIR.")
def command(
    files: tuple[str, ...], models: tuple[str, ...], model_args: str, as_json: bool, output_path: str | None, quiet: bool,
    limit: int | None, block_size: int | None,
) -> None:  # fmt: skip
    """Ideal code length of each FILE: the sum of -log2 p over its symbols, each counted once.

    Nothing is coded, so no file size is claimed: `mdlbench compress` gives one of those. Bits per byte divide by the bytes
    of the file whatever the tokenizer did; words are runs of characters other than white space.

    \b
    Example:
      mdlbench eval README.md -m cm -m kt,order=2
      mdlbench eval enwik8 --limit 1M -m hf:./gpt2 --json
    """
    if files.count(common.STANDARD) > 1 or (common.STANDARD in files and len(models) > 1):
        raise UsageError("standard input can be read only once: save it to a file to compare models on it")
    rows: list[list[str]] = []

    def run(file: str, spec: str) -> None:
        model = load_model(spec)
        total = common.progress_bar(file, shown=not quiet, total=lambda path: limit or os.path.getsize(path))
        with common.opened(file) as source, total as progress:
            found = evaluate(_Limited(source, limit), model, block_size=block_size, progress=progress)  # type: ignore[arg-type]
        values = {"input": common.name_of(file), **found.to_json()}
        if as_json:
            common.print_json("eval", values)
        if output_path is not None:
            path = Result("eval", values).write(output_path)
            if not quiet:
                say(f"wrote {path}", to_stderr=True)
        rows.append(_row(values, found))

    try:
        pairs = [(file, spec) for file in files for spec in common.specs(models, model_args)]
        common.for_each(pairs, run, as_json=as_json)
    finally:
        if rows and not as_json and not quiet:
            headers = ["file", "model", "bytes", "symbols", "ideal bits", "ideal bits per byte", "perplexity per symbol"]
            say(tabulate(rows, headers, colalign=("left", "left", *["right"] * 5), disable_numparse=True))


def _row(values: dict[str, Any], found: Evaluation) -> list[str]:
    rates = [values["ideal_bits_per_byte"], values["symbol_perplexity"]]
    shown = ["–" if rate is None else f"{rate:.{digits}f}" for rate, digits in zip(rates, (4, 3), strict=True)]
    return [
        values["input"],
        found.model,
        f"{found.input_bytes:,}",
        f"{found.symbols:,}",
        f"{found.ideal_bits:,.1f}",
        *shown,
    ]


class _Limited:
    """The first `limit` bytes of a stream, or all of it."""

    def __init__(self, stream: Any, limit: int | None) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int) -> bytes:
        if self._left is None:
            return self._stream.read(size)
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data
