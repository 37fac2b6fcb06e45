"""What predicts: the catalogue of models, and `load_model`, which builds one from its spec.

The catalogue is a table of names; a model's module is imported when the model is asked for.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from mdlbench.errors import SpecError
from mdlbench.models.base import Model
from mdlbench.models.spec import parse_options, split_spec


@dataclass(frozen=True)
class Entry:
    """A row of the catalogue."""

    location: str  # module:class
    summary: str
    example: str
    built_in: bool = False


CATALOG = {
    "uniform": Entry("mdlbench.models.uniform:Uniform", "every byte equally likely: 8 bits each", "uniform", True),
    "kt": Entry("mdlbench.models.counts:KrichevskyTrofimov", "order-k counts with a Dirichlet prior", "kt,order=2", True),
    "ngram": Entry("mdlbench.models.counts:Ngram", "orders 0 to k interpolated (Witten-Bell)", "ngram,order=4", True),
    "cm": Entry("mdlbench.models.cm:ContextMixing", "bitwise context mixing, no weights", "cm,level=9", True),
    "hmm": Entry("mdlbench.models.hmm:HiddenMarkov", "the exact filter of a known source", "hmm:mess3,x=0.05", True),
    "hf": Entry(
        "mdlbench.models.hf:HuggingFace",
        "any causal LM that transformers loads",
        "hf:./folder,context=512,dtype=float32",
    ),
    "external": Entry("mdlbench.models.external:External", "another compressor: a package or program", "external:xz"),
}


def model_class(name: str) -> type[Model]:
    """The class behind a model's name; `SpecError` with near misses if there is none."""
    if name not in CATALOG:
        near = get_close_matches(name, CATALOG, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(CATALOG)}"
        raise SpecError(f"no model {name!r}; {hint} (`mdlbench models` lists them)")
    module, _, cls = CATALOG[name].location.partition(":")
    return getattr(import_module(module), cls)


def load_model(spec: str, revision: int | None = None) -> Model:
    """Build the model that `spec` describes.

    Args:
        spec: `name[:argument][,key=value]...`
        revision: the stream revision; the newest by default.

    Raises:
        SpecError: the spec does not parse, or names what is not there.
        MissingExtraError: the model needs packages that are not installed.

    Example:
        >>> load_model("kt,order=2").spec
        'kt,order=2'
    """
    name, argument, values = split_spec(spec)
    cls = model_class(name)
    return cls(argument, parse_options(cls.Options, values, spec), revision)
