"""mdlbench measures models by code length, and proves each measurement with a file that decodes.

The public names below are loaded when they are first used: `import mdlbench` imports neither numpy, numba nor torch.
"""

# ruff: noqa: F401 - the first list is for type checkers, the second for Python
from typing import TYPE_CHECKING

from mdlbench.lazy import front_door

if TYPE_CHECKING:
    from mdlbench import beliefs, corpora, leaderboard, lossarea, processes, training
    from mdlbench.codec import Compression, compress, compress_stream, decompress, decompress_stream, verify
    from mdlbench.codec.ledger import Ledger
    from mdlbench.codec.seekable import open_container as open
    from mdlbench.codec.verification import RoundTrip, verify_round_trip
    from mdlbench.corpora import find_corpus
    from mdlbench.errors import MdlbenchError
    from mdlbench.evaluation import Evaluation, SymbolBits, code_length, evaluate, symbol_costs
    from mdlbench.models import load_model
    from mdlbench.models.base import Model, Predictor
    from mdlbench.numerics.frequencies import Frequencies
    from mdlbench.processes import find as find_process
    from mdlbench.result import Result

__version__ = "0.1.0"

__all__, __getattr__ = front_door(
    __name__,
    {
        "beliefs": (),
        "codec": ("Compression", "compress", "compress_stream", "decompress", "decompress_stream", "verify"),
        "codec.ledger": ("Ledger",),
        "codec.seekable": ("open_container as open",),
        "codec.verification": ("RoundTrip", "verify_round_trip"),
        "corpora": (),
        "corpora.finding": ("find_corpus",),
        "errors": ("MdlbenchError",),
        "evaluation": ("Evaluation", "SymbolBits", "code_length", "evaluate", "symbol_costs"),
        "leaderboard": (),
        "lossarea": (),
        "models": ("load_model",),
        "models.base": ("Model", "Predictor"),
        "numerics.frequencies": ("Frequencies",),
        "processes": (),
        "processes.finding": ("find as find_process",),
        "result": ("Result",),
        "training": (),
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
