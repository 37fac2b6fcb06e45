"""A program and its argument as a file that is run: the upper bound on the complexity of what it prints, given Python.

    program file:   source, raw DEFLATE (RFC 1951)  |  count, decimal digits

DEFLATE ends by itself, so the file needs no header and no lengths: a byte in it is a byte of the source or of the count. What
reads it is Python with its standard library, by the decoder below; neither is charged, and both are named in the results.
"""

import subprocess
import sys
import zlib
from typing import NamedTuple

from mdlbench.algorithmic.catalogue import Sequence
from mdlbench.algorithmic.references import reference
from mdlbench.errors import MdlbenchError, VerificationError

COMPRESSOR = "raw DEFLATE, zlib level 9"
TIMEOUT = 300.0  # seconds
DECODER = """
import sys, zlib
reader = zlib.decompressobj(-15)
source = reader.decompress(sys.stdin.buffer.read())
sys.argv[1:] = [reader.unused_data.decode()]
sys.stdout.reconfigure(newline="\\n")
exec(source, {"__name__": "__main__"})
"""


class Packed(NamedTuple):
    """A sequence and the file that was run and printed it.

    Attributes:
        data: the sequence, as every model codes it.
        file: what decodes to it.
    """

    data: bytes
    file: bytes


def pack(source: bytes, count: int) -> bytes:
    """The file of a program and its count.

    Example:
        >>> unpack(pack(b"print(1)", 100))
        (b'print(1)', 100)
    """
    writer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return writer.compress(source) + writer.flush() + str(count).encode("ascii")


def unpack(file: bytes) -> tuple[bytes, int]:
    """What `pack` was given."""
    reader = zlib.decompressobj(-15)
    source = reader.decompress(file)
    return source, int(reader.unused_data)


def printed(file: bytes, name: str, timeout: float = TIMEOUT) -> bytes:
    """What the program in a file prints, in a fresh Python that sees no packages and no environment.

    Raises:
        MdlbenchError: it fails, or is not done in `timeout` seconds.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", DECODER], input=file, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise MdlbenchError(f"{name}: its program was not done in {timeout:g} s; ask for fewer terms") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").split("\n")
        said = next((line for line in reversed(lines) if line.strip()), f"exit code {done.returncode}")
        raise MdlbenchError(f"{name}: its program fails ({said.strip()}), so it is no code for the sequence")
    return done.stdout


def verified(sequence: Sequence, count: int, timeout: float = TIMEOUT) -> Packed:
    """A sequence and its program's file, which was run and printed it byte for byte.

    Raises:
        VerificationError: it printed something else.
        MdlbenchError: as `printed`.
    """
    data, file = reference(sequence, count), pack(sequence.program, count)
    found = printed(file, sequence.name, timeout)
    if found != data:
        place = next((at for at, (one, other) in enumerate(zip(found, data, strict=False)) if one != other), None)
        place = min(len(found), len(data)) if place is None else place
        raise VerificationError(
            f"{sequence.name}: its program prints something else than the sequence from byte {place:,} on ({len(found):,} "
            f"bytes for {len(data):,}, count {count:,}): it is no code for it, so there is no figure"
        )
    return Packed(data, file)
