"""A text coloured by code length: one page that explains itself, with every symbol's bits and alternatives on hover.

    symbols -> drawn text (characters belong to the symbol that completes them) -> spans of 24 shades -> one HTML file

The shade says bits per byte, on the same scale in every picture: 0 to 8, and beyond. Lightness falls evenly along it (rises in
the dark theme), so that it can be read without seeing hues. Bytes that are not text, and characters that are invisible or that
steer others, are spelled out. Nothing in the text can become markup, and the page may load or send nothing.
"""

import unicodedata
from collections.abc import Sequence
from html import escape
from itertools import accumulate, pairwise
from string import Template
from typing import Any

from mdlbench.report.oklab import Ramp
from mdlbench.report.page import asset, content_policy, embedded
from mdlbench.result.coloured import ColouredText, Costed

SHADES = 24
TOP = 8.0  # bits per byte of the last shade: as much as bytes that nothing is known about
BEND = 0.62  # below 1, the lower bits get more of the scale: a good model's differences lie there
TICKS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
_STRIPES = 180  # bars of the overview along the file
RAMPS = {
    "light": Ramp(lightness=(0.985, 0.33), chroma=(0.012, 0.15), hue=(95.0, -75.0)),
    "dark": Ramp(lightness=(0.20, 0.93), chroma=(0.012, 0.15), hue=(-75.0, 95.0)),
}
_SHOWN_CONTROLS = {0x0A: "↵\n", 0x0D: "␍", 0x09: "→\t", 0x7F: "␡"}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def heat_page(text: ColouredText) -> str:
    """The page's HTML."""
    style, script = style_sheet() + asset("heat.css"), asset("heat.js")
    return Template(asset("heat.html")).substitute(
        policy=content_policy(style, script),
        title=escape(f"{_printable(text.name)} under {_printable(text.model)}"),
        heading=escape(_printable(text.name)),
        facts="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(_printable(value))}</dd></div>" for name, value in text.facts),
        notice=f'<p class="notice">{escape(text.notice)}</p>' if text.notice else "",
        legend=_legend(),
        overview=_overview(text.symbols),
        text=_text(text.symbols),
        data=embedded(_data(text)),
        style=style,
        script=script,
    )


def shade(bits: float, n_bytes: int) -> int:
    """The shade of a symbol, 0 to `SHADES` - 1; what stands for no byte has the last."""
    if not n_bytes:
        return SHADES - 1
    share = (min(bits / n_bytes, TOP) / TOP) ** BEND
    return min(SHADES - 1, int(share * SHADES))


def style_sheet() -> str:
    """CSS of the shades in both themes, each with ink that can be read on it."""
    light, dark = (_shades(theme) for theme in ("light", "dark"))
    classes = "".join(
        f".h{at}{{background:var(--h{at});color:var(--k{at})}}rect.h{at}{{fill:var(--h{at})}}" for at in range(SHADES)
    )
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}@media print{{:root{{{light}}}}}{classes}"


def _shades(theme: str) -> str:
    colours = RAMPS[theme].colours(SHADES)
    return "".join(f"--h{at}:{colour.hex};--k{at}:{colour.ink};" for at, colour in enumerate(colours))


def drawn(symbols: Sequence[Costed]) -> list[str]:
    """What is written for each symbol: the characters whose last byte it has, hidden ones spelled out."""
    text = b"".join(symbol.raw for symbol in symbols).decode("utf-8", "surrogateescape")
    parts: list[str] = []
    at = covered = end = 0
    for symbol in symbols:
        end += len(symbol.raw)
        begin = at
        while at < len(text) and covered + _n_bytes(text[at]) <= end:
            covered += _n_bytes(text[at])
            at += 1
        parts.append("".join(map(_spelled_out, text[begin:at])))
    return parts


def _n_bytes(character: str) -> int:
    return len(character.encode("utf-8", "surrogateescape"))


def _spelled_out(character: str) -> str:
    """A character as it is drawn: itself where it can be seen."""
    code = ord(character)
    if code in _SHOWN_CONTROLS:
        return _SHOWN_CONTROLS[code]
    if code < 0x20:
        return chr(0x2400 + code)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    kind = unicodedata.category(character)
    if kind in _HIDDEN:
        return f"\\u{{{code:x}}}"
    return "\u25cc" + character if kind.startswith("M") else character


def _printable(text: str) -> str:
    return "".join(map(_spelled_out, text))


def _text(symbols: Sequence[Costed]) -> str:
    return "".join(
        f'<i class="h{shade(symbol.bits, len(symbol.raw))}{"" if text else " t" if symbol.raw else " z"}">{escape(text)}</i>'
        for symbol, text in zip(symbols, drawn(symbols), strict=True)
    )


def _data(text: ColouredText) -> dict[str, Any]:
    """What the script needs: bits and sizes by symbol; alternatives as numbers of labels; bytes where text would not do."""
    symbols = text.symbols
    labels: dict[bytes, int] = {}
    tops = [
        [[labels.setdefault(one.symbol, len(labels)), float(f"{one.probability:.3g}")] for one in symbol.alternatives or ()]
        for symbol in symbols
    ]
    return {
        "bits": _parts([symbol.bits for symbol in symbols]),
        "sizes": [len(symbol.raw) for symbol in symbols],
        "tops": tops if any(tops) else [],
        "labels": [_label(raw) for raw in labels],
        "names": {at: _label(symbol.raw) for at, symbol in enumerate(symbols) if not _is_text(symbol.raw)},
        "first": symbols[0].start if symbols else 0,
        "note": text.note,
    }


def _parts(bits: Sequence[float]) -> list[float]:
    """Parts with six decimals whose sum is that of `bits` so rounded: each takes over what the last one left."""
    ends = [round(end, 6) for end in accumulate(bits, initial=0.0)]
    return [round(after - before, 6) for before, after in pairwise(ends)]


def _is_text(raw: bytes) -> bool:
    try:
        return bool(raw.decode())
    except UnicodeDecodeError:
        return False


def _label(raw: bytes) -> str:
    """Bytes on one line, spaces made visible at the ends."""
    if not raw:
        return "∅ no bytes"
    text = _printable(raw.decode("utf-8", "surrogateescape")).replace("\n", "").replace("\t", "")
    inner = text.strip(" ")
    left = len(text) - len(text.lstrip(" "))
    return "␣" * left + inner + "␣" * (len(text) - left - len(inner))


def _legend() -> str:
    cells = "".join(f'<b class="h{at}"></b>' for at in range(SHADES))
    marks = "".join(
        f'<text x="{100 * (tick / TOP) ** BEND:.2f}%" y="11">{tick:g}{"+" if tick == TOP else ""}</text>' for tick in TICKS
    )
    return f'<div class="scale">{cells}</div><svg class="ticks" aria-hidden="true">{marks}</svg>'


def _overview(symbols: Sequence[Costed]) -> str:
    """Bars of bits per byte along the file, on the same scale; each knows the symbol that it begins with."""
    total = sum(len(symbol.raw) for symbol in symbols)
    width = max(1, -(-total // _STRIPES))
    bars: list[list[float]] = []  # bits, bytes, first symbol
    place = 0
    for at, symbol in enumerate(symbols):
        if not bars or (place // width >= len(bars) and symbol.raw):
            bars.append([0.0, 0, at])
        bars[-1][0] += symbol.bits
        bars[-1][1] += len(symbol.raw)
        place += len(symbol.raw)
    step = 100 / max(1, len(bars))
    return "".join(_bar(at * step, step, int(first), bits, int(size)) for at, (bits, size, first) in enumerate(bars))


def _bar(left: float, width: float, first: int, bits: float, size: int) -> str:
    height = 100 * (min(bits / size, TOP) / TOP) ** BEND if size else 100.0
    return (
        f'<rect class="h{shade(bits, size)}" x="{left:.3f}%" width="{0.86 * width:.3f}%" y="{100 - height:.1f}%" '
        f'height="{height:.1f}%" data-first="{first}"/>'
    )
