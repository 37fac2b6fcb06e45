"""The page as a file: whole without a script, small, closed to the network, inert whatever results hold."""

import html.parser
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from mdlbench.report.html import terms
from mdlbench.report.page import chart_library, embedded, render
from mdlbench.result.glossary import Term
from tests.report import sample

pytest.importorskip("vl_convert", reason="needs vl-convert-python: pip install 'mdlbench[report]'")


class Reader(html.parser.HTMLParser):
    """Start tags with their attributes, and the text of what names each row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.names: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = (dict(attrs).get("class") or "").split(" ")[0] == "name"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.names.append(data)
        self._inside = False

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(**more: Any) -> str:
    return render([sample.section(**more)], title="report", subtitle="of a test", notes=["a note at the foot"])


def own(page: str) -> str:
    """The page without the chart library, which is not ours."""
    return page.replace(chart_library(), "")


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_structure() -> None:
    page = page_of()
    read = Reader(own(page))
    assert read.names[: len(sample.MODELS)] == list(sample.MODELS)
    for tag in ("main", "h1", "dialog", "nav"):
        assert len(read.all(tag)) == 1, tag
    assert len(read.all("caption")) == len(read.all("table")) == 2
    assert all("open" not in attributes for attributes in read.all("details"))
    identifiers = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for attributes in (a for _, a in read.tags if "aria-labelledby" in a):
        assert attributes["aria-labelledby"] in identifiers
    assert len(data_of(page)["charts"]) == len([a for a in read.all("div") if a.get("class") == "chart"]) == 4
    assert len(data_of(page)["details"]) == len(sample.MODELS)


def test_words_that_hold_commas_are_told_apart() -> None:
    assert "<dt>R², held out / R², shuffled</dt>" in terms([Term(("R², held out", "R², shuffled"), ("a share",))])


def test_what_opens_is_counted_as_parts() -> None:
    """A part may be of several of the things that the section counts."""
    one = sample.section()
    page = render(
        [replace(one, parts=(*one.parts, *(replace(part, title=f"{part.title} again") for part in one.parts)))], title="x"
    )
    count = len(set(re.findall(r'class="folder part" id="section0-\d+"', page)))
    assert f"details, in {count} parts</summary>" in page
    assert count > 1


def test_what_is_shown_beside_a_figure() -> None:
    page = own(page_of())
    assert "Published by others, not measured here" in page
    assert "1.2500 [1.0000, 1.5000]" in page
    assert 'title="original bytes per second, once the model is ready"' in page
    assert "<li>speeds of two machines</li>" in page
    assert ">untrained</button>" in page  # the null, in the legend


def test_nothing_is_fetched() -> None:
    page = own(page_of())
    read = Reader(page)
    assert not [a for _, a in read.tags if "src" in a or (a.get("href") or "#")[:1] not in "#d"]
    assert not {"link", "iframe", "object", "img"} & {tag for tag, _ in read.tags}
    schemas = {"http://www.w3.org/2000/svg", "https://vega.github.io/schema/vega-lite/v6.json"}  # names, not addresses
    assert set(re.findall(r"https?://[^\s\"'`)\\]+", page)) <= schemas
    assert "url(" not in page
    assert "@import" not in page
    policy = next(a["content"] for a in read.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_hostile_strings_are_inert() -> None:
    page = own(page_of(hostile=sample.HOSTILE))
    read = Reader(page)
    assert page.encode().decode() == page
    assert len(read.all("script")) == 3
    assert not read.all("img")
    assert "window.hacked=1</script>" not in page
    assert "\x1b" not in page
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]


def test_embedded_json_round_trips() -> None:
    text = embedded([sample.HOSTILE, "</SCRIPT ", "<!--", "\ud800", 1.5, None])
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == [sample.HOSTILE, "</SCRIPT ", "<!--", "\ud800", 1.5, None]


def test_the_library_cannot_end_its_element() -> None:
    library = chart_library()
    assert len(library) < 1_200_000
    assert not re.search("</script|<!--", library, re.IGNORECASE)


def test_a_page_without_charts_carries_no_library() -> None:
    section = sample.section()
    part = section.parts[1]
    bare = type(section)("Bare", "no chart", (type(part)("text", part.exhibits[:1]),))
    assert len(render([bare], title="bare")) < 40_000


def test_a_page_is_the_same_each_time() -> None:
    assert page_of() == page_of()
