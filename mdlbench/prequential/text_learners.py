"""What learns the bytes of a text: any model of the catalogue, afresh; small networks; a folder fine-tuned as it goes.

kt ngram cm uniform online:... my.py:CLASS     adapt by themselves: their code length is prequential as it is
gru lstm gpt2 llama                            networks of the trainer's builder, over bytes
hf:FOLDER,tune=frozen|last|all                 over tokens; the weights of the folder itself are not charged, and it says so
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from mdlbench.errors import SpecError
from mdlbench.models import check_spec, load_model
from mdlbench.models.spec import format_spec, option, parse_options, split_spec

TUNED = "hf"
SHAPES = ("gru", "lstm", "gpt2", "llama")


@dataclass(frozen=True)
class TuningOptions:
    """Options of `hf:`."""

    tune: str = option("all", "what is fine-tuned: nothing, the read-out, or all", choices=("frozen", "last", "all"))
    context: int = option(128, "tokens of a window")
    epochs: int = option(2, "passes over what is coded, each time that it is fitted")
    rate: float = option(1e-4, "learning rate of AdamW")

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class NetworkOptions:
    """Options of `gru`, `lstm`, `gpt2` and `llama`."""

    width: int = option(64, "of the residual stream, or of the hidden state")
    layers: int = option(1, "blocks")
    heads: int = option(4, "attention heads (gpt2, llama)")
    context: int = option(64, "bytes of a window")
    epochs: int = option(4, "passes over what is coded, each time that it is fitted")
    rate: float = option(3e-3, "learning rate of AdamW")

    def __post_init__(self) -> None:
        _check(self)


def _check(options: Any) -> None:
    for name in ("width", "layers", "heads", "context", "epochs"):
        if getattr(options, name, 1) < 1:
            raise ValueError(f"{name} is {getattr(options, name)}; it is at least 1")
    if not options.rate > 0:
        raise ValueError(f"rate is {options.rate:g}; it is a positive number")


@dataclass(frozen=True)
class TextLearner:
    """A learner of bytes.

    Attributes:
        spec: canonical.
        kind: "model" (adapts by itself), "network" or "tuned".
        name, argument, options: of a network or a tuned folder.
        seeded: whether anything in it is random.
    """

    spec: str
    kind: str
    name: str
    argument: str = ""
    options: Any = None

    @property
    def seeded(self) -> bool:
        return self.kind != "model" and getattr(self.options, "tune", "all") != "frozen"

    def settings(self) -> dict[str, Any]:
        """Every hyper-parameter with its value; those of a model are its own."""
        if self.options is not None:
            return {field.name: getattr(self.options, field.name) for field in fields(self.options)}
        _, argument, values = split_spec(self.spec)
        return {"model": f"{self.name}:{argument}" if argument else self.name, **values}


def parse_text_learner(spec: str) -> TextLearner:
    """The learner that a spec means, as far as that is seen without loading it.

    Raises:
        SpecError: it does not parse, or names what is not there.
        MissingExtraError: it needs torch, which is not installed.
    """
    name, argument, values = split_spec(spec)
    if name in SHAPES:
        if argument:
            raise SpecError(f"{name}:{argument}: {name} takes no argument; options are written {name},key=value")
        options = parse_options(NetworkOptions, values, spec)
        _check_torch()
        return TextLearner(format_spec(name, "", options), "network", name, "", options)
    if name == TUNED:
        tuning = parse_options(TuningOptions, values, spec)
        check_spec(f"{TUNED}:{argument}")
        return TextLearner(format_spec(name, argument, tuning), "tuned", name, argument, tuning)
    check_spec(spec)
    model = load_model(spec)
    if not model.has_probabilities:
        model.measure([])  # which says why not
    return TextLearner(model.spec, "model", name)


def _check_torch() -> None:
    from mdlbench.models.hf.loading import check_installed

    check_installed()


Bits = Callable[..., Any]
KINDS: Mapping[str, str] = {  # kind: what codes with it, module:function
    "model": "mdlbench.prequential.text:bits_of_model",
    "network": "mdlbench.prequential.text_networks:bits_of_network",
    "tuned": "mdlbench.prequential.text_networks:bits_of_tuned",
}
