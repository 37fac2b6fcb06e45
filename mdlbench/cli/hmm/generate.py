"""`mdlbench hmm generate`: symbols drawn from a process, to a file or standard output."""

from typing import Any

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.outputs import check_output, replacing
from mdlbench.cli.common.paths import STANDARD, json_name
from mdlbench.cli.common.printing import tell
from mdlbench.cli.hmm.options import parameters, process_of
from mdlbench.processes import Process
from mdlbench.processes.numbers import text_of
from mdlbench.processes.sampling import RunningLength
from mdlbench.text import visible


@click.command(name="generate")
@click.argument("name", metavar="PROCESS")
@parameters
@click.option("-n", "--symbols", "n", type=option.Size(), required=True, metavar="N", help="How many: 1000, 10M.")
@click.option("--seed", type=option.Whole(0), default=0, metavar="N", help="The same symbols on every machine.")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where to; - is standard output.")
@click.option("--check", is_flag=True, help="Also hold its own code length against n h + E (some seconds more).")
@option.force
@option.quiet
@option.json_lines
def command(
    name: str, parameters: tuple[str, ...], n: int, seed: int, output: str, check: bool, force: bool, quiet: bool, as_json: bool
) -> None:
    """Draw N symbols from PROCESS, one byte 0 .. K-1 each, from a stationary start.

    --check prints the sequence's ideal code length under its process' exact filter, and the interval that holds 95 of 100
    such lengths: n h + E -+ 1.96 sigma sqrt(n), sigma from batch means.

    \b
    Example:
      mdlbench hmm generate mess3 -n 10M --seed 0 -o f.bin
      mdlbench hmm generate rrxor -n 100k --check -o r.bin
    """
    process = process_of(name, parameters)
    output = check_output(output, force=force)
    running = RunningLength(process) if check else None
    with replacing(output, force=force) as sink:
        for piece in process.generate_pieces(n, seed):
            sink.write(piece.tobytes())
            if running is not None:
                running.add(piece)
    report: dict[str, Any] = {
        "process": process.name,
        "params": {key: text_of(value) for key, value in process.parameters.items()},
        "symbols": n,
        "seed": seed,
        "output": json_name(output, "standard output"),
    }
    if running is not None:
        report |= _check(process, running)
    tell("generate", report, _line(report), as_json=as_json, quiet=quiet, to_stderr=output == STANDARD)


def _check(process: Process, running: RunningLength) -> dict[str, Any]:
    """Ideal code length, and n h + E with its interval; None where E is not known or the sequence is too short."""
    from mdlbench.processes.information import analyse

    found: dict[str, Any] = {"ideal_bits": running.bits, "expected_bits": None, "interval_95": None, "inside": None}
    reason = None
    analysis = analyse(process, contexts=1)
    try:
        if analysis.excess_entropy.value is None:
            reason = f"E is not known: {analysis.excess_entropy.note}"
        else:
            expected = running.against(analysis.entropy_rate.value, analysis.excess_entropy.value)
            inside = bool(expected.low - 1e-6 <= expected.ideal <= expected.high + 1e-6)
            found |= {"expected_bits": expected.mean, "interval_95": [expected.low, expected.high], "inside": inside}
    except ValueError as error:
        reason = str(error)
    rates = {"entropy_rate": analysis.entropy_rate.value, "excess_entropy": analysis.excess_entropy.value}
    return {**found, "reason": reason, **rates}


def _line(report: dict[str, Any]) -> str:
    text = f"{report['process']}: {report['symbols']:,} symbols, seed {report['seed']}"
    text += "" if report["output"] == "standard output" else f" → {visible(report['output'])}"
    if "ideal_bits" in report:
        text += f"\nideal code length under its own filter: {report['ideal_bits']:,.1f} bits"
        if report["interval_95"] is not None:
            low, high = report["interval_95"]
            text += f"; n h + E = {report['expected_bits']:,.1f}, 95 % interval {low:,.1f} .. {high:,.1f}"
        else:
            text += f"; no interval: {report['reason']}"
    return text
