"""The bytes of a text: every learner's code, that of the same bytes shuffled, and mixtures. One result a learner."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from mdlbench.errors import UsageError
from mdlbench.evaluation.by_file import Observed, byte_bits
from mdlbench.models import load_model
from mdlbench.prequential.account import anchors, curve, mean, spread
from mdlbench.prequential.choices import charged, check_tried, ledger
from mdlbench.prequential.coding import Settings
from mdlbench.prequential.result import Prequential
from mdlbench.prequential.schedules import boundaries
from mdlbench.prequential.store import Arrays, digest_of
from mdlbench.prequential.study import Study, chosen_beside, describe, mixtures
from mdlbench.prequential.text_learners import KINDS, TUNED, TextLearner, parse_text_learner
from mdlbench.units import bytes_to_bits

ADAPTIVE = "models adapt byte by byte"


def bits_of_model(data: bytes, learner: TextLearner, settings: Settings, seed: int) -> Arrays:
    """Bits of each byte under a model that adapts by itself, in one block."""
    model = load_model(learner.spec)
    bits = byte_bits(Observed(0, data, model.code_length([data])[0]), model.symbol_places([data])[0])
    return {"bits": bits, "visited": np.array(0)}


def check_text_learners(specs: Sequence[str]) -> list[TextLearner]:
    """The learners, each once.

    Raises:
        UsageError: there is none, or one is given twice.
    """
    learners = [parse_text_learner(spec) for spec in specs]
    names = [learner.spec for learner in learners]
    if not names:
        raise UsageError("name at least one learner")
    if len(set(names)) < len(names):
        raise UsageError(f"the learner {max(names, key=names.count)} is given twice; give each once")
    return learners


def measure_text(name: str, data: bytes, learners: Sequence[TextLearner], study: Study) -> list[Prequential]:
    """A result for each learner, and for the mixtures where there are several.

    Raises:
        UsageError: an empty text, or what is wrong with the schedule.
    """
    if not data:
        raise UsageError(f"{name} is empty; there is nothing to code")
    boundaries(study.settings.schedule, len(data))
    check_tried(study.tried, [key for one in learners for key in _choices(one, study.settings)])
    found, coded, how = [], {}, _how(learners, study.settings)
    for learner in learners:
        seeds = study.seeds if learner.seeded else study.seeds[:1]
        pieces = [_piece(data, learner, study, seed, "code") for seed in seeds]
        coded[learner.spec] = np.array([piece["bits"] for piece in pieces])
        null = (
            []
            if learner.kind == TUNED or learner.argument
            else [float(_piece(_shuffled(data, seed), learner, study, seed, "shuffled")["bits"].sum()) for seed in seeds]
        )
        found.append(_result(name, data, learner, study, coded[learner.spec], int(pieces[0]["visited"]), null, how))
    found = _against_best(found, coded)
    return found if len(found) < 2 else [*found, *mixtures(found, coded)]


def _piece(data: bytes, learner: TextLearner, study: Study, seed: int, what: str) -> Arrays:
    study.tell(f"{learner.spec}, seed {seed}: {what}")
    module, _, function = KINDS[learner.kind].partition(":")
    settings = study.settings
    shape = {"mode": settings.mode, "warm": settings.warm, "batch": settings.batch, "replay": settings.replay}
    key = {
        "text": digest_of(np.frombuffer(data, np.uint8)),
        "learner": learner.spec,
        "seed": seed,
        **({} if learner.kind == "model" else {**shape, "schedule": boundaries(settings.schedule, len(data))}),
    }
    return study.store.piece(key, lambda: getattr(import_module(module), function)(data, learner, settings, seed))


def _shuffled(data: bytes, seed: int) -> bytes:
    return np.random.default_rng([seed, 2]).permutation(np.frombuffer(data, np.uint8)).tobytes()


def _choices(learner: TextLearner, settings: Settings) -> dict[str, object]:
    beside = {} if learner.kind == "model" else chosen_beside(settings)
    beside.pop("calibration", None)
    weights = {"weights": "the folder's own"} if learner.kind == TUNED else {}
    return {**learner.settings(), **weights, **beside}


def _how(learners: Sequence[TextLearner], settings: Settings) -> str:
    """How all of them are coded, in words: one description, so that they stand in one table."""
    seeded = any(learner.seeded for learner in learners)
    return f"{ADAPTIVE}; networks {describe(settings).rpartition(', ')[0]}" if seeded else ADAPTIVE


def _result(
    name: str, data: bytes, learner: TextLearner, study: Study, bits: np.ndarray, visited: int, null: Sequence[float], how: str
) -> Prequential:
    totals = bits.sum(axis=1).tolist()
    choices = ledger(_choices(learner, study.settings), study.tried)
    intervals = {"code_length_bits": spread(totals), **({"random_labels_bits": spread(null)} if null else {})}
    ends = anchors(bits, 1, None)[:1]
    return Prequential(
        task=name,
        data="text",
        learner=learner.spec,
        code=how,
        symbols=len(data),
        classes=256,
        digest=digest_of(np.frombuffer(data, np.uint8)),
        seeds=study.seeds if learner.seeded else study.seeds[:1],
        code_length_bits=mean(totals),
        uniform_bits=bytes_to_bits(len(data)),
        charged_bits=charged(choices),
        charged_choices=choices,
        curve=curve(bits, None),
        intervals=intervals,
        anchors=ends,
        visited=visited,
        random_labels_bits=mean(null) if null else None,
        excess_bits=ends[0].excess_bits,
        final_loss_bits=ends[0].loss_bits,
    )


def _against_best(found: Sequence[Prequential], coded: Mapping[str, np.ndarray]) -> list[Prequential]:
    """Each with its regret against the best learner here, in hindsight."""
    from dataclasses import replace

    best = min(found, key=lambda one: one.code_length_bits)
    made = []
    for one in found:
        above = curve(coded[one.learner], _rows(coded[best.learner], len(coded[one.learner])))
        more: dict[str, Any] = {"hindsight_bits": best.code_length_bits, "curve": above}
        made.append(replace(one, regret_bits=one.code_length_bits - best.code_length_bits, **more))
    return made


def _rows(bits: np.ndarray, count: int) -> np.ndarray:
    """The mean over seeds, for each of `count` seeds."""
    return np.tile(bits.mean(axis=0), (count, 1))
