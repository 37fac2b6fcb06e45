"""A model and a text become activations: of the model, and of a network of its shape with random weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mdlbench.errors import SpecError
from mdlbench.models import check_spec, load_model
from mdlbench.models.spec import split_spec
from mdlbench.prequential.probing.activations import Tokenised, first_tokens, layers_of, read_layers, untrained_like
from mdlbench.prequential.probing.study import NETWORKS, Probed
from mdlbench.prequential.store import Arrays, NoStore, Store, digest_of

Check = Callable[[Tokenised], object]


def check_model(spec: str) -> str:
    """The spec, if it is that of a network, as far as that is seen before anything is loaded.

    Raises:
        SpecError: it is another model's, or cannot be.
    """
    check_spec(spec)
    if split_spec(spec)[0] != "hf":
        raise SpecError(f"-m {spec}: it has no activations to probe; give a network, such as hf:./folder")
    return spec


def read_model(
    spec: str,
    text: str,
    data: bytes,
    *,
    examples: int,
    layers: tuple[int, ...] | None = None,
    check: Check = lambda tokenised: None,
    store: Store | None = None,
    tell: Callable[[str], object] = lambda step: None,
) -> Probed:
    """Run a model, and a network of its shape with random weights, over the first tokens of a text.

    Args:
        spec: `hf:FOLDER[,key=value]...`.
        text: its name.
        examples: tokens, at most.
        layers: which, 0 among them; None for all.
        check: is given the tokens before the network is loaded.
        store: keeps the activations.

    Raises:
        SpecError: the model cannot be loaded.
        UsageError: the model has no such layers; or what `check` raises.
    """
    model: Any = load_model(check_model(spec))
    tokenised = first_tokens(model.tokens, data, examples)
    check(tokenised)
    window, name = model.window, f"{text}, first {tokenised.covered:,} bytes" if tokenised.covered < len(data) else text
    with model.arithmetic():
        network = model.load_network(model.device)
        chosen = layers_of(network, layers)
        found = []
        for weights in NETWORKS:
            tell(f"activations, {weights}")
            if weights == "untrained":
                network = untrained_like(network)

            def compute(network: Any = network) -> Arrays:
                return {"values": read_layers(network, tokenised.tokens, chosen, window.context, window.start)}

            key = {"what": "activations", "model": model.digest.hex(), "weights": weights, "layers": chosen}
            found.append(_kept(store, {**key, "tokens": digest_of(tokenised.tokens)}, compute))
    trained, untrained = found
    return Probed(spec, model.digest.hex(), name, window.context, tokenised, chosen, trained, untrained)


def _kept(store: Store | None, key: dict[str, Any], compute: Callable[[], Arrays]) -> np.ndarray:
    return (store or NoStore()).piece(key, compute)["values"]
