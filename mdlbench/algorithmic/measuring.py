"""Every model's code length of a sequence, against the file of the program that writes it.

The program is run first: what it does not print, nothing is measured of. Models code the whole sequence as one input, from
nothing, so what they spend is prequential: they may learn along the way, and a network brings what its training gave it.
"""

import platform
from collections.abc import Callable, Sequence
from math import log2

from mdlbench.algorithmic.catalogue import MOST
from mdlbench.algorithmic.catalogue import Sequence as Algorithmic
from mdlbench.algorithmic.program import COMPRESSOR, verified
from mdlbench.algorithmic.result import AgainstProgram, Code, Length
from mdlbench.codec import compress
from mdlbench.errors import UsageError
from mdlbench.evaluation import code_length
from mdlbench.models import Model
from mdlbench.units import bytes_to_bits

MODELS = ("uniform", "kt,order=2", "ngram", "cm")
COUNTS = (100, 1_000, 10_000)


def against_program(
    sequence: Algorithmic, models: Sequence[Model], counts: Sequence[int] = COUNTS, done: Callable[[], object] = lambda: None
) -> AgainstProgram:
    """A sequence at each of several lengths, under each model.

    Args:
        counts: terms of each length.
        done: called after each length.

    Raises:
        UsageError: a count is below 1 or beyond 100,000.
        VerificationError: the program prints something else than the sequence.
        MdlbenchError: the program fails.

    Example:
        >>> from mdlbench.algorithmic import find
        >>> from mdlbench.models import load_model
        >>> found = against_program(find("squares"), [load_model("uniform")], [100])
        >>> found.lengths[0].bytes, found.lengths[0].codes[0].bits
        (454, 3632.0)
    """
    for count in counts:
        if not 1 <= count <= MOST:
            raise UsageError(f"{count:,} terms of {sequence.name}: ask for 1 to {MOST:,}")
    lengths = []
    for count in sorted(set(counts)):
        lengths.append(_length(sequence, count, models))
        done()
    return AgainstProgram(
        sequence=sequence.name,
        definition=sequence.definition,
        encoding=sequence.encoding,
        source=sequence.source,
        program=sequence.program.decode("ascii"),
        source_bytes=len(sequence.program),
        compressor=COMPRESSOR,
        runtime=f"{platform.python_implementation()} {platform.python_version()} and its standard library",
        lengths=tuple(lengths),
    )


def _length(sequence: Algorithmic, count: int, models: Sequence[Model]) -> Length:
    data, file = verified(sequence, count)
    alphabet = len(set(data))
    return Length(
        count=count,
        bytes=len(data),
        alphabet=alphabet,
        alphabet_bits=len(data) * log2(alphabet),
        program_bytes=len(file),
        codes=tuple(_code(data, model) for model in models),
    )


def _code(data: bytes, model: Model) -> Code:
    if model.has_probabilities:
        return Code(model.spec, model.digest.hex(), "ideal", code_length(data, model))
    return Code(model.spec, model.digest.hex(), "file", bytes_to_bits(len(compress(data, model))))
