"""Code length without coding: of a file, of each of its symbols, and beside lm-evaluation-harness."""

from mdlbench.evaluation.by_file import Evaluation, Observed, byte_bits, code_length, evaluate
from mdlbench.evaluation.by_symbol import SymbolBits, symbol_costs

__all__ = ["Evaluation", "Observed", "SymbolBits", "byte_bits", "code_length", "evaluate", "symbol_costs"]
