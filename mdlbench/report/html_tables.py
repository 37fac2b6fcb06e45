"""Numbers and tables of the page's written-out parts; everything from results escaped."""

from collections.abc import Iterable, Sequence

from mdlbench.report.page import escaped

NONE = "–"


def mean(numbers: Iterable[float | None]) -> float:
    """Of those that are known; NaN where none is."""
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else float("nan")


def number_text(value: float | None, digits: int = 4) -> str:
    """A number with so many decimals, or a dash."""
    return NONE if value is None or value != value else f"{value:.{digits}f}".replace("-", "−")


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names its rows, the others numbers."""
    head = "".join(f'<th scope="col"{" class=number" if at else ""}>{escaped(text)}</th>' for at, text in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row">{escaped(first)}</th>{"".join(f"<td class=number>{escaped(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="table-box" role="region" tabindex="0" aria-label="{escaped(caption)}"><table>'
        f"<caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
