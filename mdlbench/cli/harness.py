"""`mdlbench eval --compat lm-eval`: tables of the harness's figures and of what lies between them and the code length."""

from tabulate import tabulate

from mdlbench.evaluation.lm_eval import Comparison
from mdlbench.units import bits_per_byte


def comparison_text(comparison: Comparison, ideal_bits: float) -> str:
    """Both tables, and notes."""
    figures = comparison.to_json()
    shown = [(name, figures[name]) for name in ("word_perplexity", "byte_perplexity", "bits_per_byte")]
    metrics = tabulate(
        [[name, "–" if value is None else f"{value:.6g}"] for name, value in shown],
        [f"lm-eval, {comparison.tokens:,} tokens", ""], colalign=("left", "right"), disable_numparse=True,
    )  # fmt: skip
    n_bytes = comparison.n_bytes
    rows = [["lm-eval: loglikelihood_rolling", *_cells(comparison.bits, n_bytes, "")]]
    rows += [[line.what, *_cells(line.bits, n_bytes, "+")] for line in comparison.lines]
    rows.append(["mdlbench: ideal code length", *_cells(ideal_bits, n_bytes, "")])
    gap = tabulate(rows, ["", "bits", "bits per byte"], colalign=("left", "right", "right"), disable_numparse=True)
    closing = f"both over {n_bytes:,} bytes; a file adds integer counts, coder and headers: mdlbench compress -v"
    return "\n".join([metrics, "", gap, *comparison.notes, closing])


def _cells(bits: float, n_bytes: int, sign: str) -> list[str]:
    rate = bits_per_byte(bits, n_bytes)
    if sign and abs(bits) < 0.005:
        return ["0.00", "0.00000"]
    return [f"{bits:{sign},.2f}", "–" if rate is None else f"{rate:{sign}.5f}"]
