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
    sizes = [(row, corpus, row[corpus]) for row in table["sizes"] for corpus in table["corpora"] if corpus in row]
    return [_row(table, corpus, {**row, "container_bytes": size}) for row, corpus, size in sizes]


def _percentages(table: dict[str, Any]) -> list[PublishedRow]:
    part = table["percentages"]
    shared = {"source": part["source"]}
    return [_row(table, part["corpus"], {**row, **shared, "note": _cut(row, part["chunk_bytes"])}) for row in part["rows"]]


def _row(table: dict[str, Any], corpus: str, row: dict[str, Any]) -> PublishedRow:
    whole, size = table["corpora"][corpus], row.get("container_bytes")
    return PublishedRow(
        corpus=corpus,
        corpus_bytes=whole,
        model=row["model"],
        container_bytes=size,
        bits_per_byte=BITS_PER_BYTE * row["raw"] / 100 if size is None else bits_per_byte(bytes_to_bits(size), whole),
        adjusted_percent=row.get("adjusted"),
        encode_bytes_per_second=NS_PER_SECOND / row["encode_ns"] if "encode_ns" in row else None,
        decode_bytes_per_second=NS_PER_SECOND / row["decode_ns"] if "decode_ns" in row else None,
        source=row["source"],
        mark=row["mark"],
        note=row.get("note", ""),
    )


def _cut(row: dict[str, Any], chunk: int) -> str:
    return f"{row['raw']} % of the raw size, " + ("whole file" if row.get("whole") else f"chunks of {chunk:,} bytes")
