"""Exhibits as HTML: tables written out, charts as specifications that the page's script draws, pictures as inline SVG.

Everything that comes from results enters as escaped text or as inert JSON.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

from mdlbench.report import charts, svg
from mdlbench.report.figures import swatch
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
)
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

    def section(self, section: Section, identifier: str) -> str:
        """A section with its filters and parts."""
        parts = "\n".join(self._part(part, f"{identifier}-{n}") for n, part in enumerate(section.parts))
        return (
            f'<section id="{identifier}" aria-labelledby="{identifier}-title">'
            f'<h2 id="{identifier}-title">{escaped(section.title)}</h2>'
            f'<p class="summary">{escaped(section.summary)}</p>{_filters(section)}{parts}</section>'
        )

    def _part(self, part: Part, identifier: str) -> str:
        facts = f'<p class="facts">{escaped(part.facts)}</p>' if part.facts else ""
        heading = f'<h3 id="{identifier}">{escaped(part.title)}</h3>' if part.title else ""
        return f'<article class="part">{heading}{facts}{self._all(part.exhibits)}</article>'

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
        name = self._new("chart")
        self.charts[name] = charts.specification(exhibit, variable)
        entries = "".join(
            f'<button type="button" data-series="{escaped(entry.name)}"><svg width="14" height="12" viewBox="0 -6 14 12">'
            f"{swatch(entry, variable)}</svg>{escaped(entry.name)}</button>"
            for entry in charts.legend(exhibit)
        )
        legend = f'<div class="legend" data-of="{name}">{entries}</div>' if entries else ""
        table = f'<details class="data control" data-of="{name}"><summary>These figures as a table</summary></details>'
        drawn = f'<div class="chart" id="{name}" role="img" aria-label="{escaped(exhibit.title)}"></div>'
        return _figure(exhibit.title, exhibit.caption, legend + drawn + table)

    @exhibit.register
    def _(self, exhibit: Table) -> str:
        name = self._new("table")
        heads = ['<th scope="col" class="number rank">#</th>'] if exhibit.ranked else []
        heads += [_head(column, names=at == exhibit.name) for at, column in enumerate(exhibit.columns)]
        worst = _largest(exhibit)
        measured: list[str] = []
        published: list[str] = []
        rank = 0
        for row in exhibit.rows:
            rank += not row.published
            (published if row.published else measured).append(self._row(exhibit, row, rank, worst))
        apart = f'<tr class="divider"><th scope="rowgroup" colspan="{len(heads)}">{_PUBLISHED}</th></tr>{"".join(published)}'
        notes = "".join(f"<li>{escaped(note)}</li>" for note in exhibit.notes)
        caption = f"<caption>{escaped(exhibit.title)}</caption>" if exhibit.title else ""
        text = (
            f'<div class="table-box" role="region" tabindex="0" aria-label="{escaped(exhibit.title or "table")}">'
            f'<table id="{name}">{caption}<thead><tr>{"".join(heads)}</tr></thead>'
            f"<tbody>{''.join(measured)}</tbody>{f'<tbody class=published>{apart}</tbody>' if published else ''}</table></div>"
            + (f'<ul class="notes">{notes}</ul>' if notes else "")
        )
        return f"<details class=folder><summary>{escaped(exhibit.title)}</summary>{text}</details>" if exhibit.folded else text

    def _row(self, table: Table, row: Row, rank: int, worst: float) -> str:
        cells = [f'<td class="number rank">{"–" if row.published else rank}</td>'] if table.ranked else []
        for at, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
            bar = _bar(cell, worst) if at == table.bar else ""
            cells.append(self._heading(row, column.text(cell)) if at == table.name else _cell(column, cell, bar))
        facets = "".join(f' data-facet-{escaped(facet)}="{escaped(value)}"' for facet, value in row.facets.items())
        return f"<tr{facets}>{''.join(cells)}</tr>"

    def _heading(self, row: Row, text: str) -> str:
        """The cell that names a row: a button where there is more to open."""
        name = f'<span class="name">{escaped(text)}</span>'
        if row.details is not None:
            identifier = self._new("row")
            self.details[identifier] = {"title": visible(text), **_opened(row.details)}
            more = f'class="name open" data-details="{identifier}" aria-haspopup="dialog"'
            name = f'<button type="button" {more}>{escaped(text)}</button>'
        tags = "".join(f"<span{_titled(tip)}>{escaped(tag)}</span>" for tag, tip in row.tags)
        return f'<th scope="row" class="model">{name}{f"<span class=tags>{tags}</span>" if tags else ""}</th>'


def _titled(text: str) -> str:
    return f' title="{escaped(text)}"' if text else ""


def _figure(title: str, caption: str, inner: str) -> str:
    said = f"<p>{escaped(caption)}</p>" if caption else ""
    return f"<figure><figcaption><h4>{escaped(title)}</h4>{said}</figcaption>{inner}</figure>"


def _head(column: Measure, *, names: bool) -> str:
    better = f' data-better="{column.better}"' if column.better else ""
    kind = " class=number" if column.numeric and not names else ""
    return f'<th scope="col"{kind}{better}{_titled(column.definition)}>{escaped(column.heading)}</th>'


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
    tables = [exhibit for part in section.parts for exhibit in part.exhibits if isinstance(exhibit, Table)]
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
