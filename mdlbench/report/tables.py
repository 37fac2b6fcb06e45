"""The leaderboard's tables as HTML: they are whole without any script, which only adds sorting, filters and details."""

from mdlbench.report.page import escaped
from mdlbench.report.rows import PARTS, Row, Slice

COLUMNS = (  # name, what the header's tooltip says, whether it is a number
    ("#", "Rank by bits per byte among the rows measured here", True),
    ("Model", "Model spec", False),
    ("Bytes", "Size of the container, decoded to the same bytes in a fresh process", True),
    ("Bits per byte", "Eight times the container's bytes, over the bytes of the original", True),
    ("Ratio", "Original over container", True),
    ("Encode", "Original bytes per second of coding, once the model is ready (median)", True),
    ("Decode", "Original bytes per second of decoding, once the model is ready (median)", True),
    ("Memory", "Largest peak memory of encoding and decoding", True),
    ("Adjusted", "Container + code + weights as shipped, in bytes", True),
    ("Decodes", "exact: on any machine; environment: under the same software and kind of device", False),
)
NONE = "–"
_LONGEST_VERSION = 26


def in_units(value: float | None, units: tuple[str, ...] = ("B", "kB", "MB", "GB", "TB")) -> str:
    """A number of bytes to three digits: 1.23 MB."""
    if value is None:
        return NONE
    step = 0
    while value >= 999.5 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    return f"{value:.3g} {units[step]}"


def speed(value: float | None) -> str:
    """Bytes per second to three digits."""
    return NONE if value is None else f"{in_units(value)}/s"


def board(part: Slice, name: str) -> str:
    """The table of a slice; rows are numbered as in `Slice.rows`."""
    heads = "".join(
        f'<th scope="col" class="{"number" if numeric else "text"}" title="{escaped(tip)}"'
        f"{' aria-sort=ascending' if title == 'Bits per byte' else ''}>{title}</th>"
        for title, tip, numeric in COLUMNS
    )
    worst = max((row.bits_per_byte or 0 for row in part.rows), default=0) or 1
    measured = "".join(_row(row, part, i, worst) for i, row in enumerate(part.measured))
    published = "".join(_row(row, part, len(part.measured) + i, worst) for i, row in enumerate(part.published))
    if published:
        said = "Published by others, not measured here"
        head = f'<tr class="divider"><th scope="rowgroup" colspan="{len(COLUMNS)}">{said}</th></tr>'
        published = f'<tbody class="published">{head}{published}</tbody>'
    return (
        f'<div class="table-box" role="region" tabindex="0" aria-labelledby="{name}-caption">'
        f'<table class="board"><caption id="{name}-caption">{escaped(part.title)}: the leaderboard</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody class=measured>{measured}</tbody>{published}</table></div>"
    )


def _row(row: Row, part: Slice, number: int, worst: float) -> str:
    f = row.fields
    peaks = [p for p in (f.maybe_number("encode.peak_bytes"), f.maybe_number("decode.peak_bytes")) if p is not None]
    size, bpb, ratio = f.maybe_number("container_bytes"), row.bits_per_byte, f.maybe_number("ratio")
    encode, decode = f.maybe_number("encode.bytes_per_second"), f.maybe_number("decode.bytes_per_second")
    adjusted, peak = f.maybe_number("adjusted.total"), max(peaks, default=None)
    bar = f'<meter max="{worst:.4f}" value="{bpb:.4f}" aria-hidden="true"></meter>' if bpb is not None else ""
    cells = [
        _cell(None if row.published else number + 1, NONE if row.published else str(number + 1), "rank"),
        f'<th scope="row" class="model"><span class="name">{escaped(row.spec)}</span>{_tags(row, part)}</th>',
        _cell(size, NONE if size is None else f"{size:,.0f}"),
        _cell(bpb, (NONE if bpb is None else f"{bpb:.4f}") + bar, "rate"),
        _cell(ratio, NONE if ratio is None else f"{ratio:.3f}"),
        _cell(encode, speed(encode)),
        _cell(decode, speed(decode)),
        _cell(peak, in_units(peak)),
        _cell(adjusted, NONE if adjusted is None else f"{adjusted:,.0f}"),
        f'<td class="text">{escaped(f.maybe_text("model.portability") or NONE)}</td>',
    ]
    return f'<tr data-row="{number}">{"".join(cells)}</tr>'


def _cell(value: float | None, text: str, kind: str = "") -> str:
    """`text` is markup of our own making."""
    return f'<td class="number {kind}"{"" if value is None else f" data-value={value!r}"}>{text}</td>'


def _tags(row: Row, part: Slice) -> str:
    version, mark = row.fields.maybe_text("model.version"), row.fields.maybe_text("mark")
    policy = part.policies.get(row.fields.maybe_text("policy_hash") or "", "A")
    known = [
        ("", version and (version if len(version) <= _LONGEST_VERSION else version[:_LONGEST_VERSION] + "…"), version),
        ("", "baseline" if row.fields.true("baseline") else None, "added by --baselines"),
        ("", f"policy {policy}" if policy != "A" and not row.published else None, "another context policy than most rows here"),
        (
            "bad",
            "seen in training?" if row.fields.maybe_text("contamination") else None,
            row.fields.maybe_text("contamination"),
        ),
        ("", row.fields.maybe_text("source") if row.published else None, mark),
        ("", mark if row.published else None, None),
    ]
    tags = [
        f'<span class="tag {kind}"{f" title={chr(34)}{escaped(tip)}{chr(34)}" if tip else ""}>{escaped(text)}</span>'
        for kind, text, tip in known
        if text
    ]
    return f'<span class="tags">{"".join(tags)}</span>' if tags else ""


def ledger_table(part: Slice, name: str) -> str:
    """Every part of every container, in bytes; the code lengths among them with one decimal."""
    shown = [(i, row, row.parts) for i, row in enumerate(part.measured) if row.parts]
    heads = "".join(f'<th scope="col" class="number">{title}</th>' for title in PARTS.values())
    body = "".join(
        f'<tr data-row="{i}"><th scope="row" class="model">{escaped(row.spec)}</th>'
        + "".join(_cell(None, _bytes(key, parts.get(key))) for key in PARTS)
        + _cell(None, f"{row.fields.number('container_bytes'):,.0f}")
        + "</tr>"
        for i, row, parts in shown
        if parts is not None
    )
    return (
        f'<div class="table-box" role="region" tabindex="0" aria-labelledby="{name}-ledger"><table><caption id="{name}-ledger">'
        "Where every byte of the containers went, in bytes</caption>"
        f'<thead><tr><th scope="col" class="text">Model</th>{heads}<th scope="col" class="number">container</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _bytes(part: str, value: float | None) -> str:
    if value is None or (part == "payloads" and not value):
        return NONE
    return f"{value:,.1f}" if part in ("ideal", "quantisation", "coder") else f"{value:,.0f}"
