"""`mdlbench doctor`: what a model's integers depend on, measured."""

from importlib.resources import files

import click
from tabulate import tabulate

from mdlbench.cli.common import option
from mdlbench.cli.common.inputs import opened
from mdlbench.cli.common.paths import name_of
from mdlbench.cli.common.printing import tell
from mdlbench.codec import DEFAULT_MODEL
from mdlbench.errors import UsageError
from mdlbench.models import load_model

_SAMPLE = 4096
_WORDS = {True: "same", False: "differs", None: "not here"}


@click.command(name="doctor")
@option.model(default=DEFAULT_MODEL, help="Model spec.")
@option.model_args
@click.option(
    "--sample", metavar="FILE", help=f"Measure on the first {_SAMPLE:,} bytes of FILE.  [default: mdlbench's FORMAT.md]"
)
@option.json_lines
def command(models: tuple[str, ...], model_args: option.ModelArgs, sample: str | None, as_json: bool) -> None:
    """Measure what a model's integers depend on: batch, threads, parallel or step by step, device.

    A model may claim "exact" (its files decode on any machine) only if nothing here differs; "environment" models decode
    under the recorded software and device, in the batch shape and thread count that the codec sets.

    \b
    Example:
      mdlbench doctor -m cm
      mdlbench doctor -m hf:./gpt2
    """
    block = _sample(sample)
    for spec in option.checked_specs(models, model_args):
        model = load_model(spec)
        checks = model.doctor(block)
        differing = [check.what for check in checks if check.same is False]
        if model.portability == "exact":
            verdict = "exact" if not differing else f"claims exact, but these differ: {', '.join(differing)}"
        else:
            verdict = f"environment; varies with: {', '.join(differing) or 'nothing measured here'}"
        environment, rows = model.environment(), [check._asdict() for check in checks]
        values = {"model": model.spec, "portability": model.portability, "verdict": verdict, "checks": rows}
        table = tabulate([[what, _WORDS[same], detail] for what, same, detail in checks], ["compared", "integers", "measured"])
        lines = [f"{model.spec}: {verdict}\n\n{table}", *(f"  {key}: {value}" for key, value in environment.items())]
        tell("doctor", {**values, "environment": environment}, "\n".join(lines), as_json=as_json)
        if model.portability == "exact" and differing:
            raise click.exceptions.Exit(1)


def _sample(path: str | None) -> bytes:
    if path is None:
        return files("mdlbench.container").joinpath("FORMAT.md").read_bytes()[:_SAMPLE]
    with opened(path) as source:
        block = source.read(_SAMPLE)
    if not block:
        raise UsageError(f"{name_of(path)} is empty; give a sample of some kilobytes")
    return block
