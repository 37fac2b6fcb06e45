"""Exhibits as text: tables and sentences for a terminal, Markdown, or CSV. Pictures are left to the page and to paper.

Whatever comes from a file is escaped for where it goes: a name must not move the cursor, start a link or be a formula.
"""

import csv
import html
import io
import textwrap
from collections.abc import Callable, Iterable, Sequence

from mdlbench.result.exhibits import Cell, Estimate, Exhibit, Note, Section, Table, Text, walk
from mdlbench.text import visible

FORMS = ("table", "markdown", "csv")
WIDTH = 80  # columns of a terminal, whoever reads


def render(exhibits: Iterable[Exhibit], form: str = "table") -> str:
    """Tables, texts and notes among the exhibits, a blank line between two.

    Args:
        form: one of FORMS; CSV has the tables' figures in full, and nothing else.
    """
    parts = (_FORMS[form](exhibit) for exhibit in walk(exhibits) if isinstance(exhibit, Table | Text | Note))
    return "\n\n".join(part for part in parts if part)


def render_section(section: Section, form: str = "table") -> str:
    """Everything of a section that is text, each part under its title and facts."""
    parts: list[Exhibit] = []
    for part in section.parts:
        heading = visible(part.title) + (f"\n{part.facts}" if part.facts else "")
        parts += [Text(heading), *part.exhibits]
    return render(parts, form)


def cells(table: Table) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of a table as text: ranks in front where it is ranked, tags behind where rows have any."""
    tagged = any(row.tags for row in table.rows)
    heads = ["", *(column.heading for column in table.columns)] if table.ranked else [c.heading for c in table.columns]
    rows, rank = [], 0
    for row in table.rows:
        rank += not row.published
        values = [column.text(cell) for column, cell in zip(table.columns, row.cells, strict=True)]
        first = ["" if row.published else str(rank)] if table.ranked else []
        rows.append([*first, *values, *([", ".join(tag for tag, _ in row.tags)] if tagged else [])])
    return [*heads, *(["notes"] if tagged else [])], rows


def _alignment(table: Table, width: int) -> list[str]:
    sides = ["right" if column.numeric else "left" for column in table.columns]
    sides = ["right", *sides] if table.ranked else sides
    return sides + ["left"] * (width - len(sides))


def _plain(exhibit: Table | Text | Note) -> str:
    if not isinstance(exhibit, Table):
        return visible(exhibit.text, keep="\n")
    heads, rows = cells(exhibit)
    named = exhibit.ranked + exhibit.name + 1
    hangs = not any(row.tags for row in exhibit.rows) and not exhibit.columns[-1].numeric
    shown = [[visible(cell) for cell in row] for row in (heads, *rows)]
    lines = _grid(shown, _alignment(exhibit, len(heads)), named, len(heads) - hangs)
    notes = "".join(f"\n{_note(visible(note))}" for note in exhibit.notes)
    return f"{visible(exhibit.title)}\n\n{lines}{notes}" if exhibit.title else lines + notes


def _note(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  * ", subsequent_indent="    ", break_long_words=False)


def _grid(rows: Sequence[Sequence[str]], sides: Sequence[str], named: int, fitting: int) -> str:
    """Columns side by side, the first row underlined: as tabulate's plain look, in a fifth of its time on ten thousand rows.

    What does not fit goes below, beside the first `named` columns again; columns from `fitting` on may hang over.
    """
    widths = [max([len(head) + 2, *map(len, column)]) for head, *column in zip(*rows, strict=True)]
    pads = [(str.rjust if side == "right" else str.ljust, width) for side, width in zip(sides, widths, strict=True)]

    def block(chosen: Sequence[int]) -> str:
        lines = ["  ".join(pads[at][0](row[at], pads[at][1]) for at in chosen).rstrip() for row in rows]
        return "\n".join([lines[0], "  ".join("-" * widths[at] for at in chosen), *lines[1:]])

    return "\n\n".join(map(block, _blocks(widths, named, fitting)))


def _blocks(widths: Sequence[int], named: int, fitting: int) -> list[list[int]]:
    """The columns of each block: those that name a row, and as many of the others as fit; from `fitting` on they may not."""
    name = list(range(named))
    blocks, used = [name], sum(widths[:named]) + 2 * (named - 1)
    start = used
    for at in range(named, len(widths)):
        if used + 2 + widths[at] > WIDTH and at < fitting and len(blocks[-1]) > named:
            blocks, used = [*blocks, name], start
        blocks[-1] = [*blocks[-1], at]
        used += 2 + widths[at]
    return blocks


def _markdown(exhibit: Table | Text | Note) -> str:
    if not isinstance(exhibit, Table):
        return marked_down(exhibit.text, keep="\n")
    heads, rows = cells(exhibit)
    rule = ["---:" if side == "right" else "---" for side in _alignment(exhibit, len(heads))]
    top, *below = [[marked_down(cell) for cell in row] for row in (heads, *rows)]
    lines = [top, rule, *below]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "\n\n" + "\n".join(f"* {marked_down(note)}" for note in exhibit.notes) if exhibit.notes else ""
    return (f"**{marked_down(exhibit.title)}**\n\n" if exhibit.title else "") + text + notes


def marked_down(text: str, keep: str = "") -> str:
    """Text that Markdown shows as it is."""
    safe = html.escape(visible(text, keep=keep), quote=False)
    return "".join(f"\\{c}" if c in "|\\`*_[]" else c for c in safe)


def _csv(exhibit: Table | Text | Note) -> str:
    if not isinstance(exhibit, Table):
        return ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_csv_cell(column.heading) for column in exhibit.columns])
    for row in exhibit.rows:
        writer.writerow([_csv_cell(cell) for cell in row.cells])
    return out.getvalue().rstrip("\n")


def _csv_cell(cell: Cell) -> Cell:
    """A figure in full; text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection)."""
    if isinstance(cell, Estimate):
        return cell.value
    if isinstance(cell, str):
        text = visible(cell)
        return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
    return "" if cell is None else cell


_FORMS: dict[str, Callable[[Table | Text | Note], str]] = {"table": _plain, "markdown": _markdown, "csv": _csv}
