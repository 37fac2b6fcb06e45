"""A checkpoint: a folder that `hf:` loads, and beside the weights what training needs to go on bit for bit.

    config.json  model.safetensors  alphabet.json     the model, as transformers saves one, and its alphabet
    training.json  training.safetensors               how far it came; optimiser and random state

Flushed to disk under a temporary name and renamed, so a checkpoint is there whole or not at all. `training.json` holds the
digests of the other files: one that is damaged is named, whatever happened to it.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mdlbench.atomic import whole_folder
from mdlbench.errors import MdlbenchError, ResultError
from mdlbench.result.reading import decoded, parse
from mdlbench.text import first_line

PREFIX = "tokens-"
SCHEMA = "mdlbench.checkpoint/1"
_STATE = "training.json"
_Document = TypeVar("_Document")


@dataclass(frozen=True)
class State:
    """What `training.json` says: how far training came, in steps, tokens and bytes, and the digest of each other file."""

    schema: str
    seed: int
    step: int
    tokens: int
    bytes: int
    files: Mapping[str, str] = field(default_factory=dict)


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
        """The network in evaluation mode, float32 on the CPU.

        Raises:
            MdlbenchError: a file of the checkpoint is damaged; the text names it.
        """
        import transformers

        import mdlbench.training.recurrent  # noqa: F401  (makes the recurrent networks known to transformers)

        self.state()
        with _no_bars(), self._or_damaged("model.safetensors"):
            loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(
                self.folder,
                dtype="float32",
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # to name them below
            )
            network, report = loaded
            if lacking := [*report["missing_keys"], *map(str, report["mismatched_keys"])]:
                raise ValueError(f"{lacking[0]} is not there, or of another shape")
        return network.eval()

    def state(self) -> State:
        """How far training came, once each file is the one that was written.

        Raises:
            MdlbenchError: one is not; the text names it.
        """
        state = read_document(State, self.folder / _STATE, SCHEMA, self._remedy)
        for name, digest in state.files.items():
            with self._or_damaged(name):
                if _digest(self.folder / name) != digest:
                    raise ValueError("not what was written")
        return state

    @property
    def _remedy(self) -> str:
        return f"remove {self.folder} to go back further, or train the run again in another folder"

    @contextmanager
    def _or_damaged(self, name: str) -> Iterator[None]:
        """Let whatever is raised be told as damage of this file."""
        try:
            yield
        except Exception as error:  # safetensors, torch and transformers each have their own
            raise MdlbenchError(f"{self.folder / name} is damaged ({first_line(error)}); {self._remedy}") from error


def read_document(cls: type[_Document], path: Path, schema: str, remedy: str) -> _Document:
    """A JSON file of a run as an instance of a dataclass.

    Raises:
        MdlbenchError: it is not one, or of another schema; the text names the file, what is wrong, and `remedy`.
    """
    try:
        document = parse(path)
        if isinstance(document, dict) and document.get("schema", schema) != schema:
            raise MdlbenchError(f"{path} is of another version than {schema}; {remedy}")
        return decoded(cls, document, str(path))
    except ResultError as error:
        problem = str(error).removeprefix(f"{path}: ").partition(";")[0]
        raise MdlbenchError(f"{path} is damaged ({problem}); {remedy}") from None


def checkpoint_folder(seed_folder: Path, tokens: int) -> Path:
    """Where the checkpoint at `tokens` lies."""
    return seed_folder / "checkpoints" / f"{PREFIX}{tokens:010d}"


def find_checkpoints(seed_folder: Path) -> list[Checkpoint]:
    """All of a seed, in the order of their tokens."""
    names = [path.name for path in (seed_folder / "checkpoints").glob(f"{PREFIX}*")]
    counts = sorted(int(name[len(PREFIX) :]) for name in names if re.fullmatch(rf"{PREFIX}[0-9]{{10,18}}", name, re.ASCII))
    return [Checkpoint(checkpoint_folder(seed_folder, tokens), tokens) for tokens in counts]


def write_checkpoint(
    folder: Path,
    network: Any,
    optimiser: Any,
    alphabet: bytes,
    progress: dict[str, Any],
    beside: Mapping[str, dict[str, Any]] | None = None,
) -> Checkpoint:
    """Write a checkpoint to `folder`, replacing one that is there.

    Args:
        alphabet: the byte that each symbol stands for.
        progress: seed, step, tokens, bytes.
        beside: other files of tensors, by name.
    """
    import torch
    from safetensors.torch import save_file

    from mdlbench.tokens import SymbolTokens

    with whole_folder(folder) as temporary:
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
        for name, tensors in (beside or {}).items():
            save_file({key: value.contiguous() for key, value in tensors.items()}, temporary / name)
        files = {path.name: _digest(path) for path in sorted(temporary.iterdir())}
        document = {"schema": SCHEMA, **progress, "files": files}
        (temporary / _STATE).write_text(json.dumps(document) + "\n", encoding="utf8")
    return Checkpoint(folder, progress["tokens"])


def restore(checkpoint: Checkpoint, network: Any, optimiser: Any) -> State:
    """Put network, optimiser and torch's random state where the checkpoint was; how far that is.

    Raises:
        MdlbenchError: a file of it is damaged, or does not fit the run; the text names it.
    """
    import torch
    from safetensors.torch import load_file

    reached = checkpoint.state()
    with checkpoint._or_damaged("model.safetensors"):
        network.load_state_dict(load_file(checkpoint.folder / "model.safetensors"))
    with checkpoint._or_damaged("training.safetensors"):
        state = load_file(checkpoint.folder / "training.safetensors")
        torch.set_rng_state(state.pop("random_state"))
        parts: dict[int, dict[str, Any]] = {}
        for name, value in state.items():
            at, _, key = name.partition(".")
            parts.setdefault(int(at), {})[key] = value
        optimiser.load_state_dict({"state": parts, "param_groups": optimiser.state_dict()["param_groups"]})
        for parameter, part in optimiser.state.items():
            if any(value.ndim and value.shape != parameter.shape for value in part.values()):
                raise ValueError("of a network of another shape")
    return reached


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


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
