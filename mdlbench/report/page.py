"""One self-contained page out of sections: everything inlined, nothing fetched, data escaped.

The page's content security policy allows exactly its own style sheet and scripts, by their digests, and no request at all. The
chart library comes from the installed vl-convert and interprets expressions without evaluating code.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from mdlbench.report.charts import configuration
from mdlbench.report.figures import load_converter
from mdlbench.report.html import Writer, variable
from mdlbench.report.palette import style_sheet
from mdlbench.result.exhibits import Section
from mdlbench.text import escaped

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


def content_policy(style: str, *scripts: str) -> str:
    """A content security policy: this style sheet, these scripts, and nothing else."""
    allowed = " ".join(f"'{_digest(script)}'" for script in scripts)
    own = f"style-src '{_digest(style)}'; script-src {allowed}; img-src data:"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def render(sections: Sequence[Section], *, title: str, subtitle: str = "", notes: Sequence[str] = ()) -> str:
    """The page's HTML.

    Args:
        sections: in the order shown.
        title: the heading, plain text.
        subtitle: one line under it: when and what from.
        notes: remarks for the foot of the page, plain text.
    """
    writer = Writer()
    body = "\n".join(writer.section(section, f"section{n}") for n, section in enumerate(sections))
    library = chart_library() if writer.charts else ""
    style, script = style_sheet() + asset("page.css"), asset("page.js")
    navigation = "".join(f'<a href="#section{n}">{escaped(section.title)}</a>' for n, section in enumerate(sections))
    return Template(asset("page.html")).substitute(
        policy=content_policy(style, library, script),
        title=escaped(title),
        subtitle=escaped(subtitle),
        navigation=navigation if len(sections) > 1 else "",
        style=style,
        sections=body,
        notes="".join(f"<p>{escaped(note)}</p>" for note in notes),
        data=embedded({"charts": writer.charts, "configuration": configuration(variable), "details": writer.details}),
        library=library,
        script=script,
    )


@cache
def chart_library() -> str:
    """Vega-Lite with all that it needs, as one script that defines `vegaEmbed`; about 0.9 MB."""
    bundle: str = load_converter().javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return re.sub("</(?=script)", "<\\/", bundle, flags=re.IGNORECASE).replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
