"""From a name to a folder, and from a folder to a network: the only place that may ask the hub, and it only downloads data.

Weights are safetensors and nothing else; code that a repository ships runs only with `trust_remote_code=true`.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mdlbench.errors import MissingExtraError, SpecError
from mdlbench.text import counted, first_line

_DOWNLOADED = ["model*.safetensors", "model*.safetensors.index.json", "*.json", "*.model", "*.txt", "*.tiktoken"]
_UNREAD_SETTINGS = {"_name_or_path", "transformers_version", "torch_dtype", "dtype", "use_cache"}


def import_transformers() -> Any:
    """The `transformers` module, with torch behind it; `MissingExtraError` without either."""
    check_installed()
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtraError(f"{error.name or 'torch'}, which hf: models need,", "torch") from None
    return transformers


def check_installed() -> None:
    """Raise `MissingExtraError` without torch or transformers, neither of which is loaded for that."""
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtraError(f"{package}, which hf: models need,", "torch")


def find_folder(argument: str, revision: str | None, trust_remote_code: bool) -> Path:
    """The local folder behind a path or a hub name, downloaded if need be.

    Raises:
        SpecError: there is no such folder, and the hub is out of reach or does not have it; or it holds no model.
    """
    if not argument:
        raise SpecError("hf: names no model; write hf:FOLDER or hf:OWNER/NAME")
    folder = Path(argument).expanduser()
    if not folder.is_dir():
        looks_local = argument.startswith((".", "/", "~")) or argument.count("/") > 1 or "\\" in argument
        if looks_local:
            what = f"{folder} is a file, not a folder" if folder.exists() else f"there is no folder {folder}"
            raise SpecError(f"hf:{argument}: {what}; give one with config.json and *.safetensors")
        folder = _download(argument, revision, trust_remote_code)
    if not (folder / "config.json").is_file():
        raise SpecError(f"hf:{argument}: {folder} holds no config.json; give the folder that save_pretrained wrote")
    if not weight_files(folder):
        raise SpecError(
            f"hf:{argument}: {folder} holds no model.safetensors, the only weight format that is read; "
            "load the model in transformers and save it with save_pretrained"
        )
    return folder


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that make up the weights: one, or those that the index names.

    Raises:
        SpecError: the index names none, or one that is not there.
    """
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file() or not index.is_file():
        return [single] if single.is_file() else []
    try:
        names = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
        if not names or any(not name or Path(name).name != name for name in names):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise SpecError(
            f'{index} names no weight files; it holds {{"weight_map": {{"TENSOR": "FILE.safetensors", ...}}}}: copy it again'
        ) from None
    lacking = [name for name in names if not (folder / name).is_file()]
    if lacking:
        raise SpecError(f"{folder / lacking[0]}: no such file, and {index.name} names it; copy the whole folder again")
    return [folder / name for name in names]


def count_parameters(folder: Path) -> int:
    """Numbers in all tensors, read from the files' headers."""
    return sum(_numbers_in(path) for path in weight_files(folder))


def _numbers_in(path: Path) -> int:
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(size if size <= path.stat().st_size else 0))
            return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise SpecError(f"{path} is no file of safetensors, or is damaged; copy it again") from None


def folder_digest(folder: Path, trust_remote_code: bool) -> dict[str, str]:
    """Digests of weights, settings and (if it may run) code: what a copy of the folder has in common with it."""
    settings = json.loads((folder / "config.json").read_bytes())
    kept = {key: value for key, value in settings.items() if key not in _UNREAD_SETTINGS}
    code = [file_digest(path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.py")) if trust_remote_code]
    return {
        "weights": " ".join(file_digest(path, path.stat().st_mtime_ns) for path in weight_files(folder)),
        "config": hashlib.blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=8).hexdigest(),
        "code": " ".join(code),
    }


@lru_cache(maxsize=64)
def file_digest(path: Path, modified: int) -> str:
    """BLAKE2b of a file, 16 bytes in hexadecimal; about 1 GB/s, so kept while `modified` (its time) is the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def load_settings(argument: str, folder: Path, trust_remote_code: bool) -> Any:
    """The model's config."""
    transformers = import_transformers()
    if b"mdlbench_recurrent" in (folder / "config.json").read_bytes():
        import mdlbench.training.recurrent  # noqa: F401  (makes the trainer's own networks known to transformers)
    with _one_line_errors(argument):
        return transformers.AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=trust_remote_code
        ).get_text_config(decoder=True)


def load_tokenizer(argument: str, folder: Path, trust_remote_code: bool) -> Any:
    """The model's tokenizer."""
    transformers = import_transformers()
    with _one_line_errors(argument), _quiet(transformers):
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=trust_remote_code)


def load_network(argument: str, folder: Path, dtype: str, device: str, trust_remote_code: bool) -> Any:
    """The network in `dtype` on `device`, ready to predict.

    Raises:
        SpecError: transformers cannot load it, or the files lack some of its weights.
    """
    transformers = import_transformers()
    with _one_line_errors(argument), _quiet(transformers):
        network, report = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=trust_remote_code,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # to name them below
        )
    lacking = [f"no {name}" for name in sorted(report["missing_keys"])]
    lacking += [f"{name} of shape {tuple(found)}, not {tuple(wanted)}" for name, found, wanted in report["mismatched_keys"]]
    if lacking:
        raise SpecError(
            f"hf:{argument}: the weights lack {counted(len(lacking), 'tensor')} of the network that config.json describes: "
            f"{lacking[0]}{', ...' * (len(lacking) > 1)}: not a whole causal language model"
        )
    network.config.pad_token_id = None  # or transformers searches each input for padding
    return network.eval().to(device)


def _download(argument: str, revision: str | None, trust_remote_code: bool) -> Path:
    check_installed()
    import huggingface_hub

    patterns = [*_DOWNLOADED, "*.py"] if trust_remote_code else _DOWNLOADED
    try:
        return Path(huggingface_hub.snapshot_download(argument, revision=revision, allow_patterns=patterns))
    except Exception as error:  # the hub's client raises its own, httpx's, requests', OSError and ValueError
        reason = first_line(error)
        raise SpecError(
            f"hf:{argument}: there is no such folder, and the Hugging Face hub does not give it ({reason}); "
            f"give a local folder, or fetch it while online: hf download {argument}"
        ) from None


@contextmanager
def _one_line_errors(argument: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever a broken folder makes transformers, tokenizers or safetensors stumble over
        raise SpecError(f"hf:{argument}: transformers cannot load it: {first_line(error)}") from error


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No progress bars, for loading is not what the user waits for; no advice, for what is wrong is told in one line."""
    logging = transformers.utils.logging
    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
