"""What predicts: the catalogue of models; `load_model`, which builds one from its spec; `as_model`, from whatever names one.

The catalogue is a table of names; a model's module is imported when the model is asked for.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TypeVar, cast

from mdlbench.errors import SpecError, UsageError
from mdlbench.models.base import Model, Predictor
from mdlbench.models.spec import is_file, parse_options, split_spec

ModelLike = str | Model | Predictor  # a spec, a model, or a predictor of bytes
ModelsLike = ModelLike | Sequence[ModelLike]
_NETWORK = re.compile("/|gpt|llama|pythia|qwen|mistral|mixtral|gemma|smollm|phi|opt-|bloom|falcon|rwkv|mamba", re.IGNORECASE)
M = TypeVar("M", bound=ModelsLike)


@dataclass(frozen=True)
class Entry:
    """A row of the catalogue."""

    location: str  # module:class
    summary: str
    example: str


CATALOG = {
    "uniform": Entry("mdlbench.models.uniform:Uniform", "every byte equally likely: 8 bits each", "uniform"),
    "kt": Entry("mdlbench.models.counts:KrichevskyTrofimov", "order-k counts with a Dirichlet prior", "kt,order=2"),
    "ngram": Entry("mdlbench.models.counts:Ngram", "orders 0 to k interpolated (Witten-Bell)", "ngram,order=4"),
    "cm": Entry("mdlbench.models.cm:ContextMixing", "bitwise context mixing, no weights", "cm,level=9"),
    "hmm": Entry("mdlbench.models.hmm:HiddenMarkov", "the exact filter of a known process", "hmm:mess3,x=0.05"),
    "hf": Entry(
        "mdlbench.models.hf:HuggingFace", "any causal LM that transformers loads", "hf:./folder,context=512,dtype=float32"
    ),
    "online": Entry("mdlbench.models.online:Online", "a network that learns the block while coding it", "online:gru,streams=1"),
    "external": Entry("mdlbench.models.external:External", "another compressor: a package or program", "external:xz"),
}


def model_class(name: str) -> type[Model]:
    """The class behind a model's name; `SpecError` with near misses if there is none."""
    if name not in CATALOG:
        raise SpecError(f"no model {name!r}; {_meant(name)} (`mdlbench models` lists them)")
    module, _, cls = CATALOG[name].location.partition(":")
    return getattr(import_module(module), cls)


def _meant(name: str) -> str:
    """What somebody who writes a name that is no model's may have meant."""
    from mdlbench.models.external import External

    if name in External.arguments():
        return f"did you mean external:{name}?"
    if os.path.isdir(name) or _NETWORK.search(name):
        return f"did you mean hf:{f'./{name}' if os.path.isdir(name) and '/' not in name else name}?"
    near = get_close_matches(name, CATALOG, n=1, cutoff=0.5) or [
        f"external:{one}" for one in get_close_matches(name, External.arguments(), n=1)
    ]
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(CATALOG)}"


def load_model(spec: str, revision: int | None = None) -> Model:
    """Build the model that `spec` describes.

    Args:
        spec: `name[:argument][,key=value]...`, or `./my.py:CLASS[,key=value]...`, whose code is run.
        revision: the stream revision; the newest by default.

    Raises:
        SpecError: the spec does not parse, or names what is not there.
        MissingExtraError: the model needs packages that are not installed.

    Example:
        >>> load_model("kt,order=2").spec
        'kt,order=2'
    """
    name, argument, values = split_spec(spec)
    if is_file(name):
        from mdlbench.models.from_file import load_predictor

        model: Model = load_predictor(name, argument, values, spec)
    else:
        cls = model_class(name)
        model = cls(argument, parse_options(cls.Options, values, spec), revision)
    model.rebuilds = True
    return model


def check_spec(spec: str) -> str:
    """The spec, if `load_model` could build it, as far as that is seen without loading what takes long, such as torch.

    Raises:
        SpecError, MissingExtraError: as `load_model`.
    """
    name, argument, values = split_spec(spec)
    if is_file(name):
        if not Path(name).expanduser().is_file():
            load_model(spec)  # which says so; a file that is there may take long to run
    else:
        cls = model_class(name)
        cls.check(argument, parse_options(cls.Options, values, spec))
    return spec


def as_model(given: ModelLike) -> Model:
    """The model that `given` names or is; a predictor becomes one over bytes (`mdlbench.models.own`)."""
    if isinstance(given, Model):
        return given
    if isinstance(given, Predictor):
        from mdlbench.models.own import OwnPredictor

        return OwnPredictor(given)
    return load_model(given)


def at_level(given: M, level: int | None) -> M:
    """What was given, at a level, which is an option of models that have them; None for as it is.

    Raises:
        UsageError: a model that was already built; its options are settled.

    Example:
        >>> at_level("cm", 9)
        'cm,level=9'
    """
    if level is None:
        return given
    if isinstance(given, str):
        return cast(M, f"{given},level={level}")
    if isinstance(given, Sequence):
        return cast(M, [at_level(one, level) for one in given])
    raise UsageError(f"level={level} goes with the spec of a model, such as 'cm', not with one that is built")


def as_models(given: ModelsLike) -> list[Model]:
    """`as_model` of each, or of the only one."""
    return [as_model(one) for one in (given if isinstance(given, Sequence) and not isinstance(given, str) else [given])]
