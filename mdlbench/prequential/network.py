"""A softmax network over features, with rectified hidden layers or none (logistic regression), trained by Adam; in numpy.

All weights are one float64 vector and the matrices are views of it, so a step of the optimiser is a few operations on a vector:
at the size of a probe that is several times as fast as a framework, and the same on every machine but for the order of sums.
The read-out begins at zero, so an untrained network predicts the uniform distribution exactly.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mdlbench.units import nats_to_bits

_BETAS, _SMALL = (0.9, 0.99), 1e-8


class Adam:
    """The state of D. Kingma & J. Ba, "Adam", ICLR 2015, over a vector of n numbers."""

    def __init__(self, n: int) -> None:
        self._first, self._second, self._steps = np.zeros(n), np.zeros(n), 0

    def descend(self, values: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """One step, in place."""
        self._steps += 1
        self._first += (1 - _BETAS[0]) * (gradient - self._first)
        self._second += (1 - _BETAS[1]) * (gradient * gradient - self._second)
        first, second = (1 - beta**self._steps for beta in _BETAS)
        values -= rate / first * self._first / (np.sqrt(self._second / second) + _SMALL)


class Network:
    """Layers of `sizes[0]` features, hidden units and `sizes[-1]` classes.

    Attributes:
        weights: all of them, float64 (k,); `layers` are (matrix, bias) views of it.
    """

    def __init__(self, sizes: Sequence[int], rng: np.random.Generator) -> None:
        shapes = shapes_of(sizes)
        self.weights = np.zeros(sum((into + 1) * out for into, out in shapes))
        self.layers = layer_views(self.weights, shapes)
        for matrix, _ in self.layers[:-1]:
            matrix[:] = rng.standard_normal(matrix.shape) * np.sqrt(2 / matrix.shape[0])  # K. He et al. 2015
        self._gradient = np.zeros_like(self.weights)
        self._gradients = layer_views(self._gradient, shapes)
        self.forget()

    def forget(self) -> None:
        """Begin the optimiser anew; the weights stay."""
        self._adam = Adam(len(self.weights))

    def log2_probabilities(self, features: np.ndarray) -> np.ndarray:
        """Of each class, float64 (n, classes)."""
        return nats_to_bits(1.0) * log_softmax(self._forward(features)[-1])

    def step(self, features: np.ndarray, labels: np.ndarray, rate: float, decay: float = 0.0) -> None:
        """One step of Adam on the mean loss of a batch plus decay / 2 times the squared weights: a Gaussian prior's share."""
        values = self._forward(features)
        delta = np.exp(log_softmax(values[-1]))
        delta[np.arange(len(labels)), labels] -= 1.0
        delta /= len(labels)
        for place in reversed(range(len(self.layers))):
            gradient, bias = self._gradients[place]
            np.matmul(values[place].T, delta, out=gradient)
            delta.sum(axis=0, out=bias)
            if place:
                delta = (delta @ self.layers[place][0].T) * (values[place] > 0)
        gradient = self._gradient + decay * self.weights if decay else self._gradient
        self._adam.descend(self.weights, gradient, rate)

    def _forward(self, features: np.ndarray) -> list[np.ndarray]:
        """The input of each layer, and the logits."""
        values = [features]
        for place, (matrix, bias) in enumerate(self.layers):
            out = values[-1] @ matrix + bias
            values.append(np.maximum(out, 0.0) if place + 1 < len(self.layers) else out)
        return values


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural logarithms of probabilities, row by row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def shapes_of(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Of each layer's matrix."""
    return list(pairwise(sizes))


def layer_views(vector: np.ndarray, shapes: Sequence[tuple[int, int]]) -> list[tuple[np.ndarray, np.ndarray]]:
    """(matrix, bias) of each layer, as views of one vector."""
    views, start = [], 0
    for into, out in shapes:
        middle, end = start + into * out, start + (into + 1) * out
        views.append((vector[start:middle].reshape(into, out), vector[middle:end]))
        start = end
    return views
