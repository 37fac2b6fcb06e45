"""What a part of the page is made of, and which module makes the part for which kind of result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

from mdlbench.report.collect import Found

MODULES = {
    "leaderboard-row": "mdlbench.report.leaderboard",
    "hmm-entropy": "mdlbench.report.source_section",
    "hmm-train": "mdlbench.report.gap_section",
    "hmm-belief": "mdlbench.report.belief_section",
}
"""Pattern of `Result.kind`, as in "hmm-*": the module whose `section(results: list[Found]) -> Section` shows such results."""


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Attributes:
        identifier: its `id` in the page and the key of its data there.
        title: the text of its entry in the page's navigation.
        html: its markup, everything that came from results escaped.
        summary: one sentence for the head of the page and for the terminal.
        data: plain JSON data that its scripts read as `mdlData[identifier]`.
        scripts: names of its files in `assets/`, in order; files that several sections name appear once.
        styles: names of its style sheets in `assets/`.
        counts: what it shows, such as {"rows": 12}.
    """

    identifier: str
    title: str
    html: str
    summary: str
    data: Any = None
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def module_of(kind: str) -> str | None:
    """The module that shows results of this kind; None where the page has no part for it."""
    return next((module for pattern, module in MODULES.items() if fnmatchcase(kind, pattern)), None)


def sections(results: Sequence[Found]) -> list[Section]:
    """A section for each module that has results, in the order of MODULES."""
    by_module: dict[str, list[Found]] = {module: [] for module in MODULES.values()}
    for found in results:
        module = module_of(found.result.kind)
        if module is not None:
            by_module[module].append(found)
    return [import_module(module).section(chosen) for module, chosen in by_module.items() if chosen]
