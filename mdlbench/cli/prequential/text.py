"""`mdlbench prequential text`: the bytes of a text, by every learner."""

from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.inputs import evaluated_input
from mdlbench.cli.prequential import options as shared
from mdlbench.corpora import Corpus
from mdlbench.prequential.choices import parse_tried
from mdlbench.prequential.coding import Settings
from mdlbench.prequential.study import Study
from mdlbench.prequential.text import check_text_learners, measure_text


@click.command(name="text")
@click.argument("data", metavar="INPUT")
@shared.learners(
    ["cm"],
    help="A model as mdlbench models lists them; gru, lstm, gpt2 or llama with options (gru,width=64); or "
    "hf:FOLDER,tune=frozen|last|all. Repeat it to compare.",
)
@click.option("--limit", type=option.KEPT, metavar="SIZE", help="Only the first SIZE bytes.")
@shared.shared
def command(data: str, learners: tuple[str, ...], limit: int | None, **options: Any) -> None:
    """The code length of the bytes of INPUT, a file, slice or corpus, under learners that begin knowing nothing of it.

    Models such as kt, ngram and cm adapt byte by byte. Networks learn block-wise (--schedule, --warm), or online
    (--batch windows a step, each scored before it is learnt, with --replay). Of hf:FOLDER the weights are not charged,
    and what they have seen is not known: its length is no prequential one from nothing. Beside each stands the code of
    the same bytes shuffled.

    \b
    Example:
      mdlbench prequential text README.md --learner kt --learner ngram --learner cm
      mdlbench prequential text book.txt --limit 100k --learner gru,width=128 --mode online --seeds 3
      mdlbench prequential text book.txt --limit 20k --learner hf:./gpt2,tune=last --mode online
    """
    shared.check_picture(options["picture"], options["force"])
    chosen, tried = check_text_learners(learners), parse_tried(options["tried"])
    settings = Settings(**{name: options[name] for name in ("mode", "schedule", "warm", "batch", "replay")})
    with evaluated_input(data, limit) as source:
        name = source.data.source if isinstance(source.data, Corpus) else source.name
        text, cut = source.read(), source.cut()
    seeds = tuple(range(options["seeds"]))
    shown = not options["quiet"] and not options["as_json"]
    with shared.steps(2 * len(chosen) * len(seeds), shown=shown) as tell:
        study = Study(settings, seeds, tried, shared.store_of(options["output"]), tell)
        found = measure_text(f"{name}, {cut}" if cut else name, text, chosen, study)
    shared.show(found, options)
