"""The known corpora, read from registry.json: files with sizes and digests, and where they are published.

A digest that is not known is absent, never guessed: such a file is checked by its size only, and every report says so.
"""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mdlbench.errors import UsageError

ALGORITHMS = ("sha256", "sha1", "md5")  # strongest first


@dataclass(frozen=True)
class KnownFile:
    """One file of a known corpus.

    Attributes:
        name: its name in the published archive.
        size: in bytes.
        digests: algorithm and lower-case hexadecimal digest of the whole file, for each algorithm in which it is known.
        prefixes: length in bytes and SHA-256 of the file's first so many bytes, shortest first.
    """

    name: str
    size: int
    digests: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[tuple[int, str], ...] = ()

    @property
    def check(self) -> str:
        """What the file is checked by: the strongest digest known, or "size only"."""
        return self.digests[0][0] if self.digests else "size only"


@dataclass(frozen=True)
class KnownCorpus:
    """A corpus with a name that researchers use.

    Attributes:
        name: as in `mdlbench corpus fetch NAME`.
        what: one line for people.
        files: in the order in which they are coded and reported.
        addresses: where archives of the files are published, tried in turn; none if there is no public address.
        origin: where the digests come from.
    """

    name: str
    what: str
    files: tuple[KnownFile, ...]
    addresses: tuple[str, ...]
    origin: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def check(self) -> str:
        """What its files are checked by; the weakest, if they differ."""
        kinds = {file.check for file in self.files}
        return next(kind for kind in ("size only", *reversed(ALGORITHMS)) if kind in kinds)

    def file(self, name: str) -> KnownFile:
        """The file called `name`.

        Raises:
            UsageError: if there is none.
        """
        for file in self.files:
            if file.name == name:
                return file
        raise UsageError(f"{self.name} has no file {name!r}; its files are: {', '.join(file.name for file in self.files)}")


@cache
def registry() -> dict[str, KnownCorpus]:
    """Every known corpus by name, in the order in which they are listed and looked through."""
    rows = json.loads(Path(__file__).with_name("registry.json").read_text(encoding="utf8"))
    return {name: _corpus(name, row) for name, row in rows.items()}


def known_corpus(name: str) -> KnownCorpus:
    """The known corpus of that name.

    Raises:
        UsageError: if there is none; the text names those there are.

    Example:
        >>> known_corpus("enwik8").size
        100000000
    """
    corpora = registry()
    if name in corpora:
        return corpora[name]
    near = difflib.get_close_matches(name, corpora, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise UsageError(f"{name!r} is not a known corpus{hint}; these are: {', '.join(corpora)}")


def _corpus(name: str, row: dict) -> KnownCorpus:
    prefixes = tuple((int(length), digest) for length, digest in row.get("prefixes", {}).items())
    files = tuple(
        KnownFile(file, known["bytes"], tuple((key, known[key]) for key in ALGORITHMS if key in known), prefixes)
        for file, known in row["files"].items()
    )
    return KnownCorpus(name, row["what"], files, tuple(row["addresses"]), row["digests"])
