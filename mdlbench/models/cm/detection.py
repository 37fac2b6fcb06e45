"""What kind of data a block holds, as far as that changes how it is coded."""

import numpy as np

from mdlbench.models.cm.x86 import OPCODES, SEGMENT


def no_segments(size: int) -> np.ndarray:
    """A flag for each `SEGMENT` bytes of `size`, all 0."""
    return np.zeros(-(-size // SEGMENT), np.int64)


def x86_segments(data: np.ndarray) -> np.ndarray:
    """For each `SEGMENT` bytes of a uint8 array 1 if they are x86 code, else 0; int64.

    They are if making addresses absolute (see `x86`) pays: if more of the targets in them then occur again, anywhere in the
    block, than did before.
    """
    if data.size < 6:
        return no_segments(data.size)
    first, second = data[:-5], data[1:-4]
    calls = np.flatnonzero(first & 0xFE == 0xE8) + 1
    at = np.concatenate([calls, np.flatnonzero(OPCODES[first] & (second & 0xC7 == 5)) + 2])
    at = at[(data[at + 3] == 0) | (data[at + 3] == 255)]
    relative = data[at].astype(np.int64) | data[at + 1].astype(np.int64) << 8 | data[at + 2].astype(np.int64) << 16
    gains = _occurs_again(relative + at & 0xFFFFFF).astype(np.int64) - _occurs_again(relative)
    segment, n_segments = at // SEGMENT, len(no_segments(data.size))
    gain, fields = np.bincount(segment, gains, n_segments), np.bincount(segment, minlength=n_segments)
    return (gain > 8 + fields // 8).astype(np.int64)


def _occurs_again(values: np.ndarray) -> np.ndarray:
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    return counts[group] > 1
