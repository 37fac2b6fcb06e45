"""From what a user writes to a row: the path of its file, or a model's spec within a folder of rows."""

import os

from mdlbench.errors import UsageError
from mdlbench.leaderboard.ranking import Query, load_board
from mdlbench.leaderboard.result import Row
from mdlbench.leaderboard.store import read_row
from mdlbench.result.reading import Found


def find_row(text: str, folder: str | os.PathLike[str], corpus: str | None = None) -> Found[Row]:
    """The row in a file, or the newest row of a model.

    Args:
        text: a path, or a spec as the rows write it.
        folder: where rows of specs are looked for.
        corpus: as in `Query.corpora`; needed if the model has rows of several.

    Raises:
        UsageError: there is no such row, or the spec has rows of several corpora or policies.
    """
    if os.path.isfile(text):
        return read_row(text)
    if text.endswith(".json"):
        raise UsageError(f"{text}: no such file")
    board = load_board(folder, Query((corpus,) if corpus else (), every=True))
    known = {group.title: [row for row in group.rows if row.payload.model.spec == text] for group in board.groups}
    found = {title: rows for title, rows in known.items() if rows}
    if not found:
        specs = sorted({row.payload.model.spec for group in board.groups for row in group.rows})
        raise UsageError(f"{text}: no such file, and no row of that spec in {folder}; it has {', '.join(specs) or 'no rows'}")
    if len(found) > 1:
        raise UsageError(f"{text} has rows of several corpora; choose one with -C: {'; '.join(found)}")
    (rows,) = found.values()
    return read_row(max(rows, key=lambda row: row.age).path)
