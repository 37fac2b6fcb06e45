"""Prequential codes: what learning costs, in bits. Each example is coded by what was learnt before it, and then learnt.

    examples.py       features and labels: digits, FILE.npz, hfds:       schedules.py   where blocks end
    learners.py       the catalogue of what learns labels                network.py     softmax networks, in numpy
    blockwise.py      coded block by block, retrained or warm-started    online.py      batch by batch, with replay streams
    calibration.py    a temperature, learnt forward only                 mixtures.py    Bayes, fixed share: selector charged
    twopart.py        weights at a precision + data given them           variational.py a posterior over weights, KL + data
    account.py        excess, areas and final losses, by their anchor    choices.py     what was picked by looking: its price
    coding.py         code_labels: one order of the examples             study.py       every seed, every null: the results
    store.py          finished pieces on disk, so that a run goes on     text*.py       the same for the bytes of a file
    result.py, exhibits.py, tables.py, pictures.py                       what is kept and shown
    probing/         labels of a text's tokens, given a model's activations, layer by layer

The public functions take plain arrays:

    code_labels(features, labels, learner="logistic", settings=Settings(), *, seed=0, classes=None, store=None) -> Coded
        features    float (n, d), in the order in which they are coded;  labels  int (n,), 0 .. classes - 1
        learner     a spec of `LEARNERS`, such as "mlp,width=64"
        settings    Settings(mode="blockwise"|"online", schedule=VOITA_TITOV, warm=False, batch=16, replay=None,
                    calibration="forward"|"none")
        Coded       bits float64 (n,), one per example, first pass; log2_probabilities (n, classes); steps (n_steps,) where each
                    step ends; visited, how many examples training saw in all; total, the sum of bits
    variational_code(features, labels, learner, *, seed=0, classes=None) -> VariationalCode(kl_bits, data_bits, ...)
    two_part_code(features, labels, learner, *, seed=0, classes=None) -> TwoPartCode(weight_bits, data_bits, ...)
    permuted(n, seed) -> int (n,), the order of the examples of a seed;  random_labels(labels, seed) -> the control's labels
    measure_labels(Examples(name, features, labels, classes), learners, Study(settings, seeds, ...)) -> list of `Prequential`

Example:
    >>> import numpy as np
    >>> from mdlbench.prequential import Settings, code_labels
    >>> code = code_labels(np.zeros((8, 1)), np.array([0, 1, 0, 0, 1, 0, 0, 0]), "kt", Settings(schedule="every"))
    >>> round(code.total, 3)
    8.371
"""

from mdlbench.prequential.coding import Coded, Settings, code_labels, permuted, random_labels
from mdlbench.prequential.learners import LEARNERS
from mdlbench.prequential.schedules import VOITA_TITOV
from mdlbench.prequential.study import measure_labels
from mdlbench.prequential.twopart import TwoPartCode, two_part_code
from mdlbench.prequential.variational import VariationalCode, variational_code

__all__ = [
    "LEARNERS",
    "VOITA_TITOV",
    "Coded",
    "Settings",
    "TwoPartCode",
    "VariationalCode",
    "code_labels",
    "measure_labels",
    "permuted",
    "random_labels",
    "two_part_code",
    "variational_code",
]
