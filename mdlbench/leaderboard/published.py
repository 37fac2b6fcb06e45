"""Figures that others published, from `published.json`: shown beside those measured here, never ranked among them."""

import json
from pathlib import Path
from typing import Any

from mdlbench.leaderboard.result import PublishedRow
from mdlbench.result import Found, Result
from mdlbench.units import BITS_PER_BYTE, bits_per_byte, bytes_to_bits

NS_PER_SECOND = 1e9


def published_rows(corpora: tuple[str, ...] = ()) -> list[PublishedRow]:
    """Published rows, the smallest bits per byte first.

    Args:
        corpora: names; all if there are none.

    Example:
        >>> [row.mark for row in published_rows(("enwik8",)) if row.model == "gzip -9"]
        ['2nd']
    """
    table = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf8"))
    rows = [*_sizes(table), *_percentages(table)]
    return sorted(
        (row for row in rows if not corpora or row.corpus in corpora), key=lambda row: (row.corpus, row.bits_per_byte or 0.0)
    )


def published_results() -> list[Found[PublishedRow]]:
    """Every published figure as a result without provenance of ours, for a page that shows them beside what was measured."""
    return [Found(f"published figure of {row.model}", Result(row, {})) for row in published_rows()]


def _sizes(table: dict[str, Any]) -> list[PublishedRow]:
    return [
        PublishedRow(
            corpus,
            whole,
            row["model"],
            row[corpus],
            bits_per_byte(bytes_to_bits(row[corpus]), whole),
            None,
            _speed(row, "encode_ns"),
            _speed(row, "decode_ns"),
            row["source"],
            row["mark"],
            row.get("note", ""),
        )
        for row in table["sizes"]
        for corpus, whole in table["corpora"].items()
        if corpus in row
    ]


def _speed(row: dict[str, Any], name: str) -> float | None:
    return NS_PER_SECOND / row[name] if name in row else None


def _percentages(table: dict[str, Any]) -> list[PublishedRow]:
    part = table["percentages"]
    corpus = part["corpus"]
    return [
        PublishedRow(
            corpus,
            table["corpora"][corpus],
            row["model"],
            None,
            BITS_PER_BYTE * row["raw"] / 100,
            row.get("adjusted"),
            None,
            None,
            part["source"],
            row["mark"],
            _cut(row, part["chunk_bytes"]),
        )
        for row in part["rows"]
    ]


def _cut(row: dict[str, Any], chunk: int) -> str:
    return f"{row['raw']} % of the raw size, " + ("whole file" if row.get("whole") else f"chunks of {chunk:,} bytes")
