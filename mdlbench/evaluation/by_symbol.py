"""A file symbol by symbol: what each cost, and what the model would rather have seen. For pictures and for further study."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mdlbench.arguments import whole
from mdlbench.codec import DEFAULT_MODEL, Progress, no_progress
from mdlbench.codec.sources import Data
from mdlbench.corpora import Corpus
from mdlbench.evaluation.by_file import Evaluation, Observed, evaluate
from mdlbench.models import ModelLike, as_model
from mdlbench.models.base import Alternative, Model
from mdlbench.workers import interruptible


class SymbolBits(NamedTuple):
    """A symbol of a file.

    Attributes:
        start: offset of its first byte in the file.
        raw: its bytes; none for what is coded beside them, such as the place of a raw span.
        bits: its ideal code length; `bits_before`: that of all symbols before it in the file.
        alternatives: the likeliest symbols in its place, likeliest first; None where the model does not say.
    """

    start: int
    raw: bytes
    bits: float
    bits_before: float
    alternatives: tuple[Alternative, ...] | None

    def to_json(self) -> dict[str, Any]:
        """Plain data; `text` is null where the bytes are not whole characters."""
        others = self.alternatives
        return {
            "start": self.start,
            "size": len(self.raw),
            **_named(self.raw),
            "bits": self.bits,
            "bits_before": self.bits_before,
            "alternatives": others and [{**_named(one.symbol), "probability": one.probability} for one in others],
        }


def evaluate_symbols(
    source: Data | Corpus,
    model: ModelLike,
    each: Callable[[SymbolBits], object],
    *,
    alternatives: int = 5,
    block_size: int | None = None,
    progress: Progress = no_progress,
) -> Evaluation:
    """The ideal code length of `source`, and each of its symbols in the order of the file.

    Args:
        each: called with every symbol.
        alternatives: how many likeliest symbols to ask the model for.
    """
    alternatives = whole("alternatives", alternatives, 0)
    model, done = as_model(model), 0.0

    def observe(observed: Observed) -> None:
        nonlocal done
        for symbol in _symbols(observed, model, alternatives, done):
            each(symbol)
            done = symbol.bits_before + symbol.bits

    says = alternatives > 0 and type(model).alternatives is not Model.alternatives
    return evaluate(source, model, block_size=block_size, progress=progress, observe=observe, observing=float(says))


def symbol_costs(data: Data | Corpus, model: ModelLike = DEFAULT_MODEL, *, alternatives: int = 0) -> list[SymbolBits]:
    """What each symbol of `data` costs; a table of it is `pandas.DataFrame(symbol_costs(...))`.

    Args:
        data: as for `evaluate`.
        alternatives: how many likeliest symbols to ask the model for.

    Example:
        >>> [round(symbol.bits, 3) for symbol in symbol_costs(b"aaaa", "kt")]
        [8.0, 6.426, 5.7, 5.226]
    """
    found: list[SymbolBits] = []
    evaluate_symbols(data, model, found.append, alternatives=alternatives)
    return found


def _symbols(observed: Observed, model: Model, n_alternatives: int, before: float) -> Iterator[SymbolBits]:
    (places,) = model.symbol_places([observed.block])
    others = interruptible(model.alternatives, observed.block, n_alternatives) if n_alternatives else None
    for at in np.lexsort((places.sizes > 0, places.starts)).tolist():
        start, bits = int(places.starts[at]), float(observed.bits[at])
        raw = observed.block[start : start + int(places.sizes[at])]
        yield SymbolBits(observed.start + start, raw, bits, before, (others[at] or None) if others else None)
        before += bits


def _named(raw: bytes) -> dict[str, str | None]:
    try:
        return {"hex": raw.hex(), "text": raw.decode()}
    except UnicodeDecodeError:
        return {"hex": raw.hex(), "text": None}
