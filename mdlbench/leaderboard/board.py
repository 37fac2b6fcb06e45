"""Which rows stand in which table, in what order: those of other bytes or of an imposed block size are never ranked together.

A context policy that a model chooses for itself (its block size, its window) is part of what is compared and shows in its spec.
One that the user imposed with --block-size is a condition of the measurement: it makes a table of its own.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mdlbench.errors import UsageError
from mdlbench.leaderboard.index import Summary, load_index
from mdlbench.leaderboard.published import PublishedRow, published_rows

SORTS: dict[str, Callable[[Summary], Any]] = {
    "bpb": lambda row: row.bits_per_byte,
    "size": lambda row: row.container_bytes,
    "speed": lambda row: None if row.encode_bytes_per_second is None else -row.encode_bytes_per_second,
    "adjusted": lambda row: row.adjusted_total,
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
        notes: what a reader must know of these rows, a line each.
    """

    title: str
    rows: tuple[Summary, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """What `render` draws: groups, published rows, and (path, reason) of files that are no rows."""

    groups: tuple[Group, ...]
    published: tuple[PublishedRow, ...]
    refused: tuple[tuple[str, str], ...]


def load_board(folder: str | os.PathLike[str], query: Query | None = None) -> Board:
    """The tables of a folder of rows.

    Raises:
        UsageError: no such folder, sort or corpus.
    """
    query = query or Query()
    if query.sort not in SORTS:
        raise UsageError(f"sort={query.sort}; choose from {', '.join(SORTS)}")
    found = load_index(folder)
    rows = [row for row in found.rows if _wanted(row, query.corpora)]
    if query.corpora and not rows and not (query.published and published_rows(query.corpora)):
        names = sorted({_place(row) for row in found.rows})
        raise UsageError(f"{folder} has no rows of {' or '.join(query.corpora)}; it has {', '.join(names) or 'none at all'}")
    if not query.every:
        rows = _newest(rows)
    tables: dict[tuple[str, int | None], list[Summary]] = {}
    for row in rows:
        tables.setdefault((row.corpus_sha256, imposed(row)), []).append(row)
    published = published_rows(tuple(corpus.partition(":")[0] for corpus in query.corpora)) if query.published else []
    return Board(
        tuple(sorted((_group(table, query.sort) for table in tables.values()), key=lambda group: group.title)),
        tuple(published),
        tuple((os.path.join(folder, path), reason) for path, reason in found.refused),
    )


def imposed(row: Summary) -> int | None:
    """The block size that the user imposed, in bytes; None where it is the model's own."""
    return None if row.block_size_used == row.block_size_default else row.block_size_used


def _wanted(row: Summary, corpora: Iterable[str]) -> bool:
    names = {row.corpus_name, row.corpus_source, _place(row)}
    return not corpora or any(text in names or (len(text) >= 6 and row.corpus_sha256.startswith(text)) for text in corpora)


def _place(row: Summary) -> str:
    return f"{row.corpus_name}:{row.corpus_start}:{row.corpus_end}"


def _newest(rows: list[Summary]) -> list[Summary]:
    """Of the rows of one cell, the last that was measured."""
    newest: dict[tuple[Any, ...], Summary] = {}
    for row in sorted(rows, key=lambda row: (row.provenance_time, len(row.path), row.path)):
        newest[row.corpus_sha256, row.model_spec, row.policy_hash, row.device, row.jobs] = row
    return list(newest.values())


def _group(rows: list[Summary], sort: str) -> Group:
    def key(row: Summary) -> tuple[Any, ...]:
        value = SORTS[sort](row)
        return value is None, value or 0, row.container_bytes, row.model_spec, row.provenance_time

    first, block = rows[0], imposed(rows[0])
    whole = first.corpus_start == 0
    title = f"{first.corpus_name}, {'first ' if whole else f'bytes {first.corpus_start:,} to {first.corpus_end:,}: '}"
    title += f"{first.corpus_bytes:,} bytes" + (f", in blocks of {block:,} bytes" if block else "")
    return Group(title, tuple(sorted(rows, key=key)), tuple(_notes(rows)))


def _notes(rows: list[Summary]) -> Iterable[str]:
    processors = sorted({row.provenance_processor for row in rows})
    if len(processors) > 1:
        yield f"speeds are of different processors: {'; '.join(processors)}"
    busy = {row.model_spec for row in rows if is_busy(row)}
    if busy:
        whose = "all of these" if len(busy) == len({row.model_spec for row in rows}) else ", ".join(sorted(busy))
        yield f"speeds that mean little, since the machine was busy with something else: {whose}"
    doubled = sorted(spec for spec, count in Counter(row.model_spec for row in rows).items() if count > 1)
    if doubled:
        yield f"more than one row, by policy, device, workers or time: {', '.join(doubled)}"
    yield from sorted({f"{row.model_spec}: {row.contamination}" for row in rows if row.contamination})


def is_busy(row: Summary) -> bool:
    """Whether more wanted to run than there were processors when the cell began."""
    return row.load_before is not None and row.load_before > (row.provenance_cores or 1)
