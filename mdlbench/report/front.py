"""What a page shows unfolded: three findings, and a table or few for each kind of result, within ten printed pages.

Everything else is folded. Nothing here knows a kind; a kind that is added has its table, and the longest give way.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mdlbench.result.exhibits import Cloud, Exhibit, Finding, Folder, Part, Row, Section, Table, walk
from mdlbench.text import shareable

FINDINGS = 3
LINES = 330  # of ten printed pages, for tables and their headings; the rest is for sentences and glossary
_HEADING = 6  # lines that a section's or table's heading takes
_LEAST = 3  # lines of a table, below which it is folded
_SIGNS = 44  # characters of a row's name on a line


class Shown(NamedTuple):
    """A table that is seen at once: its heading, and how many of its rows are printed."""

    table: Table
    heading: str
    printed: int


@dataclass(frozen=True)
class Layout:
    """A section as a page has it.

    Attributes:
        section: as the room gave it.
        front: what is seen at once.
        folded: the parts without those tables, and without what has nothing to show.
    """

    section: Section
    front: tuple[Shown, ...]
    folded: tuple[Part, ...]


def layouts(sections: Sequence[Section], spent: int = 0) -> list[Layout]:
    """How each section is laid out; `spent` lines of the front are taken by other things."""
    fronts = [list(_front(section)) for section in sections]
    wanted = [_HEADING + sum(map(_lines, table.rows)) for front in fronts for table, _ in front]
    room = iter(shares(wanted, LINES - spent))
    return [_layout(section, front, [next(room) for _ in front]) for section, front in zip(sections, fronts, strict=True)]


def _front(section: Section) -> Iterator[tuple[Table, str]]:
    """Tables and their headings: those that the section wants seen, or the first there is; no heading repeats the section's."""
    said = f"{section.title}\n{section.summary}".casefold()
    for table in section.front:
        yield table, "" if table.title.casefold() in said else table.title
    for part in section.parts if not section.front else ():
        for table in (one for one in walk(part.exhibits) if isinstance(one, Table)):
            title = ": ".join(text for text in (part.title, table.title) if text)
            yield table, "" if title.casefold() in said else title
            return


def _layout(section: Section, front: Sequence[tuple[Table, str]], room: Sequence[int]) -> Layout:
    pairs = zip(front, room, strict=True)
    printed = [Shown(table, heading, _rows(table, lines - _HEADING)) for (table, heading), lines in pairs]
    shown = tuple(one for one in printed if one.printed >= min(_LEAST, len(one.table.rows)))
    seen = [one.table for one in shown]
    inside = [one for part in section.parts for one in walk(part.exhibits) if isinstance(one, Table)]
    further = tuple(table for table in section.front if table not in seen and table not in inside)
    parts = [*section.parts, *([Part("Further tables", further)] if further else [])]
    left = [replace(part, exhibits=tuple(_without(part.exhibits, seen))) for part in parts]
    return Layout(section, shown, tuple(part for part in left if part.exhibits))


def _rows(table: Table, lines: int) -> int:
    """How many rows fit into so many lines."""
    for count, row in enumerate(table.rows):
        lines -= _lines(row)
        if lines < 0:
            return count
    return len(table.rows)


def _lines(row: Row) -> int:
    longest = max((len(cell) for cell in row.cells if isinstance(cell, str)), default=0)
    return 1 + longest // _SIGNS + bool(row.tags)


def _without(exhibits: Sequence[Exhibit], shown: Sequence[Table]) -> Iterator[Exhibit]:
    """Exhibits but for some tables, and folders emptied by that."""
    for exhibit in exhibits:
        if isinstance(exhibit, Folder):
            parts = tuple(_without(exhibit.parts, shown))
            if parts:
                yield replace(exhibit, parts=parts)
        elif not isinstance(exhibit, Table) or exhibit not in shown:
            yield exhibit


def shares(wanted: Sequence[int], total: int) -> list[int]:
    """What each gets of a total that may be too small: all it wants, or as much as any other that gets too little.

    Example:
        >>> shares([5, 80, 40], 100), shares([5, 80, 40], 65)
        ([5, 55, 40], [5, 30, 30])
    """
    given = [0] * len(wanted)
    for done, at in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        given[at] = min(wanted[at], max(total, 0) // (len(wanted) - done))
        total -= given[at]
    return given


def chosen(sections: Sequence[Section], count: int = FINDINGS) -> list[Finding]:
    """The most telling findings: of different kinds before two of one, and first those held against something."""
    ranked = [(at, not finding.against, order) for order, one in enumerate(sections) for at, finding in enumerate(one.findings)]
    return [sections[order].findings[at] for at, _, order in sorted(ranked)[:count]]


def for_others(value: Any) -> Any:
    """Exhibits with every text as it may be shown to others, see `text.shareable`: no paths of this machine."""
    if isinstance(value, str):
        return shareable(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Cloud):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        changed = {name: new for name, old in fields.items() if (new := for_others(old)) is not old}
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple):
        parts = [for_others(part) for part in value]
        return value if all(new is old for new, old in zip(parts, value, strict=True)) else _tuple(value, parts)
    if isinstance(value, Mapping):
        return {for_others(name): for_others(part) for name, part in value.items()}
    return value


def _tuple(like: tuple[Any, ...], parts: Sequence[Any]) -> tuple[Any, ...]:
    return type(like)(*parts) if hasattr(like, "_fields") else tuple(parts)
