"""One self-contained page out of sections: everything inlined, nothing fetched, data escaped.

The page's content security policy allows exactly its own style sheet and scripts, by their digests, and no request at all. The
chart library comes from the installed vl-convert and interprets expressions without evaluating code.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from mdlbench.report.charts import configuration
from mdlbench.report.figures import load_converter
from mdlbench.report.front import chosen, for_others, layouts
from mdlbench.report.html import Writer, terms, variable
from mdlbench.report.palette import style_sheet
from mdlbench.result.exhibits import Section, Table
from mdlbench.result.glossary import glossary
from mdlbench.text import escaped, shareable

LEAD = (
    "How many bits does a model need for some data? mdlbench measures models by code length; a size here is that of a file "
    "which a fresh process decoded to the same bytes, and what was not coded is called ideal."
)
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


def render(
    sections: Sequence[Section], *, title: str, subtitle: str = "", notes: Sequence[str] = (), origin: Table | None = None
) -> str:
    """The page's HTML.

    Args:
        sections: in the order shown.
        title: the heading, plain text.
        subtitle: one line under it: when and what from.
        notes: remarks for the foot of the page, plain text.
        origin: where the results come from, folded at the end.
    """
    sections, notes, origin = for_others((tuple(sections), tuple(notes), origin))
    writer, words = Writer(), glossary(sections)
    found = "".join(f"<li>{escaped(finding.text)}</li>" for finding in chosen(sections))
    shown = layouts(sections, spent=len(words) // 2)
    parts = {f"section{n}": (one.section.title, writer.section(one, f"section{n}")) for n, one in enumerate(shown)}
    if words:
        parts["glossary"] = ("Glossary", _section("glossary", "Glossary", terms(words)))
    if origin is not None and origin.rows:
        parts["origin"] = ("Provenance", _section("origin", "Provenance", writer.exhibit(replace(origin, folded=True))))
    library = chart_library() if writer.charts else ""
    style, script = style_sheet() + asset("page.css"), asset("page.js")
    navigation = "".join(f'<a href="#{name}">{escaped(heading)}</a>' for name, (heading, _) in parts.items())
    return Template(asset("page.html")).substitute(
        policy=content_policy(style, library, script),
        title=escaped(title),
        subtitle=escaped(shareable(subtitle)),
        lead=escaped(LEAD),
        findings=f'<ol class="findings">{found}</ol>' if found else "",
        navigation=navigation,
        style=style,
        sections="\n".join(text for _, text in parts.values()),
        notes="".join(f"<p>{escaped(note)}</p>" for note in notes),
        data=embedded({"charts": writer.charts, "configuration": configuration(variable), "details": writer.details}),
        library=library,
        script=script,
    )


def _section(identifier: str, title: str, inner: str) -> str:
    heading = f'<h2 id="{identifier}-title">{escaped(title)}</h2>'
    return f'<section id="{identifier}" aria-labelledby="{identifier}-title">{heading}{inner}</section>'


@cache
def chart_library() -> str:
    """Vega-Lite with all that it needs, as one script that defines `vegaEmbed`; about 0.9 MB."""
    bundle: str = load_converter().javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return re.sub("</(?=script)", "<\\/", bundle, flags=re.IGNORECASE).replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
