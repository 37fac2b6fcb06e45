"""`mdlbench algorithmic`: sequences that short programs write, what models spend on them, and whether a sentence helps."""

from types import SimpleNamespace
from typing import Any

import click

from mdlbench.algorithmic import SEQUENCES, Sequence, find
from mdlbench.algorithmic.catalogue import MOST
from mdlbench.algorithmic.describing import LIMIT, described, passes
from mdlbench.algorithmic.exhibits import shown
from mdlbench.algorithmic.measuring import COUNTS, MODELS, against_program
from mdlbench.algorithmic.result import AgainstProgram, Described
from mdlbench.algorithmic.tables import listed
from mdlbench.cli.common import option
from mdlbench.cli.common.pictures import check_picture, draw_picture, plot
from mdlbench.cli.common.printing import print_json, print_result, say, write_result
from mdlbench.cli.common.progress import terminal_bars
from mdlbench.models import check_spec, load_model
from mdlbench.report import terminal
from mdlbench.result.record import plain


@click.command(name="algorithmic")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--list", "listing", is_flag=True, help="Say what the sequences are, and measure nothing.")
@option.model(help=f"Model spec; repeat it to compare.  [default: {' '.join(MODELS)}]")
@click.option(
    "-n",
    "--count",
    "counts",
    type=option.Whole(1, MOST),
    multiple=True,
    metavar="COUNT",
    help=f"Terms of a sequence; repeat it for several lengths.  [default: {' '.join(map(str, COUNTS))}]",
)
@click.option(
    "--hf",
    "networks",
    multiple=True,
    metavar="FOLDER",
    help="Also: what a sentence about the sequence saves this language model; repeat it for several.",
)
@click.option(
    "--limit",
    type=option.Size("a sequence", 1, 1 << 20),
    default=LIMIT,
    metavar="SIZE",
    help="With --hf: only the first SIZE bytes.",
)
@plot
@option.force
@option.quiet
@option.json_lines
@option.output_path
def command(**options: Any) -> None:
    """What models spend on sequences that a short program writes, beside that program: all sequences, or the NAMEs given.

    The program, compressed, is run in a fresh Python, and must print the sequence byte for byte: its file is a code that
    decodes, and an upper bound on the sequence's complexity. What a model spends above it is what prediction without
    understanding costs. Ideal code lengths of models are no sizes; sizes of external: compressors, verified, are shown apart.

    With --hf, the first bytes of each sequence are also coded after a sentence that says which it is, in several wordings, and
    after sentences about another sequence that looks like it, the null; the sentence's own bits are charged.

    \b
    Example:
      mdlbench algorithmic --list
      mdlbench algorithmic primes pi -n 1000
      mdlbench algorithmic -m cm -m external:xz --plot sequences.png
      mdlbench algorithmic primes -n 1000 --hf ./gpt2 --limit 200
    """
    asked = SimpleNamespace(**options)
    sequences = [find(name) for name in dict.fromkeys(asked.names or SEQUENCES)]
    if asked.listing:
        _list(sequences, asked.as_json)
        return
    specs = [check_spec(spec) for spec in asked.models or MODELS]
    networks = [check_spec(f"hf:{folder}") for folder in asked.networks]
    check_picture(asked.picture, force=asked.force)
    counts = asked.counts or COUNTS
    programs: list[AgainstProgram] = []
    told: list[Described] = []
    try:
        total = len(sequences) * len(set(counts)) + len(networks) * passes(sequences)
        with terminal_bars("{task.description}", "BarColumn", "TimeRemainingColumn", shown=not asked.quiet) as bars:
            task = bars.add_task("", total=total) if bars is not None else None

            def done() -> None:
                if bars is not None:
                    bars.advance(task)

            def keep(found: Any, kept: list[Any]) -> None:
                kept.append(found)
                if asked.as_json:
                    print_result(found)
                write_result(found, asked.output_path, quiet=asked.quiet or bars is not None)

            models = [load_model(spec) for spec in specs]
            for sequence in sequences:
                _name(bars, task, sequence.name)
                keep(against_program(sequence, models, counts, done), programs)
            for spec in networks:
                network = load_model(spec)
                for sequence in sequences:
                    _name(bars, task, f"{sequence.name}, {spec}")
                    keep(described(sequence, network, max(counts), asked.limit, done), told)
    finally:
        if programs and not asked.as_json and not asked.quiet:
            say(terminal.render(shown(programs, told)))
    if asked.picture is not None:
        _draw(programs, told, asked.picture, asked.force)


def _list(sequences: list[Sequence], as_json: bool) -> None:
    if not as_json:
        say(terminal.render([listed(sequences)]))
        return
    for one in sequences:
        print_json("algorithmic-sequence", {**plain(one), "program": one.program.decode("ascii")})


def _name(bars: Any, task: Any, what: str) -> None:
    """Say on the bar what is measured."""
    if bars is not None:
        bars.update(task, description=what)


def _draw(programs: list[AgainstProgram], told: list[Described], path: str, force: bool) -> None:
    from dataclasses import replace

    from mdlbench.algorithmic import pictures

    exhibit = pictures.panels(programs)
    if told:
        exhibit = replace(exhibit, parts=(*exhibit.parts, *pictures.saved(told).parts))
    draw_picture(exhibit, path, force=force)
