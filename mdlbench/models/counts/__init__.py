"""`kt` and `ngram`: the textbook's counting predictors over bytes, whose code lengths have closed forms.

    kt      p(s | c) = (n(c s) + alpha) / (n(c) + 256 alpha)                      c: the last `order` bytes
    ngram   p_k(s | c) = (n(c s) + t(c) p_{k-1}(s | c')) / (n(c) + t(c)),  p_{-1} = 1/256

n counts what was seen earlier in the same block, t(c) is how many different bytes followed c, c' is c without its oldest
byte; where n(c) = 0, p_k is p_{k-1}. A block begins in a context of zero bytes. Sources: `kt`: R. Krichevsky & V. Trofimov,
"The performance of universal encoding", IEEE Trans. Inf. Theory 27 (1981); with alpha = 1/2 a block under order 0 costs
at most (255/2) log2 n + O(1) bits more than its empirical entropy. `ngram`: interpolation by D. MacKay & L. Bauman Peto, "A
hierarchical Dirichlet language model", Nat. Lang. Eng. 1 (1995), with the concentration of T. Bell, J. Cleary & I. Witten,
"Text Compression" (1990), method C (Witten-Bell).

What it does not do: exclude, discount, or forget. The work is in `kernel.py`, which is imported (with numba) on first use.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdlbench.models.base import Alternative
from mdlbench.models.kernels import Step, StretchedModel
from mdlbench.models.spec import option

MAX_ORDER = 8


def _check_order(order: int) -> None:
    if not 0 <= order <= MAX_ORDER:
        raise ValueError(f"order is {order}; choose 0 to {MAX_ORDER}")


@dataclass(frozen=True)
class KrichevskyTrofimovOptions:
    """Options of `kt`."""

    order: int = option(0, f"bytes of context, 0 to {MAX_ORDER}")
    alpha: float = option(0.5, "count given to every symbol in advance (the Dirichlet parameter)")

    def __post_init__(self) -> None:
        _check_order(self.order)
        if not 2.0**-20 <= self.alpha <= 2.0**20:
            raise ValueError(f"alpha is {self.alpha}; choose between 2**-20 and 2**20")


@dataclass(frozen=True)
class NgramOptions:
    """Options of `ngram`."""

    order: int = option(4, f"bytes of the longest context, 0 to {MAX_ORDER}")

    def __post_init__(self) -> None:
        _check_order(self.order)


class _Counting:
    """One block's way through the kernel, as a `Step`: its tables, which grow when they are full."""

    def __init__(self, order: int, lowest: int, alpha: float, size: int) -> None:
        from mdlbench.models.counts import kernel

        self._tables, self._grow = kernel.new_tables(order, size), kernel.grow
        self._model: tuple[float, ...]
        if alpha > 0 and order <= kernel.DENSE:
            self._run, self._model = kernel.run_page, (order, alpha)  # the same numbers, faster
        else:
            self._run, self._model = kernel.run, (order, lowest, alpha)

    def __call__(self, mode: int, part: np.ndarray, *arrays: np.ndarray) -> int:
        done = self._run(mode, self._tables, *self._model, part, *arrays)
        if done < len(part):
            self._tables = self._grow(self._tables)
        return done


class _CountingModel(StretchedModel):
    """What the two models share: all but the orders that count and the prior."""

    stretch = 1 << 16

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        super().__init__(argument, options, revision)
        sparse = self.options.order > 2  # whose trie grows with the block: 16 to 32 (order - 1) bytes for each of its bytes
        self.block_size = (4 if sparse else 16) << 20

    @abstractmethod
    def _prior(self) -> tuple[int, float]:
        """The lowest order that counts, and alpha (0 for Witten-Bell)."""

    def start(self, size: int) -> Step:
        from mdlbench.models.counts import kernel
        from mdlbench.numerics.compiled import announce_first_compilation

        announce_first_compilation(kernel, "counting models", 5)
        return _Counting(self.options.order, *self._prior(), size)

    def policy(self) -> dict[str, Any]:
        return {"context": f"{self.options.order} bytes", "start": "zero bytes"}

    def alternatives(self, block: bytes, count: int) -> list[tuple[Alternative, ...]]:
        from mdlbench.models.counts.alternatives import likeliest

        return likeliest(block, self.options.order, *self._prior(), count)


class KrichevskyTrofimov(_CountingModel):
    """Order-k counts with a symmetric Dirichlet prior; alpha = 1/2 is Krichevsky & Trofimov's estimator.

    Example:
        >>> KrichevskyTrofimov().code_length([b"aa"])[0]  # 1/256, then (1 + 1/2) / (1 + 128)
        array([8.        , 6.42626475])
    """

    name = "kt"
    Options = KrichevskyTrofimovOptions

    def _prior(self) -> tuple[int, float]:
        return self.options.order, self.options.alpha


class Ngram(_CountingModel):
    """Orders 0 to k interpolated, each weighted against the next lower by Witten-Bell.

    Example:
        >>> Ngram(options=NgramOptions(order=0)).code_length([b"aa"])[0]  # 1/256, then (1 + 1/256) / 2
        array([8.        , 0.99437545])
    """

    name = "ngram"
    Options = NgramOptions

    def _prior(self) -> tuple[int, float]:
        return 0, 0.0
