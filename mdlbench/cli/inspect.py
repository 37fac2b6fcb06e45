"""`mdlbench inspect`: what a container holds."""

import os
from contextlib import suppress
from typing import Any, BinaryIO

import click
from tabulate import tabulate

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import expanded, opened
from mdlbench.cli.common.paths import SUFFIX, json_name, name_of
from mdlbench.cli.common.printing import say, tell
from mdlbench.cli.common.progress import original_size, progress_bar
from mdlbench.cli.common.reporting import ledger_table
from mdlbench.codec.inspection import Inspection, inspect_stream
from mdlbench.errors import ContainerError
from mdlbench.text import counted

_ROWS_SHOWN = 40
_HEADERS = ("block", "from byte", "original", "payload", "model")


@click.command(name="inspect")
@option.files
@click.option("--decode", is_flag=True, help="Also decode, and split the payload: ideal + quantisation + coder.")
@option.model(help="With --decode: the model that wrote it, if not built in.")
@option.model_args
@option.force_environment
@option.json_lines
@option.recursive
def command(
    files: tuple[str, ...], decode: bool, force_environment: bool, as_json: bool, recursive: bool, **model: Any
) -> None:
    """Show header, blocks and the ledger of every byte of each FILE.mdlz; of a damaged one, which blocks are whole.

    \b
    Example:
      mdlbench inspect README.md.mdlz
      mdlbench inspect README.md.mdlz --decode --json
    """
    specs = option.checked_specs(**model)

    def run(file: str) -> None:
        with opened(file) as source, progress_bar(file, shown=decode, total=original_size) as progress:
            settings = {"decode": decode, "force_environment": force_environment}
            try:
                found = inspect_stream(source, specs, progress=progress, **settings)
            except ContainerError:
                if not as_json and os.path.isfile(file):
                    _show_damaged(file, source, specs, force_environment)
                raise
        tell("inspect", {"input": json_name(file), **found.to_json()}, _page(name_of(file), found, decode), as_json=as_json)

    for_each([(file,) for file in expanded(files, recursive, lambda path: path.endswith(SUFFIX))], run, as_json=as_json)


def _show_damaged(file: str, source: BinaryIO, specs: list[str], force_environment: bool) -> None:
    """Header and blocks of a damaged file, as far as they are found."""
    from mdlbench.codec.survey import survey

    with suppress(ContainerError):  # nothing is found, as the error that follows says
        headers, blocks = survey(source, specs, force_environment=force_environment)
        if not headers:
            return
        lines = [f"{name_of(file)}: damaged; what is found in it:"]
        lines += [f"model {model.spec}  digest {model.digest.hex()}" for header in headers for model in header.models]
        shown = blocks
        if len(blocks) > _ROWS_SHOWN:
            shown = [block for block in blocks if block.state != "whole"][:_ROWS_SHOWN]
            whole = sum(block.state == "whole" for block in blocks)
            lines.append(f"{counted(whole, 'block')} whole, and, up to {_ROWS_SHOWN}, what is not:")
        numbers = ((b.number, b.start, b.original_size, b.payload_size) for b in shown)
        told = [["?" if number is None else f"{number:,}" for number in row] for row in numbers]
        rows = [[*row, block.model, block.state] for row, block in zip(told, shown, strict=True)]
        lines += ["", tabulate(rows, [*_HEADERS, "state"], colalign=(*["right"] * 4, "left", "left"), disable_numparse=True)]
        say("\n".join(lines))


def _page(name: str, found: Inspection, decode: bool) -> str:
    data: dict[str, Any] = found.to_json()
    lines = [f"{name}: {found.ledger.file_size:,} bytes, of {found.original_size:,} original bytes"]
    if not data["models"]:
        lines.append("no model: every block is stored raw")
    for model in data["models"]:
        lines.append(f"model {model['spec']}  digest {model['digest']}  {model.get('portability', 'exact')}")
        for key, value in (model.get("environment") or {}).items():
            lines.append(f"    {key}: {value}")
    shown = found.blocks[:_ROWS_SHOWN]
    rows = [[b.number, f"{b.start:,}", f"{b.original_size:,}", f"{b.payload_size:,}", b.model] for b in shown]
    if rows:
        lines += ["", tabulate(rows, _HEADERS, colalign=(*["right"] * 4, "left"), disable_numparse=True)]
    if len(found.blocks) > _ROWS_SHOWN:
        lines.append(f"... and {len(found.blocks) - _ROWS_SHOWN} more (--json lists all)")
    lines += ["", ledger_table(found.ledger)]
    if decode and found.ledger.payload_bits is None:
        lines += ["", "payload bits: this model gives no probabilities, so there is nothing to split"]
    return "\n".join(lines)
