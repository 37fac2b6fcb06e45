"""Where blocks end: a schedule of counts of examples that ascends to all of them."""

import re
from collections.abc import Sequence

from mdlbench.errors import UsageError
from mdlbench.units import parse_whole

VOITA_TITOV = "voita-titov"
EVERY = "every"
PERCENT = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.25, 12.5, 25.0, 50.0, 100.0)  # E. Voita & I. Titov 2020, section 2.1


def boundaries(schedule: str | Sequence[int], n: int) -> tuple[int, ...]:
    """The counts of examples at which blocks end; the last is n.

    Args:
        schedule: "voita-titov" (0.1, 0.2, 0.4, ... 50, 100 % of n, each at least one example more than the last: E. Voita & I.
            Titov, "Information-theoretic probing with minimum description length", EMNLP 2020); "every" (a block an
            example); or counts, as numbers or as "16,64,256".
        n: examples in all.

    Raises:
        UsageError: it does not ascend, or goes beyond n.

    Example:
        >>> boundaries("voita-titov", 1797)
        (2, 4, 7, 14, 29, 58, 112, 225, 449, 898, 1797)
        >>> boundaries("16,64", 100)
        (16, 64, 100)
    """
    if schedule == EVERY:
        return tuple(range(1, n + 1))
    if schedule == VOITA_TITOV:
        ends: list[int] = []
        for percent in PERCENT:
            end = min(n, max(round(n * percent / 100), 1))
            if not ends or end > ends[-1]:
                ends.append(end)
        return tuple(ends)
    ends = _counts(schedule) if isinstance(schedule, str) else list(schedule)
    for before, after in zip([0, *ends], ends, strict=False):
        if after <= before:
            raise UsageError(f"a schedule ascends from 1 on, and {after:,} follows {before:,}; give counts such as 16,64,256")
    if ends and ends[-1] > n:
        raise UsageError(f"the schedule goes to {ends[-1]:,}, but there are {n:,} examples; end it there or before")
    return tuple(ends) if ends and ends[-1] == n else (*ends, n)


def _counts(text: str) -> list[int]:
    try:
        return [parse_whole(part) for part in re.split(r"\s*,\s*", text.strip())]
    except ValueError:
        raise UsageError(
            f"{text!r} is no schedule; write {VOITA_TITOV}, {EVERY}, or counts of examples such as 16,64,256"
        ) from None
