"""A network made by hand that holds the exact belief of a process, for tests that know the answer; and small runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from mdlbench.training import Architecture, Run, TrainingConfig, open_run, train_run
from mdlbench.training.data import process_source


class BeliefNorm(nn.Module):
    """Stands for a final norm and leaves the stream alone."""

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return hidden_states


class BeliefBlock(nn.Module):
    """Leaves the stream alone, as a block without weights does."""

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return hidden_states


class ExactNetwork(nn.Module):
    """Its stream is belief @ mixing + shift in every layer, and its logits the logarithms of the Bayes prediction.

    The belief at a position is that after all symbols up to it; `mixing` is (N, d), of full rank.
    """

    def __init__(self, process: Any, mixing: np.ndarray, shift: np.ndarray, layers: int = 2) -> None:
        super().__init__()
        self.process, self.mixing, self.shift = process, torch.tensor(mixing), torch.tensor(shift)
        self.model = nn.Module()
        self.model.layers = nn.ModuleList(BeliefBlock() for _ in range(layers))
        self.model.norm = BeliefNorm()
        self.config = SimpleNamespace(vocab_size=process.alphabet_size, hidden_size=mixing.shape[1], n_positions=32)

    def forward(self, input_ids: torch.Tensor, past_key_values: Any = None, use_cache: bool = False) -> SimpleNamespace:
        before = getattr(past_key_values, "recurrent_states", None)
        start = torch.tensor(np.tile(self.process.stationary, (len(input_ids), 1))) if before is None else before[0][0]
        beliefs = [start]
        tensor = torch.tensor(self.process.tensor)
        for symbols in input_ids.T:
            after = torch.einsum("bi,bij->bj", beliefs[-1], tensor[symbols])
            beliefs.append(after / after.sum(1, keepdim=True).clip(1e-12))
        if past_key_values is not None:
            past_key_values.recurrent_states = [beliefs[-1][None]]
        stream = torch.stack(beliefs[1:], 1) @ self.mixing + self.shift
        for block in self.model.layers:
            stream = block(stream)
        stream = self.model.norm(stream)
        read = (stream - self.shift) @ torch.linalg.pinv(self.mixing)
        return SimpleNamespace(logits=(read @ torch.tensor(self.process.emission)).clip(1e-9).log())


def exact_network(process: Any, width: int = 6, seed: int = 0) -> ExactNetwork:
    """An `ExactNetwork` with a random mixing."""
    generator = np.random.default_rng(seed)
    return ExactNetwork(process, generator.standard_normal((process.n_states, width)), generator.standard_normal(width))


def trained(folder: Path, process: str, arch: str = "gpt2", seeds: tuple[int, ...] = (0,)) -> Run:
    """A run of a few steps, with a checkpoint before the first."""
    shape = Architecture(name=arch, context=4, layers=2, width=8, heads=2)
    config = TrainingConfig(process_source(process, {}), shape, batch_size=8, tokens=320, checkpoints=(0, 160))
    run = open_run(folder, config, seeds)
    train_run(run, seeds)
    return run
