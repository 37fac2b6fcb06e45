"""Which tokens a language model held likeliest at each place of a block, from the parallel pass."""

from typing import TYPE_CHECKING

import torch

from mdlbench.models.base import Alternative
from mdlbench.models.fallback import encode_spans
from mdlbench.tokens import Symbols

if TYPE_CHECKING:
    from mdlbench.models.hf import HuggingFace

_ROWS = 64  # distributions in float64 at a time


def likeliest(model: "HuggingFace", symbols: Symbols, count: int) -> list[tuple[Alternative, ...]]:
    """The `count` likeliest tokens at each token; nothing for the entries of raw spans."""
    found: list[tuple[Alternative, ...]] = []
    with model.arithmetic():
        for logits, _ in model.predictor.parallel(symbols.tokens):
            for rows in logits.split(_ROWS):
                chances, tokens = torch.softmax(rows.double(), dim=1).topk(min(count, rows.shape[1]))
                for one, of in zip(tokens.tolist(), chances.tolist(), strict=True):
                    found.append(tuple(Alternative(model.tokens.spelling(t), p) for t, p in zip(one, of, strict=True)))
    return found + [()] * len(encode_spans(symbols.raw_spans).ideal)
