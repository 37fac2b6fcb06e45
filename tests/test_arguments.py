"""Wrong arguments from Python are one line that names them, whatever function they are given to."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mdlbench
from mdlbench.errors import MissingInputError, SpecError, UsageError
from mdlbench.workers import MOST_JOBS


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: mdlbench.find_corpus(None), TypeError, "text is of type NoneType; give a str, such as 'enwik8"),
        (lambda: mdlbench.find_corpus(5), TypeError, "text is of type int"),
        (lambda: mdlbench.find_corpus("LICENSE", "4"), UsageError, "limit='4'; it is a whole number of at least 0"),
        (lambda: mdlbench.find_corpus("LICENSE", -1), UsageError, "limit=-1; it is a whole number of at least 0"),
        (lambda: mdlbench.find_corpus("LICENSE", 1.5), UsageError, r"limit=1\.5; it is a whole number"),
        (lambda: mdlbench.find_process(None), TypeError, "name is of type NoneType; give a str, such as 'mess3'"),
        (lambda: mdlbench.find_process("even", 5), TypeError, "parameters is 5; give values by name"),
        (lambda: mdlbench.find_process("even", {5: 5}), TypeError, r"parameters is \{5: 5\}; give values by name"),
        (lambda: mdlbench.verify_round_trip(b"data", "kt"), TypeError, "path is of type bytes; give the path of a file"),
        (lambda: mdlbench.verify_round_trip("LICENSE", None), SpecError, "a model is named by its spec"),
        (lambda: mdlbench.verify_round_trip("LICENSE", 5), SpecError, "a model is named by its spec"),
        (lambda: mdlbench.compress(b"abc", "kt", jobs="2"), UsageError, "jobs='2'; it is a whole number from 1 to 256"),
        (lambda: mdlbench.compress(b"abc", "kt", jobs=1.5), UsageError, r"jobs=1\.5; it is"),
        (lambda: mdlbench.compress(b"abc", "kt", jobs=0), UsageError, "jobs=0; it is"),
        (lambda: mdlbench.compress(b"abc", "kt", jobs=MOST_JOBS + 1), UsageError, "jobs=257; it is"),
        (lambda: mdlbench.symbol_costs(b"abc", "kt", alternatives="3"), UsageError, "alternatives='3'; it is"),
        (lambda: mdlbench.symbol_costs(b"abc", "kt", alternatives=1.5), UsageError, r"alternatives=1\.5; it is"),
        (lambda: mdlbench.symbol_costs(b"abc", "kt", alternatives=None), UsageError, "alternatives=None; it is"),
        (lambda: mdlbench.symbol_costs(b"abc", "kt", alternatives=-1), UsageError, "alternatives=-1; it is"),
        (lambda: mdlbench.open(5), TypeError, "path is of type int; give the path of a file"),
        (lambda: mdlbench.compress(io.StringIO("abc")), TypeError, "StringIO is a stream of text: open it with 'rb'"),
        (lambda: mdlbench.code_length(io.StringIO("abc")), TypeError, "open it with 'rb'"),
        (lambda: mdlbench.decompress(io.StringIO("abc")), TypeError, "open it with 'rb'"),
        (lambda: mdlbench.compress_stream(io.StringIO("abc"), io.BytesIO()), TypeError, "open it with 'rb'"),
        (lambda: mdlbench.decompress_stream(io.StringIO("abc"), io.BytesIO()), TypeError, "open it with 'rb'"),
        (lambda: mdlbench.compress(Path("a\0b")), MissingInputError, "no path holds a NUL"),
        (lambda: mdlbench.verify_round_trip("a\0b"), MissingInputError, "no path holds a NUL"),
    ],
)
def test_a_wrong_argument_is_named(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as found:
        call()
    assert "\n" not in str(found.value)


def test_a_file_opened_as_text_is_none_of_bytes(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("abc")
    with open(tmp_path / "text", encoding="utf8") as stream, pytest.raises(TypeError, match="open it with 'rb'"):
        mdlbench.compress(stream)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_whole_and_memory_may_have_gaps() -> None:
    data = memoryview(bytes(range(200)))[::2]
    assert mdlbench.decompress(mdlbench.compress(data, "kt", jobs=np.int64(1))) == bytes(range(0, 200, 2))


@pytest.mark.parametrize("call", [mdlbench.find_corpus, lambda name: mdlbench.compress(Path(name), "kt")])
def test_what_is_not_there_is_the_same_error_everywhere(call: Callable[[str], object], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        call(str(tmp_path / "nope"))
