"""The kernel's machine code, kept on disk: a warm start loads it with llvmlite alone, in a third of the time of numba.

numba compiles `run` of `kernel` or `fast` once, without its Python wrapper, and the object file goes to the user's cache
directory, named after the sources, the processor and the compiler. Calling it follows numba's convention: a pointer to the
result, a pointer for an error, then every argument flattened to words. The kernel allocates nothing and raises nothing.
"""

import ctypes
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from mdlbench.numerics.cache import announce_compilation, keep, kept

COMPILE_SECONDS = 10
# handed on to all helpers; without numba's run time, `_nrt`, the owners of arrays are not counted, which took most of the time
_OPTIONS: dict[str, Any] = {"_nrt": False, "forceinline": True}
_CALLABLE = ("linux", "darwin")  # where the convention was looked at; elsewhere numba itself makes the call


class _Result(ctypes.Structure):
    _fields_ = (("length", ctypes.c_int64), ("bits", ctypes.c_double))


@ctypes.CFUNCTYPE(None, ctypes.c_void_p)
def _never(owner: int) -> None:
    raise AssertionError(owner)


def _digest() -> str:
    """Names the machine code: sources compiled into it, processor, compiler (each numba goes with one llvmlite)."""
    package = Path(__file__).parents[2]
    digest = hashlib.blake2b(digest_size=12)
    for source in (*sorted(Path(__file__).parent.glob("*.py")), package / "coder" / "bits.py"):
        digest.update(source.read_bytes())
    machine = (llvmlite.__version__, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), sys.version)
    digest.update(repr(machine).encode())
    return digest.hexdigest()


def _entry_point(kernel: str) -> Callable[..., Any]:
    return importlib.import_module(f"mdlbench.models.cm.{kernel}").run


def _compile(kernel: str, arguments: tuple) -> bytes:
    """The entry point's name, a line feed, and the object file."""
    import numba

    # without the wrappers nothing outside the C library is left to link
    options = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher = numba.njit(_entry_point(kernel), error_model="numpy", nogil=True, **options)
    signature = tuple(numba.typeof(argument) for argument in arguments)
    dispatcher.compile(signature)
    compiled: Any = dispatcher.overloads[signature]
    _, _, (code, _) = compiled.library.serialize_using_object_code()
    return compiled.fndesc.llvm_func_name.encode() + b"\n" + code


def _object_file(kernel: str, arguments: tuple) -> bytes:
    name = f"cm-{'-'.join(map(str, _variant(kernel, arguments)))}-{_digest()}.o"
    compiled = kept(name)
    if compiled is None:
        announce_compilation("this level of cm", COMPILE_SECONDS)
        compiled = _compile(kernel, arguments)
        keep(name, compiled)
    return compiled


class _Kernel:
    """The loaded machine code; owns the engine that holds it."""

    def __init__(self, kernel: str, arguments: tuple) -> None:
        name, _, code = _object_file(kernel, arguments).partition(b"\n")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        # a helper that was compiled for another kernel before counts references, and is linked to numba's code for dropping an
        # array's last owner, though there is none; numba itself may have set it
        if llvm.address_of_symbol("NRT_MemInfo_call_dtor") is None:
            llvm.add_symbol("NRT_MemInfo_call_dtor", ctypes.cast(_never, ctypes.c_void_p).value)
        machine = llvm.Target.from_default_triple().create_target_machine()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        words = len(list(_words(arguments)))
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * words)
        self._call = kind(self._engine.get_function_address(name.decode()))

    def __call__(self, arguments: tuple) -> tuple[int, float]:
        result, error = _Result(), ctypes.c_void_p()
        status = self._call(ctypes.byref(result), ctypes.byref(error), *_words(arguments))
        assert status == 0, status
        return result.length, result.bits


def _through_numba(kernel: str, arguments: tuple) -> Callable[[tuple], tuple[int, float]]:
    """The same, compiled, cached and called by numba."""
    from mdlbench.numerics import compiled

    module = importlib.import_module(f"mdlbench.models.cm.{kernel}")
    name = "-".join(map(str, ("cm", *_variant(kernel, arguments))))
    compiled.announce_first_compilation(module, name, COMPILE_SECONDS)
    dispatcher = compiled.kernel(module.run, **_OPTIONS)
    return lambda arguments: dispatcher(*arguments)


def _variant(kernel: str, arguments: tuple) -> tuple:
    """What the machine code depends on beside its sources: the lengths of plain tuples, known to the compiler."""
    return kernel, *_lengths(arguments)


def _lengths(arguments: tuple) -> Iterator[int]:
    for each in arguments:
        if type(each) is tuple:
            yield len(each)
        elif isinstance(each, tuple):  # with names
            yield from _lengths(each)


_loaded: dict[tuple, Callable[[tuple], tuple[int, float]]] = {}


def _words(argument: Any) -> Iterator[int]:
    """The words that numba passes for an int, an array (no owner; shape and strides last), or a tuple of such, named or not."""
    if isinstance(argument, tuple):
        for each in argument:
            yield from _words(each)
    elif isinstance(argument, np.ndarray):
        yield from (0, 0, argument.size, argument.itemsize, argument.ctypes.data, *argument.shape, *argument.strides)
    else:
        yield argument


def run(kernel: str, *arguments: Any) -> tuple[int, float]:
    """`run` of the module `kernel`, compiled."""
    variant = _variant(kernel, arguments)
    if variant not in _loaded:
        _loaded[variant] = (_Kernel if sys.platform in _CALLABLE else _through_numba)(kernel, arguments)
    return _loaded[variant](arguments)
