"""`mdlbench lossarea train`: a family of models trained in one pass each, with areas that files confirm."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.pictures import check_picture, draw_picture, plot
from mdlbench.cli.common.printing import print_json, say, write_result
from mdlbench.cli.common.progress import progress_bar
from mdlbench.cli.training import cores
from mdlbench.corpora import find_corpus
from mdlbench.errors import UsageError
from mdlbench.lossarea.exhibits import beside, overview
from mdlbench.lossarea.family import LEARNER, members, open_family, train_family
from mdlbench.lossarea.pictures import panels
from mdlbench.progress import telling
from mdlbench.report import terminal
from mdlbench.result.record import plain


@click.command(name="train")
@click.option("--sizes", required=True, metavar="N,...", help="Parameters of each model: 30k,100k,300k,1M.")
@click.option("-C", "--corpus", required=True, metavar="CORPUS", help="A file, a slice FILE:START:END, or a known corpus.")
@option.output_folder("-o", "--output", metavar="RUN", default="family", help="Folder of the runs; one that was begun goes on.")
@click.option("--learner", default=LEARNER, metavar="SPEC", help="What learns, without its width.")
@click.option("-j", "--jobs", type=option.Jobs(1), metavar="N", help="Models at a time, one thread each.  [default: the cores]")
@plot
@option.force
@option.quiet
@option.json_lines
@option.output_path
def command(**options: Any) -> None:
    """Train models of several SIZES in one pass over CORPUS each, byte by byte, and compare the areas under their curves.

    All read the same bytes in the same order from the same seed, and every step is logged before its update, so an area is what
    a file of `mdlbench compress -m online:...` weighs: the first 64 KiB of each run are coded and decoded to confirm it. An
    interrupted command goes on, to the same numbers.

    \b
    Example:
      mdlbench lossarea train --sizes 10k,30k --corpus LICENSE -o family
      mdlbench lossarea train --sizes 30k,100k,300k,1M --corpus enwik8:0:4M --plot family.png
      mdlbench lossarea train --sizes 50k,200k -C README.md --learner online:llama,orders=0,layers=4
    """
    asked = SimpleNamespace(**options)
    check_picture(asked.picture, force=asked.force)
    corpus = find_corpus(asked.corpus)
    if len(corpus.files) != 1:
        raise UsageError(f"--corpus {asked.corpus}: {len(corpus.files)} files; name one, or a slice of one")
    found = members([size.strip() for size in asked.sizes.split(",")], asked.learner)
    with corpus.files[0].open() as file:
        data = file.read()
    if not data:
        raise UsageError(f"--corpus {asked.corpus} is empty; there is nothing to learn")
    folder = Path(asked.output)
    open_family(folder, found, corpus)
    with (
        progress_bar(asked.output, shown=not asked.quiet, total=lambda _: len(data) * len(found)) as progress,
        telling(progress),
    ):
        result = train_family(folder, found, data, corpus.title, min(asked.jobs or cores(), len(found)))
    if asked.as_json:
        for one in result.curves:
            print_json("loss-area-curve", {name: value for name, value in plain(one).items() if name != "drawn"})
    elif not asked.quiet:
        say(terminal.render([overview(result), *beside(result)]))
    drawn = panels(result)
    if asked.picture is not None and drawn is not None:
        draw_picture(replace(drawn, title=f"{result.group}: {drawn.title.lower()}"), asked.picture, force=asked.force)
    write_result(result, asked.output_path, quiet=asked.quiet)
