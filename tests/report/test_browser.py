"""The page in a real browser: Debian's chromium, driven by Playwright; one launch for all tests.

Skipped, saying so, where chromium, pdftotext or playwright is missing; failed there if CI is set.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import rows
from tests.report.test_page import page_of

COUNT, SMALL = 45, 9  # the first table is long enough to scroll


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with two slices, a published row and a hostile one."""
    folder = tmp_path_factory.mktemp("report")
    rows.make_rows(folder / "results", COUNT)
    rows.make_rows(folder / "results", SMALL, size=123_457)
    rows.write(folder / "results", rows.published("nncp v3.2", 1.1, 4_000_000))
    rows.write(folder / "results", rows.make_row((rows.HOSTILE, 2.05, 1e5, 1e5, 10, 10), 123_457, seed=5))
    target = folder / "report.html"
    target.write_text(page_of(folder / "results"), encoding="utf8")
    return target


@pytest.fixture
def page(browser: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page opened anew; after the test: nothing on the console, no request but the file itself."""
    context = browser.new_context(**getattr(request, "param", {"viewport": {"width": 1280, "height": 900}}))
    opened = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(report.as_uri())
    yield opened
    assert opened.evaluate("window.hacked") is None
    context.close()
    assert said == []
    assert asked == [report.as_uri()]


def names(page: Any, section: int = 0) -> list[str]:
    """The models shown in a slice's table, in order."""
    shown = page.locator(f"#slice-{section} .measured tr:not([hidden]) .name")
    return shown.all_inner_texts()  # type: ignore[no-any-return]


def numbers(page: Any, column: int) -> list[float]:
    cells = page.locator(f"#slice-0 .measured tr td:nth-child({column})")
    return [float(text) for text in cells.evaluate_all("cells => cells.map(cell => cell.dataset.value)")]


def test_everything_is_drawn(page: Any) -> None:
    assert (len(names(page)), len(names(page, 1))) == (COUNT, SMALL + 1)
    for kind, pictures in (("pareto", 2), ("curves", 1), ("ledger", 2), ("adjusted", 1)):
        drawn = page.locator(f"#slice-0 [data-chart={kind}] .panel > svg")
        assert drawn.count() == pictures
        for i in range(pictures):
            assert drawn.nth(i).get_attribute("role") == "img"
            assert all(drawn.nth(i).locator(tag).first.text_content() for tag in ("title", "desc"))
            assert drawn.nth(i).locator("path, rect").count() > 3
    assert "on" in page.locator("#slice-0 [data-chart=curves] .verdict").inner_text()


def test_labels_do_not_overlap(page: Any) -> None:
    boxes = page.locator("#slice-0 [data-speed=encode] svg text.halo").evaluate_all(
        "texts => texts.map(t => t.getBoundingClientRect()).map(b => [b.left, b.top + 2, b.right, b.bottom - 2])"
    )
    assert len(boxes) >= 8
    crossing = [
        (a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert not crossing


def test_sorting_by_mouse_and_keyboard(page: Any) -> None:
    heads = page.locator("#slice-0 .board thead th")
    assert heads.nth(3).get_attribute("aria-sort") == "ascending"
    heads.nth(3).locator("button").click()
    assert heads.nth(3).get_attribute("aria-sort") == "descending"
    assert numbers(page, 4) == sorted(numbers(page, 4), reverse=True)
    heads.nth(6).locator("button").focus()
    page.keyboard.press("Enter")
    assert (heads.nth(6).get_attribute("aria-sort"), heads.nth(3).get_attribute("aria-sort")) == ("descending", None)
    assert numbers(page, 7) == sorted(numbers(page, 7), reverse=True)
    heads.nth(1).locator("button").click()
    assert names(page)[:3] == ["cm", "cm,level=9", "cm,level=9,variant=1"]
    assert page.locator("#slice-0 tbody.published tr").count() == 2


def test_filters(page: Any) -> None:
    count = page.locator("output[name=count]")
    everything = COUNT + SMALL + 2
    assert count.inner_text() == f"{everything} rows"
    page.get_by_label("baselines").uncheck()
    assert not [name for name in names(page) if name.startswith("external:")]
    page.locator("[name=portability]").select_option("environment")
    assert all(name.startswith("hf:") for name in names(page))
    assert names(page)
    page.locator("[name=portability]").select_option("")
    page.get_by_label("baselines").check()
    page.get_by_label("published").focus()
    page.keyboard.press("Space")
    assert not page.locator("tbody.published .name").is_visible()
    page.get_by_label("Find").fill("level=9")
    assert sorted(names(page)) == ["cm,level=9", "cm,level=9,variant=1", "cm,level=9,variant=2"]
    assert count.inner_text() == f"4 of {everything} rows"
    page.get_by_label("Find").fill("")
    page.get_by_label("Corpus", exact=False).and_(page.locator("select")).select_option("1")
    assert not page.locator("#slice-0").is_visible()
    assert page.locator("#slice-1").is_visible()


def test_provenance_opens_and_closes_by_keyboard(page: Any) -> None:
    page.locator("#slice-0 .open").nth(2).focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    assert dialog.is_visible()
    text = dialog.inner_text()
    for part in (
        "mdlbench leaderboard run",
        "7fc224e0d1a2",
        "AMD EPYC 9B14",
        "numba 0.61.0",
        "Archive SHA-256",
        "exit code 0",
        "a fresh process",
    ):
        assert part in text, part
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.className") == "open"
    page.locator("#slice-1 tr[data-row] td.rate").first.click()
    assert dialog.is_visible()


def test_points_and_curves_are_read_off_with_the_keyboard(page: Any) -> None:
    points = page.locator("#slice-0 [data-speed=encode] .hits button")
    assert points.count() == COUNT
    assert page.locator("#slice-0 [data-speed=encode] .hits button[tabindex='0']").count() == 1
    points.first.focus()
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == points.nth(1).get_attribute("aria-label")
    assert page.locator("#tooltip").inner_text().split("\n")[0] in focused
    slider = page.locator("#slice-0 .slider")
    slider.focus()
    page.keyboard.press("End")
    last = slider.get_attribute("aria-valuetext")
    assert "from byte 3,99" in last or "from byte 3,98" in last
    assert page.locator("#tooltip").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#tooltip").is_visible()


def test_rows_are_given_and_lose_their_colour(page: Any) -> None:
    boxes = page.locator("#slice-0 .pick")
    assert page.locator("#slice-0 .pick:checked").count() == 7
    assert page.locator("#slice-0 .pick:disabled").count() == COUNT - 7
    legend = page.locator("#slice-0 [data-chart=adjusted] .legend [role=listitem]")
    assert legend.count() == 7
    boxes.first.uncheck()
    assert legend.count() == 6
    assert page.locator("#slice-0 .pick:disabled").count() == 0


def test_figures_are_also_tables(page: Any) -> None:
    curves = page.locator("#slice-0 [data-chart=curves]")
    curves.locator("summary").click()
    table = curves.locator("table")
    table.locator("tbody tr").first.wait_for()  # it is filled in once the browser has told of the opening
    assert table.locator("tbody tr").count() == 245  # 977 units of 4,096 bytes, four to a point
    assert table.locator("thead th").all_inner_texts()[0] == "From byte"


def test_dark_and_light(page: Any) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colour)
    assert light != dark
    page.get_by_role("button", name="Use the light theme").click()
    assert page.evaluate(colour) == light
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--page')") == "#fbfaf7"


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}, "has_touch": True}], indirect=True)
def test_phone(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("#slice-0 .table-box").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    page.locator("#slice-0 .open").first.click()
    assert page.locator("dialog").evaluate("d => d.getBoundingClientRect().right") <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_print_holds_every_row(page: Any, tmp_path: Path) -> None:
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    page.emulate_media(media="print")
    assert page.locator(".table-box").evaluate_all("boxes => boxes.every(box => box.scrollHeight <= box.clientHeight + 2)")
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    text = re.sub(r"\s+", "", done.stdout.decode())
    sizes = page.locator("tr[data-row] td:nth-child(3)").all_inner_texts()
    assert len(sizes) >= COUNT + SMALL + 2
    assert not [size for size in sizes if size not in text]
    for heading in ("Whereeverybyteofthecontainerswent", "Whenamodelpaysforitself"):
        assert text.count(heading) == 2
    assert text.count("Memory") > 2  # the head of a table that goes on is on every page
    assert "Find" not in text
    assert not page.evaluate("[...document.querySelectorAll('details.printed')].some(box => box.open)")


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_a_script_the_tables_are_there(page: Any) -> None:
    assert page.locator("#scriptless").is_visible()
    assert len(names(page)) == COUNT
    assert not page.locator("#filters").is_visible()
