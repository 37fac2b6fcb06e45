"""Specs: what they may say, their canonical form, what is refused, and digests."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlbench.errors import SpecError
from mdlbench.models import CATALOG, load_model
from mdlbench.models.spec import format_spec, option, parse_options, split_spec


@dataclass(frozen=True)
class Options:
    level: int = option(5, "how hard")
    alpha: float = option(0.5, "prior")
    memory: int = option(1 << 20, "bytes", size=True)
    kind: str = option("a", "word", choices=("a", "b"))
    fast: bool = option(False, "flag")
    window: int | None = option(None, "may be absent")


def test_an_argument_may_hold_commas_and_colons() -> None:
    assert split_spec("hf:C:/a,b/c,context=4") == ("hf", "C:/a,b/c", {"context": "4"})
    assert split_spec("kt") == ("kt", "", {})


@pytest.mark.parametrize("text", ["", ":x", "9cm", "cm,level", "cm level=9", "cm,=3"])
def test_what_is_not_a_spec(text: str) -> None:
    with pytest.raises(SpecError, match="is not a model spec; write name"):
        split_spec(text)


@pytest.mark.parametrize("value", [None, 3, object()])
def test_a_model_is_named_by_a_string(value: object) -> None:
    with pytest.raises(SpecError, match="named by its spec, a string such as 'cm,level=9'"):
        load_model(value)  # type: ignore[arg-type]


def test_an_option_given_twice() -> None:
    with pytest.raises(SpecError, match="gives level twice"):
        split_spec("cm,level=1,level=2")


@given(
    st.integers(-9, 9),
    st.floats(0, 1),
    st.integers(0, 1 << 30),
    st.sampled_from("ab"),
    st.booleans(),
    st.none() | st.integers(),
)
def test_canonical_specs_read_back(level: int, alpha: float, memory: int, kind: str, fast: bool, window: int | None) -> None:
    options = Options(level, alpha, memory, kind, fast, window)
    name, argument, values = split_spec(format_spec("x", "", options))
    assert (name, argument) == ("x", "")
    assert parse_options(Options, values, "x") == options


def test_white_space_around_a_spec_is_no_part_of_it() -> None:
    assert load_model(" kt,order=2\n").spec == "kt,order=2"


def test_a_model_is_shown_by_its_spec() -> None:
    assert repr(load_model("kt,order=2")) == "<Model kt,order=2>"


def test_defaults_are_left_out() -> None:
    assert format_spec("x", "y", Options(memory=3)) == "x:y,memory=3"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"levle": "1"}, "no option 'levle'; did you mean level"),
        ({"level": "x"}, "level=x: not an int"),
        ({"level": "\u0665"}, "level=\u0665: not an int"),
        ({"level": "+2"}, r"level=\+2: not an int"),
        ({"level": "02"}, "level=02: not an int"),
        ({"level": " 2"}, "level= 2: not an int"),
        ({"alpha": "+0.5"}, r"alpha=\+0.5: not a float"),
        ({"alpha": "00.5"}, "alpha=00.5: not a float"),
        ({"window": "1_0"}, "window=1_0: not an int"),
        ({"alpha": "\u0660.5"}, "alpha=\u0660.5: not a float"),
        ({"alpha": "nan"}, "alpha=nan: not a float"),
        ({"alpha": "1e400"}, "alpha=1e400: not a float"),
        ({"memory": "\u0664K"}, "is not a size"),
        ({"memory": "10000000T"}, "is not a size"),
        ({"alpha": "x"}, "alpha=x: not a float"),
        ({"memory": "3Q"}, "memory=3Q: '3Q' is not a size"),
        ({"kind": "c"}, "kind=c: choose from a, b"),
        ({"fast": "maybe"}, "fast=maybe: write true or false"),
    ],
)
def test_options_that_cannot_be_read(values: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_options(Options, values, "x")


def test_digests_tell_models_apart_and_ignore_how_they_were_written() -> None:
    specs = ["uniform", "kt", "kt,order=1", "kt,alpha=0.25", "ngram", "cm", "cm,level=1", "cm,memory=1Mi"]
    digests = [load_model(spec).digest for spec in specs]
    assert len(set(digests)) == len(specs)
    assert all(len(digest) == 8 for digest in digests)
    default = load_model("cm")
    assert load_model(f"cm,level={default.options.level}").digest == default.digest
    assert load_model(f"cm,level={default.options.level}").spec == "cm"


def test_the_catalogue_names_its_models() -> None:
    for name, entry in CATALOG.items():
        assert split_spec(entry.example)[0] == name
        assert entry.summary
