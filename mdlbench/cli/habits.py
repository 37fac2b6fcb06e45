"""What the fingers of zstd's users type: `mdlbench -d FILE.mdlz`, `mdlbench -9 FILE`, `mdlbench FILE`."""

import os
import re
import stat
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress

from mdlbench.errors import UsageError

MODES = {  # what zstd calls it -> the command
    "-z": "compress",
    "--compress": "compress",
    "-d": "decompress",
    "--decompress": "decompress",
    "--uncompress": "decompress",
    "-t": "verify",
    "--test": "verify",
    "-l": "inspect",
    "--list": "inspect",
}
_OF_THE_GROUP = ("-h", "--help", "-V", "--version")
_TAKE_VALUES = "omjTC"  # the rest of a cluster such as -T0 is the value
_TWO_DIGITS = re.compile(rf"-(?:(?![{_TAKE_VALUES}])[A-Za-z])*([0-9]{{2,}})")
_LEVELLED = ("compress", "verify", "eval")  # the commands with option.levels


def translated(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """A command line with its command in front; one that has it, or that means nothing to zstd either, stays as it is.

    None at all compresses standard input, where that is a file or a pipe and standard output is no terminal.

    Example:
        >>> translated(["-dc", "x.mdlz"], ["decompress"]), translated(["-9", "x"], ["compress"])
        (['decompress', '-c', 'x.mdlz'], ['compress', '-9', 'x'])
    """
    if not arguments and _is_amid_a_pipe():
        return ["compress"]
    first = arguments[0] if arguments else "-h"
    if first in commands or first in _OF_THE_GROUP or not (first.startswith("-") or os.path.exists(first)):
        return list(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    mode, rest = "compress", list[str]()
    for argument in arguments[:end]:
        if argument in MODES:
            mode = MODES[argument]
        elif cluster := re.fullmatch(rf"-([0-9A-Za-z]*?)((?:[{_TAKE_VALUES}].*)?)", argument):
            for letter in cluster[1]:
                mode = MODES.get(f"-{letter}", mode)
            kept = "".join(letter for letter in cluster[1] if f"-{letter}" not in MODES) + cluster[2]
            rest += [f"-{kept}"] if kept or argument == "-" else []
        else:
            rest.append(argument)
    return [mode, *rest, *arguments[end:]]


def check_levels(arguments: Sequence[str]) -> None:
    """See that no level has two digits, of which the command line would take each for a level of its own, and the last one.

    Raises:
        UsageError: one has.
    """
    if arguments and arguments[0] in _LEVELLED:
        for argument in arguments[1 : arguments.index("--") if "--" in arguments else len(arguments)]:
            if match := _TWO_DIGITS.match(argument):
                other = f"zstd's own level {match[1]} is -m external:zstd,level={match[1]}"
                raise UsageError(f"-{match[1]}: levels are -1 to -9; {other}")


def _is_amid_a_pipe() -> bool:
    """Whether something is given to standard input, and a program or file takes standard output."""
    with suppress(OSError, ValueError, AttributeError):  # closed, or no file at all
        mode = os.fstat(sys.stdin.fileno()).st_mode
        return (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)) and not os.isatty(sys.stdout.fileno())
    return False
