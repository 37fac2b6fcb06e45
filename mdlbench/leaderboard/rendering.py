"""`render`: a board as a table, Markdown, CSV, JSON or HTML. Whatever comes from a file is escaped for where it goes."""

import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from mdlbench.leaderboard.board import Board, Group, imposed, is_busy
from mdlbench.leaderboard.index import Summary
from mdlbench.leaderboard.published import PublishedRow
from mdlbench.text import visible

HEADERS = (
    "", "model", "bytes", "bits per byte", "ratio", "ideal bits per byte", "encode kB/s", "decode kB/s", "memory MB",
    "adjusted bytes", "notes",
)  # fmt: skip
PUBLISHED_HEADERS = (
    "corpus", "model", "bytes", "bits per byte", "adjusted %", "encode kB/s", "decode kB/s", "source", "mark", "notes",
)  # fmt: skip
PUBLISHED_TITLE = "published by others, not measured here; whole files"
LEGEND = (
    "bytes: of containers that fresh processes decoded to the same corpus. ideal: the sum of -log2 p, which is no file's size.",
    "speeds: medians, once the model is ready. memory: the larger of both ways. adjusted: container + code + shipped weights.",
)
_TEXT_COLUMNS = {"model", "notes", "corpus", "source", "mark"}
_KILO, _MEGA = 1e3, 1e6


def render(board: Board, form: str = "table") -> str:
    """A board as text.

    Args:
        form: "table", "markdown", "csv", "json" or "html".
    """
    return FORMATS[form](board)


def _cells(rank: int, row: Summary) -> list[str]:
    peaks = [peak for peak in (row.encode_peak_bytes, row.decode_peak_bytes) if peak is not None]
    return [
        str(rank),
        row.model_spec,
        f"{row.container_bytes:,}",
        _number(row.bits_per_byte, 4),
        _number(row.ratio, 3),
        _number(row.ideal_bits_per_byte, 4),
        _speed(row.encode_bytes_per_second),
        _speed(row.decode_bytes_per_second),
        f"{max(peaks) / _MEGA:,.0f}" if peaks else "–",
        f"{row.adjusted_total:,}",
        ", ".join(_marks(row)),
    ]


def _marks(row: Summary) -> list[str]:
    found = {
        "baseline": row.baseline,
        "environment": row.model_portability == "environment",
        "contaminated?": row.contamination is not None,
        row.device: row.device != "cpu",
        f"-j {row.jobs}": row.jobs > 1,
        "busy": is_busy(row),
    }
    return [text for text, holds in found.items() if holds]


def _published_cells(row: PublishedRow) -> list[str]:
    return [
        row.corpus,
        row.model,
        "–" if row.container_bytes is None else f"{row.container_bytes:,}",
        _number(row.bits_per_byte, 3),
        "–" if row.adjusted_percent is None else f"{row.adjusted_percent:,.1f}",
        _speed(row.encode_bytes_per_second),
        _speed(row.decode_bytes_per_second),
        row.source,
        row.mark or "–",
        row.note,
    ]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _speed(bytes_per_second: float | None) -> str:
    if bytes_per_second is None:
        return "–"
    rate = bytes_per_second / _KILO
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _group_cells(group: Group) -> list[list[str]]:
    return [_cells(rank, row) for rank, row in enumerate(group.rows, 1)]


def _table(board: Board) -> str:
    parts = []
    for group in board.groups:
        text = visible(group.title) + "\n\n" + _grid(HEADERS, _group_cells(group))
        parts.append("\n".join([text, *(f"  * {visible(note)}" for note in group.notes)]))
    if board.groups:
        parts.append("\n".join(LEGEND))
    if board.published:
        cells = [_published_cells(row) for row in board.published]
        parts.append(f"{PUBLISHED_TITLE}\n\n{_grid(PUBLISHED_HEADERS, cells)}")
    return "\n\n".join(parts or ["no rows"])


def _grid(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line; written out because ten thousand rows must not take a second."""
    safe = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *safe, strict=True)]
    layout = "  ".join(
        f"{{:{'<' if name in _TEXT_COLUMNS else '>'}{width}}}" for name, width in zip(headers, widths, strict=True)
    )
    lines = [layout.format(*headers), "  ".join("-" * width for width in widths), *(layout.format(*row) for row in safe)]
    return "\n".join(line.rstrip() for line in lines)


def _markdown(board: Board) -> str:
    parts = []
    for group in board.groups:
        parts.append(f"**{_marked_down(group.title)}**\n\n{_pipes(HEADERS, _group_cells(group))}")
        if group.notes:
            parts.append("\n".join(f"* {_marked_down(note)}" for note in group.notes))
    if board.groups:
        parts.append(" ".join(LEGEND))
    if board.published:
        cells = [_published_cells(row) for row in board.published]
        parts.append(f"**{PUBLISHED_TITLE}**\n\n{_pipes(PUBLISHED_HEADERS, cells)}")
    return "\n\n".join(parts or ["no rows"])


def _pipes(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---" if name in _TEXT_COLUMNS else "---:" for name in headers]
    lines = [headers, rule, *([_marked_down(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _marked_down(text: str) -> str:
    safe = html.escape(visible(text), quote=False)
    return "".join(f"\\{c}" if c in "|\\`*_[]" else c for c in safe)


def _csv(board: Board) -> str:
    out = io.StringIO()
    names = ["table", "rank", *Summary._fields]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names, "published", "source", "mark", "note"])
    for group in board.groups:
        for rank, row in enumerate(group.rows, 1):
            values = [group.title, rank, *row._replace(baseline=bool(row.baseline)), False, "", "", ""]
            writer.writerow(map(_csv_cell, values))
    for other in board.published:
        known = {
            "table": PUBLISHED_TITLE, "corpus_name": other.corpus, "corpus_start": 0, "corpus_end": other.corpus_bytes,
            "corpus_bytes": other.corpus_bytes, "model_spec": other.model, "input_bytes": other.corpus_bytes,
            "container_bytes": other.container_bytes, "bits_per_byte": other.bits_per_byte,
            "encode_bytes_per_second": other.encode_bytes_per_second, "decode_bytes_per_second": other.decode_bytes_per_second,
        }  # fmt: skip
        writer.writerow(map(_csv_cell, [*(known.get(name) for name in names), True, other.source, other.mark, other.note]))
    return out.getvalue().rstrip("\n")


def _csv_cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV Injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _json(board: Board) -> str:
    groups = [
        {
            "title": group.title,
            "block_size": imposed(group.rows[0]),
            "notes": list(group.notes),
            "rows": [
                {"rank": rank, **row._asdict(), "baseline": bool(row.baseline), "published": False}
                for rank, row in enumerate(group.rows, 1)
            ],
        }
        for group in board.groups
    ]
    document = {
        "schema": "mdlbench.leaderboard/1",
        "groups": groups,
        "published": [asdict(row) for row in board.published],
        "refused": [{"path": path, "reason": reason} for path, reason in board.refused],
    }
    return json.dumps(document, allow_nan=False)


def _html(board: Board) -> str:
    parts = []
    for group in board.groups:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in group.notes)
        parts.append(_html_table(group.title, HEADERS, _group_cells(group)) + (f"<ul>{notes}</ul>" if notes else ""))
    if board.groups:
        parts.append(f"<p>{html.escape(' '.join(LEGEND))}</p>")
    if board.published:
        parts.append(_html_table(PUBLISHED_TITLE, PUBLISHED_HEADERS, [_published_cells(row) for row in board.published]))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>mdlbench leaderboard</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        ":root{color-scheme:light dark}body{font:15px system-ui,sans-serif;margin:1rem}div{overflow-x:auto}"
        "table{border-collapse:collapse}caption{text-align:left;font-weight:bold;padding:.5rem 0}"
        "td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #8884}.t{text-align:left}"
        "</style></head><body>\n" + "\n".join(parts or ["<p>no rows</p>"]) + "\n</body></html>"
    )


def _html_table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        kinds = [' class="t"' if name in _TEXT_COLUMNS else "" for name in headers]
        return "<tr>" + "".join(f"<{tag}{k}>{html.escape(c)}</{tag}>" for k, c in zip(kinds, cells, strict=True)) + "</tr>"

    body = "\n".join(line("td", row) for row in rows)
    return (
        f"<div><table><caption>{html.escape(title)}</caption>\n<thead>{line('th', headers)}</thead>\n"
        f"<tbody>{body}</tbody></table></div>"
    )


FORMATS: dict[str, Callable[[Board], str]] = {
    "table": _table,
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
    "html": _html,
}
