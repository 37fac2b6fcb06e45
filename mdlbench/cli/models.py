"""`mdlbench models`: the catalogue, and one model's options."""

import dataclasses
import textwrap
from typing import Any

import click
from tabulate import tabulate

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import print_json, say, tell
from mdlbench.cli.common.reporting import weight_line
from mdlbench.errors import MdlbenchError
from mdlbench.models import CATALOG, Entry, load_model, model_class
from mdlbench.models.decoders import RULE
from mdlbench.models.spec import is_file, split_spec
from mdlbench.report import terminal
from mdlbench.result.exhibits import Measure, Table


@click.command(name="models")
@click.argument("spec", required=False)
@option.json_lines
def command(spec: str | None, as_json: bool) -> None:
    """What models there are; with a name or SPEC, its options, portability, size and an example.

    \b
    Example:
      mdlbench models
      mdlbench models cm
    """
    if spec is not None:
        page = describe(spec)
        tell("model", page, _page(page), as_json=as_json)
    elif as_json:
        for name in CATALOG:
            print_json("model", describe(name))
    else:
        rows = []
        for name, row in CATALOG.items():
            cls = model_class(name)
            rows.append([name, row.summary, cls.portability, "yes" if cls.decodes_alone() else "-m SPEC", row.example])
        columns = tuple(map(Measure, ("model", "what it is", "portability", "decodes alone", "example")))
        say(terminal.render([Table.of("", columns, rows)]))
        say("\nA spec is name[:argument][,key=value]...; `mdlbench models NAME` lists the keys.")


def describe(spec: str) -> dict[str, Any]:
    """A model's options, portability and example; digest and size too if `spec` can be built as it stands."""
    name = split_spec(spec)[0]
    own = load_model(spec) if is_file(name) else None
    row = Entry("", "a predictor of your own", spec) if own else CATALOG.get(name)
    cls = own or model_class(name)
    assert row is not None
    options = [
        {"name": field.name, "default": _default(field), "help": field.metadata.get("help", "")}
        for field in dataclasses.fields(cls.Options)
    ]
    built: dict[str, Any] = dict.fromkeys(("spec", "digest", "block_size", "bytes"))
    try:
        model = load_model(spec)
        weights = dataclasses.asdict(model.description())
        built = {"spec": model.spec, "digest": model.digest.hex(), "block_size": model.block_size, "bytes": weights}
    except MdlbenchError:  # a name that needs an argument, such as hf
        if spec != name:
            raise
    return {
        "model": name,
        "summary": row.summary,
        "portability": cls.portability,
        "built_in": cls.decodes_alone(),
        "example": row.example,
        "arguments": cls.arguments(),
        "options": options,
        **built,
    }


def _default(field: Any) -> Any:
    return None if field.default is dataclasses.MISSING else field.default


def _page(page: dict[str, Any]) -> str:
    lines = [f"{page['model']}: {page['summary']}", f"portability: {page['portability']}", f"example: -m {page['example']}"]
    if page["arguments"]:
        names = textwrap.wrap(", ".join(page["arguments"]), 100, initial_indent="  ", subsequent_indent="  ")
        lines += [f"{page['model']}:NAME takes", *names]
    if page["digest"]:
        lines.append(f"digest of {page['spec']}: {page['digest']}; default block {page['block_size']:,} bytes")
        for text in (f"size: {weight_line(page['bytes'])}", f"({RULE})"):
            lines += textwrap.wrap(text, terminal.WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    if page["options"]:
        rows = [[option["name"], option["default"], option["help"]] for option in page["options"]]
        lines += ["", tabulate(rows, ["option", "default", "meaning"], disable_numparse=True, maxcolwidths=[None, None, 80])]
    return "\n".join(lines)
