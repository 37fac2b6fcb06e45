"""Settings that go by a name: those of the published belief-geometry runs, and those that reach the Bayes floor in minutes."""

from dataclasses import replace

from mdlbench.errors import UsageError
from mdlbench.training.config import Architecture, Optimiser, Source, TrainingConfig, default_checkpoints

_ANY = Source(process="mess3", symbols=3)  # replaced by what is learnt

PRESETS = {
    # Shai et al. 2024 (arXiv 2405.15943): one head of width 8, ReLU, every matrix normal with TransformerLens's 0.8 / sqrt(64),
    # plain SGD, about a million updates. Here the read-out has no bias of its own: the final norm's stands for it.
    "paper": TrainingConfig(
        _ANY,
        Architecture(context=10, layers=4, width=64, heads=1, head_width=8, activation="relu", init=0.1),
        Optimiser("sgd", learning_rate=0.01, momentum=0.0, warmup=0, schedule="constant"),
        batch_size=64,
        tokens=639_600_000,
        preset="paper",
    ),
    "fast": TrainingConfig(
        _ANY,
        Architecture(context=10, layers=4, width=64, heads=4, activation="relu"),
        Optimiser("adamw", learning_rate=3e-3, warmup=100, schedule="cosine"),
        batch_size=128,
        tokens=2_560_000,
        preset="fast",
    ),
    # For bytes of files: no published counterpart.
    "bytes": TrainingConfig(
        Source(paths=("-",)),
        Architecture(context=128, layers=4, width=128, heads=4, activation="gelu_pytorch_tanh"),
        Optimiser("adamw", learning_rate=2e-3, warmup=100, schedule="cosine", clip=1.0),
        batch_size=16,
        tokens=4_000_000,
        preset="bytes",
    ),
}


def preset(name: str, source: Source, tokens: int | None = None) -> TrainingConfig:
    """The settings of this name for a source, with the default checkpoints.

    Args:
        tokens: in place of the preset's number.

    Raises:
        UsageError: there is no such preset.
    """
    if name not in PRESETS:
        raise UsageError(f"no preset {name!r}; there are: {', '.join(PRESETS)}")
    found = PRESETS[name]
    tokens = found.tokens if tokens is None else tokens
    return replace(found, source=source, tokens=tokens, checkpoints=default_checkpoints(tokens))
