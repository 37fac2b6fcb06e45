"""A checkpoint: a folder that `hf:` loads, and beside the weights what training needs to go on bit for bit.

    config.json  model.safetensors  alphabet.json     the model, as transformers saves one, and its alphabet
    training.json  training.safetensors               how far it came; optimiser and random state

Written under a temporary name and renamed, so a checkpoint is there whole or not at all.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlbench.errors import MdlbenchError

PREFIX = "tokens-"


@dataclass(frozen=True)
class Checkpoint:
    """Weights at one time of training.

    Attributes:
        folder: what `hf:FOLDER` takes.
        tokens: symbols predicted so far; 0 for the untrained network.
    """

    folder: Path
    tokens: int

    def network(self) -> Any:
        """The network in evaluation mode, float32 on the CPU."""
        import transformers

        import mdlbench.training.recurrent  # noqa: F401  (makes the recurrent networks known to transformers)

        with _no_bars():
            return transformers.AutoModelForCausalLM.from_pretrained(
                self.folder, dtype="float32", local_files_only=True, use_safetensors=True
            ).eval()

    def progress(self) -> dict[str, Any]:
        """seed, step, tokens, bytes."""
        return json.loads((self.folder / "training.json").read_text())


def checkpoint_folder(seed_folder: Path, tokens: int) -> Path:
    """Where the checkpoint at `tokens` lies."""
    return seed_folder / "checkpoints" / f"{PREFIX}{tokens:010d}"


def find_checkpoints(seed_folder: Path) -> list[Checkpoint]:
    """All of a seed, in the order of their tokens."""
    found = (seed_folder / "checkpoints").glob(f"{PREFIX}*")
    return sorted((Checkpoint(path, int(path.name[len(PREFIX) :])) for path in found), key=lambda one: one.tokens)


def write_checkpoint(folder: Path, network: Any, optimiser: Any, alphabet: bytes, progress: dict[str, Any]) -> Checkpoint:
    """Write a checkpoint to `folder`, replacing one that is there.

    Args:
        alphabet: the byte that each symbol stands for.
        progress: seed, step, tokens, bytes.
    """
    import torch
    from safetensors.torch import save_file

    from mdlbench.tokens import SymbolTokens

    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        with _no_bars():
            network.save_pretrained(temporary)
        SymbolTokens(alphabet).save(temporary)
        state = {
            f"{at}.{name}": value
            for at, part in optimiser.state_dict()["state"].items()
            for name, value in part.items()
            if isinstance(value, torch.Tensor)
        }
        save_file({**state, "random_state": torch.get_rng_state()}, temporary / "training.safetensors")
        (temporary / "training.json").write_text(json.dumps({"schema": "mdlbench.checkpoint/1", **progress}) + "\n")
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
        os.rename(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Checkpoint(folder, progress["tokens"])


def restore(checkpoint: Checkpoint, network: Any, optimiser: Any) -> dict[str, Any]:
    """Put network, optimiser and torch's random state where the checkpoint was; its progress.

    Raises:
        MdlbenchError: the files do not fit the run.
    """
    import torch
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(checkpoint.folder / "model.safetensors"))
        state = load_file(checkpoint.folder / "training.safetensors")
    except Exception as error:  # safetensors and torch each have their own
        reason = str(error).splitlines()[0]
        raise MdlbenchError(f"{checkpoint.folder} cannot be continued from ({reason}); remove it to go back further") from None
    torch.set_rng_state(state.pop("random_state"))
    parts: dict[int, dict[str, Any]] = {}
    for name, value in state.items():
        at, _, key = name.partition(".")
        parts.setdefault(int(at), {})[key] = value
    optimiser.load_state_dict({"state": parts, "param_groups": optimiser.state_dict()["param_groups"]})
    return checkpoint.progress()


@contextmanager
def _no_bars() -> Iterator[None]:
    """Transformers without its progress bars: files this small are there at once."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
