"""The variational code: KL(posterior, prior) bits for weights known no better than the posterior, then the expected data bits.

Sources: G. Hinton & D. van Camp, "Keeping neural networks simple", COLT 1993; A. Honkela & H. Valpola, "Variational learning
and bits-back coding", IEEE Trans. Neural Networks 15 (2004); A. Graves 2011; Blier & Ollivier 2018, section 3.2.
The posterior is a normal distribution for each weight by itself, trained with local reparameterisation (Kingma, Salimans &
Welling 2015). Ideal: the file that has this length needs the bits that bits-back gets back, and something to put into them.
"""

from dataclasses import dataclass

import numpy as np

from mdlbench.prequential.examples import checked
from mdlbench.prequential.learners import Logistic, parse_learner
from mdlbench.prequential.network import Adam, layer_views, log_softmax, shapes_of
from mdlbench.prequential.store import Arrays, NoStore, Store, digest_of
from mdlbench.units import nats_to_bits

EPOCHS, BATCH, RATE = 100, 64, 0.01
SAMPLES = 32
_FIRST_DEVIATION = 0.05


@dataclass(frozen=True)
class VariationalCode:
    """The parts of a variational code, in bits.

    Attributes:
        kl_bits: from the prior, N(0, prior^2) for each weight, to the posterior.
        data_bits: of the labels, in expectation over the posterior; `standard_error` of that mean over `samples`.
        prior: standard deviation, the learner's own.
        visited: examples that training saw.
    """

    kl_bits: float
    data_bits: float
    standard_error: float
    samples: int
    prior: float
    visited: int

    @property
    def total(self) -> float:
        """The code length, in bits."""
        return self.kl_bits + self.data_bits


def variational_code(
    features: np.ndarray,
    labels: np.ndarray,
    learner: str,
    *,
    seed: int = 0,
    classes: int | None = None,
    store: Store | None = None,
    epochs: int = EPOCHS,
) -> VariationalCode | None:
    """Train a posterior over a network's weights on all examples; None for a learner that is no network.

    Args:
        features, labels, classes: as `code_labels` takes them.
        epochs: passes over them.
    """
    features, labels, classes = checked(features, labels, classes)
    cls, options = parse_learner(learner)
    if not issubclass(cls, Logistic):
        return None
    sizes = (features.shape[1], *cls.hidden(options), classes)

    def compute() -> Arrays:
        posterior = Posterior(sizes, options.prior, np.random.default_rng([seed, 7]))
        visited = posterior.fit(features, labels, epochs)
        data = [posterior.data_bits(features, labels) for _ in range(SAMPLES)]
        return {"kl": np.array(posterior.kl_bits()), "data": np.array(data), "visited": np.array(visited)}

    key = {"what": "variational", "data": digest_of(features, labels), "sizes": sizes, "prior": options.prior}
    found = (store or NoStore()).piece({**key, "seed": seed, "epochs": epochs, "samples": SAMPLES}, compute)
    error = float(found["data"].std(ddof=1) / np.sqrt(SAMPLES))
    means = float(found["kl"]), float(found["data"].mean())
    return VariationalCode(*means, error, SAMPLES, options.prior, int(found["visited"]))


class Posterior:
    """A mean and the logarithm of a standard deviation for each weight of a softmax network, in one vector."""

    def __init__(self, sizes: tuple[int, ...], prior: float, rng: np.random.Generator) -> None:
        shapes = shapes_of(sizes)
        k = sum((into + 1) * out for into, out in shapes)
        self._prior, self._rng, self._k = prior, rng, k
        self._values, self._gradient = np.zeros(2 * k), np.zeros(2 * k)
        self._values[k:] = np.log(_FIRST_DEVIATION)
        self._means, self._mean_gradients = (layer_views(vector[:k], shapes) for vector in (self._values, self._gradient))
        self._variances = np.zeros(k)
        self._variance_layers = layer_views(self._variances, shapes)
        self._variance_gradient = np.zeros(k)
        self._variance_gradients = layer_views(self._variance_gradient, shapes)
        for matrix, _ in self._means[:-1]:
            matrix[:] = rng.standard_normal(matrix.shape) * np.sqrt(2 / matrix.shape[0])
        self._adam = Adam(2 * k)

    def fit(self, features: np.ndarray, labels: np.ndarray, epochs: int) -> int:
        """Minimise data bits + KL by Adam, the learning rate falling linearly to nothing; how many examples it saw."""
        n = len(labels)
        steps, done = epochs * -(-n // BATCH), 0
        for _ in range(epochs):
            order = self._rng.permutation(n)
            for start in range(0, n, BATCH):
                chosen = order[start : start + BATCH]
                self._step(features[chosen], labels[chosen], n, RATE * (1 - done / steps))
                done += 1
        return n * epochs

    def kl_bits(self) -> float:
        """KL(posterior, prior)."""
        means, logs = self._values[: self._k], self._values[self._k :]
        parts = np.log(self._prior) - logs + (np.exp(2 * logs) + means**2) / (2 * self._prior**2) - 0.5
        return nats_to_bits(float(parts.sum()))

    def data_bits(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Of all labels, each under weights of its own drawn from the posterior."""
        logits = self._forward(features)[0][-1]
        return -nats_to_bits(float(log_softmax(logits)[np.arange(len(labels)), labels].sum()))

    def _forward(self, features: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The input of each layer and the logits; and for each layer noise over deviation, for its variance's gradient."""
        np.exp(2 * self._values[self._k :], out=self._variances)
        values, pulls = [features], []
        for place, ((matrix, bias), (spread, bias_spread)) in enumerate(zip(self._means, self._variance_layers, strict=True)):
            deviation = np.sqrt(values[-1] ** 2 @ spread + bias_spread)
            noise = self._rng.standard_normal(deviation.shape)
            out = values[-1] @ matrix + bias + deviation * noise
            pulls.append(noise / (2 * deviation))
            values.append(np.maximum(out, 0.0) if place + 1 < len(self._means) else out)
        return values, pulls

    def _step(self, features: np.ndarray, labels: np.ndarray, n: int, rate: float) -> None:
        values, pulls = self._forward(features)
        delta = np.exp(log_softmax(values[-1]))
        delta[np.arange(len(labels)), labels] -= 1.0
        delta /= len(labels)
        for place in reversed(range(len(self._means))):
            spread = delta * pulls[place]
            self._mean_gradients[place][0][:] = values[place].T @ delta
            self._mean_gradients[place][1][:] = delta.sum(axis=0)
            self._variance_gradients[place][0][:] = (values[place] ** 2).T @ spread
            self._variance_gradients[place][1][:] = spread.sum(axis=0)
            if place:
                back = delta @ self._means[place][0].T + 2 * values[place] * (spread @ self._variance_layers[place][0].T)
                delta = back * (values[place] > 0)
        k, share = self._k, 1 / (self._prior**2 * n)
        self._gradient[:k] += share * self._values[:k]
        self._gradient[k:] = 2 * self._variances * self._variance_gradient + share * self._variances - 1 / n
        self._adam.descend(self._values, self._gradient, rate)
