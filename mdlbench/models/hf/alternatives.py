"""Which tokens a language model held likeliest at each place of a block, from the parallel pass."""

import torch

from mdlbench.models.base import Alternative
from mdlbench.models.fallback import encode_spans
from mdlbench.models.hf.predictor import CausalPredictor
from mdlbench.progress import watch
from mdlbench.tokens import Symbols, Tokens

_ROWS = 64  # distributions in float64 at a time


def likeliest(predictor: CausalPredictor, names: Tokens, symbols: Symbols, count: int) -> list[tuple[Alternative, ...]]:
    """The `count` likeliest tokens at each token, as `names` spells them; nothing for the entries of raw spans."""
    found: list[tuple[Alternative, ...]] = []
    done = [0]
    watch(done, len(symbols.tokens))
    for logits, targets in predictor.parallel(symbols.tokens):
        done[0] += len(targets)
        for rows in logits.split(_ROWS):
            chances, tokens = torch.softmax(rows.double(), dim=1).topk(min(count, rows.shape[1]))
            for one, of in zip(tokens.tolist(), chances.tolist(), strict=True):
                found.append(tuple(Alternative(names.spelling(t), p) for t, p in zip(one, of, strict=True)))
    return found + [()] * len(encode_spans(symbols.raw_spans).ideal)
