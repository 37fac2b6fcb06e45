"""`mdlbench inspect`: what a container holds."""

from typing import Any

import click
from tabulate import tabulate

from mdlbench.cli.common import option
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import expanded, opened
from mdlbench.cli.common.paths import SUFFIX, json_name, name_of
from mdlbench.cli.common.printing import tell
from mdlbench.cli.common.progress import original_size, progress_bar
from mdlbench.cli.common.reporting import ledger_table
from mdlbench.codec.inspection import Inspection, inspect_stream

_ROWS_SHOWN = 40


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
    """Show header, blocks and the ledger of every byte of each FILE.mdlz.

    \b
    Example:
      mdlbench inspect README.md.mdlz
      mdlbench inspect README.md.mdlz --decode --json
    """
    specs = option.checked_specs(**model)

    def run(file: str) -> None:
        with opened(file) as source, progress_bar(file, shown=decode, total=original_size) as progress:
            settings = {"decode": decode, "force_environment": force_environment}
            found = inspect_stream(source, specs, progress=progress, **settings)
        tell("inspect", {"input": json_name(file), **found.to_json()}, _page(name_of(file), found, decode), as_json=as_json)

    for_each([(file,) for file in expanded(files, recursive, lambda path: path.endswith(SUFFIX))], run, as_json=as_json)


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
        headers = ["block", "from byte", "original", "payload", "model"]
        lines += ["", tabulate(rows, headers, colalign=(*["right"] * 4, "left"), disable_numparse=True)]
    if len(found.blocks) > _ROWS_SHOWN:
        lines.append(f"... and {len(found.blocks) - _ROWS_SHOWN} more (--json lists all)")
    lines += ["", ledger_table(found.ledger)]
    if decode and found.ledger.payload_bits is None:
        lines += ["", "payload bits: this model gives no probabilities, so there is nothing to split"]
    return "\n".join(lines)
