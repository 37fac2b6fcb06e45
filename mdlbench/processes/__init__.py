"""Sources whose entropy rate is known: hidden Markov models and generalised ones, and what can be computed of them exactly.

    finding.py    from a name to a process            entropy.py       the entropy rate between two bounds
    compose.py, files.py, names.py                    words.py         block and myopic entropies
    zoo.py        the table of named ones             mixed_states.py  beliefs that can be reached, merged
    base.py       Process: matrices and what          information.py   excess entropy, complexity, crypticity, ...
                  follows from them                   dimension.py     of the set of beliefs
    linear.py, numbers.py: exact and bounded         settling.py      what a finite chain adds up to, in fractions
    belief.py, generator.py, kernel.py: filter and draw, compiled; they know only arrays

A module imports what stands below it on its side; the right side stands above the left.

Source of the ideas: J. Crutchfield & K. Young, Phys. Rev. Lett. 63 (1989); A. Shai et al., arXiv:2405.15943 (2024).
"""

from mdlbench.processes.base import Composition, Process, ProcessError
from mdlbench.processes.finding import find
from mdlbench.processes.zoo import ZOO

__all__ = ["ZOO", "Composition", "Process", "ProcessError", "find"]
