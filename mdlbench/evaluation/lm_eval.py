"""What lm-evaluation-harness says of a text, beside its code length, and where the difference comes from.

    harness = compare(data, load_model("hf:./gpt2"))
    harness.bits_per_byte + sum of its lines, in bits per byte = ideal bits per byte of the file

Each line changes one thing on the way from the harness's figure to ours and measures it, so the lines sum to the difference.
Its metrics are those of `lm_eval`'s perplexity tasks, one document a file; its words are what `re.split(r"\\s+", text)` gives.
"""

import io
import math
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from mdlbench.codec import Progress, batches_of, no_progress
from mdlbench.errors import UsageError
from mdlbench.evaluation.by_file import Evaluation, evaluate
from mdlbench.evaluation.result import Comparison, Line
from mdlbench.models import ModelLike, as_model
from mdlbench.units import bits_per_byte, bits_to_nats, ratio

if TYPE_CHECKING:
    from mdlbench.models.hf import HuggingFace


def compare(
    data: bytes, model: ModelLike, *, block_size: int | None = None, progress: Progress = no_progress
) -> tuple[Comparison, Evaluation]:
    """The harness's figures for a text and our evaluation of it.

    Args:
        data: UTF-8.
        model: an `hf:` model; the harness runs no others.

    Raises:
        UsageError: another model, or bytes that are not text.
    """
    from mdlbench.models.hf import HuggingFace

    model = as_model(model)
    if not isinstance(model, HuggingFace):
        raise UsageError(f"--compat lm-eval: lm-evaluation-harness runs hf: models, not {model.name}")
    text = _text(data)
    found = evaluate(io.BytesIO(data), model, block_size=block_size, progress=progress)
    return _Steps(model, data, text, found).comparison(), found


class _Steps:
    """From the harness's figure to ours, one change at a time; a step that changes nothing is not computed."""

    def __init__(self, model: "HuggingFace", data: bytes, text: str, found: Evaluation) -> None:
        from mdlbench.models.hf import rolling

        self._model, self._data, self._text, self._found, self._rolling = model, data, text, found, rolling
        self._prefix, self._max_length = rolling.prefix_token(model), rolling.max_length(model)
        self._tokens = rolling.harness_tokens(model, text)

    def comparison(self) -> Comparison:
        first = self._rolling.rolling_bits(self._model, self._tokens, self._prefix, self._max_length)
        totals = [("", first.as_is), (f"{self._model.dtype} rounding of its sums and logarithms", first.exact)]
        totals.append(("probability of outputs that are no token of the tokenizer", first.alphabet))
        totals += self._after(first.alphabet)
        bits, nats, size, words = first.as_is, bits_to_nats(first.as_is), len(self._data), len(re.split(r"\s+", self._text))
        changes = [(what, after - before) for (_, before), (what, after) in pairwise(totals)]
        return Comparison(
            word_perplexity=_exp(ratio(nats, words)),
            byte_perplexity=_exp(ratio(nats, size)),
            bits_per_byte=bits_per_byte(bits, size),
            loglikelihood=-nats,
            words=words,
            bytes=size,
            tokens=len(self._tokens),
            max_length=self._max_length,
            prefix_token=self._named_prefix,
            bits=bits,
            gap=tuple(Line(what, change, bits_per_byte(change, size)) for what, change in changes),
            notes=tuple(self._notes()),
        )

    def _after(self, bits: float) -> Iterator[tuple[str, float]]:
        """Each further change, and the bits once it is made."""
        plain = self._rolling.plain_tokens(self._model, self._text)
        if plain != self._tokens:
            bits = self._bits(plain, self._prefix)
        yield "special tokens that its tokenizer adds to the text or reads out of it", bits
        if self._parts([self._data]) != [(plain, 0.0)]:
            bits = self._sum([self._data], self._prefix)
        yield "text that its tokens do not give back, kept as raw bytes", bits
        size = self._found.policy["block_size"]
        blocks = [block for batch in batches_of(io.BytesIO(self._data), size, 1) for block in batch.blocks]
        if len(blocks) > 1:
            bits = self._sum(blocks, self._prefix)
        yield f"blocks of {size:,} bytes that decode apart: {max(1, len(blocks)):,}", bits
        start = self._model.window.start
        if start != self._prefix:
            bits = self._sum(blocks, start)
        policy = self._found.policy
        yield f"before the first token: bos {policy['bos']} for its {self._named_prefix}", bits
        yield (
            f"windows: {policy['context']}, {policy['overlap']} seen again; its: {self._max_length}, 1",
            self._found.ideal_bits,
        )

    @property
    def _named_prefix(self) -> str:
        return self._rolling.name_of(self._model, self._prefix)

    def _notes(self) -> Iterator[str]:
        own = self._rolling.checkpoint_dtype(self._model)
        if own != self._model.dtype:
            yield f"dtype={self._model.dtype} here; lm-eval takes the checkpoint's {own} unless its --model_args say otherwise"
        if self._model.options.context:
            yield f"give lm-eval max_length={self._max_length} for the same windows"
        if self._model.options.bos not in ("auto", "none"):
            yield f"give lm-eval prefix_token_id={self._prefix} for the same start"

    def _parts(self, blocks: list[bytes]) -> list[tuple[list[int], float]]:
        """Tokens of each block, and the bits of its raw spans."""
        from mdlbench.models.fallback import encode_spans

        symbols = map(self._model.tokens.encode, blocks)
        return [(one.tokens.tolist(), float(encode_spans(one.raw_spans).ideal.sum())) for one in symbols]

    def _sum(self, blocks: list[bytes], prefix: int | None) -> float:
        return sum(self._bits(tokens, prefix) + raw for tokens, raw in self._parts(blocks))

    def _bits(self, tokens: list[int], prefix: int | None) -> float:
        """Rolling bits; without a prefix the first token is uniform, and stands before the others."""
        uniform = 0.0
        if prefix is None:
            if not tokens:
                return 0.0
            uniform, prefix, tokens = math.log2(self._model.tokens.alphabet_size), tokens[0], tokens[1:]
        return uniform + self._rolling.rolling_bits(self._model, tokens, prefix, self._max_length).alphabet


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        ends = error.start + 3 >= len(data) and error.reason == "unexpected end of data"
        remedy = f"--limit {error.start} ends with a whole one" if ends else "leave --compat out for files that are not text"
        raise UsageError(
            f"--compat lm-eval: lm-evaluation-harness reads text, and byte {error.start} begins no UTF-8 character; {remedy}"
        ) from None


def _exp(nats: float | None) -> float | None:
    return None if nats is None or nats > 700 else math.exp(nats)
