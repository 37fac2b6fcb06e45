"""Debian's chromium, driven by Playwright, for the tests that look at the page in a real browser."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest


def _missing() -> str | None:
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is missing: pip install '.[test]'"
    programs = {"chromium": "chromium", "pdftotext": "poppler-utils"}
    absent = [package for program, package in programs.items() if not shutil.which(program)]
    return f"missing programs: apt-get install -y {' '.join(absent)}" if absent else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    missing = _missing()
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the report page is not tested in a browser; {missing}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield started
        started.close()
