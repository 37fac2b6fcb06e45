"""`hmm:NAME[,parameter=value]...`: the exact Bayes filter of a process from the zoo, or of your own, as a codec model.

Nothing predicts a process better: the code length is that of the process itself, its mean n h + E bits for n symbols. A symbol
is one byte 0 .. K-1. Other bytes are taken out and stored raw in front of the payload with their places; where there are none
that costs one byte a block. A block starts from the stationary belief.

    payload     number of other bytes, then for each its distance from the last and itself (all but the byte as LEB128);
                the arithmetic code of the symbols

What it does not do: learn. The work is in `kernel.py`, which is imported (with numba) on first use.
"""

from dataclasses import make_dataclass
from io import BytesIO
from typing import Any

import numpy as np

from mdlbench import varint
from mdlbench.errors import DamagedBlockError, SpecError
from mdlbench.models.base import Check, Encoded
from mdlbench.models.kernels import Step, StretchedModel
from mdlbench.models.spec import option
from mdlbench.processes import ZOO, Process, ProcessError, find
from mdlbench.processes.names import parameters_of
from mdlbench.processes.numbers import text_of
from mdlbench.units import bytes_to_bits

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


class HiddenMarkov(StretchedModel):
    """The exact filter of one process.

    Example:
        >>> HiddenMarkov("z1r").code_length([bytes([1, 1, 0])])[0].round(4)
        array([1.   , 1.585, 0.   ])
    """

    takes_argument = True
    name = "hmm"
    block_size = 16 << 20
    stretch = 1 << 18
    Options = HiddenMarkovOptions

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        if not argument:
            raise SpecError(f"hmm names no process; write hmm:NAME, with NAME one of: {', '.join(ZOO)}; or a .toml file")
        given = {key: value for key, value in vars(options).items() if value is not None} if options else {}
        try:
            self.process: Process = find(argument, given)
        except ProcessError as error:
            raise SpecError(f"hmm: {error}") from None
        known = parameters_of(self.process.name)
        changed = {k: text_of(v) for k, v in self.process.parameters.items() if v != known[k].default}
        super().__init__(self.process.name, HiddenMarkovOptions(**changed), revision)
        self.entries = self.process.entries
        self.decisions = (self.process.alphabet_size - 1).bit_length()

    @classmethod
    def arguments(cls) -> list[str]:
        return list(ZOO)

    @classmethod
    def decodes_alone(cls, argument: str = "") -> bool:
        """All but processes that are files."""
        return not any(mark in argument for mark in ("/", ".toml", ".json"))

    def identity(self) -> dict[str, Any]:
        """The process' own numbers, whatever it is called."""
        return {"process": self.process.digest.hex()}

    def policy(self) -> dict[str, Any]:
        return {"context": "block", "start": "stationary belief"}

    def doctor(self, block: bytes) -> list[Check]:
        """On symbols of the process itself: a text would be stored raw and show nothing."""
        return super().doctor(self.process.generate(max(len(block), _SAMPLE), seed=1).tobytes())

    def start(self, size: int) -> Step:
        from mdlbench.models.hmm import kernel
        from mdlbench.numerics.compiled import announce_first_compilation

        announce_first_compilation(kernel, "hmm model", 5)
        m, belief = self.process.matrices, self.process.stationary.copy()

        def step(mode: int, part: np.ndarray, *arrays: np.ndarray) -> int:
            kernel.run(mode, m, self.decisions, belief, part, *arrays)
            return len(part)

        return step

    def encode_block(self, block: bytes) -> Encoded:
        others, symbols = self._split(block)
        payload, ideal, quantised = self.encode_symbols(symbols)
        raw = bytes_to_bits(sum(_cost_of_others(others)))
        return Encoded(_write_others(others, block) + payload, ideal + raw, quantised + raw)

    def decode_block(self, payload: bytes, size: int) -> bytes:
        places, values, begin = _read_others(payload, size)
        data = np.empty(size, np.uint8)
        here = np.ones(size, bool)
        here[places] = False
        data[places] = values
        data[here] = self.decode_symbols(payload[begin:], size - len(places))
        return data.tobytes()

    def measure_block(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        others, symbols = self._split(block)
        lengths = np.zeros((2, len(block)))
        here = np.ones(len(block), bool)
        here[others] = False
        lengths[:, here] = self.measure_symbols(symbols)
        lengths[:, others] = bytes_to_bits(1) * np.array(_cost_of_others(others), np.float64)
        return lengths[0], lengths[1]

    def _split(self, block: bytes) -> tuple[np.ndarray, np.ndarray]:
        """Places of the bytes that are no symbols, and the symbols."""
        data = np.frombuffer(block, np.uint8)
        outside = data >= self.process.alphabet_size if self.process.alphabet_size < 256 else np.zeros(len(data), bool)
        return np.flatnonzero(outside), data[~outside].copy()


def _gaps(places: np.ndarray) -> list[int]:
    return np.diff(places, prepend=-1).tolist()


def _write_others(places: np.ndarray, block: bytes) -> bytes:
    pairs = zip(_gaps(places), places.tolist(), strict=True)
    return varint.pack(len(places)) + b"".join(varint.pack(gap - 1) + block[at : at + 1] for gap, at in pairs)


def _cost_of_others(places: np.ndarray) -> list[int]:
    """Bytes that each other byte takes: itself and its distance."""
    return [1 + max(1, -(-(gap - 1).bit_length() // 7)) for gap in _gaps(places)]


def _read_others(payload: bytes, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Places and values of the other bytes, and where the code begins.

    Raises:
        DamagedBlockError: more of them than bytes, or places outside the block.
    """
    file = BytesIO(payload)
    count = _number(file)
    if count > size:
        raise DamagedBlockError(f"a block of {size} bytes cannot hold {count} other bytes")
    places, values, place = np.empty(count, np.int64), np.empty(count, np.uint8), -1
    for index in range(count):
        place += _number(file) + 1
        byte = file.read(1)
        if place >= size or not byte:
            raise DamagedBlockError(f"another byte lies at {place} of a block of {size} bytes")
        places[index], values[index] = place, byte[0]
    return places, values, file.tell()


def _number(file: BytesIO) -> int:
    try:
        return varint.unpack(file.read, 9)
    except (ValueError, IndexError):
        raise DamagedBlockError("a number in front of the payload does not end") from None
