"""What an `hf:` model's integer counts depend on: the settings of its environment are changed one by one and measured.

A difference here is no defect: it is why the container records the environment and refuses another.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from mdlbench.models.base import Check
from mdlbench.models.hf.environment import fixed_arithmetic
from mdlbench.models.hf.predictor import CausalPredictor
from mdlbench.numerics.frequencies import Frequencies

TOKENS = 256  # compared, at most


def examine(predictor: CausalPredictor, tokens: np.ndarray, threads: int, load_network: Callable[[str], Any]) -> list[Check]:
    """Compare the counts of the first tokens under one changed setting after the other.

    Args:
        threads: those that the model runs on.
        load_network: the predictor's network again, on the device named.
    """
    tokens, everyone = tokens[:TOKENS], os.cpu_count() or 1
    usual = _stepwise(predictor, tokens, threads)
    checks = []

    def compare(what: str, other: Any, possible: bool = True, why_not: str = "") -> None:
        checks.append(_check(what, usual, other(), tokens) if possible else Check(what, None, why_not))

    other_batch = 1 if predictor.batch_size > 1 else 8
    compare(
        f"batch {other_batch} against {predictor.batch_size}",
        lambda: _stepwise(predictor.with_batch_size(other_batch), tokens, threads),
    )
    last = predictor.batch_size - 1
    compare(f"row 0 against row {last}", lambda: _stepwise(predictor, tokens, threads, last), last > 0, "one row")
    company = np.roll(tokens, 1)
    compare("alone against in company", lambda: _stepwise(predictor, tokens, threads, others=company), last > 0, "one row")
    other_threads = everyone if everyone != threads else 1
    compare(
        f"{other_threads} threads against {threads}",
        lambda: _stepwise(predictor, tokens, other_threads),
        other_threads != threads,
        "one processor",
    )
    compare("parallel against stepwise", lambda: _parallel(predictor, tokens, threads))
    elsewhere = "cpu" if predictor.device.type == "cuda" else "cuda"
    compare(
        "CPU against GPU",
        lambda: _stepwise(predictor.with_network(load_network(elsewhere)), tokens, threads),
        torch.cuda.is_available(),
        "no CUDA device",
    )
    return checks


def _stepwise(
    predictor: CausalPredictor, tokens: np.ndarray, threads: int, row: int = 0, others: np.ndarray | None = None
) -> torch.Tensor:
    """Logits (n, V) of a stream in row `row` of a batch whose other rows hold `others`, or zeros."""
    rows = []
    with fixed_arithmetic(threads):
        predictor.reset(predictor.batch_size)
        for at, token in enumerate(tokens):
            rows.append(predictor.logits[row].cpu())
            symbols = np.full(predictor.batch_size, 0 if others is None else others[at], dtype=np.int64)
            symbols[row] = token
            predictor.update(symbols)
    return torch.stack(rows) if rows else torch.zeros((0, predictor.alphabet_size))


def _parallel(predictor: CausalPredictor, tokens: np.ndarray, threads: int) -> torch.Tensor:
    with fixed_arithmetic(threads):
        rows = [logits.cpu() for logits, _ in predictor.parallel(tokens)]
    return torch.cat(rows) if rows else torch.zeros((0, predictor.alphabet_size))


def _check(what: str, usual: torch.Tensor, other: torch.Tensor, tokens: np.ndarray) -> Check:
    if not len(tokens):
        return Check(what, None, "no tokens in this block")
    differing = sum(not np.array_equal(_counts(usual[at], token), _counts(other[at], token)) for at, token in enumerate(tokens))
    largest = float((usual.double() - other.double()).abs().max())
    detail = f"{differing:,} of {len(tokens):,} rows of integer counts differ; largest |Δlogit| {largest:.1e}"
    return Check(what, differing == 0, detail)


def _counts(logits: torch.Tensor, token: int) -> np.ndarray:
    """The cumulative counts that a decoder reads on its way to `token`."""
    frequencies = Frequencies.from_logits(logits[None])
    rows = [frequencies.row(0)]
    if frequencies.levels == 2:
        rows.append(frequencies.row(0, int(token) // frequencies.width))
    return np.concatenate(rows)
