"""Where one curve passes another: in loss, and in area so far.

Both are read off D(T), the winner's area up to T less the other's. Losses of batches are noisy and cross many times; D is a
sum. Where D is largest, so is the other's lead: from there on the winner's loss is the lower one, on the whole. Where D last
changes its sign, the winner's area becomes the smaller one.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mdlbench.lossarea.curve import Curve
from mdlbench.lossarea.integration import running
from mdlbench.lossarea.result import Crossing

_SAME_BYTES = 1e-3


def crossings(curves: Sequence[Curve]) -> tuple[Crossing, ...]:
    """Of each pair of curves whose tokens are comparable; the winner has the smaller area where the shorter one ends."""
    return tuple(_crossing(one, other) for one, other in combinations(curves, 2) if _comparable(one, other))


def _comparable(one: Curve, other: Curve) -> bool:
    sizes = [curve.bytes_per_token for curve in (one, other)]
    if None in sizes:
        return sizes[0] == sizes[1]
    return abs((sizes[0] or 0) / (sizes[1] or 1) - 1) < _SAME_BYTES


def _crossing(one: Curve, other: Curve) -> Crossing:
    shared = min(one.total_tokens, other.total_tokens)
    places = np.union1d(one.ends, other.ends)
    places = np.concatenate([[0.0], places[places < shared], [shared]])
    first, second = (np.interp(places, np.append(0.0, curve.ends), np.append(0.0, running(curve))) for curve in (one, other))
    lead = first - second
    if lead[-1] > 0:
        one, other, lead = other, one, -lead
    behind = np.flatnonzero(lead > 0)
    if not len(behind):
        return Crossing(one.name, other.name, shared, None, None)
    last = int(behind[-1])
    share = lead[last] / (lead[last] - lead[last + 1]) if last + 1 < len(lead) else 0.0
    area = float(places[last] + share * (places[min(last + 1, len(lead) - 1)] - places[last]))
    return Crossing(one.name, other.name, shared, float(places[np.argmax(lead)]), area)
