"""A file's symbols with what they cost, as a text to be coloured."""

from collections.abc import Sequence

from mdlbench.evaluation.by_file import Evaluation
from mdlbench.evaluation.by_symbol import SymbolBits
from mdlbench.result.coloured import ColouredText
from mdlbench.result.exhibits import Measure


def coloured_text(
    name: str, symbols: Sequence[SymbolBits], found: Evaluation, cut: str | None = None, note: str = ""
) -> ColouredText:
    """What a page shows of a file.

    Args:
        symbols: in the order of the file, without gaps; `found` is their evaluation.
        cut: what part of it they are, such as "first 1,000 bytes"; None for all of it.
        note: why there are no alternatives, or "".
    """
    values = found.result(name)
    facts = (
        ("bits per byte", Measure("", form="fixed", digits=4).text(values.ideal_bits_per_byte)),
        ("model", found.model),
        ("bytes", f"{found.input_bytes:,}"),
        ("symbols", f"{found.symbols:,}"),
        ("ideal code length", f"{found.ideal_bits:,.0f} bits"),
        ("perplexity per symbol", Measure("", form="fixed", digits=2).text(values.symbol_perplexity)),
    )
    notice = f"A part: {cut}. All figures are of this part." if cut else ""
    return ColouredText(name, found.model, facts, symbols, notice, note)
