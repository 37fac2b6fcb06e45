"""What to show of results, as plain data: tables, charts, bars, clouds, graphs, notes. Data decide, renderers draw.

A room's `exhibits.py` turns its results into a `Section` (one function under `shows`); terminal, page, Markdown and figures for
papers are drawn from that by `report`, which knows no kind of result. Whatever is shown is computed here or before: a renderer
sorts, filters and draws, and never derives a number. Every figure says its unit; a null stands beside what it is a null of.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, TypeVar

from mdlbench.result.measures import NONE as NONE
from mdlbench.result.measures import Cell as Cell
from mdlbench.result.measures import Estimate as Estimate
from mdlbench.result.measures import Measure as Measure
from mdlbench.result.reading import Found

Mark = Literal["line", "points", "line+points", "step", "area"]
Shape = Literal["circle", "square", "triangle", "diamond"]
Role = Literal["measured", "null", "bound", "published", "aside"]
Payload = TypeVar("Payload")
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Details:
    """What stands behind a row, opened on demand: groups of (heading, pairs of name and text), and tables."""

    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    tables: tuple["Table", ...] = ()


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: a value for each column.
        tags: short remarks under the row's name, each with a longer one or "".
        facets: values that the reader can filter by, by the facet's name, such as {"decodes": "exact"}.
        published: set apart, below those measured here.
    """

    cells: tuple[Cell, ...]
    tags: tuple[tuple[str, str], ...] = ()
    facets: Mapping[str, str] = field(default_factory=dict)
    details: Details | None = None
    published: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under measures; `name` says which column names a row.

    Attributes:
        notes: what a reader must know of these rows, a line each.
        ranked: whether rows stand best first and are numbered.
        bar: the column drawn as a bar behind its figures, if any.
        folded: shown on demand only, and not printed.
    """

    title: str
    columns: tuple[Measure, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    ranked: bool = False
    bar: int | None = None
    name: int = 0
    folded: bool = False

    @classmethod
    def of(cls, title: str, columns: Sequence[Measure], rows: Iterable[Sequence[Cell]], **more: Any) -> "Table":
        """A table whose rows are cells and nothing else."""
        return cls(title, tuple(columns), tuple(Row(tuple(cells)) for cells in rows), **more)


@dataclass(frozen=True)
class Axis:
    """An axis; `zero` makes it begin there."""

    measure: Measure
    scale: Literal["linear", "log"] = "linear"
    zero: bool = False


@dataclass(frozen=True)
class Series:
    """Places along two axes under one name.

    Attributes:
        x, y: of one length; a place whose y is None, or not positive on a logarithmic axis, is left out.
        mark: "area" is a line with what lies below it filled, down to zero, or to `low` where that is given.
        low, high: ends of the interval of each y, or empty.
        labels: a name for each place, drawn beside it where there is room and shown on pointing at it; or empty.
        role: "null" for what shows nothing by construction; "aside" for what is drawn in grey.
        shape: of points.
        slot: which of the palette's colours; by default the next one free. Give it to keep one from chart to chart.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    mark: Mark = "line"
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    labels: Sequence[str] = ()
    role: Role = "measured"
    shape: Shape = "circle"
    dashed: bool = False
    slot: int | None = None


@dataclass(frozen=True)
class Span:
    """A stretch of an x axis that belongs to a series, drawn as a strip below the chart."""

    start: float
    end: float
    series: str


@dataclass(frozen=True)
class Chart:
    """Series over two axes; `marks` are x values marked by a vertical line, each with what it says."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    caption: str = ""
    strip: tuple[Span, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Bar:
    """A bar of parts, each with its name and value, beside the nulls and the interval that its figure is held against.

    Attributes:
        parts: laid end to end, negative ones to the other side.
        marks: (what it is, value), such as ("untrained", 0.31).
        low, high: the interval of the sum.
        group: bars of one group stand together.
    """

    name: str
    parts: tuple[tuple[str, float], ...]
    marks: tuple[tuple[str, float], ...] = ()
    low: float | None = None
    high: float | None = None
    group: str = ""


@dataclass(frozen=True)
class Bars:
    """Horizontal bars on one axis.

    Attributes:
        order: names parts in the order of their colours, to keep them from chart to chart.
        floor: bars are drawn as far as there; what lies below is said in figures.
    """

    title: str
    axis: Axis
    bars: tuple[Bar, ...]
    caption: str = ""
    order: tuple[str, ...] = ()
    floor: float | None = None


@dataclass(frozen=True, eq=False)
class Cloud:
    """Many coloured points: float (n, 2) places, and a colour "rrggbb" for each."""

    name: str
    places: Sequence[Sequence[float]]
    colours: Sequence[str]


@dataclass(frozen=True, eq=False)
class Simplex:
    """Clouds in a frame of their own, such as beliefs in their triangle; drawn as an image where there are many points.

    Attributes:
        corners: (x, y, name) of a polygon drawn around; empty if there is none.
        x, y: the axes' names where there is no polygon.
        low, high: what is shown of the plane, (x, y) each.
    """

    title: str
    cloud: Cloud
    corners: tuple[tuple[float, float, str], ...] = ()
    x: str = ""
    y: str = ""
    low: tuple[float, float] = (0.0, 0.0)
    high: tuple[float, float] = (1.0, 1.0)
    caption: str = ""


@dataclass(frozen=True)
class Node:
    """A place in a graph; `filled` for what is recurrent."""

    name: str
    x: float
    y: float
    filled: bool = True
    note: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow from node to node (by number), of a kind that has a colour, with a weight of 0 to 1."""

    start: int
    end: int
    kind: str
    weight: float = 1.0


@dataclass(frozen=True)
class Graph:
    """Nodes and arrows."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    caption: str = ""


@dataclass(frozen=True)
class Text:
    """A sentence or two that say what was found."""

    text: str


@dataclass(frozen=True)
class Note:
    """What limits the figures beside it."""

    text: str


@dataclass(frozen=True)
class Panels:
    """Exhibits side by side under one heading."""

    title: str
    parts: tuple["Exhibit", ...]
    caption: str = ""


@dataclass(frozen=True)
class Stages:
    """One exhibit at each of several stages, seen one at a time on a page and side by side on paper; the last is seen first."""

    title: str
    name: str
    stages: tuple[tuple[str, "Exhibit"], ...]
    caption: str = ""


@dataclass(frozen=True)
class Folder:
    """Exhibits that are opened on demand, and printed only where they were."""

    title: str
    parts: tuple["Exhibit", ...]


Exhibit = Table | Chart | Bars | Simplex | Graph | Text | Note | Panels | Stages | Folder


@dataclass(frozen=True)
class Part:
    """What belongs together under one heading of a section, such as one corpus or one run."""

    title: str
    exhibits: tuple[Exhibit, ...]
    facts: str = ""


@dataclass(frozen=True)
class Finding:
    """What results say, in a sentence with its figures as the tables have them.

    Attributes:
        claim: without a full stop.
        against: the null, the rival or the interval that the claim is held against; empty if there is none.
    """

    claim: str
    against: str = ""

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.claim}; {self.against}." if self.against else f"{self.claim}."


@dataclass(frozen=True)
class Section:
    """All that is shown of some kinds of results.

    Attributes:
        title: its heading and entry in the page's navigation.
        summary: one sentence for the head of the page and for the terminal.
        parts: in the order shown; a page folds them.
        front: tables that a page shows unfolded, and not again where parts hold them; by default the first table of the parts.
        findings: the most telling first.
        terms: words used here beside the columns' names, with what they mean.
        rank: where on the page it stands; the smallest first.
        counts: what it shows, such as {"rows": 12}.
        facets: names of what the reader can filter its tables by, beside a search for text.
    """

    title: str
    summary: str
    parts: tuple[Part, ...]
    front: tuple[Table, ...] = ()
    findings: tuple[Finding, ...] = ()
    terms: Mapping[str, str] = field(default_factory=dict)
    rank: int = 100
    counts: Mapping[str, int] = field(default_factory=dict)
    facets: tuple[str, ...] = ()


_SHOWN: dict[type, Callable[[Sequence[Found[Any]]], Section]] = {}


def shows(*payloads: type) -> Callable[[Function], Function]:
    """Make a function the one that shows all results with these payloads: `(results: Sequence[Found]) -> Section`."""

    def register(function: Function) -> Function:
        _SHOWN.update(dict.fromkeys(payloads, function))
        return function

    return register


def sections(results: Sequence[Found[Any]], refused: list[tuple[str, str]] | None = None) -> list[Section]:
    """A section for each function under `shows` whose kinds are among the results, by rank.

    Args:
        refused: gets the path of each result whose figures contradict each other so that no section can be made of it, and
            the reason; without, such a one is an error.
    """
    groups: dict[Callable[[Sequence[Found[Any]]], Section], list[Found[Any]]] = {}
    for found in results:
        function = shown_by(type(found.payload))
        if function is not None:
            groups.setdefault(function, []).append(found)
    made = [section for function, chosen in groups.items() for section in _section(function, chosen, refused)]
    return sorted(made, key=lambda section: section.rank)


def _section(
    function: Callable[[Sequence[Found[Any]]], Section], chosen: list[Found[Any]], refused: list[tuple[str, str]] | None
) -> list[Section]:
    """The section of these results; if they have none together, of those that have one alone."""
    try:
        return [function(chosen)]
    except Exception:
        if refused is None:
            raise
    good = []
    for found in chosen:
        try:
            function([found])
            good.append(found)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            refused.append(
                (found.path, f"{found.path}: its figures do not fit together ({what}); run it again or remove the file")
            )
    return [function(good)] if good else []


def shown_by(payload: type) -> Callable[[Sequence[Found[Any]]], Section] | None:
    """What shows a payload, if anything: `exhibits.py` beside the module that defines it is imported first."""
    room = payload.__module__.rpartition(".")[0]
    if room and payload not in _SHOWN and find_spec(f"{room}.exhibits") is not None:
        import_module(f"{room}.exhibits")
    return _SHOWN.get(payload)


def mean(numbers: Iterable[float | None]) -> float | None:
    """The one rule for a mean over seeds or repeats: known only where every number is."""
    values = list(numbers)
    if not values or any(value is None or value != value for value in values):
        return None
    return sum(value for value in values if value is not None) / len(values)


def newest(results: Iterable[Found[Payload]], key: Callable[[Payload], object]) -> list[Payload]:
    """The latest payload for each key, such as a run, in the order in which keys are first met."""
    found: dict[object, Found[Payload]] = {}
    for one in results:
        name = key(one.payload)
        if name not in found or found[name].age <= one.age:
            found[name] = one
    return [one.payload for one in found.values()]


def walk(exhibits: Iterable[Exhibit]) -> Iterator[Exhibit]:
    """Exhibits and all that they hold, in the order shown."""
    for exhibit in exhibits:
        yield exhibit
        if isinstance(exhibit, Panels | Folder):
            yield from walk(exhibit.parts)
        elif isinstance(exhibit, Stages):
            yield from walk(part for _, part in exhibit.stages)
