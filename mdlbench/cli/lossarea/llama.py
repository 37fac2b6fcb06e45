"""`mdlbench lossarea llama`: the 14x told of LLaMA, from published figures."""

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.pictures import check_picture, draw_picture, plot
from mdlbench.cli.common.printing import print_result, say, write_result
from mdlbench.lossarea.llama import recompute
from mdlbench.lossarea.llama_exhibits import finding, tables
from mdlbench.lossarea.pictures import envelopes
from mdlbench.report import terminal
from mdlbench.result.exhibits import Text


@click.command(name="llama")
@plot
@option.force
@option.json_lines
@option.output_path
def command(picture: str | None, force: bool, as_json: bool, output_path: str | None) -> None:
    """What a compression ratio of 14 needs of LLaMA 65B, and what published fits of L(N, D) give.

    LLaMA's own loss curves are not public: areas are those of envelopes, published fits followed as if they were curves, and
    labelled so. The ratio moves with what counts as raw bytes, which is shown for each convention.

    \b
    Example:
      mdlbench lossarea llama
      mdlbench lossarea llama --json --output-path results/lossarea
      mdlbench lossarea llama --plot llama.png
    """
    check_picture(picture, force=force)
    found = recompute()
    if as_json:
        print_result(found)
    else:
        say(terminal.render([*tables(found), Text(finding(found).text)]))
    if picture is not None:
        draw_picture(envelopes(found), picture, force=force)
    write_result(found, output_path)
