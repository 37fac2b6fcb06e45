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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.models.base import Alternative, Description, Encoded, Model
from mdlbench.models.spec import option

MAX_ORDER = 8
_STRETCH = 1 << 16  # bytes per call of the kernel: bounds the coder's buffer, and lets an interrupt in


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


class _Counts:
    """One block's run through the kernel: tables, coder, and what the stretches produced."""

    def __init__(self, order: int, lowest: int, alpha: float, size: int) -> None:
        from mdlbench.coder import bits
        from mdlbench.models.counts import kernel
        from mdlbench.numerics.compiled import announce_first_compilation

        announce_first_compilation(kernel, "counting models", 5)
        self._bits, self._kernel, self._size = bits, kernel, size
        self._tables = kernel.new_tables(order, size)
        self._model: tuple[float, ...]
        if alpha > 0 and order <= kernel.DENSE:
            self._run, self._model = kernel.run_page, (order, alpha)  # the same numbers, faster
        else:
            self._run, self._model = kernel.run, (order, lowest, alpha)

    def encode(self, data: np.ndarray) -> Encoded:
        coder, payload, sums = self._bits.new_coder(), bytearray(), np.zeros(2)
        buffer = np.empty(self._bits.bound(8 * min(_STRETCH, self._size)), np.uint8)
        for _, *lengths in self._stretches(self._kernel.ENCODE, data, coder, buffer):
            payload += buffer[: int(coder[-1])].tobytes()
            coder[-1] = 0
            sums += [bits.sum() for bits in lengths]
        payload += buffer[: self._bits.finish_encode(coder, buffer)].tobytes()
        return Encoded(bytes(payload), float(sums[0]), float(sums[1]))

    def decode(self, payload: bytes) -> bytes:
        coder, buffer = self._bits.new_coder(), _bytes(payload)
        self._bits.start_decode(coder, buffer)
        data = np.zeros(self._size, np.uint8)
        for _ in self._stretches(self._kernel.DECODE, data, coder, buffer):
            pass
        return data.tobytes()

    def measure(self, data: np.ndarray) -> np.ndarray:
        """Code length of each byte, float64 (n, 2): as meant, as the coder would see it."""
        lengths = np.zeros((self._size, 2))
        unused = self._bits.new_coder(), np.empty(0, np.uint8)
        for stretch, ideal, quantised in self._stretches(self._kernel.MEASURE, data, *unused):
            lengths[stretch, 0], lengths[stretch, 1] = ideal, quantised
        return lengths

    def _stretches(
        self, action: int, data: np.ndarray, coder: np.ndarray, buffer: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        begin = 0
        while begin < self._size:
            part = data[begin : begin + _STRETCH]
            p = np.ones((2, len(part)))
            done = self._run(action, self._tables, *self._model, part, coder, buffer, *p)
            if done < len(part):
                self._tables = self._kernel.grow(self._tables)
            yield slice(begin, begin + done), *-np.log2(p[:, :done])
            begin += done


class _CountingModel(Model):
    """What the two models share: all but the orders that count and the prior."""

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        super().__init__(argument, options, revision)
        sparse = self.options.order > 2  # whose trie grows with the block: 16 to 32 (order - 1) bytes for each of its bytes
        self.block_size = (4 if sparse else 16) << 20

    @abstractmethod
    def _prior(self) -> tuple[int, float]:
        """The lowest order that counts, and alpha (0 for Witten-Bell)."""

    def _counts(self, size: int) -> _Counts:
        lowest, alpha = self._prior()
        return _Counts(self.options.order, lowest, alpha, size)

    def policy(self) -> dict[str, Any]:
        return {"context": f"{self.options.order} bytes", "start": "zero bytes"}

    def description(self) -> Description:
        return Description(code=sum(path.stat().st_size for path in Path(__file__).parent.glob("*.py")))

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        return [self._counts(len(block)).encode(_bytes(block)) if block else Encoded(b"", 0.0, 0.0) for block in blocks]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        return [self._counts(size).decode(payload) if size else b"" for payload, size in zip(payloads, sizes, strict=True)]

    def code_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        return [self._counts(len(block)).measure(_bytes(block))[:, 0] for block in blocks]

    def alternatives(self, block: bytes, count: int) -> list[tuple[Alternative, ...]]:
        from mdlbench.models.counts.alternatives import likeliest

        return likeliest(block, self.options.order, *self._prior(), count)

    def quantised_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        return [self._counts(len(block)).measure(_bytes(block))[:, 1] for block in blocks]


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


def _bytes(data: bytes) -> np.ndarray:
    """A writable copy: the kernel is compiled for one kind of array only."""
    return np.frombuffer(bytearray(data), np.uint8)
