"""Units, errors, and the package's public face."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdlbench
from mdlbench import errors, leaderboard, units


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("64k", 64_000),
        ("1M", 10**6),
        ("1.5M", 1_500_000),
        ("2Ki", 2048),
        ("16Mi", 16 << 20),
        ("3GiB", 3 << 30),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert units.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "1Z", "1 2", "k"])
def test_what_is_not_a_size(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        units.parse_size(text)


ODD = ["", " 1", "1 ", "1_0", "\u0661\u0660", "\uff11", "\u00b2", "0x1", "1,0", "--1", "nan", "inf", "1" * 5000, "e", "."]


@pytest.mark.parametrize("text", [*ODD, "1.5", "1e3"])
def test_what_is_not_a_whole_number(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number in plain digits"):
        units.parse_whole(text)


@pytest.mark.parametrize("text", [*ODD, "1e400", "-inf", "1e", "0x1p3"])
def test_what_is_not_a_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number in plain digits|is too large a number"):
        units.parse_real(text)


@pytest.mark.parametrize(
    "text", [text for text in ODD if text[:1] != " " and text[-1:] != " "] + ["9" * 30, "9G" * 2, "10000000T"]
)
def test_sizes_have_plain_digits_too(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        units.parse_size(text)


@given(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_as_they_are_written(whole: int, real: float) -> None:
    assert units.parse_whole(str(whole)) == whole == units.parse_whole(whole)
    assert units.parse_real(str(real)) == real == units.parse_real(real)


@given(st.floats(0, 1e12))
def test_nats_and_bits_are_inverse(nats: float) -> None:
    assert units.bits_to_nats(units.nats_to_bits(nats)) == pytest.approx(nats, rel=1e-12)


def test_rates_of_nothing_are_none() -> None:
    assert units.bits_per_byte(10, 0) is None
    assert units.ratio(float("inf"), 2) is None
    assert units.bits_per_byte(16, 4) == 4.0


@pytest.mark.parametrize("package", [mdlbench, leaderboard])
def test_type_checkers_see_what_is_loaded_lazily(package: ModuleType) -> None:
    tree = ast.parse(Path(str(package.__file__)).read_text(encoding="utf8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    names = [alias.asname or alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == package.__all__
    assert all(hasattr(package, name) for name in names)


def test_all_is_documented() -> None:
    for name in mdlbench.__all__:
        assert getattr(mdlbench, name).__doc__, name
        assert name in dir(mdlbench)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mdlbench.nothing


def test_every_error_is_drawn_in_the_tree() -> None:
    drawn = errors.__doc__ or ""
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, Exception):
            assert name in drawn
            assert issubclass(value, errors.MdlbenchError)


def test_import_is_light() -> None:
    """Neither numpy, numba, torch nor transformers, for the package and for `--help`."""
    heavy = ("numpy", "numba", "torch", "transformers")
    code = f"import sys, mdlbench, mdlbench.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_models_import_neither_torch_nor_numba() -> None:
    code = (
        "import sys, mdlbench.models as m; [m.model_class(name) for name in m.CATALOG]; "
        "print([name for name in ('numba', 'torch', 'transformers') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
