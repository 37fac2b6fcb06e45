"""The log-likelihood of a text as lm-evaluation-harness takes it for its perplexity tasks, from a model of ours.

    tokens a b c d e f g, max_length 4, prefix <s>:   <s> a b c -> a b c d      then      c d e f -> e f g

Windows are disjoint in what they predict; the first sees the prefix token, each further one as many tokens before its own as
fill it up to `max_length`: one where the window is full, more for the last. Follows `HFLM.loglikelihood_rolling` of lm_eval
0.4.13 (get_rolling_token_windows with context_len 1, make_disjoint_window), against which the tests hold it.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from mdlbench.errors import UsageError
from mdlbench.units import nats_to_bits

if TYPE_CHECKING:
    from mdlbench.models.hf import HuggingFace

_DEFAULT_MAX_LENGTH = 2048
_UNSET_LENGTH = int(1e30)  # how tokenizers say that they have no limit
_ROWS = 64  # distributions in float64 at a time


class RollingBits(NamedTuple):
    """The code length of tokens under rolling windows, in bits, in three ways.

    Attributes:
        as_is: from log-softmax and sums in the type of the logits, as the harness does.
        exact: the same in float64.
        alphabet: and over the tokens that the tokenizer has only, not the rows that pad the model's output.
    """

    as_is: float
    exact: float
    alphabet: float


def windows(tokens: Sequence[int], prefix: int, max_length: int) -> Iterator[tuple[list[int], int]]:
    """Inputs of each window, and how many tokens its last predictions are for."""
    fed = [prefix, *tokens[:-1]]
    for start in range(0, len(tokens), max_length):
        end = min(len(tokens), start + max_length)
        yield fed[max(0, end - max_length) : end], end - start


def rolling_bits(model: "HuggingFace", tokens: Sequence[int], prefix: int, max_length: int) -> RollingBits:
    """Code length of `tokens`, the first predicted from `prefix`."""
    sums = [0.0, 0.0, 0.0]
    done = 0
    with model.arithmetic():
        for inputs, scored in windows(tokens, prefix, max_length):
            logits = model.predictor.forward(inputs)[-scored:]
            targets = torch.tensor(tokens[done : done + scored], device=logits.device)[:, None]
            done += scored
            sums[0] -= float(torch.log_softmax(logits, dim=-1).gather(1, targets).sum())
            for rows, chosen in zip(logits.split(_ROWS), targets.split(_ROWS), strict=True):
                exact = rows.double()
                own = exact.gather(1, chosen)[:, 0]
                for at, row in enumerate((exact, exact[:, : model.tokens.alphabet_size]), 1):
                    sums[at] += float((torch.logsumexp(row, dim=1) - own).sum())
    return RollingBits(*map(nats_to_bits, sums))


def harness_tokens(model: "HuggingFace", text: str) -> list[int]:
    """What the harness would make of a text: with whatever special tokens the tokenizer adds or reads out of it.

    Raises:
        UsageError: the model has no row for one of them.
    """
    tokenizer = _tokenizer(model)
    starts = text.startswith(tokenizer.decode(prefix_token(model)))
    tokens = tokenizer.encode(text, **({"add_special_tokens": False} if starts else {}), verbose=False)
    if max(tokens, default=0) >= model.tokens.alphabet_size:
        raise UsageError(
            f"hf:{model.argument}: lm-evaluation-harness gets token {max(tokens)} from the tokenizer, and the model knows only "
            f"{model.tokens.alphabet_size}: it has no figure for this text"
        )
    return tokens


def plain_tokens(model: "HuggingFace", text: str) -> list[int]:
    """The text's tokens, none of them special if the tokenizer can help it."""
    return _tokenizer(model)(text, add_special_tokens=False, split_special_tokens=True, verbose=False)["input_ids"]


def prefix_token(model: "HuggingFace") -> int:
    """The harness's prefix: the token that the spec names, else BOS, else EOS."""
    tokenizer, named = _tokenizer(model), model.options.bos
    if named not in ("auto", "none") and model.window.start is not None:
        return model.window.start
    token = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    if token is None:
        raise UsageError(
            f"hf:{model.argument}: lm-evaluation-harness needs a BOS or EOS token and the tokenizer has none; "
            "name one with bos="
        )
    return token


def max_length(model: "HuggingFace") -> int:
    """The harness's longest window: the spec's context, else what the model's settings say, else the tokenizer, else 2048."""
    if model.options.context:
        return model.options.context
    for name in ("n_positions", "max_position_embeddings", "n_ctx"):
        if (length := getattr(model._settings, name, None)) is not None and length > 0:  # -1 and 0: no limit
            return int(length)
    length = _tokenizer(model).model_max_length
    return _DEFAULT_MAX_LENGTH if length is None or length >= _UNSET_LENGTH else int(length)


def name_of(model: "HuggingFace", token: int) -> str:
    """How the vocabulary spells a token."""
    return _tokenizer(model).convert_ids_to_tokens(token)


def checkpoint_dtype(model: "HuggingFace") -> str:
    """The type of the weights as published, which the harness takes by default."""
    return str(getattr(model._settings, "dtype", None) or "float32").removeprefix("torch.")


def _tokenizer(model: "HuggingFace") -> Any:
    if model._has_alphabet:
        raise UsageError(f"hf:{model.argument} reads symbols, not text: lm-evaluation-harness cannot evaluate it")
    return model._tokenizer
