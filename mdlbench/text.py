"""Text for people: what is safe to show, and numbers as sentences and tables write them."""

import html
import re
from collections.abc import Sequence


def visible(text: str, keep: str = "") -> str:
    """Text with what cannot be printed (control characters, direction marks, lone surrogates) written out.

    Args:
        keep: characters that stay all the same, such as a line feed.
    """
    if text.translate(dict.fromkeys(map(ord, keep))).isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def escaped(text: str) -> str:
    """Text as inert HTML, XML or SVG."""
    return html.escape(visible(text))


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number of things, exactly; `nouns` is the plural where that takes more than an s.

    Example:
        >>> counted(1, "block"), counted(1048576, "byte"), counted(2, "process", "processes")
        ('1 block', '1,048,576 bytes', '2 processes')
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def signed(number: str) -> str:
    """A number as text without the sign of what was rounded to nothing.

    Example:
        >>> signed(f"{-0.00004:.4f}"), signed(f"{-0.4:.1f}")
        ('0.0000', '-0.4')
    """
    return number if any(digit in number for digit in "123456789") else number.removeprefix("-")


def in_units(value: float, units: Sequence[str] = ("B", "kB", "MB", "GB", "TB", "PB")) -> str:
    """Three digits and the unit that reads well.

    Example:
        >>> in_units(849746), in_units(999.7), in_units(0)
        ('850 kB', '1 kB', '0 B')
    """
    step = 0
    while abs(value) >= 999.5 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    return f"{value:.3g} {units[step]}"


def speed(n_bytes: int, seconds: float) -> str:
    """Bytes per second, such as `144 kB/s`; a time too short for the clock counts as a nanosecond."""
    return f"{in_units(n_bytes / max(seconds, 1e-9))}/s"


def duration(seconds: float) -> str:
    """About so much time.

    Example:
        >>> duration(59), duration(720), duration(9000)
        ('59 s', '12 min', '2.5 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def reason(error: OSError) -> str:
    """Why the system refused something, to stand inside a sentence: `no such file or directory`."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


def first_line(error: BaseException) -> str:
    """What another's exception says, in one line: its class, and the first 200 characters of its text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


_NAME = r"""[^\s/\\,;:"'()<>\[\]]+"""  # of a file or folder
_PATH = re.compile(
    rf"""(["'])(?:/|~/|\.\./|file:///|[A-Za-z]:[/\\]|\\\\)(?!/)[^"'\n]*[/\\]([^"'/\\\n]+)[/\\]?\1"""  # quoted: with spaces
    rf"""|(?<![\w/\\.~<])(?:file://|~|\.\.|[A-Za-z]:(?=[/\\])|\\(?=\\)|(?=/{_NAME}/)|(?<=\w:))(?:[/\\]{_NAME})*[/\\]({_NAME})/?"""
)
_LOCAL = re.compile(r"(?<![\w.])(v?\d+(?:\.\w+){2,})\+[A-Za-z0-9][\w.]*|(?<![\w.])(v?\d+(?:\.\w+)+)-\d+-g[0-9a-f]{6,}[\w.-]*")


def shareable(text: str) -> str:
    """Text without what only its machine knows: files and folders by their last name alone, versions without a local part.

    Example:
        >>> shareable("eval -m hf:/tmp/w/gpt2,context=64 '/home/a b/c.txt' ../x/y.txt; https://x.org/a/b, 1 kB/s, and/or")
        "eval -m hf:gpt2,context=64 'c.txt' y.txt; https://x.org/a/b, 1 kB/s, and/or"
        >>> shareable("torch 2.13.0+cpu, zpaq 7.15-3-g1a2b3c4d, p=0.5+even, results/a.json")
        'torch 2.13.0, zpaq 7.15, p=0.5+even, results/a.json'
    """
    if "/" in text or "\\" in text:
        text = _PATH.sub(lambda found: f"{found[1]}{found[2]}{found[1]}" if found[1] else found[3], text)
    return _LOCAL.sub(lambda found: found[1] or found[2], text) if "+" in text or "-g" in text else text
