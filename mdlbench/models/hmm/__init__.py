"""`hmm:NAME[,parameter=value]...`: the exact Bayes filter of a process from the zoo, or of your own, as a codec model.

Nothing predicts a process better: the code length is that of the source itself, its mean n h + E bits for n symbols. A symbol
is one byte 0 .. K-1. Other bytes are taken out and stored raw in front of the payload with their places; where there are none
that costs one byte a block. A block starts from the stationary belief.

    payload     number of other bytes, then for each its distance from the last and itself (all but the byte as LEB128);
                the arithmetic code of the symbols

What it does not do: learn. The work is in `kernel.py`, which is imported (with numba) on first use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mdlbench.errors import DamagedBlockError, SpecError
from mdlbench.models.base import Check, Description, Encoded, Model
from mdlbench.models.spec import option
from mdlbench.processes import ZOO, Process, ProcessError, find
from mdlbench.processes.names import parameters_of
from mdlbench.processes.parameters import text_of
from mdlbench.units import bytes_to_bits

_STRETCH = 1 << 18  # symbols per call of the kernel: bounds the coder's buffer, and lets an interrupt in
_SAMPLE = 4096


def _options() -> type:
    """A frozen dataclass with one optional field for each parameter in the zoo."""
    helps: dict[str, list[str]] = {"weight": ["mixture: of its first part"]}
    for name, family in ZOO.items():
        for key, parameter in family.parameters.items():
            helps.setdefault(key, []).append(f"{name}: {parameter.help} [{text_of(parameter.default)}]")
    fields = [(key, str | None, option(None, "; ".join(texts))) for key, texts in sorted(helps.items())]
    return make_dataclass("HiddenMarkovOptions", fields, frozen=True)


HiddenMarkovOptions = _options()


class HiddenMarkov(Model):
    """The exact filter of one process.

    Example:
        >>> HiddenMarkov("z1r").code_length([bytes([1, 1, 0])])[0].round(4)
        array([1.   , 1.585, 0.   ])
    """

    takes_argument = True
    name = "hmm"
    block_size = 16 << 20
    Options = HiddenMarkovOptions

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        if not argument:
            raise SpecError(f"hmm names no process; write hmm:NAME, with NAME one of: {', '.join(ZOO)}; or a .toml file")
        given = {key: value for key, value in vars(options).items() if value is not None} if options else {}
        try:
            self.process: Process = find(argument, given)
        except ProcessError as error:
            raise SpecError(f"hmm:{argument}: {error}") from None
        known = parameters_of(self.process.name)
        changed = {k: text_of(v) for k, v in self.process.parameters.items() if v != known[k].default}
        super().__init__(self.process.name, HiddenMarkovOptions(**changed), revision)

    @classmethod
    def arguments(cls) -> list[str]:
        return list(ZOO)

    @classmethod
    def reads_files(cls, argument: str) -> bool:
        return any(mark in argument for mark in ("/", ".toml", ".json"))

    def identity(self) -> dict[str, Any]:
        """The process' own numbers, whatever it is called."""
        return {"process": self.process.digest.hex()}

    def policy(self) -> dict[str, Any]:
        return {"context": "block", "start": "stationary belief"}

    def description(self) -> Description:
        folders = (Path(__file__).parent, Path(__file__).parents[2] / "processes")
        return Description(code=sum(path.stat().st_size for folder in folders for path in folder.glob("*.py")))

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        return [self._encode(block) for block in blocks]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        return [self._decode(payload, size) for payload, size in zip(payloads, sizes, strict=True)]

    def code_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        return [self._measure(block)[0] for block in blocks]

    def quantised_length(self, blocks: Sequence[bytes]) -> list[np.ndarray]:
        return [self._measure(block)[1] for block in blocks]

    def doctor(self, block: bytes) -> list[Check]:
        """On symbols of the process itself: a text would be stored raw and show nothing."""
        from mdlbench.models.invariance import kernel_checks

        return kernel_checks(self, self.process.generate(max(len(block), _SAMPLE), seed=1).tobytes())

    def _encode(self, block: bytes) -> Encoded:
        if not block:
            return Encoded(b"", 0.0, 0.0)
        others, symbols = self._split(block)
        run = _Run(self.process)
        head = _write_others(others, block)
        payload, ideal, quantised = run.encode(symbols)
        raw = bytes_to_bits(sum(_cost_of_others(others)))
        return Encoded(head + payload, ideal + raw, quantised + raw)

    def _decode(self, payload: bytes, size: int) -> bytes:
        if not size:
            return b""
        places, values, begin = _read_others(payload, size)
        data = np.empty(size, np.uint8)
        here = np.ones(size, bool)
        here[places] = False
        data[places] = values
        data[here] = _Run(self.process).decode(payload[begin:], size - len(places))
        return data.tobytes()

    def _measure(self, block: bytes) -> np.ndarray:
        """Code length of each byte in bits, float64 (2, n): as meant, as the coder would see it."""
        others, symbols = self._split(block)
        lengths = np.zeros((2, len(block)))
        here = np.ones(len(block), bool)
        here[others] = False
        lengths[:, here] = _Run(self.process).measure(symbols)
        lengths[:, others] = bytes_to_bits(1) * np.array(_cost_of_others(others), np.float64)
        return lengths

    def _split(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        """Places of the bytes that are no symbols, and the symbols."""
        data = np.frombuffer(block, np.uint8)
        outside = data >= self.process.alphabet_size if self.process.alphabet_size < 256 else np.zeros(len(data), bool)
        return np.flatnonzero(outside), data[~outside].copy()


class _Run:
    """One block's run through the kernel."""

    def __init__(self, process: Process) -> None:
        from mdlbench.coder import bits
        from mdlbench.models.hmm import kernel
        from mdlbench.numerics.compiled import announce_first_compilation

        announce_first_compilation(kernel, "hmm model", 5)
        self._bits, self._kernel, self._matrices = bits, kernel, process.matrices
        self._depth = (process.alphabet_size - 1).bit_length()
        self._belief = process.stationary.copy()

    def encode(self, symbols: np.ndarray) -> tuple[bytes, float, float]:
        coder, payload, sums = self._bits.new_coder(), bytearray(), np.zeros(2)
        buffer = np.empty(self._bits.bound(self._depth * min(_STRETCH, len(symbols))), np.uint8)
        for _, lengths in self._stretches(self._kernel.ENCODE, symbols, coder, buffer):
            payload += buffer[: int(coder[-1])].tobytes()
            coder[-1] = 0
            sums += lengths.sum(axis=1)
        payload += buffer[: self._bits.finish_encode(coder, buffer)].tobytes()
        return bytes(payload), float(sums[0]), float(sums[1])

    def decode(self, payload: bytes, size: int) -> np.ndarray:
        coder, buffer = self._bits.new_coder(), np.frombuffer(bytearray(payload), np.uint8)
        self._bits.start_decode(coder, buffer)
        symbols = np.zeros(size, np.uint8)
        for _ in self._stretches(self._kernel.DECODE, symbols, coder, buffer):
            pass
        return symbols

    def measure(self, symbols: np.ndarray) -> np.ndarray:
        lengths = np.zeros((2, len(symbols)))
        unused = self._bits.new_coder(), np.empty(0, np.uint8)
        for stretch, part in self._stretches(self._kernel.MEASURE, symbols, *unused):
            lengths[:, stretch] = part
        return lengths

    def _stretches(
        self, action: int, symbols: np.ndarray, coder: np.ndarray, buffer: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray]]:
        for begin in range(0, len(symbols), _STRETCH):
            part = symbols[begin : begin + _STRETCH]
            p = np.ones((2, len(part)))
            self._kernel.run(action, self._matrices, self._depth, self._belief, part, coder, buffer, *p)
            yield slice(begin, begin + len(part)), 0.0 - np.log2(p)  # no -0.0 for what is certain


def _varint(value: int) -> bytes:
    """Little-endian base 128, the high bit set on all but the last byte."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _gaps(places: np.ndarray) -> list[int]:
    return np.diff(places, prepend=-1).tolist()


def _write_others(places: np.ndarray, block: bytes) -> bytes:
    pairs = zip(_gaps(places), places.tolist(), strict=True)
    return _varint(len(places)) + b"".join(_varint(gap - 1) + block[at : at + 1] for gap, at in pairs)


def _cost_of_others(places: np.ndarray) -> list[int]:
    """Bytes that each other byte takes: itself and its distance."""
    return [1 + max(1, -(-(gap - 1).bit_length() // 7)) for gap in _gaps(places)]


def _read_others(payload: bytes, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Places and values of the other bytes, and where the code begins.

    Raises:
        DamagedBlockError: more of them than bytes, or places outside the block.
    """
    count, at = _read_varint(payload, 0)
    if count > size:
        raise DamagedBlockError(f"a block of {size} bytes cannot hold {count} other bytes")
    places, values, place = np.empty(count, np.int64), np.empty(count, np.uint8), -1
    for index in range(count):
        gap, at = _read_varint(payload, at)
        place += gap + 1
        if place >= size or at >= len(payload):
            raise DamagedBlockError(f"another byte lies at {place} of a block of {size} bytes")
        places[index], values[index] = place, payload[at]
        at += 1
    return places, values, at


def _read_varint(payload: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(payload) and shift < 63:
        byte = payload[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise DamagedBlockError("a number in front of the payload does not end")
