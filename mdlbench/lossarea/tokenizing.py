"""Bytes a token, measured: a tokenizer on a sample of the training data."""

import os
from pathlib import Path

from mdlbench.errors import MissingExtraError, MissingInputError, UsageError
from mdlbench.text import first_line, reason, visible


def measure(folder: str | os.PathLike[str], text: str | os.PathLike[str]) -> float:
    """Bytes of a text divided by its tokens under a tokenizer of transformers, no special tokens among them.

    Raises:
        MissingInputError: the text cannot be read.
        UsageError: it is empty, or the folder holds no tokenizer.
    """
    try:
        data = Path(text).read_bytes()
    except OSError as error:
        raise MissingInputError(f"{visible(str(text))}: {reason(error)}; name a sample of the training data") from None
    if not data:
        raise UsageError(f"{visible(str(text))} is empty; name a sample of the training data")
    tokens = _tokenizer(folder)(data.decode("utf8", "replace"), add_special_tokens=False, verbose=False)["input_ids"]
    if not tokens:
        raise UsageError(f"{visible(str(folder))} makes no token of {visible(str(text))}; name another text")
    return len(data) / len(tokens)


def _tokenizer(folder: str | os.PathLike[str]):  # type: ignore[no-untyped-def]
    if not Path(folder).is_dir():
        raise MissingInputError(f"{visible(str(folder))}: no such folder; name one that holds a tokenizer")
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise MissingExtraError("transformers", "torch") from None
    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:
        raise UsageError(f"{visible(str(folder))} holds no tokenizer that transformers reads ({first_line(error)})") from None
