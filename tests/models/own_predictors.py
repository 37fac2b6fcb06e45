"""Predictors as users write them, for the tests of `mdlbench.models.own`."""

from dataclasses import dataclass

import numpy as np

import mdlbench


class Counts(mdlbench.Predictor):
    """Order 0 with a count of `alpha` for every byte in advance."""

    def __init__(self, alpha: float = 0.5, decay: float = 1.0) -> None:
        self.alpha, self.decay = alpha, decay

    def reset(self, n_streams: int) -> None:
        self.counts = np.full((n_streams, 256), self.alpha)

    def predict(self) -> np.ndarray:
        return self.counts

    def update(self, symbols: np.ndarray) -> None:
        self.counts *= self.decay
        self.counts[np.arange(len(symbols)), symbols] += 1.0


class Exact(Counts):
    """The same, said to be the same everywhere."""

    portability = "exact"
    batch_size = 3


@dataclass(frozen=True)
class Settings:
    """Options taken whole."""

    alpha: float = 0.5
    name: str = "x"
    twice: bool = False
    order: int | None = None


class Whole(Counts):
    """Takes its options in one piece."""

    Options = Settings

    def __init__(self, options: Settings) -> None:
        super().__init__(options.alpha)
        self.options = options


class Needs(Counts):
    """Has an option without a default, one that no text can say, and one that may not be negative."""

    def __init__(self, alpha: float, table=None) -> None:  # type: ignore[no-untyped-def]
        if alpha < 0:
            raise ValueError(f"alpha is {alpha}; it is a count")
        super().__init__(alpha)
        self.table = table


class Forgets(Counts):
    """Does not keep what it was made with."""

    def __init__(self, beta: float = 1.0) -> None:
        super().__init__(beta)


class Unsayable(Counts):
    """Needs what no text can say."""

    def __init__(self, network) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.network = network


class Unfinished(mdlbench.Predictor):
    """Lacks its verbs."""


class Letters(Counts):
    """Not of bytes."""

    alphabet_size = 26


class Useless:
    """No predictor."""
