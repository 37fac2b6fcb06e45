"""GRU and LSTM language models as transformers models, so that they are saved, loaded and driven like any other.

Importing this module registers them with `AutoConfig` and `AutoModelForCausalLM`. What the network remembers travels in the
cache object that transformers passes around, so a stream may be fed in pieces of any size without limit.
"""

from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

MODEL_TYPE = "mdlbench_recurrent"
CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}


class RecurrentConfig(PretrainedConfig):
    """Cell (gru or lstm), vocabulary, width and layers; there is no longest input."""

    model_type = MODEL_TYPE

    def __init__(
        self, cell: str = "gru", vocab_size: int = 256, hidden_size: int = 64, num_hidden_layers: int = 1, **kwargs: Any
    ) -> None:
        self.cell, self.vocab_size = cell, vocab_size
        self.hidden_size, self.num_hidden_layers = hidden_size, num_hidden_layers
        kwargs.setdefault("tie_word_embeddings", False)
        super().__init__(**kwargs)


class RecurrentForCausalLM(PreTrainedModel):
    """Embedding, recurrent layers one upon the other, and a linear read-out."""

    config_class = RecurrentConfig
    main_input_name = "input_ids"

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config)
        cell, width = CELLS[config.cell], config.hidden_size
        self.embedding = nn.Embedding(config.vocab_size, width)
        self.layers = nn.ModuleList(cell(width, width, batch_first=True) for _ in range(config.num_hidden_layers))
        self.read_out = nn.Linear(width, config.vocab_size)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Torch's own initialisation stands: uniform, within 1 / sqrt(width)."""

    def forward(
        self,
        input_ids: torch.Tensor,
        past_key_values: Any = None,
        output_hidden_states: bool = False,
        logits_to_keep: int = 0,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Predict what follows each of the inputs.

        Args:
            input_ids: int64 (B, n).
            past_key_values: any object; the layers' states are kept in its attribute `recurrent_states`.
            output_hidden_states: also give the embedding and each layer's output, (B, n, width) each.
            logits_to_keep: only those after the last so many inputs; 0 for all.
        """
        outputs, after = self.outputs(input_ids, getattr(past_key_values, "recurrent_states", None))
        if past_key_values is not None:
            past_key_values.recurrent_states = after
        logits = self.read_out(outputs[-1][:, -logits_to_keep:])
        return CausalLMOutputWithPast(logits=logits, hidden_states=tuple(outputs) if output_hidden_states else None)

    def outputs(self, input_ids: torch.Tensor, states: list[Any] | None) -> tuple[list[torch.Tensor], list[Any]]:
        """Embedding and each layer's output, (B, n, width) each, and the layers' states afterwards; no states: from zero."""
        outputs, after = [self.embedding(input_ids)], []
        for layer, state in zip(self.layers, states or [None] * len(self.layers), strict=True):
            output, kept = layer(outputs[-1], state)
            outputs.append(output)
            after.append(kept)
        return outputs, after


AutoConfig.register(MODEL_TYPE, RecurrentConfig, exist_ok=True)
AutoModelForCausalLM.register(RecurrentConfig, RecurrentForCausalLM, exist_ok=True)
