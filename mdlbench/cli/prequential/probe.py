"""`mdlbench prequential probe`: labels of tokens given a model's activations, layer by layer."""

from dataclasses import replace
from pathlib import PurePath
from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.inputs import evaluated_input
from mdlbench.cli.common.outputs import replacing
from mdlbench.cli.common.printing import print_result, say, write_result
from mdlbench.cli.prequential import options as shared
from mdlbench.prequential.choices import parse_tried
from mdlbench.prequential.coding import Settings
from mdlbench.prequential.probing.activations import Tokenised, bytes_for, parse_layers
from mdlbench.prequential.probing.exhibits import tables
from mdlbench.prequential.probing.labels import check_labels
from mdlbench.prequential.probing.pictures import pictures
from mdlbench.prequential.probing.reading import check_model, read_model
from mdlbench.prequential.probing.result import Probe
from mdlbench.prequential.probing.study import LEAST, NETWORKS, all_labelled, measure_probes, steps
from mdlbench.prequential.study import Study, check_learners
from mdlbench.report import terminal


@click.command(name="probe")
@click.argument("data", metavar="INPUT")
@click.option(
    "-m", "--model", "model", metavar="SPEC", required=True, help="The network whose activations are read: hf:FOLDER."
)
@click.option(
    "--label",
    "names",
    metavar="NAME",
    multiple=True,
    help="character-class, word-boundary, position-in-word, digit-value or bracket-depth; repeat it.  "
    "[default: all that occur]",
)
@click.option("--layers", metavar="LAYERS", default="all", help="all, or numbers such as 0,6,12; 0 is the embedding.")
@click.option("--examples", type=option.Whole(LEAST), metavar="N", default=2000, help="Tokens, from the text's first on.")
@shared.learners(["logistic"], help="The probe: logistic or mlp, with options: mlp,width=128; repeat it to compare.")
@click.option(
    "--calibration",
    type=click.Choice(["forward", "none"]),
    default="forward",
    help="A temperature, learnt only from what is coded.",
)
@click.option("--seeds", type=option.Whole(1, 1000), metavar="N", default=3, help="Seeds 0 to N - 1.")
@click.option(
    "--tried",
    multiple=True,
    metavar="NAME=N",
    help="N values of this hyper-parameter were looked at: charge log2 N; repeat it.",
)
@option.output_folder(
    "-o", "--output", metavar="RUN", help="Keep finished pieces here; the same command goes on from them, to the same numbers."
)
@click.option("--plot", "picture", metavar="FILE", help="Also draw it: a .png, .svg or .pdf.")
@option.force
@option.quiet
@option.json_lines
@option.output_path
def command(data: str, model: str, names: tuple[str, ...], learners: tuple[str, ...], **options: Any) -> None:
    """The code length of labels of the tokens of INPUT, a text, slice or corpus, given a model's activations, by layer.

    Labels come from the text itself; a token has that of its last byte. The code is block-wise on the schedule of Voita and
    Titov (2020), or variational. Beside it: the control task of Hewitt and Liang (2019), which draws a label for each type of
    token at random; a network of the same shape with random weights; the labels alone; the uniform code. Lengths are ideal.

    \b
    Example:
      mdlbench prequential probe book.txt -m hf:./gpt2 --label word-boundary --plot probe.png
      mdlbench prequential probe enwik8:0:100k -m hf:./gpt2 --layers 0,6,12 --examples 4000 --learner mlp --json
    """
    shared.check_picture(options["picture"], options["force"])
    labels, layers = check_labels(names), parse_layers(options["layers"])
    tried = parse_tried(options["tried"])
    settings, seeds = Settings(calibration=options["calibration"]), tuple(range(options["seeds"]))
    options["learners"] = check_learners(learners)
    check_model(model)
    study = Study(settings, seeds, tried, shared.store_of(options["output"]))
    _show(_measured(model, data, labels, layers, study, options), options)


def _read(data: str, options: dict[str, Any]) -> tuple[str, bytes]:
    """The name of the text, as the user gave it but for folders, and enough of its bytes."""
    with evaluated_input(data, bytes_for(options["examples"])) as source:
        return PurePath(source.name).name or source.name, source.read()


def _measured(
    model: str, data: str, labels: tuple[str, ...], layers: tuple[int, ...] | None, study: Study, options: dict[str, Any]
) -> list[Probe]:
    """The results; what a label is left out for is said before they are begun."""
    shown = not options["quiet"] and not options["as_json"]
    name, text = _read(data, options)

    def check(tokenised: Tokenised) -> None:
        for reason in all_labelled(tokenised, labels)[1]:
            if not options["quiet"]:
                say(f"left out: {reason}", to_stderr=True)

    with shared.steps(len(NETWORKS), shown=shown) as tell:
        kept: dict[str, Any] = {"examples": options["examples"], "layers": layers, "check": check, "store": study.store}
        probed = read_model(model, name, text, tell=tell, **kept)
    chosen, _ = all_labelled(probed.tokenised, labels)
    with shared.steps(steps(len(chosen), len(options["learners"]), len(probed.layers), len(study.seeds)), shown=shown) as tell:
        return measure_probes(probed, chosen, options["learners"], replace(study, tell=tell))


def _show(found: list[Probe], options: dict[str, Any]) -> None:
    """Print, draw and keep the results."""
    for one in found:
        if options["as_json"]:
            print_result(one)
    if not options["as_json"] and not options["quiet"]:
        say(terminal.render(tables(found)))
    path = options["picture"]
    if path is not None:
        from mdlbench.report import figures

        panels = replace(pictures(found), title=f"{found[0].model} on {found[0].text}: {pictures(found).title}")
        with replacing(path, force=options["force"]) as sink:
            sink.write(figures.draw(panels).bytes(path.rpartition(".")[2]))
    for one in found:
        write_result(one, options["output_path"], quiet=options["quiet"])
