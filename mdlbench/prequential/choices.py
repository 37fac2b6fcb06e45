"""The ledger of choices: every hyper-parameter a code rests on, and its cost: log2 of the number tried, or "not charged"."""

import math
from collections.abc import Mapping, Sequence

from mdlbench.errors import UsageError
from mdlbench.prequential.result import Choice
from mdlbench.units import parse_whole


def parse_tried(texts: Sequence[str]) -> dict[str, int]:
    """Read `NAME=N`: so many values of a hyper-parameter were looked at before this one was chosen.

    Raises:
        UsageError: it is not of that form, or a name comes twice.

    Example:
        >>> parse_tried(["width=4"])
        {'width': 4}
    """
    found: dict[str, int] = {}
    for text in texts:
        name, equals, count = text.partition("=")
        try:
            tried = parse_whole(count) if equals else 0
        except ValueError:
            tried = 0
        if tried < 1 or not name or name in found:
            raise UsageError(f"--tried {text}: write NAME=N, each name once, N values looked at (1 or more), such as width=4")
        found[name] = tried
    return found


def ledger(settings: Mapping[str, object], tried: Mapping[str, int]) -> tuple[Choice, ...]:
    """A line for each setting; one that nobody says was tried is not charged.

    Raises:
        UsageError: a name that is no setting's.
    """
    return tuple(
        Choice(name, str(value), tried.get(name), math.log2(tried[name]) if name in tried else None)
        for name, value in settings.items()
    )


def check_tried(tried: Mapping[str, int], known: Sequence[str]) -> None:
    """Refuse a name that no learner here has.

    Raises:
        UsageError: naming it.
    """
    for name in tried:
        if name not in known:
            raise UsageError(f"--tried {name}=...: no such choice here; there are: {', '.join(sorted(set(known)))}")


def charged(choices: Sequence[Choice]) -> float:
    """The sum of what was charged, in bits."""
    return sum(choice.bits or 0.0 for choice in choices)
