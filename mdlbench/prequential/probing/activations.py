"""A network's activations at the tokens of a text, layer by layer, as transformers gives them.

Layer 0 is the embedding (GPT-2's with that of the position), layer i the residual stream after block i, the last one after the
final norm too. A token sees those before it in its window; windows follow each other without overlap, each behind the start
token if the model has one. A few windows are run at a time, and only the layers asked for are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.errors import NetworkError, UsageError
from mdlbench.text import first_line
from mdlbench.units import parse_whole

_TOGETHER = 2048  # tokens in one pass, about
_LONGEST = 32  # bytes a token, on average, beyond which a text is not read for so many tokens


@dataclass(frozen=True, eq=False)
class Tokenised:
    """The first tokens of a text.

    Attributes:
        tokens: int64 (n,).
        last: where in `data` the last byte of each lies, int64 (n,); -1 for a token that has no byte of its own.
        data: the text as far as they go, and one byte more if there is one.
        covered: bytes as far as they go.
    """

    tokens: np.ndarray
    last: np.ndarray
    data: bytes
    covered: int


def bytes_for(n: int) -> int:
    """How much of a text is enough for its first n tokens."""
    return _LONGEST * n


def first_tokens(tokeniser: Any, data: bytes, n: int) -> Tokenised:
    """The first n tokens of a text, or all.

    Args:
        tokeniser: a `tokens.Tokens`.

    Raises:
        UsageError: there are none.
    """
    symbols = tokeniser.encode(data)
    sizes = tokeniser.sizes(symbols)
    if not len(sizes):
        raise UsageError("the text has no tokens; give one that is not empty")
    raw = np.zeros(len(sizes) + 1, np.int64)
    np.add.at(
        raw, np.cumsum([span.n_tokens for span in symbols.raw_spans], dtype=np.int64), [len(s.raw) for s in symbols.raw_spans]
    )
    ends = (np.cumsum(sizes) + np.cumsum(raw)[:-1])[:n]
    covered = int(ends[-1])
    return Tokenised(symbols.tokens[:n], np.where(sizes[:n] > 0, ends - 1, -1), data[: covered + 1], covered)


def parse_layers(text: str) -> tuple[int, ...] | None:
    """Read `all` (None) or numbers such as `0,6,12`; the embedding, 0, is always among them.

    Raises:
        UsageError: it is neither.

    Example:
        >>> parse_layers("6,12")
        (0, 6, 12)
    """
    if text == "all":
        return None
    try:
        found = tuple(sorted({0, *(parse_whole(part.strip()) for part in text.split(","))}))
    except ValueError:
        found = (-1,)
    if found[0] < 0:
        raise UsageError(f"--layers {text}: write all, or numbers from 0 (the embedding) on, such as 0,6,12")
    return found


def layers_of(network: Any, wanted: tuple[int, ...] | None) -> tuple[int, ...]:
    """The layers to read; `wanted` None for all.

    Raises:
        UsageError: the network has no such layer.
    """
    last = int(network.config.get_text_config(decoder=True).num_hidden_layers)
    if wanted is None:
        return tuple(range(last + 1))
    if wanted[-1] > last:
        raise UsageError(f"--layers {wanted[-1]}: the model has layers 0 (the embedding) to {last}")
    return wanted


def untrained_like(network: Any, seed: int = 0) -> Any:
    """A network of the same shape with the weights that its training may have begun from."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return type(network)(network.config).eval().to(next(network.parameters()).device)


def read_layers(network: Any, tokens: np.ndarray, layers: Sequence[int], context: int, start: int | None) -> np.ndarray:
    """Activations at each token and layer, float32 (n, layers, d).

    Args:
        network: a causal language model of transformers, in evaluation mode.
        context: tokens of a window, the start token included.
        start: the token before each window, if any.

    Raises:
        NetworkError: the network fails, or shows no hidden states.
    """
    import torch

    stride = context - (start is not None)
    device, found = next(network.parameters()).device, None
    for begin, end, width in _passes(len(tokens), stride, max(1, _TOGETHER // context)):
        inputs = torch.from_numpy(tokens[begin:end].reshape(-1, width)).to(device)
        if start is not None:
            inputs = torch.cat([inputs.new_full((len(inputs), 1), start), inputs], dim=1)
        hidden = _hidden_states(network, inputs)
        kept = torch.stack([hidden[layer][:, -width:].float() for layer in layers], dim=2).cpu().numpy()
        if found is None:
            found = np.empty((len(tokens), *kept.shape[2:]), np.float32)
        found[begin:end] = kept.reshape(-1, *kept.shape[2:])
    assert found is not None, "there is a token"
    return found


def _passes(n: int, stride: int, batch: int) -> list[tuple[int, int, int]]:
    """(begin, end, width) of the tokens of each pass: whole windows together, what is left by itself."""
    whole = n - n % stride
    found = [(at, min(at + batch * stride, whole), stride) for at in range(0, whole, batch * stride)]
    return found + ([(whole, n, n - whole)] if whole < n else [])


def _hidden_states(network: Any, inputs: Any) -> Any:
    import torch

    try:
        with torch.inference_mode():
            found = network.base_model(input_ids=inputs, output_hidden_states=True, use_cache=False).hidden_states
    except Exception as error:  # the network's code is not ours
        raise NetworkError(f"{type(network).__name__} fails on {inputs.shape[1]} tokens ({first_line(error)})") from error
    if not found:
        raise NetworkError(f"{type(network).__name__} shows no hidden states; GPT-2, Llama and their like can be probed")
    return found
