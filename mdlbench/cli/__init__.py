"""The command line: one file per command, each of which parses, calls the Python API and prints."""

import io
import os
import re
import signal
import sys

import click

from mdlbench import __version__
from mdlbench.cli.common.failures import as_line, report_error
from mdlbench.cli.common.lazy import LazyGroup
from mdlbench.cli.habits import check_levels, translated
from mdlbench.errors import MdlbenchError

COMMANDS = {  # name: one line of help; the command lives in mdlbench.cli.NAME, a module or a package of subcommands
    "compress": "Compress files with any model, and verify that they decode.",
    "decompress": "Decompress .mdlz files, whole or a byte range.",
    "verify": "Round trip a file in a fresh process, or check a .mdlz file.",
    "inspect": "Show a .mdlz file's header, blocks and byte ledger.",
    "eval": "Ideal code length of files under a model, in bits per byte.",
    "algorithmic": "Sequences that short programs write: what models spend on them.",
    "corpus": "Known corpora (enwik8, canterbury, ...): fetch and check them.",
    "leaderboard": "Measure models on corpora; show, check and compare the rows.",
    "report": "Show results as one HTML page, and as plots for papers.",
    "hmm": "Processes of known entropy rate: list, entropy, generate, ...",
    "lossarea": "Areas under training loss curves: code lengths of training data.",
    "train": "Train small causal language models on files, from several seeds.",
    "prequential": "What learning costs in bits: labels or a text, coded while learnt.",
    "models": "List the models, or one model's options.",
    "doctor": "Measure what a model's probabilities depend on.",
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.version_option(__version__, "-V", "--version", message="mdlbench %(version)s")
def group() -> None:
    """Measure models by code length; each size is that of a file that decodes.

    Without a command, options mean what they mean to zstd: -z (or nothing) compress, -d decompress, -t verify, -l inspect;
    in a pipe, without any, standard input is compressed to standard output.

    \b
    Example:
      mdlbench compress README.md
      mdlbench decompress README.md.mdlz -o copy.md
      mdlbench -9 README.md -o small.mdlz
      mdlbench -dc small.mdlz
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 128 + the signal's number if it was told to stop (130 for
    an interrupt); errors are one line on stderr."""
    arguments = translated(sys.argv[1:] if arguments is None else arguments, COMMANDS)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in options
    data_on_stdout = any(option == "--stdout" or re.fullmatch("-[a-z]*c", option) for option in options)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    if sys.stderr is None:  # closed: reports go nowhere, the work is done all the same
        sys.stderr = open(os.devnull, "w", encoding="utf8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names need not be text
    try:
        check_levels(arguments)
        sys.exit(group.main(arguments, prog_name="mdlbench", standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except (MdlbenchError, OSError, MemoryError, KeyboardInterrupt, click.ClickException, click.Abort) as error:
        code = report_error(as_line(error), as_json=as_json, data_on_stdout=data_on_stdout)
        if isinstance(error, KeyboardInterrupt | click.Abort):
            from mdlbench.workers import leave

            leave(code)
        sys.exit(code)


class _Stopped(KeyboardInterrupt):
    """Told to stop by a signal other than the interrupt, and to be left in the same way."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = number


def _stop(number: int, frame: object) -> None:
    raise _Stopped(number)
