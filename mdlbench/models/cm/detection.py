"""What kind of data a block holds, as far as that changes how it is coded."""

import numpy as np


def is_x86_code(data: np.ndarray) -> bool:
    """Whether a uint8 array is x86 machine code: targets of its calls repeat once they are absolute addresses (see `x86`)."""
    at = np.flatnonzero(data[:-4] == 0xE8) + 1
    at = at[(data[at + 3] == 0) | (data[at + 3] == 255)]
    relative = data[at].astype(np.int64) | data[at + 1].astype(np.int64) << 8 | data[at + 2].astype(np.int64) << 16
    absolute = (relative + at) & 0xFFFFFF
    return len(np.unique(relative)) - len(np.unique(absolute)) > 8 + len(at) // 8
