"""What is wrong with a curve: each check sees what it is for, says what to do, and leaves sound curves alone."""

import re
from dataclasses import replace

import numpy as np
import pytest

from mdlbench.lossarea import Curve, check, study
from mdlbench.lossarea.checks import CHECKS, Company
from mdlbench.lossarea.curve import Origin
from mdlbench.units import nats_to_bits

NOISE = np.random.default_rng(3).standard_normal(600)
NATS = 3 + 8 * np.exp(-np.arange(600) / 60) + 0.05 * NOISE  # a fresh model of some 60,000 symbols
NATS[0] = 11.0


def curve(nats: np.ndarray = NATS, name: str = "run", **changes: object) -> Curve:
    made = Curve.per_step(name, nats_to_bits(1.0) * np.asarray(nats), tokens_per_step=100.0)
    return replace(made, **{"origin": Origin(unit="nats", unit_said=True), **changes})  # type: ignore[arg-type]


def names(found: Curve, company: Company | None = None) -> list[str]:
    return [flag.check for flag in check(found, company)]


def at(steps: np.ndarray | list[int], **changes: object) -> Curve:
    """Rows of the sound curve at some steps, which may be said in any order."""
    rows = np.asarray(steps) - 1
    skipped = np.maximum(np.diff(steps, prepend=steps[0]) - 1, 0.0) * 100
    made = Curve("run", np.asarray(steps, float), nats_to_bits(1.0) * NATS[rows], np.full(len(rows), 100.0), skipped)
    return replace(made, **{"origin": Origin(unit="nats"), **changes})  # type: ignore[arg-type]


def test_a_sound_curve_has_no_flag() -> None:
    assert names(curve()) == []
    assert names(curve(), Company(vocabulary=60_000)) == []


@pytest.mark.parametrize(
    ("found", "name", "what"),
    [
        (
            curve(np.where(np.arange(600) == 7, np.nan, NATS)),
            "not-finite",
            "no finite number in 1 of 600 rows, first at step 8",
        ),
        (curve(np.where(np.arange(600) == 7, -1.0, NATS)), "negative", "the loss is below 0 at step 8: no code length is"),
        (at([1, 2, 2, 3]), "order", "step 2 is logged more than once"),
        (at([1, 2, 3, 4, 3, 4]), "order", r"steps go back from 4 to 3 \(1 times in all\)"),
        (curve(steps=np.arange(-1.0, 599)), "order", "its first step is -1, and none is below 0"),
        (curve(NATS[200:]), "start", "below 6, where no fresh model of tokens does: a resumed segment, or a trained model"),
        (curve(origin=Origin(column="loss_smoothed")), "smoothed", "column 'loss_smoothed' says that it is smoothed"),
        (curve(origin=Origin(column="train/loss_ema")), "smoothed", "says that it is smoothed"),
        (curve(1.4427 * NATS, origin=Origin(unit="nats", unit_said=False)), "unit", "it starts at 15.9, more than ln of any"),
    ],
)
def test_refused(found: Curve, name: str, what: str) -> None:
    """With a remedy, and without an area."""
    flags = [flag for flag in check(found) if flag.check == name]
    assert len(flags) == 1
    assert re.search(what, flags[0].what)
    assert flags[0].refused
    assert flags[0].remedy
    (measured,) = study([found]).curves
    assert measured.area_bits is None
    assert measured.refused is not None
    assert flags[0].what in measured.refused


@pytest.mark.parametrize(
    ("found", "name", "what"),
    [
        (at(np.arange(1, 600, 5)), "sampled", r"a row for every 5 steps: 79\.\d % of its tokens lie between rows"),
        (at([1, 2, 3, 4, 5, 9, 10, 11, 31]), "gaps", r"2 gaps \(the widest from 11 to 31\) with 71 % of its tokens"),
        (curve(missing=5e6), "late-start", "its first row is step 1: the 5 million tokens before it, the dearest"),
        (curve(np.repeat(NATS[::3], 3)), "repeated", "400 rows repeat the loss of the row before"),
        (curve(origin=Origin(repeated=3)), "repeated", "3 rows are copies of the row before, and were left out"),
        (curve(origin=Origin(aggregated=True)), "sampled", "its __MIN and __MAX columns differ"),
        (curve(epochs=np.linspace(0, 2.5, 600)), "several-epochs", r"it goes 2\.5 times over its data"),
        (curve(origin=Origin(column="micro_batch_loss")), "micro-batch", "the loss of one micro-batch of each step"),
        (curve(NATS + np.where(np.arange(600) > 400, 0.3, 0)), "rising", r"its loss rises from 3\.\d+ nats around"),
        (
            curve(np.convolve(np.pad(NATS, (29, 0), "edge"), np.ones(30) / 30, "valid")),
            "looks-smoothed",
            r"correlate by \+?-?0\.0",
        ),
    ],
)
def test_flagged(found: Curve, name: str, what: str) -> None:
    """With a remedy; the area is there."""
    flags = [flag for flag in check(found) if flag.check == name]
    assert len(flags) == 1
    assert re.search(what, flags[0].what), flags[0].what
    assert not flags[0].refused
    assert flags[0].remedy
    (measured,) = study([found]).curves
    assert measured.area_bits is not None


def test_a_resumed_segment_is_seen_beside_a_fresh_one() -> None:
    """Below half of the largest first loss among the curves given together, whatever the vocabulary is."""
    resumed = curve(NATS[100:], name="resumed")
    assert names(curve(NATS[30:])) == [], "8 nats and more may be a small vocabulary"
    (fresh, other) = study([curve(), replace(resumed, losses=resumed.losses * 0.8)]).curves
    assert fresh.refused is None
    assert other.refused is not None
    assert "below half of the 11 of another curve given with it" in other.refused


def test_with_a_vocabulary_a_start_is_held_against_its_logarithm() -> None:
    late = curve(NATS[20:])
    assert names(late) == []
    (flag,) = check(late, Company(vocabulary=60_000))
    assert flag.check == "start"
    assert "a fresh model near ln 60,000 = 11: a resumed segment" in flag.what
    (flag,) = check(curve(2 * NATS), Company(vocabulary=60_000))
    assert (flag.check, flag.refused) == ("high-start", False)


def test_bytes_are_no_tokens() -> None:
    """A fresh model of bytes starts at 5.5 nats; beside a model of tokens that is no sign of anything."""
    small = replace(curve(NATS / 2), bytes_per_token=1.0)
    assert names(small) == []
    assert [one.refused for one in study([small, curve()]).curves] == [None, None]


def test_units_that_nobody_said_are_seen_by_where_a_curve_starts() -> None:
    unsaid = Origin(unit="nats", unit_said=False)
    bits = curve(1.4427 * NATS / 2, origin=unsaid)
    assert names(replace(bits, bytes_per_token=1.0)) == []
    assert [flag.check for flag in check(bits, Company(vocabulary=245))] == ["unit"]
    mixed = check(bits, Company.of([bits, curve(NATS / 2)]))
    assert "1.44 times what another curve does: mixed units" in next(flag.what for flag in mixed if flag.check == "unit")


def test_means_over_several_steps_have_no_gaps() -> None:
    averaged = at(np.arange(10, 600, 10), origin=Origin(averaged=True))
    assert names(averaged) == []


def test_what_is_accepted_is_flagged_all_the_same() -> None:
    (flag,) = check(curve(NATS[200:]), accepted=("start",))
    assert (flag.check, flag.refused) == ("start", False)


def test_every_check_has_a_name_and_a_remedy() -> None:
    assert len({one.name for one in CHECKS}) == len(CHECKS)
    assert all(one.remedy and one.name == one.name.lower() for one in CHECKS)
