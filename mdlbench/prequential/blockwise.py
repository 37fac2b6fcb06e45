"""The block-wise code (L. Blier & Y. Ollivier, "The description length of deep learning models", NeurIPS 2018, section 3.4).

The first block is coded by the uniform distribution; each later one by a learner fitted to all blocks before it: from scratch,
as they do, or going on from the last fit. Each fit is a piece by itself; warm fits are kept as one, since each needs the last.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from mdlbench.prequential.learners import Learner, Shape, build_learner
from mdlbench.prequential.store import Arrays, Store


def code_blocks(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    spec: str,
    ends: np.ndarray,
    warm: bool,
    key: Mapping[str, Any],
    store: Store,
) -> tuple[np.ndarray, int]:
    """log2 of the probability of each class for each example, float64 (n, classes), and how many examples training saw."""
    logs = np.full((len(labels), classes), -np.log2(classes))
    blocks = list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))

    def fitted_over(blocks: Sequence[tuple[int, int]]) -> Arrays:
        """Of blocks that one learner codes, one after the other."""
        rng = np.random.default_rng([key["seed"], 3, blocks[0][0]])
        learner = build_learner(spec, Shape(features.shape[1], classes), rng)
        found = [_next(learner, features, labels, *block) for block in blocks]
        return {"logs": np.concatenate(found), "visited": np.array(learner.visited)}

    visited = 0
    for together in [blocks] if warm and blocks else [[block] for block in blocks]:
        piece = store.piece({**key, "blocks": together}, partial(fitted_over, together))
        logs[together[0][0] : together[-1][1]] = piece["logs"]
        visited += int(piece["visited"])
    return logs, visited


def _next(learner: Learner, features: np.ndarray, labels: np.ndarray, start: int, end: int) -> np.ndarray:
    learner.fit(features[:start], labels[:start])
    return learner.log2_probabilities(features[start:end])
