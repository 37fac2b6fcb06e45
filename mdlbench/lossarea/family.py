"""A family of models of several sizes, each trained in one pass over the same bytes in the same order, from the same seed.

    FOLDER/SIZE/log.jsonl      every update, scored before it            FOLDER/SIZE/checkpoints/    what continues it
    FOLDER/family.json         what was asked for, so that a folder is not continued as another

The area of each is confirmed by a file: the first `CONFIRMED` bytes or so of the same run, which are the first symbols of each
of its streams, are coded with `online:`, and decoded by another process. Its payload is the area up to there.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mdlbench.atomic import write_whole
from mdlbench.codec.verification import verify_round_trip
from mdlbench.errors import UsageError
from mdlbench.lossarea.curve import Curve
from mdlbench.lossarea.integration import area
from mdlbench.lossarea.reading import read_log
from mdlbench.lossarea.result import LossArea
from mdlbench.lossarea.studies import study
from mdlbench.models import load_model
from mdlbench.models.online import LEAST_OF_A_STREAM, Online
from mdlbench.models.spec import split_spec
from mdlbench.progress import part
from mdlbench.workers import ordered_map

if TYPE_CHECKING:
    from mdlbench.corpora import Corpus

LEARNER = "online:gru,orders=0,horizon=16"
CONFIRMED = 64 << 10  # bytes


@dataclass(frozen=True)
class Member:
    """One model of a family.

    Attributes:
        name: the size that was asked for, such as "100k".
        spec: what is trained; parameters: how many numbers its weights are.
    """

    name: str
    spec: str
    parameters: int


def members(sizes: Sequence[str], learner: str = LEARNER) -> list[Member]:
    """The widths of `learner` that come nearest to each size in parameters, written `30k`, `1M`.

    Raises:
        UsageError: a size is none, or is given twice; the learner is not `online:` or has n-gram features, which have no size.
    """
    from mdlbench.units import parse_size

    name, _, options = split_spec(learner)
    if name != "online":
        raise UsageError(f"--learner {learner}: a family is trained by online: learners, such as {LEARNER}")
    if "width" in options:
        raise UsageError(f"--learner {learner}: the sizes say how wide it is; leave width out")
    if _online(learner).settings.orders:
        raise UsageError(f"--learner {learner}: n-gram features have no size; add orders=0")
    found = []
    for size in sizes:
        try:
            wanted = parse_size(size)
        except ValueError:
            raise UsageError(f"--sizes: {size!r} is no number of parameters; write for example 30k,100k,1M") from None
        found.append(_nearest(size, wanted, learner))
    if len({member.spec for member in found}) < len(found):
        raise UsageError(f"--sizes {','.join(sizes)}: two of them are the same width; name sizes further apart")
    return found


def _nearest(size: str, wanted: int, learner: str) -> Member:
    """Widths in steps that every architecture can have, by bisection: parameters grow with the width."""
    step = 2 * _online(learner).settings.heads
    low, high = 1, 4096 // step
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if parameters_of(f"{learner},width={middle * step}") < wanted else (low, middle)
    near = [(abs(count - wanted), spec, count) for spec, count in _around(learner, step, low)]
    _, spec, count = min(near)
    if not wanted / 2 <= count <= 2 * wanted:
        raise UsageError(f"--sizes {size}: {learner} is nearest with {count:,} parameters; name a size that it can have")
    return Member(size, load_model(spec).spec, count)


def _around(learner: str, step: int, place: int) -> list[tuple[str, int]]:
    specs = [f"{learner},width={at * step}" for at in (place - 1, place) if at > 0]
    return [(spec, parameters_of(spec)) for spec in specs]


def parameters_of(spec: str) -> int:
    """Numbers in the weights of an `online:` model, counted without making them."""
    import torch

    from mdlbench.training.architectures import build_network

    with torch.device("meta"):
        network = build_network(_online(spec).config().architecture, 256, 0)
    return sum(parameter.numel() for parameter in network.parameters())


def open_family(folder: Path, found: Sequence[Member], corpus: "Corpus") -> None:
    """Begin a folder, or find the same family begun there.

    Raises:
        UsageError: it holds another family, or something else.
    """
    document = {"schema": "mdlbench.family/1", "sha256": corpus.sha256(), "members": [asdict(member) for member in found]}
    text = json.dumps(document, indent=2) + "\n"
    path = folder / "family.json"
    if path.is_file():
        if path.read_text(encoding="utf8") != text:
            raise UsageError(f"{folder} holds another family (corpus, sizes or learner differ); name another folder with -o")
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is no family; name another folder with -o")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)


def train_family(folder: Path, found: Sequence[Member], data: bytes, group: str, jobs: int) -> LossArea:
    """Train, measure, and confirm each; `mdlbench.progress` is told of the bytes, once for each member.

    Returns:
        The family's curves with area, fit, crossings, and the file that confirms a part of each.
    """
    tasks = [(folder / member.name, member) for member in found]
    confirmed = [each for _, each in ordered_map(_train, tasks, jobs, data, bytes, data)]
    curves = [
        replace(read_log(folder / member.name / "log.jsonl"), name=member.name, parameters=member.parameters)
        for member in found
    ]
    payload = study(curves, group, vocabulary=256)
    pairs = zip(payload.curves, confirmed, strict=True)
    return replace(payload, curves=tuple(replace(curve, **({} if one is None else asdict(one))) for curve, one in pairs))


@dataclass(frozen=True)
class Confirmed:
    """A part of a run that became a file, decoded by another process.

    Attributes:
        confirmed_tokens: symbols of the part; confirmed_area_bits: the area up to there; confirmed_file_bytes: its payload.
    """

    confirmed_tokens: int
    confirmed_area_bits: float
    confirmed_file_bytes: int


def _train(data: bytes, task: tuple[Path, Member]) -> Confirmed | None:
    from mdlbench.training.onepass import train_once

    folder, member = task
    model = _online(member.spec)
    streams = model.streams_of(len(data))
    with part(len(data)):
        with part(0.9):
            train_once(model.config(), np.frombuffer(data, np.uint8), streams, model.settings.seed, folder)
        return confirm(model, data, read_log(folder / "log.jsonl"))


def confirm(model: Online, data: bytes, curve: Curve) -> Confirmed | None:
    """Code the beginning of every stream as a file of its own, and decode it in another process.

    None if nothing was learnt there yet: then a file holds the bytes as they are.

    Args:
        curve: of the whole run over `data`.

    Raises:
        VerificationError: the file did not decode.
    """
    streams, horizon = model.streams_of(len(data)), model.settings.horizon
    length = -(-len(data) // streams)
    steps = -(-max(CONFIRMED // streams, LEAST_OF_A_STREAM) // horizon)
    start = [data[at * length : at * length + steps * horizon] for at in range(streams)]
    if steps * horizon > length - streams:  # the last stream is a little shorter
        steps, start = len(curve.losses), [data]
    with tempfile.TemporaryDirectory(prefix="mdlbench-") as folder:
        path = Path(folder, "part")
        path.write_bytes(b"".join(start))
        made = verify_round_trip(path, model.spec).compression
    part_of_run = curve.cut(steps)
    assert part_of_run.total_tokens == made.input_bytes, "the file is the beginning of the run"
    payload = made.ledger.bytes["payloads"]
    return Confirmed(made.input_bytes, area(part_of_run).bits, payload) if payload else None


def _online(spec: str) -> Online:
    model = load_model(spec)
    assert isinstance(model, Online)
    return model
