"""Text for people: nothing in it moves the cursor, begins a line or becomes markup; numbers as sentences write them."""

import errno
import os

import pytest

from mdlbench.result.exhibits import Estimate, Measure
from mdlbench.text import counted, escaped, in_units, reason, signed, speed, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – ä 日本 😀", "plain – ä 日本 😀"),
        ("\x1b[2J\n\t\x00", r"\x1b[2J\n\t\x00"),
        ("\u202egnp.exe\u2028", r"\u202egnp.exe\u2028"),
        ("\udcff", r"\udcff"),  # a byte of a file's name that is not UTF-8
    ],
)
def test_what_cannot_be_printed_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_line_feeds_can_be_kept() -> None:
    assert visible("a\nb\x1b", keep="\n") == "a\nb\\x1b"


def test_markup_is_inert() -> None:
    assert escaped("<b a='\"'>&\x1b") == "&lt;b a=&#x27;&quot;&#x27;&gt;&amp;\\x1b"


@pytest.mark.parametrize(
    ("n_bytes", "seconds", "shown"),
    [
        (0, 1, "0 B/s"),
        (11358, 0.0789, "144 kB/s"),
        (999_499, 1, "999 kB/s"),
        (999_500, 1, "1 MB/s"),
        (3 * 10**9, 2, "1.5 GB/s"),
        (1, 0, "1 GB/s"),
    ],
)
def test_speeds_have_three_digits_and_a_unit(n_bytes: int, seconds: float, shown: str) -> None:
    assert speed(n_bytes, seconds) == shown


def test_amounts_of_other_units() -> None:
    assert [in_units(value, ("bits", "kbits")) for value in (-5, 1500, -1500)] == ["-5 bits", "1.5 kbits", "-1.5 kbits"]


def test_things_are_counted() -> None:
    assert [counted(n, "row") for n in (0, 1, 1000)] == ["0 rows", "1 row", "1,000 rows"]


def test_reasons_stand_inside_a_sentence() -> None:
    assert reason(OSError(errno.ENOENT, os.strerror(errno.ENOENT), "a")) == "no such file or directory"
    assert reason(OSError("Timed out")) == "timed out"


@pytest.mark.parametrize(
    ("number", "shown"),
    [("-0.0000", "0.0000"), ("-0", "0"), ("-0.0001", "-0.0001"), ("-1e-10", "-1e-10"), ("0.00 s", "0.00 s")],
)
def test_nothing_has_no_sign(number: str, shown: str) -> None:
    assert signed(number) == shown


def test_a_rounded_nothing_has_no_sign_in_any_cell() -> None:
    four = Measure("R²", form="fixed", digits=4)
    assert four.text(-1e-9) == "0.0000"
    assert four.text(Estimate(-1e-9, -0.01, -1e-12)) == "0.0000 [−0.0100, 0.0000]"
    assert Measure("bits", form="count").text(-0.2) == "0"
    assert Measure("time", form="seconds", digits=1).text(-0.01) == "0.0 s"
