"""`run`: every corpus with every model, one cell after the other, each finished one a row on disk."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mdlbench.atomic import check_folder
from mdlbench.corpora import Corpus, find_corpus
from mdlbench.errors import MdlbenchError, ResultError, UsageError
from mdlbench.leaderboard.baselines import baselines
from mdlbench.leaderboard.cell import Cell, measure, policies_of, wants_more
from mdlbench.leaderboard.checking import problems
from mdlbench.leaderboard.derived import YARDSTICK, payload_rate, policy_hash
from mdlbench.leaderboard.ranking import imposed, processor_of
from mdlbench.leaderboard.result import Row
from mdlbench.leaderboard.store import read_row, slug, write_row
from mdlbench.models import check_spec, load_model
from mdlbench.models.base import Model
from mdlbench.models.spec import split_spec
from mdlbench.result.reading import Found, parse
from mdlbench.result.record import processor_name


@dataclass(frozen=True)
class Config:
    """What `run` measures.

    Attributes:
        corpora: names, paths or slices, as `find_corpus` takes them; `limit` keeps the first bytes of each file.
        models: specs.
        baselines: "all", "fast" or "none" of the other compressors.
        repeat, repeat_seconds: as in `Cell`.
        jobs: worker processes of every coding.
        output_path: the folder of rows.
        rerun: measure again what already has a row.
        device: appended to the specs of models that run on one.
        block_size: original bytes per block; None for each model's own. Such rows are ranked apart.
    """

    corpora: tuple[str, ...]
    models: tuple[str, ...] = ()
    baselines: str = "none"
    limit: int | None = None
    repeat: int = 3
    repeat_seconds: float = 30.0
    jobs: int = 1
    output_path: str = "results"
    rerun: bool = False
    device: str | None = None
    block_size: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that `run` tells while it runs.

    Attributes:
        kind: what became of the cell; "started" comes before one of the others.
        number, total: which of how many cells, from 1.
        row: of a finished cell, or the one for which a cell is skipped.
        error: of a failed cell.
    """

    kind: Literal["started", "finished", "skipped", "failed"]
    number: int
    total: int
    corpus: Corpus
    spec: str
    row: Found[Row] | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of all cells, in their order."""

    finished: tuple[Found[Row], ...]
    skipped: tuple[Found[Row], ...]
    failed: tuple[tuple[str, Exception], ...]


def run(config: Config, report: Callable[[Event], None] = lambda event: None) -> Outcome:
    """Measure every cell that has no row yet.

    Corpora and models are looked up first, and a mistake in one ends the run before anything is measured. A cell that fails is
    told and the others go on. Interrupted, the rows written so far stay, and the same call goes on with the rest.

    Args:
        report: called with each event.

    Raises:
        UsageError: nothing to measure, or something that is not there.
    """
    events = []
    for event in _events(config):
        report(event)
        events.append(event)
    return Outcome(
        tuple(event.row for event in events if event.kind == "finished" and event.row),
        tuple(event.row for event in events if event.kind == "skipped" and event.row),
        tuple((event.spec, event.error) for event in events if event.error),
    )


def plan(config: Config) -> list[tuple[Cell, Model]]:
    """The cells of a run in their order: corpus by corpus, the yardstick first, since others are held against it."""
    if config.repeat < 1:
        raise UsageError(f"repeat={config.repeat}; measure at least once")
    specs = [check_spec(_on_device(spec, config.device)) for spec in config.models]
    corpora = [find_corpus(text, config.limit) for text in config.corpora]
    models = {model.spec: model for model in map(load_model, specs)}
    extra = baselines(config.baselines).specs
    models |= {spec: load_model(spec) for spec in extra if spec not in models}
    if not corpora or not models:
        raise UsageError("nothing to measure; name corpora with -C, and models with -m or --baselines all")
    order = sorted(models, key=lambda spec: spec != YARDSTICK)
    return [(_cell(config, corpus, spec, spec in extra), models[spec]) for corpus in corpora for spec in order]


def _cell(config: Config, corpus: Corpus, spec: str, baseline: bool) -> Cell:
    return Cell(corpus, spec, config.block_size, config.jobs, config.repeat, config.repeat_seconds, baseline)


def _on_device(spec: str, device: str | None) -> str:
    name, _, options = split_spec(spec)
    return f"{spec},device={device}" if device and name == "hf" and "device" not in options else spec


def _events(config: Config) -> Iterator[Event]:
    cells = plan(config)
    for number, (cell, model) in enumerate(cells, 1):
        told = Event("started", number, len(cells), cell.corpus, cell.spec)
        made = None if config.rerun else existing(config.output_path, cell, model)
        if made:
            yield dataclasses.replace(told, kind="skipped", row=made)
            continue
        check_folder(config.output_path)
        yield told
        try:
            row = write_row(config.output_path, measure(cell, _yardstick(config.output_path, cell)))
            yield dataclasses.replace(told, kind="finished", row=row)
        except (MdlbenchError, OSError) as error:
            yield dataclasses.replace(told, kind="failed", error=error)


def existing(folder: str, cell: Cell, model: Model) -> Found[Row] | None:
    """The newest sound row for a cell: same bytes, model, version, policy, jobs, device and processor, and enough repeats.

    Another commit of mdlbench does not count as different: a model whose numbers change changes its digest.
    """
    wanted = (cell.corpus.sha256(), model.digest.hex(), model.version, policy_hash(policies_of(cell, model)))
    here = (cell.jobs, model.device, processor_name())
    for found in reversed(_rows_of(folder, cell.corpus, model.spec)):
        row = found.payload
        same = (row.corpus.sha256, row.model.digest, row.model.version, row.policy_hash) == wanted
        alike = (row.jobs, row.device, processor_of(found)) == here
        if same and alike and not problems(parse(found.path)) and not _too_few(row, cell):
            return found
    return None


def _too_few(row: Row, cell: Cell) -> bool:
    """Whether the cell's own rule would have gone on repeating."""
    walls = [row.encode.wall_seconds, row.decode.wall_seconds]
    return wants_more(len(walls[0]), sum(map(sum, walls)), cell.repeat, cell.repeat_seconds)


def _yardstick(folder: str, cell: Cell) -> float | None:
    """Bits per byte of the payloads, xz's own files, of its newest row over the same bytes, in the model's own blocks."""
    for found in reversed(_rows_of(folder, cell.corpus, YARDSTICK)):
        row = found.payload
        if row.corpus.sha256 == cell.corpus.sha256() and imposed(row) is None:
            return payload_rate(row.ledger, row.input_bytes)
    return None


def _rows_of(folder: str, corpus: Corpus, spec: str) -> list[Found[Row]]:
    """Rows that can be read, oldest first."""
    rows = []
    for path in (Path(folder) / slug(corpus.name) / slug(spec)).glob("[!.]*.json"):
        with suppress(ResultError):
            rows.append(read_row(path))
    return sorted(rows, key=lambda row: row.age)
