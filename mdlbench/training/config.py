"""What a run of the trainer is: frozen dataclasses that are written to `run.json` and read back from it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

from mdlbench.errors import UsageError

ARCHITECTURES = ("gpt2", "llama", "gru", "lstm")
OPTIMISERS = ("adamw", "sgd")
SCHEDULES = ("cosine", "constant")
ACTIVATIONS = ("relu", "gelu_pytorch_tanh", "silu")


@dataclass(frozen=True)
class Architecture:
    """The shape of a small causal language model.

    Attributes:
        name: gpt2 or llama (transformers' own), gru or lstm.
        context: most symbols that a prediction sees; a training window is one symbol longer.
        layers, width: blocks, and the width of the residual stream (of the hidden state).
        heads, head_width: attention heads and their width, by default width / heads. With fewer heads than fill the width,
            gpt2 gets the missing ones as zeros, which stay zero in training: the same function as without them.
        mlp: width of the hidden layer of each MLP, by default 4 * width.
        activation: of the MLP.
        init: standard deviation of every initial matrix; None leaves it to transformers.
    """

    name: str = "gpt2"
    context: int = 10
    layers: int = 4
    width: int = 64
    heads: int = 4
    head_width: int | None = None
    mlp: int | None = None
    activation: str = "relu"
    init: float | None = None

    def __post_init__(self) -> None:
        _choose("arch", self.name, ARCHITECTURES)
        _choose("activation", self.activation, ACTIVATIONS)
        for name in ("context", "layers", "width", "heads"):
            _at_least(name, getattr(self, name), 1)
        if self.head_width is None and self.width % self.heads:
            raise UsageError(f"width={self.width} is not a multiple of heads={self.heads}; give a head-width as well")
        if self.heads * self.width_of_head > self.width or self.width % self.width_of_head:
            raise UsageError(
                f"heads={self.heads} of head-width={self.width_of_head} do not fit width={self.width}: heads * head-width is "
                "at most width, and head-width divides it"
            )

    @property
    def width_of_head(self) -> int:
        return self.head_width or self.width // self.heads

    @property
    def width_of_mlp(self) -> int:
        return self.mlp or 4 * self.width


@dataclass(frozen=True)
class Optimiser:
    """How the weights move.

    Attributes:
        name: adamw or sgd.
        learning_rate: at its highest.
        weight_decay: decoupled for adamw, added to the gradient for sgd; on matrices and vectors alike.
        momentum: of sgd; the first beta of adamw.
        beta2: the second beta of adamw.
        clip: the gradient's norm is scaled down to this; None never.
        warmup: steps over which the learning rate rises linearly from zero.
        schedule: constant, or cosine: from the peak down to `final` times the peak at the last step.
    """

    name: str = "adamw"
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    momentum: float = 0.9
    beta2: float = 0.99
    clip: float | None = None
    warmup: int = 100
    schedule: str = "cosine"
    final: float = 0.0

    def __post_init__(self) -> None:
        _choose("optimiser", self.name, OPTIMISERS)
        _choose("schedule", self.schedule, SCHEDULES)
        _at_least("warmup", self.warmup, 0)
        if not self.learning_rate > 0:
            raise UsageError(f"learning-rate={self.learning_rate:g}; it is a positive number")
        if self.weight_decay < 0 or not 0 <= self.momentum < 1 or not 0 <= self.beta2 < 1 or not 0 <= self.final <= 1:
            raise UsageError("weight-decay is not negative, momentum and beta2 are at least 0 and below 1, final is 0 to 1")
        if self.clip is not None and not self.clip > 0:
            raise UsageError(f"clip={self.clip:g}; it is a positive number, or leave it out")


@dataclass(frozen=True)
class Source:
    """Where symbols come from; each is one byte.

    Attributes:
        process, params: a process as `mdlbench.processes.find` takes it, sampled afresh; or
        paths: files, one after the other, of which windows are drawn at random places;
        symbols: size of the alphabet, bytes 0 .. symbols - 1; 256 for any bytes.
        digest: of the process or the files, so that a run is not continued on others.
    """

    process: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    symbols: int = 256
    digest: str | None = None

    def __post_init__(self) -> None:
        if (self.process is None) != bool(self.paths):
            raise UsageError("a source is a process, or else files; give one of the two")
        if not 2 <= self.symbols <= 256:
            raise UsageError(f"symbols={self.symbols}; an alphabet has 2 to 256 symbols, a byte each")


@dataclass(frozen=True)
class TrainingConfig:
    """All that shapes the weights of a run, but for the seed.

    Attributes:
        source, architecture, optimiser: see there.
        batch_size: windows of context + 1 symbols per step.
        tokens: symbols to predict in all; rounded up to whole steps of batch_size * context.
        checkpoints: token counts at which weights are kept, rounded up to whole steps; the end is always kept.
        preset: the name the settings go by, if any; a label only.
    """

    source: Source
    architecture: Architecture = field(default_factory=Architecture)
    optimiser: Optimiser = field(default_factory=Optimiser)
    batch_size: int = 128
    tokens: int = 1_000_000
    checkpoints: tuple[int, ...] = ()
    preset: str | None = None

    def __post_init__(self) -> None:
        _at_least("batch-size", self.batch_size, 1)
        _at_least("tokens", self.tokens, 1)
        if any(count < 0 for count in self.checkpoints):
            raise UsageError("checkpoints are counts of tokens, 0 or more")

    @property
    def tokens_per_step(self) -> int:
        return self.batch_size * self.architecture.context

    @property
    def steps(self) -> int:
        return -(-self.tokens // self.tokens_per_step)

    def kept_steps(self, steps: int | None = None) -> list[int]:
        """Steps after which a checkpoint is written, the last included, in order."""
        steps = self.steps if steps is None else steps
        wanted = {-(-count // self.tokens_per_step) for count in self.checkpoints}
        return sorted({step for step in wanted if step < steps} | {steps})

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step, the first being 0."""
        from math import cos, pi

        plan = self.optimiser
        rate = plan.learning_rate * min(1.0, (step + 1) / (plan.warmup + 1))
        if plan.schedule == "constant":
            return rate
        after = max(0, step - plan.warmup) / max(1, self.steps - plan.warmup)
        return rate * (plan.final + (1 - plan.final) * (1 + cos(pi * min(1.0, after))) / 2)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)

    def differences(self, other: "TrainingConfig") -> list[str]:
        """What differs in two configurations, a phrase each: `batch_size 64, not 128`."""
        return list(_differences(replace(self, preset=None), replace(other, preset=None), ""))


_Settings = TypeVar("_Settings", TrainingConfig, Source, Architecture, Optimiser)


def default_checkpoints(tokens: int) -> tuple[int, ...]:
    """0, 64 k, 200 k, 640 k, 2 M, 6.4 M ...: about two a decade, through the counts of the published belief geometry."""
    counts, decade = [0], 10_000
    while decade < tokens:
        counts += [count for count in (2 * decade, 64 * decade // 10) if 64_000 <= count < tokens]
        decade *= 10
    return tuple(counts)


def parse_counts(text: str) -> tuple[int, ...]:
    """Read `0,64k,3.2M`; k, M and G are powers of 1000.

    Raises:
        UsageError: naming what is no count.

    Example:
        >>> parse_counts("0,64k,3.2M")
        (0, 64000, 3200000)
    """
    from mdlbench.units import parse_size

    try:
        return tuple(sorted({parse_size(part) for part in re.split(r"\s*,\s*", text.strip()) if part}))
    except ValueError:
        raise UsageError(f"{text!r} is no list of token counts; write for example 0,64k,3.2M") from None


def _differences(ours: _Settings, theirs: _Settings, prefix: str) -> Iterator[str]:
    for part in fields(ours):
        one, other = getattr(ours, part.name), getattr(theirs, part.name)
        if hasattr(one, "__dataclass_fields__"):
            yield from _differences(one, other, f"{prefix}{part.name}.")
        elif one != other:
            yield f"{prefix}{part.name} {_words(one)}, not {_words(other)}"


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _choose(what: str, given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise UsageError(f"{what}={given}; choose from {', '.join(choices)}")


def _at_least(what: str, given: int, least: int) -> None:
    if given < least:
        raise UsageError(f"{what}={given}; it is at least {least}")
