"""The coloured text: what is drawn for every kind of byte, an even and readable scale, and a real browser reading it."""

import io
import itertools
import json
import math
import random
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mdlbench.evaluation.by_symbol import SymbolBits, evaluate_symbols
from mdlbench.evaluation.coloured import coloured_text
from mdlbench.models import load_model
from mdlbench.models.base import Alternative
from mdlbench.report.heat import RAMPS, SHADES, drawn, heat_page, shade
from mdlbench.report.oklab import linear_srgb, relative_luminance

HOSTILE = b"</script><img src=x onerror=alert(1)>&amp;\"'<!-- ${text} $text \xe2\x80\xae evil \xe2\x80\xa8 \x00\x1b[2J</i>"


def symbols_of(*parts: bytes, bits: float = 3.0) -> list[SymbolBits]:
    symbols, start = [], 0
    for at, raw in enumerate(parts):
        symbols.append(SymbolBits(start, raw, bits, at * bits, None))
        start += len(raw)
    return symbols


def page_of(data: bytes, spec: str = "ngram,order=2", name: str = "name", cut: str | None = None) -> str:
    symbols: list[SymbolBits] = []
    found = evaluate_symbols(io.BytesIO(data), load_model(spec), symbols.append)
    return heat_page(coloured_text(name, symbols, found, cut))


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def tags_of(page: str) -> list[str]:
    elements = _Elements()
    elements.feed(page)
    return elements.tags


def test_what_is_drawn() -> None:
    cases = {
        (b"a\n", b"\n", b"\t"): ["a↵\n", "↵\n", "→\t"],
        (b"\xe6", b"\x97", b"\xa5x"): ["", "", "日x"],
        (b"\xff", b"\xe6\x97"): ["\\xff", "\\xe6\\x97"],
        (b"", b"\x00\x7f\r"): ["", "␀␡␍"],
        (b"e", b"\xcc\x81"): ["e", "\u25cc\u0301"],
        ("\u202e\u200b\u2028\ufeff".encode(),): ["\\u{202e}\\u{200b}\\u{2028}\\u{feff}"],
        (b"\xf0\x9f", b"\x98\x80 "): ["", "\U0001f600 "],
    }
    for parts, expected in cases.items():
        assert drawn(symbols_of(*parts)) == expected


def test_shades_rise_with_bits_per_byte() -> None:
    shades = [shade(bits / 10, 1) for bits in range(100)]
    assert shades == sorted(shades)
    assert (shades[0], shades[-1]) == (0, SHADES - 1)
    assert shade(12.0, 4) == shade(3.0, 1)
    assert shade(1.0, 0) == SHADES - 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_scale_is_even_and_readable(theme: str) -> None:
    """Luminance is monotone (readable without hues), and every shade carries ink at 4.5:1 (WCAG 2.1, 1.4.3)."""

    def linear(code: str) -> tuple[float, float, float]:
        channels = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return red, green, blue

    colours = RAMPS[theme].colours(SHADES)
    luminance = [relative_luminance(linear(colour.hex)) for colour in colours]
    assert luminance == sorted(luminance, reverse=theme == "light")
    roots = [value ** (1 / 3) for value in luminance]
    steps = [abs(b - a) for a, b in itertools.pairwise(roots)]
    assert max(steps) < 2.5 * min(steps)
    for colour, value in zip(colours, luminance, strict=True):
        contrast = (value + 0.05) / 0.05 if colour.ink == "#000" else 1.05 / (value + 0.05)
        assert contrast >= 4.5


def test_oklab_against_published_values() -> None:
    """Ottosson's own table: OKLab (1, 0, 0) is white; sRGB red is L = 0.628, C = 0.2577, h = 29.23 degrees."""
    assert linear_srgb(1.0, 0.0, 0.0) == pytest.approx((1, 1, 1), abs=1e-3)
    assert linear_srgb(0.62796, 0.25768, 0.51016) == pytest.approx((1, 0, 0), abs=2e-3)


def test_hostile_text_and_names_are_inert() -> None:
    plain, hostile = page_of(b"x" * len(HOSTILE)), page_of(HOSTILE, name="</title><script>alert(1)</script>\x1b\u202e")
    assert set(tags_of(hostile)) == set(tags_of(plain))
    assert tags_of(hostile).count("script") == 2
    assert "${" not in re.sub(r"\$\{?text", "", hostile)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2028]", hostile)
    assert not re.search(r'(src|href)="(?!https://pypi\.org)', hostile)
    alternatives = (Alternative(b"</script><b>", 0.5),)
    found = evaluate_symbols(io.BytesIO(b"a"), load_model("uniform"), lambda symbol: None)
    page = heat_page(coloured_text("n", [SymbolBits(0, b"a", 8.0, 0.0, alternatives)], found))
    assert "</script><b>" not in page


def test_a_part_of_a_file_says_so() -> None:
    assert "A part: first 100 bytes. All figures are of this part." in page_of(b"a" * 100, cut="first 100 bytes")
    assert 'class="notice"' not in page_of(b"a" * 100)
    assert page_of(b"").count("<i class") == 0


def test_the_parts_sum_to_the_whole() -> None:
    """Four significant digits of each symbol would leave out bits of a long text."""
    data = bytes(random.Random(1).choices(b"abcdefghij ", k=20_000))
    symbols: list[SymbolBits] = []
    found = evaluate_symbols(io.BytesIO(data), load_model("ngram,order=2"), symbols.append)
    shown = re.search(r'<script type="application/json" id="data">(.*?)</script>', page_of(data), re.DOTALL)
    assert shown is not None
    bits = json.loads(shown[1])["bits"]
    assert math.fsum(bits) == pytest.approx(found.ideal_bits, abs=1e-5)
    assert max(abs(one - symbol.bits) for one, symbol in zip(bits, symbols, strict=True)) <= 1.1e-6


def test_in_a_browser(tmp_path: Path) -> None:
    """Chromium draws it without errors or requests; hover, keyboard, and what the card says."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium (apt install chromium), which is not here")
    data = HOSTILE + "the 日本 the the\n".encode() * 4
    path = tmp_path / "heat.html"
    path.write_bytes(page_of(data).encode())
    troubles: list[Any] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(error))
        page.on("request", lambda request: troubles.append(request.url) if not request.url.startswith("file:") else None)
        page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
        page.goto(f"file://{path}")
        assert page.locator("#text i").count() == len(data)
        page.locator("#text i").nth(len(data) - 3).hover()
        card = page.locator("#card").inner_text()
        assert "code length" in card
        assert "the model expected" in card
        page.locator("#text").focus()
        page.keyboard.press("End")
        assert f"{len(data) - 1:,}" in page.locator("#card").inner_text()
        page.keyboard.press("ArrowLeft")
        assert page.locator("#told").inner_text().startswith("e: code length")
        page.keyboard.press("Escape")
        assert page.locator("#card").is_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
    assert troubles == []
