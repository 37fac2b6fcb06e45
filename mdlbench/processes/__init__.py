"""Sources whose entropy rate is known: hidden Markov models and generalised ones, and what can be computed of them exactly.

    names.py      from a name to a process            entropy.py       the entropy rate between two bounds
    zoo.py        the table of named ones             words.py         block and myopic entropies
    generalised.py, compose.py, files.py              mixed_states.py  beliefs that can be reached, merged
    base.py       Process: matrices and what          information.py   excess entropy, complexity, crypticity, ...
                  follows from them alone             dimension.py     of the set of beliefs
    belief.py, generator.py, kernel.py: filter and draw, compiled

Source of the ideas: J. Crutchfield & K. Young, Phys. Rev. Lett. 63 (1989); A. Shai et al., arXiv:2405.15943 (2024).
"""

from mdlbench.processes.base import Composition, Process, ProcessError
from mdlbench.processes.names import find
from mdlbench.processes.zoo import ZOO

__all__ = ["ZOO", "Composition", "Process", "ProcessError", "find"]
