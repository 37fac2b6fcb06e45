"""`external:NAME[,level=...]`: other compressors as models, with real decode.

A block's payload is the compressor's own plain file, byte for byte: a container of one block weighs what the compressor alone
would, plus the container. They are the baselines: they give sizes and no probabilities, so there is no ideal code length.
`packages.py` holds those that are Python packages, `programs.py` those that are installed programs.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from mdlbench.errors import DamagedBlockError, SpecError, UsageError
from mdlbench.models.base import Check, Encoded, Model
from mdlbench.models.decoders import Decoder
from mdlbench.models.external.packages import PACKAGES, Package
from mdlbench.models.external.programs import PROGRAMS, Program
from mdlbench.models.spec import option


@dataclass(frozen=True)
class ExternalOptions:
    """Options of `external`."""

    level: str = option("", "the compressor's own level (ppmd: order); its strongest ordinary one by default")


class External(Model):
    """Another compressor: a Python package or an installed program.

    Example:
        >>> External("xz", ExternalOptions(level="9e")).spec  # the default
        'external:xz'
    """

    takes_argument = True
    name = "external"
    block_size = 64 << 20  # as much as their windows see
    Options = ExternalOptions
    has_probabilities = False

    def __init__(self, argument: str = "", options: Any = None, revision: int | None = None) -> None:
        compressor = find(argument)
        level = (options.level if options else "") or compressor.default
        if level not in compressor.levels:
            raise SpecError(f"external:{argument} has no level {level}; choose from {', '.join(compressor.levels)}")
        compressor.check_installed()
        super().__init__(argument, ExternalOptions("" if level == compressor.default else level), revision)
        self.portability, self.repeatable = compressor.portability, False if compressor.dated else None
        self._compressor, self._level = compressor, level

    @classmethod
    def arguments(cls) -> list[str]:
        return [*PACKAGES, *PROGRAMS]

    def identity(self) -> dict[str, Any]:
        return {"argument": self.argument, "level": self._level, "format": self._compressor.format}

    def environment(self) -> dict[str, str]:
        if self.portability == "exact":
            return {}
        return {self.argument: self._compressor.version(), "machine": platform.machine()}

    def decoder(self) -> Decoder:
        return self._compressor.decoder()

    @property
    def version(self) -> str:
        """What is installed."""
        return self._compressor.version()

    def encode_bare(self, data: bytes) -> bytes:
        """The compressor's plain file of `data`."""
        return self._compressor.write(data, self._level)

    def decode_bare(self, payload: bytes, size: int) -> bytes:
        """The `size` bytes in a plain file.

        Raises:
            DamagedBlockError: the compressor refuses the file, or makes something of another size.
        """
        try:
            data = self._compressor.read(payload, self._level, size)
        except Exception as error:  # whatever a library raises on bytes that it did not write
            raise DamagedBlockError(
                f"external:{self.argument} cannot read a payload of {len(payload)} bytes: {error}"
            ) from error
        if len(data) != size:
            made = f"{len(data)} bytes" if len(data) < size else f"more than {size} bytes"
            raise DamagedBlockError(f"external:{self.argument} made {made} of a block of {size}")
        return data

    def prepare(self) -> None:
        """There is nothing to compile; a program is started for every block."""

    def doctor(self, block: bytes) -> list[Check]:
        """Whether the program says the same when called again, and side by side; inside, it is its own."""
        again = self.encode([block])[0].payload == self.encode([block])[0].payload if self.repeatable is not False else None
        back = self.decode([self.encode([block])[0].payload], [len(block)]) == [block]
        return [
            Check(
                "one call against another",
                again,
                "the same bytes compressed twice" if again is not None else "it writes the date",
            ),
            Check("decoded against original", back, f"{len(block):,} bytes there and back"),
            Check("CPU against GPU", None, f"{self.argument} runs on the CPU only"),
        ]

    def encode(self, blocks: Sequence[bytes]) -> list[Encoded]:
        return [Encoded(self.encode_bare(block) if block else b"", None, None) for block in blocks]

    def decode(self, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
        return [self.decode_bare(payload, size) if size else b"" for payload, size in zip(payloads, sizes, strict=True)]

    def measure(self, blocks: Sequence[bytes], *, quantised: bool = False, beside: bool = False) -> NoReturn:
        raise UsageError(
            f"external:{self.argument} gives no probabilities, so it has no ideal code length; compare file sizes: "
            f"mdlbench compress -m {self.spec}"
        )

    def symbol_places(self, blocks: Sequence[bytes]) -> NoReturn:
        self.measure(blocks)


def find(name: str) -> Package | Program:
    """The row of a compressor; `SpecError` with all names if there is none."""
    known: dict[str, Package | Program] = {**PACKAGES, **PROGRAMS}
    if name not in known:
        raise SpecError(
            f"no external compressor {name!r}; packages: {', '.join(PACKAGES)}; programs: {', '.join(PROGRAMS)} "
            "(write external:NAME)"
        )
    return known[name]
