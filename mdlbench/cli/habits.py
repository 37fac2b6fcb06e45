"""What the fingers of zstd's users type: `mdlbench -d FILE.mdlz`, `mdlbench -9 FILE`, `mdlbench FILE`."""

import os
import re
from collections.abc import Collection, Sequence

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


def translated(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """A command line with its command in front; one that has it, or that means nothing to zstd either, stays as it is.

    Example:
        >>> translated(["-dc", "x.mdlz"], ["decompress"]), translated(["-9", "x"], ["compress"])
        (['decompress', '-c', 'x.mdlz'], ['compress', '-9', 'x'])
    """
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
