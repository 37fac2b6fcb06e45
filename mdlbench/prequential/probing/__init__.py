"""Probing by description length: what labels of tokens cost, given a model's activations, layer by layer.

labels.py        what is asked, and the control task         activations.py   hidden states at the tokens of a text
reading.py       a model and a text -> both networks' activations
study.py         every label, learner, layer, seed and null: the results
result.py, exhibits.py, pictures.py                          what is kept and shown

read_model("hf:./gpt2", "book.txt", data, examples=1000, layers=None) -> Probed
all_labelled(probed.tokenised, names) -> the tokens that have each label, and why other labels are left out
measure_probes(probed, labels, learners, Study(settings, seeds, ...)) -> list of `Probe`
"""

from mdlbench.prequential.probing.labels import LABELS, control_labels, label_bytes
from mdlbench.prequential.probing.reading import read_model
from mdlbench.prequential.probing.study import Probed, all_labelled, measure_probes

__all__ = ["LABELS", "Probed", "all_labelled", "control_labels", "label_bytes", "measure_probes", "read_model"]
