"""Lossless bytes <-> symbols, whatever the tokenizer.

`Tokens.encode` turns a block into `Symbols`: token ids, and the spans of raw bytes that lie between them because the
tokenizer would not have given them back (invalid UTF-8, text that it normalises, the name of a special token).
`Tokens.decode` returns the block, byte for byte. Every tokenisation is decoded before it is believed.
"""

from mdlbench.tokens.base import ByteTokens, Symbols, Tokens
from mdlbench.tokens.huggingface import HuggingFaceTokens
from mdlbench.tokens.symbols import SymbolTokens

__all__ = ["ByteTokens", "HuggingFaceTokens", "SymbolTokens", "Symbols", "Tokens"]
