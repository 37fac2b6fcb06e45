"""`kernel` and `inline`: numba's compiler with the project's settings, its cache in the user's cache directory.

numba is imported by the first kernel, not with this module: who needs only the data beside helpers goes without it, as a warm
start of `cm` does.

Arithmetic stays IEEE and integer-exact (no fastmath, so no fused multiply-add and no reordering): what a kernel computes
shapes probabilities, and two machines must agree on every bit of it.
"""

import hashlib
import importlib
import inspect
import pickle
import platform
import sys
from collections.abc import Callable
from functools import cache, cached_property, update_wrapper
from pathlib import Path
from typing import Any

from mdlbench.numerics.cache import announce_compilation, keep, kept


def sources_digest(package: Path = Path(__file__).parents[1]) -> str:
    """Hex digest over the sources in every folder of `package` that holds a kernel.

    numba looks only at the file of a kernel itself before it takes machine code from its cache; constants and helpers that
    are compiled into it from other files may have changed.
    """
    texts = {path: path.read_bytes() for path in sorted(package.rglob("*.py"))}
    folders = {path.parent for path, text in texts.items() if b"numerics.compiled import" in text}
    digest = hashlib.blake2b(digest_size=8)
    for path, text in texts.items():
        if path.parent in folders:
            digest.update(text)
    return digest.hexdigest()


_own_sources = cache(sources_digest)


@cache
def _numba() -> Any:
    return importlib.import_module("numba")


class _Overloads:
    """Machine code of one kernel's signatures, kept on disk; stands where numba looks for its own cache, whose files are
    unpickled as they are found."""

    cache_path = None

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def _name(self, signature: Any, context: Any) -> str:
        code = self._function.__code__
        parts = (_own_sources(), Path(code.co_filename).read_bytes(), code.co_firstlineno, signature)
        machine = (_numba().__version__, sys.version, context.codegen().magic_tuple())
        digest = hashlib.blake2b(repr((*parts, *machine)).encode(), digest_size=12).hexdigest()
        return f"{self._function.__module__}.{self._function.__qualname__}-{digest}".replace("<", "").replace(">", "")

    def load_overload(self, signature: Any, context: Any) -> Any:
        context.refresh()
        text = kept(self._name(signature, context))
        if text is None:
            return None
        from numba.core.compiler import CompileResult

        return CompileResult._rebuild(context, *pickle.loads(text))  # type: ignore[no-untyped-call]  # as it was written here

    def save_overload(self, signature: Any, compiled: Any) -> None:
        from numba.core.serialize import dumps

        if not compiled.library.has_dynamic_globals:
            keep(self._name(signature, compiled.target_context), dumps(compiled._reduce()))  # type: ignore[no-untyped-call]

    def flush(self) -> None:
        """Nothing: what is compiled anew takes the place of what was."""


def kernel(function: Callable[..., Any], **options: Any) -> Any:
    """Compile an entry point; the machine code is cached on disk. It runs without the interpreter's lock: an interrupt
    or a progress bar need not wait for it. Further `options` are numba's."""
    dispatcher = _numba().njit(function, error_model="numpy", nogil=True, **options)
    dispatcher._cache = _Overloads(function)
    return dispatcher


class inline:
    """A helper that kernels call and LLVM inlines into them; called from Python, it is compiled for that by itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        update_wrapper(self, function)

    @cached_property
    def _helper(self) -> Any:  # without what Python would call it by, which takes longer to compile than most helpers
        return _numba().njit(self._function, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)

    @cached_property
    def _callable(self) -> Any:
        return _numba().njit(self._function, error_model="numpy")

    @property
    def _numba_type_(self) -> Any:  # what numba asks a global for that a kernel calls
        return self._helper._numba_type_

    def __call__(self, *arguments: Any) -> Any:
        return self._callable(*arguments)


def announce_first_compilation(module: Any, name: str, seconds: int) -> None:
    """Print one line to stderr if `module`'s kernels have never been compiled on this machine by this numba.

    Args:
        module: the module that holds the kernels; its folder's sources identify them.
        name: what the user calls it, such as `cm`.
        seconds: about how long compilation takes.
    """
    folder = Path(inspect.getfile(module)).parent
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(folder.glob("*.py")):
        digest.update(source.read_bytes())
    digest.update(f"{_numba().__version__} {sys.version} {platform.processor()} {folder}".encode())
    stamp = f"{name}-{digest.hexdigest()}"
    if kept(stamp) is None:
        announce_compilation(name, seconds)
        keep(stamp, b"")
