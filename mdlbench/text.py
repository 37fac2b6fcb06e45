"""Text that is safe to show."""

import html


def visible(text: str, keep: str = "") -> str:
    """Text with what cannot be printed (control characters, direction marks, lone surrogates) written out.

    Args:
        keep: characters that stay all the same, such as a line feed.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def escaped(text: str) -> str:
    """Text as inert HTML, XML or SVG."""
    return html.escape(visible(text))
