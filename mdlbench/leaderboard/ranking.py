"""Which rows stand in which table, in what order, under what title: those of other bytes or of an imposed block size are never
ranked together.

A context policy that a model chooses for itself (its block size, its window) is part of what is compared and shows in its spec.
One that the user imposed with --block-size is a condition of the measurement: it makes a table of its own. Terminal, page,
`run` and `compare` all ask here, so they cannot disagree.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdlbench.codec.ledger import NOTABLE_FRAMING
from mdlbench.errors import UsageError
from mdlbench.leaderboard.index import load_index
from mdlbench.leaderboard.published import published_rows
from mdlbench.leaderboard.result import OLD_RULE, PublishedRow, Row
from mdlbench.result.reading import Found

SORTS: dict[str, Callable[[Row], float | None]] = {
    "bpb": lambda row: row.bits_per_byte,
    "size": lambda row: row.container_bytes,
    "speed": lambda row: None if row.encode.bytes_per_second is None else -row.encode.bytes_per_second,
    "adjusted": lambda row: row.adjusted.total,
}


@dataclass(frozen=True)
class Query:
    """What is shown.

    Attributes:
        corpora: names, `NAME:START:END`, sources or the beginning of a SHA-256; all corpora if there are none.
        sort: one of `SORTS`.
        every: older rows of the same cell too.
        published: figures that others published too.
    """

    corpora: tuple[str, ...] = ()
    sort: str = "bpb"
    every: bool = False
    published: bool = False


@dataclass(frozen=True)
class Group:
    """Rows that may be ranked against each other, best first.

    Attributes:
        title: the corpus, its slice, and the block size if that was imposed.
        rows: measured; `published` ones, of the same bytes, stand apart.
        older: rows left out because their cell was measured again.
        notes: what a reader must know of these rows, a line each.
        policies: policy hash to its mark A, B, ...: A is the most common.
    """

    title: str
    rows: tuple[Found[Row], ...]
    published: tuple[PublishedRow, ...]
    older: int
    notes: tuple[str, ...]
    policies: Mapping[str, str]


@dataclass(frozen=True)
class Board:
    """Groups, published rows, and (path, reason) of files that are no rows."""

    groups: tuple[Group, ...]
    published: tuple[PublishedRow, ...]
    refused: tuple[tuple[str, str], ...]


def load_board(folder: str | os.PathLike[str], query: Query | None = None) -> Board:
    """The tables of a folder of rows.

    Raises:
        UsageError: no such folder, sort or corpus.
    """
    query = query or Query()
    found = load_index(folder)
    rows = [row for row in found.rows if _wanted(row.payload, query.corpora)]
    if query.corpora and not rows and not (query.published and published_rows(query.corpora)):
        names = sorted({place(row.payload) for row in found.rows})
        raise UsageError(f"{folder} has no rows of {' or '.join(query.corpora)}; it has {', '.join(names) or 'none at all'}")
    published = published_rows(tuple(corpus.partition(":")[0] for corpus in query.corpora)) if query.published else []
    return Board(
        groups(rows, sort=query.sort, every=query.every),
        tuple(published),
        tuple((os.path.join(folder, path), reason) for path, reason in found.refused),
    )


def groups(
    rows: Iterable[Found[Row]], published: Iterable[PublishedRow] = (), *, sort: str = "bpb", every: bool = False
) -> tuple[Group, ...]:
    """Rows in groups that may be ranked, by title; published rows with those of the same whole corpus, or by themselves.

    Args:
        sort: one of `SORTS`.
        every: older rows of a cell too.

    Raises:
        UsageError: no such sort.
    """
    if sort not in SORTS:
        raise UsageError(f"sort={sort}; choose from {', '.join(SORTS)}")
    tables: dict[tuple[Any, ...], list[Found[Row]]] = {}
    for row in rows:
        tables.setdefault((row.payload.corpus.sha256, imposed(row.payload)), []).append(row)
    apart: dict[str, list[PublishedRow]] = {}
    for other in published:
        apart.setdefault(f"{other.corpus}, {other.corpus_bytes:,} bytes", []).append(other)
    made = [_group(table, apart, sort, every) for table in tables.values()]
    made += [Group(title, (), tuple(others), 0, (), {}) for title, others in apart.items()]
    return tuple(sorted(made, key=lambda group: (not group.rows, group.title)))


def newest(rows: Iterable[Found[Row]]) -> list[Found[Row]]:
    """Of the rows of one cell, the last that was measured."""
    return list({cell_of(row.payload): row for row in sorted(rows, key=lambda row: row.age)}.values())


def cell_of(row: Row) -> tuple[Any, ...]:
    """Rows that agree in this differ in when they were measured."""
    return row.corpus.sha256, row.model.spec, row.policy_hash, row.device, row.jobs


def imposed(row: Row) -> int | None:
    """The block size that the user imposed, in bytes; None where it is the model's own."""
    return None if row.block_size.used == row.block_size.default else row.block_size.used


def place(row: Row) -> str:
    """The slice that was coded, as it is named on a command line."""
    return f"{row.corpus.name}:{row.corpus.start}:{row.corpus.end}"


def title(row: Row) -> str:
    """What was coded, what part of it, and the block size if that was imposed."""
    corpus, block = row.corpus, imposed(row)
    return f"{corpus.name}, {corpus.cut or f'{corpus.bytes:,} bytes'}" + (f", in blocks of {block:,} bytes" if block else "")


def is_busy(row: Found[Row]) -> bool:
    """Whether more wanted to run than there were processors when the cell began."""
    load = row.payload.load_before
    return load is not None and load > (row.result.provenance.get("cores") or 1)


def processor_of(row: Found[Row]) -> str:
    """The processor that it was measured on."""
    return str(row.result.provenance.get("processor") or "unknown processor")


def _wanted(row: Row, corpora: Iterable[str]) -> bool:
    names = {row.corpus.name, row.corpus.source, place(row)}
    return not corpora or any(text in names or (len(text) >= 6 and row.corpus.sha256.startswith(text)) for text in corpora)


def _group(table: Sequence[Found[Row]], apart: dict[str, list[PublishedRow]], sort: str, every: bool) -> Group:
    def key(found: Found[Row]) -> tuple[Any, ...]:
        row = found.payload
        value = SORTS[sort](row)
        return value is None, value or 0, row.container_bytes, row.model.spec, found.result.time

    shown = sorted(table if every else newest(table), key=key)
    first = shown[0].payload
    hashes = Counter(row.payload.policy_hash for row in shown)
    marks = {name: _letters(number) for number, (name, _) in enumerate(hashes.most_common())}
    published = () if imposed(first) else tuple(apart.pop(f"{first.corpus.name}, {first.corpus.bytes:,} bytes", ()))
    return Group(title(first), tuple(shown), published, len(table) - len(shown), tuple(_notes(shown)), marks)


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _notes(rows: Sequence[Found[Row]]) -> Iterator[str]:
    processors = sorted(set(map(processor_of, rows)))
    if len(processors) > 1:
        yield f"speeds are of different processors: {'; '.join(processors)}"
    busy = {row.payload.model.spec for row in rows if is_busy(row)}
    if busy:
        whose = "all of these" if len(busy) == len({row.payload.model.spec for row in rows}) else ", ".join(sorted(busy))
        yield f"speeds that mean little, since the machine was busy with something else: {whose}"
    doubled = sorted(spec for spec, count in Counter(row.payload.model.spec for row in rows).items() if count > 1)
    if doubled:
        yield f"more than one row, by policy, device, workers or time: {', '.join(doubled)}"
    framed = [row.payload for row in rows if row.payload.framing_share > NOTABLE_FRAMING]
    if framed:
        sizes = (f"{row.model.spec} {row.framing_bytes:,} of {row.container_bytes:,} bytes" for row in framed)
        yield f"framing, which does not grow with the text, is much of the container: {'; '.join(sizes)}: compare ideal bits"
    old = sorted({row.payload.model.spec for row in rows if row.payload.adjusted.reason == OLD_RULE})
    if old:
        yield f"adjusted sizes {OLD_RULE} are not shown: {', '.join(old)}; measure again (--rerun)"
    reasons = {(row.payload.model.spec, row.payload.adjusted.reason) for row in rows}
    yield from sorted(f"{spec} has no adjusted size: {reason}" for spec, reason in reasons if reason not in ("", OLD_RULE))
    yield from sorted({f"{row.payload.model.spec}: {row.payload.contamination}" for row in rows if row.payload.contamination})
