"""`Curve`: the loss of each logged step in bits per token, and how many tokens that step, and those not logged before it, had.

A row is the mean loss of a step's own batch *before* its update: what a code that learns would have paid for that batch. Where
the first row is step 0, row s is batch s + 1; where it is step 1 or later, row s is batch s.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from mdlbench.errors import UsageError


@dataclass(frozen=True)
class Origin:
    """Where a curve was read.

    Attributes:
        format: such as "csv"; one of `formats.FORMATS`.
        column: the loss column.
        unit: "nats" or "bits", of the log's figures; `unit_said`: whether the log (or the caller) says so.
        averaged: each row is the mean over all steps since the row before, as transformers' Trainer logs it.
        repeated: rows left out because they say the same as the row before.
        aggregated: the log says that its rows stand for several steps each (W&B's __MIN and __MAX differ).
        drawn_at_random: its windows begin at random places of files: some bytes are read again, others never.
        rounding: half of the last digit that the log keeps, in bits per token; 0 where it keeps them all.
    """

    format: str = "python"
    column: str = "loss"
    unit: str = "bits"
    unit_said: bool = True
    averaged: bool = False
    repeated: int = 0
    aggregated: bool = False
    drawn_at_random: bool = False
    rounding: float = 0.0


@dataclass(frozen=True, eq=False)
class Curve:
    """A training loss curve of one pass.

    Attributes:
        name: how reports call it.
        steps: of the rows, float64 (n,), as logged.
        losses: mean loss of each row, bits per token, float64 (n,).
        tokens: that each row's loss is the mean of, float64 (n,).
        skipped: tokens of the steps between a row and the one before it that were not logged, float64 (n,); the first is 0.
        missing: tokens before the first row; no area counts them.
        bytes_per_token: of the training data; None where nobody measured it.
        epochs: passes over the data up to each row, float64 (n,), or None where the log does not say.
        parameters: size of the model, where known.

    Example:
        >>> Curve.per_step("a", [8.0, 4.0], tokens_per_step=100).total_tokens
        200.0
    """

    name: str
    steps: np.ndarray
    losses: np.ndarray
    tokens: np.ndarray
    skipped: np.ndarray
    missing: float = 0.0
    bytes_per_token: float | None = None
    epochs: np.ndarray | None = None
    parameters: int | None = None
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        lengths = {len(self.steps), len(self.losses), len(self.tokens), len(self.skipped)}
        if len(lengths) != 1 or 0 in lengths:
            raise UsageError(f"{self.name}: a curve has one loss and one number of tokens for each step, and at least one step")

    @classmethod
    def per_step(cls, name: str, losses: object, *, tokens_per_step: float, bytes_per_token: float | None = None) -> "Curve":
        """The curve of a run of which every step was logged.

        Args:
            losses: bits per token, (n,), from the first step on.
        """
        given = np.asarray(losses, np.float64)
        tokens = np.full(len(given), float(tokens_per_step))
        return cls(name, np.arange(1.0, len(given) + 1), given, tokens, np.zeros(len(given)), bytes_per_token=bytes_per_token)

    @property
    def ends(self) -> np.ndarray:
        """Tokens up to the end of each row, those before the first row left out, float64 (n,)."""
        return np.cumsum(self.tokens + self.skipped)

    @property
    def total_tokens(self) -> float:
        """Tokens from the first row's to the last row's."""
        return float(self.ends[-1])

    def first_pass(self) -> "Curve":
        """The rows of the first epoch: all of them where the log does not count epochs."""
        if self.epochs is None:
            return self
        kept = max(1, int((self.epochs <= 1 + 1e-6).sum()))
        return self.cut(kept)

    def cut(self, rows: int) -> "Curve":
        """The first so many rows."""
        epochs = None if self.epochs is None else self.epochs[:rows]
        parts = {name: getattr(self, name)[:rows] for name in ("steps", "losses", "tokens", "skipped")}
        return replace(self, **parts, epochs=epochs)
