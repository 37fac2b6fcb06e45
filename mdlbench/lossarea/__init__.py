"""Areas under training loss curves: the sum of loss x tokens of one pass is the length of a code for the training data.

    formats.py    what a file is, by its content          events.py, tables.py   readers: a file -> columns of numbers
    columns.py    which column is the loss, the step      curve.py               Curve: losses in bits, tokens of each row
    reading.py    a file -> curves                        integration.py         the sum, and the interval that gaps leave
    checks.py     what is wrong with a curve              crossing.py            where one curve passes another
    fits.py       L = E + (T/T0)^-b, and what follows     chinchilla.py          published L(N, D), closed forms
    studies.py    curves -> a result                      llama.py               the "about 14x", recomputed

Source of the idea: J. Rae, "Compression for AGI", Stanford MLSys #76 (2023); A. P. Dawid's prequential code (1984).
"""

# ruff: noqa: F401 - the first list is for type checkers, the second for Python
from typing import TYPE_CHECKING

from mdlbench.lazy import front_door

if TYPE_CHECKING:
    from mdlbench.lossarea.checks import check
    from mdlbench.lossarea.curve import Curve
    from mdlbench.lossarea.fits import fit
    from mdlbench.lossarea.integration import Area, area
    from mdlbench.lossarea.reading import read_curves, read_log
    from mdlbench.lossarea.studies import study

__all__, __getattr__ = front_door(
    __name__,
    {
        "integration": ("Area", "area"),
        "checks": ("check",),
        "curve": ("Curve",),
        "fits": ("fit",),
        "reading": ("read_curves", "read_log"),
        "studies": ("study",),
    },
)
