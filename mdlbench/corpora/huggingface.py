"""Hugging Face datasets as corpora: `hfds:NAME,config=,split=,column=,separator=,revision=`.

The corpus is the texts of one column in the order of the rows, with the separator between them (not after the last), in UTF-8.
They are streamed into one file in the cache folder, so memory stays flat and what is measured is a file like any other.
Name, configuration, split, column, separator and, for the hub, the commit are part of the corpus's source; its identity is the
SHA-256 of the bytes, as always.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from mdlbench.atomic import whole_file
from mdlbench.corpora.corpus import Corpus, CorpusFile, slug
from mdlbench.corpora.store import corpora_folder
from mdlbench.errors import CorpusError, MissingExtraError, MissingInputError, UsageError

_ESCAPES = {"\\": "\\", "n": "\n", "t": "\t", "0": "\0", "c": ","}  # \c is a comma, which would end the value


@dataclass(frozen=True)
class DatasetSpec:
    """Which texts of which dataset.

    Attributes:
        name: on the hub, or the path of a local folder of parquet, jsonl, csv or text files.
        config, split, column: as `datasets.load_dataset` takes them; an empty configuration is the default one.
        separator: between two texts; two line ends unless given.
        revision: commit, branch or tag on the hub.
    """

    name: str
    config: str = ""
    split: str = "train"
    column: str = "text"
    separator: str = "\n\n"
    revision: str = ""

    @property
    def text(self) -> str:
        """The spec that `parse_dataset` reads back as this one."""
        values = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        values["separator"] = _escape(self.separator)
        shown = [f"{key}={value}" for key, value in values.items() if value or key == "separator"]
        return ",".join([f"hfds:{self.name}", *shown])


def parse_dataset(text: str) -> DatasetSpec:
    r"""Read what follows `hfds:`.

    Raises:
        UsageError: no name, or a key that is not one of config, split, column, separator, revision.

    Example:
        >>> parse_dataset(r"wikitext,config=wikitext-2-raw-v1,separator=\n").separator
        '\n'
    """
    name, *pairs = text.split(",")
    values: dict[str, str] = {}
    keys = [field.name for field in fields(DatasetSpec)[1:]]
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in keys or key in values:
            raise UsageError(f"hfds:{text}: {pair!r} is not one of {', '.join(f'{key}=' for key in keys)}, each once")
        values[key] = value
    if not name:
        raise UsageError(f"hfds:{text}: no dataset is named; write hfds:NAME,config=,split=,column=")
    if "separator" in values:
        values["separator"] = _unescape(values["separator"])
    return DatasetSpec(name, **{key: value for key, value in values.items() if value or key == "separator"})


def dataset_corpus(text: str, limit: int | None = None) -> Corpus:
    """Stream a dataset's texts into the cache folder and return them as a corpus of one file.

    Args:
        text: what follows `hfds:`; see `parse_dataset`.
        limit: stop after so many bytes; no more rows are read than that takes.

    Raises:
        MissingExtraError: `datasets` is not installed.
        UsageError: no such dataset, configuration, split or column; MissingInputError: no such local folder.
        CorpusError: a row without text, or no text at all.
    """
    spec = parse_dataset(text)
    if spec.name.startswith((".", "/", "~")):
        spec = replace(spec, name=os.path.expanduser(spec.name))
        if not os.path.isdir(spec.name):
            what = f"{spec.name} is a file, not a folder" if os.path.exists(spec.name) else f"there is no folder {spec.name}"
            raise MissingInputError(f"hfds:{text}: {what}; name one of parquet, jsonl, csv or text files")
    try:
        import datasets  # noqa: F401
    except ImportError:
        raise MissingExtraError("datasets, which hfds: needs,", "torch") from None
    if os.path.isdir(spec.name):
        rows = _rows(spec)
        spec = replace(spec, name=Path(spec.name).resolve().name)
    else:
        spec = replace(spec, revision=_commit(spec))
        rows = _rows(spec)
    name = slug("-".join(filter(None, ["hfds", spec.name, spec.config, spec.split, spec.column])))
    with _quiet():
        path, size = _write(name, _joined(spec, rows, limit))
    if not size:
        raise CorpusError(f"{spec.text}: no text in {spec.column!r}; choose another split or column")
    cut = None if limit is None or size < limit else f"first {limit:,} bytes of the dataset's text"
    return Corpus(name, spec.text, 0, size, (CorpusFile(path.name, path, 0, size),), None, cut)


def dataset_rows(text: str) -> Iterator[dict[str, Any]]:
    """The rows of a dataset with all their columns, streamed.

    Args:
        text: what follows `hfds:`; see `parse_dataset`.

    Raises:
        MissingExtraError, UsageError, CorpusError: as `dataset_corpus`.
    """
    spec = parse_dataset(text)
    try:
        import datasets  # noqa: F401
    except ImportError:
        raise MissingExtraError("datasets, which hfds: needs,", "torch") from None
    with _quiet():
        yield from _rows(spec)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bars and log lines of `datasets`: what goes wrong is raised, and reported once."""
    import datasets

    level, bars = datasets.logging.get_verbosity(), not datasets.are_progress_bars_disabled()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.logging.set_verbosity(level)
        if bars:
            datasets.enable_progress_bars()


def _rows(spec: DatasetSpec) -> Iterator[dict[str, Any]]:
    """The rows, streamed; files of a local folder are read in the order of their names."""
    import datasets

    try:
        dataset = datasets.load_dataset(
            spec.name, spec.config or None, split=spec.split, streaming=True, revision=spec.revision or None
        )
    except Exception as error:  # whatever a reader of files or a network raises
        raise UsageError(f"{spec.text}: {type(error).__name__}: {_line(error)}") from error
    try:
        yield from dataset
    except Exception as error:
        raise CorpusError(f"{spec.text}: cannot be read on: {type(error).__name__}: {_line(error)}") from error


def _commit(spec: DatasetSpec) -> str:
    """The hub's commit of the dataset, so that a result says which."""
    from huggingface_hub import HfApi

    try:
        return HfApi().dataset_info(spec.name, revision=spec.revision or None).sha or spec.revision
    except Exception as error:  # no network, no such dataset, no permission
        raise UsageError(
            f"{spec.text}: not a folder here, and the hub does not give it: {type(error).__name__}: {_line(error)}"
        ) from error


def _joined(spec: DatasetSpec, rows: Iterator[dict[str, Any]], limit: int | None) -> Iterator[bytes]:
    """The bytes of the corpus, piece by piece, at most `limit`."""
    left = limit
    for number, row in enumerate(rows):
        if spec.column not in row:
            raise UsageError(f"{spec.text}: no column {spec.column!r}; there are: {', '.join(row)}")
        text = row[spec.column]
        if not isinstance(text, str):
            raise CorpusError(f"{spec.text}: row {number:,} holds {type(text).__name__}, not text; choose another column")
        try:
            data = ((spec.separator if number else "") + text).encode()
        except UnicodeEncodeError as error:
            raise CorpusError(f"{spec.text}: row {number:,} is not Unicode text: {error}") from None
        yield data[:left]
        if left is not None:
            left -= min(left, len(data))
            if not left:
                return


def _write(name: str, pieces: Iterator[bytes]) -> tuple[Path, int]:
    """The file of these bytes, named after their digest so that no other dataset's file is ever replaced; and its size."""
    folder = corpora_folder() / "hfds"
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    waiting = folder / f"{name}-{os.getpid()}.part"
    with whole_file(waiting, replace=True) as sink:
        for piece in pieces:
            sink.write(piece)
            digest.update(piece)
            size += len(piece)
    path = folder / f"{name}-{digest.hexdigest()[:16]}.txt"
    os.replace(waiting, path)
    return path, size


def _escape(text: str) -> str:
    for letter, meaning in _ESCAPES.items():
        text = text.replace(meaning, "\\" + letter)
    return text


def _unescape(text: str) -> str:
    found, letters = [], iter(text)
    for letter in letters:
        follows = next(letters, "") if letter == "\\" else None
        if follows is not None and follows not in _ESCAPES:
            raise UsageError(f"separator={text}: \\{follows} is not one of \\n \\t \\0 \\c (a comma) \\\\")
        found.append(letter if follows is None else _ESCAPES[follows])
    return "".join(found)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
