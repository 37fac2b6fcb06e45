"""N-gram features connected straight to the output: each context of the last 1 .. k symbols has a row of logits of its own.

A maximum-entropy model trained together with the network (T. Mikolov, A. Deoras, D. Povey, L. Burget, J. Černocký, "Strategies
for training large scale neural network language models", ASRU 2011): what a network needs thousands of updates for, a row
learns when it is seen twice. Contexts are hashed into one table; rows that meet share their logits.
"""

import numpy as np
import torch
from torch.nn.functional import embedding_bag

_ODD = 0x9E3779B97F4A7C15  # 2**64 / golden ratio, odd: its powers spread what is added (Knuth, TAOCP 3, 6.4)


class NgramFeatures:
    """Features of orders 1 .. `orders` of every stream; none if `orders` is 0.

    Args:
        table_bits: the table has 2 to this many rows, all of them zero.
        rate: step size; of a row met n times before it is rate / sqrt(n + 1), and of one met m times in a chunk
            rate * sqrt(n + 1) / (n + m) each time.
    """

    def __init__(self, orders: int, table_bits: int, rate: float, n_streams: int, alphabet_size: int) -> None:
        self._orders, self._rate = orders, rate
        rows = 1 << table_bits if orders else 1
        self._table, self._times = torch.zeros((rows, alphabet_size)), torch.zeros(rows)
        self._shift = np.uint64(64 - table_bits)
        self._powers = np.array([pow(_ODD, power, 1 << 64) for power in range(1, orders + 1)], np.uint64)
        self._history = np.zeros((n_streams, orders), np.uint64)  # symbol + 1, oldest first; 0 before the first
        self._place = self._history  # the same, within a chunk

    def next_logits(self) -> torch.Tensor:
        """For the next symbol of every stream, float32 (streams, alphabet)."""
        return self.logits(self._rows(self._place[:, None]))[:, 0]

    def observe(self, symbols: torch.Tensor) -> None:
        """The symbols that came, int64 (streams,)."""
        self._place = np.concatenate([self._place, _shifted(symbols)[:, None]], axis=1)[:, 1:]

    def contexts(self, chunk: torch.Tensor) -> torch.Tensor:
        """The rows behind each symbol of a chunk (streams, n): int64 (streams, n, orders)."""
        if not self._orders:
            return torch.zeros((*chunk.shape, 0), dtype=torch.int64)
        known = np.concatenate([self._history, _shifted(chunk)], axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(known, self._orders, axis=1)
        self._history = self._place = known[:, -self._orders :]
        return self._rows(windows[:, :-1])

    def logits(self, contexts: torch.Tensor) -> torch.Tensor:
        """The sum of the rows of each context, float32 (streams, n, alphabet)."""
        if not self._orders:
            return torch.zeros((1, 1, 1))
        return embedding_bag(contexts.flatten(0, 1), self._table, mode="sum").unflatten(0, contexts.shape[:2])

    def learn(self, contexts: torch.Tensor, logits: torch.Tensor, chunk: torch.Tensor) -> None:
        """One step down the gradient of each symbol's own loss.

        Args:
            contexts: as `contexts` gave them.
            logits: the whole model's, float32 (streams, n, alphabet).
            chunk: int64 (streams, n), negative where a stream has ended.
        """
        if not self._orders:
            return
        there = chunk >= 0
        rows, targets = contexts[there], chunk[there]
        slope = torch.softmax(logits[there], dim=-1)
        slope[torch.arange(len(targets)), targets] -= 1.0
        before = self._times[rows] + 1
        self._times.index_add_(0, rows.flatten(), torch.ones(rows.numel()))
        step = self._rate * before.sqrt() / self._times[rows]
        self._table.index_add_(0, rows.flatten(), (-step[:, :, None] * slope[:, None, :]).flatten(0, 1))

    def _rows(self, windows: np.ndarray) -> torch.Tensor:
        """The row of each order's context: uint64 (streams, n, orders), oldest first -> int64, the shortest context first."""
        mixed = np.cumsum(windows[..., ::-1] * self._powers, axis=-1, dtype=np.uint64) + self._powers
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(_ODD)
        return torch.from_numpy((mixed >> self._shift).astype(np.int64))


def _shifted(symbols: torch.Tensor) -> np.ndarray:
    return (symbols.numpy() + 1).clip(0).astype(np.uint64)
