"""A file's symbols with what they cost, as a text to be coloured."""

from collections.abc import Sequence

from mdlbench.evaluation.by_file import Evaluation
from mdlbench.evaluation.by_symbol import SymbolBits
from mdlbench.result.exhibits import ColouredText, Measure
from mdlbench.text import counted


def coloured_text(
    name: str, symbols: Sequence[SymbolBits], found: Evaluation, total_bytes: int | None, note: str = ""
) -> ColouredText:
    """What a page shows of a file.

    Args:
        symbols: in the order of the file, without gaps; `found` is their evaluation.
        total_bytes: size of the file, None if unknown; the symbols may cover less of it.
        note: why there are no alternatives, or "".
    """
    shown = found.input_bytes
    whole = "a longer stream" if total_bytes is None else counted(total_bytes, "byte")
    values = found.result(name)
    facts = (
        ("bits per byte", Measure("", form="fixed", digits=4).text(values.ideal_bits_per_byte)),
        ("model", found.model),
        ("bytes", f"{shown:,}"),
        ("symbols", f"{found.symbols:,}"),
        ("ideal code length", f"{found.ideal_bits:,.0f} bits"),
        ("perplexity per symbol", Measure("", form="fixed", digits=2).text(values.symbol_perplexity)),
    )
    notice = "" if total_bytes == shown else f"The first {shown:,} bytes of {whole}. All figures are of this part."
    return ColouredText(name, found.model, facts, symbols, notice, note)
