"""The "about 14x" of LLaMA 65B from published figures: what it needs by each convention of raw bytes, and what fits give.

LLaMA's own curves are not public: what is computed and drawn are envelopes of published fits of L(N, D).
"""

from typing import Any

import numpy as np

from mdlbench.lossarea import chinchilla
from mdlbench.lossarea.result import Drawn, Envelope, FitConstants, LossAreaLlama, Mark, RawBytes
from mdlbench.units import bits_to_bytes, bits_to_nats, bytes_to_bits, nats_to_bits

_PLACES = 160
_EARLY = 1e-3  # of the tokens: an envelope goes to infinity before


def recompute() -> LossAreaLlama:
    """Everything `mdlbench lossarea llama` shows.

    Example:
        >>> found = recompute()
        >>> [round(row.needed_loss_nats, 3) for row in found.raw[:2]]
        [1.584, 1.482]
    """
    table = chinchilla.published()
    llama, claim = table["llama"], table["claim"]
    tokens, ratio = float(llama["tokens"]), float(claim["ratio"])
    raw = tuple(_raw(name, size, tokens, ratio) for name, size in conventions().items())
    models = [(model, fit) for fit in chinchilla.fits() for model in llama["models"]]
    marks = [claim, *table["marks"]]
    return LossAreaLlama(
        claimed_ratio=ratio,
        tokens=tokens,
        raw=raw,
        marks=tuple(Mark(mark["name"], float(mark["ratio"]), mark["source"]) for mark in marks),
        fits=chinchilla.fits(),
        envelopes=tuple(_envelope(model, fit, raw) for model, fit in models),
    )


def conventions() -> dict[str, float]:
    """Raw bytes of LLaMA's 1.4 T tokens by each convention."""
    table = chinchilla.published()
    data = table["llama"]["data"]
    guess = table["guess_bytes_per_token"]
    sizes = {
        f"a guess, {guess} bytes a token": guess * float(table["llama"]["tokens"]),
        "epoch-weighted, each byte as often as it was read": sum(part["bytes"] * part["epochs"] for part in data),
        "unique, each byte once, reading it again paid for": sum(part["bytes"] * min(1.0, part["epochs"]) for part in data),
    }
    return {name: float(f"{size:.3g}") for name, size in sizes.items()}  # the table has two or three digits


def _raw(name: str, size: float, tokens: float, ratio: float) -> RawBytes:
    claimed = size / ratio
    return RawBytes(name, size, size / tokens, bits_to_nats(bytes_to_bits(claimed)) / tokens, claimed)


def _envelope(model: dict[str, Any], fit: FitConstants, raw: tuple[RawBytes, ...]) -> Envelope:
    parameters, tokens = float(model["parameters"]), float(model["tokens"])
    nats = float(chinchilla.area(fit, parameters, tokens))
    bits = nats_to_bits(nats)
    ends = tokens * np.geomspace(_EARLY, 1.0, _PLACES)
    areas = np.diff(np.append(0.0, chinchilla.area(fit, parameters, ends)))
    means = areas / np.diff(np.append(0.0, ends))
    return Envelope(
        model=model["model"],
        parameters=parameters,
        tokens=tokens,
        fit=fit.name,
        area_bits=bits,
        mean_loss_nats=nats / tokens,
        last_loss_nats=float(chinchilla.loss(fit, parameters, tokens)),
        ratios=tuple(row.bytes_per_token * tokens / bits_to_bytes(bits) for row in raw),
        curve=Drawn(tuple(ends.tolist()), tuple(means.tolist())),
    )
