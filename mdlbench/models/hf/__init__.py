"""`hf:`, any causal language model that transformers loads, as a lossless compressor.

Blocks are coded step by step, `batch_size` at a time (`models.lockstep`): each sees the very same kernels whatever is beside
it. Code length comes from the parallel pass over whole windows. Importing this module imports neither torch nor transformers.
"""

import re
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdlbench.errors import SpecError
from mdlbench.models.base import Alternative, Check, Description, Measured
from mdlbench.models.decoders import Decoder, Unknown
from mdlbench.models.fallback import encode_spans
from mdlbench.models.hf.environment import describe, fixed_arithmetic, pick_device
from mdlbench.models.hf.loading import (
    check_installed,
    count_parameters,
    find_folder,
    folder_digest,
    import_transformers,
    load_network,
    load_settings,
    load_tokenizer,
    weight_files,
)
from mdlbench.models.lockstep import PredictorModel
from mdlbench.models.spec import option
from mdlbench.models.streams import stream_intervals
from mdlbench.numerics.frequencies import Frequencies, quantised_bits
from mdlbench.progress import each, watch
from mdlbench.tokens import HuggingFaceTokens, Symbols, SymbolTokens, Tokens
from mdlbench.tokens.symbols import FILE_NAME as ALPHABET
from mdlbench.units import BITS_PER_NAT

if TYPE_CHECKING:
    from mdlbench.models.hf.predictor import CausalPredictor, Window

LONGEST_DEFAULT_CONTEXT = 2048
_CACHE_BYTES = {"cpu": 1 << 30, "cuda": 4 << 30}  # keys and values of all streams together, for batch_size=auto
_STEPS_TIMED = 8
_MOST_STREAMS = {"cpu": 8, "cuda": 64}
_ROWS_MEET = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "quantization_config")

_COUNT_BEYOND_PADDING = {  # their first position is the padding token's number, plus 1
    *("roberta", "roberta-prelayernorm", "camembert", "xlm-roberta", "xlm-roberta-xl", "xmod", "data2vec-text")
}


@dataclass(frozen=True)
class HuggingFaceOptions:
    """How the model is run. The first four shape its probabilities."""

    context: int | None = option(None, "most tokens a prediction sees (default: what the model allows, up to 2048)")
    overlap: int | None = option(None, "tokens fed again when the context is full (default: half of context)")
    dtype: str = option("float32", "of the weights", choices=("float32", "bfloat16", "float16", "auto"))
    bos: str = option("auto", "token before the first: auto (BOS, else EOS, else none), none, a token or its number")
    device: str = option("auto", "where it runs", choices=("auto", "cpu", "cuda"))
    batch_size: str = option("auto", "streams in step; auto: by the size of the model and the device")
    threads: int = option(1, "CPU threads; decoding uses as many as encoding")
    revision: str | None = option(None, "branch, tag or commit on the hub")
    trust_remote_code: bool = option(False, "run code that the repository ships")

    def __post_init__(self) -> None:
        if self.batch_size != "auto" and not re.fullmatch("[1-9][0-9]{0,3}", self.batch_size):
            raise ValueError(f"batch_size={self.batch_size}: write auto or 1 to 9999")
        if not 1 <= self.threads <= 1024:
            raise ValueError(f"threads={self.threads}: write 1 to 1024")
        if (self.context is not None and self.context < 1) or (self.overlap is not None and self.overlap < 0):
            raise ValueError("context is at least 1, overlap at least 0")


class HuggingFace(PredictorModel):
    """A causal language model with its tokenizer, from a local folder or the hub."""

    takes_argument = True
    name = "hf"
    block_size = 64 << 10
    Options = HuggingFaceOptions

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        super().__init__(argument, options, revision)
        import_transformers()
        trusted = self.options.trust_remote_code
        self.folder: Path = find_folder(argument, self.options.revision, trusted)
        self._settings = load_settings(argument, self.folder, trusted)
        self.device, self.threads = pick_device(self.options.device), self.options.threads
        self.dtype = self.options.dtype
        if self.dtype == "auto":
            self.dtype = str(getattr(self._settings, "dtype", None) or "float32").removeprefix("torch.")
        self.batch_size = self._batch_size()

    @classmethod
    def check(cls, argument: str, options: Any) -> None:
        check_installed()
        find_folder(argument, options.revision, options.trust_remote_code)

    def prepare(self) -> None:
        self.predictor  # noqa: B018  (loads the weights)

    def identity(self) -> dict[str, Any]:
        return {
            **folder_digest(self.folder, self.options.trust_remote_code),
            "tokenizer": self.tokens.digest.hex(),
            "dtype": self.dtype,
            **self.window._asdict(),
        }

    def environment(self) -> dict[str, str]:
        return {**describe(self.device), "threads": str(self.threads), "batch_size": str(self.batch_size)}

    def policy(self) -> dict[str, Any]:
        start = self.window.start
        named = "none (first token uniform)" if start is None else self._name_of(start)
        return {
            "context": f"{self.window.context} tokens",
            "overlap": f"{self.window.overlap} tokens",
            "bos": named,
            "tokenizer": self.tokens.digest.hex(),
        }

    def decoder(self) -> Decoder:
        trusted = self.options.trust_remote_code and any(self.folder.glob("*.py"))
        return Unknown("it runs code that its folder ships") if trusted else super().decoder()

    def description(self) -> Description:
        weights = sum(path.stat().st_size for path in weight_files(self.folder))
        return replace(super().description(), weights=weights, weights_16bit=2 * count_parameters(self.folder))

    def arithmetic(self) -> AbstractContextManager[None]:
        return fixed_arithmetic(self.threads)

    def symbol_bits(self, batch: Sequence[Symbols], *, quantised: bool) -> list[Measured]:
        """Of each token, from the parallel pass."""
        return [
            self._parallel_bits(symbols, self.window, quantised) for symbols in each(batch, size=lambda one: len(one.tokens))
        ]

    def work_beside(self, symbols: Symbols) -> float:
        length = len(symbols.tokens)
        return self._finer.work(length) / self.window.work(length) if length > self.window.context else 0.0

    def figures_beside(self, symbols: Symbols, ideal: np.ndarray) -> dict[str, float]:
        """Bits of the byte fallback; and of context resets: what restarts twice as often, with half the stride, would save.

        The second costs another parallel pass, but nothing where the block is no longer than the context.
        """
        resets = 0.0
        if len(symbols.tokens) > self.window.context:
            resets = float(ideal.sum() - self._parallel_bits(symbols, self._finer).ideal.sum())
        return {"byte_fallback_bits": float(encode_spans(symbols.raw_spans).ideal.sum()), "context_reset_bits": resets}

    def alternatives(self, block: bytes, count: int) -> list[tuple[Alternative, ...]]:
        from mdlbench.models.hf.alternatives import likeliest

        with self.arithmetic():
            return likeliest(self.predictor, self.tokens, self.tokens.encode(block), count)

    def seconds(self, sample: bytes, n_bytes: int, block_size: int, *, coding: bool) -> float | None:
        """From a few steps, or from a window in one pass; later steps of a long context take longer."""
        tokens = self.tokens.encode(sample).tokens
        if not len(tokens):
            return None
        in_block = len(tokens) / len(sample) * min(n_bytes, block_size)
        blocks = -(-n_bytes // block_size)
        window = self.window._replace(overlap=min(self.window.overlap, max(self.window.context - 2, 0)))
        with self.arithmetic():  # once for what is made once, the weights first of all; then timed
            if coding:
                stream_intervals(self.predictor, [tokens[:1]] * self.batch_size)
                began = time.perf_counter()
                steps = stream_intervals(self.predictor, [tokens[:_STEPS_TIMED]] * self.batch_size)[0]
                return (time.perf_counter() - began) / len(steps.ideal) * in_block * -(-blocks // self.batch_size)
            for fed in (_STEPS_TIMED, window.context):
                began = time.perf_counter()
                for _ in self.predictor.parallel(tokens[:fed]):
                    pass
            again = 1.0 if in_block <= window.context else window.context / (window.context - window.overlap)
            return (time.perf_counter() - began) / len(tokens[: window.context]) * in_block * again * blocks

    def doctor(self, block: bytes) -> list[Check]:
        """What the integer counts of `block`'s first tokens depend on, measured."""
        from mdlbench.models.hf.doctor import examine

        return examine(self.predictor, self.tokens.encode(block).tokens, self.threads, self.load_network)

    @cached_property
    def tokens(self) -> Tokens:
        """Bytes <-> tokens: by the folder's alphabet of symbols if it has one, else by its tokenizer."""
        known = getattr(self._settings, "vocab_size", None)
        if not self._has_alphabet:
            return HuggingFaceTokens(self._tokenizer, known)
        symbols = SymbolTokens.load(self.folder)
        if known is not None and symbols.alphabet_size > known:
            raise SpecError(
                f"hf:{self.argument}: {ALPHABET} has {symbols.alphabet_size} symbols, the model only {known}; "
                "take both from the same checkpoint"
            )
        return symbols

    @cached_property
    def predictor(self) -> "CausalPredictor":
        """What predicts, with its weights: loaded, and tried, when first asked for."""
        from mdlbench.models.hf.network import Network
        from mdlbench.models.hf.predictor import CausalPredictor
        from mdlbench.models.hf.trial import tried

        network = Network(self.load_network(self.device), f"hf:{self.argument}")
        with self.arithmetic():
            return tried(CausalPredictor(network, self.tokens.alphabet_size, self.window, self.batch_size), self.tokens.special)

    def load_network(self, device: str) -> Any:
        """The network on `device`, in the model's dtype."""
        return load_network(self.argument, self.folder, self.dtype, device, self.options.trust_remote_code)

    @cached_property
    def window(self) -> "Window":
        """The context policy in tokens; `SpecError` if the model cannot hold it."""
        from mdlbench.models.hf.predictor import Window

        context, limit = self._context, self._positions
        if limit is not None and context > limit:
            raise SpecError(f"hf:{self.argument}: context={context} is beyond the {limit} positions of the model")
        start = self._start_token()
        room = context - (start is not None)
        overlap = min(context // 2, room) if self.options.overlap is None else self.options.overlap
        if overlap > room:
            raise SpecError(f"hf:{self.argument}: overlap={overlap} leaves no room; at most {room} in context={context}")
        return Window(context, overlap, start)

    @property
    def _positions(self) -> int | None:
        """The most tokens that the settings allow in a window; None where they name no limit (absent, 0, or -1 as XLNet)."""
        limit = getattr(self._settings, "max_position_embeddings", None)
        if not isinstance(limit, int) or limit <= 0:
            return None
        counted_from = (self._settings.pad_token_id or 0) + 1 if self._settings.model_type in _COUNT_BEYOND_PADDING else 0
        return max(limit - counted_from, 1)

    @property
    def _context(self) -> int:
        return self.options.context or min(self._positions or LONGEST_DEFAULT_CONTEXT, LONGEST_DEFAULT_CONTEXT)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.argument, self.folder, self.options.trust_remote_code)

    @property
    def _has_alphabet(self) -> bool:
        return (self.folder / ALPHABET).is_file()

    def _name_of(self, token: int) -> str:
        return f"symbol {token}" if self._has_alphabet else self._tokenizer.convert_ids_to_tokens(token)

    def _start_token(self) -> int | None:
        wanted = self.options.bos
        if wanted == "none":
            return None
        if wanted == "auto":
            known = () if self._has_alphabet else (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id)
            return next((token for token in known if token is not None and token < self.tokens.alphabet_size), None)
        names = {} if self._has_alphabet else self._tokenizer.get_vocab()
        token = int(wanted) if wanted.isascii() and wanted.isdecimal() else names.get(wanted)
        if token is None or token >= self.tokens.alphabet_size:
            raise SpecError(f"hf:{self.argument}: bos={wanted}: no such token; write auto, none, a token or its number")
        return token

    def _batch_size(self) -> int:
        """Streams in step: a fixed rule, which knows neither -j nor how many blocks there are."""
        settings = self._settings
        mixing = next((name for name in _ROWS_MEET if getattr(settings, name, None)), None)
        if self.options.batch_size != "auto":
            if mixing and self.options.batch_size != "1":
                raise SpecError(
                    f"hf:{self.argument}: with {mixing}, the kernels of one stream depend on what is in the "
                    "others; give batch_size=1"
                )
            return int(self.options.batch_size)
        if mixing:
            return 1
        width = getattr(settings, "hidden_size", 1024) * (4 if self.dtype == "float32" else 2)
        heads = getattr(settings, "num_attention_heads", 1)
        shared = getattr(settings, "num_key_value_heads", None) or heads
        stream = 2 * width * shared // heads * getattr(settings, "num_hidden_layers", 32) * self._context
        fitting = max(1, min(_MOST_STREAMS[self.device], _CACHE_BYTES[self.device] // stream))
        return 1 << fitting.bit_length() - 1

    @property
    def _finer(self) -> "Window":
        """Windows that begin twice as often."""
        return self.window._replace(overlap=(self.window.overlap + self.window.context - 1) // 2)

    def _parallel_bits(self, symbols: Symbols, window: "Window", quantised: bool = False) -> Measured:
        import torch

        ideal, counted, done = [np.zeros(0)], [np.zeros(0)], [0]
        watch(done, len(symbols.tokens))
        with self.arithmetic():
            for logits, targets in self.predictor.parallel(symbols.tokens, window):
                self.predictor.check_finite(logits)
                done[0] += len(targets)
                for at in range(0, len(targets), 64):  # a few rows in float64 at a time
                    part, chosen = logits[at : at + 64], targets[at : at + 64]
                    rows = part.double()
                    index = torch.from_numpy(chosen).to(rows.device)[:, None]
                    nats = torch.logsumexp(rows, dim=1) - rows.gather(1, index)[:, 0]
                    ideal.append(nats.cpu().numpy() * BITS_PER_NAT)
                    if quantised:
                        counted.append(quantised_bits(Frequencies.from_logits(part).intervals(chosen)[1]).sum(axis=1))
        bits = np.concatenate(ideal)
        assert len(bits) == len(symbols.tokens), "every token is predicted once"
        return Measured(bits, np.concatenate(counted) if quantised else None)
