"""From an `Architecture` to a network of transformers with seeded weights."""

import inspect
from typing import Any

import torch

from mdlbench.training.config import Architecture

_NO_SPECIAL_TOKENS: dict[str, Any] = {
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
    "tie_word_embeddings": False,
}


def build_network(architecture: Architecture, alphabet_size: int, seed: int) -> Any:
    """A network in training mode, float32; the same seed gives the same weights.

    Args:
        alphabet_size: rows of the embedding and of the read-out.
        seed: of the initial weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _BUILDERS[architecture.name](architecture, alphabet_size)
        if architecture.init is not None:
            _initialise(network, architecture.init)
    if architecture.name == "gpt2":
        _silence_heads(network, architecture)
    return network.train()


def cache_argument(network: Any) -> str:
    """What a network's forward pass calls its cache: `cache` from transformers 5.24 on, `past_key_values` before."""
    return "cache" if "cache" in inspect.signature(network.forward).parameters else "past_key_values"


def _gpt2(shape: Architecture, alphabet_size: int) -> Any:
    from transformers import AutoModelForCausalLM, GPT2Config

    config = GPT2Config(
        vocab_size=alphabet_size,
        n_positions=shape.context,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.width // shape.width_of_head,
        n_inner=shape.width_of_mlp,
        activation_function=shape.activation,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        **_NO_SPECIAL_TOKENS,
    )
    return AutoModelForCausalLM.from_config(config)


def _llama(shape: Architecture, alphabet_size: int) -> Any:
    from transformers import AutoModelForCausalLM, LlamaConfig

    config = LlamaConfig(
        vocab_size=alphabet_size,
        max_position_embeddings=shape.context,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.width_of_head,
        intermediate_size=shape.width_of_mlp,
        hidden_act="silu",
        **_NO_SPECIAL_TOKENS,
    )
    return AutoModelForCausalLM.from_config(config)


def _recurrent(shape: Architecture, alphabet_size: int) -> Any:
    from mdlbench.training.recurrent import RecurrentConfig, RecurrentForCausalLM

    return RecurrentForCausalLM(
        RecurrentConfig(
            cell=shape.name,
            vocab_size=alphabet_size,
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            **_NO_SPECIAL_TOKENS,
        )
    )


_BUILDERS = {"gpt2": _gpt2, "llama": _llama, "gru": _recurrent, "lstm": _recurrent}


def _initialise(network: Any, deviation: float) -> None:
    """Every matrix normal with the same deviation, whatever its depth, as TransformerLens does; vectors stay as they are."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim >= 2:
                parameter.normal_(0.0, deviation)


def _silence_heads(network: Any, shape: Architecture) -> None:
    """Zero the heads that the architecture does not have.

    With query, key, value and output weights of a head all zero, so are the gradients of all four: the head stays out.
    """
    used = shape.heads * shape.width_of_head
    with torch.no_grad():
        for block in network.transformer.h:
            block.attn.c_attn.weight.view(shape.width, 3, shape.width)[:, :, used:] = 0
            block.attn.c_proj.weight[used:] = 0
