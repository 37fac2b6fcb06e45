"""L(N, D) = E + A / N^alpha + B / D^beta with published constants, in nats a token; its area in closed form.

L(N, D) is the loss at the *end* of a schedule made for D tokens. A curve that followed it at every D would be ahead of any real
one, whose learning rate is still high on the way: areas from it are envelopes, too small, and not curves.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from mdlbench.lossarea.result import FitConstants


@cache
def published() -> dict[str, Any]:
    """`published.json`: constants of fits and figures of LLaMA, each with its source."""
    return dict(json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf8")))


@cache
def fits() -> tuple[FitConstants, ...]:
    """The published fits, the one that is used unless another is named first."""
    return tuple(FitConstants(**row) for row in published()["fits"])


def loss(fit: FitConstants, parameters: float, tokens: Any) -> Any:
    """L(N, D), nats a token; `tokens` may be an array.

    Example:
        >>> round(loss(fits()[0], 65.2e9, 1.4e12), 3)
        1.976
    """
    return fit.e + fit.a / parameters**fit.alpha + fit.b / tokens**fit.beta


def area(fit: FitConstants, parameters: float, tokens: Any) -> Any:
    """The area up to `tokens` under a curve that follows L(N, D), nats: D (E + A / N^alpha) + B D^(1-beta) / (1-beta)."""
    rest = fit.b * tokens ** (1 - fit.beta) / (1 - fit.beta)
    return tokens * (fit.e + fit.a / parameters**fit.alpha) + rest
