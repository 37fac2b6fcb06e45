"""The round trip of a file: compressed here, decompressed in a clean process that is told nothing but container and model."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from mdlbench.arguments import file_path
from mdlbench.codec import DEFAULT_MODEL, Compression, Progress, compress_stream, no_progress
from mdlbench.errors import MdlbenchError, VerificationError
from mdlbench.fresh import Fresh, Ran, fresh
from mdlbench.models.spec import split_spec
from mdlbench.progress import Meter

_COMPARED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class RoundTrip:
    """A file that came back byte by byte.

    Attributes:
        compression: what became of it, `verified`; the container itself is gone.
        decompression: what the clean process cost.
    """

    compression: Compression
    decompression: Ran


def verify_round_trip(
    path: str | os.PathLike[str],
    model: str | Sequence[str] = DEFAULT_MODEL,
    *,
    block_size: int | None = None,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> RoundTrip:
    """Compress a file, decompress it in a clean process and compare; nothing is kept.

    Args:
        path: a regular file, since it is read twice.
        model: spec or specs, as for `compress`; the other process is given them too.
        block_size: original bytes per block; None for the model's own.
        jobs: worker processes on either way.
        progress: called with the number of original bytes that are done since it was last called; either way is half of that.

    Raises:
        TypeError: `path` is none. VerificationError: a byte differs, or the other process failed; says which, or why.
    """
    path = file_path("path", path)
    models = list(model) if isinstance(model, Sequence) and not isinstance(model, str) else [model]
    for spec in models:
        split_spec(spec)  # which refuses what is no text: the other process is told it
    either_way = Meter(progress).adding(0.5)
    with tempfile.TemporaryDirectory(prefix="mdlbench-") as folder:
        container = Path(folder, "container.mdlz")
        with open(path, "rb") as source, open(container, "wb") as sink:
            done = compress_stream(source, sink, models, block_size=block_size, jobs=jobs, verify=False, progress=either_way)
        options = ["-q", "-c", "-j", str(jobs), *(part for spec in models for part in ("-m", spec))]
        with open(path, "rb") as source, fresh(["-m", "mdlbench", "decompress", *options, str(container)]) as process:
            differs = _first_difference(source, process.stdout, either_way)
            if differs is None or not process.stdout.read(1):
                ran = _finished(process)  # an output that ends early is the lesser news if the process failed
    if differs is not None:
        raise VerificationError(f"byte {differs:,} differs after a round trip through {' '.join(models)}")
    whole = done.seconds + ran.wall_seconds
    return RoundTrip(replace(done, verified=True, seconds=whole, verify_seconds=ran.wall_seconds), ran)


def _finished(process: Fresh) -> Ran:
    try:
        return process.finish()
    except MdlbenchError as error:
        raise VerificationError(f"the fresh process failed: {error}") from None


def _first_difference(one: BinaryIO, other: BinaryIO, progress: Progress) -> int | None:
    """Where two streams first differ; None if they are equal."""
    position = 0
    while True:
        left = one.read(_COMPARED_AT_ONCE)
        right = other.read(len(left) or 1)
        if left != right:
            shorter = min(len(left), len(right))
            return position + next((i for i in range(shorter) if left[i] != right[i]), shorter)
        if not left:
            return None
        position += len(left)
        progress(len(left))
