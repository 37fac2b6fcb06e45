"""What learns labels: a catalogue of learners by name, each built from its spec, `name[,key=value]...`.

A learner predicts, and learns in three ways: `fit` (all examples so far, as often as its recipe says), `learn` (new ones, once)
and `replay` (old ones, once more). No recipe looks at examples that are not coded yet: there is no early stopping.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, ClassVar

import numpy as np

from mdlbench.errors import SpecError
from mdlbench.models.spec import format_spec, option, parse_options, split_spec
from mdlbench.prequential.network import Network


@dataclass(frozen=True)
class Shape:
    """How many features an example has, and how many classes there are."""

    features: int
    classes: int


class Learner(ABC):
    """One learner in some state; `visited` counts the examples that its training has seen, each time again.

    Class attributes:
        name: the first word of its spec.
        Options: a frozen dataclass of `spec.option` fields.
        epochs: passes of `fit` over its examples; so many replays in step with new examples are equal compute.
        has_temperature: whether forward calibration has anything to mend.
    """

    name: ClassVar[str]
    Options: ClassVar[type]
    epochs: int = 1
    has_temperature: ClassVar[bool] = True

    def __init__(self, options: Any, shape: Shape, rng: np.random.Generator) -> None:
        self.options, self.shape, self.rng, self.visited = options, shape, rng, 0

    @property
    def weights(self) -> list[np.ndarray]:
        """Arrays of numbers that a two-part code sends, a layer each; none for what is not sent that way."""
        return []

    @abstractmethod
    def log2_probabilities(self, features: np.ndarray) -> np.ndarray:
        """Of each class, float64 (n, classes)."""

    @abstractmethod
    def fit(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Learn these examples, which are all so far, going on from the present state."""

    @abstractmethod
    def learn(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Learn a batch of new examples."""

    @abstractmethod
    def replay(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Learn a batch of old examples once more."""


@dataclass(frozen=True)
class NoOptions:
    """For learners that have none."""


@dataclass(frozen=True)
class DirichletOptions:
    """Options of `dirichlet`."""

    alpha: float = option(1.0, "count given to every class in advance")

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise ValueError(f"alpha is {self.alpha:g}; it is a positive number")


class Dirichlet(Learner):
    """Classes by their counts, features unseen: p(c) = (n_c + alpha) / (n + classes alpha); what features must beat."""

    name = "dirichlet"
    Options: ClassVar[type] = DirichletOptions
    has_temperature = False
    alpha = property(lambda self: self.options.alpha)

    def __init__(self, options: Any, shape: Shape, rng: np.random.Generator) -> None:
        super().__init__(options, shape, rng)
        self._counts = np.zeros(shape.classes)

    def log2_probabilities(self, features: np.ndarray) -> np.ndarray:
        counts = self._counts + self.alpha
        return np.tile(np.log2(counts / counts.sum()), (len(features), 1))

    def fit(self, features: np.ndarray, labels: np.ndarray) -> None:
        self._counts[:] = 0
        self.learn(features, labels)

    def learn(self, features: np.ndarray, labels: np.ndarray) -> None:
        self._counts += np.bincount(labels, minlength=self.shape.classes)
        self.visited += len(labels)

    def replay(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Nothing: an example counts once."""


class KrichevskyTrofimov(Dirichlet):
    """`dirichlet` with alpha = 1/2 (R. Krichevsky & V. Trofimov 1981)."""

    name = "kt"
    Options = NoOptions
    alpha = property(lambda self: 0.5)


@dataclass(frozen=True)
class LogisticOptions:
    """Options of `logistic`."""

    epochs: int = option(40, "passes over the examples so far, each time that it is fitted")
    rate: float = option(0.01, "learning rate of Adam")
    batch: int = option(32, "examples a step")
    prior: float = option(0.5, "standard deviation of the Gaussian prior on weights")

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1:
            raise ValueError(f"epochs is {self.epochs} and batch {self.batch}; both are at least 1")
        if not self.rate > 0 or not self.prior > 0:
            raise ValueError(f"rate is {self.rate:g} and prior {self.prior:g}; both are positive numbers")


@dataclass(frozen=True)
class PerceptronOptions(LogisticOptions):
    """Options of `mlp`."""

    rate: float = option(0.003, "learning rate of Adam")
    width: int = option(64, "units of each hidden layer")
    layers: int = option(1, "hidden layers")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width < 1 or self.layers < 1:
            raise ValueError(f"width is {self.width} and layers {self.layers}; both are at least 1")


class Logistic(Learner):
    """Multinomial logistic regression under a Gaussian prior, by Adam: its maximum a posteriori, nearly."""

    name = "logistic"
    Options = LogisticOptions

    def __init__(self, options: Any, shape: Shape, rng: np.random.Generator) -> None:
        super().__init__(options, shape, rng)
        self.epochs = options.epochs
        self._network = Network((shape.features, *self.hidden(options), shape.classes), rng)
        self._new = 0

    @staticmethod
    def hidden(options: Any) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return ()

    @property
    def weights(self) -> list[np.ndarray]:
        return [part for layer in self._network.layers for part in layer]

    def log2_probabilities(self, features: np.ndarray) -> np.ndarray:
        return self._network.log2_probabilities(features)

    def fit(self, features: np.ndarray, labels: np.ndarray) -> None:
        """`epochs` passes in random order, the learning rate falling linearly to nothing."""
        n, batch = len(labels), self.options.batch
        steps, done = self.epochs * -(-n // batch), 0
        self._network.forget()
        for _ in range(self.epochs):
            order = self.rng.permutation(n)
            for start in range(0, n, batch):
                chosen = order[start : start + batch]
                self._step(features[chosen], labels[chosen], self.options.rate * (1 - done / steps), n)
                done += 1

    def learn(self, features: np.ndarray, labels: np.ndarray) -> None:
        self._new += len(labels)
        self.replay(features, labels)

    def replay(self, features: np.ndarray, labels: np.ndarray) -> None:
        self._step(features, labels, self.options.rate, self._new)

    def _step(self, features: np.ndarray, labels: np.ndarray, rate: float, n: int) -> None:
        self._network.step(features, labels, rate, 1 / (self.options.prior**2 * n))
        self.visited += len(labels)


class Perceptron(Logistic):
    """A multi-layer perceptron with rectified units, under the same prior."""

    name = "mlp"
    Options = PerceptronOptions

    @staticmethod
    def hidden(options: Any) -> tuple[int, ...]:
        return (options.width,) * options.layers


LEARNERS: Mapping[str, type[Learner]] = {one.name: one for one in (KrichevskyTrofimov, Dirichlet, Logistic, Perceptron)}


def parse_learner(spec: str) -> tuple[type[Learner], Any]:
    """The class and the options that a spec means.

    Raises:
        SpecError: it does not parse, or names what is not there.
    """
    name, argument, values = split_spec(spec)
    if name not in LEARNERS:
        near = get_close_matches(name, LEARNERS, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are: {', '.join(LEARNERS)}"
        raise SpecError(f"no learner of labels {name!r}; {meant}")
    if argument:
        raise SpecError(f"{name}:{argument}: {name} takes no argument; options are written {name},key=value")
    cls = LEARNERS[name]
    return cls, parse_options(cls.Options, values, spec)


def canonical(spec: str) -> str:
    """The spec without what is the default.

    Example:
        >>> canonical("mlp,width=64,epochs=10")
        'mlp,epochs=10'
    """
    cls, options = parse_learner(spec)
    return format_spec(cls.name, "", options)


def build_learner(spec: str, shape: Shape, rng: np.random.Generator) -> Learner:
    """A fresh learner."""
    cls, options = parse_learner(spec)
    return cls(options, shape, rng)


def settings_of(spec: str) -> dict[str, Any]:
    """Every hyper-parameter of a learner with its value."""
    _, options = parse_learner(spec)
    return {field.name: getattr(options, field.name) for field in fields(options)}
