"""One self-contained page out of sections: everything inlined, nothing fetched, data escaped.

The page's content security policy allows exactly its own style sheet and script, by their digests, and no request at all.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from string import Template
from typing import Any

from mdlbench.report.palette import style_sheet
from mdlbench.report.section import Section

_ASSETS = files("mdlbench.report") / "assets"
_HARMFUL = re.compile("[<>&\x7f\u2028\u2029]")


def asset(name: str) -> str:
    """The text of a file in `assets/`."""
    return (_ASSETS / name).read_text(encoding="utf8")


def embedded(data: Any) -> str:
    """JSON that is inert inside a script element: no character in it can end the element or begin markup.

    Example:
        >>> embedded("</script>")
        '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def visible(text: str) -> str:
    """Text with what cannot be printed (control characters, direction marks, lone surrogates) written out."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def escaped(text: str) -> str:
    """Text as inert HTML."""
    return html.escape(visible(text))


def render(sections: Sequence[Section], *, title: str, subtitle: str, notes: Sequence[str] = ()) -> str:
    """The page's HTML.

    Args:
        sections: in the order shown.
        title: the heading, plain text.
        subtitle: one line under it: when and what from.
        notes: remarks for the foot of the page, plain text.
    """
    styles = dict.fromkeys(["page.css", *(name for section in sections for name in section.styles)])
    scripts = dict.fromkeys(["core.js", "chart.js", *(name for section in sections for name in section.scripts), "start.js"])
    style = style_sheet() + "".join(map(asset, styles))
    script = '(() => {\n"use strict";\n' + "\n".join(map(asset, scripts)) + "\n})();\n"
    navigation = "".join(f'<a href="#{escaped(s.identifier)}">{escaped(s.title)}</a>' for s in sections if len(sections) > 1)
    allowed = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    return Template(asset("page.html")).substitute(
        policy=f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'",
        title=escaped(title),
        subtitle=escaped(subtitle),
        navigation=navigation,
        style=style,
        sections="\n".join(f'<div id="{escaped(section.identifier)}">\n{section.html}\n</div>' for section in sections),
        notes="".join(f"<p>{escaped(note)}</p>" for note in notes),
        data=embedded({section.identifier: section.data for section in sections}),
        script=script,
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
