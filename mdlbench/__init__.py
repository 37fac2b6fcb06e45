"""mdlbench measures models by code length, and proves each measurement with a file that decodes.

The public names below are loaded when they are first used: `import mdlbench` imports neither numpy, numba nor torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdlbench.codec import Compression, compress, compress_stream, decompress, decompress_stream, verify
    from mdlbench.codec.ledger import Ledger
    from mdlbench.codec.seekable import open_container as open
    from mdlbench.errors import MdlbenchError
    from mdlbench.evaluation import Evaluation, code_length, evaluate
    from mdlbench.models import load_model
    from mdlbench.models.base import Model, Predictor
    from mdlbench.numerics.frequencies import Frequencies
    from mdlbench.result import Result

__version__ = "0.1.0"

_LOCATIONS = {
    "Compression": "mdlbench.codec",
    "Evaluation": "mdlbench.evaluation",
    "Frequencies": "mdlbench.numerics.frequencies",
    "Ledger": "mdlbench.codec.ledger",
    "MdlbenchError": "mdlbench.errors",
    "Model": "mdlbench.models.base",
    "Predictor": "mdlbench.models.base",
    "Result": "mdlbench.result",
    "code_length": "mdlbench.evaluation",
    "compress": "mdlbench.codec",
    "compress_stream": "mdlbench.codec",
    "decompress": "mdlbench.codec",
    "decompress_stream": "mdlbench.codec",
    "evaluate": "mdlbench.evaluation",
    "load_model": "mdlbench.models",
    "open": "mdlbench.codec.seekable",
    "verify": "mdlbench.codec",
}

__all__ = [
    "Compression",
    "Evaluation",
    "Frequencies",
    "Ledger",
    "MdlbenchError",
    "Model",
    "Predictor",
    "Result",
    "code_length",
    "compress",
    "compress_stream",
    "decompress",
    "decompress_stream",
    "evaluate",
    "load_model",
    "open",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _LOCATIONS:
        raise AttributeError(f"module 'mdlbench' has no attribute {name!r}")
    module = import_module(_LOCATIONS[name])
    value = getattr(module, "open_container" if name == "open" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
