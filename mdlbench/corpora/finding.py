"""From what a user writes to a `Corpus`: a known name, `hfds:...`, a file or a folder, each perhaps with a slice."""

import os
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from mdlbench.arguments import text as checked_text
from mdlbench.arguments import whole
from mdlbench.corpora.corpus import Corpus, CorpusFile, slug
from mdlbench.corpora.known import KnownCorpus, known_corpus, registry
from mdlbench.corpora.recognition import Recognition, recognise, recognise_folder
from mdlbench.corpora.store import fetched_path
from mdlbench.errors import MissingCorpusError, MissingInputError, UsageError
from mdlbench.units import parse_size

HFDS = "hfds:"
Slice = tuple[str, str]  # START and END as written, either perhaps empty


def find_corpus(text: str, limit: int | None = None) -> Corpus:
    """The corpus that `text` names.

    Args:
        text: a known corpus (`enwik8`) or one of its files (`canterbury/alice29.txt`), which must have been fetched;
            `hfds:NAME,config=,split=,column=` for a Hugging Face dataset (see `mdlbench.corpora.huggingface`); or the path of a
            file, or of a folder whose files, sorted by name, become separate archives. A single file may be followed by
            `:START:END`, in bytes, END exclusive, either perhaps left out: `enwik8:0:4M`, `book.txt:1k:`. A path that exists is
            taken as it is written, colons and all. Known names win over paths: `./enwik8` is the file.
        limit: keep only the first so many bytes, of each file if there are several; None for all.

    Raises:
        MissingInputError: nothing of that name.
        UsageError: a slice that does not fit or that several files cannot have; a limit that is no number of bytes.
        MissingCorpusError: a known corpus that has not been fetched.

    Example:
        >>> find_corpus("LICENSE:0:1k").size
        1000
    """
    checked_text("text", text, "enwik8:0:1M")
    if limit is not None:
        limit = whole("limit", limit, 0)
    if text.startswith(HFDS):
        from mdlbench.corpora.huggingface import dataset_corpus

        return dataset_corpus(text.removeprefix(HFDS), limit)
    sliced = re.fullmatch(r"(?s)(.+):([^:/\\]*):([^:/\\]*)", text)
    for body, part in [(text, None), (sliced[1], (sliced[2], sliced[3]))] if sliced else [(text, None)]:
        if ":" not in body and body.partition("/")[0] in registry():
            return _known(body, part, limit)
        if os.path.isdir(body):
            return _folder(Path(body), part, limit)
        if os.path.exists(body):
            return _single(os.path.basename(body), Path(body), part, limit)
    near = get_close_matches(text.partition(":")[0], registry(), n=3)
    meant = f"did you mean {' or '.join(sorted(near))}? " if near else ""
    listed = "`mdlbench corpus list` shows the known corpora, and a slice is NAME:START:END"
    raise MissingInputError(f"{text}: no such corpus, file or folder; {meant}{listed}")


def _known(body: str, part: Slice | None, limit: int | None) -> Corpus:
    name, _, file_name = body.partition("/")
    known = known_corpus(name)
    files = [known.file(file_name)] if file_name else list(known.files)
    try:
        paths = [fetched_path(known, file) for file in files]
    except MissingCorpusError as error:
        hint = (
            f"; ./{body} is the {'folder' if os.path.isdir(body) else 'file'} of that name here" if os.path.exists(body) else ""
        )
        raise MissingCorpusError(name, hint) from error
    if len(files) == 1:
        return _single(body, paths[0], part, limit)
    _refuse_slice(known.name, [file.name for file in files], part)
    found = [(file.name, path) for file, path in zip(files, paths, strict=True)]
    return _several(body, found, limit, recognise_folder(found))


def _folder(folder: Path, part: Slice | None, limit: int | None) -> Corpus:
    found = sorted(_files_in(folder))
    if not found:
        raise UsageError(f"{folder}: no files in this folder; name one that has some")
    source = folder.resolve().name or "root"
    _refuse_slice(str(folder), [name for name, _ in found], part)
    known = recognise_folder(found)
    if known:  # in the order in which everybody reports them
        paths = dict(found)
        found = [(file.name, paths[file.name]) for file in known.files]
    return _several(source, found, limit, known)


def _files_in(folder: Path) -> list[tuple[str, Path]]:
    """Every regular file below `folder` with its name from there; hidden ones (`.git`, `.DS_Store`) are left out."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(parent, name) for name in names if not name.startswith(".")]
        found += [(path.relative_to(folder).as_posix(), path) for path in paths if path.is_file()]
    return found


def _refuse_slice(name: str, files: Sequence[str], part: Slice | None) -> None:
    if part is not None:
        example = f"{name}/{files[0]}:{part[0]}:{part[1]}"
        raise UsageError(f"{name} has {len(files)} files, and a slice is of one; name it, as in {example}")


def _several(source: str, found: list[tuple[str, Path]], limit: int | None, known: KnownCorpus | None) -> Corpus:
    sizes = [os.path.getsize(path) for _, path in found]
    kept = [size if limit is None else min(size, limit) for size in sizes]
    files = tuple(CorpusFile(name, path, 0, size) for (name, path), size in zip(found, kept, strict=True))
    cut = None
    if limit is not None and kept != sizes:
        most = " at most" if min(sizes) < limit else ""
        cut = f"first {limit:,} bytes{most} of each of {len(files)} files, {sum(kept):,} bytes in all"
    name = slug(known.name) if known else _own_name(source)
    return Corpus(name, source, 0, sum(kept), files, known.name if known and not cut else None, cut)


def _single(source: str, path: Path, part: Slice | None, limit: int | None) -> Corpus:
    size = os.path.getsize(path)
    start, end = _bounds(source, size, part)
    if limit is not None:
        end = min(end, start + limit)
    recognitions = recognise(path) if path.is_file() else ()
    proven = next((found for found in recognitions if end <= found.proven), None)
    file = CorpusFile(path.name, path, start, end)
    if proven:
        name = slug(proven.corpus.name if len(proven.corpus.files) == 1 else f"{proven.corpus.name}-{proven.file.name}")
        return Corpus(name, source, start, end, (file,), proven.spec(start, end), _cut(start, end, proven.file.size))
    return Corpus(_own_name(source), source, start, end, (file,), None, _cut(start, end, size), _unproven(recognitions, end))


def _cut(start: int, end: int, size: int) -> str | None:
    """What a slice is of something of `size` bytes; None for all of it."""
    if start:
        return f"bytes {start:,} to {end:,}"
    return None if end == size else f"first {end:,} bytes"


def _own_name(source: str) -> str:
    """A name for what no digest proves to be a known corpus: never the name of one."""
    name = slug(source)
    taken = {known.name for known in registry().values()}
    taken |= {f"{known.name}-{file.name}" for known in registry().values() for file in known.files}
    return f"unproven-{name}" if name.lower() in taken else name


def _bounds(name: str, size: int, part: Slice | None) -> tuple[int, int]:
    if part is None:
        return 0, size
    try:
        start, end = parse_size(part[0] or "0"), parse_size(part[1]) if part[1] else size
    except ValueError as error:
        raise UsageError(f"{name}:{part[0]}:{part[1]}: {error}") from None
    if end > size:
        raise UsageError(f"{name}: the slice ends at byte {end:,}, but there are {size:,}")
    if start >= end:
        raise UsageError(f"{name}: the slice {start:,} to {end:,} is empty; START comes before END, in bytes")
    return start, end


def _unproven(recognitions: tuple[Recognition, ...], end: int) -> str | None:
    if not recognitions:
        return None
    best = max(recognitions, key=lambda found: found.proven)
    proven = f"the first {best.proven:,} bytes are proven to be those of {best.corpus.name}"
    return f"{proven}; bytes {best.proven:,} to {end:,} are not"
