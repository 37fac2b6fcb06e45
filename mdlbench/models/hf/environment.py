"""What must be the same when decoding as it was when encoding, and how torch is held to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from mdlbench.errors import SpecError
from mdlbench.numerics.processor import processor


def pick_device(wanted: str) -> str:
    """ "cpu" or "cuda"; "auto" takes a CUDA device if there is one."""
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise SpecError("device=cuda: torch sees no CUDA device; write device=cpu")
    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted


def describe(device: str) -> dict[str, str]:
    """Software and device, by name: those on which the bits of a floating-point sum depend."""
    import torch

    if device == "cuda":
        where = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    else:
        where = f"CPU {processor()}, {torch.backends.cpu.get_cpu_capability()}"
    packages = {name: version(name) for name in ("transformers", "tokenizers")}
    return {"torch": torch.__version__, **packages, "device": where}


@contextmanager
def fixed_arithmetic(threads: int) -> Iterator[None]:
    """Torch as the environment says: so many threads, full float32 products; as before, afterwards."""
    import torch

    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_float32_matmul_precision(before[1])
