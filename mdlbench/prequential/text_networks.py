"""Networks over the symbols of a text: scored first, then trained on what was scored, in windows.

A window is `context` symbols, each predicted from those before it in its window and the one before that. Online, a step takes
the next `batch` windows: the loss that is recorded is the loss that the gradient is of, before the update. Block-wise, a
network is fitted to everything before the block, and then codes it.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mdlbench.models import load_model
from mdlbench.prequential.coding import Settings
from mdlbench.prequential.online import ReplayStreams
from mdlbench.prequential.schedules import boundaries
from mdlbench.prequential.store import Arrays
from mdlbench.prequential.text_learners import TextLearner
from mdlbench.training.config import Architecture, Optimiser
from mdlbench.units import nats_to_bits

_SCORED = 32  # windows scored together, block-wise


@dataclass
class _Trained:
    """A network, what its optimiser moves, and where its symbols come from.

    Attributes:
        start: the symbol fed before the first.
    """

    module: Any
    optimiser: Any
    context: int
    start: int
    visited: int = 0

    def losses(self, inputs: np.ndarray, targets: np.ndarray) -> Any:
        """In nats, a tensor (windows, length)."""
        import torch
        from torch.nn.functional import cross_entropy

        logits = self.module(input_ids=torch.from_numpy(inputs), use_cache=False).logits
        flat = cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(), torch.from_numpy(targets).reshape(-1), reduction="none"
        )
        return flat.reshape(targets.shape)

    def learn(self, losses: Any) -> None:
        """One step down the mean loss."""
        self.optimiser.zero_grad()
        losses.mean().backward()
        self.optimiser.step()
        self.visited += losses.numel()


def bits_of_network(data: bytes, learner: TextLearner, settings: Settings, seed: int) -> Arrays:
    """Bits of each byte under a network that begins from random weights."""
    from mdlbench.training.architectures import build_network

    options = learner.options
    shape = Architecture(learner.name, options.context, options.layers, options.width, options.heads)
    symbols = np.frombuffer(data, np.uint8).astype(np.int64)
    with _one_thread():
        fresh = _trainable(build_network(shape, 256, seed), options, 0)
        bits, visited = _coded(symbols, boundaries(settings.schedule, len(symbols)), fresh, options.epochs, settings, seed)
    return {"bits": bits, "visited": np.array(visited)}


def bits_of_tuned(data: bytes, learner: TextLearner, settings: Settings, seed: int) -> Arrays:
    """Bits of each byte under a language model of a folder that is fine-tuned on what was coded, without dropout.

    A token's bits are spread evenly over its bytes, those of raw bytes between tokens over all. Blocks end at tokens, and the
    first is coded by the folder's own weights.

    Raises:
        SpecError: the context is beyond what the model holds.
    """
    from mdlbench.models.fallback import encode_spans

    options = learner.options
    model: Any = load_model(f"hf:{learner.argument},context={options.context},device=cpu")
    symbols = model.tokens.encode(data)
    tokens, ends, start = symbols.tokens, np.cumsum(model.tokens.sizes(symbols)), model.window.start
    raw = float(encode_spans(symbols.raw_spans).ideal.sum())
    if not len(tokens):
        return {"bits": np.full(len(data), raw / len(data)), "visited": np.array(0)}
    with _one_thread():
        trained = _trainable(model.load_network("cpu"), options, int(tokens[0]) if start is None else start)
        epochs = 0 if options.tune == "frozen" else options.epochs
        blocks = _token_blocks(ends, boundaries(settings.schedule, len(data)))
        bits, visited = _coded(tokens, blocks, trained, epochs, settings, seed)
    if start is None:
        bits[0] = np.log2(model.tokens.alphabet_size)
    return {"bits": _per_byte(bits, ends, len(data), raw), "visited": np.array(visited)}


def _token_blocks(ends: np.ndarray, schedule: tuple[int, ...]) -> tuple[int, ...]:
    """Counts of tokens at which blocks end, from 0: with the token in which a block of bytes ends."""
    places = np.unique(np.searchsorted(ends, schedule, "left") + 1)
    return (0, *places[places < len(ends)].tolist(), len(ends))


def _per_byte(bits: np.ndarray, ends: np.ndarray, n_bytes: int, raw: float) -> np.ndarray:
    """A token's bits over its bytes, which end at `ends`, stretched over raw bytes between; float64 (n_bytes,)."""
    places = np.append(0, ends * (n_bytes / ends[-1]))
    sums = np.interp(np.arange(n_bytes + 1), places, np.append(0, np.cumsum(bits)))
    return np.diff(sums) + raw / n_bytes


def _trainable(module: Any, options: Any, start: int) -> _Trained:
    """The network with AdamW over what is to be trained."""
    from mdlbench.training.optimisers import build_optimiser

    if getattr(options, "tune", "all") == "last":
        head = {id(parameter) for parameter in module.get_output_embeddings().parameters()}
        for parameter in module.parameters():
            parameter.requires_grad = id(parameter) in head
    plan = Optimiser(learning_rate=options.rate, warmup=0, schedule="constant")
    return _Trained(module, build_optimiser(plan, module), options.context, start)


def _coded(
    symbols: np.ndarray, ends: tuple[int, ...], trained: _Trained, epochs: int, settings: Settings, seed: int
) -> tuple[np.ndarray, int]:
    """Bits of each symbol, float64 (n,), and how many symbols training saw."""
    if settings.mode == "online" or not epochs:
        replay = max(epochs - 1, 0) if settings.replay is None else settings.replay
        streams = ReplayStreams(replay if epochs else 0, np.random.default_rng([seed, 4]))
        return _online(symbols, trained, settings.batch, streams, learn=epochs > 0), trained.visited
    bits = np.full(len(symbols), np.log2(trained.module.config.vocab_size))
    visited, rng = 0, np.random.default_rng([seed, 3])
    first = None if settings.warm else trained
    for begin, end in pairwise(ends):
        going = trained if first is None else copy.deepcopy(first)
        _fit(symbols[:begin], going, epochs, settings.batch, rng)
        bits[begin:end] = _score(symbols, begin, end, going)
        visited += 0 if first is None else going.visited
    return bits, visited or trained.visited


def _windows(symbols: np.ndarray, begins: np.ndarray, length: int, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets (windows, length) of windows that begin at these places."""
    places = begins[:, None] + np.arange(length)
    return np.where(places > 0, symbols[places - 1], start), symbols[places]


def _online(symbols: np.ndarray, trained: _Trained, batch: int, streams: ReplayStreams, *, learn: bool) -> np.ndarray:
    """One pass; the last window is as short as the text leaves it."""
    import torch

    bits, steps = np.empty(len(symbols)), list(_steps(len(symbols), trained.context, batch))
    for now, (begins, length) in enumerate(steps):
        inputs, targets = _windows(symbols, begins, length, trained.start)
        with torch.set_grad_enabled(learn):
            losses = trained.losses(inputs, targets)
        bits[begins[0] : begins[-1] + length] = nats_to_bits(1.0) * losses.detach().double().numpy().reshape(-1)
        if not learn:
            continue
        trained.learn(losses)
        for place in streams.advance(now).tolist():
            old, size = steps[place]
            trained.learn(trained.losses(*_windows(symbols, old, size, trained.start)))
    return bits


def _steps(n: int, context: int, batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """Where the windows of each step begin, and their length; what is left at the end is a step of its own."""
    whole = n - n % context
    for begin in range(0, whole, batch * context):
        yield np.arange(begin, min(begin + batch * context, whole), context), context
    if whole < n:
        yield np.array([whole]), n - whole


def _fit(symbols: np.ndarray, trained: _Trained, epochs: int, batch: int, rng: np.random.Generator) -> None:
    """As many windows as `epochs` passes have, drawn at random places; nothing of nothing."""
    if not len(symbols):
        return
    length = min(trained.context, len(symbols))
    for _ in range(epochs * -(-len(symbols) // (batch * length))):
        begins = rng.integers(len(symbols) - length + 1, size=batch)
        trained.learn(trained.losses(*_windows(symbols, begins, length, trained.start)))


def _score(symbols: np.ndarray, begin: int, end: int, trained: _Trained) -> np.ndarray:
    """Bits of a block's symbols; the network learns nothing."""
    import torch

    found = []
    with torch.no_grad():
        for begins, length in _steps(end - begin, trained.context, _SCORED):
            losses = trained.losses(*_windows(symbols, begin + begins, length, trained.start))
            found.append(nats_to_bits(1.0) * losses.double().numpy().reshape(-1))
    return np.concatenate(found)


def _one_thread() -> Any:
    from mdlbench.training.loop import one_thread

    return one_thread()
