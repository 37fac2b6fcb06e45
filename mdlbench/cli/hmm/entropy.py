"""`mdlbench hmm entropy`: what is known of a source, exactly or between bounds."""

import os
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import click
from tabulate import tabulate

from mdlbench.atomic import check_folder
from mdlbench.cli.common import option
from mdlbench.cli.common.outputs import plan_outputs, replacing
from mdlbench.cli.common.paths import STANDARD
from mdlbench.cli.common.printing import print_json, say
from mdlbench.cli.hmm.options import parameters, process_of
from mdlbench.errors import UsageError
from mdlbench.processes import ZOO, Process, find
from mdlbench.processes.curves import curves
from mdlbench.processes.information import Analysis, Quantity, analyse
from mdlbench.processes.names import COMPOSED
from mdlbench.processes.parameters import text_of
from mdlbench.result import Result
from mdlbench.units import bits_to_nats


@click.command(name="entropy")
@click.argument("name", required=False, metavar="[SOURCE]")
@parameters
@click.option("--all", "every", is_flag=True, help="Every source of the zoo, one object or row each.")
@click.option("--contexts", type=click.IntRange(1, 64), default=11, show_default=True, help="Myopic entropies to print.")
@click.option("--gap", type=click.FloatRange(1e-12, 1.0), default=None, metavar="BITS", help="Refine the bounds to this gap.")
@click.option("--plot", "picture", metavar="FILE", help="Also draw it: a .png or .svg.")
@option.force
@option.json_lines
@click.option("--output-path", metavar="DIR", help="Also write each result, with provenance, to a JSON file in DIR.")
def command(
    name: str | None, parameters: tuple[str, ...], every: bool, contexts: int, gap: float | None, picture: str | None,
    force: bool, as_json: bool, output_path: str | None,
) -> None:  # fmt: skip
    """The entropy rate of SOURCE between a lower and an upper bound, and what else is known of it, in bits.

    Bounds are rigorous and their method is named; digits beyond them are labelled converged. What is infinite or was not
    computed is shown as a dash (null in JSON) with the reason.

    \b
    Example:
      mdlbench hmm entropy mess3 --param x=0.05 --param a=0.85
      mdlbench hmm entropy --all --json
      mdlbench hmm entropy rrxor --output-path results && mdlbench report results
    """
    if every == (name is not None):
        raise UsageError("name one SOURCE, or give --all")
    if every and (parameters or picture):
        raise UsageError("--all takes no --param and no --plot; name one SOURCE for them")
    if output_path is not None:
        check_folder(output_path)
    if picture is not None:
        _check_picture(picture, force)
    sources = [process_of(name, parameters)] if name is not None else [find(each) for each in (*ZOO, *COMPOSED)]
    rows = []
    for process in sources:
        found = analyse(process, contexts, gap)
        if as_json:
            print_json("entropy", found.to_json())
        elif every:
            rows.append(_row(found))
        else:
            say(_page(found))
        for line in _unmet(found, contexts, gap):
            say(f"mdlbench: {process.name}: {line}", to_stderr=True)
        if picture is not None:
            _draw(found, picture, force)
        if output_path is not None:
            path = Result("hmm-entropy", {**found.to_json(), "curves": curves(found)}).write(output_path)
            say(f"wrote {path}", to_stderr=True)
    if rows:
        headers = ["source", "h, bits", "between bounds", "E", "C", "mixed states", "method"]
        say(tabulate(rows, headers, disable_numparse=True, colalign=("left", *["right"] * 5, "left")))


def _unmet(found: Analysis, contexts: int, gap: float | None) -> Iterator[str]:
    """What was asked for and is not in what was found."""
    rate = found.entropy_rate
    if gap is not None and rate.lower is not None and rate.upper - rate.lower > gap:
        yield f"the bounds came no closer than {rate.upper - rate.lower:.1e} bits"
    if len(found.myopic) < contexts:
        yield f"longer contexts than {len(found.myopic) - 1} symbols have too many words to enumerate"


def _check_picture(path: str, force: bool) -> None:
    if not path.endswith((".png", ".svg")):
        raise UsageError(f"--plot {path}: name a .png or .svg file")
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise UsageError(f"--plot {path}: no folder {folder}; make it first")
    plan_outputs((STANDARD,), path, False, str, force=force)


def _draw(found: Analysis, path: str, force: bool) -> None:
    from mdlbench.report.hmm import draw_process

    with replacing(path, force=force) as sink:
        draw_process(found, sink, path.rpartition(".")[2])


def _row(found: Analysis) -> list[str]:
    rate = found.entropy_rate
    mixed = str(len(found.mixed)) if found.mixed.closed else found.kind.partition(" (")[0].partition(" in ")[0]
    gap = "no lower bound" if rate.lower is None else f"{rate.upper - rate.lower:.0e}"
    return [
        label_of(found.process), f"{rate.value:.12f}", gap, _short(found.excess_entropy), _short(found.statistical_complexity),
        mixed, rate.method,
    ]  # fmt: skip


def label_of(process: Process) -> str:
    """A source with its parameters: `mess3 x=0.05 a=0.85`."""
    return " ".join([process.name, *(f"{key}={text_of(value)}" for key, value in process.parameters.items())])


def outward(bound: float, digits: int, rounding: str) -> str:
    """A bound as text that is still one: a lower bound is rounded down, an upper one up."""
    return f"{Decimal(bound).quantize(Decimal(1).scaleb(-digits), rounding):f}"


def _short(quantity: Quantity) -> str:
    return "–" if quantity.value is None else f"{quantity.value:.9f}"


def _page(found: Analysis) -> str:
    process = found.process
    words = [
        f"{process.alphabet_size} symbols", f"{process.n_states} states",
        "hidden Markov" if process.is_hidden_markov else "generalised", "unifilar" if process.unifilar else "not unifilar",
        "ergodic" if process.ergodic else "not ergodic",
    ]  # fmt: skip
    lines = [f"{label_of(process)}: {process.summary}", ", ".join(words), "", *_rate_lines(found), ""]
    named = {
        "excess entropy E": found.excess_entropy, "statistical complexity C": found.statistical_complexity,
        "crypticity C - E": found.crypticity, "transient information T": found.transient_information,
        "synchronisation information": found.synchronisation_information,
    }  # fmt: skip
    rows = [[key, "–" if q.value is None else f"{q.value:.12f}", q.note] for key, q in named.items()]
    if found.dimension is not None:
        note = "Lyapunov dimension of the beliefs, an upper bound; one standard error"
        rows.append(["complexity dimension", f"{found.dimension.value:.4f} ± {found.dimension.error:.4f}", note])
    lines.append(tabulate(rows, ["bits", "", "how, or why not"], disable_numparse=True, colalign=("left", "right", "left")))
    lines += ["", _mixed_line(found), "", "context  H(X | context), bits"]
    lines += [f"{context:7d}  {value:.10f}" for context, value in enumerate(found.myopic)]
    if len(found.myopic) > 2:
        mean = bits_to_nats(float(found.myopic[1:].mean()))
        lines.append(f"mean over contexts 1 to {len(found.myopic) - 1}: {mean:.9f} nats, the Bayes floor of a loss taken there")
    return "\n".join(lines)


def _rate_lines(found: Analysis) -> list[str]:
    rate = found.entropy_rate
    low = "no lower bound" if rate.lower is None else outward(rate.lower, 14, ROUND_FLOOR)
    lines = [f"entropy rate h: {low} .. {outward(rate.upper, 14, ROUND_CEILING)} bits per symbol"]
    if rate.lower is not None:
        lines[0] += f" (gap {rate.upper - rate.lower:.1e})"
    lines.append(f"  {bits_to_nats(rate.value):.12f} nats; {rate.method}")
    if rate.converged is not None:
        lines.append(f"  converged, beyond the bounds: {rate.converged:.14f} (changed by {rate.change:.0e} at the last step)")
    if rate.reason is not None:
        lines.append(f"  {rate.reason}")
    if found.process.is_hidden_markov and not found.process.unifilar:
        from mdlbench.processes.entropy import joint_entropy_rate

        joint = joint_entropy_rate(found.process)
        lines.append(f"  not H(X, S' | S) = {joint:.4f}: that is the rate of symbols and states together")
    return lines


def _mixed_line(found: Analysis) -> str:
    values: dict[str, Any] = found.to_json()["mixed_states"]
    if values["count"] is None:
        return f"mixed states: {values['kind']}; {values['reason']}"
    exact = "exact rationals" if values["exact"] else f"merged to {1e-10:g}"
    return f"mixed states: {values['count']}, {values['transient']} transient and {values['recurrent']} recurrent ({exact})"
