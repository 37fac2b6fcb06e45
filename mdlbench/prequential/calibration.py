"""Forward calibration: one temperature for all classes, learnt only from what is coded already.

Source: J. Bornschein, Y. Li & M. Hutter, "Sequential learning of neural networks for prequential MDL", ICLR 2023 (arXiv
2210.07931). p(c) is proportional to p0(c)^beta; after each example log beta goes down the gradient of its code length. The
decoder does the same, so nothing is sent. Here the learner itself never sees beta.
"""

import numpy as np

from mdlbench.units import bits_to_nats

RATE = 0.02  # of log beta, per nat


def plain_bits(log2_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each example, float64 (n,), as the learner predicts it."""
    return -log2_probabilities[np.arange(len(labels)), labels]


def forward_bits(log2_probabilities: np.ndarray, labels: np.ndarray, rate: float = RATE) -> np.ndarray:
    """Of each example, float64 (n,), under a temperature learnt from those before it.

    Args:
        log2_probabilities: float64 (n, classes), in the order in which examples are coded.
        labels: int (n,).
    """
    found, log_beta = np.empty(len(labels)), 0.0
    for place, (logs, label) in enumerate(zip(log2_probabilities, labels, strict=True)):
        scaled = np.exp(log_beta) * logs
        scaled -= scaled.max()
        powers = np.exp2(scaled)
        total = powers.sum()
        found[place] = np.log2(total) - scaled[label]
        slope = bits_to_nats((powers @ scaled) / total - scaled[label])  # of the code length in log beta, in nats
        log_beta -= rate * float(np.clip(slope, -1.0, 1.0))
    return found


CALIBRATIONS = {"forward": forward_bits, "none": plain_bits}
