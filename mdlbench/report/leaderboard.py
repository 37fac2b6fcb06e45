"""The leaderboard's section: for each slice of a corpus a table, four plots, and where each row comes from."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from mdlbench.report.collect import Found
from mdlbench.report.details import details, policy_text
from mdlbench.report.page import asset, escaped, visible
from mdlbench.report.palette import SERIES
from mdlbench.report.rows import CURVE_POINTS, PARTS, Row, Slice, curve, slices
from mdlbench.report.section import Section
from mdlbench.report.tables import board, ledger_table
from mdlbench.units import bytes_to_bits

_SCRIPTS = ("table.js", "pareto.js", "ledger.js", "curves.js", "adjusted.js", "details.js", "leaderboard.js")
_FAR = 3  # times the bits per byte of the best: curves further off would squeeze the others
_MOST_CURVES = 5  # of the rows in colour when the page opens: the others show how programs without probabilities compare


def section(results: Sequence[Found]) -> Section:
    """The section for results of kind "leaderboard-row"."""
    parts = slices(results)
    rows = sum(len(part.measured) for part in parts)
    published = sum(len(part.published) for part in parts)
    older = sum(part.older for part in parts)
    data = [slice_data(part) for part in parts]
    html = "\n".join(_slice_html(part, f"slice-{i}", made) for i, (part, made) in enumerate(zip(parts, data, strict=True)))
    extra = f", {published} published" if published else ""
    older_text = f", {older} older {'run' if older == 1 else 'runs'} of the same setting left out" if older else ""
    return Section(
        identifier="leaderboard",
        title="Leaderboard",
        html=_toolbar(parts) + html,
        summary=f"{_count(rows, 'row')} measured{extra} on {_count(len(parts), 'corpus slice')}{older_text}",
        data=data,
        scripts=_SCRIPTS,
        styles=("leaderboard.css",),
        counts={"rows": rows, "published": published, "slices": len(parts), "older": older},
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def label_of(row: Row) -> str:
    """What plots call a row."""
    return visible(row.spec.removeprefix("external:"))


def chosen(part: Slice) -> list[int]:
    """The rows in colour at first: the best of each family, those that have curves before those that have none, and the
    yardstick of the break-even sizes."""
    best: dict[str, int] = {}
    far = _FAR * ((part.measured[0].bits_per_byte or 0) if part.measured else 0)
    for i, row in enumerate(part.measured):
        if (row.bits_per_byte or 0) <= far:
            best.setdefault(row.family, i)
    curved = [i for i in best.values() if part.measured[i].fields.items("units.ideal_bits")]
    others = [i for i in best.values() if i not in curved]
    yardstick = best.get(
        next((name for r in part.measured if (name := r.fields.maybe_text("adjusted.break_even_against"))), "")
    )
    others.sort(key=lambda i: i != yardstick)
    return sorted([*curved[:_MOST_CURVES], *others, *curved[_MOST_CURVES:]][: len(SERIES["light"])])


def slice_data(part: Slice) -> dict[str, Any]:
    """What the scripts draw: figures of the rows, rounded no further than the eye can tell."""
    curves = [curve(row) for row in part.rows]
    edges = next((found[0] for found in curves if found), [])
    return {
        "title": visible(part.title),
        "bytes": part.first.fields.maybe_number("input_bytes"),
        "edges": edges,
        "files": _files(part.first),
        "parts": list(PARTS.items()),
        "chosen": chosen(part),
        "rows": [
            {**_row_data(row, part), "curve": found[1] if found and found[0] == edges else None}
            for row, found in zip(part.rows, curves, strict=True)
        ],
    }


def _row_data(row: Row, part: Slice) -> dict[str, Any]:
    f, parts = row.fields, row.parts
    return {
        "spec": visible(row.spec),
        "label": label_of(row),
        "text": visible(" ".join(filter(None, (row.spec, f.maybe_text("model.version"), f.maybe_text("source"))))).lower(),
        "bytes": f.maybe_number("container_bytes"),
        "rate": row.bits_per_byte,
        "encode": f.maybe_number("encode.bytes_per_second"),
        "decode": f.maybe_number("decode.bytes_per_second"),
        "portability": f.maybe_text("model.portability"),
        "baseline": f.true("baseline"),
        "published": row.published,
        "parts": None if parts is None else [round(parts.get(name, 0), 1) for name in PARTS],
        "model": row.model_bytes,
        "modelBits": None if row.model_bytes is None else bytes_to_bits(row.model_bytes),
        "breakEven": f.maybe_number("adjusted.break_even_bytes"),
        "against": visible(f.maybe_text("adjusted.break_even_against") or ""),
        "details": details(row),
    }


def _files(row: Row) -> list[tuple[str, int]]:
    """Name and first byte of each file of a corpus of several, in the order coded."""
    archives = row.fields.parts("archives")
    starts = accumulate((int(archive.number("bytes")) for archive in archives), initial=0)
    return [(visible(archive.text("name")), start) for archive, start in zip(archives, starts, strict=False)][:200]


def _toolbar(parts: Sequence[Slice]) -> str:
    options = "".join(f'<option value="{i}">{escaped(part.title)}</option>' for i, part in enumerate(parts))
    return asset("toolbar.html").replace("{options}", options)


def _slice_html(part: Slice, name: str, data: dict[str, Any]) -> str:
    measured = bool(part.measured)
    has_curves = any(row["curve"] for row in data["rows"])
    plots = [
        asset("pareto.html") if measured else "",
        asset("curves.html").replace("{points}", str(CURVE_POINTS)) if has_curves else "",
        asset("ledger.html").replace("{table}", ledger_table(part, name)) if measured else "",
        asset("adjusted.html") if measured else "",
    ]
    return (
        f'<section class="slice" id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{escaped(part.title)}</h2>'
        f"{_facts(part)}{board(part, name)}{_policies(part)}{''.join(plots)}</section>"
    )


def _facts(part: Slice) -> str:
    machines = sorted({row.provenance.maybe_text("processor") or "unknown processor" for row in part.measured})
    threads = sorted({int(row.fields.maybe_number("threads") or 0) for row in part.measured} - {0})
    digest = part.first.fields.maybe_text("corpus.sha256")
    facts = [_count(len(part.measured), "row") + " measured" if part.measured else "published figures only"]
    if len(machines) == 1:
        facts.append(f"{machines[0]}{f', {threads[0]} thread' + 's' * (threads[0] > 1) if len(threads) == 1 else ''}")
    elif machines:
        facts.append(f"speeds from {len(machines)} machines: compare them with care")
    if digest:
        facts.append(f"SHA-256 {digest[:16]}…")
    if part.older:
        facts.append(f"{_count(part.older, 'older run')} left out")
    return f'<p class="facts">{" · ".join(map(escaped, facts))}</p>'


def _policies(part: Slice) -> str:
    """What the policy marks stand for; nothing where all rows agree."""
    if len(part.policies) < 2:
        return ""
    texts: dict[str, str] = {}
    for row in part.measured:
        mark = part.policies[row.fields.maybe_text("policy_hash") or ""]
        texts.setdefault(mark, "; ".join(map(policy_text, row.fields.items("model.policies"))) or "not recorded")
    items = "".join(f"<dt>{mark}</dt><dd>{escaped(texts[mark])}</dd>" for mark in part.policies.values())
    return (
        '<details class="note policies"><summary>Context policies differ: rows tagged “policy B” and on were coded '
        f"under another one than the rest (A)</summary><dl>{items}</dl></details>"
    )
