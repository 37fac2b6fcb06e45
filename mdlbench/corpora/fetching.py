"""Fetch a known corpus: download or copy, unpack, check every digest, and only then give it its name."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mdlbench.corpora.archives import unpack
from mdlbench.corpora.downloading import Progress, discard, download
from mdlbench.corpora.known import KnownCorpus
from mdlbench.corpora.store import FileCheck, check_file, corpora_folder, corpus_folder
from mdlbench.errors import CorpusError, UsageError


@dataclass(frozen=True)
class Fetched:
    """What came of a fetch.

    Attributes:
        folder: where the files are.
        source: the address or path they came from; None if they were there already.
        checks: one for each file, all without a problem.
    """

    folder: Path
    source: str | None
    checks: tuple[FileCheck, ...]


def _silent(what: str, done: int, total: int | None) -> None:
    """Report no progress."""


def fetch(known: KnownCorpus, source: str | None = None, *, force: bool = False, progress: Progress = _silent) -> Fetched:
    """Put the files of a known corpus into the cache folder, checked; they appear there whole or not at all.

    Args:
        source: an http address, or the path of a file, folder or archive; without it the public addresses are tried in turn.
        force: fetch although right files are there.
        progress: called with what is being done, bytes done, and bytes in all or None.

    Raises:
        UsageError: there is no such path, or the corpus has no public address.
        CorpusError: it could not be fetched, or is not what the registry says; what was there before stays.
    """
    sources = known.addresses if source is None else (source,)
    with _alone(known):
        if not force:
            checks = verify(known)
            if all(check.problem is None for check in checks):
                return Fetched(corpus_folder(known), None, checks)
        if not sources:
            raise UsageError(f"{known.name} has no public address; give a file, folder or archive with --from")
        problems = []
        for place in sources:
            try:
                return _fetch_from(known, place, progress)
            except CorpusError as error:
                problems.append(str(error))
        raise CorpusError(" | ".join(problems))


def verify(known: KnownCorpus) -> tuple[FileCheck, ...]:
    """Hold each fetched file against its size and every digest known of it."""
    return tuple(check_file(corpus_folder(known) / file.name, file) for file in known.files)


def _fetch_from(known: KnownCorpus, source: str, progress: Progress) -> Fetched:
    scheme, separator, _ = source.partition("://")
    if not separator:
        path = Path(source)
        if not path.exists():
            raise UsageError(f"{source}: no such file or folder; --from takes a path or an http address")
        if not path.is_file() and not path.is_dir():
            raise UsageError(f"{source}: neither a file nor a folder; save it to a file first")
        return _install(known, path, source, progress)
    if scheme.lower() not in ("http", "https"):
        raise UsageError(f"{source}: {scheme}:// is not supported; give an http address, or a path")
    part = corpora_folder() / ".downloads" / f"{known.name}-{hashlib.sha256(source.encode()).hexdigest()[:16]}.part"
    most = known.size + known.size // 8 + (1 << 20)  # a tar that is not compressed is a little larger than its files
    download(source, part, most, progress)
    try:
        done = _install(known, part, source, progress)
    except CorpusError:  # what is wrong is not gone on with; after an interrupt or a full disk the download is still good
        discard(part)
        raise
    discard(part)
    return done


def _install(known: KnownCorpus, path: Path, source: str, progress: Progress) -> Fetched:
    """Unpack into a folder beside the final one, check, rename."""
    folder = corpus_folder(known)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{known.name}."))
    try:
        unpack(known, path, source, staging, progress)
        for file in known.files:
            problem = check_file(staging / file.name, file).problem
            if problem:
                raise CorpusError(f"{source}: {file.name}: {problem}; it was not kept")
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)
        _replace(staging, folder)
        for stale in folder.parent.glob(f".{known.name}.*"):  # of processes that were killed, and what was replaced
            shutil.rmtree(stale, ignore_errors=True)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return Fetched(folder, source, tuple(FileCheck(file, folder / file.name, None) for file in known.files))


def _replace(staging: Path, folder: Path) -> None:
    """Rename a folder over another, which the file system does not do in one step; a failure puts the old one back.

    The old one stays beside it, under a hidden name.
    """
    if not folder.exists():
        staging.rename(folder)
        return
    old = staging.with_name(staging.name + ".old")
    folder.rename(old)
    try:
        staging.rename(folder)
    except BaseException:
        old.rename(folder)
        raise


@contextmanager
def _alone(known: KnownCorpus) -> Iterator[None]:
    """Keep two processes from fetching the same corpus at once, where the system has file locks."""
    downloads = corpora_folder() / ".downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    with open(downloads / f"{known.name}.lock", "w", encoding="utf8") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass
        except OSError:
            raise UsageError(f"{known.name} is being fetched by another process; wait for it") from None
        yield
