"""Exhibits as HTML: tables written out, charts as specifications that the page's script draws, pictures as inline SVG.

Everything that comes from results enters as escaped text or as inert JSON. `front` says what is seen at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

from mdlbench.report import charts, svg
from mdlbench.report.figures import is_picture, swatch
from mdlbench.report.front import Layout
from mdlbench.result.exhibits import (
    Bars,
    Cell,
    Chart,
    Details,
    Estimate,
    Exhibit,
    Folder,
    Graph,
    Measure,
    Note,
    Panels,
    Part,
    Row,
    Section,
    Simplex,
    Stages,
    Table,
    Text,
    walk,
)
from mdlbench.result.glossary import Term
from mdlbench.text import escaped, visible

_PUBLISHED = "Published by others, not measured here"


def variable(name: str) -> str:
    """A colour of the palette as the page's style sheet names it."""
    return f"var(--{name})"


@dataclass
class Writer:
    """Writes sections; collects what scripts need.

    Attributes:
        charts: Vega-Lite specifications by the id of the element that each is drawn in.
        details: what opens behind a row, by the row's id.
    """

    charts: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    _named: Counter[str] = field(default_factory=Counter)
    _links: Mapping[str, str] = field(default_factory=dict)  # title of a part -> its id

    def section(self, layout: Layout, identifier: str) -> str:
        """A section: its tables under its filters, then everything else, folded."""
        section = layout.section
        self._links = {part.title: f"{identifier}-{n}" for n, part in enumerate(layout.folded)}
        tables = "".join(self._table(one.table, one.heading, one.printed) for one in layout.front)
        return (
            f'<section id="{identifier}" aria-labelledby="{identifier}-title">'
            f'<div class="head"><h2 id="{identifier}-title">{escaped(section.title)}</h2>'
            f'<p class="summary">{escaped(_sentence(section.summary))}</p>{_filters(section)}</div>'
            f"{tables}{self._folded(layout.folded, identifier)}</section>"
        )

    def _folded(self, parts: Sequence[Part], identifier: str) -> str:
        """Parts that open one by one, behind one line where there are several."""
        written = "".join(self._part(part, f"{identifier}-{n}", alone=len(parts) == 1) for n, part in enumerate(parts))
        if len(parts) < 2:
            return written
        return f'<details class="folder more"><summary>{_what_opens(parts)}, in {len(parts)} parts</summary>{written}</details>'

    def _part(self, part: Part, identifier: str, *, alone: bool) -> str:
        facts = f'<p class="facts">{escaped(part.facts)}</p>' if part.facts else ""
        title = ": ".join(text for text in (_what_opens([part]) if alone else "", part.title) if text)
        opened = f"{facts}{self._all(part.exhibits)}"
        more = " more" if alone else ""
        return f'<details class="folder part{more}" id="{identifier}"><summary>{escaped(title)}</summary>{opened}</details>'

    def _all(self, exhibits: Iterable[Exhibit]) -> str:
        return "\n".join(map(self.exhibit, exhibits))

    def _new(self, prefix: str) -> str:
        self._named[prefix] += 1
        return f"{prefix}{self._named[prefix]}"

    @singledispatchmethod
    def exhibit(self, exhibit: Any) -> str:
        """One exhibit as markup."""
        raise TypeError(f"no way to write {type(exhibit).__name__}")

    @exhibit.register
    def _(self, exhibit: Text) -> str:
        return f"<p>{escaped(exhibit.text)}</p>"

    @exhibit.register
    def _(self, exhibit: Note) -> str:
        return f'<p class="note">{escaped(exhibit.text)}</p>'

    @exhibit.register
    def _(self, exhibit: Folder) -> str:
        return f"<details class=folder><summary>{escaped(exhibit.title)}</summary>{self._all(exhibit.parts)}</details>"

    @exhibit.register
    def _(self, exhibit: Panels) -> str:
        drawn = "".join(f'<div class="panel">{self.exhibit(part)}</div>' for part in exhibit.parts)
        return _figure(exhibit.title, exhibit.caption, f'<div class="panels">{drawn}</div>')

    @exhibit.register
    def _(self, exhibit: Stages) -> str:
        if len(exhibit.stages) == 1:
            return _figure(exhibit.title, exhibit.caption, self.exhibit(exhibit.stages[0][1]))
        last = len(exhibit.stages) - 1
        names = "".join(
            f'<option value="{n}"{" selected" * (n == last)}>{escaped(s)}</option>' for n, (s, _) in enumerate(exhibit.stages)
        )
        drawn = "".join(
            f'<div class="stage" data-name="{escaped(name)}"{" hidden" * (n < last)}>{self.exhibit(part)}</div>'
            for n, (name, part) in enumerate(exhibit.stages)
        )
        control = (
            f'<label class="control">{escaped(exhibit.name)} <input type="range" min="0" max="{last}" value="{last}" step="1"> '
            f"<output>{escaped(exhibit.stages[-1][0])}</output></label><noscript><select>{names}</select></noscript>"
        )
        return _figure(exhibit.title, exhibit.caption, f'<div class="stages">{control}{drawn}</div>')

    @exhibit.register
    def _(self, exhibit: Simplex) -> str:
        return _figure(exhibit.title, exhibit.caption, f'<div class="picture">{svg.simplex(exhibit, variable)}</div>')

    @exhibit.register
    def _(self, exhibit: Graph) -> str:
        return _figure(exhibit.title, exhibit.caption, f'<div class="picture">{svg.graph(exhibit, variable)}</div>')

    @exhibit.register(Chart)
    @exhibit.register(Bars)
    def _(self, exhibit: Chart | Bars) -> str:
        if charts.is_empty(exhibit):
            return _figure(exhibit.title, exhibit.caption, f'<p class="note">{escaped(charts.emptiness(exhibit))}</p>')
        name = self._new("chart")
        self.charts[name] = charts.specification(exhibit, variable)
        entries = "".join(
            f'<button type="button" data-series="{escaped(entry.name)}"><svg width="14" height="12" viewBox="0 -6 14 12">'
            f"{swatch(entry, variable)}</svg>{escaped(entry.text)}</button>"
            for entry in charts.legend(exhibit)
        )
        legend = f'<div class="legend" data-of="{name}">{entries}</div>' if entries else ""
        table = f'<details class="data control" data-of="{name}"><summary>These figures as a table</summary></details>'
        drawn = f'<div class="chart" id="{name}" role="img" aria-label="{escaped(exhibit.title)}"></div>'
        return _figure(exhibit.title, exhibit.caption, legend + drawn + table)

    @exhibit.register
    def _(self, exhibit: Table) -> str:
        text = self._table(exhibit, "" if exhibit.folded else exhibit.title, len(exhibit.rows))
        return f"<details class=folder><summary>{escaped(exhibit.title)}</summary>{text}</details>" if exhibit.folded else text

    def _table(self, table: Table, heading: str, printed: int) -> str:
        """A table, its name first and then what its bars are of; so many of its rows are printed."""
        name, order = self._new("table"), _order(table)
        heads = ['<th scope="col" class="number rank">#</th>'] if table.ranked else []
        heads += [_head(table.columns[at], names=at == table.name) for at in order]
        worst = _largest(table)
        measured: list[str] = []
        published: list[str] = []
        rank = 0
        for at, row in enumerate(table.rows):
            rank += not row.published
            (published if row.published else measured).append(self._row(table, row, order, rank, worst, beyond=at >= printed))
        apart = f'<tr class="divider"><th scope="rowgroup" colspan="{len(heads)}">{_PUBLISHED}</th></tr>{"".join(published)}'
        cut = f"Printed are the first {printed:,} of {len(table.rows):,} rows."
        notes = "".join(f"<li>{escaped(note)}</li>" for note in table.notes)
        notes += f'<li class="cut">{cut}</li>' if printed < len(table.rows) else ""
        caption = f"<caption><span>{escaped(heading)}</span></caption>" if heading else ""
        return (
            f'<div class="table-box" role="region" tabindex="0" aria-label="{escaped(table.title or "table")}">'
            f'<table id="{name}" data-printed="{printed}">{caption}<thead><tr>{"".join(heads)}</tr></thead>'
            f"<tbody>{''.join(measured)}</tbody>{f'<tbody class=published>{apart}</tbody>' if published else ''}</table></div>"
            + (f'<ul class="notes">{notes}</ul>' if notes else "")
        )

    def _row(self, table: Table, row: Row, order: Sequence[int], rank: int, worst: float, *, beyond: bool) -> str:
        cells = [f'<td class="number rank">{"–" if row.published else rank}</td>'] if table.ranked else []
        for at in order:
            column, cell = table.columns[at], row.cells[at]
            bar = _bar(cell, worst) if at == table.bar else ""
            cells.append(self._heading(row, column.text(cell)) if at == table.name else _cell(column, cell, bar))
        facets = "".join(f' data-facet-{escaped(facet)}="{escaped(value)}"' for facet, value in row.facets.items())
        return f"<tr{facets}{' class=beyond' if beyond else ''}>{''.join(cells)}</tr>"

    def _heading(self, row: Row, text: str) -> str:
        """The cell that names a row: a button where there is more to open."""
        name = f'<span class="name">{escaped(text)}</span>'
        if row.details is not None:
            identifier = self._new("row")
            self.details[identifier] = {"title": visible(text), **_opened(row.details)}
            more = f'class="name open" data-details="{identifier}" aria-haspopup="dialog"'
            name = f'<button type="button" {more}>{escaped(text)}</button>'
        elif text in self._links:
            name = f'<a class="name" href="#{self._links[text]}">{escaped(text)}</a>'
        tags = "".join(f"<span{_titled(tip)}>{escaped(tag)}</span>" for tag, tip in row.tags)
        return f'<th scope="row" class="model">{name}{f"<span class=tags>{tags}</span>" if tags else ""}</th>'


def terms(found: Iterable[Term]) -> str:
    """A glossary as a list."""
    entries = "".join(
        f"<div><dt>{' / '.join(map(escaped, term.names))}</dt><dd>{escaped('; or: '.join(term.definitions))}</dd></div>"
        for term in found
    )
    return f'<dl class="terms">{entries}</dl>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _what_opens(parts: Iterable[Part]) -> str:
    """What is behind a line that opens."""
    exhibits = [exhibit for part in parts for exhibit in walk(part.exhibits)]
    return "Charts and details" if any(map(is_picture, exhibits)) else "Details"


def _order(table: Table) -> list[int]:
    """Columns as a page has them: what names a row, the principal figure, the others; a phone shows the first two."""
    first = [table.name] if table.bar is None else [table.name, table.bar]
    return [*first, *(at for at in range(len(table.columns)) if at not in first)]


def _titled(text: str) -> str:
    return f' title="{escaped(text)}"' if text else ""


def _figure(title: str, caption: str, inner: str) -> str:
    said = f"<p>{escaped(caption)}</p>" if caption else ""
    return f"<figure><figcaption><h4>{escaped(title)}</h4>{said}</figcaption>{inner}</figure>"


def _head(column: Measure, *, names: bool) -> str:
    better = f' data-better="{column.better}"' if column.better else ""
    kind = " class=number" if column.numeric and not names else ""
    unit = f'<span class="unit"><span>, </span>{escaped(column.unit)}</span>' if column.unit else ""
    return f'<th scope="col"{kind}{better}{_titled(column.definition)}>{escaped(column.name)}{unit}</th>'


def _cell(column: Measure, cell: Cell, bar: str) -> str:
    value = cell.value if isinstance(cell, Estimate) else cell
    data = f' data-value="{value!r}"' if isinstance(value, int | float) and column.numeric else ""
    return f'<td class="{"number" if column.numeric else "text"}"{data}>{escaped(column.text(cell))}{bar}</td>'


def _bar(cell: Cell, worst: float) -> str:
    value = cell.value if isinstance(cell, Estimate) else cell
    if not isinstance(value, int | float):
        return ""
    return f'<meter max="{worst:.4f}" value="{value:.4f}" aria-hidden="true"></meter>'


def _largest(table: Table) -> float:
    values = [row.cells[table.bar] for row in table.rows] if table.bar is not None else []
    return max((value for value in values if isinstance(value, int | float)), default=1.0) or 1.0


def _opened(details: Details) -> dict[str, Any]:
    """Details as the script wants them: text only."""
    from mdlbench.report.terminal import cells

    return {
        "groups": [[title, [[name, visible(text)] for name, text in pairs]] for title, pairs in details.groups],
        "tables": [[table.title, *cells(table)] for table in details.tables],
    }


def _filters(section: Section) -> str:
    """A form that narrows the section's tables: by text, and by the values of each facet."""
    if not section.facets:
        return ""
    inside = (one for part in section.parts for one in part.exhibits if isinstance(one, Table))
    tables = section.front or tuple(inside)
    rows = [row for table in tables for row in table.rows]
    choices = {facet: sorted({row.facets[facet] for row in rows if facet in row.facets}) for facet in section.facets}
    selects = "".join(
        f'<label>{escaped(facet)} <select name="{escaped(facet)}"><option value="">all</option>'
        + "".join(f"<option>{escaped(value)}</option>" for value in choices[facet])
        + "</select></label>"
        for facet in section.facets
        if len(choices[facet]) > 1
    )
    return (
        '<form class="toolbar control" role="search" aria-label="Filter the rows" hidden><label class="find">Find '
        '<input type="search" name="text" placeholder="model, version" autocomplete="off" spellcheck="false"></label>'
        f'{selects}<output aria-live="polite"></output></form>'
    )
