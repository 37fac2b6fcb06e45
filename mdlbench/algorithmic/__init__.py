"""Sequences that a short program writes: how much of their shortness models find, and whether a sentence tells it to them.

catalogue.py   which sequences, in which encoding, in which words      references.py   each by a second algorithm
programs/      a stand-alone program for each, packed into a file that is run: program.py
measuring.py   every model's code length against that file              describing.py   a network with and without the sentence
result.py      the records of kinds algorithmic and algorithmic-description      exhibits.py   what to show of them
"""

from mdlbench.algorithmic.catalogue import SEQUENCES, Sequence, find
from mdlbench.algorithmic.program import pack, unpack

__all__ = ["SEQUENCES", "Sequence", "find", "pack", "unpack"]
