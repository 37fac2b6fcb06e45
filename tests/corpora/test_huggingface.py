"""Datasets as corpora, from local folders of parquet and jsonl: the same texts, the same bytes, whatever the format."""

import builtins
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from mdlbench.corpora import find_corpus
from mdlbench.corpora.huggingface import DatasetSpec, parse_dataset
from mdlbench.errors import CorpusError, MissingExtraError, MissingInputError, UsageError

TEXTS = ["first\ntext", "", "zweiter, mit Umlaut: ä", "\U0001f600 last"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MDLBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "cache" / "corpora" / "hfds"


def folder_of(path: Path, kind: str, texts: list[Any] = TEXTS, column: str = "text") -> Path:
    """A local dataset in two files, so that the order of files shows too."""
    pytest.importorskip("datasets")
    path.mkdir()
    for number, part in enumerate([texts[:2], texts[2:]]):
        name = path / f"train-{number}.{kind}"
        if kind == "jsonl":
            name.write_text("".join(json.dumps({"id": n, column: text}) + "\n" for n, text in enumerate(part)))
        else:
            import pyarrow
            import pyarrow.parquet

            pyarrow.parquet.write_table(pyarrow.table({"id": list(range(len(part))), column: part}), name)
    return path


def contents(spec: str, limit: int | None = None) -> bytes:
    corpus = find_corpus(spec, limit)
    with corpus.files[0].open() as stream:
        data = stream.read()
    assert len(data) == corpus.size == corpus.end
    return data


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_texts_are_joined_in_order(kind: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "poems", kind)
    expected = "\n\n".join(TEXTS).encode()
    assert contents(f"hfds:{folder}") == expected
    assert contents(f"hfds:{folder},config=,split=train,column=text") == expected
    assert contents(rf"hfds:{folder},separator=\n\c\t") == "\n,\t".join(TEXTS).encode()
    assert contents(f"hfds:{folder},separator=") == "".join(TEXTS).encode()
    corpus = find_corpus(f"hfds:{folder}")
    assert (corpus.name, corpus.note, corpus.recognised) == ("hfds-poems-train-text", None, None)
    assert corpus.source == r"hfds:poems,split=train,column=text,separator=\n\n"
    assert corpus.sha256() == hashlib.sha256(expected).hexdigest()


@pytest.mark.parametrize("limit", [1, 10, 12, 13, 40, 10**6])
def test_limits_cut_the_bytes_and_not_the_texts(limit: int, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "poems", "jsonl")
    expected = "\n\n".join(TEXTS).encode()
    assert contents(f"hfds:{folder}", limit) == expected[:limit]
    cut = find_corpus(f"hfds:{folder}", limit).cut
    assert cut == (f"first {limit:,} bytes of the dataset's text" if limit < len(expected) else None)


def test_a_limit_reads_no_further_than_it_must(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "poems", "jsonl", ["x" * 100, "y" * 100, "z", None])
    assert contents(f"hfds:{folder}", 150) == b"x" * 100 + b"\n\n" + b"y" * 48
    with pytest.raises(CorpusError, match="row 3 holds NoneType, not text"):
        contents(f"hfds:{folder}")


def test_splits_and_columns(tmp_path: Path, cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path / "poems", "jsonl", column="poem")
    (folder / "test.jsonl").write_text('{"poem": "other"}\n')
    assert contents(f"hfds:{folder},split=test,column=poem") == b"other"
    with pytest.raises(UsageError, match="no column 'text'; there are: id, poem"):
        contents(f"hfds:{folder}")
    with pytest.raises(UsageError, match=r"hfds:.*split=dev.*Bad split: dev"):
        contents(f"hfds:{folder},split=dev,column=poem")
    with pytest.raises(CorpusError, match="row 0 holds int, not text; choose another column"):
        contents(f"hfds:{folder},column=id")
    (folder / "train-1.jsonl").write_text('{"poem": "fine"}\n{"poem": brok')
    with pytest.raises(CorpusError, match=r"hfds:.*poems.*cannot be read on: "):
        contents(f"hfds:{folder},column=poem")
    assert [path.suffix for path in cache.iterdir()] == [".txt"]  # what failed left nothing
    assert capfd.readouterr() == ("", "")


def test_other_bytes_are_another_file(tmp_path: Path, cache: Path) -> None:
    folder = folder_of(tmp_path / "poems", "jsonl")
    first = find_corpus(f"hfds:{folder}")
    (folder / "train-0.jsonl").write_text('{"id": 0, "text": "changed"}\n')
    second = find_corpus(f"hfds:{folder}")
    assert first.sha256() != second.sha256()
    assert len(list(cache.iterdir())) == 2
    assert first.files[0].sha256() == hashlib.sha256("\n\n".join(TEXTS).encode()).hexdigest()


@pytest.mark.parametrize("texts", [[], [""]])
def test_no_text_at_all(texts: list[str], tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    (tmp_path / "nothing").mkdir()
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (tmp_path / "nothing" / "train.jsonl").write_text(lines)
    with pytest.raises((CorpusError, UsageError), match=r"hfds:.*nothing"):
        find_corpus(f"hfds:{tmp_path / 'nothing'}")


def test_a_local_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is not asked for what is written as a path."""
    monkeypatch.chdir(tmp_path)
    Path("text").touch()
    for name in ("./notexts", f"{tmp_path}/notexts", "~/notexts"):
        said = re.escape(f"hfds:{name}: there is no folder {os.path.expanduser(name)}; name one of parquet")
        with pytest.raises(MissingInputError, match=f"^{said}"):
            find_corpus(f"hfds:{name}")
    with pytest.raises(MissingInputError, match=r"^hfds:\./text: \./text is a file, not a folder; "):
        find_corpus("hfds:./text")


def test_specs_are_read_and_shown() -> None:
    spec = parse_dataset(r"org/name,config=en,split=test[:10%],column=content,separator=\\n\c,revision=abc")
    assert spec == DatasetSpec("org/name", "en", "test[:10%]", "content", "\\n,", "abc")
    assert parse_dataset(spec.text.removeprefix("hfds:")) == spec
    assert parse_dataset("x,split=,column=") == DatasetSpec("x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hfds:", "no dataset is named; write hfds:NAME,config="),
        ("hfds:x,field=text", "'field=text' is not one of config=, split=, column=, separator=, revision="),
        ("hfds:x,split", "'split' is not one of"),
        ("hfds:x,split=a,split=b", "'split=b' is not one of .* each once"),
        ("hfds:x,separator=\\q", r"separator=\\q: \\q is not one of"),
    ],
)
def test_specs_that_make_no_sense(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_corpus(text)


def test_a_missing_extra_names_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "datasets":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "datasets", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError, match=r"datasets, which hfds: needs, is not installed; .*'mdlbench\[torch\]'"):
        find_corpus("hfds:anything")


def test_a_dataset_of_the_hub_is_pinned_to_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a network: the hub's two answers, its commit and its rows, are put in place of the calls."""
    datasets, hub = pytest.importorskip("datasets"), pytest.importorskip("huggingface_hub")
    asked: list[Any] = []

    class Info:
        sha = "c0ffee"

    def load(name: str, config: str | None, **options: Any) -> list[dict[str, str]]:
        asked.append((name, config, options))
        return [{"text": "row"}]

    monkeypatch.setattr(hub.HfApi, "dataset_info", lambda self, name, revision: Info())
    monkeypatch.setattr(datasets, "load_dataset", load)
    corpus = find_corpus("hfds:org/name,config=en")
    assert asked == [("org/name", "en", {"split": "train", "streaming": True, "revision": "c0ffee"})]
    assert corpus.source == r"hfds:org/name,config=en,split=train,column=text,separator=\n\n,revision=c0ffee"
    assert corpus.name == "hfds-org-name-en-train-text"


def test_a_dataset_that_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def refuse(self: Any, name: str, revision: str | None) -> None:
        raise OSError("no\nnetwork")

    monkeypatch.setattr(hub.HfApi, "dataset_info", refuse)
    with pytest.raises(
        UsageError, match=r"hfds:org/none.*: not a folder here, and the hub does not give it: OSError: no network"
    ):
        find_corpus("hfds:org/none")
