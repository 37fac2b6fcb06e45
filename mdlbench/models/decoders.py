"""What decodes, and what it weighs: the one rule of adjusted sizes, for models, libraries and programs alike.

    `Source`    the modules of this package that decoding with a model imports, derived from their import statements
    `Binaries`  an executable or a library, with the libraries that `ldd` finds for it, but for the system's

Nobody lists files by hand. What cannot be found is not guessed: then there is a reason instead of a number.
"""

import ast
import io
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from mdlbench.atomic import write_whole
from mdlbench.numerics.cache import cache_dir

RULE = (
    "adjusted size: container + the files that hold the decoder (source where it runs from source, else executable and "
    "private libraries), in one tar under xz -9e, + weights as shipped; runtimes that many programs share (CPython, libc, "
    "numpy, numba, torch, ...) are named beside it and charged to none"
)
DECODING = ("mdlbench", "mdlbench.codec.decompression")  # what every model of this package decodes through
PACKAGE = __name__.partition(".")[0]
_COMMON = "constriction msgpack numba llvmlite numpy scipy torch transformers tokenizers safetensors datasets tqdm"
SHARED_PACKAGES = frozenset([*_COMMON.split(), "huggingface_hub", "array_api_compat"])
SHARED_LIBRARIES = re.compile(
    r"(libc|libm|libdl|librt|libutil|libpthread|libresolv|libstdc\+\+|libgcc_s|libgomp|libpython[\d.]+)\.so"
)
LOADER = re.compile(r"(linux-vdso|linux-gate|ld-[\w-]+)\.so")  # of the kernel and of libc


@dataclass(frozen=True)
class Files:
    """The files that hold a decoder.

    Attributes:
        files: where each lies, by the name that it has when packed.
        shared: runtimes that it needs beside, by name.
        reason: why the files are not known, if they are not.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Weight:
    """What a decoder weighs.

    Attributes:
        code: bytes of its files, packed and compressed; None where they are not known, for `reason`.
        shared: runtimes that it needs beside, by name.
    """

    code: int | None
    shared: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Unknown:
    """A decoder whose files are not known, and why."""

    reason: str

    def find(self) -> Files:
        return Files(reason=self.reason)


@dataclass(frozen=True)
class Source:
    """The source that decodes with a model: what it and the container's reader import, all the way down.

    Imports inside functions count, since they may run, and of a package that holds the model every module, since it may load
    some by name; imports for type checkers only do not.

    Attributes:
        start: the module of the model's class, or the file of a user's own.
        root: the folder that this package is in.
    """

    start: str | Path
    root: Path = Path(__file__).parents[2]

    def find(self) -> Files:
        own = self.start if isinstance(self.start, Path) else None
        names = [*DECODING, *([f"{PACKAGE}.models.from_file"] if own else self._package(str(self.start)))]
        places = {own.name: own} if own else {}
        waiting, outside = list(places.values()), set[str]()
        while names or waiting:
            for name in names:
                top = name.partition(".")[0]
                located = self._located(name, own)
                if located is not None and located[0] not in places:
                    places[located[0]] = located[1]
                    waiting.append(located[1])
                elif located is None and top != PACKAGE and top not in sys.stdlib_module_names:
                    outside.add(top)
            names = list(_imports(waiting.pop())) if waiting else []
        unknown = ", ".join(sorted(outside - SHARED_PACKAGES))
        reason = f"it imports {unknown}, whose part in decoding cannot be told from the rest" if unknown else ""
        return Files(places, ("CPython", *sorted(outside & SHARED_PACKAGES)), reason)

    def _package(self, name: str) -> list[str]:
        """The modules of a package, or the module."""
        below = [path.relative_to(self.root).with_suffix("") for path in self.root.joinpath(*name.split(".")).rglob("*.py")]
        return [".".join(path.parts).removesuffix(".__init__") for path in below] or [name]

    def _located(self, name: str, own: Path | None) -> tuple[str, Path] | None:
        """The file of a module of this package, or of one beside a user's own, under the name that it is packed by."""
        root = self.root if name.partition(".")[0] == PACKAGE else own.parent if own else None
        if root is None:
            return None
        stem = root.joinpath(*name.split("."))
        found = next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)
        return (found.relative_to(root).as_posix(), found) if found else None


@dataclass(frozen=True)
class Binaries:
    """Executables or libraries with the libraries that they are linked to, but for the system's.

    Attributes:
        paths: what `ldd` is asked about.
        wrapper: whether they are parts of a shared runtime that only call a library, which alone is charged; where they are
            linked to none, it is inside them.
        shared: runtimes that are needed whatever `ldd` says.
    """

    paths: tuple[Path, ...]
    wrapper: bool = False
    shared: tuple[str, ...] = ()

    def find(self) -> Files:
        if shutil.which("ldd") is None:
            return Files(reason="the libraries that it needs cannot be told here: there is no ldd")
        private: dict[str, Path] = {}
        shared = set(self.shared)
        for name, place in (library for path in self.paths for library in _libraries(path) if not LOADER.match(library[0])):
            if known := SHARED_LIBRARIES.match(name):
                shared.add(known[1])
            elif place is None:
                return Files(reason=f"it needs {name}, which is not found")
            else:
                private[name] = place
        own = {path.name: path for path in self.paths} if not (self.wrapper and private) else {}
        return Files(own | private, tuple(sorted(shared)))


Decoder = Source | Binaries | Unknown


def weigh(decoder: Decoder) -> Weight:
    """The size of a decoder by `RULE`, remembered in the cache for as long as none of its files changes."""
    key = repr(decoder)
    path = cache_dir() / "decoders" / f"{sha256(key.encode()).hexdigest()[:16]}.json"
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        known = json.loads(path.read_text(encoding="utf8"))
        if known["key"] == key and known["state"] == _state(known["state"]):
            return Weight(int(known["code"]), tuple(map(str, known["shared"])))
    found = decoder.find()
    if found.reason:
        return Weight(None, found.shared, found.reason)
    made = Weight(len(packed(found.files)), found.shared)
    state = _state({*found.files.values(), *(place.parent for place in found.files.values())})
    with suppress(OSError):  # weighed again next time: nothing else is lost
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"key": key, "state": state, **asdict(made)}))
    return made


def packed(files: Mapping[str, Path]) -> bytes:
    """Files in the order of their names, without owners and times, byte for byte as `tar --format=gnu --mtime=@0 --owner=0
    --group=0 --numeric-owner --mode=0644 | xz -9e -T1` packs them."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.GNU_FORMAT, encoding="utf8") as archive:
        for name, path in sorted(files.items()):
            data = path.read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return lzma.compress(whole.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def _state(paths: Iterable[str | Path]) -> dict[str, list[int]]:
    """Size and time of change of each file; those of a folder tell of files that came or went."""
    found = {str(path): os.stat(path) for path in paths}
    return {path: [status.st_size, status.st_mtime_ns] for path, status in sorted(found.items())}


def _imports(path: Path) -> Iterator[str]:
    """The modules that a file may import, with the packages around them; names in a package that may be modules too."""
    for name in _named(ast.parse(path.read_bytes())):
        yield name
        while name := name.rpartition(".")[0]:
            yield name


def _named(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                if module.partition(".")[0] == PACKAGE:
                    yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name("import_module") | ast.Attribute(attr="import_module"), args=[ast.Constant(str(module))]
            ):
                yield module
        yield from _named(child)


def _libraries(path: Path) -> Iterator[tuple[str, Path | None]]:
    """The libraries that a file is linked to, and where they are; none of a script, or of what is linked statically."""
    environment = {**os.environ, "LC_ALL": "C"}
    asked = ["ldd", str(path)]
    said = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60, env=environment)
    for line in said.stdout.decode(errors="replace").splitlines():
        name, arrow, place = line.strip().partition(" => ")
        found = re.sub(r" \(0x[0-9a-f]+\)$", "", place if arrow else name)
        if arrow or found != name:
            yield os.path.basename(name.partition(" (")[0]), Path(found) if os.path.isabs(found) else None
