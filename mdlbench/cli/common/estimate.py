"""How long a run will take, said before it where that is more than a minute."""

import os
from collections.abc import Sequence

from mdlbench.cli.common.paths import name_of
from mdlbench.cli.common.printing import say
from mdlbench.models.base import Model
from mdlbench.text import duration, speed

_SAMPLE = 4096  # bytes at the start of a file from which its symbols are counted
_WORTH_TELLING = 60.0  # seconds


def tell_estimate(
    models: Sequence[Model], path: str, block_size: int | None, *, limit: int | None = None, jobs: int = 1, passes: int = 0
) -> None:
    """Say on stderr about how long a file will take: `README.md: about 12 min at 185 B/s with hf:./gpt2`.

    Args:
        models: each takes its time.
        path: nothing is said of what is no regular file.
        limit: most bytes that are read of it.
        passes: over the text step by step, 2 with verification; 0 measures code length only.
    """
    if not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        sample = file.read(_SAMPLE if limit is None else min(_SAMPLE, limit))
    size = os.path.getsize(path) if limit is None else min(os.path.getsize(path), limit)
    if not sample:
        return
    sizes = [models[0].block_size if block_size is None else block_size] * len(models)
    told = [model.seconds(sample, size, block, coding=passes > 0) or 0.0 for model, block in zip(models, sizes, strict=True)]
    total = sum(told) * max(passes, 1) / jobs
    if total > _WORTH_TELLING:
        slowest = models[told.index(max(told))].spec
        say(f"{name_of(path)}: about {duration(total)} at {speed(size, total)} with {slowest}", to_stderr=True)
