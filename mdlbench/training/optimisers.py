"""From an `Optimiser` to torch's own."""

from typing import Any

from mdlbench.training.config import Optimiser


def build_optimiser(plan: Optimiser, network: Any) -> Any:
    """AdamW or SGD over all parameters of a network; the learning rate is set before each step."""
    import torch

    parameters = list(network.parameters())
    if plan.name == "adamw":
        return torch.optim.AdamW(
            parameters, lr=plan.learning_rate, betas=(plan.momentum, plan.beta2), weight_decay=plan.weight_decay, fused=True
        )
    return torch.optim.SGD(
        parameters, lr=plan.learning_rate, momentum=plan.momentum, weight_decay=plan.weight_decay, fused=True
    )
