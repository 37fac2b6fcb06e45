"""Which bytes a counting model held likeliest at each place of a block.

The same formulas as the kernel's, in plain Python over all 256 bytes, some 15 microseconds a byte and order: the kernel needs
only the probability of the byte that came.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from mdlbench.models.base import Alternative
from mdlbench.progress import steps


def likeliest(block: bytes, order: int, lowest: int, alpha: float, count: int) -> list[tuple[Alternative, ...]]:
    """The `count` likeliest bytes at each byte; equals come in the order of their value."""
    found = []
    for chances in distributions(block, order, lowest, alpha):
        best = np.argsort(-chances, kind="stable")[:count].tolist()
        found.append(tuple(Alternative(bytes([byte]), float(chances[byte])) for byte in best))
    return found


def distributions(block: bytes, order: int, lowest: int, alpha: float) -> Iterator[np.ndarray]:
    """The prediction of each byte of `block`, float64 (256,): see the formulas of the package.

    Args:
        lowest: the lowest order that counts.
        alpha: count of every byte in advance; 0 for Witten-Bell, order upon order.
    """
    counts: dict[bytes, Counter[int]] = {}
    past = bytes(order) + block
    for at in steps(len(block)):
        chances = np.full(256, 1 / 256)
        contexts = [past[at + order - length : at + order] for length in range(lowest, order + 1)]
        for context in contexts:
            seen = counts.get(context)
            if seen is None:
                continue
            prior, total = (256 * alpha if alpha else len(seen)), seen.total()
            chances = chances * prior
            chances[list(seen)] += list(seen.values())
            chances /= total + prior
        yield chances
        for context in contexts:
            counts.setdefault(context, Counter())[block[at]] += 1
