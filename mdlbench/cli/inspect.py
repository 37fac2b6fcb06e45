"""`mdlbench inspect`: what a container holds."""

from typing import Any

import click
from tabulate import tabulate

from mdlbench.cli import common
from mdlbench.cli.reporting import ledger_table, say
from mdlbench.codec.inspection import Inspection, inspect_stream

_ROWS_SHOWN = 40


@click.command(name="inspect")
@common.files
@click.option("--decode", is_flag=True, help="Also decode, and split the payload: ideal + quantisation + coder.")
@common.model(help="With --decode: the model that wrote it, if not built in.")
@common.model_args
@common.force_environment
@common.json_lines
def command(
    files: tuple[str, ...], decode: bool, models: tuple[str, ...], model_args: str, force_environment: bool, as_json: bool
) -> None:
    """Show header, blocks and the ledger of every byte of each FILE.mdlz.

    \b
    Example:
      mdlbench inspect README.md.mdlz
      mdlbench inspect README.md.mdlz --decode --json
    """

    def run(file: str) -> None:
        with common.opened(file) as source:
            specs = common.specs(models, model_args)
            found = inspect_stream(source, specs, decode=decode, force_environment=force_environment)
        if as_json:
            common.print_json("inspect", {"input": common.json_name(file), **found.to_json()})
        else:
            say(_page(common.name_of(file), found, decode))

    common.for_each([(file,) for file in files], run, as_json=as_json)


def _page(name: str, found: Inspection, decode: bool) -> str:
    data: dict[str, Any] = found.to_json()
    lines = [f"{name}: {found.ledger.file_size:,} bytes, of {found.original_size:,} original bytes"]
    if not data["models"]:
        lines.append("no model: every block is stored raw")
    for model in data["models"]:
        lines.append(f"model {model['spec']}  digest {model['digest']}  {model.get('portability', 'exact')}")
        for key, value in (model.get("environment") or {}).items():
            lines.append(f"    {key}: {value}")
    rows = [
        [b.number, f"{b.start:,}", f"{b.original_size:,}", f"{b.payload_size:,}", b.model] for b in found.blocks[:_ROWS_SHOWN]
    ]
    headers = ["block", "from byte", "original", "payload", "model"]
    align = ("right", "right", "right", "right", "left")
    if rows:
        lines += ["", tabulate(rows, headers, colalign=align, disable_numparse=True)]
    if len(found.blocks) > _ROWS_SHOWN:
        lines.append(f"... and {len(found.blocks) - _ROWS_SHOWN} more (--json lists all)")
    lines += ["", ledger_table(found.ledger)]
    if decode and found.ledger.payload_bits is None:
        lines += ["", "payload bits: this model gives no probabilities, so there is nothing to split"]
    return "\n".join(lines)
