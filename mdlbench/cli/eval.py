"""`mdlbench eval`: ideal code length under each model; symbol by symbol; beside what lm-evaluation-harness would say."""

from types import SimpleNamespace
from typing import Any

import click

from mdlbench.cli import symbols
from mdlbench.cli.common import option
from mdlbench.cli.common.estimate import tell_estimate
from mdlbench.cli.common.failures import for_each
from mdlbench.cli.common.inputs import evaluated_input
from mdlbench.cli.common.paths import STANDARD, name_of
from mdlbench.cli.common.printing import print_json, say, write_result
from mdlbench.cli.common.progress import progress_bar
from mdlbench.codec import DEFAULT_MODEL
from mdlbench.errors import UsageError
from mdlbench.evaluation import evaluate
from mdlbench.evaluation.exhibits import beside_lm_eval, tables
from mdlbench.evaluation.lm_eval import compare
from mdlbench.evaluation.result import IdealCodeLength
from mdlbench.models import load_model, model_class
from mdlbench.models.spec import is_file, split_spec
from mdlbench.report import terminal
from mdlbench.result.exhibits import Text
from mdlbench.result.record import plain


@click.command(name="eval")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]", callback=option.or_standard_input)
@option.model(default=DEFAULT_MODEL, help="Model spec; repeat it to compare.")
@option.model_args
@option.levels
@option.block_size
@click.option("--limit", type=option.KEPT, metavar="SIZE", help="Only the first SIZE bytes of each file of an INPUT.")
@click.option(
    "--tokens",
    metavar="PATH",
    help="Also write what each symbol cost: .html, the text coloured by code length (of the first 100 kB, unless --limit says "
    "otherwise), or .jsonl, an object a symbol.",
)
@click.option(
    "--compat",
    type=click.Choice(["lm-eval"]),
    help="Also what lm-evaluation-harness would say of the text (hf: models), and line by line why it differs.",
)
@option.quiet
@option.json_lines
@option.output_path
@option.force
def command(**options: Any) -> None:
    """Ideal code length of each INPUT: the sum of -log2 p over its symbols, each counted once.

    An INPUT is a file, `-` (standard input), a folder (its files together, each from fresh state), a slice FILE:START:END, or a
    corpus as `mdlbench corpus list` and hfds: name it.

    Nothing is coded, so no file size is claimed: `mdlbench compress` gives one of those. Bits per byte divide by the bytes
    of the file whatever the tokenizer did; words are runs of characters other than white space.

    \b
    Example:
      mdlbench eval README.md -m cm -m kt,order=2
      mdlbench eval README.md:0:4k . -m kt --limit 100k
      mdlbench eval enwik8:0:1M -m hf:./gpt2 --json
      mdlbench eval hfds:./texts,column=text -m hf:./gpt2,device=cuda
      mdlbench eval README.md -m hf:./gpt2 --tokens heat.html
      mdlbench eval README.md -m hf:./gpt2 --compat lm-eval
    """
    asked = SimpleNamespace(**options)
    texts, specs = asked.inputs, option.checked_specs(asked.models, asked.model_args, asked.level)
    if texts.count(STANDARD) > 1 or (STANDARD in texts and len(specs) > 1):
        raise UsageError("standard input can be read only once: save it to a file to compare models on it")
    if asked.tokens is not None:
        if asked.compat is not None:
            raise UsageError("--tokens and --compat are two runs: give one at a time")
        symbols.check(asked.tokens, texts, specs, force=asked.force)
    for spec in specs:
        _check_kind(spec, asked.compat)
    found: list[IdealCodeLength] = []
    try:
        pairs = [(text, spec) for text in texts for spec in specs]
        for_each(pairs, lambda text, spec: found.append(_run(asked, text, spec)), as_json=asked.as_json)
    finally:
        if found and not asked.as_json and not asked.quiet:
            say(terminal.render(tables(found)))


def _check_kind(spec: str, compat: str | None) -> None:
    """Refuse a model that has no code length, or none that the harness would give."""
    name = split_spec(spec)[0]
    if compat is not None and name != "hf":
        raise UsageError(f"--compat lm-eval: lm-evaluation-harness runs hf: models, not {name}")
    if not is_file(name) and not model_class(name).has_probabilities:
        load_model(spec).measure([])  # which says why not


def _run(asked: SimpleNamespace, text: str, spec: str) -> IdealCodeLength:
    """One input under one model: everything that was asked for."""
    limit = symbols.limit_of(asked.tokens, asked.limit)
    compared = None
    with (
        evaluated_input(text, limit) as source,
        progress_bar(text, shown=not asked.quiet, total=lambda _: source.kept) as progress,
    ):
        model = load_model(spec)
        if not asked.quiet:
            tell_estimate([model], text, asked.block_size, limit=limit)
        settings = {"block_size": asked.block_size, "progress": progress}
        if asked.compat is not None:
            compared, evaluated = compare(source.read(), model, **settings)
        elif asked.tokens is not None:
            told = {"force": asked.force, "quiet": asked.quiet}
            evaluated = symbols.write(asked.tokens, source, model, **told, **settings)
        else:
            evaluated = evaluate(source.data, model, **settings)
    found = evaluated.result(source.name, compared, source.cut())
    if asked.as_json:
        print_json("eval", {key: value for key, value in plain(found).items() if key != "lm_eval" or compared is not None})
    elif compared is not None and not asked.quiet:
        say(terminal.render([Text(f"{name_of(text)}, {found.model}"), *beside_lm_eval(found)]) + "\n")
    write_result(found, asked.output_path, quiet=asked.quiet)
    return found
